/* TCP: captured packets, or else what the kernel says (RFC 9293). */
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "bench/explain/annotate/explain_parts.h"

/* 10 and two to keep the header in words of four (RFC 7323 appendix A) */
enum { TIMESTAMPS_BYTES = 12 };

/* ---- packets ---- */

static void put_flags(char out[40], uint8_t flags)
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; explain_flags[i].name != NULL; i++)
        if ((flags & explain_flags[i].bit) != 0)
            len += (size_t)snprintf(out + len, 40 - len, "%s%s", len > 0 ? ", " : "",
                                    explain_flags[i].name);
}

/* third: it completes the handshake. */
static const char *packet_key(const struct wire_segment *p, bool third)
{
    if ((p->flags & PACKET_RST) != 0)
        return "packet RST";
    if (third)
        return p->lost ? "packet third lost" : "packet third";
    if ((p->flags & PACKET_SYN) != 0)
        return (p->flags & PACKET_ACK) != 0 ? "packet SYN-ACK" : "packet SYN";
    if ((p->flags & PACKET_FIN) != 0)
        return p->up ? "packet FIN up" : "packet FIN down";
    return p->payload_bytes > 0 ? "packet data" : "packet ACK";
}

/* ---- what a SYN says besides ---- */

/* If both offer timestamps, they are in every packet, which leaves less of it for payload. */
static void say_timestamps(struct explain_side *s, const struct wire_segment *p)
{
    bool *offered = s->c->timestamps;

    offered[s->up] = true;
    explain_say(s, EXPLAIN_INSIDE, 1, explain_word("SYN timestamps"), "timestamps");
    if (offered[!s->up] && p->mss_bytes > TIMESTAMPS_BYTES)
        explain_say(s, EXPLAIN_INSIDE, 1, explain_word("SYN payload"), "%u - %u = %u", p->mss_bytes,
                    TIMESTAMPS_BYTES, p->mss_bytes - TIMESTAMPS_BYTES);
}

static void say_syn_options(struct explain_side *s, const struct wire_segment *p)
{
    bool mask = s->c->x->options.mask;
    char number[16] = "NUMBER", shift[8] = "SHIFT";

    if (!mask)
        snprintf(number, sizeof number, "%u", p->first_sequence);
    if (!mask)
        snprintf(shift, sizeof shift, "%d", p->window_shift);
    explain_say(s, EXPLAIN_INSIDE, 1, explain_word("SYN number"), "seq 0 = %s", number);
    if (p->mss_bytes > 0)
        explain_say(s, EXPLAIN_INSIDE, 1, explain_word("SYN MSS"), "MSS %u", p->mss_bytes);
    if (p->sack)
        explain_say(s, EXPLAIN_INSIDE, 1, explain_word("SYN SACK"), "SACK permitted");
    if (p->timestamps)
        say_timestamps(s, p);
    if (p->window_shift >= 0)
        explain_say(s, EXPLAIN_INSIDE, 1, explain_word("SYN window"), "window scale %s", shift);
}

/* ---- a packet as a note ---- */

static const char *outcome_key(const struct wire_segment *p)
{
    if (p->lost)
        return p->again ? "outcome again, lost" : "outcome lost";
    return p->again ? "outcome again" : "outcome arrived";
}

/* "ACK seq 1, ack 97, 161 bytes", or only "ACK" for a packet that arrived, in brief topics. */
static void set_packet_wire(struct explain *x, const struct wire_segment *p)
{
    bool whole = x->options.packets || p->lost || p->again;
    char flags[40], bytes[32] = "", ack[32] = "";

    put_flags(flags, p->flags);
    if (p->payload_bytes > 0)
        snprintf(bytes, sizeof bytes, ", %u bytes", p->payload_bytes);
    if ((p->flags & PACKET_ACK) != 0)
        snprintf(ack, sizeof ack, ", ack %u", p->acknowledgment);
    if (whole)
        explain_set_wire(x->notes, "%s  seq %u%s%s", flags, p->sequence, ack, bytes);
    else
        explain_set_wire(x->notes, "%s", flags);
}

static void say_packet(struct explain_connection *c, const struct wire_segment *p, bool third,
                       int64_t at_ns)
{
    const struct explain_note shape = {.kind = EXPLAIN_WIRE,
                                       .way = p->up ? EXPLAIN_UP : EXPLAIN_DOWN,
                                       .connection = c->number,
                                       .at_ns = at_ns,
                                       .far_ns = p->up ? p->arrived_ns : p->sent_ns,
                                       .fact = EXPLAIN_FACT_PACKET,
                                       .packet = {.flags = p->flags,
                                                  .lost = p->lost,
                                                  .again = p->again,
                                                  .sequence = p->sequence,
                                                  .acknowledgment = p->acknowledgment,
                                                  .payload_bytes = p->payload_bytes}};
    struct explain_word word = explain_word("%s", packet_key(p, third));
    const char *outcome = explain_word("%s", outcome_key(p)).meaning;
    struct explain *x = c->x;

    explain_note(x->notes, &shape);
    set_packet_wire(x, p);
    explain_set_meaning(x->notes, "%s%s%s", word.meaning, *outcome != '\0' ? " " : "", outcome);
    explain_set_ref(x->notes, word.ref);
    if (at_ns > x->shown_ns)
        x->shown_ns = at_ns;
    x->now_ns = wire_segment_client_ns(p);
    if (x->options.packets && (p->flags & PACKET_SYN) != 0 && !p->again)
        say_syn_options(&c->side[p->up], p);
}

