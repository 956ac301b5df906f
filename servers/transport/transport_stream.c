#include "servers/transport/transports.h"

#include "servers/transport/event_stream.h"
#include "servers/transport/poll.h"

static int line_of(struct buf *out, const struct update *u)
{
    int err = buf_add(out, u->json->data, u->json->len);

    return err | buf_add(out, "\n", 1);
}

static struct shared *stream_encode(const struct update *u, bool chunked)
{
    struct buf line = {0};
    struct shared *bytes = NULL;

    if (line_of(&line, u) == 0)
        bytes = chunked ? event_stream_chunk(line.data, line.len)
                        : shared_new_copy(line.data, line.len);
    buf_free(&line);
    return bytes;
}

static struct shared *stream_encode_chunked(const struct update *u)
{
    return stream_encode(u, true);
}

static struct shared *stream_encode_plain(const struct update *u)
{
    return stream_encode(u, false);
}

static int stream_hello(struct buf *out, const struct http_settings *settings, uint64_t cursor)
{
    (void)settings;
    return buf_printf(out, "{\"hello\":%llu}\n", (unsigned long long)cursor);
}

static int stream_missed(struct buf *out, uint64_t cursor, uint64_t missed)
{
    (void)cursor;
    return buf_printf(out, "{\"missed\":%llu}\n", (unsigned long long)missed);
}

static int stream_heartbeat(struct buf *out)
{
    return buf_add(out, "\n", 1);
}

static const struct update_encoding chunked = {"ndjson-chunk", stream_encode_chunked};
static const struct update_encoding plain = {"ndjson", stream_encode_plain};

static const struct stream_format ndjson = {
    .content_type = "application/x-ndjson",
    .chunked = {&chunked, &chunked},
    .plain = {&plain, &plain},
    .hello = stream_hello,
    .missed = stream_missed,
    .heartbeat = stream_heartbeat,
};

static void stream_open(struct peer *p, const struct http_request *req)
{
    struct reading reading;

    if (!poll_parse_reading(p, req, &reading))
        return;
    event_stream_open(p, req, &reading);
    poll_release_reading(&reading);
}

const struct transport transport_stream = {
    .info = &transport_infos[TRANSPORT_STREAM],
    .format = &ndjson,
    .open = stream_open,
    .flushed = event_stream_flushed,
    .tick = event_stream_tick,
    .stop = event_stream_stop,
    .release = event_stream_release,
};
