/* HTTP streaming (RFC 6202 §2.2): one chunked response, one update per line (NDJSON). */
#include "clients/driver/drivers.h"
#include "clients/driver/stream_response.h"
#include "lib/base/line_reader.h"

struct stream_client {
    struct stream_response stream_response;
    struct line_reader lines;
};

static struct stream_client *of(struct client *c)
{
    return (struct stream_client *)c;
}

static void stream_init(struct client *c)
{
    line_reader_init(&of(c)->lines, STREAM_RESPONSE_MESSAGE_MAX_BYTES);
}

static void stream_on_open(struct client *c, int64_t now_ns)
{
    static const struct client_request request = {
        .accept = "application/x-ndjson", .fields = "", .with_cursor = true, .hold_ms = -1};

    stream_response_ask(c, &request, now_ns);
}

static int stream_content(struct client *c, const uint8_t *data, size_t len, int64_t recv_ns)
{
    while (len > 0) {
        const char *line;
        size_t line_len;
        ssize_t n = line_reader_feed(&of(c)->lines, data, len, &line, &line_len);

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

static void stream_on_data(struct client *c, uint8_t *data, size_t len, int64_t recv_ns)
{
    stream_response_on_data(c, data, len, recv_ns, stream_content, NULL);
}

static void stream_on_lost(struct client *c, enum conn_end why, int64_t now_ns)
{
    line_reader_free(&of(c)->lines);
    line_reader_init(&of(c)->lines, STREAM_RESPONSE_MESSAGE_MAX_BYTES);
    stream_response_on_lost(c, why, now_ns);
}

static void stream_free(struct client *c)
{
    line_reader_free(&of(c)->lines);
    stream_response_free(c);
}

const struct driver driver_stream = {
    .info = &transport_infos[TRANSPORT_STREAM],
    .client_bytes = sizeof(struct stream_client),
    .init = stream_init,
    .begin = client_dial,
    .on_open = stream_on_open,
    .on_data = stream_on_data,
    .on_lost = stream_on_lost,
    .leave = stream_response_leave,
    .free = stream_free,
};
