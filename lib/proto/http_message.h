/* The head of an HTTP/1.x message and questions about it (RFC 9110). http_reader.h makes it.
 *
 * All strings lie NUL-terminated in one buffer, which is used again for the next message of
 * the connection; fields are pairs of offsets into it, so that it may move while it grows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"

enum { HTTP_FIELDS_MAX = 64 };

struct http_field {
    uint32_t name, value; /* offsets into text; the value's stands right after the name's NUL */
};

struct http_message {
    uint8_t method;  /* enum llhttp_method; requests */
    uint8_t minor;   /* HTTP/1.minor */
    uint16_t status; /* responses */
    bool keep_alive; /* RFC 9112 §9.3 */
    bool upgrade;    /* Connection: Upgrade with an Upgrade field */
    bool has_body;   /* content is announced (Content-Length > 0 or chunked) */
    uint32_t target; /* offset into text; requests */
    uint32_t nfields;
    struct http_field fields[HTTP_FIELDS_MAX]; /* header fields in order; trailers are dropped */
    struct buf text;                           /* NUL-terminated strings */
};

/* A field's value by case-insensitive name, the first if repeated; NULL if absent. */
const char *http_message_field(const struct http_message *m, const char *name);
/* How many times the field stands in the message. */
size_t http_message_count(const struct http_message *m, const char *name);
/* Is token one of the comma-separated elements of the field, however many lines it is spread
 * over? Case-insensitive (RFC 9110 §5.6.1). For fields of plain tokens: quoted strings are not
 * parsed. */
bool http_message_has_token(const struct http_message *m, const char *name, const char *token);
/* One element "name = value; parameters" of a list (RFC 9110 §5.6): blanks, parameters and the
 * value may be missing. Points into the message; the value of a quoted string has its quotes. */
struct http_element {
    const char *name, *value;
    size_t name_len, value_len;
    uint32_t field; /* where the next one is looked for */
    size_t at;
};
/* The next element of all lines of that field, in order; e is zeroed before the first. False: there
 * is no more. */
bool http_message_next_element(const struct http_message *m, const char *name,
                               struct http_element *e);
/* The request target as it was sent; "" in a response. */
const char *http_message_target(const struct http_message *m);

/* "Not Found" for 404 (RFC 9110 §15); "Unknown" for codes that are not in the table. */
const char *http_status_phrase(int status);

/* How long a response asks to wait before the next request, by its Retry-After (RFC 9110 §10.2.3):
 * seconds, or a date in one of the three forms of §5.6.7; in seconds, 0 when that is past, -1 when
 * it does not say. Pure. */
int64_t http_retry_after_s(const struct http_message *m, int64_t unix_s);

/* IMF-fixdate (RFC 9110 §5.6.7) of a Unix time (years 0 to 9999) into out[30]. */
void http_date(char out[30], int64_t unix_s);
