#include "clients/driver/stream_response.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

void stream_response_ask(struct stream_response *e, const char *query, const char *accept,
                         const char *fields, int64_t now_ns)
{
    struct client *c = &e->client;
    struct http_limits limits = {
        .head_bytes = HTTP_RESPONSE_HEAD_MAX_BYTES,
        .body_bytes = SIZE_MAX,
    };
    struct http_get get = {
        .host = c->env->host,
        .prefix = c->env->opt->url.path,
        .path = c->driver->info->path,
        .query = query,
        .accept = accept,
        .fields = fields,
        .cookie = c->cookie,
    };
    char request[HTTP_REQUEST_MAX_BYTES];
    size_t len = http_get_encode(request, &get);

    http_reader_free(&e->reader);
    http_reader_init(&e->reader, HTTP_RESPONSES, &limits);
    e->answered = false;
    e->asked_ns = now_ns;
    client_count_request(c, now_ns);
    if (len == 0)
        client_give_up(c, now_ns, "the request is too long");
    else
        client_send(c, request, len, now_ns);
}

/* A subtype with parameters is the same type: "text/event-stream; charset=utf-8". */
static bool is_media_type(const char *value, const char *type)
{
    size_t len = strlen(type);

    return value != NULL && strncasecmp(value, type, len) == 0 &&
           (value[len] == '\0' || value[len] == ';' || value[len] == ' ');
}

/* False: the connection has been ended. */
static bool check_head(struct stream_response *e, const char *media_type)
{
    struct client *c = &e->client;
    const struct http_message *m = &e->reader.msg;
    const char *type = http_message_field(m, "Content-Type");
    char why[160];

    if (m->status == 200 && (media_type == NULL || is_media_type(type, media_type)))
        return true;
    if (m->status != 200) {
        client_refused(c, e->asked_ns, m->status,
                       m->status == 204 || http_status_is_final(m->status));
        return false;
    }
    snprintf(why, sizeof why, "the content is %s, not %s", type ? type : "untyped", media_type);
    client_give_up(c, e->asked_ns, why);
    return false;
}

static void on_head(struct stream_response *e, const char *media_type, int64_t recv_ns)
{
    struct client *c = &e->client;

    client_sort_bytes(c, recv_ns);
    if (e->reader.msg.status < 200 || !check_head(e, media_type))
        return;
    e->answered = true;
    client_keep_cookie(c, &e->reader.msg);
    CLIENT_COUNT(c, e->asked_ns, responses, 1);
    client_settled(c, recv_ns);
}

void stream_response_on_data(struct stream_response *e, const uint8_t *data, size_t len,
                             int64_t recv_ns, stream_response_content_fn *on_content,
                             const char *media_type)
{
    struct client *c = &e->client;
    enum http_event ev;

    do {
        ssize_t n = http_reader_feed(&e->reader, data, len, &ev);

        if (n < 0) {
            client_took(c, len);
            client_fail(c, e->asked_ns, "the response is not HTTP/1.1");
            return;
        }
        client_took(c, ev == HTTP_BODY ? (size_t)n - e->reader.body_len : (size_t)n);
        data += n;
        len -= (size_t)n;
        if (ev == HTTP_HEAD_DONE)
            on_head(e, media_type, recv_ns);
        else if (ev == HTTP_BODY && !e->answered)
            client_took(c, e->reader.body_len); /* of a refusal */
        else if (ev == HTTP_BODY && on_content(c, e->reader.body, e->reader.body_len, recv_ns) < 0)
            client_fail(c, e->asked_ns, "the content is malformed");
        else if (ev == HTTP_MESSAGE && e->answered)
            conn_close(&c->conn); /* the server ended the stream */
    } while (ev != HTTP_NEED_MORE && !c->conn.ended);
}

void stream_response_lost(struct stream_response *e, enum conn_end why, int64_t now_ns)
{
    if (!e->answered && why == CONN_END_EOF && !e->client.leaving)
        client_env_note(e->client.env, "%s: connection closed before an answer",
                        e->client.driver->info->path);
    http_reader_free(&e->reader);
    client_back_off(&e->client, now_ns);
}

void stream_response_leave(struct stream_response *e)
{
    conn_finish(&e->client.conn, true);
}

void stream_response_free(struct stream_response *e)
{
    http_reader_free(&e->reader);
}
