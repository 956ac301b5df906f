/* Any capture is refused with a line or becomes a picture that keeps its promises; one of the
 * link's becomes packets that can be explained, too. Input: a capture as it is, or (when it doesn't
 * begin as one does) a script: for each packet a byte of flags (up, lost, again, SYN, FIN, RST,
 * long pause), a length, and the payload. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/bench/explain/annotate/explain_fixture.h"
#include "tests/unit/bench/wire/wire_capture.h"
#include "bench/explain/annotate/explain_recording.h"
#include "bench/ladder/ladder_page.h"
#include "bench/ladder/ladder_read.h"
#include "bench/ladder/ladder_svg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void require_steps_sane(const struct ladder *l)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct ladder_step *s = &l->steps[i];

        require(s->sent_ns >= 0 && s->arrived_ns >= s->sent_ns && s->delivered_ns >= 0);
        require(i == 0 || s->sent_ns >= s[-1].sent_ns);
        require(s->connection >= 1 && s->connection <= l->connections);
        require((s->label[0] == '\0') == (s->kind == LADDER_ACK));
        require(!s->lost || s->arrived_ns == LADDER_NEVER);
        require(memchr(s->label, '\0', sizeof s->label) != NULL);
        for (const char *c = s->label; *c != '\0'; c++)
            require(isprint((unsigned char)*c));
    }
    for (size_t i = 0; i < l->span_count; i++)
        require(l->spans[i].to < l->count && l->spans[i].from <= l->spans[i].to &&
                l->spans[i].held_ns >= 0 && l->spans[i].end_ns >= l->spans[i].begin_ns);
    for (size_t i = 0; i < l->update_count; i++)
        require(l->updates[i].step < l->count);
}

static void require_page_sane(const struct ladder_page *p)
{
    require(p->steps > 0 && p->steps <= p->ladder->count);
    for (size_t i = 0; i < p->stretch_count; i++) {
        const struct ladder_stretch *s = &p->stretches[i];

        require(s->from_ns <= s->to_ns && s->from_y <= s->to_y);
        require(i == 0 || (s->from_ns == s[-1].to_ns && s->from_y == s[-1].to_y));
    }
    for (size_t i = 0; i < p->steps; i++) {
        struct ladder_line l = ladder_page_line(p, i);

        require(isfinite(l.y0) && isfinite(l.y1) && l.y0 >= LADDER_TOP_Y && l.y1 >= l.y0);
    }
}

/* Tags are opened and closed in order: nothing of the packets was taken for a tag. */
static void require_svg_sane(const struct buf *svg)
{
    int depth = 0;

    for (size_t i = 0; i < svg->len; i++) {
        uint8_t c = svg->data[i], next = i + 1 < svg->len ? svg->data[i + 1] : 0;

        require(c >= ' ' || c == '\n');
        depth += c == '<' && next != '/';
        depth -= (c == '<' && next == '/') || (c == '/' && next == '>');
        require(depth >= 0);
    }
    require(depth == 0);
}

static void draw(const uint8_t *capture, size_t len, unsigned clients)
{
    const struct ladder_about about = {.row = "sse", .link = "rtt=50ms", .clients = clients};
    struct err_text e = {""};
    struct buf svg = {0};
    struct ladder_page p;
    struct ladder l;

    if (ladder_read(&l, capture, len, &about, &e) < 0) {
        require(e.text[0] != '\0');
        return;
    }
    require_steps_sane(&l);
    require(ladder_page_make(&p, &l, 0) == PL_OK);
    require_page_sane(&p);
    require(ladder_svg_write(&svg, &l, &about) == PL_OK);
    require_svg_sane(&svg);
    ladder_page_free(&p);
    ladder_free(&l);
    buf_free(&svg);
}

static void require_packets_sane(const struct explain_recording *t)
{
    for (size_t i = 0; i < t->packet_count; i++) {
        const struct wire_segment *p = &t->packets[i];

        require(i == 0 || p->order_ns >= p[-1].order_ns);
        require(p->again_bytes <= p->payload_bytes);
        require(!p->again || p->again_bytes == p->payload_bytes);
        require(!p->lost || p->arrived_ns == INT64_MAX);
    }
}

static void add_event(struct explain_recording *t, enum transcript_what what, int64_t at_ns,
                      const char *text)
{
    const struct transcript_event e = {what, 1, at_ns, (const uint8_t *)text, strlen(text)};

    require(transcript_encode(&t->text, &e) == PL_OK);
}

static void explain(const struct wire *w, int64_t shut_ns)
{
    const struct explain_options options = {.wire = true, .packets = shut_ns % 2 == 0};
    struct explain_recording t = {.pcapng = w->file};
    struct err_text e = {""};
    struct explained x;
    unsigned again = 0;

    add_event(&t, TRANSCRIPT_CONNECTED, shut_ns - 1, "10.77.0.1:40000");
    add_event(&t, TRANSCRIPT_SHUT, shut_ns, "");
    add_event(&t, TRANSCRIPT_EOF, shut_ns, "");
    require(buf_add(&t.text, "", 1) == PL_OK && explain_recording_read(&t, &e) == PL_OK);
    require_packets_sane(&t);
    for (size_t i = 0; i < t.packet_count; i++)
        again += t.packets[i].again && t.packets[i].connection == 1;
    explained_begin(&x, &options);
    explain_recording_annotate(x.explain, &t);
    require(x.notes.rc == PL_OK && explain_tally(x.explain, 0).again == again);
    explained_end(&x);
    explain_recording_free(&t);
}

static void play_script(struct wire *w, const uint8_t *data, size_t size)
{
    while (size >= 2) {
        uint8_t flags = data[0], bits = PACKET_ACK;
        size_t len = data[1] < size - 2 ? data[1] : size - 2;

        bits |= (flags & 8) != 0 ? PACKET_SYN : 0;
        bits |= (flags & 16) != 0 ? PACKET_FIN : 0;
        bits |= (flags & 32) != 0 ? PACKET_RST : 0;
        if (bits == (PACKET_ACK | PACKET_SYN) && (flags & 1) != 0)
            bits = PACKET_SYN;
        if ((flags & 128) != 0)
            wire_connect(w, (uint16_t)(40000 + size));
        wire_send(w, (flags & 1) != 0, bits, data + 2, len,
                  ((flags & 2) != 0 ? WIRE_LOST : 0) | ((flags & 4) != 0 ? WIRE_AGAIN : 0));
        w->now_ms += (flags & 64) != 0 ? 300 : 5;
        data += 2 + len;
        size -= 2 + len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire w;

    if (size >= 4 && memcmp(data, "\n\r\r\n", 4) == 0) {
        draw(data, size, 1);
        return 0;
    }
    w = wire_new();
    if (size > 0)
        play_script(&w, data + 1, size - 1);
    draw(w.file.data, w.file.len, size > 0 ? data[0] & 3 : 1);
    explain(&w, WIRE_BEGIN_NS - WIRE_OFFSET_NS + (size > 0 ? data[0] : 0) * WIRE_MS);
    return 0;
}
