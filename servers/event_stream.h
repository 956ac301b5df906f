/* What NDJSON streaming and SSE share (RFC 6202 §3, HTTP streaming): one response that does
 * not end, chunked on HTTP/1.1 and until close on 1.0. A format says how things look. */
#ifndef PUSHLAB_EVENT_STREAM_H
#define PUSHLAB_EVENT_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "http_session.h"
#include "update.h"

struct stream_format {
    const char *content_type;
    struct update_encoding chunked, plain; /* one update, with and without chunk framing */
    /* Append to out; 0 or LAB_ENOMEM. */
    int (*hello)(struct buf *out, struct server *s, uint64_t cursor);
    int (*missed)(struct buf *out, uint64_t cursor, uint64_t missed); /* cursor: after them */
    int (*heartbeat)(struct buf *out);
};

/* Start a stream at cursor: head, hello, what was missed, the history after cursor, then live. */
void event_stream_open(struct peer *p, const struct http_request *req,
                       const struct stream_format *format, uint64_t cursor);

/* The rest of a streaming transport's verbs. */
void event_stream_tick(struct peer *p, int64_t now_ns);
void event_stream_stop(struct peer *p);
void event_stream_release(struct peer *p);

/* bytes as one chunk; for the formats' chunked encodings. NULL: no memory. */
struct shared *event_stream_chunk(const void *data, size_t len);

#endif
