#include "bench/link/wire_counter.h"

#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include "lib/base/err.h"

enum { FIRST_SLOTS = 1024 };

static struct wire_counter_key key_of(const struct packet *p, enum link_direction direction)
{
    bool up = direction == LINK_UP;
    struct wire_counter_key key = {
        .client_port = up ? p->source_port : p->destination_port,
        .server_port = up ? p->destination_port : p->source_port,
        .version = p->version,
    };

    memcpy(key.client, up ? p->source : p->destination, p->address_bytes);
    memcpy(key.server, up ? p->destination : p->source, p->address_bytes);
    return key;
}

/* Multiply and fold, the finisher of splitmix64 for each word. */
static uint64_t hash_key(const struct wire_counter_key *k)
{
    uint64_t words[sizeof *k / sizeof(uint64_t)], h = 0;

    memcpy(words, k, sizeof words);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        h = (h ^ words[i]) * UINT64_C(0xbf58476d1ce4e5b9);
        h ^= h >> 29;
    }
    return h;
}

/* The slot of key, or the empty slot for it: at most half of them are in use. */
static uint32_t *find_slot(const struct wire_counter *w, const struct wire_counter_key *key)
{
    uint32_t i = (uint32_t)hash_key(key) & (w->slot_count - 1);

    while (w->slots[i] != 0 && memcmp(&w->connections[w->slots[i] - 1].key, key, sizeof *key) != 0)
        i = (i + 1) & (w->slot_count - 1);
    return &w->slots[i];
}

static void fill_slots(struct wire_counter *w)
{
    memset(w->slots, 0, w->slot_count * sizeof w->slots[0]);
    for (uint32_t i = 0; i < w->count; i++)
        *find_slot(w, &w->connections[i].key) = i + 1;
}

/* Room for one more connection; slots stay at most half full. */
static bool reserve(struct wire_counter *w)
{
    struct wire_counter_connection *connections;
    uint32_t capacity = w->capacity * 2, *slots;

    if (w->count < w->capacity)
        return true;
    if (w->count >= w->limit)
        return false;
    connections = realloc(w->connections, capacity * sizeof *connections);
    if (connections == NULL)
        return false;
    w->connections = connections;
    slots = realloc(w->slots, 2 * (size_t)capacity * sizeof *slots);
    if (slots == NULL)
        return false;
    w->slots = slots;
    w->slot_count = 2 * capacity;
    w->capacity = capacity;
    fill_slots(w);
    return true;
}

int wire_counter_init(struct wire_counter *w, uint32_t max_connections, int64_t now_ns)
{
    *w = (struct wire_counter){
        .limit = max_connections, .slot_count = FIRST_SLOTS, .next_number = 1};
    w->since_ns = now_ns;
    w->capacity = FIRST_SLOTS / 2;
    w->connections = malloc(w->capacity * sizeof *w->connections);
    w->slots = calloc(w->slot_count, sizeof *w->slots);
    if (w->connections != NULL && w->slots != NULL)
        return PL_OK;
    wire_counter_free(w);
    return PL_ENOMEM;
}

void wire_counter_free(struct wire_counter *w)
{
    free(w->connections);
    free(w->slots);
    *w = (struct wire_counter){0};
}

static struct wire_counter_connection *start(struct wire_counter *w,
                                             struct wire_counter_connection *c,
                                             const struct wire_counter_key *key,
                                             enum link_direction opener, int64_t now_ns)
{
    *c = (struct wire_counter_connection){.key = *key, .opener = opener, .first_ns = now_ns};
    c->number = w->next_number++;
    w->totals.connections++;
    return c;
}

/* A SYN that isn't a repeated one, on ports used before: a new connection (RFC 9293 §3.6.1). */
static bool reopens(const struct wire_counter_connection *c, const struct packet *p,
                    enum link_direction direction)
{
    const struct wire_counter_sequence *s = &c->sequence[direction];

    if ((p->flags & (PACKET_SYN | PACKET_ACK)) != PACKET_SYN)
        return false;
    return c->closed || (s->started && s->initial != p->sequence);
}

static struct wire_counter_connection *find_or_start(struct wire_counter *w, const struct packet *p,
                                                     enum link_direction direction, int64_t now_ns)
{
    struct wire_counter_key key = key_of(p, direction);
    uint32_t *slot = find_slot(w, &key);

    if (*slot != 0) {
        struct wire_counter_connection *c = &w->connections[*slot - 1];

        return reopens(c, p, direction) ? start(w, c, &key, direction, now_ns) : c;
    }
    if (!reserve(w))
        return NULL;
    slot = find_slot(w, &key); /* the table may have moved */
    *slot = ++w->count;
    return start(w, &w->connections[w->count - 1], &key, direction, now_ns);
}

static bool sequence_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

