#include "bench/explain/write/explain_picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "bench/explain/write/explain_write.h"
#include "bench/ladder/ladder_read.h"
#include "bench/ladder/ladder_svg.h"
#include "bench/base/units.h"

enum { SUM_CHARS = 192, STEPS_SHOWN = 60, CONNECTIONS_MAX = 64, HANDSHAKE_SEGMENTS = 3 };

/* The transcript as the segments that the client must have sent and received. */
struct sketch {
    struct wire_segment *segments;
    size_t count;
    struct connection {
        int64_t open_ns, one_way_ns;
        bool tls; /* records are drawn, not what is in them */
    } connections[CONNECTIONS_MAX];
};

/* Add a segment that the client sent (up) or received at at_ns. */
static void add(struct sketch *k, const struct transcript_event *e, bool up, uint8_t flags,
                int64_t at_ns)
{
    int64_t one_way_ns = k->connections[e->connection].one_way_ns;
    bool bytes = flags == PACKET_ACK && e->what != TRANSCRIPT_CONNECTED;

    k->segments[k->count++] = (struct wire_segment){.connection = e->connection,
                                                    .up = up,
                                                    .flags = flags,
                                                    .payload = e->data,
                                                    .payload_bytes = bytes ? (uint32_t)e->len : 0,
                                                    .ip_bytes = bytes ? (uint32_t)e->len : 0,
                                                    .sent_ns = up ? at_ns : at_ns - one_way_ns,
                                                    .arrived_ns = up ? at_ns + one_way_ns : at_ns};
}

static void take(struct sketch *k, const struct transcript_event *e)
{
    struct connection *c = &k->connections[e->connection];
    bool record = e->what == TRANSCRIPT_RECORD_SENT || e->what == TRANSCRIPT_RECORD_RECEIVED;
    long rtt_us;

    switch (e->what) {
    case TRANSCRIPT_OPEN:
        c->open_ns = e->at_ns;
        break;
    case TRANSCRIPT_KERNEL:
        rtt_us = explain_kernel_number((const char *)e->data, e->len, "rtt_us=");
        if (c->one_way_ns == 0 && rtt_us > 0)
            c->one_way_ns = rtt_us * NS_PER_US / 2;
        break;
    case TRANSCRIPT_CONNECTED:
        add(k, e, true, PACKET_SYN, c->open_ns);
        add(k, e, false, PACKET_SYN | PACKET_ACK, c->open_ns + 2 * c->one_way_ns);
        add(k, e, true, PACKET_ACK, c->open_ns + 2 * c->one_way_ns);
        break;
    case TRANSCRIPT_SENT:
    case TRANSCRIPT_RECEIVED:
    case TRANSCRIPT_RECORD_SENT:
    case TRANSCRIPT_RECORD_RECEIVED:
        if (e->len > 0 && (record || !c->tls))
            add(k, e, e->what == TRANSCRIPT_SENT || e->what == TRANSCRIPT_RECORD_SENT, PACKET_ACK,
                e->at_ns);
        break;
    case TRANSCRIPT_SHUT:
    case TRANSCRIPT_EOF:
        add(k, e, e->what == TRANSCRIPT_SHUT, PACKET_FIN, e->at_ns);
        break;
    default:
        break;
    }
}

int explain_picture_ladder(struct ladder *out, const struct transcript_event *events, size_t count,
                           struct err_text *e)
{
    struct sketch k = {.segments = calloc(HANDSHAKE_SEGMENTS * count + 1, sizeof *k.segments)};
    int rc;

    if (k.segments == NULL)
        return err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM));
    for (size_t i = 0; i < count; i++)
        if (events[i].what == TRANSCRIPT_RECORD_SENT && events[i].connection < CONNECTIONS_MAX)
            k.connections[events[i].connection].tls = true;
    for (size_t i = 0; i < count; i++)
        if (events[i].connection > 0 && events[i].connection < CONNECTIONS_MAX)
            take(&k, &events[i]);
    rc = ladder_sketch(out, k.segments, k.count, e);
    free(k.segments);
    return rc;
}

static size_t list_ports(uint16_t ports[CONNECTIONS_MAX], const struct explain_recording *t)
{
    size_t n = 0;

    for (size_t i = 0; i < t->packet_count && n < CONNECTIONS_MAX; i++)
        if (t->packets[i].connection == n + 1)
            ports[n++] = t->packets[i].client_port;
    return n;
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static void put_packets(char out[SUM_CHARS], const struct explain_tally *n)
{
    char bytes[UNITS_TEXT_BYTES], fates[64] = "";
    unsigned packets = n->packets[true] + n->packets[false];

    units_format_count(bytes, (double)(n->packet_bytes[true] + n->packet_bytes[false]));
    if (n->lost + n->again > 0)
        snprintf(fates, sizeof fates, ", %u lost, %u sent again", n->lost, n->again);
    snprintf(
        out, SUM_CHARS,
        "The whole exchange: %u packets (%u only acknowledge%s%s), %s bytes with TCP/IP headers,",
        packets, n->pure_acks, n->pure_acks == 1 ? "s" : "", fates, bytes);
}

static void put_waits(char out[SUM_CHARS], const struct explain_tally *n)
{
    char tls[32] = "", updates[48] = "";

    if (n->tls_handshakes > 0)
        snprintf(tls, sizeof tls, " and %u of TLS", n->tls_handshakes);
    if (n->updates > 0)
        snprintf(updates, sizeof updates, "; %u update%s received", n->updates, plural(n->updates));
    snprintf(out, SUM_CHARS, "%u TCP handshake%s%s, %u round trip%s waited for: %s%s.",
             n->handshakes, plural(n->handshakes), tls, n->round_trips, plural(n->round_trips),
             explain_round_trips_are(n), updates);
}

int explain_picture(struct buf *svg, const struct explain_recording *t, const char *title,
                    const char *about_text, const struct explain_tally *tally, struct err_text *e)
{
    bool wire = t->pcapng.len > 0;
    char sum[2][SUM_CHARS] = {"The whole exchange, as recorded by the client; no packets were "
                              "captured, SYN-ACK is computed:"};
    uint16_t ports[CONNECTIONS_MAX];
    struct ladder_about about = {.exchange = title,
                                 .how = about_text,
                                 .sum = {sum[0], sum[1]},
                                 .link = t->link,
                                 .clients = 1,
                                 .max_steps = STEPS_SHOWN};
    struct ladder ladder;
    struct err_text why = {""};
    int rc;

    put_waits(sum[1], tally);
    if (wire)
        put_packets(sum[0], tally);
    if (wire) {
        about.client_port_count = list_ports(ports, t);
        about.client_ports = ports;
        rc = ladder_read(&ladder, t->pcapng.data, t->pcapng.len, &about, &why);
    } else {
        rc = explain_picture_ladder(&ladder, t->events, t->event_count, &why);
    }
    if (rc < 0)
        return err_set(e, rc, "draw the exchange: %.200s", why.text);
    rc = ladder_svg_write(svg, &ladder, &about);
    ladder_free(&ladder);
    return rc < 0 ? err_set(e, rc, "draw the exchange: %s", pl_strerror(rc)) : PL_OK;
}
