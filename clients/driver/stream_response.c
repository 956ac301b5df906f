#include "clients/driver/stream_response.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static struct stream_response *of(struct client *c)
{
    return (struct stream_response *)c;
}

void stream_response_ask(struct client *c, const struct client_request *r, int64_t now_ns)
{
    struct stream_response *s = of(c);
    struct http_limits limits = {
        .head_bytes = HTTP_RESPONSE_HEAD_MAX_BYTES,
        .body_bytes = SIZE_MAX,
    };

    http_reader_free(&s->reader);
    http_reader_init(&s->reader, HTTP_RESPONSES, &limits);
    s->answered = false;
    s->asked_ns = now_ns;
    client_ask(c, r, now_ns, now_ns);
}

/* A subtype with parameters is the same type: "text/event-stream; charset=utf-8". */
static bool is_media_type(const char *value, const char *type)
{
    size_t len = strlen(type);

    return value != NULL && strncasecmp(value, type, len) == 0 &&
           (value[len] == '\0' || value[len] == ';' || value[len] == ' ');
}

/* False: the connection has been ended. */
static bool check_head(struct stream_response *s, const char *media_type)
{
    struct client *c = &s->client;
    const struct http_message *m = &s->reader.msg;
    const char *type = http_message_field(m, "Content-Type");
    char why[160];

    if (m->status == 200 && (media_type == NULL || is_media_type(type, media_type)))
        return true;
    if (m->status != 200) {
        client_refused(c, s->asked_ns, m->status,
                       m->status == 204 || http_status_is_final(m->status));
        return false;
    }
    snprintf(why, sizeof why, "the content is %s, not %s", type ? type : "untyped", media_type);
    client_give_up(c, s->asked_ns, why);
    return false;
}

static void on_head(struct stream_response *s, const char *media_type, int64_t recv_ns)
{
    struct client *c = &s->client;

    client_sort_bytes(c, recv_ns);
    if (s->reader.msg.status < 200 || !check_head(s, media_type))
        return;
    s->answered = true;
    client_answered(c, s->asked_ns, &s->reader.msg, recv_ns);
}

void stream_response_on_data(struct client *c, const uint8_t *data, size_t len, int64_t recv_ns,
                             stream_response_content_fn *on_content, const char *media_type)
{
    struct stream_response *s = of(c);
    enum http_event ev;

    do {
        ssize_t n = http_reader_feed(&s->reader, data, len, &ev);

        if (n < 0) {
            client_took(c, len);
            client_fail(c, s->asked_ns, "the response is not HTTP/1.1");
            return;
        }
        client_took(c, ev == HTTP_BODY ? (size_t)n - s->reader.body_len : (size_t)n);
        data += n;
        len -= (size_t)n;
        if (ev == HTTP_HEAD_DONE)
            on_head(s, media_type, recv_ns);
        else if (ev == HTTP_BODY && !s->answered)
            client_took(c, s->reader.body_len); /* of a refusal */
        else if (ev == HTTP_BODY && on_content(c, s->reader.body, s->reader.body_len, recv_ns) < 0)
            client_fail(c, s->asked_ns, "the content is malformed");
        else if (ev == HTTP_MESSAGE && s->answered)
            conn_close(&c->net.conn); /* the server ended the stream */
    } while (ev != HTTP_NEED_MORE && !c->net.conn.ended);
}

void stream_response_on_lost(struct client *c, enum conn_end why, int64_t now_ns)
{
    if (!of(c)->answered)
        client_note_unanswered(c, why);
    http_reader_free(&of(c)->reader);
    client_back_off(c, now_ns);
}

void stream_response_leave(struct client *c, int64_t now_ns)
{
    (void)now_ns;
    conn_finish(&c->net.conn, true);
}

void stream_response_free(struct client *c)
{
    http_reader_free(&of(c)->reader);
}
