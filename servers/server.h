/* The server: owner of all its parts, which see each other only by their narrow faces
 * (http/http_context.h, hub/publish.h). */
#pragma once

#include <event2/event.h>
#include <event2/event_struct.h>

#include "lib/base/err.h"
#include "servers/hub/hub.h"
#include "servers/hub/publish.h"
#include "servers/http/http_context.h"
#include "servers/server_options.h"

struct demo;
struct history_file;

struct server {
    const struct server_options *options; /* borrowed */
    struct event_base *base;
    struct hub hub;
    struct publisher publisher;
    struct http_context http;
    struct tls *tls;              /* NULL: in the clear */
    struct demo *demo;            /* NULL without --demo */
    struct history_file *history; /* NULL without --history-file */
    struct event sigterm, sigint, stop_deadline;
    struct err_text failure; /* why it stops; "": it was stopped */
};

/* Build everything, wait until the source is ready, and start listening. 0, or negative with the
 * line in e. It may have been stopped while it waited (s->http.stopping). server_free() in any
 * case. */
int server_start(struct server *s, const struct server_options *options, struct err_text *e);
/* Serve until stopped by SIGTERM or SIGINT: then no new connections, and the rest as in
 * connections_stop(), for at most 700 ms. 0, or negative with the line in e. */
int server_run(struct server *s, struct err_text *e);
void server_free(struct server *s);
