/* Responses on an HTTP/1.1 connection (RFC 9112), as a client needs them: whole ones (polls,
 * /stats, /publish). Responses that do not end are
 * driver_stream.c's. No I/O. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/proto/http_encode.h"
#include "lib/proto/http_reader.h"

enum { HTTP_RESPONSE_HEAD_MAX_BYTES = 64 * 1024 };

/* The "name=value" in front of a Set-Cookie field's attributes (RFC 6265 §4.1.1), as Cookie: gives
 * it back. False when there is none, or no room for it. */
bool http_cookie_pair(char *out, size_t cap, const char *set_cookie);

struct http_exchange {
    struct http_reader reader;
    struct buf body;      /* content of the response so far */
    size_t framing_bytes; /* of the last feed: consumed bytes that are not content */
};

enum { HTTP_EXCHANGE_MORE = 0, HTTP_EXCHANGE_DONE = 1 };

/* Start (x zeroed), or start anew on a new connection. Allocates nothing. */
void http_exchange_init(struct http_exchange *x, size_t body_limit_bytes);

/* Consume all of data, which must hold nothing behind the response. HTTP_EXCHANGE_DONE: the
 * response is complete in x->reader.msg and x->body, until the next is fed.
 * HTTP_EXCHANGE_MORE, or PL_EPROTO, PL_ELIMIT, PL_ENOMEM. */
int http_exchange_feed(struct http_exchange *x, const uint8_t *data, size_t len);
/* The connection ended: HTTP_EXCHANGE_DONE when that was the end of the response (RFC 9112
 * §6.3), HTTP_EXCHANGE_MORE when none was open, or negative. */
int http_exchange_eof(struct http_exchange *x);
void http_exchange_free(struct http_exchange *x);

/* Will a repetition never help? 3xx, as redirects are not followed; 4xx except 408 (RFC 9110
 * §15.5.9), 425 and 429 (RFC 6585 §4). */
bool http_status_is_final(int status);