/* Does it complete the handshake? */
static bool is_third(struct explain_connection *c, const struct wire_segment *p)
{
    bool syn = (p->flags & PACKET_SYN) != 0, third = c->syn_answered && p->up && !syn;

    c->syn_answered = (c->syn_answered && !third) || (!p->up && syn && !p->lost);
    return third;
}

/* ---- the server's FIN: noted where the client has read all that comes before it ---- */

static bool hold_fin(struct explain_connection *c, const struct wire_segment *p)
{
    if (c->x->options.packets || p->up || (p->flags & PACKET_FIN) == 0 || p->lost || c->fin_held ||
        c->fin_noted)
        return false;
    c->fin = *p;
    return c->fin_held = true;
}

bool explain_tcp_fin(struct explain_connection *c)
{
    int64_t at_ns = wire_segment_client_ns(&c->fin), now_ns = c->x->now_ns;

    if (!c->fin_held)
        return false;
    say_packet(c, &c->fin, false, at_ns > c->x->shown_ns ? at_ns : c->x->shown_ns);
    c->x->now_ns = now_ns;
    c->fin_held = false;
    c->fin_noted = true;
    return true;
}

/* The client's FIN is next. Did the server close first? By the client's clock the order may be
 * chance; for masked output it is taken from when both left. */
static bool server_closed_first(const struct explain_connection *c, const struct wire_segment *own)
{
    uint32_t before = c->fin.sequence + c->fin.payload_bytes;

    if (!c->fin_held || c->read_bytes + 1 < before)
        return false;
    return c->x->options.mask ? c->fin.sent_ns < own->sent_ns : c->fin.arrived_ns <= own->sent_ns;
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

void explain_tcp_packet(struct explain_connection *c, const struct wire_segment *p)
{
    const uint8_t more = PACKET_SYN | PACKET_FIN | PACKET_RST;
    bool third = is_third(c, p);

    count_packet(&c->tally, p);
    if ((p->again || p->lost) && c->x->options.mask) /* chance */
        return;
    if (hold_fin(c, p))
        return;
    if (p->up && (p->flags & PACKET_FIN) != 0 && server_closed_first(c, p))
        explain_tcp_fin(c);
    if (c->x->options.packets || third || (p->flags & more) != 0 || p->again || p->lost)
        say_packet(c, p, third, wire_segment_client_ns(p));
}

/* ---- what the kernel says ---- */

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

/* The packets were not captured, but the kernel knows the round-trip time. */
static void say_unseen_handshake(struct explain_connection *c, int64_t rtt_ns)
{
    static const char *const names[] = {"SYN", "SYN, ACK", "ACK"};
    struct explain *x = c->x;

    if (rtt_ns > x->now_ns - c->opened_ns)
        rtt_ns = x->now_ns - c->opened_ns;
    for (int i = 0; i < 3; i++) {
        const struct explain_note shape = {.kind = EXPLAIN_INSIDE,
                                           .way = i == 1 ? EXPLAIN_DOWN : EXPLAIN_UP,
                                           .connection = c->number,
                                           .at_ns = c->opened_ns + (i > 0 ? rtt_ns : 0),
                                           .estimated = true,
                                           .far_ns = EXPLAIN_NEVER};
        struct explain_word word = explain_word("unseen %d", i + 1);

        explain_note(x->notes, &shape);
        explain_set_wire(x->notes, "%s", names[i]);
        explain_set_meaning(x->notes, "%s", word.meaning);
        explain_set_ref(x->notes, word.ref);
    }
}

static void say_kernel(struct explain_connection *c, const char *text, size_t len)
{
    struct explain_word word = explain_word("TCP_INFO"), ref = {.ref = word.ref};

    if (c->x->options.mask)
        explain_say_beside(c->x, c, EXPLAIN_INSIDE, ref,
                           "TCP_INFO: rtt TIME, mss MSS, cwnd CWND, sent again COUNT");
    else
        explain_say_beside(c->x, c, EXPLAIN_INSIDE, ref,
                           "TCP_INFO: rtt %.2f ms, mss %ld, cwnd %ld, sent again %ld",
                           (double)explain_kernel_number(text, len, "rtt_us=") / 1000,
                           explain_kernel_number(text, len, "mss="),
                           explain_kernel_number(text, len, "cwnd="),
                           explain_kernel_number(text, len, "again="));
    explain_set_meaning(c->x->notes, "%s %u", word.meaning, c->number);
}

void explain_kernel(struct explain_connection *c, const char *text, size_t len)
{
    long rtt_us = explain_kernel_number(text, len, "rtt_us=");
    long sent = explain_kernel_number(text, len, "segs_out=");
    long received = explain_kernel_number(text, len, "segs_in=");
    bool wire = c->x->options.wire;

    if (sent >= 0)
        c->tally.kernel_segments[true] = (unsigned)sent;
    if (received >= 0)
        c->tally.kernel_segments[false] = (unsigned)received;
    if (!wire && !c->kernel_noted && rtt_us >= 0)
        say_unseen_handshake(c, rtt_us * NS_PER_US);
    c->kernel_noted = true;
    if (c->x->options.packets || (!wire && rtt_us >= 0))
        say_kernel(c, text, len);
}
