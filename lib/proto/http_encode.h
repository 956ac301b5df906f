/* The heads of HTTP/1.1 messages (RFC 9112) as the clients and servers write them. No I/O. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/proto/request_heads.h"

enum { HTTP_REQUEST_MAX_BYTES = 4096 };

/* The same fields for every transport, in the same order (request_heads.h). Everything is borrowed.
 */
struct http_request_head {
    const char *method; /* "GET" */
    const char *host;   /* Host: */
    const char *prefix; /* of the URL, "" or "/x" */
    const char *path;   /* "/poll" */
    const char *query;  /* "" or "?since=17" */
    const char *fields; /* more field lines, each with its CRLF, or "" */
    const char *cookie; /* Cookie: "name=value"; NULL: none */
    const char *origin; /* of the page that asks: "http://127.0.0.1:8080" */
    enum request_heads heads;
    enum request_kind kind;
    bool close; /* Connection: close */
};

/* Write the request's head to out. Returns its length; 0 when it does not fit. */
size_t http_request_encode(char out[HTTP_REQUEST_MAX_BYTES], const struct http_request_head *r);

/* Fields that begin with this line say themselves how the answer may be stored; all others get
 * no-store. */
#define HTTP_CACHE_FIELD "Cache-Control: "

/* The same header fields on every transport, so that none sends fewer bytes than another for that
 * reason. Everything is borrowed. */
struct http_response_head {
    int status;
    const char *date;         /* IMF-fixdate */
    const char *content_type; /* NULL: no content */
    int64_t content_length;   /* < 0: none is sent */
    const char *connection;   /* "Connection: close\r\n", or "" */
    const char *fields;       /* more field lines, each with its CRLF, or "" */
    const char *cors;         /* likewise, for other origins (Fetch §3.2); NULL: none */
};

/* Append the status line, the fields and the empty line. 0 or PL_ENOMEM. */
int http_response_encode(struct buf *out, const struct http_response_head *r);
