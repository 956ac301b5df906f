#include "bench/explain/annotate/explain_packet.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "bench/wire/packet.h"
#include "bench/wire/pcapng_read.h"

enum { TCP_HEADER_BYTES = 20, PACKETS_MAX = 100000 };
enum { OPTION_END = 0, OPTION_NOTHING = 1, OPTION_MSS = 2, OPTION_WINDOW = 3, OPTION_SACK = 4 };
enum { OPTION_TIMESTAMPS = 8 };

/* Later ones were delayed on purpose (RFC 9293 §3.8.6.3). */
#define ACK_AT_ONCE_NS (20 * NS_PER_MS)

struct packets {
    struct explain_packet *all;
    uint64_t *ids;
    size_t count, cap;
    int64_t offset_ns; /* Unix time - CLOCK_MONOTONIC */
};

static int grow(struct packets *p)
{
    size_t cap = p->cap > 0 ? 2 * p->cap : 256;
    struct explain_packet *all;
    uint64_t *ids;

    if (p->count < p->cap)
        return PL_OK;
    if (p->count >= PACKETS_MAX)
        return PL_ENOMEM;
    all = realloc(p->all, cap * sizeof *all);
    if (all == NULL)
        return PL_ENOMEM;
    p->all = all;
    ids = realloc(p->ids, cap * sizeof *ids);
    if (ids == NULL)
        return PL_ENOMEM;
    p->ids = ids;
    p->cap = cap;
    return PL_OK;
}

/* Of a SYN, kind after kind, each with its length (RFC 9293 §3.1). */
static void read_options(struct explain_packet *out, const uint8_t *at, const uint8_t *end)
{
    out->window_shift = -1;
    while (at < end && *at != OPTION_END) {
        if (*at == OPTION_NOTHING) {
            at++;
            continue;
        }
        if (end - at < 2 || at[1] < 2 || at[1] > end - at)
            return;
        if (at[0] == OPTION_MSS && at[1] == 4)
            out->mss_bytes = (uint16_t)(at[2] << 8 | at[3]);
        if (at[0] == OPTION_WINDOW && at[1] == 3)
            out->window_shift = (int8_t)(at[2] & 15);
        out->sack |= at[0] == OPTION_SACK;
        out->timestamps |= at[0] == OPTION_TIMESTAMPS;
        at += at[1];
    }
}

static bool is_lost(const struct pcapng_record *r)
{
    static const char dropped[] = "dropped by the link";

    for (int i = 0; i < PCAPNG_COMMENTS; i++)
        if (r->comments[i].len >= sizeof dropped - 1 &&
            memcmp(r->comments[i].at, dropped, sizeof dropped - 1) == 0)
            return true;
    return false;
}

static struct explain_packet describe(const struct packet *p, const struct pcapng_record *r,
                                      int64_t sent_ns)
{
    bool up = (r->interface == PCAPNG_CLIENT) == r->outbound;
    const uint8_t *tcp = r->data + p->ip_header_bytes;
    struct explain_packet out = {
        .up = up,
        .lost = is_lost(r),
        .flags = p->flags,
        .client_port = up ? p->source_port : p->destination_port,
        .server_port = up ? p->destination_port : p->source_port,
        .sequence = p->sequence,
        .acknowledgment = p->acknowledgment,
        .payload_bytes = p->payload_bytes,
        .ip_bytes = p->total_bytes,
        .window = (uint16_t)(tcp[14] << 8 | tcp[15]),
        .sent_ns = sent_ns,
        .arrived_ns = INT64_MAX,
    };

    if ((p->flags & PACKET_SYN) != 0)
        read_options(&out, tcp + TCP_HEADER_BYTES, tcp + p->tcp_header_bytes);
    return out;
}

static int take_record(struct packets *p, const struct pcapng_record *r)
{
    int64_t at_ns = r->unix_ns - p->offset_ns;
    struct packet ip;

    if (packet_parse(&ip, r->data, r->len) < 0 || ip.kind != PACKET_TCP)
        return PL_OK;
    if (r->outbound) {
        if (grow(p) < 0)
            return PL_ENOMEM;
        p->ids[p->count] = r->id;
        p->all[p->count++] = describe(&ip, r, at_ns);
        return PL_OK;
    }
    for (size_t i = p->count; i > 0; i--) {
        if (p->ids[i - 1] != r->id)
            continue;
        p->all[i - 1].arrived_ns = at_ns;
        return PL_OK;
    }
    return PL_OK;
}

/* ---- what is sent again ---- */

struct sender { /* one direction of a connection */
    bool known;
    uint32_t next; /* sequence number that would be new */
};

static int compare_sent(const void *a, const void *b)
{
    const struct explain_packet *p = a, *q = b;

    return (p->sent_ns > q->sent_ns) - (p->sent_ns < q->sent_ns);
}

