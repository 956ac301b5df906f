/* The listening socket: accepts in batches, pauses at the connection limit or when the
 * process runs out of descriptors, and recovers by itself. */
#ifndef PUSHLAB_LISTENER_H
#define PUSHLAB_LISTENER_H

#include <stdbool.h>
#include <stdint.h>
#include <event2/event.h>
#include <event2/event_struct.h>

#include "lib/base/err.h"

struct server;

struct listener {
    struct server *server;
    struct event accept_event, retry_event;
    bool open, paused;
    char address[80]; /* "127.0.0.1:8080", as bound */
};

/* Bind server->options->listen and start accepting. 0 or negative with the line in e. */
int listener_start(struct listener *l, struct server *s, struct err_text *e);
/* A connection has ended: there may be room again. */
void listener_room(struct listener *l);
void listener_stop(struct listener *l);

#endif