/* Was p's first sequence number sent before? Takes note of what p sends. */
static bool note_sequence(struct wire_counter_sequence *s, const struct packet *p)
{
    uint32_t len = packet_sequence_length(p), end = p->sequence + len;
    bool again;

    if (!s->started) {
        *s = (struct wire_counter_sequence){.started = true, .initial = p->sequence, .next = end};
        return false;
    }
    again = len > 0 && sequence_before(p->sequence, s->next);
    if (sequence_before(s->next, end))
        s->next = end;
    return again;
}

static bool is_pure_ack(const struct packet *p)
{
    uint8_t others = PACKET_SYN | PACKET_FIN | PACKET_RST;

    return (p->flags & (PACKET_ACK | others)) == PACKET_ACK && p->payload_bytes == 0;
}

static void count(struct wire_counter_flow *f, const struct packet *p, bool again, bool lost)
{
    f->packets++;
    f->ip_header_bytes += p->ip_header_bytes;
    f->tcp_header_bytes += p->tcp_header_bytes;
    f->payload_bytes += p->payload_bytes;
    f->syns += (p->flags & PACKET_SYN) != 0;
    f->fins += (p->flags & PACKET_FIN) != 0;
    f->rsts += (p->flags & PACKET_RST) != 0;
    if (is_pure_ack(p)) {
        f->pure_acks++;
        f->pure_ack_bytes += p->total_bytes;
    }
    f->retransmissions += again;
    f->retransmitted_bytes += again ? p->payload_bytes : 0;
    f->lost += lost;
}

/* The third step of the handshake: the opener acknowledges the other side's SYN. */
static bool completes_handshake(const struct wire_counter_connection *c, const struct packet *p,
                                enum link_direction direction)
{
    const struct wire_counter_sequence *own = &c->sequence[direction],
                                       *peer = &c->sequence[!direction];

    return !c->established && direction == c->opener && (p->flags & PACKET_ACK) != 0 &&
           (p->flags & (PACKET_SYN | PACKET_RST)) == 0 && c->flow[direction].syns > 0 &&
           c->flow[!direction].syns > 0 && own->started && peer->started &&
           !sequence_before(p->acknowledgment, peer->initial + 1);
}

static void follow_state(struct wire_counter *w, struct wire_counter_connection *c,
                         const struct packet *p, enum link_direction direction)
{
    if (completes_handshake(c, p, direction)) {
        c->established = true;
        w->totals.handshakes++;
    }
    if ((p->flags & PACKET_FIN) != 0)
        c->fin_seen[direction] = true;
    if ((p->flags & PACKET_RST) != 0 || (c->fin_seen[LINK_UP] && c->fin_seen[LINK_DOWN]))
        c->closed = true;
}

static void count_other(struct wire_counter_other *o, size_t len)
{
    o->packets++;
    o->bytes += len;
}

static struct wire_counter_sighting see_tcp(struct wire_counter *w, const struct packet *p,
                                            enum link_direction direction, bool lost,
                                            int64_t now_ns)
{
    struct wire_counter_connection *c = find_or_start(w, p, direction, now_ns);
    struct wire_counter_sighting sighting = {0};
    bool again;

    if (c == NULL) {
        count_other(&w->totals.untracked[direction], p->total_bytes);
        return sighting;
    }
    again = note_sequence(&c->sequence[direction], p);
    if (c->stale) {
        count_other(&w->totals.stale[direction], p->total_bytes);
        return sighting;
    }
    sighting.connection = c->number;
    sighting.first = c->flow[LINK_UP].packets + c->flow[LINK_DOWN].packets == 0;
    sighting.first_kept = !lost && !c->kept;
    count(&c->flow[direction], p, again, lost);
    count(&w->totals.flow[direction], p, again, lost);
    if (now_ns >= w->window.start_ns && now_ns < w->window.end_ns)
        count(&w->window.flow[direction], p, again, lost);
    if (again && (p->flags & PACKET_SYN) != 0)
        w->totals.syn_retransmissions++;
    c->last_ns = now_ns;
    if (!lost) {
        c->kept = true;
        follow_state(w, c, p, direction);
    }
    return sighting;
}

struct wire_counter_sighting wire_counter_see(struct wire_counter *w, const struct packet *p,
                                              size_t len, enum link_direction direction, bool lost,
                                              int64_t now_ns)
{
    struct wire_counter_sighting none = {0};

    if (p == NULL) {
        count_other(&w->totals.malformed[direction], len);
        return none;
    }
    if (p->kind == PACKET_TCP)
        return see_tcp(w, p, direction, lost, now_ns);
    count_other(p->kind == PACKET_FRAGMENT ? &w->totals.fragments[direction]
                                           : &w->totals.other[direction],
                p->total_bytes);
    return none;
}

void wire_counter_set_window(struct wire_counter *w, int64_t start_ns, int64_t end_ns)
{
    w->window = (struct wire_counter_window){.start_ns = start_ns, .end_ns = end_ns};
}

