/* TCP: packets where a wire was looked at, else what the kernel says (RFC 9293). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "bench/explain/annotate/explain_inner.h"
#include "bench/wire/packet.h"

/* 10 and two to keep the header in words of four (RFC 7323 appendix A) */
enum { TIMESTAMPS_BYTES = 12 };

/* ---- packets ---- */

static void put_flags(char out[40], uint8_t flags)
{
    static const struct {
        uint8_t bit;
        const char *name;
    } names[] = {
        {PACKET_SYN, "SYN"}, {PACKET_FIN, "FIN"}, {PACKET_RST, "RST"}, {PACKET_ACK, "ACK"}};
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if ((flags & names[i].bit) != 0)
            len +=
                (size_t)snprintf(out + len, 40 - len, "%s%s", len > 0 ? ", " : "", names[i].name);
}

static const char *packet_meaning(const struct wire_segment *p, bool third)
{
    bool ack = (p->flags & PACKET_ACK) != 0;

    if (third)
        return p->lost ? "understood: established at the client's end, which the server does not "
                         "know yet"
                       : "understood: the connection is established at both ends";
    if ((p->flags & PACKET_RST) != 0)
        return "reset: the connection is gone, without goodbye";
    if ((p->flags & PACKET_SYN) != 0)
        return ack ? "yes: your number is understood, mine begin with this one"
                   : "may I? My numbers begin with this one, my first byte has the next";
    if ((p->flags & PACKET_FIN) != 0)
        return p->up ? "the client sends nothing more" : "the server sends nothing more";
    if (p->payload_bytes > 0)
        return "data; ack names the next byte that is expected from the other side";
    return "nothing but an acknowledgment: all before this byte has come";
}

static const char *packet_ref(const struct wire_segment *p, bool third)
{
    if ((p->flags & PACKET_RST) != 0)
        return "RFC 9293 \u00a73.5.2";
    if (third || (p->flags & PACKET_SYN) != 0)
        return "RFC 9293 \u00a73.5";
    return (p->flags & PACKET_FIN) != 0 ? "RFC 9293 \u00a73.6" : "RFC 9293 \u00a73.4";
}

/* ---- what a SYN says besides ---- */

static void say_option(struct explain *x, struct explain_connection *c,
                       const struct wire_segment *p, const char *meaning, const char *ref)
{
    explain_say(x, c, &c->side[p->up], EXPLAIN_INSIDE, 1, explain_packet_at_ns(p));
    explain_set_meaning(x->notes, "%s", meaning);
    explain_set_ref(x->notes, ref);
}

static void say_first_number(struct explain *x, struct explain_connection *c,
                             const struct wire_segment *p)
{
    say_option(x, c, p,
               "on the wire it is any number, so that packets of old connections do not fit in; "
               "here all are counted from it",
               "RFC 9293 \u00a73.4.1");
    if (x->options.mask)
        explain_set_wire(x->notes, "seq 0 = NUMBER");
    else
        explain_set_wire(x->notes, "seq 0 = %u", p->first_sequence);
}

static void say_window_scale(struct explain *x, struct explain_connection *c,
                             const struct wire_segment *p)
{
    say_option(x, c, p, "windows that I announce are to be multiplied by 2 to the power of this",
               "RFC 7323 \u00a72");
    if (x->options.mask)
        explain_set_wire(x->notes, "window scale SHIFT");
    else
        explain_set_wire(x->notes, "window scale %d", p->window_shift);
}

/* Offered by both, they are in every packet, which leaves less of it for payload. */
static void say_timestamps(struct explain *x, struct explain_connection *c,
                           const struct wire_segment *p)
{
    c->timestamps[p->up] = true;
    say_option(x, c, p,
               "shall every packet tell its sender's clock, and the other's last one? Then both "
               "can measure the round trip",
               "RFC 7323 \u00a73");
    explain_set_wire(x->notes, "timestamps");
    if (!c->timestamps[!p->up] || p->mss_bytes <= TIMESTAMPS_BYTES)
        return;
    say_option(x, c, p,
               "what timestamps leave for payload: they take 12 bytes of every packet, 52 with the "
               "headers of IPv4 and TCP. mss in TCP_INFO",
               "RFC 9293 \u00a73.7.1");
    explain_set_wire(x->notes, "%u - %u = %u", p->mss_bytes, TIMESTAMPS_BYTES,
                     p->mss_bytes - TIMESTAMPS_BYTES);
}

