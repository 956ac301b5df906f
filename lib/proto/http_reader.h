/* HTTP/1.x messages (RFC 9112), either role: bytes in, events out. llhttp in strict mode
 * does the grammar; this module adds limits, keeps the head, and turns callbacks into a
 * pull interface. No I/O.
 *
 *     do {
 *         n = http_reader_feed(r, data, len, &ev);
 *         if (n < 0)
 *             answer r->error_status, then close;
 *         data += n, len -= n;
 *         ... act on ev ...
 *     } while (ev != HTTP_NEED_MORE);
 *
 * What llhttp lets through and this module does not: HTTP/0.9 and 2.0, a missing, repeated
 * or malformed Host (RFC 9112 §3.2), line folding in requests (§5.2), transfer codings other
 * than chunked (§6.1), content after 1xx, 204 and 304 (§6.3), unbounded white space. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <llhttp.h>

#include "lib/proto/http_message.h"

enum http_role { HTTP_REQUESTS, HTTP_RESPONSES };

/* HTTP_HEAD, without the DONE, is llhttp's name of the method. */
enum http_event {
    HTTP_NEED_MORE, /* everything was consumed */
    HTTP_HEAD_DONE, /* the head is complete: r->msg is valid until the next message starts */
    HTTP_BODY,      /* a piece of the body: r->body, r->body_len, within the bytes fed */
    HTTP_MESSAGE,   /* the message is complete */
};

struct http_limits {
    size_t target_bytes; /* 414 */
    size_t head_bytes;   /* 431: bytes in a row that are not content: a whole head, start line
                          * included, or chunk sizes with extensions, or a trailer section.
                          * Checked once per feed. More than HTTP_FIELDS_MAX fields: 431 too */
    size_t body_bytes;   /* 413; SIZE_MAX for responses that do not end */
};

struct http_reader {
    llhttp_t parser;
    enum http_role role;
    struct http_limits limits;
    struct http_message msg;
    enum http_event pending;
    int error;         /* the negative return that ended this reader; 0 before */
    int error_status;  /* what a server should answer after a negative return */
    bool head_answer;  /* set by the caller: the next response answers HEAD, has no body */
    bool in_head;      /* between the first byte of a message and its empty line */
    bool target_open;  /* a request target has begun and not ended */
    bool name_open;    /* a field name has begun and not ended */
    bool value_ended;  /* the field's value has reached the end of its line: more is folding */
    bool line_began;   /* nothing but blanks came since the end of a line, in earlier feeds */
    bool done;         /* the last message of the connection is complete */
    size_t head_bytes; /* not content, since the last event */
    size_t body_bytes; /* content of this message */
    const uint8_t *feed_start, *feed_end; /* of the bytes being fed */
    const uint8_t *body;
    size_t body_len;
};

/* limits are copied. Nothing is allocated before the first head arrives, and nothing more in
 * the steady state: each message uses the memory of the one before. */
void http_reader_init(struct http_reader *r, enum http_role role, const struct http_limits *limits);

/* Consume bytes up to the next event. Returns bytes consumed (all when *ev is
 * HTTP_NEED_MORE; HTTP_HEAD_DONE and HTTP_MESSAGE may come with 0, so feed on, even nothing, until
 * HTTP_NEED_MORE), or PL_EPROTO, PL_ELIMIT, PL_ENOMEM with r->error_status set to
 * 400, 413, 414, 431, 501, 505 or 500. A Content-Length over the limit is refused instead of
 * HTTP_HEAD_DONE. After an error every call returns it again, and r->msg is empty.
 * After HTTP_MESSAGE with msg.upgrade the remaining bytes are the caller's, who either
 * takes the connection over, or goes on feeding to ignore the upgrade (RFC 9110 §7.8).
 * After HTTP_MESSAGE without msg.keep_alive further bytes are consumed and ignored (RFC 9112 §9.6).
 */
ssize_t http_reader_feed(struct http_reader *r, const uint8_t *data, size_t len,
                         enum http_event *ev);

/* A response body that ends with the connection is complete at EOF (RFC 9112 §6.3).
 * 0 with *ev HTTP_MESSAGE or HTTP_NEED_MORE (nothing was open), PL_EOF when cut short. */
int http_reader_eof(struct http_reader *r, enum http_event *ev);

/* Give the head's memory back; r->msg is empty and the reader must not be fed again. */
void http_reader_free(struct http_reader *r);