static void judge_again(struct sender *s, struct explain_packet *p)
{
    bool syn = (p->flags & PACKET_SYN) != 0, fin = (p->flags & PACKET_FIN) != 0;
    uint32_t length = p->payload_bytes + syn + fin, end = p->sequence + length;
    int32_t old = (int32_t)(s->next - p->sequence);

    if (!s->known || (syn && end != s->next)) { /* a port may be used again */
        *s = (struct sender){.known = true, .next = end};
        return;
    }
    if (length == 0)
        return;
    if (old <= 0) {
        s->next = end;
        return;
    }
    p->again = (int32_t)(end - s->next) <= 0;
    p->again_bytes = (uint32_t)old < p->payload_bytes ? (uint32_t)old : p->payload_bytes;
    if (!p->again)
        s->next = end;
}

/* In the order in which they were sent: only there is what was sent before known. */
static int mark_again(struct packets *p)
{
    struct sender *senders = calloc(2 * (UINT16_MAX + (size_t)1), sizeof *senders);

    if (senders == NULL)
        return PL_ENOMEM;
    if (p->count > 0)
        qsort(p->all, p->count, sizeof *p->all, compare_sent);
    for (size_t i = 0; i < p->count; i++)
        judge_again(&senders[2 * (size_t)p->all[i].client_port + p->all[i].up], &p->all[i]);
    free(senders);
    return PL_OK;
}

/* ---- in which order they are told ---- */

static int compare(const void *a, const void *b)
{
    const struct explain_packet *p = a, *q = b;
    int64_t x = explain_packet_at_ns(p), y = explain_packet_at_ns(q);

    if (p->order_ns != q->order_ns)
        return p->order_ns < q->order_ns ? -1 : 1;
    if (x != y)
        return x < y ? -1 : 1;
    return compare_sent(a, b);
}

static void sort(struct explain_packet *packets, size_t count)
{
    if (count > 0)
        qsort(packets, count, sizeof *packets, compare);
}

static bool is_pure_ack(const struct explain_packet *p)
{
    return p->payload_bytes == 0 && (p->flags & (PACKET_SYN | PACKET_FIN | PACKET_RST)) == 0;
}

/* When what packet number `end` acknowledges came in, or what of its connection came after that. */
static int64_t cause_ns(const struct packets *p, size_t end)
{
    const struct explain_packet *ack = &p->all[end];
    int64_t after_ns = INT64_MIN;

    for (size_t i = end; i > 0; i--) {
        const struct explain_packet *cause = &p->all[i - 1];

        if (cause->client_port != ack->client_port)
            continue;
        if (after_ns < cause->order_ns)
            after_ns = cause->order_ns;
        if (cause->up || cause->arrived_ns == INT64_MAX)
            continue;
        return ack->sent_ns - cause->arrived_ns < ACK_AT_ONCE_NS ? after_ns : ack->sent_ns;
    }
    return ack->sent_ns;
}

static void set_in_order(struct packets *p)
{
    for (size_t i = 0; i < p->count; i++)
        p->all[i].order_ns = explain_packet_at_ns(&p->all[i]);
    sort(p->all, p->count);
    for (size_t i = 0; i < p->count; i++)
        if (p->all[i].up && is_pure_ack(&p->all[i]))
            p->all[i].order_ns = cause_ns(p, i);
    sort(p->all, p->count);
}

static struct explain_packet *first_fin(struct explain_packet *packets, size_t count,
                                        unsigned connection, bool up)
{
    struct explain_packet *first = NULL;

    for (size_t i = 0; i < count; i++) {
        struct explain_packet *p = &packets[i];

        if (p->connection == connection && p->up == up && (p->flags & PACKET_FIN) != 0 &&
            (first == NULL || p->sent_ns < first->sent_ns))
            first = p;
    }
    return first;
}

void explain_packets_place_fin(struct explain_packet *packets, size_t count, unsigned connection,
                               int64_t shut_ns)
{
    struct explain_packet *fin = first_fin(packets, count, connection, true);
    struct explain_packet *other = first_fin(packets, count, connection, false);

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

static int take_all(struct packets *p, const void *pcapng, size_t len)
{
    struct pcapng_reader reader;
    struct pcapng_record record;
    int rc = pcapng_read_header(&reader, pcapng, len);

    if (rc == PL_OK && !pcapng_read_offset(&reader, &p->offset_ns))
        rc = PL_EPROTO;
    while (rc >= 0 && (rc = pcapng_read_packet(&reader, &record)) > 0)
        rc = take_record(p, &record);
    return rc;
}

int explain_packets_read(struct explain_packet **out, size_t *count, const void *pcapng, size_t len,
                         struct err_text *e)
{
    struct packets p = {.count = 0};
    int rc = take_all(&p, pcapng, len);

    if (rc >= 0)
        rc = mark_again(&p);
    free(p.ids);
    if (rc < 0) {
        free(p.all);
        return err_set(e, rc == PL_ENOMEM ? rc : PL_EINVAL, "the link's capture: %s",
                       pl_strerror(rc));
    }
    set_in_order(&p);
    *out = p.all;
    *count = p.count;
    return PL_OK;
}