static void say_syn_options(struct explain *x, struct explain_connection *c,
                            const struct wire_segment *p)
{
    say_first_number(x, c, p);
    if (p->mss_bytes > 0) {
        say_option(x, c, p, "send me no more payload and TCP options than this in one packet",
                   "RFC 9293 \u00a73.7.1");
        explain_set_wire(x->notes, "MSS %u", p->mss_bytes);
    }
    if (p->sack) {
        say_option(x, c, p, "you may tell me which packets behind a lost one have come",
                   "RFC 2018 \u00a72");
        explain_set_wire(x->notes, "SACK permitted");
    }
    if (p->timestamps)
        say_timestamps(x, c, p);
    if (p->window_shift >= 0)
        say_window_scale(x, c, p);
}

/* ---- a packet as a note ---- */

static const char *fate(const struct wire_segment *p)
{
    if (p->lost)
        return p->again ? " (sent again, and lost again)" : " (lost on its way)";
    return p->again ? " (sent again: no acknowledgment had come in time)" : "";
}

static struct explain_note_packet numbers_of(const struct wire_segment *p)
{
    return (struct explain_note_packet){
        .flags = p->flags,
        .lost = p->lost,
        .again = p->again,
        .sequence = p->sequence,
        .acknowledgment = p->acknowledgment,
        .payload_bytes = p->payload_bytes,
    };
}

/* "ACK  seq 1, ack 97, 161 bytes": of every packet, or of one that things have happened to. */
static void set_packet_wire(struct explain *x, const struct explain_note_packet *n)
{
    bool whole = x->options.packets || n->lost || n->again;
    char flags[40], bytes[32] = "", ack[32] = "";

    put_flags(flags, n->flags);
    if (n->payload_bytes > 0)
        snprintf(bytes, sizeof bytes, ", %u bytes", n->payload_bytes);
    if ((n->flags & PACKET_ACK) != 0)
        snprintf(ack, sizeof ack, ", ack %u", n->acknowledgment);
    if (whole)
        explain_set_wire(x->notes, "%s  seq %u%s%s", flags, n->sequence, ack, bytes);
    else
        explain_set_wire(x->notes, "%s", flags);
}

static void say_packet(struct explain *x, struct explain_connection *c,
                       const struct wire_segment *p, bool third, int64_t at_ns)
{
    struct explain_note_packet numbers = numbers_of(p);
    struct explain_note shape = {.kind = EXPLAIN_WIRE,
                                 .way = p->up ? EXPLAIN_UP : EXPLAIN_DOWN,
                                 .connection = c->number,
                                 .at_ns = at_ns,
                                 .far_ns = p->up ? p->arrived_ns : p->sent_ns};

    explain_note(x->notes, &shape);
    if (at_ns > x->shown_ns)
        x->shown_ns = at_ns;
    explain_set_packet(x->notes, &numbers);
    set_packet_wire(x, &numbers);
    explain_set_meaning(x->notes, "%s%s", packet_meaning(p, third), fate(p));
    explain_set_ref(x->notes, packet_ref(p, third));
    if (x->options.packets && (p->flags & PACKET_SYN) != 0 && !p->again)
        say_syn_options(x, c, p);
}

/* Does it complete the handshake? */
static bool is_third(struct explain_connection *c, const struct wire_segment *p)
{
    bool syn = (p->flags & PACKET_SYN) != 0, third = c->syn_answered && p->up && !syn;

    c->syn_answered = (c->syn_answered && !third) || (!p->up && syn && !p->lost);
    return third;
}

/* ---- the server's FIN: noted where the client has read all that comes before it ---- */

static bool hold_fin(const struct explain *x, struct explain_connection *c,
                     const struct wire_segment *p)
{
    if (x->options.packets || p->up || (p->flags & PACKET_FIN) == 0 || p->lost || c->fin_held ||
        c->fin_noted)
        return false;
    c->fin = *p;
    return c->fin_held = true;
}

bool explain_tcp_fin(struct explain *x, struct explain_connection *c)
{
    int64_t at_ns = explain_packet_at_ns(&c->fin);

    if (!c->fin_held)
        return false;
    say_packet(x, c, &c->fin, false, at_ns > x->shown_ns ? at_ns : x->shown_ns);
    c->fin_held = false;
    c->fin_noted = true;
    return true;
}

/* The client's FIN is next. Has the server's come before it? Which of both is first may be chance
 * by the client's clock; it is none by when they left, which are ends of a wire apart. */
static bool server_closed_first(const struct explain *x, struct explain_connection *c,
                                const struct wire_segment *own)
{
    uint32_t before = c->fin.sequence + c->fin.payload_bytes;

    if (!c->fin_held || c->heard_bytes + 1 < before)
        return false;
    return x->options.mask ? c->fin.sent_ns < own->sent_ns : c->fin.arrived_ns <= own->sent_ns;
}

