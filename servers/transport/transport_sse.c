#include "servers/transport/transports.h"

#include <stdio.h>

#include "lib/base/clock.h"
#include "servers/transport/event_stream.h"
#include "lib/proto/sse.h"

static int write_with_id(struct buf *out, const struct update *u)
{
    return sse_encode(out, u->seq, u->epoch, (const char *)u->json->data, u->json->len);
}

/* Without an id the event source keeps the one it has, wherever the stream may break: it is the
 * highest one it was given, and a reconnect with it neither loses nor repeats an update. */
static int write_without_id(struct buf *out, const struct update *u)
{
    return sse_encode_data(out, (const char *)u->json->data, u->json->len);
}

static const struct stream_encoding encodings[] = {
    {{event_stream_encode}, write_with_id, true},
    {{event_stream_encode}, write_without_id, true},
    {{event_stream_encode}, write_with_id, false},
    {{event_stream_encode}, write_without_id, false},
};

/* The id makes a browser's EventSource resume here even if no update ever came. The type tells a
 * page that has a cursor of another epoch without a look at the data. */
static int sse_hello(struct buf *out, const struct http_settings *settings, const struct cursor *at,
                     bool restarted)
{
    int err = sse_encode_retry(out, settings->retry_ns / NS_PER_MS);
    char data[HELLO_TEXT_BYTES];
    size_t len = hello_encode(data, at, restarted);

    return err | sse_encode_event(out, restarted ? "restarted" : "hello", at, data, len);
}

/* Its id is after the lost updates: a reconnect must not ask for them again. */
static int sse_missed(struct buf *out, const struct cursor *after, uint64_t missed)
{
    char data[40];
    int len = snprintf(data, sizeof data, "{\"missed\":%llu}", (unsigned long long)missed);

    return sse_encode_event(out, "missed", after, data, (size_t)len);
}

static int sse_heartbeat(struct buf *out)
{
    return sse_encode_comment(out, "heartbeat");
}

static const struct stream_format event_stream = {
    .content_type = "text/event-stream",
    .last_event_id = true,
    .chunked = {&encodings[0].encoding, &encodings[1].encoding, event_stream_add_missed},
    .plain = {&encodings[2].encoding, &encodings[3].encoding, event_stream_add_missed},
    .hello = sse_hello,
    .missed = sse_missed,
    .heartbeat = sse_heartbeat,
    .retry = sse_encode_retry,
};

const struct transport transport_sse = {
    .info = &transport_infos[TRANSPORT_SSE],
    .format = &event_stream,
    .open = event_stream_open,
    .flushed = event_stream_flushed,
    .tick = event_stream_tick,
    .stop = event_stream_stop,
    .release = event_stream_release,
};
