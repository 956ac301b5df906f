/* What a connection needs of the process that it belongs to: the loop, the hub, limits, accounts,
 * and who answers its requests. Peers, transports, endpoints and the demo see no more of the
 * server than this; servers/server.c owns it and fills it in. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/net/conn.h"
#include "lib/net/tls.h"
#include "servers/hub/hub.h"
#include "servers/hub/publish.h"
#include "servers/http/transport.h"

struct held_request;
struct http_message;
struct http_request;
struct peer;
struct poll_cache;
struct stats_waits;
struct tap;

/* ---- what is counted; endpoint_stats.c has the names of each number ---- */

enum drop_reason {
    DROP_SLOW_READER, /* backlog limit */
    DROP_BAD_REQUEST, /* answered 4xx or 5xx and closed: where the next request begins is not known
                       */
    DROP_PROTOCOL,    /* WebSocket failed with a close code */
    DROP_PING_TIMEOUT,
    DROP_IDLE,         /* keep-alive connection with no request */
    DROP_SLOW_REQUEST, /* a request that did not finish in time */
    DROP_IO_ERROR,     /* reset by the peer and the like */
    DROP_NO_MEMORY,
    DROP_REASONS,
};

/* Statuses the server answers with, in the order of their counters; the last, 0, is any other. */
enum { STATS_STATUSES = 22 };
extern const int stats_statuses[STATS_STATUSES];

/* Whose account it is: a transport's (enum transport_id), or */
enum { ACCOUNT_PUBLISH = TRANSPORT_COUNT, ACCOUNT_OTHER /* all other requests */, ACCOUNTS };

struct account {
    uint64_t open;     /* gauge */
    uint64_t accepted; /* connections whose first request was for this */
    uint64_t tls_full_handshakes, tls_resumed_handshakes; /* of those */
    uint64_t requests;
    uint64_t responses[STATS_STATUSES];
    uint64_t empty_responses;
    uint64_t updates_sent;
    uint64_t in_bytes, in_payload_bytes; /* framing is the difference */
    uint64_t out_bytes, out_payload_bytes;
    uint64_t drops[DROP_REASONS];
};

struct connection_stats {
    uint64_t open; /* gauge */
    uint64_t accepted;
    uint64_t accept_errors;
    uint64_t accept_pauses;
    uint64_t accept_paced; /* pauses for --accept-rate; not among accept_pauses */
    uint64_t unused;       /* ended before their first request */
    uint64_t tls_failed;   /* of those, before their handshake was complete */
    bool accept_paused;
};

/* ---- the context ---- */

enum { POLL_CACHE_YES, POLL_CACHE_NO };

/* Options of pushlab-server; server_options.c has their defaults and bounds. */
struct http_settings {
    const char *listen;                 /* ADDR:PORT */
    int64_t sndbuf_bytes, rcvbuf_bytes; /* 0: the kernel's choice */
    int64_t max_connections;
    int64_t accept_rate;   /* connections a second; 0: no limit */
    int64_t backlog_bytes; /* queued for one reader (conn.h) */
    int64_t max_head_bytes, max_target_bytes, max_body_bytes;
    int64_t request_timeout_ns, idle_timeout_ns;
    const char *publish_token, *allow_origin; /* NULL: not given; origin.h */
    bool publish_open;
    /* the transports' */
    int poll_cache; /* POLL_CACHE_YES or POLL_CACHE_NO */
    int64_t max_hold_ns;
    int64_t heartbeat_ns, retry_ns;
    int64_t reconnect_window_ns;            /* 0: clients are not told when to come back */
    int64_t ws_ping_ns, ws_ping_timeout_ns; /* ws_ping_ns 0: never */
    int64_t ws_max_message_bytes;
    bool ws_echo;
};

struct listener {
    struct event accept_event, retry_event;
    int64_t paced_until_ns; /* what was accepted is within --accept-rate from then on */
    bool open;
    char address[80]; /* "127.0.0.1:8080", as bound */
};

struct http_context {
    struct conn_loop loop; /* first: a peer finds its context by it (peer_context()) */
    const struct http_settings *settings; /* borrowed, like the next four */
    struct hub *hub;
    struct publisher *publisher;
    struct tls *tls; /* NULL: in the clear */
    struct tap *tap; /* peer.h; NULL: none */
    /* Answers a request that has arrived whole, now or later. */
    void (*handle)(struct peer *p, const struct http_request *req);
    /* Answers one that can't be read, or too slowly, with this status: reply_error(). */
    void (*refuse)(struct peer *p, int status, const char *fields, const char *why);
    struct poll_cache *poll_cache; /* of the polling transports */
    struct catch_ups *catch_ups;   /* of the streaming transports; NULL: nobody was behind yet */
    struct poll_stats {
        uint64_t built, reused; /* answers to polls: made for this one; made for another before */
    } polls;
    struct held_request *cursor_waits; /* cursor_wait.h */
    struct stats_waits *stats_waits;   /* stats_wait.h; NULL: nobody has asked */
    struct listener listener;
    struct event tick;   /* visits each peer about once a second, a few at a time: ten
                            thousand connections need no timer each, and cause no long pause */
    struct peer **peers; /* owned array; each peer knows its slot */
    uint32_t npeers, peers_room, next_visited;
    struct connection_stats connections;
    struct account accounts[ACCOUNTS];
    struct buf scratch; /* for building one answer; empty between uses */
    int64_t started_ns;
    int64_t date_unix_s;      /* of date */
    char date[30];            /* http_context_date() */
    char cors[400], vary[20]; /* field lines of responses to pages of allow_origin; to others */
    bool stopping;
};

/* Count a response. */
void account_response(struct account *a, int status);

/* Make the fields by which pages of --allow-origin may read responses (Fetch §3.2). 0, or PL_EINVAL
 * with the line in e. */
int http_context_start_cors(struct http_context *c, struct err_text *e);
/* Is this a page's request, of an origin that --allow-origin names? */
bool http_context_allows(const struct http_context *c, const struct http_message *m);

/* When a client that must leave is to come back, in ms: at random within --reconnect-window, so
 * that not all come at once. -1: nothing is said of it. */
int64_t http_context_return_ms(const struct http_context *c);

/* The value of the Date field for now (RFC 9110 §5.6.7), formatted once a second. Brings
 * date_unix_s up to date. */
const char *http_context_date(struct http_context *c);
