/* What NDJSON streaming and SSE share (RFC 6202 §3, HTTP streaming): one response that does
 * not end, chunked on HTTP/1.1 (RFC 9112 §7.1) and ended by close on 1.0. A format says how
 * updates and notes are written. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/proto/cursor.h"
#include "servers/transport/follower.h"
#include "servers/http/http_session.h"

/* How a format writes an update. */
struct stream_encoding {
    struct update_encoding encoding;                       /* first; of event_stream_encode() */
    int (*write)(struct buf *out, const struct update *u); /* append to out; 0 or PL_ENOMEM */
    bool chunked;
};

struct stream_format {
    const char *content_type;
    bool last_event_id;                       /* the header field of that name is a cursor */
    struct follower_encodings chunked, plain; /* one update, with and without chunk framing */
    /* Append to out; 0 or PL_ENOMEM. */
    int (*hello)(struct buf *out, const struct http_settings *settings, const struct cursor *at,
                 bool restarted);
    int (*missed)(struct buf *out, const struct cursor *after, uint64_t missed);
    int (*heartbeat)(struct buf *out);
    int (*retry)(struct buf *out, int64_t wait_ms); /* when to come back */
};

/* For struct transport; its format says the rest. A stream has a header, hello, how many updates
 * were missed, those there are for this reader, then each new one. */
void event_stream_open(struct peer *p, const struct http_request *req);
void event_stream_flushed(struct peer *p, int64_t now_ns);
void event_stream_tick(struct peer *p, int64_t now_ns);
void event_stream_stop(struct peer *p);
void event_stream_release(struct peer *p);

/* Of follower_encodings, for all formats. */
int event_stream_add_missed(struct buf *out, const struct peer *p, const struct selection *part);

/* What a stream_encoding writes of u, as one chunk if it is chunked. NULL: no memory. */
struct shared *event_stream_encode(const struct update *u, const struct update_encoding *encoding);