/* ---- a packet ---- */

static void count_packet(struct explain_tally *t, const struct wire_segment *p)
{
    t->packets[p->up]++;
    t->packet_bytes[p->up] += p->ip_bytes;
    t->pure_acks += wire_segment_is_ack(p);
    t->header_bytes[p->up] += p->ip_bytes - p->payload_bytes;
    t->again_bytes[p->up] += p->again_bytes;
    t->lost += p->lost;
    t->again += p->again;
}

void explain_tcp_packet(struct explain *x, struct explain_connection *c,
                        const struct wire_segment *p)
{
    const uint8_t more = PACKET_SYN | PACKET_FIN | PACKET_RST;
    bool third = is_third(c, p);

    count_packet(&c->tally, p);
    if ((p->again || p->lost) && x->options.mask) /* chance */
        return;
    if (hold_fin(x, c, p))
        return;
    if (p->up && (p->flags & PACKET_FIN) != 0 && server_closed_first(x, c, p))
        explain_tcp_fin(x, c);
    if (x->options.packets || third || (p->flags & more) != 0 || p->again || p->lost)
        say_packet(x, c, p, third, explain_packet_at_ns(p));
}

/* ---- the kernel's word ---- */

long explain_kernel_number(const char *text, size_t len, const char *key)
{
    const char *at = memmem(text, len, key, strlen(key)), *end = text + len;
    long value = 0;

    if (at == NULL)
        return -1;
    for (at += strlen(key); at < end && *at >= '0' && *at <= '9' && value < 1000000000; at++)
        value = value * 10 + (*at - '0');
    return value;
}

/* The packets were not seen; that they were there, and how long they took, the kernel knows. */
static void say_unseen_handshake(struct explain *x, struct explain_connection *c, int64_t rtt_ns,
                                 int64_t until_ns)
{
    static const struct {
        bool up;
        const char *name, *meaning;
    } packets[] = {
        {true, "SYN", "may I? My numbers begin with one that it holds"},
        {false, "SYN, ACK", "yes: your number is understood, and here is mine"},
        {true, "ACK", "understood: the connection is established at both ends"},
    };

    if (rtt_ns > until_ns - c->opened_ns)
        rtt_ns = until_ns - c->opened_ns;
    for (size_t i = 0; i < sizeof packets / sizeof *packets; i++) {
        explain_say(x, c, &c->side[packets[i].up], EXPLAIN_INSIDE, 0,
                    c->opened_ns + (i > 0 ? rtt_ns : 0));
        explain_set_estimated(x->notes);
        explain_set_wire(x->notes, "%s", packets[i].name);
        explain_set_meaning(x->notes, "%s", packets[i].meaning);
        explain_set_ref(x->notes, "RFC 9293 \u00a73.5");
    }
}

static void say_kernel(struct explain *x, struct explain_connection *c, const char *text,
                       size_t len, int64_t at_ns)
{
    long rtt_us = explain_kernel_number(text, len, "rtt_us="),
         mss = explain_kernel_number(text, len, "mss=");
    long cwnd = explain_kernel_number(text, len, "cwnd="),
         again = explain_kernel_number(text, len, "again=");

    explain_say(x, c, NULL, EXPLAIN_INSIDE, 0, at_ns);
    if (x->options.mask)
        explain_set_wire(x->notes, "TCP_INFO: rtt TIME, mss MSS, cwnd CWND, sent again COUNT");
    else
        explain_set_wire(x->notes, "TCP_INFO: rtt %.2f ms, mss %ld, cwnd %ld, sent again %ld",
                         (double)rtt_us / 1000, mss, cwnd, again);
    explain_set_meaning(x->notes, "what the client's kernel keeps in mind for connection %u",
                        c->number);
    explain_set_ref(x->notes, "tcp(7)");
}

void explain_kernel(struct explain *x, struct explain_connection *c, const char *text, size_t len,
                    int64_t at_ns)
{
    long rtt_us = explain_kernel_number(text, len, "rtt_us="),
         sent = explain_kernel_number(text, len, "segs_out=");
    long received = explain_kernel_number(text, len, "segs_in=");

    if (sent >= 0)
        c->tally.kernel_segments[true] = (unsigned)sent;
    if (received >= 0)
        c->tally.kernel_segments[false] = (unsigned)received;
    if (!x->options.wire && !c->kernel_heard && rtt_us >= 0)
        say_unseen_handshake(x, c, rtt_us * NS_PER_US, at_ns);
    c->kernel_heard = true;
    if (x->options.packets || (!x->options.wire && rtt_us >= 0))
        say_kernel(x, c, text, len, at_ns);
}
