#include "servers/http/reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/proto/http_encode.h"
#include "servers/http/http_session.h"

struct reply_form reply_form(const struct peer *p)
{
    const struct http_session *h = p->http;

    return (struct reply_form){
        .persistence = !h->persist         ? REPLY_CLOSE
                       : h->say_keep_alive ? REPLY_KEEP_ALIVE_10
                                           : REPLY_KEEP_ALIVE,
        .cors = h->cors,
    };
}

int reply_head(struct buf *out, struct http_context *c, int status, const char *content_type,
               const char *fields, int64_t content_length, struct reply_form form)
{
    static const char *const connection[] = {
        [REPLY_KEEP_ALIVE] = "",
        [REPLY_KEEP_ALIVE_10] = "Connection: keep-alive\r\n",
        [REPLY_CLOSE] = "Connection: close\r\n",
    };
    struct http_response_head head = {
        .status = status,
        .date = http_context_date(c),
        .content_type = content_type,
        .content_length = content_length,
        .connection = connection[form.persistence],
        .fields = fields != NULL ? fields : "",
        .cors = form.cors ? c->cors : c->vary,
    };

    return http_response_encode(out, &head);
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
    err = reply_head(out, c, r->status, r->content_type, r->fields, length, reply_form(p));
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
        reply_later(p, "out of memory");
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

void reply_later(struct peer *p, const char *why)
{
    int64_t wait_ms = http_context_return_ms(peer_context(p));
    char field[40];

    snprintf(field, sizeof field, "Retry-After: %lld\r\n",
             wait_ms < 0 ? 1LL : (long long)(wait_ms + 999) / 1000);
    reply_error(p, 503, field, why);
}

void reply_shared(struct peer *p, struct shared *whole, int status, size_t payload_bytes,
                  uint64_t updates)
{
    account_response(p->account, status);
    peer_send_shared(p, whole, payload_bytes, updates);
    http_session_done(p);
}
