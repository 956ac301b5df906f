#include "bench/ladder/ladder_flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int ladder_flows_init(struct ladder_flows *f, const struct ladder_about *about)
{
    *f = (struct ladder_flows){.about = about};
    f->seen = calloc(LADDER_STEPS_MAX, sizeof *f->seen);
    f->flows = calloc(LADDER_CONNECTIONS_MAX, sizeof *f->flows);
    if (f->seen != NULL && f->flows != NULL)
        return PL_OK;
    ladder_flows_free(f);
    return PL_ENOMEM;
}

void ladder_flows_free(struct ladder_flows *f)
{
    for (size_t i = 0; i < f->flow_count; i++)
        stream_labels_free(f->flows[i].talk);
    free(f->seen);
    free(f->flows);
    buf_free(&f->spans);
    buf_free(&f->updates);
    *f = (struct ladder_flows){.about = NULL};
}

int64_t ladder_flows_begin_ns(const struct ladder_flows *f)
{
    for (size_t i = 0; i < f->flow_count; i++)
        if (!f->flows[i].ignored)
            return f->flows[i].begin_ns;
    return LADDER_NEVER;
}

/* ---- which connections ---- */

static struct ladder_flow key_of(const struct packet *p, bool up)
{
    struct ladder_flow key = {.version = p->version, .syn = LADDER_NONE};

    memcpy(key.addresses, up ? p->source : p->destination, p->address_bytes);
    memcpy(key.addresses + 16, up ? p->destination : p->source, p->address_bytes);
    key.client_port = up ? p->source_port : p->destination_port;
    key.server_port = up ? p->destination_port : p->source_port;
    return key;
}

static bool same_key(const struct ladder_flow *a, const struct ladder_flow *b)
{
    return a->version == b->version && a->client_port == b->client_port &&
           a->server_port == b->server_port &&
           memcmp(a->addresses, b->addresses, sizeof a->addresses) == 0;
}

static bool has_listed_port(const struct ladder_about *about, uint16_t client_port)
{
    for (size_t i = 0; i < about->client_port_count; i++)
        if (about->client_ports[i] == client_port)
            return true;
    return false;
}

/* Does a new connection belong to the picture? One for the server's own pages shows itself only
 * by its first request: of many clients, all are taken in until one has asked for something. */
static bool is_wanted(const struct ladder_flows *f, uint16_t client_port)
{
    if (f->about->client_ports != NULL)
        return has_listed_port(f->about, client_port);
    for (size_t i = 0; f->about->clients > 1 && i < f->flow_count; i++)
        if (f->flows[i].asked && !f->flows[i].ignored)
            return false;
    return true;
}

unsigned ladder_flows_number(struct ladder_flows *f)
{
    unsigned count = 0;

    for (size_t i = 0; i < f->flow_count; i++) {
        if (count == 1 && f->about->clients > 1 && f->about->client_ports == NULL)
            f->flows[i].ignored = true;
        if (!f->flows[i].ignored)
            f->flows[i].number = ++count;
    }
    return count;
}

/* A port may be used again: a first copy of a SYN with another number begins a connection. */
static bool reopens(const struct ladder_flow *flow, const struct packet *p, bool up)
{
    return up && (p->flags & PACKET_SYN) != 0 && flow->side[true].synced &&
           p->sequence + 1 != flow->side[true].next && flow->established;
}

/* The packet's connection; *out NULL when it is of no interest. 0 or PL_ENOMEM. */
static int find_flow(struct ladder_flows *f, struct ladder_flow **out, const struct packet *p,
                     bool up, int64_t unix_ns)
{
    struct ladder_flow key = key_of(p, up);

    for (size_t i = f->flow_count; i > 0; i--) {
        struct ladder_flow *flow = &f->flows[i - 1];

        if (same_key(flow, &key) && !reopens(flow, p, up)) {
            *out = flow->ignored ? NULL : flow;
            return PL_OK;
        }
    }
    *out = NULL;
    if (!is_wanted(f, key.client_port) || f->flow_count == LADDER_CONNECTIONS_MAX)
        return PL_OK;
    key.talk = stream_labels_new();
    if (key.talk == NULL)
        return PL_ENOMEM;
    key.begin_ns = unix_ns;
    key.request = key.tls_span = LADDER_NONE;
    f->flows[f->flow_count] = key;
    *out = &f->flows[f->flow_count++];
    return PL_OK;
}

