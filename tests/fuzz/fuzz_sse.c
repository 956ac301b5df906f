/* sse: any split of the same stream gives the same events, the same error and the same retry
 * time; and what the encoder writes, the parser reads back.
 * Input: size limit (1 byte), seed of the split (1 byte), the stream. */
#include <stdlib.h>
#include <string.h>

#include "lib/proto/sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void event_log(struct buf *log, const struct sse_event *ev)
{
    require(ev->data[ev->data_len] == '\0');
    buf_printf(log, "[%s] [%s] %zu ", ev->type, ev->last_event_id, ev->data_len);
    buf_add(log, ev->data, ev->data_len);
}

/* A heap copy of its own for every piece: reading past it is seen. */
static bool piece_feed(struct sse_parser *p, const uint8_t *stream, size_t len, struct buf *log)
{
    uint8_t *piece = malloc(len);
    struct sse_event ev;
    size_t at = 0;
    ssize_t n = 0;
    bool got;

    memcpy(piece, stream, len);
    while (at < len && n >= 0) {
        n = sse_parser_feed(p, piece + at, len - at, &ev, &got);
        if (n < 0)
            break;
        require(n > 0 && (size_t)n <= len - at);
        at += (size_t)n;
        require(got || at == len);
        if (got) {
            require(ev.data_len <= p->max_event_bytes);
            event_log(log, &ev);
        }
    }
    if (n < 0)
        buf_printf(log, "error %zd", n);
    free(piece);
    return n >= 0;
}

/* seed 0: whole; 1: byte by byte; else pieces of 1 to seed bytes. */
static void stream_play(struct buf *log, size_t max_event_bytes, const uint8_t *stream, size_t len,
                        uint32_t seed)
{
    uint32_t state = seed;
    struct sse_parser p;
    bool alive = true;
    size_t n;

    sse_parser_init(&p, max_event_bytes);
    for (size_t at = 0; alive && at < len; at += n) {
        state = state * 1664525 + 1013904223;
        n = seed == 0 ? len : 1 + (state >> 16) % seed;
        n = n < len - at ? n : len - at;
        alive = piece_feed(&p, stream + at, n, log);
    }
    buf_printf(log, "retry %lld", (long long)p.retry_ms);
    sse_parser_free(&p);
}

/* One event of any data that has no line breaks, through both halves. */
static void round_trip(const uint8_t *data, size_t size, uint64_t seq)
{
    struct buf line = {0}, wire = {0};
    struct sse_parser p;
    struct sse_event ev;
    bool got;

    for (size_t i = 0; i < size; i++)
        if (data[i] != '\n' && data[i] != '\r')
            buf_add(&line, &data[i], 1);
    require(sse_encode(&wire, seq, "", (char *)line.data, line.len) == 0);
    sse_parser_init(&p, SIZE_MAX);
    require(sse_parser_feed(&p, wire.data, wire.len, &ev, &got) == (ssize_t)wire.len && got);
    require(strtoull(ev.last_event_id, NULL, 10) == seq);
    require(strcmp(ev.type, "message") == 0);
    require(ev.data_len == line.len);
    require(line.len == 0 || memcmp(ev.data, line.data, line.len) == 0);
    sse_parser_free(&p);
    buf_free(&line);
    buf_free(&wire);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t limits[] = {0, 8, 64, SIZE_MAX};
    struct buf logs[3] = {{0}, {0}, {0}};
    uint32_t seeds[3] = {0, 1, 2};

    if (size < 2)
        return 0;
    seeds[2] += data[1];
    for (size_t i = 0; i < 3; i++) {
        stream_play(&logs[i], limits[data[0] & 3], data + 2, size - 2, seeds[i]);
        require(logs[i].len == logs[0].len);
        require(memcmp(logs[i].data, logs[0].data, logs[0].len) == 0);
    }
    for (size_t i = 0; i < 3; i++)
        buf_free(&logs[i]);
    round_trip(data + 2, size - 2, (uint64_t)data[0] << (data[1] % 57));
    return 0;
}
