/* Server-sent events (WHATWG HTML §9.2): a response that does not end, as text/event-stream,
 * resumed with Last-Event-ID, reconnecting when the server's retry: says. */
#include <stdio.h>

#include "clients/driver/drivers.h"
#include "clients/driver/stream_response.h"
#include "lib/base/clock.h"
#include "lib/proto/sse.h"

struct sse_client {
    struct stream_response stream_response;
    struct sse_parser parser;
    struct buf last_event_id; /* NUL-terminated; outlives the connection and its parser */
};

static struct sse_client *of(struct client *c)
{
    return (struct sse_client *)c;
}

static void sse_init(struct client *c)
{
    sse_parser_init(&of(c)->parser, STREAM_RESPONSE_MESSAGE_MAX_BYTES);
}

static void sse_on_open(struct client *c, int64_t now_ns)
{
    const char *id = (const char *)of(c)->last_event_id.data;
    char fields[HTTP_REQUEST_MAX_BYTES / 2] = "";
    struct client_request request = {
        .accept = "text/event-stream", .fields = fields, .hold_ms = -1};

    if (id != NULL && *id != '\0')
        snprintf(fields, sizeof fields, "Last-Event-ID: %.900s\r\n", id);
    stream_response_ask(c, &request, now_ns); /* Last-Event-ID is its cursor */
}

static int sse_content(struct client *c, const uint8_t *data, size_t len, int64_t recv_ns)
{
    while (len > 0) {
        struct sse_event ev;
        bool got;
        ssize_t n = sse_parser_feed(&of(c)->parser, data, len, &ev, &got);

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

static void sse_on_data(struct client *c, uint8_t *data, size_t len, int64_t recv_ns)
{
    stream_response_on_data(c, data, len, recv_ns, sse_content, "text/event-stream");
}

/* What the standard's event source keeps when it reestablishes the connection. */
static void keep_what_outlives_the_stream(struct sse_client *s)
{
    if (s->parser.retry_ms >= 0 && s->parser.retry_ms <= INT64_MAX / NS_PER_MS)
        s->stream_response.client.retry_floor_ns = s->parser.retry_ms * NS_PER_MS;
    if (s->parser.last_event_id.len == 0)
        return;
    buf_free(&s->last_event_id);
    s->last_event_id = s->parser.last_event_id;
    s->parser.last_event_id = (struct buf){0};
}

static void sse_on_lost(struct client *c, enum conn_end why, int64_t now_ns)
{
    struct sse_client *s = of(c);

    keep_what_outlives_the_stream(s);
    sse_parser_free(&s->parser);
    sse_parser_init(&s->parser, STREAM_RESPONSE_MESSAGE_MAX_BYTES);
    stream_response_on_lost(c, why, now_ns);
}

static void sse_free(struct client *c)
{
    sse_parser_free(&of(c)->parser);
    buf_free(&of(c)->last_event_id);
    stream_response_free(c);
}

const struct driver driver_sse = {
    .info = &transport_infos[TRANSPORT_SSE],
    .client_bytes = sizeof(struct sse_client),
    .init = sse_init,
    .begin = client_dial,
    .on_open = sse_on_open,
    .on_data = sse_on_data,
    .on_lost = sse_on_lost,
    .leave = stream_response_leave,
    .free = sse_free,
};
