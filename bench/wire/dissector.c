#include "bench/wire/dissector.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/clock.h"

enum { TCP_HEADER_BYTES = 20, PORTS = UINT16_MAX + 1 };
enum { OPTION_END = 0, OPTION_NOTHING = 1, OPTION_MSS = 2, OPTION_WINDOW = 3, OPTION_SACK = 4 };
enum { OPTION_TIMESTAMPS = 8 };

/* Bounds on searches, for captures that are made to be slow. */
enum { SAME_PORT_MAX = 16, LOOK_BACK_MAX = 4096 };

#define ARRIVALS_MAX_NS (10 * NS_PER_S) /* after the last departure of interest */

/* ---- connections ---- */

static struct wire_connection key_of(const struct packet *p, bool up)
{
    struct wire_connection key = {.version = p->version};

    memcpy(key.addresses, up ? p->source : p->destination, p->address_bytes);
    memcpy(key.addresses + 16, up ? p->destination : p->source, p->address_bytes);
    key.client_port = up ? p->source_port : p->destination_port;
    key.server_port = up ? p->destination_port : p->source_port;
    return key;
}

static bool same_key(const struct wire_connection *a, const struct wire_connection *b)
{
    return a->version == b->version && a->server_port == b->server_port &&
           memcmp(a->addresses, b->addresses, sizeof a->addresses) == 0;
}

/* A port may be used again: a SYN with another sequence number begins a new connection. */
static bool reopens(const struct wire_connection *c, const struct packet *p, bool up)
{
    return up && (p->flags & PACKET_SYN) != 0 && c->side[true].known &&
           p->sequence != c->side[true].first;
}

/* *out: its index, or WIRE_NONE when it is of no interest. 0 or PL_ENOMEM. */
static int find_connection(struct wire_dissector *d, size_t *out, const struct packet *p, bool up,
                           int64_t at_ns)
{
    const struct wire_connection key = key_of(p, up);
    size_t i = d->newest[key.client_port];

    for (int tries = 0; i != WIRE_NONE && tries < SAME_PORT_MAX; tries++) {
        const struct wire_connection *c = &d->connections[i];

        if (same_key(c, &key) && !reopens(c, p, up)) {
            *out = c->ignored ? WIRE_NONE : i;
            return PL_OK;
        }
        i = c->older;
    }
    *out = WIRE_NONE;
    if (d->wants != NULL && !d->wants(d->arg, key.client_port))
        return PL_OK;
    if (array_reserve(&d->connections, &d->connection_cap, d->connection_count + 1,
                      sizeof *d->connections) < 0)
        return PL_ENOMEM;
    *out = d->connection_count++;
    d->connections[*out] = key;
    d->connections[*out].begin_ns = at_ns;
    d->connections[*out].older = d->newest[key.client_port];
    d->newest[key.client_port] = *out;
    return PL_OK;
}

/* ---- segments ---- */

