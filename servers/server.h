/* The server's context: everything with a life of its own, owned in one place. */
#ifndef PUSHLAB_SERVER_H
#define PUSHLAB_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <event2/event.h>
#include <event2/event_struct.h>

#include "lib/base/buf.h"
#include "lib/net/conn.h"
#include "lib/base/err.h"
#include "servers/hub/hub.h"
#include "servers/hub/publish.h"
#include "servers/http/janitor.h"
#include "servers/http/listener.h"
#include "servers/transport/poll_cache.h"
#include "servers/server_options.h"
#include "servers/http/stats.h"
#include "lib/net/tls.h"

struct demo;
struct held_request;

struct server {
    const struct server_options *options; /* borrowed */
    struct event_base *base;
    struct conn_loop loop;
    struct hub hub;
    struct publisher publisher;
    struct tls *tls; /* NULL: in the clear */
    struct listener listener;
    struct janitor janitor;
    struct held_request
        *cursor_waits; /* those that wait for what another server has told already */
    struct poll_cache poll_cache;
    struct demo *demo; /* NULL without --demo */
    struct connection_stats connections;
    struct transport_stats *accounts; /* one per transport, then "publish" and "other" */
    struct buf scratch;               /* for building one answer; empty between uses */
    struct event sigterm, sigint, stop_deadline;
    int64_t started_ns;
    int64_t date_unix_s;
    char date[30]; /* IMF-fixdate of date_unix_s */
    bool stopping;
    struct err_text failure; /* why it stops; "": it was told to */
};

/* Build everything, wait until the source is ready, and start listening. 0, or negative with the
 * line in e. It may have been stopped while it waited. */
int server_start(struct server *s, const struct server_options *options, struct err_text *e);
/* Serve until stopped. 0, or negative with the line in e. */
int server_run(struct server *s, struct err_text *e);
/* Orderly end: no new connections, WebSockets closed with 1001, streams finished; the loop
 * ends when all peers are gone or the deadline passes. */
void server_stop(struct server *s);
void server_free(struct server *s);
/* The accounts: of each transport in the table's order, of publishing, of all other requests. */
size_t server_naccounts(void);
const char *server_account_name(size_t i);
struct transport_stats *server_account(struct server *s,
                                       const struct transport *t); /* NULL: other */
struct transport_stats *server_publish_account(struct server *s);

/* The Date field's value for now, formatted once a second. */
const char *server_date(struct server *s);

#endif
