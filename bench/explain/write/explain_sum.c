/* What an exchange adds up to. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "bench/explain/write/explain_write.h"
#include "bench/base/units.h"

struct sum {
    struct explain_sum_line *lines;
    size_t count;
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

static const char *count_text(char out[UNITS_TEXT_BYTES], uint64_t n, bool mask)
{
    if (mask)
        snprintf(out, UNITS_TEXT_BYTES, "COUNT");
    else
        units_format_count(out, (double)n);
    return out;
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static uint64_t both(const uint64_t bytes[2])
{
    return bytes[false] + bytes[true];
}

static void sum_packets(struct sum *s, const struct explain_report *r,
                        const struct explain_tally *t)
{
    unsigned up = r->wire ? t->packets[true] : t->kernel_segments[true];
    unsigned down = r->wire ? t->packets[false] : t->kernel_segments[false];
    char all[UNITS_TEXT_BYTES], ups[UNITS_TEXT_BYTES], downs[UNITS_TEXT_BYTES];
    char acks[UNITS_TEXT_BYTES];

    count_text(all, up + down, r->mask);
    count_text(ups, up, r->mask);
    count_text(downs, down, r->mask);
    if (r->wire)
        put(s, "packets", "%s: %s up, %s down; %s of them carry nothing but an acknowledgment", all,
            ups, downs, count_text(acks, t->pure_acks, r->mask));
    if (r->wire && t->lost > 0 && !r->mask)
        put(s, "lost", "%u of them, on their way", t->lost);
    if (!r->wire)
        put(s, "packets", "%s: %s up, %s down, until the client closes, as its kernel counts", all,
            ups, downs);
}

static uint64_t carried_bytes(const struct explain_tally *t)
{
    uint64_t records = both(t->record_bytes);

    return records > 0 ? records
                       : both(t->head_bytes) + both(t->framing_bytes) + both(t->payload_bytes);
}

/* What packets are made of besides, so that it all adds up. */
static void sum_packet_bytes(struct sum *s, const struct explain_report *r,
                             const struct explain_tally *t)
{
    uint64_t packets = both(t->packet_bytes), headers = both(t->header_bytes);
    uint64_t again = both(t->again_bytes), once = packets - headers - again;
    char a[UNITS_TEXT_BYTES], b[UNITS_TEXT_BYTES];

    if (packets == 0)
        return;
    if (t->again > 0 && !r->mask)
        put(s, "sent again", "%s byte%s, in %u packet%s", count_text(a, again, false),
            plural(again), t->again, plural(t->again));
    if (once > carried_bytes(t) && !r->mask)
        put(s, "never read", "%s bytes that the client did not wait for",
            count_text(a, once - carried_bytes(t), false));
    put(s, "TCP/IP headers", "%s bytes, so that the packets are %s bytes together",
        count_text(a, headers, r->mask), count_text(b, packets, r->mask));
}

static void sum_bytes(struct sum *s, const struct explain_report *r, const struct explain_tally *t)
{
    uint64_t head = both(t->head_bytes), framing = both(t->framing_bytes);
    uint64_t payload = both(t->payload_bytes), records = both(t->record_bytes);
    char a[UNITS_TEXT_BYTES], b[UNITS_TEXT_BYTES], c[UNITS_TEXT_BYTES];

    put(s, "payload", "%s byte%s: what it is all for", count_text(a, payload, false),
        plural(payload));
    if (framing > 0)
        put(s, "framing", "%s byte%s around it: sizes of chunks, field names, frames",
            count_text(a, framing, false), plural(framing));
    put(s, "HTTP heads", "%s bytes: %s up, %s down", count_text(a, head, false),
        count_text(b, t->head_bytes[true], false), count_text(c, t->head_bytes[false], false));
    if (records > 0)
        put(s, "TLS", "%s bytes: handshakes, certificates, and a header and a tag on each record",
            count_text(a, records - head - framing - payload, r->mask));
    sum_packet_bytes(s, r, t);
}

const char *explain_round_trips_are(const struct explain_tally *t)
{
    return t->frames > 0 ? "handshakes, answers, pongs, closes" : "handshakes, answers";
}

static void sum_handshakes(struct sum *s, const struct explain_tally *t)
{
    char tls[64] = "";

    if (t->tls_handshakes > 0)
        snprintf(tls, sizeof tls, ", %u of TLS (%u resumed)", t->tls_handshakes, t->resumptions);
    put(s, "handshakes", "%u of TCP%s", t->handshakes, tls);
    put(s, "round trips", "%u that the client waited for: %s", t->round_trips,
        explain_round_trips_are(t));
}

/* A connection each, where there are several. */
static void sum_connections(struct sum *s, const struct explain_report *r)
{
    unsigned count = explain_connections(r->explain);

    for (unsigned i = 1; count > 1 && i <= count; i++) {
        struct explain_tally t = explain_tally(r->explain, i);
        unsigned packets = r->wire ? t.packets[true] + t.packets[false]
                                   : t.kernel_segments[true] + t.kernel_segments[false];
        char name[24], all[UNITS_TEXT_BYTES];

        snprintf(name, sizeof name, "connection %u", i);
        put(s, name, "%u request%s, %u round trip%s, %s packets", t.requests, plural(t.requests),
            t.round_trips, plural(t.round_trips), count_text(all, packets, r->mask));
    }
}

size_t explain_sum(struct explain_sum_line lines[EXPLAIN_SUM_LINES], const struct explain_report *r)
{
    struct sum s = {.lines = lines};
    struct explain_tally t = explain_tally(r->explain, 0);

    sum_handshakes(&s, &t);
    put(&s, "requests", "%u, answers %u%s", t.requests, t.responses,
        t.frames > 0 ? "; then WebSocket" : "");
    if (t.frames > 0)
        put(&s, "frames", "%u", t.frames);
    if (t.updates > 0)
        put(&s, "updates", "%u received", t.updates);
    sum_packets(&s, r, &t);
    sum_bytes(&s, r, &t);
    sum_connections(&s, r);
    return s.count;
}
