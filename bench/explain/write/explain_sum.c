/* What an exchange adds up to. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "bench/explain/write/explain_write.h"
#include "bench/base/units.h"

enum { NUMBERS = 4 }; /* in one line */

struct sum {
    const struct explain_report *r;
    struct explain_tally t;
    struct explain_sum_line *lines;
    size_t count;
    char numbers[NUMBERS][UNITS_TEXT_BYTES]; /* used in turn */
    unsigned next;
};

void explain_time(char out[EXPLAIN_TIME_CHARS], const struct explain_report *r, int64_t at_ns)
{
    double ms = (double)(at_ns - r->begin_ns) / (double)NS_PER_MS;

    out[0] = '\0';
    if (at_ns == EXPLAIN_NEVER)
        return;
    if (r->mask)
        snprintf(out, EXPLAIN_TIME_CHARS, "TIME");
    else
        snprintf(out, EXPLAIN_TIME_CHARS, "%.*f ms", ms < 10 ? 2 : 1, ms);
}

const char *const explain_arrows[] = {"\u00b7", "\u2192", "\u2190"};

void explain_far_text(char out[EXPLAIN_FAR_CHARS], const struct explain_report *r,
                      const struct explain_note *n)
{
    char time[EXPLAIN_TIME_CHARS];

    out[0] = '\0';
    if (n->far_ns == EXPLAIN_NEVER)
        return;
    explain_time(time, r, n->far_ns);
    snprintf(out, EXPLAIN_FAR_CHARS, "; %s %s",
             n->way == EXPLAIN_DOWN ? "left the server at" : "at the server at", time);
}

__attribute__((format(printf, 3, 4))) static void put(struct sum *s, const char *name,
                                                      const char *fmt, ...)
{
    struct explain_sum_line *l;
    va_list ap;

    if (s->count == EXPLAIN_SUM_LINES)
        return;
    l = &s->lines[s->count++];
    snprintf(l->name, sizeof l->name, "%s", name);
    va_start(ap, fmt);
    vsnprintf(l->value, sizeof l->value, fmt, ap);
    va_end(ap);
}

static const char *number(struct sum *s, uint64_t n)
{
    char *out = s->numbers[s->next++ % NUMBERS];

    units_format_count(out, (double)n);
    return out;
}

/* A number that differs from exchange to exchange. */
static const char *varying(struct sum *s, uint64_t n)
{
    return s->r->mask ? "COUNT" : number(s, n);
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static uint64_t both(const uint64_t bytes[2])
{
    return bytes[false] + bytes[true];
}

static void sum_packets(struct sum *s)
{
    bool wire = s->r->wire;
    const uint64_t *n = wire ? s->t.packets : s->t.kernel_segments;
    const char *all = varying(s, both(n)), *up = varying(s, n[true]), *down = varying(s, n[false]);

    if (wire)
        put(s, "packets", "%s: %s up, %s down; %s of them only acknowledge", all, up, down,
            varying(s, s->t.pure_acks));
    else
        put(s, "packets", "%s: %s up, %s down, counted by the client's kernel until it closes", all,
            up, down);
    if (wire && s->t.lost > 0 && !s->r->mask)
        put(s, "lost", "%u of them", s->t.lost);
}

/* The other parts of the packets, so that the sum is complete. carried: the bytes that TCP had to
 * carry once. */
static void sum_packet_bytes(struct sum *s, uint64_t carried)
{
    const struct explain_tally *t = &s->t;
    uint64_t packets = both(t->packet_bytes), headers = both(t->header_bytes);
    uint64_t again = both(t->again_bytes), once = packets - headers - again;

    if (packets == 0)
        return;
    if (t->again > 0 && !s->r->mask)
        put(s, "sent again", "%s byte%s, in %u packet%s", number(s, again), plural(again), t->again,
            plural(t->again));
    if (once > carried && !s->r->mask)
        put(s, "not read", "%s bytes that the client did not wait for", number(s, once - carried));
    put(s, "TCP/IP headers", "%s bytes; all packets together: %s bytes", varying(s, headers),
        varying(s, packets));
}

static void sum_bytes(struct sum *s)
{
    const struct explain_tally *t = &s->t;
    uint64_t head = both(t->head_bytes), framing = both(t->framing_bytes);
    uint64_t payload = both(t->payload_bytes), records = both(t->record_bytes);

    put(s, "payload", "%s byte%s: the content itself", number(s, payload), plural(payload));
    if (framing > 0)
        put(s, "framing", "%s byte%s around it: chunk sizes, field names of events, frame headers",
            number(s, framing), plural(framing));
    put(s, "HTTP headers", "%s bytes: %s up, %s down", number(s, head),
        number(s, t->head_bytes[true]), number(s, t->head_bytes[false]));
    if (records > 0)
        put(s, "TLS", "%s bytes: handshakes, certificates, a header and a tag for each record",
            varying(s, records - head - framing - payload));
    sum_packet_bytes(s, records > 0 ? records : head + framing + payload);
}

const char *explain_round_trips_are(const struct explain_tally *t)
{
    return t->frames > 0 ? "handshakes, responses, pongs, closes" : "handshakes, responses";
}

/* One line for each connection, if there are several. */
static void sum_connections(struct sum *s)
{
    unsigned count = explain_connections(s->r->explain);

    for (unsigned i = 1; count > 1 && i <= count; i++) {
        struct explain_tally t = explain_tally(s->r->explain, i);
        char name[24];

        snprintf(name, sizeof name, "connection %u", i);
        put(s, name, "%u request%s, %u round trip%s, %s packets", t.requests, plural(t.requests),
            t.round_trips, plural(t.round_trips),
            varying(s, both(s->r->wire ? t.packets : t.kernel_segments)));
    }
}

size_t explain_sum(struct explain_sum_line lines[EXPLAIN_SUM_LINES], const struct explain_report *r)
{
    struct sum s = {.r = r, .t = explain_tally(r->explain, 0), .lines = lines};
    char tls[64] = "";

    if (s.t.tls_handshakes > 0)
        snprintf(tls, sizeof tls, ", %u of TLS (%u resumed)", s.t.tls_handshakes, s.t.resumptions);
    put(&s, "handshakes", "%u of TCP%s", s.t.handshakes, tls);
    put(&s, "round trips", "%u that the client waited for: %s", s.t.round_trips,
        explain_round_trips_are(&s.t));
    put(&s, "requests", "%u, responses %u%s", s.t.requests, s.t.responses,
        s.t.frames > 0 ? "; then WebSocket" : "");
    if (s.t.frames > 0)
        put(&s, "frames", "%u", s.t.frames);
    if (s.t.updates > 0)
        put(&s, "updates", "%u received", s.t.updates);
    sum_packets(&s);
    sum_bytes(&s);
    sum_connections(&s);
    return s.count;
}