/* ---- spans ---- */

static int add_span(struct ladder_flows *f, enum ladder_span_kind kind, size_t from, size_t to)
{
    struct ladder_span span = {.kind = kind, .from = from, .to = to};

    return buf_add(&f->spans, &span, sizeof span);
}

/* Ends with the last the server has to say before the client has the keys. */
static int note_tls(struct ladder_flows *f, struct ladder_flow *flow, const struct ladder_step *s,
                    size_t i)
{
    struct ladder_span *spans = (struct ladder_span *)(void *)f->spans.data;

    if (s->kind != LADDER_HANDSHAKE) {
        flow->tls_span = f->spans.len; /* beyond all: it is over */
        return PL_OK;
    }
    if (s->up && flow->tls_span == LADDER_NONE) {
        flow->tls_span = f->spans.len / sizeof *spans;
        return add_span(f, LADDER_SPAN_TLS, i, LADDER_NONE);
    }
    if (!s->up && flow->tls_span < f->spans.len / sizeof *spans)
        spans[flow->tls_span].to = i;
    return PL_OK;
}

static int note_exchange(struct ladder_flows *f, struct ladder_flow *flow,
                         const struct ladder_said *said, size_t i)
{
    size_t from = flow->request;

    if (said->begins_request && from == LADDER_NONE)
        flow->request = i;
    if (!said->answers || from == LADDER_NONE)
        return PL_OK;
    flow->request = LADDER_NONE;
    return add_span(f, LADDER_SPAN_EXCHANGE, from, i);
}

/* ---- what a packet is ---- */

static int note_updates(struct ladder_flows *f, const struct ladder_said *said, size_t i)
{
    for (unsigned k = 0; k < said->updates && k < LADDER_SAID_UPDATES; k++) {
        struct ladder_update u = {
            .seq = said->update[k].seq, .published_ns = said->update[k].t_ns, .step = i};

        if (buf_add(&f->updates, &u, sizeof u) < 0)
            return PL_ENOMEM;
    }
    return PL_OK;
}

static int name_payload(struct ladder_flows *f, struct ladder_flow *flow, struct ladder_seen *s,
                        const uint8_t *data, size_t len)
{
    size_t i = (size_t)(s - f->seen);
    struct ladder_said said;
    int rc;

    stream_labels_feed(flow->talk, s->step.up, data, len, &said);
    /* Who names the connections means them, whatever they ask for. */
    flow->ignored |= said.housekeeping && f->about->client_ports == NULL;
    flow->asked |= s->step.up;
    flow->encrypted |= said.tls;
    flow->established = true;
    s->step.kind = said.kind;
    s->step.updates = said.updates;
    s->step.answers = said.answers;
    s->step.empty = said.answers && said.empty;
    memcpy(s->step.label, said.text, sizeof s->step.label);
    rc = said.tls ? note_tls(f, flow, &s->step, i) : note_exchange(f, flow, &said, i);
    return rc == PL_OK ? note_updates(f, &said, i) : rc;
}

static void name_repetition(struct ladder_flows *f, struct ladder_seen *s)
{
    size_t i = (size_t)(s - f->seen);
    const struct ladder_seen *first;

    s->step.again = true;
    while (i-- > 0) {
        first = &f->seen[i];
        if (first->flow == s->flow && first->step.up == s->step.up && first->length > 0 &&
            first->original == LADDER_NONE && first->sequence == s->sequence)
            break;
    }
    s->step.kind = LADDER_DATA;
    snprintf(s->step.label, sizeof s->step.label, "again, %u bytes", s->length);
    if (i == SIZE_MAX)
        return;
    s->original = i;
    s->step.kind = first->step.kind;
    snprintf(s->step.label, sizeof s->step.label, "again: %.*s",
             (int)(sizeof s->step.label - sizeof "again: "), first->step.label);
}

static void append_label(struct ladder_step *s, const char *word)
{
    size_t used = strlen(s->label);

    snprintf(s->label + used, sizeof s->label - used, "%s%s", used > 0 ? " + " : "", word);
}

