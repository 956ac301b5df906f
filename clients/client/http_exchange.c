#include "clients/client/http_exchange.h"

#include <string.h>

#include "lib/base/err.h"

bool http_cookie_pair(char *out, size_t cap, const char *set_cookie)
{
    size_t len = strcspn(set_cookie, ";");

    while (len > 0 && (set_cookie[len - 1] == ' ' || set_cookie[len - 1] == '\t'))
        len--;
    if (len >= cap || memchr(set_cookie, '=', len) == NULL || set_cookie[0] == '=')
        return false;
    memcpy(out, set_cookie, len);
    out[len] = '\0';
    return true;
}

void http_exchange_init(struct http_exchange *x, size_t body_limit_bytes)
{
    struct http_limits limits = {
        .head_bytes = HTTP_RESPONSE_HEAD_MAX_BYTES,
        .body_bytes = body_limit_bytes,
    };

    struct buf text = x->reader.msg.text; /* reused by the next connection */

    http_reader_init(&x->reader, HTTP_RESPONSES, &limits);
    x->reader.msg.text = text;
    x->body.len = 0;
}

int http_exchange_feed(struct http_exchange *x, const uint8_t *data, size_t len)
{
    int result = HTTP_EXCHANGE_MORE;
    enum http_event ev;

    x->framing_bytes = len;
    do {
        ssize_t n = http_reader_feed(&x->reader, data, len, &ev);

        if (n < 0)
            return (int)n;
        if (result == HTTP_EXCHANGE_DONE && n > 0 && x->reader.msg.keep_alive)
            return PL_EPROTO; /* an unrequested response */
        data += n;
        len -= (size_t)n;
        if (ev == HTTP_HEAD_DONE)
            x->body.len = 0;
        if (ev == HTTP_MESSAGE && x->reader.msg.status >= 200) /* RFC 9110 §15.2 */
            result = HTTP_EXCHANGE_DONE;
        if (ev != HTTP_BODY)
            continue;
        if (buf_add(&x->body, x->reader.body, x->reader.body_len) < 0)
            return PL_ENOMEM;
        x->framing_bytes -= x->reader.body_len;
    } while (ev != HTTP_NEED_MORE);
    return result;
}

int http_exchange_eof(struct http_exchange *x)
{
    enum http_event ev;
    int err = http_reader_eof(&x->reader, &ev);

    if (err < 0)
        return err;
    return ev == HTTP_MESSAGE ? HTTP_EXCHANGE_DONE : HTTP_EXCHANGE_MORE;
}

void http_exchange_free(struct http_exchange *x)
{
    http_reader_free(&x->reader);
    buf_free(&x->body);
}

bool http_status_is_final(int status)
{
    return status >= 300 && status < 500 && status != 408 && status != 425 && status != 429;
}
