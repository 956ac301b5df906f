#include "servers/http/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/proto/http_reader.h"
#include "servers/http/http_session.h"

enum reply_persistence reply_persistence(const struct peer *p)
{
    if (!p->http->persist)
        return REPLY_CLOSE;
    return p->http->say_keep_alive ? REPLY_KEEP_ALIVE_10 : REPLY_KEEP_ALIVE;
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

int reply_head(struct buf *out, int status, const char *content_type, const char *fields,
               int64_t content_length, enum reply_persistence persistence, const char *date)
{
    static const char *const connection[] = {
        [REPLY_KEEP_ALIVE] = "",
        [REPLY_KEEP_ALIVE_10] = "Connection: keep-alive\r\n",
        [REPLY_CLOSE] = "Connection: close\r\n",
    };
    char number[24];
    int err = 0;

    err |= add_text(out, "HTTP/1.1 ");
    err |= add_text(out, decimal(number, (uint64_t)status));
    err |= add_text(out, " ");
    err |= add_field(out, http_status_phrase(status), "");
    err |= add_field(out, "Date: ", date);
    err |= add_text(out, "Server: pushlab\r\n");
    if (fields == NULL || strncmp(fields, REPLY_CACHE, sizeof REPLY_CACHE - 1) != 0)
        err |= add_text(out, REPLY_CACHE "no-store\r\n"); /* 204 too may be cached otherwise */
    if (content_type != NULL)
        err |= add_field(out, "Content-Type: ", content_type);
    if (content_length >= 0)
        err |= add_field(out, "Content-Length: ", decimal(number, (uint64_t)content_length));
    err |= add_text(out, connection[persistence]);
    if (fields != NULL)
        err |= add_text(out, fields);
    err |= buf_add(out, "\r\n", 2);
    return err < 0 ? PL_ENOMEM : PL_OK;
}

void reply_send(struct peer *p, const struct reply *r)
{
    struct http_context *c = peer_context(p);
    struct buf *out = &c->scratch;
    /* 1xx and 204 have no content and no length (RFC 9110 §8.6), 304 not one of its own. */
    int64_t length = r->status == 204 || r->status == 304 ? -1 : (int64_t)r->body_len;
    int err;

    account_response(p->account, r->status);
    out->len = 0;
    err = reply_head(out, r->status, r->content_type, r->fields, length, reply_persistence(p),
                     http_context_date(c));
    if (!p->http->head_only)
        err |= buf_add(out, r->body, r->body_len);
    if (err < 0) {
        peer_drop(p, DROP_NO_MEMORY);
        return;
    }
    peer_send(p, out->data, out->len, 0, 0);
    out->len = 0;
    http_session_done(p);
}

void reply_json(struct peer *p, const char *json, size_t len)
{
    reply_send(
        p, &(struct reply){
               .status = 200, .content_type = "application/json", .body = json, .body_len = len});
}

void reply_json_owned(struct peer *p, char *json)
{
    if (json == NULL)
        reply_error(p, 503, "Retry-After: 1\r\n", "out of memory");
    else
        reply_json(p, json, strlen(json));
    free(json);
}

void reply_error(struct peer *p, int status, const char *fields, const char *why)
{
    char body[256];
    int len = snprintf(body, sizeof body, "{\"error\":\"%s\"}\n", why);
    struct reply r = {.status = status,
                      .content_type = "application/json",
                      .fields = fields,
                      .body = body,
                      .body_len = (size_t)len};

    reply_send(p, &r);
}

void reply_shared(struct peer *p, struct shared *whole, int status, size_t payload_bytes,
                  uint64_t updates)
{
    account_response(p->account, status);
    peer_send_shared(p, whole, payload_bytes, updates);
    http_session_done(p);
}
