/* The WebSocket part of a script: the handshake, frames out and in, the close. */
#include <string.h>
#include <openssl/rand.h>

#include "bench/explain/session/explain_script.h"
#include "lib/proto/ws_frame.h"
#include "lib/proto/ws_handshake.h"

enum { FRAME_MAX_BYTES = 4096 };

static int choose_key(struct explain_script *s)
{
    uint8_t nonce[16] = "the sample nonce"; /* RFC 6455 §1.3 */

    if (!s->plan->known_keys && RAND_bytes(nonce, sizeof nonce) != 1)
        return PL_ESYS;
    ws_key_encode(s->key, nonce);
    return PL_OK;
}

void script_upgrade(struct explain_script *s, const char *target, const char *version)
{
    char fields[256];

    if (s->rc < 0)
        return;
    if (choose_key(s) < 0) {
        s->rc = err_set(s->e, PL_ESYS, "no random bytes for the key");
        return;
    }
    snprintf(fields, sizeof fields,
             "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: %s\r\n"
             "Sec-WebSocket-Key: %s\r\n",
             version, s->key);
    script_get(s, target, fields);
}

void script_frame(struct explain_script *s, uint8_t opcode, const void *payload, size_t len)
{
    struct ws_frame f = {.fin = true,
                         .opcode = opcode,
                         .masked = true,
                         .masking_key = {0x37, 0xfa, 0x21, 0x3d}, /* RFC 6455 §5.7 */
                         .payload_bytes = len};
    uint8_t frame[FRAME_MAX_BYTES];
    size_t header;

    if (s->peer.eof)
        return; /* script_missing() will note that */
    if (len > sizeof frame - WS_HEADER_MAX_BYTES)
        len = f.payload_bytes = sizeof frame - WS_HEADER_MAX_BYTES;
    if (!s->plan->known_keys && RAND_bytes(f.masking_key, sizeof f.masking_key) != 1)
        s->rc = err_set(s->e, PL_ESYS, "no random bytes for a masking key");
    header = ws_frame_encode(frame, &f);
    memcpy(frame + header, payload, len);
    ws_mask(frame + header, len, f.masking_key, 0);
    script_send(s, frame, header + len);
}

/* Consume the next frame or message. WS_EVENT_NONE: there is none. */
static enum ws_event_type take_ws(struct explain_script *s, struct ws_event *ev)
{
    struct buf *in = &s->peer.in;
    ssize_t n;

    ev->type = WS_EVENT_NONE;
    if (s->rc < 0 || in->len == 0)
        return WS_EVENT_NONE;
    n = ws_reader_feed(&s->ws, in->data, in->len, ev);
    if (n < 0) {
        s->rc = err_set(s->e, PL_EPROTO, "the server's frames break RFC 6455");
        return WS_EVENT_NONE;
    }
    if (ev->type == WS_EVENT_PING) {
        s->pings++;
        script_frame(s, WS_PONG, ev->data, ev->len);
    }
    buf_drain(in, (size_t)n);
    return ev->type;
}

bool script_await_frame(struct explain_script *s, uint8_t opcode, const char *what)
{
    int64_t until_ns = script_deadline_ns(s);
    struct ws_event ev;
    unsigned pieces = 0;

    while (s->rc == PL_OK && pieces < SCRIPT_PIECES_MAX) {
        if (take_ws(s, &ev) != WS_EVENT_NONE && ev.opcode == opcode)
            return true;
        pieces += ev.type != WS_EVENT_NONE;
        if (ev.type == WS_EVENT_NONE && (s->ws.closed || !script_receive(s, until_ns))) {
            script_missing(s, what);
            return false;
        }
    }
    script_enough(s, what);
    return false;
}

bool script_can_send(const struct explain_script *s)
{
    return s->rc == PL_OK && !s->peer.eof && !s->ws.closed;
}

void script_close_websocket(struct explain_script *s)
{
    static const uint8_t body[] = {WS_CLOSE_NORMAL >> 8, WS_CLOSE_NORMAL & 255, 'b', 'y', 'e'};
    int64_t until_ns = script_deadline_ns(s);

    script_frame(s, WS_CLOSE, body, sizeof body);
    if (s->ws.closed || script_await_frame(s, WS_CLOSE, "close frame from the server"))
        while (s->rc == PL_OK && !s->peer.eof && script_receive(s, until_ns))
            s->peer.in.len = 0;
    script_finish(s);
}
