/* The listening socket: accepts in batches, and pauses at the connection limit or when the process
 * runs out of descriptors or memory, until there is room again. */
#ifndef PUSHLAB_LISTENER_H
#define PUSHLAB_LISTENER_H

#include <stdbool.h>
#include <stdint.h>
#include <event2/event.h>
#include <event2/event_struct.h>

#include "lib/base/err.h"

struct http_context;

struct listener {
    struct event accept_event, retry_event;
    bool open, paused;
    char address[80]; /* "127.0.0.1:8080", as bound */
};

/* Bind the address of the settings and start accepting. 0 or negative with the line in e. */
int listener_start(struct http_context *c, struct err_text *e);
/* A connection has ended: there may be room again. */
void listener_room(struct http_context *c);
void listener_stop(struct http_context *c);

#endif