/* The options of a SYN, each with its length (RFC 9293 §3.1). */
static void read_options(struct wire_segment *out, const uint8_t *at, const uint8_t *end)
{
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

/* Was it sent before? sequence is the number on the wire. Numbers are compared modulo 2^32 (RFC
 * 9293 §3.4). */
static void judge(struct wire_side *side, struct wire_segment *s, uint32_t sequence)
{
    uint32_t end = sequence + s->length;
    int32_t old = (int32_t)(side->next - sequence);

    if (!side->known || ((s->flags & PACKET_SYN) != 0 && sequence != side->first)) {
        *side = (struct wire_side){true, sequence, end, INT64_MIN};
    } else {
        s->gap = old < 0;
        s->again = s->length > 0 && (int32_t)(end - side->next) <= 0;
        if (old > 0)
            s->again_bytes = (uint32_t)old < s->payload_bytes ? (uint32_t)old : s->payload_bytes;
        if (s->length > 0 && !s->again)
            side->next = end;
    }
    s->first_sequence = side->first;
    s->sequence = sequence - side->first;
}

static bool is_lost(const struct pcapng_record *r)
{
    static const char dropped[] = "dropped by the link"; /* bench/link/capture.c */

    for (int i = 0; i < PCAPNG_COMMENTS; i++)
        if (r->comments[i].len >= sizeof dropped - 1 &&
            memcmp(r->comments[i].at, dropped, sizeof dropped - 1) == 0)
            return true;
    return false;
}

static struct wire_segment describe(struct wire_connection *c, const struct packet *p,
                                    const struct pcapng_record *r, bool up)
{
    const uint8_t *tcp = r->data + p->ip_header_bytes;
    struct wire_segment s = {
        .up = up,
        .lost = is_lost(r),
        .flags = p->flags,
        .client_port = c->client_port,
        .length = packet_sequence_length(p),
        .payload = p->payload,
        .payload_bytes = p->payload_bytes,
        .ip_bytes = p->total_bytes,
        .arrived_ns = WIRE_NEVER,
        .delivered_ns = WIRE_NEVER,
        .original = WIRE_NONE,
        .id = r->id,
        .window_shift = -1,
    };

    judge(&c->side[up], &s, p->sequence);
    if ((p->flags & PACKET_ACK) != 0)
        s.acknowledgment = p->acknowledgment - c->side[!up].first;
    if ((p->flags & PACKET_SYN) != 0)
        read_options(&s, tcp + TCP_HEADER_BYTES, tcp + p->tcp_header_bytes);
    return s;
}

/* The first copy of a retransmission, which is to be segment i. */
static size_t find_original(const struct wire_dissector *d, const struct wire_segment *again,
                            size_t i)
{
    size_t end = i > LOOK_BACK_MAX ? i - LOOK_BACK_MAX : 0;

    for (; i > end; i--) {
        const struct wire_segment *s = &d->segments[i - 1];

        if (s->connection == again->connection && s->up == again->up && !s->again &&
            s->length > 0 && s->sequence == again->sequence)
            return i - 1;
    }
    return WIRE_NONE;
}

/* 1; 0: it is of no interest; PL_EPROTO: it is earlier than the one before; PL_ENOMEM. */
static int depart(struct wire_dissector *d, const struct packet *p, const struct pcapng_record *r,
                  int64_t at_ns)
{
    bool up = r->interface == PCAPNG_CLIENT;
    struct wire_segment *s;
    size_t i = WIRE_NONE;

    if (d->count > 0 && at_ns < d->segments[d->count - 1].sent_ns)
        return PL_EPROTO;
    if (array_reserve(&d->segments, &d->cap, d->count + 1, sizeof *d->segments) < 0 ||
        find_connection(d, &i, p, up, at_ns) < 0)
        return PL_ENOMEM;
    if (i == WIRE_NONE)
        return 0;
    s = &d->segments[d->count];
    *s = describe(&d->connections[i], p, r, up);
    s->connection = (unsigned)i + 1;
    s->sent_ns = at_ns;
    if (s->again)
        s->original = find_original(d, s, d->count);
    s->first_copy = d->count++;
    return 1;
}

/* The link numbers packets in the order in which they depart. */
static void arrive(struct wire_dissector *d, uint64_t id, int64_t at_ns)
{
    size_t low = 0, high = d->count;
    struct wire_segment *s;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (d->segments[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    s = &d->segments[low];
    if (low < d->count && s->id == id && !s->lost && s->arrived_ns == WIRE_NEVER &&
        at_ns >= s->sent_ns)
        s->arrived_ns = at_ns;
}

/* ---- the capture ---- */

static int refuse(const struct wire_dissector *d, int rc, struct err_text *e)
{
    if (rc == PL_EPROTO)
        return err_set(e, PL_EINVAL, "not a capture of pushlab's: %s (at byte %zu)",
                       d->reader.error, d->reader.at);
    if (rc == PL_EOF)
        return err_set(e, PL_EINVAL, "not a capture of pushlab's: it ends before its first packet");
    return err_set(e, rc, "%s", pl_strerror(rc));
}

int wire_dissector_begin(struct wire_dissector *d, const void *pcapng, size_t len,
                         struct err_text *e)
{
    int rc;

    *d = (struct wire_dissector){.since_ns = WIRE_NEVER, .max_ns = WIRE_NEVER};
    d->newest = malloc(PORTS * sizeof *d->newest);
    if (d->newest == NULL)
        return refuse(d, PL_ENOMEM, e);
    for (size_t i = 0; i < PORTS; i++)
        d->newest[i] = WIRE_NONE;
    rc = pcapng_read_header(&d->reader, pcapng, len);
    if (rc < 0)
        return refuse(d, rc, e);
    d->monotonic = pcapng_read_offset(&d->reader, &d->offset_ns);
    if (!d->monotonic)
        d->offset_ns = 0;
    return PL_OK;
}

int wire_dissector_next(struct wire_dissector *d, struct err_text *e)
{
    struct pcapng_record r;
    struct packet p;
    int rc;

    while ((rc = pcapng_read_packet(&d->reader, &r)) > 0) {
        int64_t at_ns = r.unix_ns - d->offset_ns;
        int64_t passed_ns = d->since_ns == WIRE_NEVER ? 0 : at_ns - d->since_ns;

        if (d->max_ns < WIRE_NEVER - ARRIVALS_MAX_NS && passed_ns > d->max_ns + ARRIVALS_MAX_NS)
            return 0;
        if (packet_parse(&p, r.data, r.len) < 0 || p.kind != PACKET_TCP)
            continue;
        if (!r.outbound) {
            arrive(d, r.id, at_ns);
            continue;
        }
        rc = passed_ns <= d->max_ns ? depart(d, &p, &r, at_ns) : 0;
        if (rc == PL_EPROTO)
            return err_set(e, PL_EINVAL, "its packets are not in order of time (at byte %zu)",
                           d->reader.at);
        if (rc != 0)
            return rc > 0 ? rc : refuse(d, rc, e);
    }
    return rc == 0 || rc == PL_EOF ? 0 : refuse(d, rc, e);
}

void wire_dissector_finish(struct wire_dissector *d)
{
    for (size_t i = 0; i < d->count; i++) {
        const struct wire_segment *s = &d->segments[i];
        size_t *first = s->original == WIRE_NONE ? NULL : &d->segments[s->original].first_copy;

        if (first != NULL && s->arrived_ns < d->segments[*first].arrived_ns)
            *first = i;
    }
    /* TCP delivers bytes in order: what follows a lost segment waits for its retransmission. */
    for (size_t i = 0; i < d->count; i++) {
        struct wire_segment *s = &d->segments[i];
        int64_t *before_ns = &d->connections[s->connection - 1].side[s->up].delivered_ns;
        int64_t arrived_ns = d->segments[s->first_copy].arrived_ns;

        s->delivered_ns = s->arrived_ns;
        if (s->length == 0 || s->again)
            continue;
        if (arrived_ns > *before_ns)
            *before_ns = arrived_ns;
        s->delivered_ns = *before_ns;
    }
}

void wire_dissector_free(struct wire_dissector *d)
{
    free(d->segments);
    free(d->connections);
    free(d->newest);
    *d = (struct wire_dissector){.count = 0};
}

int64_t wire_segment_client_ns(const struct wire_segment *s)
{
    return s->up || s->arrived_ns == WIRE_NEVER ? s->sent_ns : s->arrived_ns;
}

bool wire_segment_is_ack(const struct wire_segment *s)
{
    return s->payload_bytes == 0 && (s->flags & (PACKET_SYN | PACKET_FIN | PACKET_RST)) == 0;
}
