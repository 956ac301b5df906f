/* WebSocket: the answer to the client's key, and frames (RFC 6455 §4.2.2, §5). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>

#include "explain_frame.h"
#include "explain_inner.h"
#include "explain_words.h"
#include "ws_control.h"
#include "ws_handshake.h"

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

enum { SHA1_BYTES = 20, HEX_SHOWN_BYTES = 14 };

/* ---- Sec-WebSocket-Accept ---- */

static void say_step(struct explain *x, struct explain_connection *c, struct explain_side *s,
                     int64_t at_ns, const char *wire, const char *meaning, const char *ref)
{
    explain_say(x, c, s, EXPLAIN_INSIDE, 2, at_ns);
    explain_set_wire(x->notes, "%s", wire);
    explain_set_meaning(x->notes, "%s", meaning);
    explain_set_ref(x->notes, ref);
}

static void hash_text(char hex[2 * SHA1_BYTES + 1], const char *key)
{
    uint8_t digest[SHA1_BYTES] = {0};
    char text[EXPLAIN_VALUE_CHARS + sizeof GUID];
    int len = snprintf(text, sizeof text, "%s" GUID, key);

    EVP_Digest(text, (size_t)len, digest, NULL, EVP_sha1(), NULL);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

void explain_accept(struct explain *x, struct explain_connection *c, struct explain_side *s,
                    const char *accept, int64_t at_ns)
{
    char expected[WS_ACCEPT_CHARS + 1], hex[2 * SHA1_BYTES + 1];
    bool right;

    if (!ws_key_valid(c->key) || ws_accept_from_key(expected, c->key) < 0) {
        say_step(x, c, s, at_ns, "(no key to check it with)",
                 "the client has sent no key of 16 bytes in base64", "RFC 6455 \u00a74.2.1");
        return;
    }
    hash_text(hex, c->key);
    right = strcmp(expected, accept) == 0;
    say_step(x, c, s, at_ns, c->key, "1. take the client's key as it stands",
             "RFC 6455 \u00a74.2.2");
    say_step(x, c, s, at_ns, "+ " GUID, "2. append this text, the same for all of the world",
             "RFC 6455 \u00a71.3");
    say_step(x, c, s, at_ns, hex, "3. SHA-1 of both, 20 bytes, here in hexadecimal", "RFC 3174");
    say_step(x, c, s, at_ns, expected, "4. those 20 bytes in base64", "RFC 4648 \u00a74");
    say_step(x, c, s, at_ns, right ? "equal" : "NOT equal",
             right ? "5. the server has read this very request, and knows WebSocket"
                   : "5. the client must fail the connection",
             "RFC 6455 \u00a74.1");
}

/* ---- the fields of a frame ---- */

struct frame_view { /* a complete frame */
    struct explain_frame *f;
    struct ws_frame ws;
    struct buf plain; /* as much of the payload as is kept, unmasked */
    int64_t at_ns;
};

static void say_field(struct explain *x, struct explain_connection *c, struct explain_side *s,
                      const struct frame_view *v, const char *ref)
{
    explain_say(x, c, s, EXPLAIN_INSIDE, 1, v->at_ns);
    explain_set_ref(x->notes, ref);
}

static void say_first_byte(struct explain *x, struct explain_connection *c, struct explain_side *s,
                           const struct frame_view *v)
{
    const struct ws_frame *w = &v->ws;
    static const char section[] = "RFC 6455 \u00a75.2";

    say_field(x, c, s, v, w->fin ? section : "RFC 6455 \u00a75.4");
    explain_set_wire(x->notes, "FIN    %d", w->fin);
    explain_set_meaning(x->notes, w->fin ? "the message is complete with this frame"
                                         : "a fragment: more of the message follows");
    say_field(x, c, s, v, section);
    explain_set_wire(x->notes, "RSV1-3 %d%d%d", w->rsv >> 2 & 1, w->rsv >> 1 & 1, w->rsv & 1);
    explain_set_meaning(x->notes, w->rsv == 0 ? "reserved: 0 unless an extension was agreed on"
                                              : "reserved, and set: an extension must say why");
    say_field(x, c, s, v, section);
    explain_set_wire(x->notes, "opcode %d%d%d%d = 0x%x", w->opcode >> 3 & 1, w->opcode >> 2 & 1,
                     w->opcode >> 1 & 1, w->opcode & 1, w->opcode);
    explain_set_meaning(x->notes, "%s%s", explain_opcode_name(w->opcode),
                        ws_is_control(w->opcode) ? ": a control frame" : ": a data frame");
}

static void say_length(struct explain *x, struct explain_connection *c, struct explain_side *s,
                       const struct frame_view *v)
{
    unsigned extended = v->ws.header_bytes - 2U - (v->ws.masked ? 4U : 0U);

    say_field(x, c, s, v, "RFC 6455 \u00a75.2");
    explain_set_wire(x->notes, "length %llu", (unsigned long long)v->ws.payload_bytes);
    if (extended == 0)
        explain_set_meaning(x->notes, "up to 125 it fits the 7 bits");
    else
        explain_set_meaning(x->notes, "the 7 bits say %d: the length is in the next %u bits",
                            extended == 2 ? 126 : 127, extended * 8);
}

static void say_mask(struct explain *x, struct explain_connection *c, struct explain_side *s,
                     const struct frame_view *v)
{
    const uint8_t *key = v->ws.masking_key;

    say_field(x, c, s, v, "RFC 6455 \u00a75.1");
    explain_set_wire(x->notes, "MASK   %d", v->ws.masked);
    if (v->ws.masked == s->up)
        explain_set_meaning(x->notes, s->up ? "clients must mask, so that no proxy can be fooled"
                                            : "servers must not mask");
    else
        explain_set_meaning(x->notes, "against the rules for this direction");
    say_length(x, c, s, v);
    if (!v->ws.masked)
        return;
    say_field(x, c, s, v, "RFC 6455 \u00a75.3");
    explain_set_wire(x->notes, "key    %02x %02x %02x %02x", key[0], key[1], key[2], key[3]);
    explain_set_meaning(x->notes, "random, and another one for every frame");
}

/* ---- what is in it ---- */

static void say_close_body(struct explain *x, struct explain_connection *c, struct explain_side *s,
                           const struct frame_view *v)
{
    uint16_t code;
    struct explain_word word;

    say_field(x, c, s, v, "RFC 6455 \u00a75.5.1");
    if (ws_close_decode(&code, v->plain.data, v->plain.len) < 0) {
        explain_set_wire(x->notes, "(no valid close code)");
        explain_set_meaning(x->notes, "against the rules");
        return;
    }
    word = explain_close_code(code);
    if (v->plain.len == 0)
        explain_set_wire(x->notes, "no close code");
    else
        explain_set_wire(x->notes, "close code %u", code);
    explain_set_meaning(x->notes, "%s", word.meaning);
    explain_set_ref(x->notes, word.ref);
    if (v->plain.len <= 2)
        return;
    say_field(x, c, s, v, "RFC 6455 \u00a75.5.1");
    explain_set_wire_bytes(x->notes, v->plain.data + 2, v->plain.len - 2, EXPLAIN_SHOWN_BYTES);
    explain_set_meaning(x->notes, "the reason, for people");
}

static void say_payload(struct explain *x, struct explain_connection *c, struct explain_side *s,
                        const struct frame_view *v)
{
    if (v->ws.opcode == WS_CLOSE) {
        say_close_body(x, c, s, v);
        return;
    }
    if (v->plain.len == 0)
        return;
    say_field(x, c, s, v, v->ws.masked ? "RFC 6455 \u00a75.3" : "RFC 6455 \u00a75.2");
    explain_set_wire_beginning(x->notes, v->plain.data, v->plain.len, v->ws.payload_bytes,
                               EXPLAIN_SHOWN_BYTES);
    explain_set_meaning(x->notes, "%llu byte%s of payload%s",
                        (unsigned long long)v->ws.payload_bytes,
                        v->ws.payload_bytes == 1 ? "" : "s", v->ws.masked ? ", unmasked" : "");
    if (v->ws.opcode == WS_TEXT && v->ws.fin)
        explain_message(x, c, s, (const char *)v->plain.data, v->plain.len, 2, v->at_ns);
}

static void say_drawing(struct explain *x, struct explain_connection *c, struct explain_side *s,
                        const struct frame_view *v)
{
    const struct buf *payload = &v->f->payload;
    struct buf lines = {0};
    uint16_t bit = (uint16_t)(1u << v->ws.opcode);
    bool first = s->drawn == 0;
    int rc;

    if (x->options.brief && (s->drawn & bit) != 0)
        return;
    s->drawn |= bit;
    rc = explain_frame_draw(&lines, &v->ws, payload->data, payload->len);
    if (rc == LAB_OK && v->ws.masked && payload->len > 0) {
        rc = buf_add(&lines, "\n", 1);
        if (rc == LAB_OK)
            rc = explain_frame_draw_unmasking(&lines, &v->ws, payload->data, payload->len);
    }
    if (rc < 0)
        x->notes->rc = rc;
    explain_say(x, c, s, EXPLAIN_DRAWING, 1, v->at_ns);
    explain_set_lines(x->notes, lines.data, lines.len);
    buf_free(&lines);
    if (!first) /* the fields mean what they meant before */
        return;
    say_first_byte(x, c, s, v);
    say_mask(x, c, s, v);
}

/* The first bytes of the frame in hexadecimal. */
static void put_hex(char *out, size_t cap, const struct frame_view *v)
{
    uint8_t bytes[WS_HEADER_MAX_BYTES + HEX_SHOWN_BYTES];
    size_t n = ws_frame_encode(bytes, &v->ws), len = 0;
    size_t more = v->f->payload.len < HEX_SHOWN_BYTES ? v->f->payload.len : HEX_SHOWN_BYTES;

    if (more > 0)
        memcpy(bytes + n, v->f->payload.data, more);
    n += more;
    if (n > HEX_SHOWN_BYTES)
        n = HEX_SHOWN_BYTES;
    for (size_t i = 0; i < n; i++)
        len += (size_t)snprintf(out + len, cap - len, "%s%02x", i > 0 ? " " : "", bytes[i]);
    if (n < v->ws.header_bytes + v->ws.payload_bytes)
        snprintf(out + len, cap - len, " \u2026");
}

/* ---- the account ---- */

static void count_frame(struct explain_connection *c, struct explain_side *s,
                        const struct frame_view *v)
{
    bool control = ws_is_control(v->ws.opcode);

    c->tally.frames++;
    c->tally.framing_bytes[s->up] += v->ws.header_bytes + (control ? v->ws.payload_bytes : 0);
    c->tally.payload_bytes[s->up] += control ? 0 : v->ws.payload_bytes;
    if (s->up && v->ws.opcode == WS_PING)
        c->own_ping = true;
    if (!s->up && v->ws.opcode == WS_PONG && c->own_ping) {
        c->own_ping = false;
        c->tally.round_trips++;
    }
    if (v->ws.opcode != WS_CLOSE)
        return;
    if (s->up)
        c->close_sent = true;
    else if (c->close_sent && !c->close_seen)
        c->tally.round_trips++;
    c->close_seen |= !s->up;
}

static int unmask(struct explain *x, struct frame_view *v)
{
    if (buf_reserve(&v->plain, 1) < 0 ||
        explain_keep(x, &v->plain, v->f->payload.data, v->f->payload.len) < 0)
        return x->notes->rc = LAB_ENOMEM;
    if (v->ws.masked)
        ws_mask(v->plain.data, v->plain.len, v->ws.masking_key, 0);
    if (!x->options.mask || v->ws.masked || v->ws.payload_bytes != v->plain.len)
        return LAB_OK;
    /* It is drawn as it would be with the time that stands there now. */
    if (explain_mask_times(x, &v->plain) < 0)
        return x->notes->rc;
    v->ws.payload_bytes = v->plain.len;
    v->ws.header_bytes = (uint8_t)ws_frame_encode(v->f->header, &v->ws);
    v->f->payload.len = 0;
    return explain_keep(x, &v->f->payload, v->plain.data, v->plain.len);
}

static void say_frame(struct explain *x, struct explain_connection *c, struct explain_side *s,
                      int64_t at_ns)
{
    struct frame_view v = {.f = &s->frame, .ws = s->frame.ws, .at_ns = at_ns};
    struct explain_word word = explain_opcode(v.ws.opcode);
    char hex[3 * HEX_SHOWN_BYTES + 8] = "";

    if (unmask(x, &v) == LAB_OK) {
        count_frame(c, s, &v);
        put_hex(hex, sizeof hex, &v);
        explain_say(x, c, s, EXPLAIN_WIRE, 0, at_ns);
        explain_set_wire(x->notes, "%s", hex);
        explain_set_meaning(x->notes, "a %s frame: %s", explain_opcode_name(v.ws.opcode),
                            word.meaning);
        explain_set_ref(x->notes, word.ref);
        say_drawing(x, c, s, &v);
        say_payload(x, c, s, &v);
    }
    buf_free(&v.plain);
}

/* ---- bytes in ---- */

/* A byte of the header. False: these are no frames. */
static bool take_header_byte(struct explain_frame *f, uint8_t byte)
{
    ssize_t n;

    f->header[f->header_bytes++] = byte;
    n = ws_frame_decode(&f->ws, f->header, f->header_bytes);
    if (n < 0)
        return false;
    f->in_payload = n > 0;
    if (f->in_payload)
        f->got = f->payload.len = f->header_bytes = 0;
    return true;
}

static size_t take_payload(struct explain *x, struct explain_frame *f, const uint8_t *data,
                           size_t len)
{
    uint64_t left = f->ws.payload_bytes - f->got;
    size_t n = left < len ? (size_t)left : len;

    explain_keep(x, &f->payload, data, n);
    f->got += n;
    return n;
}

void explain_websocket(struct explain *x, struct explain_connection *c, struct explain_side *s,
                       const uint8_t *data, size_t len, int64_t at_ns)
{
    struct explain_frame *f = &s->frame;
    size_t at = 0;

    while (at < len && x->notes->rc == LAB_OK) {
        if (f->in_payload) {
            at += take_payload(x, f, data + at, len - at);
        } else if (!take_header_byte(f, data[at++])) {
            explain_give_up(x, c, s, at_ns, "a frame's length is not in its shortest form",
                            "RFC 6455 \u00a75.2");
            return;
        }
        if (f->in_payload && f->got == f->ws.payload_bytes) {
            say_frame(x, c, s, at_ns);
            f->in_payload = false;
        }
    }
}
