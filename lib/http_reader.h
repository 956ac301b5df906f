/* HTTP/1.x messages (RFC 9112), either role: bytes in, events out. llhttp in strict mode
 * does the grammar; this module adds limits, keeps the head, and turns callbacks into a
 * pull interface. No I/O. */
#ifndef PUSHLAB_HTTP_READER_H
#define PUSHLAB_HTTP_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <llhttp.h>

#include "buf.h"

enum http_role { HTTP_REQUESTS, HTTP_RESPONSES };

enum http_event {
    HTTP_NEED_MORE, /* everything was consumed */
    HTTP_HEAD,      /* the head is complete: r->msg is valid until the next message starts */
    HTTP_BODY,      /* a piece of the body: r->body, r->body_len, within the bytes fed */
    HTTP_MESSAGE,   /* the message is complete */
};

enum { HTTP_FIELDS_MAX = 64 };

struct http_limits {
    size_t target_bytes; /* 414 */
    size_t head_bytes;   /* 431: field lines in all, and their number: HTTP_FIELDS_MAX */
    size_t body_bytes;   /* 413; SIZE_MAX for endless responses */
};

struct http_field {
    uint32_t name, value; /* offsets into text; see http_message_field() */
};

struct http_message {
    uint8_t method;          /* enum llhttp_method; requests */
    uint8_t minor;           /* HTTP/1.minor */
    uint16_t status;         /* responses */
    bool keep_alive;         /* RFC 9112 §9.3 */
    bool upgrade;            /* Connection: Upgrade with an Upgrade field */
    bool has_body;           /* content is announced (Content-Length > 0 or chunked) */
    uint32_t target;         /* offset into text; requests */
    uint32_t nfields;
    struct http_field fields[HTTP_FIELDS_MAX];
    struct buf text;         /* NUL-terminated strings */
};

struct http_reader {
    llhttp_t parser;
    enum http_role role;
    struct http_limits limits;
    struct http_message msg;
    enum http_event pending;
    int error_status;        /* what a server should answer after a negative return */
    bool head_answer;        /* the next response has no body: it answers HEAD */
    uint32_t part_start;     /* of the string being collected */
    size_t head_bytes, body_bytes;
    const uint8_t *body;
    size_t body_len;
};

void http_reader_init(struct http_reader *r, enum http_role role, const struct http_limits *limits);

/* Consume bytes up to the next event. Returns bytes consumed (all when *ev is
 * HTTP_NEED_MORE; HTTP_HEAD and HTTP_MESSAGE may come with 0), or
 * LAB_EPROTO, LAB_ELIMIT, LAB_ENOMEM with r->error_status set to
 * 400, 413, 414, 431, 501, 505 or 500. After an error the reader is dead.
 * After HTTP_MESSAGE with msg.upgrade the remaining bytes belong to the caller, who either
 * takes the connection over, or goes on feeding to ignore the upgrade (RFC 9110 §7.8). */
ssize_t http_reader_feed(struct http_reader *r, const uint8_t *data, size_t len,
                         enum http_event *ev);

/* A response body that ends with the connection is complete at EOF (RFC 9112 §6.3).
 * 0 with *ev HTTP_MESSAGE or HTTP_NEED_MORE (nothing was open), LAB_EOF when cut short. */
int http_reader_eof(struct http_reader *r, enum http_event *ev);

/* A field's value by case-insensitive name, the first if repeated; NULL if absent. */
const char *http_message_field(const struct http_message *m, const char *name);
/* How many times the field stands in the message. */
size_t http_message_count(const struct http_message *m, const char *name);
/* Is token one of the comma-separated elements of the field? Case-insensitive (RFC 9110 §5.6.1). */
bool http_message_has_token(const struct http_message *m, const char *name, const char *token);
const char *http_message_target(const struct http_message *m);

void http_reader_free(struct http_reader *r);

/* "Not Found" for 404; "Unknown" for codes that pushlab never sends. */
const char *http_status_phrase(int status);

/* IMF-fixdate (RFC 9110 §5.6.7) of a Unix time into out[30]. */
void http_date(char out[30], int64_t unix_s);

#endif
