#include "lib/proto/http_encode.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/proto/http_message.h"

size_t http_request_encode(char out[HTTP_REQUEST_MAX_BYTES], const struct http_request_head *r)
{
    char fields[REQUEST_HEADS_MAX_BYTES];
    size_t len =
        request_heads_write(fields, sizeof fields, r->heads, r->kind, r->origin, !r->close);
    int n = snprintf(out, HTTP_REQUEST_MAX_BYTES,
                     "%s %s%s%s HTTP/1.1\r\n"
                     "Host: %s\r\n"
                     "%s%s%s%s%s%s\r\n",
                     r->method, r->prefix, r->path, r->query, r->host, fields, r->fields,
                     r->cookie != NULL ? "Cookie: " : "", r->cookie != NULL ? r->cookie : "",
                     r->cookie != NULL ? "\r\n" : "", r->close ? "Connection: close\r\n" : "");

    return len >= sizeof fields || n < 0 || n >= HTTP_REQUEST_MAX_BYTES ? 0 : (size_t)n;
}

static int add_text(struct buf *out, const char *text)
{
    return buf_add(out, text, strlen(text));
}

/* "Name: value\r\n"; not with snprintf, which would be a third of a poll's cost. */
static int add_field(struct buf *out, const char *name, const char *value)
{
    if (add_text(out, name) < 0 || add_text(out, value) < 0)
        return PL_ENOMEM;
    return buf_add(out, "\r\n", 2);
}

static const char *decimal(char text[24], uint64_t n)
{
    char *at = text + 23;

    *at = '\0';
    do {
        *--at = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    return at;
}

int http_response_encode(struct buf *out, const struct http_response_head *r)
{
    char number[24];
    int err = 0;

    err |= add_text(out, "HTTP/1.1 ");
    err |= add_text(out, decimal(number, (uint64_t)r->status));
    err |= add_text(out, " ");
    err |= add_field(out, http_status_phrase(r->status), "");
    err |= add_field(out, "Date: ", r->date);
    err |= add_text(out, "Server: pushlab\r\n");
    if (strncmp(r->fields, HTTP_CACHE_FIELD, sizeof HTTP_CACHE_FIELD - 1) != 0)
        err |= add_text(out, HTTP_CACHE_FIELD "no-store\r\n"); /* 204 too may be cached otherwise */
    if (r->content_type != NULL)
        err |= add_field(out, "Content-Type: ", r->content_type);
    if (r->content_length >= 0)
        err |= add_field(out, "Content-Length: ", decimal(number, (uint64_t)r->content_length));
    err |= add_text(out, r->connection);
    err |= add_text(out, r->fields);
    if (r->cors != NULL)
        err |= add_text(out, r->cors);
    err |= buf_add(out, "\r\n", 2);
    return err < 0 ? PL_ENOMEM : PL_OK;
}
