#include "bench/explain/annotate/explain_packet.h"

#include <stdlib.h>

#include "lib/base/clock.h"

/* Later ones were delayed on purpose (RFC 9293 §3.8.6.3). */
#define ACK_AT_ONCE_NS (20 * NS_PER_MS)

static int compare(const void *a, const void *b)
{
    const struct wire_segment *p = a, *q = b;
    int64_t x = explain_packet_at_ns(p), y = explain_packet_at_ns(q);

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

/* When what packet number `end` acknowledges came in, or what of its connection came after that. */
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
        packets[i].order_ns = explain_packet_at_ns(&packets[i]);
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

void explain_packets_place_fin(struct wire_segment *packets, size_t count, unsigned connection,
                               int64_t shut_ns)
{
    struct wire_segment *fin = first_fin(packets, count, connection, true);
    struct wire_segment *other = first_fin(packets, count, connection, false);

    if (fin == NULL)
        return;
    fin->order_ns = shut_ns;
    for (size_t i = 0; i < count; i++)
        if (packets[i].connection == connection && packets[i].order_ns > fin->order_ns &&
            explain_packet_at_ns(&packets[i]) < fin->sent_ns)
            fin->order_ns = packets[i].order_ns;
    if (other != NULL && !other->lost && other->sent_ns < fin->sent_ns &&
        other->order_ns >= fin->order_ns)
        other->order_ns = fin->order_ns - 1;
    sort(packets, count);
}

int explain_packets_read(struct wire_segment **out, size_t *count, const void *pcapng, size_t len,
                         struct err_text *e)
{
    struct wire_dissector d;
    struct err_text why = {""};
    int rc = wire_dissector_begin(&d, pcapng, len, &why);

    if (rc == PL_OK && !d.monotonic)
        rc = err_set(&why, PL_EINVAL, "it does not say when it was made");
    while (rc >= 0 && (rc = wire_dissector_next(&d, &why)) > 0)
        ;
    if (rc == PL_OK) {
        set_in_order(d.segments, d.count);
        *out = d.segments;
        *count = d.count;
        d.segments = NULL;
    }
    wire_dissector_free(&d);
    return rc < 0 ? err_set(e, rc, "the link's capture: %.250s", why.text) : PL_OK;
}
