/* What the server does for each transport: one file per transport, one row each in servers/route.c.
 * lib/proto/transport_info.h says how to add one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/proto/transport_info.h"

struct peer;
struct http_request;
struct stream_format;

struct transport {
    const struct transport_info *info;
    const struct stream_format *format; /* of an event stream (event_stream.h); else NULL */
    /* A GET (or HEAD) for path has arrived. Answers at once (reply.h), or leaves the request
     * open to answer it later, or takes the connection over: http_session_detach(). */
    void (*open)(struct peer *p, const struct http_request *req);
    /* Bytes on a connection that open() took over. NULL: it never does. */
    void (*input)(struct peer *p, uint8_t *data, size_t len, int64_t now_ns);
    /* The socket of such a connection has taken all that was queued. May be NULL. */
    void (*flushed)(struct peer *p, int64_t now_ns);
    /* About once a second: heartbeats, time-outs. May be NULL. */
    void (*tick)(struct peer *p, int64_t now_ns);
    /* The server is stopping: end the stream or close the WebSocket in order, and peer_finish().
     * NULL: close at once. */
    void (*stop)(struct peer *p);
    /* The connection is over: release p->state. May be NULL. */
    void (*release)(struct peer *p);
};
