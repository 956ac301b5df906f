/* ws_reader: any split of the same bytes gives the same events, the same error and the same
 * framing account; what is handed out keeps the reader's promises.
 * Input: role and size limit (1 byte), seed of the split (1 byte), the wire. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/utf8.h"
#include "lib/proto/ws_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const size_t limits[] = {0, 1, 125, 126, 300, 65536, 1 << 20, SIZE_MAX};

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void event_require_sane(const struct ws_reader *r, const struct ws_event *ev)
{
    struct utf8 utf8 = {0};

    require(ev->data != NULL);
    require(ev->framing_bytes >= (r->role == WS_SERVER ? 6 : 2));
    require((ev->close_code != 0) == (ev->type == WS_EVENT_CLOSE));
    if (ev->type == WS_EVENT_MESSAGE) {
        require(ev->opcode == WS_TEXT || ev->opcode == WS_BINARY);
        require(ev->len <= r->max_message_bytes);
    } else {
        require(ws_is_control(ev->opcode) && ev->len <= WS_CONTROL_MAX_BYTES);
    }
    if (ev->opcode == WS_TEXT || ev->opcode == WS_CLOSE)
        require(utf8_feed(&utf8, ev->data, ev->len) && utf8_done(&utf8));
}

static void event_log(struct buf *log, const struct ws_event *ev)
{
    buf_printf(log, "%d %u %u %u %zu ", (int)ev->type, ev->opcode, ev->close_code,
               ev->framing_bytes, ev->len);
    buf_add(log, ev->data, ev->len);
}

/* A heap copy of its own for every piece: reading or unmasking past it is seen. */
static bool piece_feed(struct ws_reader *r, const uint8_t *wire, size_t len, struct buf *log)
{
    uint8_t *piece = malloc(len);
    struct ws_event ev;
    size_t at = 0;
    ssize_t n = 0;

    memcpy(piece, wire, len);
    while (at < len && n >= 0) {
        n = ws_reader_feed(r, piece + at, len - at, &ev);
        if (n < 0)
            break;
        require(n > 0 && (size_t)n <= len - at);
        at += (size_t)n;
        require(ev.type != WS_EVENT_NONE || at == len);
        if (ev.type == WS_EVENT_NONE)
            continue;
        event_require_sane(r, &ev);
        event_log(log, &ev);
    }
    if (n < 0)
        buf_printf(log, "error %zd %u", n, r->error_close_code);
    free(piece);
    return n >= 0;
}

/* seed 0: whole; 1: byte by byte; else pieces of 1 to seed bytes. */
static void wire_play(struct buf *log, const uint8_t *head, const uint8_t *wire, size_t len,
                      uint32_t seed)
{
    uint32_t state = seed;
    struct ws_reader r;
    bool alive = true;
    size_t n;

    ws_reader_init(&r, head[0] & 1 ? WS_CLIENT : WS_SERVER, limits[head[0] >> 1 & 7]);
    for (size_t at = 0; alive && at < len; at += n) {
        state = state * 1664525 + 1013904223;
        n = seed == 0 ? len : 1 + (state >> 16) % seed;
        n = n < len - at ? n : len - at;
        alive = piece_feed(&r, wire + at, n, log);
    }
    ws_reader_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf logs[3] = {{0}, {0}, {0}};
    uint32_t seeds[3] = {0, 1, 2};

    if (size < 2)
        return 0;
    seeds[2] += data[1];
    for (size_t i = 0; i < 3; i++) {
        wire_play(&logs[i], data, data + 2, size - 2, seeds[i]);
        require(logs[i].len == logs[0].len);
        require(logs[i].len == 0 || memcmp(logs[i].data, logs[0].data, logs[0].len) == 0);
    }
    for (size_t i = 0; i < 3; i++)
        buf_free(&logs[i]);
    return 0;
}
