/* WebSocket: the answer to the client's key, and frames (RFC 6455 §4.2.2, §5). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>

#include "bench/explain/annotate/explain_frame.h"
#include "bench/explain/annotate/explain_inner.h"
#include "bench/explain/annotate/explain_words.h"
#include "lib/proto/ws_frame.h"
#include "lib/proto/ws_handshake.h"

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
    c->accept_wrong = !right;
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

/* Is it the first of its kind? */
static bool is_news8(uint8_t *known, unsigned value)
{
    bool news = (*known >> value & 1) == 0;

    *known |= (uint8_t)(1u << value);
    return news;
}

static bool is_news16(uint16_t *known, unsigned value)
{
    bool news = (*known >> value & 1) == 0;

    *known |= (uint16_t)(1u << value);
    return news;
}

static void say_fin(struct explain *x, struct explain_connection *c, struct explain_side *s,
                    const struct frame_view *v)
{
    if (!is_news8(&s->known.fin, v->ws.fin))
        return;
    say_field(x, c, s, v, v->ws.fin ? "RFC 6455 \u00a75.2" : "RFC 6455 \u00a75.4");
    explain_set_wire(x->notes, "FIN    %d", v->ws.fin);
    explain_set_meaning(x->notes,
                        v->ws.fin ? "the message is complete with this frame; in a fragment it is 0"
                                  : "a fragment: more of the message follows");
}

static void say_rsv(struct explain *x, struct explain_connection *c, struct explain_side *s,
                    const struct frame_view *v)
{
    unsigned rsv = v->ws.rsv;

    if (!is_news8(&s->known.rsv, rsv))
        return;
    say_field(x, c, s, v, "RFC 6455 \u00a75.2");
    explain_set_wire(x->notes, "RSV1-3 %u%u%u", rsv >> 2 & 1, rsv >> 1 & 1, rsv & 1);
    explain_set_meaning(x->notes, rsv == 0 ? "reserved: 0 unless an extension was agreed on"
                                           : "reserved, and set: an extension must say why");
}

static void say_opcode(struct explain *x, struct explain_connection *c, struct explain_side *s,
                       const struct frame_view *v)
{
    unsigned opcode = v->ws.opcode;
    bool control = ws_is_control(v->ws.opcode);

    if (!is_news16(&s->known.opcodes, opcode))
        return;
    say_field(x, c, s, v, control ? "RFC 6455 \u00a75.5" : "RFC 6455 \u00a75.2");
    explain_set_wire(x->notes, "opcode %u%u%u%u = 0x%x", opcode >> 3 & 1, opcode >> 2 & 1,
                     opcode >> 1 & 1, opcode & 1, opcode);
    explain_set_meaning(x->notes, "%s%s", explain_opcode_name(v->ws.opcode),
                        control ? ": a control frame, in one piece, 125 bytes at most"
                                : ": a data frame");
}

static void say_masked(struct explain *x, struct explain_connection *c, struct explain_side *s,
                       const struct frame_view *v)
{
    if (!is_news8(&s->known.masked, v->ws.masked))
        return;
    say_field(x, c, s, v, "RFC 6455 \u00a75.1");
    explain_set_wire(x->notes, "MASK   %d", v->ws.masked);
    if (v->ws.masked == s->up)
        explain_set_meaning(x->notes, s->up ? "clients must mask, so that no proxy can be fooled"
                                            : "servers must not mask");
    else
        explain_set_meaning(x->notes, "against the rules for this direction");
}

/* 0: in the 7 bits; 1: in 16 more; 2: in 64 more. */
static unsigned length_form(const struct ws_frame *w)
{
    unsigned extended = w->header_bytes - 2U - (w->masked ? 4U : 0U);

    return extended == 0 ? 0 : extended == 2 ? 1 : 2;
}

static void say_length(struct explain *x, struct explain_connection *c, struct explain_side *s,
                       const struct frame_view *v)
{
    static const char *const meanings[] = {
        "up to 125 it fits the 7 bits; 126 and 127 in them mean that 16 or 64 bits with it follow",
        "the 7 bits say 126: the length is in the next 16 bits, as it is from 126 to 65,535",
        "the 7 bits say 127: the length is in the next 64 bits, as it is from 65,536 on",
    };
    unsigned form = length_form(&v->ws);

    if (!is_news8(&s->known.lengths, form))
        return;
    say_field(x, c, s, v, "RFC 6455 \u00a75.2");
    explain_set_wire(x->notes, "length %llu", (unsigned long long)v->ws.payload_bytes);
    explain_set_meaning(x->notes, "%s", meanings[form]);
}

