/* Whole HTTP responses, and the headers of streamed ones. The same header fields on every
 * transport, so that none sends fewer bytes than another for that reason. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "servers/http/peer.h"

/* What the head of the answer depends on, beside the answer itself. */
struct reply_form {
    enum reply_persistence { REPLY_KEEP_ALIVE, REPLY_KEEP_ALIVE_10, REPLY_CLOSE } persistence;
    bool cors; /* a page of --allow-origin may read it */
};

struct reply {
    int status;
    const char *content_type; /* NULL: no content */
    const char *fields;       /* more field lines, each with its CRLF; NULL: none */
    const void *body;
    size_t body_len;
};

/* For the answer to the current request: whether the connection persists after it, and what it must
 * say of that (RFC 9112 §9.3). */
struct reply_form reply_form(const struct peer *p);

/* Append the status line and header fields, and the empty line. content_length < 0: none is sent
 * (chunked or until close: say so in fields). 0 or PL_ENOMEM. */
int reply_head(struct buf *out, struct http_context *c, int status, const char *content_type,
               const char *fields, int64_t content_length, struct reply_form form);

/* Send a whole response and finish the request; without its content when that is HEAD. */
void reply_send(struct peer *p, const struct reply *r);

/* 200 with application/json. */
void reply_json(struct peer *p, const char *json, size_t len);
/* The same for a malloc'd text, which is freed; NULL: memory had run out, 503. */
void reply_json_owned(struct peer *p, char *json);

/* {"error":"why"} */
void reply_error(struct peer *p, int status, const char *fields, const char *why);

/* The same with 503 and Retry-After (RFC 9110 §10.2.3): this client's own time, or a second. */
void reply_later(struct peer *p, const char *why);

/* Send a response made before and shared. payload_bytes and updates as in peer_send(). */
void reply_shared(struct peer *p, struct shared *whole, int status, size_t payload_bytes,
                  uint64_t updates);
