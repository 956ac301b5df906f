/* HTTP streaming (RFC 6202 §2.2): a GET whose response does not end. "stream" reads it as one
 * update per line (NDJSON); "sse" as server-sent events (WHATWG HTML §9.2), resumed with
 * Last-Event-ID, reconnecting when the server's retry: says. The rest is the same.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "clients/client/client.h"
#include "clients/driver/drivers.h"
#include "lib/base/clock.h"
#include "lib/base/line_reader.h"
#include "lib/proto/sse.h"

/* No update is larger; a line or an event beyond it is a broken stream. */
enum { MESSAGE_MAX_BYTES = 64 << 20 };

#define SSE_MEDIA_TYPE "text/event-stream"

/* ---- the response that does not end ---- */

struct response {
    struct client client;
    struct http_reader reader;
    bool answered; /* its 200 has come */
};

/* Read bytes of content: client_took() for each and client_message() for what they say.
 * 0, or negative when the stream is broken. */
static int stream_content(struct client *c, const uint8_t *data, size_t len, int64_t recv_ns);
static int sse_content(struct client *c, const uint8_t *data, size_t len, int64_t recv_ns);

static struct response *response_of(struct client *c)
{
    return (struct response *)c;
}

static void ask(struct client *c, const struct client_request *r, int64_t now_ns)
{
    struct response *s = response_of(c);
    struct http_limits limits = {
        .head_bytes = HTTP_RESPONSE_HEAD_MAX_BYTES,
        .body_bytes = SIZE_MAX,
    };

    http_reader_free(&s->reader);
    http_reader_init(&s->reader, HTTP_RESPONSES, &limits);
    s->answered = false;
    client_ask(c, r, now_ns);
}

static bool is_sse(const struct client *c)
{
    return c->driver == &driver_sse;
}

/* A subtype with parameters is the same type: "text/event-stream; charset=utf-8". */
static bool is_media_type(const char *value, const char *type)
{
    size_t len = strlen(type);

    return value != NULL && strncasecmp(value, type, len) == 0 &&
           (value[len] == '\0' || value[len] == ';' || value[len] == ' ');
}

static void on_head(struct response *s, int64_t recv_ns)
{
    struct client *c = &s->client;
    const struct http_message *m = &s->reader.msg;
    const char *type = http_message_field(m, "Content-Type");
    char why[160];

    client_sort_bytes(c, recv_ns);
    if (m->status < 200)
        return;
    if (m->status != 200) {
        client_refused(c, m, m->status == 204 || http_status_is_final(m->status), recv_ns);
    } else if (is_sse(c) && !is_media_type(type, SSE_MEDIA_TYPE)) {
        snprintf(why, sizeof why, "the content is %s, not " SSE_MEDIA_TYPE,
                 type != NULL ? type : "untyped");
        client_give_up(c, why, recv_ns);
    } else {
        s->answered = true;
        client_answered(c, m, recv_ns);
    }
}

static void response_on_data(struct client *c, uint8_t *data, size_t len, int64_t recv_ns)
{
    int (*on_content)(struct client *, const uint8_t *, size_t, int64_t) =
        is_sse(c) ? sse_content : stream_content;
    struct response *s = response_of(c);
    enum http_event ev;

    do {
        ssize_t n = http_reader_feed(&s->reader, data, len, &ev);

        if (n < 0) {
            client_took(c, len);
            client_fail(c, "the response is not HTTP/1.1", recv_ns);
            return;
        }
        client_took(c, ev == HTTP_BODY ? (size_t)n - s->reader.body_len : (size_t)n);
        data += n;
        len -= (size_t)n;
        if (ev == HTTP_HEAD_DONE)
            on_head(s, recv_ns);
        else if (ev == HTTP_BODY && !s->answered)
            client_took(c, s->reader.body_len); /* of a refusal */
        else if (ev == HTTP_BODY && on_content(c, s->reader.body, s->reader.body_len, recv_ns) < 0)
            client_fail(c, "the content is malformed", recv_ns);
        else if (ev == HTTP_MESSAGE && s->answered)
            conn_close(&c->net.conn); /* the server ended the stream */
    } while (ev != HTTP_NEED_MORE && !c->net.conn.ended);
}

/* Forget the response, and try again. */
static void response_lost(struct client *c, enum conn_end why, int64_t now_ns)
{
    if (!response_of(c)->answered)
        client_note_unanswered(c, why);
    http_reader_free(&response_of(c)->reader);
    client_back_off(c, now_ns);
}