static void say_fields(struct explain *x, struct explain_connection *c, struct explain_side *s,
                       const struct frame_view *v)
{
    const uint8_t *key = v->ws.masking_key;
    bool first_key = v->ws.masked && (s->known.masked >> 1 & 1) == 0;

    say_fin(x, c, s, v);
    say_rsv(x, c, s, v);
    say_opcode(x, c, s, v);
    say_masked(x, c, s, v);
    say_length(x, c, s, v);
    if (!first_key)
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
    explain_say(x, c, s, v->ws.masked ? EXPLAIN_INSIDE : EXPLAIN_WIRE, 1, v->at_ns);
    explain_set_ref(x->notes, v->ws.masked ? "RFC 6455 \u00a75.3" : "RFC 6455 \u00a75.2");
    explain_set_wire_beginning(x->notes, v->plain.data, v->plain.len, v->ws.payload_bytes,
                               EXPLAIN_SHOWN_BYTES);
    explain_set_meaning(x->notes, "%llu byte%s of payload%s",
                        (unsigned long long)v->ws.payload_bytes,
                        v->ws.payload_bytes == 1 ? "" : "s", v->ws.masked ? ", unmasked" : "");
    if (v->ws.opcode == WS_TEXT && v->ws.fin)
        explain_message(x, c, s, (const char *)v->plain.data, v->plain.len, 2, v->at_ns);
}

/* The same shape is drawn a few times, and when brief once. */
static bool is_to_be_drawn(const struct explain *x, struct explain_side *s,
                           const struct ws_frame *w)
{
    unsigned shape = w->opcode;
    uint8_t *times;

    shape = shape * 2 + w->fin;
    shape = shape * 8 + w->rsv;
    shape = shape * 2 + w->masked;
    shape = shape * 3 + length_form(w);
    times = &s->drawn[shape];
    if (*times >= (x->options.brief ? 1 : EXPLAIN_FULL_TIMES))
        return false;
    ++*times;
    return true;
}

static void say_drawing(struct explain *x, struct explain_connection *c, struct explain_side *s,
                        const struct frame_view *v)
{
    const struct buf *payload = &v->f->payload;
    struct buf lines = {0};
    int rc;

    if (!is_to_be_drawn(x, s, &v->ws))
        return;
    rc = explain_frame_draw(&lines, &v->ws, payload->data, payload->len);
    if (rc == PL_OK && v->ws.masked && payload->len > 0) {
        rc = buf_add(&lines, "\n", 1);
        if (rc == PL_OK)
            rc = explain_frame_draw_unmasking(&lines, &v->ws, payload->data, payload->len);
    }
    if (rc < 0)
        x->notes->rc = rc;
    explain_say(x, c, s, EXPLAIN_DRAWING, 1, v->at_ns);
    explain_set_lines(x->notes, lines.data, lines.len);
    buf_free(&lines);
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
        return x->notes->rc = PL_ENOMEM;
    if (v->ws.masked)
        ws_mask(v->plain.data, v->plain.len, v->ws.masking_key, 0);
    if (!x->options.mask || v->ws.masked || v->ws.payload_bytes != v->plain.len)
        return PL_OK;
    /* It is drawn as it would be with the time that stands there now. */
    if (explain_mask_times(x, &v->plain) < 0)
        return x->notes->rc;
    v->ws.payload_bytes = v->plain.len;
    v->ws.header_bytes = (uint8_t)ws_frame_encode(v->f->header, &v->ws);
    v->f->payload.len = 0;
    return explain_keep(x, &v->f->payload, v->plain.data, v->plain.len);
}

static void set_numbers(struct explain *x, const struct ws_frame *w)
{
    struct explain_note_frame numbers = {.fin = w->fin,
                                         .masked = w->masked,
                                         .rsv = w->rsv,
                                         .opcode = w->opcode,
                                         .payload_bytes = w->payload_bytes};

    memcpy(numbers.masking_key, w->masking_key, sizeof numbers.masking_key);
    explain_set_frame(x->notes, &numbers);
}

static void say_frame(struct explain *x, struct explain_connection *c, struct explain_side *s,
                      int64_t at_ns)
{
    struct frame_view v = {.f = &s->frame, .ws = s->frame.ws, .at_ns = at_ns};
    struct explain_word word = explain_opcode(v.ws.opcode);
    char hex[3 * HEX_SHOWN_BYTES + 8] = "", meaning[120];

    if (unmask(x, &v) == PL_OK) {
        count_frame(c, s, &v);
        put_hex(hex, sizeof hex, &v);
        explain_say(x, c, s, EXPLAIN_WIRE, 0, at_ns);
        explain_set_wire(x->notes, "%s", hex);
        snprintf(meaning, sizeof meaning, "a %s frame: %s", explain_opcode_name(v.ws.opcode),
                 word.meaning);
        explain_set_usual(x, s, EXPLAIN_FRAME + (v.ws.opcode & 15U), meaning, word.ref);
        set_numbers(x, &v.ws);
        say_drawing(x, c, s, &v);
        say_fields(x, c, s, &v);
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

    while (at < len && x->notes->rc == PL_OK) {
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
