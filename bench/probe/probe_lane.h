/* One connection of a probe: connects, asks once, and notes what comes back and when, until it is
 * closed. Over lib/net/conn.h, many at once. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "bench/probe/probe_seen.h"
#include "lib/net/conn.h"
#include "lib/proto/http_reader.h"
#include "lib/proto/sse.h"
#include "lib/proto/url.h"
#include "lib/proto/ws_handshake.h"
#include "lib/proto/ws_reader.h"

/* How the response is read. */
enum probe_form {
    PROBE_ANSWER,    /* a response with an end */
    PROBE_LINES,     /* a stream of lines */
    PROBE_EVENTS,    /* server-sent events */
    PROBE_OPAQUE,    /* content of which only the times are noted */
    PROBE_WEBSOCKET, /* an upgrade, then messages */
    PROBE_HTTP2,     /* does it speak HTTP/2 (RFC 9113 §3)? Nothing is asked of it */
};

struct probe_ask {
    enum probe_form form;
    char target[300];
    const char *fields; /* more field lines, each with its CRLF; "" */
    bool http10;        /* ask by HTTP/1.0 */
};

/* Where all lanes connect to; borrowed by them. */
struct probe_goal {
    struct url url;
    struct sockaddr_storage addr;
    socklen_t addr_len;
    char host[300];              /* for Host: */
    struct tls *tls, *tls_http2; /* NULL: in the clear */
};

struct probe_lane {
    struct conn conn; /* first: conn's callbacks cast back */
    const struct probe_goal *goal;
    struct probe_ask ask;
    struct probe_seen seen;
    struct conn_loop *loop;
    struct event *connecting; /* the descriptor is being connected */
    bool attached;            /* conn is in use */
    bool over;                /* nothing more will happen */
    struct http_reader http;
    struct sse_parser events;
    struct ws_reader ws;
    struct buf line; /* of PROBE_LINES, not complete yet; of HTTP/2 what came */
    char key[WS_KEY_CHARS + 1];
};

/* Connect and ask. goal and loop are borrowed; l must stay where it is until probe_lane_close().
 * 0, or negative: then l is over, and seen.why says why. */
int probe_lane_start(struct probe_lane *l, const struct probe_goal *goal, struct conn_loop *loop,
                     const struct probe_ask *ask);

/* Stop waiting. The connection is closed when the loop has run once more. */
void probe_lane_stop(struct probe_lane *l);

/* Give everything back; it must be over. */
void probe_lane_free(struct probe_lane *l);
