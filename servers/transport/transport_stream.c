#include "servers/transport/transports.h"

#include "servers/transport/event_stream.h"

static int stream_write(struct buf *out, const struct update *u)
{
    int err = buf_add(out, u->json->data, u->json->len);

    return err | buf_add(out, "\n", 1);
}

static int stream_hello(struct buf *out, const struct http_settings *settings,
                        const struct cursor *at, bool restarted)
{
    char text[HELLO_TEXT_BYTES];

    (void)settings;
    hello_encode(text, at, restarted);
    return buf_printf(out, "%s\n", text);
}

static int stream_missed(struct buf *out, const struct cursor *after, uint64_t missed)
{
    (void)after;
    return buf_printf(out, "{\"missed\":%llu}\n", (unsigned long long)missed);
}

static int stream_retry(struct buf *out, int64_t wait_ms)
{
    return buf_printf(out, "{\"retry\":%lld}\n", (long long)wait_ms);
}

static int stream_heartbeat(struct buf *out)
{
    return buf_add(out, "\n", 1);
}

static const struct stream_encoding chunked = {{event_stream_encode}, stream_write, true};
static const struct stream_encoding plain = {{event_stream_encode}, stream_write, false};

static const struct stream_format ndjson = {
    .content_type = "application/x-ndjson",
    .chunked = {&chunked.encoding, &chunked.encoding, event_stream_add_missed},
    .plain = {&plain.encoding, &plain.encoding, event_stream_add_missed},
    .hello = stream_hello,
    .missed = stream_missed,
    .heartbeat = stream_heartbeat,
    .retry = stream_retry,
};

const struct transport transport_stream = {
    .info = &transport_infos[TRANSPORT_STREAM],
    .format = &ndjson,
    .open = event_stream_open,
    .flushed = event_stream_flushed,
    .tick = event_stream_tick,
    .stop = event_stream_stop,
    .release = event_stream_release,
};
