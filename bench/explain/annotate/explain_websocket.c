/* WebSocket: the answer to the client's key, and frames (RFC 6455 §4.2.2, §5). */
#include <stdio.h>
#include <string.h>
#include <openssl/evp.h>

#include "bench/explain/annotate/explain_frame.h"
#include "bench/explain/annotate/explain_parts.h"
#include "lib/proto/ws_frame.h"
#include "lib/proto/ws_handshake.h"

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

enum { SHA1_BYTES = 20, HEX_SHOWN_BYTES = 14 };

/* ---- Sec-WebSocket-Accept ---- */

static void hash_text(char hex[2 * SHA1_BYTES + 1], const char *key)
{
    uint8_t digest[SHA1_BYTES] = {0};
    char text[EXPLAIN_VALUE_CHARS + sizeof GUID];
    int len = snprintf(text, sizeof text, "%s" GUID, key);

    EVP_Digest(text, (size_t)len, digest, NULL, EVP_sha1(), NULL);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

void explain_accept(struct explain_side *s, const char *accept)
{
    const char *key = s->c->key;
    char expected[WS_ACCEPT_CHARS + 1], hex[2 * SHA1_BYTES + 1];
    bool right;

    if (!ws_key_valid(key) || ws_accept_from_key(expected, key) < 0) {
        explain_say(s, EXPLAIN_INSIDE, 2, explain_word("accept without key"),
                    "(no valid key to check it with)");
        return;
    }
    hash_text(hex, key);
    right = strcmp(expected, accept) == 0;
    s->c->accept_wrong = !right;
    explain_say(s, EXPLAIN_INSIDE, 2, explain_word("accept 1"), "%s", key);
    explain_say(s, EXPLAIN_INSIDE, 2, explain_word("accept 2"), "+ " GUID);
    explain_say(s, EXPLAIN_INSIDE, 2, explain_word("accept 3"), "%s", hex);
    explain_say(s, EXPLAIN_INSIDE, 2, explain_word("accept 4"), "%s", expected);
    explain_say(s, EXPLAIN_INSIDE, 2, explain_word(right ? "accept 5" : "accept wrong"),
                right ? "equal" : "NOT equal");
}

/* ---- the fields of a frame ---- */

struct frame_view { /* a complete frame */
    struct explain_frame *f;
    struct ws_frame ws;
    struct buf plain; /* as much of the payload as is kept, unmasked */
};

/* 0: in the 7 bits; 1: in 16 more; 2: in 64 more. */
static unsigned length_form(const struct ws_frame *w)
{
    unsigned extended = w->header_bytes - 2U - (w->masked ? 4U : 0U);

    return extended == 0 ? 0 : extended == 2 ? 1 : 2;
}

static void say_opcode(struct explain_side *s, unsigned opcode)
{
    struct explain_word word =
        explain_word(ws_is_control((uint8_t)opcode) ? "frame control" : "frame data");
    const char *name = explain_word_or(explain_word("opcode %u", opcode), "opcode other").name;

    explain_say(s, EXPLAIN_INSIDE, 1, (struct explain_word){.ref = word.ref},
                "opcode %u%u%u%u = 0x%x", opcode >> 3 & 1, opcode >> 2 & 1, opcode >> 1 & 1,
                opcode & 1, opcode);
    explain_set_meaning(s->c->x->notes, "%s: %s", name, word.meaning);
}

/* Fields with values that are new on this side. */
static void say_fields(struct explain_side *s, const struct ws_frame *w)
{
    const uint8_t *key = w->masking_key;
    struct explain_frames_known *known = &s->known;
    bool first_key = w->masked && (known->masked >> 1 & 1) == 0;

    if (explain_is_new(&known->fin, w->fin))
        explain_say(s, EXPLAIN_INSIDE, 1, explain_word("frame FIN %d", w->fin), "FIN    %d",
                    w->fin);
    if (explain_is_new(&known->rsv, w->rsv))
        explain_say(s, EXPLAIN_INSIDE, 1, explain_word("frame RSV %d", w->rsv != 0),
                    "RSV1-3 %u%u%u", w->rsv >> 2 & 1, w->rsv >> 1 & 1, w->rsv & 1);
    if (explain_is_new(&known->opcodes, w->opcode))
        say_opcode(s, w->opcode);
    if (explain_is_new(&known->masked, w->masked))
        explain_say(s, EXPLAIN_INSIDE, 1,
                    explain_word(w->masked != s->up ? "frame MASK wrong"
                                 : s->up            ? "frame MASK 1"
                                                    : "frame MASK 0"),
                    "MASK   %d", w->masked);
    if (explain_is_new(&known->lengths, length_form(w)))
        explain_say(s, EXPLAIN_INSIDE, 1, explain_word("frame length %u", length_form(w)),
                    "length %llu", (unsigned long long)w->payload_bytes);
    if (first_key)
        explain_say(s, EXPLAIN_INSIDE, 1, explain_word("frame key"), "key    %02x %02x %02x %02x",
                    key[0], key[1], key[2], key[3]);
}

/* ---- the payload ---- */

static struct explain_word close_word(uint16_t code)
{
    struct explain_word word =
        explain_word_or(explain_word("close %uxxx", code / 1000U), "close other");

    return explain_word("close %u", code).meaning != NULL ? explain_word("close %u", code) : word;
}

static void say_close_body(struct explain_side *s, const struct buf *body)
{
    uint16_t code;

    if (ws_close_decode(&code, body->data, body->len) < 0) {
        explain_say(s, EXPLAIN_INSIDE, 1, explain_word("close invalid"), "(no valid close code)");
        return;
    }
    if (body->len == 0)
        explain_say(s, EXPLAIN_INSIDE, 1, close_word(code), "no close code");
    else
        explain_say(s, EXPLAIN_INSIDE, 1, close_word(code), "close code %u", code);
    if (body->len <= 2)
        return;
    explain_say(s, EXPLAIN_INSIDE, 1, explain_word("close reason"), NULL);
    explain_set_wire_bytes(s->c->x->notes, body->data + 2, body->len - 2, EXPLAIN_SHOWN_BYTES);
}

static void say_payload(struct explain_side *s, const struct frame_view *v)
{
    struct explain_notes *notes = s->c->x->notes;
    unsigned long long bytes = v->ws.payload_bytes;
    bool masked = v->ws.masked;

    if (v->ws.opcode == WS_CLOSE) {
        say_close_body(s, &v->plain);
        return;
    }
    if (v->plain.len == 0)
        return;
    explain_say(s, masked ? EXPLAIN_INSIDE : EXPLAIN_WIRE, 1,
                explain_word(masked ? "payload masked" : "payload"), NULL);
    explain_set_wire_beginning(notes, v->plain.data, v->plain.len, bytes, EXPLAIN_SHOWN_BYTES);
    explain_set_meaning(notes, "%llu byte%s of payload%s", bytes, bytes == 1 ? "" : "s",
                        masked ? ", unmasked" : "");
    if (v->ws.opcode == WS_TEXT && v->ws.fin)
        explain_message(s, (const char *)v->plain.data, v->plain.len);
}

/* ---- the frame ---- */

/* A shape is drawn a few times, or once in brief output. */
static bool is_to_be_drawn(struct explain_side *s, const struct ws_frame *w)
{
    unsigned shape = w->opcode;
    uint8_t *times;

    shape = shape * 2 + w->fin;
    shape = shape * 8 + w->rsv;
    shape = shape * 2 + w->masked;
    shape = shape * 3 + length_form(w);
    times = &s->drawn[shape];
    if (*times >= (s->c->x->options.brief ? 1 : EXPLAIN_FULL_TIMES))
        return false;
    ++*times;
    return true;
}

static void say_drawing(struct explain_side *s, const struct frame_view *v)
{
    const struct buf *payload = &v->f->payload;
    struct explain_notes *notes = s->c->x->notes;
    struct buf lines = {0};

    if (!is_to_be_drawn(s, &v->ws))
        return;
    explain_say(s, EXPLAIN_DRAWING, 1, (struct explain_word){NULL, NULL, NULL}, NULL);
    if (explain_frame_draw(&lines, &v->ws, payload->data, payload->len) == PL_OK)
        explain_set_lines(notes, lines.data, lines.len);
    else
        notes->rc = PL_ENOMEM;
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

static void count_frame(struct explain_side *s, const struct ws_frame *w)
{
    struct explain_connection *c = s->c;
    bool control = ws_is_control(w->opcode);

    c->tally.frames++;
    c->tally.framing_bytes[s->up] += w->header_bytes + (control ? w->payload_bytes : 0);
    c->tally.payload_bytes[s->up] += control ? 0 : w->payload_bytes;
    if (s->up && w->opcode == WS_PING)
        c->own_ping = true;
    if (!s->up && w->opcode == WS_PONG && c->own_ping) {
        c->own_ping = false;
        c->tally.round_trips++;
    }
    if (w->opcode != WS_CLOSE)
        return;
    if (s->up)
        c->close_sent = true;
    else if (c->close_sent && !c->close_seen)
        c->tally.round_trips++;
    c->close_seen |= !s->up;
}

static int unmask(const struct explain_side *s, struct frame_view *v)
{
    struct explain *x = s->c->x;

    if (buf_reserve(&v->plain, 1) < 0 ||
        explain_keep(s, &v->plain, v->f->payload.data, v->f->payload.len) < 0)
        return x->notes->rc = PL_ENOMEM;
    if (v->ws.masked)
        ws_mask(v->plain.data, v->plain.len, v->ws.masking_key, 0);
    if (!x->options.mask || v->ws.masked || v->ws.payload_bytes != v->plain.len)
        return PL_OK;
    /* Draw the frame as it would be with the fixed time. */
    if (explain_mask_times(s, &v->plain) < 0)
        return x->notes->rc;
    v->ws.payload_bytes = v->plain.len;
    v->ws.header_bytes = (uint8_t)ws_frame_encode(v->f->header, &v->ws);
    v->f->payload.len = 0;
    return explain_keep(s, &v->f->payload, v->plain.data, v->plain.len);
}

static void say_frame_line(struct explain_side *s, const struct frame_view *v)
{
    const struct ws_frame *w = &v->ws;
    struct explain_word word =
        explain_word_or(explain_word("opcode %u", w->opcode), "opcode other");
    struct explain_note_frame numbers = {.fin = w->fin,
                                         .masked = w->masked,
                                         .rsv = w->rsv,
                                         .opcode = w->opcode,
                                         .payload_bytes = w->payload_bytes};
    char hex[3 * HEX_SHOWN_BYTES + 8] = "", meaning[120];

    put_hex(hex, sizeof hex, v);
    snprintf(meaning, sizeof meaning, "a %s frame: %s", word.name, word.meaning);
    word.meaning = meaning;
    explain_say(s, EXPLAIN_WIRE, 0, explain_usual(s, EXPLAIN_FRAME + (w->opcode & 15U), word), "%s",
                hex);
    memcpy(numbers.masking_key, w->masking_key, sizeof numbers.masking_key);
    explain_set_frame(s->c->x->notes, &numbers);
}

static void say_frame(struct explain_side *s)
{
    struct frame_view v = {.f = &s->frame, .ws = s->frame.ws};

    if (unmask(s, &v) == PL_OK) {
        count_frame(s, &v.ws);
        say_frame_line(s, &v);
        say_drawing(s, &v);
        say_fields(s, &v.ws);
        say_payload(s, &v);
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

static size_t take_payload(struct explain_side *s, const uint8_t *data, size_t len)
{
    struct explain_frame *f = &s->frame;
    uint64_t left = f->ws.payload_bytes - f->got;
    size_t n = left < len ? (size_t)left : len;

    explain_keep(s, &f->payload, data, n);
    f->got += n;
    return n;
}

void explain_websocket(struct explain_side *s, const uint8_t *data, size_t len)
{
    struct explain_frame *f = &s->frame;
    size_t at = 0;

    while (at < len && s->c->x->notes->rc == PL_OK) {
        if (f->in_payload) {
            at += take_payload(s, data + at, len - at);
        } else if (!take_header_byte(f, data[at++])) {
            explain_give_up(s, "frame length invalid");
            return;
        }
        if (f->in_payload && f->got == f->ws.payload_bytes) {
            say_frame(s);
            f->in_payload = false;
        }
    }
}
