#include "bench/explain/annotate/explain_recording.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"

/* ---- packets ---- */

/* Acknowledgments later than this were delayed on purpose (RFC 9293 §3.8.6.3). */
#define ACK_AT_ONCE_NS (20 * NS_PER_MS)

static int compare(const void *a, const void *b)
{
    const struct wire_segment *p = a, *q = b;
    int64_t x = wire_segment_client_ns(p), y = wire_segment_client_ns(q);

    if (p->order_ns != q->order_ns)
        return p->order_ns < q->order_ns ? -1 : 1;
    if (x != y)
        return x < y ? -1 : 1;
    return (p->sent_ns > q->sent_ns) - (p->sent_ns < q->sent_ns);
}

static void sort(struct wire_segment *packets, size_t count)
{
    if (count > 0)
        qsort(packets, count, sizeof *packets, compare);
}

/* When the packet that packet number `end` acknowledges arrived, or what its connection had after
 * that. */
static int64_t cause_ns(const struct wire_segment *packets, size_t end)
{
    const struct wire_segment *ack = &packets[end];
    int64_t after_ns = INT64_MIN;

    for (size_t i = end; i > 0; i--) {
        const struct wire_segment *cause = &packets[i - 1];

        if (cause->client_port != ack->client_port)
            continue;
        if (after_ns < cause->order_ns)
            after_ns = cause->order_ns;
        if (cause->up || cause->arrived_ns == WIRE_NEVER)
            continue;
        return ack->sent_ns - cause->arrived_ns < ACK_AT_ONCE_NS ? after_ns : ack->sent_ns;
    }
    return ack->sent_ns;
}

static void set_in_order(struct wire_segment *packets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        packets[i].connection = 0;
        packets[i].order_ns = wire_segment_client_ns(&packets[i]);
    }
    sort(packets, count);
    for (size_t i = 0; i < count; i++)
        if (packets[i].up && wire_segment_is_ack(&packets[i]))
            packets[i].order_ns = cause_ns(packets, i);
    sort(packets, count);
}

static struct wire_segment *first_fin(struct wire_segment *packets, size_t count,
                                      unsigned connection, bool up)
{
    struct wire_segment *first = NULL;

    for (size_t i = 0; i < count; i++) {
        struct wire_segment *p = &packets[i];

        if (p->connection == connection && p->up == up && (p->flags & PACKET_FIN) != 0 &&
            (first == NULL || p->sent_ns < first->sent_ns))
            first = p;
    }
    return first;
}

/* The client has asked for its FIN at shut_ns: list the first FIN there, or after earlier packets
 * that were still under way, because the client may record its next action before the link sees the
 * FIN. A FIN of the server that left before the client's is listed before it. */
static void place_fin(struct wire_segment *packets, size_t count, unsigned connection,
                      int64_t shut_ns)
{
    struct wire_segment *fin = first_fin(packets, count, connection, true);
    struct wire_segment *other = first_fin(packets, count, connection, false);

    if (fin == NULL)
        return;
    fin->order_ns = shut_ns;
    for (size_t i = 0; i < count; i++)
        if (packets[i].connection == connection && packets[i].order_ns > fin->order_ns &&
            wire_segment_client_ns(&packets[i]) < fin->sent_ns)
            fin->order_ns = packets[i].order_ns;
    if (other != NULL && !other->lost && other->sent_ns < fin->sent_ns &&
        other->order_ns >= fin->order_ns)
        other->order_ns = fin->order_ns - 1;
    sort(packets, count);
}

/* Read all packets, in order of order_ns: the time at the client's end. Only for an acknowledgment
 * of the client it is the time of what it acknowledges: the kernel sends it before the client reads
 * anything, even if the link sees it a little later. */
static int read_packets(struct explain_recording *t, struct err_text *e)
{
    struct wire_dissector d;
    struct err_text why = {""};
    int rc = wire_dissector_begin(&d, t->pcapng.data, t->pcapng.len, &why);

    if (rc == PL_OK && !d.monotonic)
        rc = err_set(&why, PL_EINVAL, "it does not say when it was made");
    while (rc >= 0 && (rc = wire_dissector_next(&d, &why)) > 0)
        ;
    if (rc == PL_OK) {
        set_in_order(d.segments, d.count);
        t->packets = d.segments;
        t->packet_count = d.count;
        d.segments = NULL;
    }
    wire_dissector_free(&d);
    return rc < 0 ? err_set(e, rc, "the link's capture: %.250s", why.text) : PL_OK;
}

/* ---- the transcript ---- */

static int read_transcript(struct explain_recording *t, struct err_text *e)
{
    char *at = (char *)t->text.data, *line;
    size_t lines = 1;

    for (const char *c = at; *c != '\0'; c++)
        lines += *c == '\n';
    t->events = calloc(lines, sizeof *t->events);
    if (t->events == NULL)
        return err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM));
    while ((line = strsep(&at, "\n")) != NULL) {
        if (*line == '\0')
            continue;
        if (transcript_decode(&t->events[t->event_count], line) < 0)
            return err_set(e, PL_EPROTO, "the client's transcript can't be read");
        t->event_count++;
    }
    return PL_OK;
}

/* Of "ADDR:PORT"; 0: there is none. */
static unsigned long port_of(const struct transcript_event *e)
{
    const uint8_t *end = e->data + e->len, *at = memrchr(e->data, ':', e->len);
    unsigned long port = 0;

    for (at = at == NULL ? end : at + 1; at < end && port < 100000; at++)
        port = port * 10 + (unsigned long)(*at - '0') % 10;
    return port;
}

/* The transcript has the client's ports; packets of other ports are left out. */
static void number_packets(struct explain_recording *t)
{
    for (size_t i = 0; i < t->event_count; i++) {
        const struct transcript_event *e = &t->events[i];

        if (e->what != TRANSCRIPT_CONNECTED)
            continue;
        for (size_t k = 0; k < t->packet_count; k++)
            if (t->packets[k].client_port == port_of(e))
                t->packets[k].connection = e->connection;
    }
}

static void place_fins(struct explain_recording *t)
{
    for (size_t i = 0; i < t->event_count; i++)
        if (t->events[i].what == TRANSCRIPT_SHUT)
            place_fin(t->packets, t->packet_count, t->events[i].connection, t->events[i].at_ns);
}

int explain_recording_read(struct explain_recording *t, struct err_text *e)
{
    int rc = read_transcript(t, e);

    if (rc == PL_OK && t->pcapng.len > 0)
        rc = read_packets(t, e);
    if (rc == PL_OK) {
        number_packets(t);
        place_fins(t);
    }
    return rc;
}

void explain_recording_annotate(struct explain *x, const struct explain_recording *t)
{
    size_t e = 0, p = 0;

    while (e < t->event_count || p < t->packet_count) {
        if (p == t->packet_count ||
            (e < t->event_count && t->events[e].at_ns < t->packets[p].order_ns))
            explain_event(x, &t->events[e++]);
        else if (t->packets[p].connection > 0)
            explain_packet(x, &t->packets[p++]);
        else
            p++;
    }
}

void explain_recording_free(struct explain_recording *t)
{
    buf_free(&t->text);
    buf_free(&t->pcapng);
    free(t->events);
    free(t->packets);
}