static int name_flags(struct ladder_flows *f, struct ladder_flow *flow, struct ladder_seen *s,
                      uint8_t flags)
{
    size_t i = (size_t)(s - f->seen), syn = flow->syn;

    if ((flags & PACKET_SYN) != 0) {
        s->step.kind = LADDER_HANDSHAKE;
        append_label(&s->step, (flags & PACKET_ACK) != 0 ? "SYN-ACK" : "SYN");
        if (s->step.up)
            flow->syn = i;
        if (s->step.up || syn == LADDER_NONE)
            return PL_OK;
        flow->syn = LADDER_NONE;
        return add_span(f, LADDER_SPAN_TCP, syn, i);
    }
    if ((flags & (PACKET_FIN | PACKET_RST)) != 0) {
        append_label(&s->step, (flags & PACKET_RST) != 0 ? "RST" : "FIN");
        if (s->step.kind == LADDER_ACK)
            s->step.kind = LADDER_TEARDOWN;
    } else if (s->step.kind == LADDER_ACK && s->step.up && !flow->established) {
        s->step.kind = LADDER_HANDSHAKE;
        append_label(&s->step, "ACK");
        flow->established = true;
    }
    return PL_OK;
}

/* How many bytes of the payload were sent before. */
static uint32_t repeated_bytes(const struct ladder_side *side, const struct packet *p)
{
    uint32_t old = side->next - p->sequence;

    if (!side->synced || (int32_t)old <= 0)
        return 0;
    return old < p->payload_bytes ? old : p->payload_bytes;
}

static int name_packet(struct ladder_flows *f, struct ladder_flow *flow, struct ladder_seen *s,
                       const struct packet *p)
{
    struct ladder_side *side = &flow->side[s->step.up];
    uint32_t old = repeated_bytes(side, p), end = p->sequence + s->length;
    int rc;

    if (s->length > 0 && side->synced && (int32_t)(end - side->next) <= 0) {
        name_repetition(f, s);
        return PL_OK;
    }
    if (side->synced && (int32_t)(p->sequence - side->next) > 0)
        stream_labels_lose(flow->talk, s->step.up);
    if (s->length > 0 || !side->synced)
        side->next = end;
    side->synced = true;
    if (p->payload_bytes > old) {
        rc = name_payload(f, flow, s, p->payload + old, p->payload_bytes - old);
        if (rc < 0)
            return rc;
    }
    return name_flags(f, flow, s, p->flags);
}

int ladder_flows_sent(struct ladder_flows *f, const struct packet *p, bool up, bool lost,
                      uint64_t id, int64_t unix_ns)
{
    struct ladder_seen *s = &f->seen[f->seen_count];
    struct ladder_flow *flow;
    int rc;

    if (f->seen_count == LADDER_STEPS_MAX)
        return 0;
    if (f->seen_count > 0 && unix_ns < s[-1].step.sent_ns)
        return PL_EPROTO;
    rc = find_flow(f, &flow, p, up, unix_ns);
    if (rc < 0 || flow == NULL)
        return rc < 0 ? rc : 1;
    *s = (struct ladder_seen){.id = id,
                              .sequence = p->sequence,
                              .length = packet_sequence_length(p),
                              .flow = (size_t)(flow - f->flows),
                              .original = LADDER_NONE};
    s->step = (struct ladder_step){.up = up,
                                   .lost = lost,
                                   .kind = LADDER_ACK,
                                   .sent_ns = unix_ns,
                                   .arrived_ns = LADDER_NEVER,
                                   .bytes = p->total_bytes,
                                   .oldest_age_ns = -1};
    rc = name_packet(f, flow, s, p);
    f->seen_count++;
    return rc < 0 ? rc : 1;
}

/* The youngest packets are the ones in flight. */
void ladder_flows_arrived(struct ladder_flows *f, uint64_t id, int64_t unix_ns)
{
    for (size_t i = f->seen_count; i > 0; i--) {
        struct ladder_step *s = &f->seen[i - 1].step;

        if (f->seen[i - 1].id != id)
            continue;
        if (!s->lost && s->arrived_ns == LADDER_NEVER && unix_ns >= s->sent_ns)
            s->arrived_ns = unix_ns;
        return;
    }
}
