/* What a connection needs of the process that it belongs to: the loop, the hub, limits, accounts,
 * and who answers its requests. Peers, transports, endpoints and the demo see no more of the
 * server than this; servers/server.c owns it and fills it in. */
#ifndef PUSHLAB_HTTP_CONTEXT_H
#define PUSHLAB_HTTP_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/net/conn.h"
#include "lib/net/tls.h"
#include "servers/hub/hub.h"
#include "servers/hub/publish.h"
#include "servers/http/stats.h"
#include "servers/http/transport.h"

struct held_request;
struct http_request;
struct peer;
struct poll_cache;
struct tap;

/* Options of pushlab-server; server_options.c has their defaults and bounds. */
struct http_settings {
    const char *listen;                 /* ADDR:PORT */
    int64_t sndbuf_bytes, rcvbuf_bytes; /* 0: the kernel's choice */
    int64_t max_connections;
    int64_t backlog_bytes; /* queued for one reader (conn.h) */
    int64_t max_head_bytes, max_target_bytes, max_body_bytes;
    int64_t request_timeout_ns, idle_timeout_ns;
    const char *publish_token, *allow_origin; /* NULL: not given; origin.h */
    bool publish_open;
    /* the transports' */
    int64_t max_hold_ns;
    int64_t heartbeat_ns, retry_ns;
    int64_t ws_ping_ns, ws_ping_timeout_ns; /* ws_ping_ns 0: never */
    int64_t ws_max_message_bytes;
    bool ws_echo;
};

/* The listening socket: accepts in batches, and pauses at the connection limit or when the process
 * runs out of descriptors or memory, until there is room again. */
struct listener {
    struct event accept_event, retry_event;
    bool open;
    char address[80]; /* "127.0.0.1:8080", as bound */
};

struct http_context {
    struct conn_loop loop; /* first: a peer finds its context by it (peer_context()) */
    const struct http_settings *settings; /* borrowed, like the next three */
    struct hub *hub;
    struct publisher *publisher;
    struct tls *tls; /* NULL: in the clear */
    struct tap *tap; /* peer.h; NULL: none */
    /* Answers a request that has arrived whole, now or later. */
    void (*handle)(struct peer *p, const struct http_request *req);
    struct poll_cache *poll_cache;     /* of the polling transports */
    struct held_request *cursor_waits; /* cursor_wait.h */
    struct listener listener;
    struct event tick;   /* visits each peer (peer_tick()) about once a second, a few at a time: ten
                            thousand connections need no timer each, and cause no long pause */
    struct peer **peers; /* owned array; each peer knows its slot */
    uint32_t npeers, peers_room, next_visited;
    struct connection_stats connections;
    struct account accounts[ACCOUNTS];
    struct buf scratch; /* for building one answer; empty between uses */
    int64_t started_ns;
    int64_t date_unix_s; /* of date */
    char date[30];       /* http_context_date() */
    bool stopping;
};

/* Make loop and tick; settings to handle are set. 0 or PL_ENOMEM. */
int http_context_start(struct http_context *c, struct event_base *base);
/* No new connections; WebSockets are closed with 1001, streams ended, held polls answered, the
 * rest closed. When the last connection has ended the loop is told to stop. */
void http_context_stop(struct http_context *c);
/* Close all connections, and free. All zero is accepted. */
void http_context_free(struct http_context *c);

/* Bind the address of the settings and start accepting. 0 or negative with the line in e. */
int listener_start(struct http_context *c, struct err_text *e);
/* A connection has ended: there may be room again. */
void listener_room(struct http_context *c);
void listener_stop(struct http_context *c);

/* From now on p is visited; and no longer. 0 or PL_ENOMEM. */
int http_context_add_peer(struct http_context *c, struct peer *p);
void http_context_remove_peer(struct http_context *c, struct peer *p);

/* The value of the Date field for now (RFC 9110 §5.6.7), formatted once a second. Brings
 * date_unix_s up to date. */
const char *http_context_date(struct http_context *c);

#endif