static void response_leave(struct client *c, int64_t now_ns)
{
    (void)now_ns;
    conn_finish(&c->net.conn, true);
}

static void response_free(struct client *c)
{
    http_reader_free(&response_of(c)->reader);
}

/* ---- lines ---- */

struct stream_client {
    struct response response;
    struct line_reader lines;
};

static struct stream_client *stream_of(struct client *c)
{
    return (struct stream_client *)c;
}

static void stream_on_open(struct client *c, int64_t now_ns)
{
    static const struct client_request request = {
        .kind = REQUEST_LINES, .fields = "", .with_cursor = true, .hold_ms = -1};

    line_reader_init(&stream_of(c)->lines, MESSAGE_MAX_BYTES);
    ask(c, &request, now_ns);
}

static int stream_content(struct client *c, const uint8_t *data, size_t len, int64_t recv_ns)
{
    while (len > 0) {
        const char *line;
        size_t line_len;
        ssize_t n = line_reader_feed(&stream_of(c)->lines, data, len, &line, &line_len);

        if (n < 0)
            return (int)n;
        client_took(c, (size_t)n);
        data += n;
        len -= (size_t)n;
        if (line == NULL)
            continue;
        if (line_len > 0)
            client_message(c, line, line_len, recv_ns);
        else
            client_sort_bytes(c, recv_ns); /* heartbeat */
    }
    return PL_OK;
}

static void stream_on_lost(struct client *c, enum conn_end why, int64_t now_ns)
{
    line_reader_free(&stream_of(c)->lines);
    response_lost(c, why, now_ns);
}

static void stream_free(struct client *c)
{
    line_reader_free(&stream_of(c)->lines);
    response_free(c);
}

const struct driver driver_stream = {
    .info = &transport_infos[TRANSPORT_STREAM],
    .client_bytes = sizeof(struct stream_client),
    .begin = client_dial,
    .on_open = stream_on_open,
    .on_data = response_on_data,
    .on_lost = stream_on_lost,
    .leave = response_leave,
    .free = stream_free,
};

/* ---- server-sent events ---- */

struct sse_client {
    struct response response;
    struct sse_parser parser;
    struct buf last_event_id; /* NUL-terminated; outlives the connection and its parser */
};

static struct sse_client *sse_of(struct client *c)
{
    return (struct sse_client *)c;
}

static void sse_on_open(struct client *c, int64_t now_ns)
{
    const char *id = (const char *)sse_of(c)->last_event_id.data;
    char fields[HTTP_REQUEST_MAX_BYTES / 2] = "";
    struct client_request request = {.kind = REQUEST_EVENTS, .fields = fields, .hold_ms = -1};

    sse_parser_init(&sse_of(c)->parser, MESSAGE_MAX_BYTES);
    if (id != NULL && *id != '\0')
        snprintf(fields, sizeof fields, "Last-Event-ID: %.900s\r\n", id);
    ask(c, &request, now_ns); /* Last-Event-ID is its cursor */
}

static int sse_content(struct client *c, const uint8_t *data, size_t len, int64_t recv_ns)
{
    while (len > 0) {
        struct sse_event ev;
        bool got;
        ssize_t n = sse_parser_feed(&sse_of(c)->parser, data, len, &ev, &got);

        if (n < 0)
            return (int)n;
        client_took(c, (size_t)n);
        data += n;
        len -= (size_t)n;
        if (got)
            client_message(c, ev.data, ev.data_len, recv_ns);
    }
    return PL_OK;
}

/* The reconnection time and the last event ID outlive the stream (WHATWG HTML §9.2.6). */
static void sse_on_lost(struct client *c, enum conn_end why, int64_t now_ns)
{
    struct sse_client *s = sse_of(c);

    if (s->parser.retry_ms >= 0)
        client_keep_retry(c, s->parser.retry_ms);
    if (s->parser.last_event_id.len > 0) {
        buf_free(&s->last_event_id);
        s->last_event_id = s->parser.last_event_id;
        s->parser.last_event_id = (struct buf){0};
    }
    sse_parser_free(&s->parser);
    response_lost(c, why, now_ns);
}

static void sse_free(struct client *c)
{
    sse_parser_free(&sse_of(c)->parser);
    buf_free(&sse_of(c)->last_event_id);
    response_free(c);
}

const struct driver driver_sse = {
    .info = &transport_infos[TRANSPORT_SSE],
    .client_bytes = sizeof(struct sse_client),
    .begin = client_dial,
    .on_open = sse_on_open,
    .on_data = response_on_data,
    .on_lost = sse_on_lost,
    .leave = response_leave,
    .free = sse_free,
};
