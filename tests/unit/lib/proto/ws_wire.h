/* WebSocket wires for tests: frames written without the code under test, fed to a reader in
 * every cut, and what came out written down as text. */
#pragma once

#include <check.h>
#include <string.h>

#include "lib/base/buf.h"
#include "tests/unit/guard.h"
#include "lib/proto/ws_reader.h"

enum { ROOMY_BYTES = 1 << 20 };

/* --- a run of the reader, written down as text --- */

static inline void event_log(struct buf *log, const struct ws_event *ev)
{
    static const char *const names[] = {"none", "message", "ping", "pong", "close"};

    buf_printf(log, "%s", log->len > 0 ? " | " : "");
    if (ev->type == WS_EVENT_MESSAGE)
        buf_printf(log, "%s ", ev->opcode == WS_TEXT ? "text" : "binary");
    else
        buf_printf(log, "%s ", names[ev->type]);
    if (ev->type == WS_EVENT_CLOSE)
        buf_printf(log, "%u ", ev->close_code);
    if (ev->data == NULL)
        ck_abort_msg("an event's data is NULL");
    buf_add(log, ev->data, ev->len);
}

/* Feed one piece, which ends at an unreadable page. False once the reader has failed. */
static inline bool piece_feed(struct ws_reader *r, uint8_t *piece, size_t len, struct buf *log)
{
    struct ws_event ev;
    size_t at = 0;

    while (at < len) {
        ssize_t n = ws_reader_feed(r, piece + at, len - at, &ev);

        if (n < 0) {
            ck_assert_int_eq(ev.type, WS_EVENT_NONE);
            buf_printf(log, "%sfail %u", log->len > 0 ? " | " : "", r->error_close_code);
            ck_assert_int_eq(ws_reader_feed(r, piece, len, &ev), n); /* and stays dead */
            return false;
        }
        at += (size_t)n;
        if (ev.type != WS_EVENT_NONE)
            event_log(log, &ev);
        if (n == 0 || (ev.type == WS_EVENT_NONE && at != len))
            ck_abort_msg("%zd bytes consumed, %zu left, and no event", n, len - at);
    }
    return true;
}

/* Feed the first piece, then pieces of piece_bytes. Returns the bytes fed until a failure. */
static inline size_t wire_feed(struct ws_reader *r, const struct buf *wire, size_t first,
                               size_t piece_bytes, struct buf *log)
{
    struct guard guard = guard_new(wire->len);
    size_t at = 0, len = first;
    bool alive = true;

    while (alive && at < wire->len) {
        len = len < wire->len - at ? len : wire->len - at;
        alive = piece_feed(r, guard_copy(&guard, wire->data + at, len), len, log);
        at += len;
        len = piece_bytes;
    }
    guard_free(&guard);
    return at;
}

/* Feed wire with these cuts; what comes out must read as expected. */
static inline void wire_check_cut(enum ws_role role, size_t max_message_bytes,
                                  const struct buf *wire, size_t first, size_t piece_bytes,
                                  const char *expected)
{
    struct ws_reader r;
    struct buf log = {0};

    ws_reader_init(&r, role, max_message_bytes);
    wire_feed(&r, wire, first, piece_bytes, &log);
    buf_add(&log, "", 1);
    if (strcmp((char *)log.data, expected) != 0)
        ck_abort_msg("role %d, cut at %zu, then every %zu: \"%s\" instead of \"%s\"", role, first,
                     piece_bytes, (char *)log.data, expected);
    ws_reader_free(&r);
    buf_free(&log);
}

/* Whole, in two pieces at every split, and byte by byte. */
static inline void wire_check(enum ws_role role, size_t max_message_bytes, const struct buf *wire,
                              const char *expected)
{
    for (size_t cut = 1; cut <= wire->len; cut++)
        wire_check_cut(role, max_message_bytes, wire, cut, wire->len, expected);
    wire_check_cut(role, max_message_bytes, wire, 1, 1, expected);
}

/* --- frames for both roles, written without the code under test --- */

struct frame {
    uint8_t first_byte; /* FIN, RSV1-3, opcode */
    const char *payload;
    size_t len;
};

/* clang-format off */
#define FRAME(first_byte, payload) {(first_byte), (payload), sizeof(payload) - 1}
#define BYTES(text)                (text), sizeof(text) - 1
#define COUNT(array)               (sizeof(array) / sizeof *(array))
/* clang-format on */

/* RFC 6455 §5.2. */
static inline void header_write(struct buf *wire, uint8_t first_byte, uint8_t mask_bit, size_t len)
{
    uint8_t form = len < 126 ? (uint8_t)len : len < 65536 ? 126 : 127;
    size_t extended = len < 126 ? 0 : len < 65536 ? 2 : 8;

    buf_add(wire, (uint8_t[]){first_byte, mask_bit | form}, 2);
    while (extended-- > 0)
        buf_add(wire, (uint8_t[]){(uint8_t)((uint64_t)len >> 8 * extended)}, 1);
}

/* Append a frame as the reader's peer sends it: masked if the reader is a server. */
static inline void frame_write(struct buf *wire, enum ws_role reader, const struct frame *f)
{
    static const uint8_t key[4] = {0x5a, 0x00, 0xff, 0x13};
    size_t at;

    header_write(wire, f->first_byte, reader == WS_SERVER ? 0x80 : 0, f->len);
    if (reader == WS_SERVER)
        buf_add(wire, key, sizeof key);
    at = wire->len;
    buf_add(wire, f->payload, f->len);
    for (size_t i = 0; reader == WS_SERVER && i < f->len; i++)
        wire->data[at + i] ^= key[i % 4];
}

/* The same frames, masked to a server and unmasked to a client, give the same events. */
static inline void frames_check(const struct frame *frames, size_t count, size_t max_message_bytes,
                                const char *expected)
{
    for (int role = WS_SERVER; role <= WS_CLIENT; role++) {
        struct buf wire = {0};

        for (size_t i = 0; i < count; i++)
            frame_write(&wire, (enum ws_role)role, &frames[i]);
        wire_check((enum ws_role)role, max_message_bytes, &wire, expected);
        buf_free(&wire);
    }
}

/* These very bytes, in every cut. */
static inline void bytes_check(enum ws_role role, size_t max_message_bytes, const void *bytes,
                               size_t len, const char *expected)
{
    struct buf wire = {0};

    buf_add(&wire, bytes, len);
    wire_check(role, max_message_bytes, &wire, expected);
    buf_free(&wire);
}

/* Fed byte by byte, how many bytes does it take until the reader fails? */
static inline size_t bytes_until_failure(enum ws_role role, size_t max_message_bytes,
                                         const void *bytes, size_t len, const char *failure)
{
    struct buf wire = {0}, log = {0};
    struct ws_reader r;
    size_t fed;

    buf_add(&wire, bytes, len);
    ws_reader_init(&r, role, max_message_bytes);
    fed = wire_feed(&r, &wire, 1, 1, &log);
    buf_add(&log, "", 1);
    ck_assert_str_eq((char *)log.data, failure);
    ws_reader_free(&r);
    buf_free(&wire);
    buf_free(&log);
    return fed;
}