void wire_counter_reset(struct wire_counter *w, int64_t now_ns)
{
    uint32_t kept = 0;

    /* Those that were stale already are forgotten: their last packets have passed. */
    for (uint32_t i = 0; i < w->count; i++) {
        if (w->connections[i].stale)
            continue;
        w->connections[kept] = w->connections[i];
        w->connections[kept++].stale = true;
    }
    w->count = kept;
    fill_slots(w);
    w->totals = (struct wire_counter_totals){0};
    w->window = (struct wire_counter_window){0};
    w->next_number = 1;
    w->since_ns = now_ns;
}

/* ---- as JSON ---- */

static unsigned long long ull(uint64_t n)
{
    return n;
}

static void write_flow(struct writer *out, const char *name, const struct wire_counter_flow *f)
{
    writer_printf(
        out,
        "\"%s\":{\"packets\":%llu,\"bytes\":%llu,\"ip_header_bytes\":%llu,"
        "\"tcp_header_bytes\":%llu,\"payload_bytes\":%llu,\"syns\":%llu,\"fins\":%llu,"
        "\"rsts\":%llu,\"pure_acks\":%llu,\"pure_ack_bytes\":%llu,\"retransmissions\":%llu,"
        "\"retransmitted_bytes\":%llu,\"lost\":%llu}",
        name, ull(f->packets), ull(f->ip_header_bytes + f->tcp_header_bytes + f->payload_bytes),
        ull(f->ip_header_bytes), ull(f->tcp_header_bytes), ull(f->payload_bytes), ull(f->syns),
        ull(f->fins), ull(f->rsts), ull(f->pure_acks), ull(f->pure_ack_bytes),
        ull(f->retransmissions), ull(f->retransmitted_bytes), ull(f->lost));
}

static void write_flows(struct writer *out, const struct wire_counter_flow f[LINK_DIRECTIONS])
{
    write_flow(out, "up", &f[LINK_UP]);
    writer_puts(out, ",");
    write_flow(out, "down", &f[LINK_DOWN]);
}

static void write_other(struct writer *out, const char *name, const struct wire_counter_other *o)
{
    writer_printf(out,
                  ",\"%s\":{\"up\":{\"packets\":%llu,\"bytes\":%llu},"
                  "\"down\":{\"packets\":%llu,\"bytes\":%llu}}",
                  name, ull(o[LINK_UP].packets), ull(o[LINK_UP].bytes), ull(o[LINK_DOWN].packets),
                  ull(o[LINK_DOWN].bytes));
}

static void write_end(struct writer *out, const char *name, const uint8_t address[16],
                      unsigned port, bool ipv6)
{
    char text[INET6_ADDRSTRLEN] = "";

    inet_ntop(ipv6 ? AF_INET6 : AF_INET, address, text, sizeof text);
    writer_printf(out, ipv6 ? "\"%s\":\"[%s]:%u\"," : "\"%s\":\"%s:%u\",", name, text, port);
}

static void write_connection(struct writer *out, const struct wire_counter_connection *c)
{
    bool ipv6 = c->key.version == 6;

    writer_printf(out, "{\"number\":%u,", c->number);
    write_end(out, "client", c->key.client, c->key.client_port, ipv6);
    write_end(out, "server", c->key.server, c->key.server_port, ipv6);
    writer_printf(out,
                  "\"opened_by\":\"%s\",\"established\":%s,\"closed\":%s,\"first_ns\":%lld,"
                  "\"last_ns\":%lld,",
                  c->opener == LINK_UP ? "client" : "server", c->established ? "true" : "false",
                  c->closed ? "true" : "false", (long long)c->first_ns, (long long)c->last_ns);
    write_flows(out, c->flow);
    writer_puts(out, "}");
}

static void write_list(const struct wire_counter *w, struct writer *out, uint32_t max_connections)
{
    uint32_t written = 0;

    writer_puts(out, ",\"list\":[");
    for (uint32_t i = 0; i < w->count && written < max_connections; i++) {
        if (w->connections[i].stale)
            continue;
        writer_puts(out, written++ > 0 ? "," : "");
        write_connection(out, &w->connections[i]);
    }
    writer_puts(out, "]");
}

void wire_counter_json(const struct wire_counter *w, struct writer *out, uint32_t max_connections)
{
    const struct wire_counter_totals *t = &w->totals;

    writer_printf(out, "\"connections\":%llu,\"handshakes\":%llu,\"syn_retransmissions\":%llu,",
                  ull(t->connections), ull(t->handshakes), ull(t->syn_retransmissions));
    write_flows(out, t->flow);
    writer_printf(out, ",\"window\":{\"start_ns\":%lld,\"end_ns\":%lld,",
                  (long long)w->window.start_ns, (long long)w->window.end_ns);
    write_flows(out, w->window.flow);
    writer_puts(out, "}");
    write_other(out, "stale", t->stale);
    write_other(out, "other", t->other);
    write_other(out, "fragments", t->fragments);
    write_other(out, "malformed", t->malformed);
    write_other(out, "untracked", t->untracked);
    if (max_connections > 0)
        write_list(w, out, max_connections);
}
