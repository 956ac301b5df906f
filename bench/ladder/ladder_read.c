#include "bench/ladder/ladder_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "bench/ladder/stream_labels.h"

#define DEFAULT_MAX_NS (10 * NS_PER_S)
#define AGE_MAX_NS     (3600 * NS_PER_S)

enum { ONE_END_SHARE = 2 }; /* one packet in two without its arrival: not a capture of both ends */

struct flow {                     /* a connection */
    unsigned number;              /* in the picture; 0: no part of it */
    bool ignored;                 /* none of its steps is kept */
    bool asked;                   /* the client has sent something */
    bool encrypted;               /* TLS */
    bool established;             /* the third packet of the handshake has passed */
    struct stream_labels *labels; /* owned */
    size_t syn, request;          /* steps that wait for an answer, or WIRE_NONE */
    size_t tls_span;              /* index in spans, while it may still grow; or WIRE_NONE */
};

struct reading {
    const struct ladder_about *about;
    /* Until it is assembled: a step for each segment; spans and updates name steps by that; the
     * published_ns of updates is their envelope's t. */
    struct ladder *out;
    struct wire_dissector wire;
    const struct wire_segment *segments;
    size_t count;
    struct flow flows[LADDER_CONNECTIONS_MAX];
    size_t flow_count;
    uint32_t span_cap, update_cap;
    int rc; /* 0, or PL_ENOMEM for good */
};

/* ---- which connections ---- */

/* Does a new connection belong to the picture? One to the server's own pages is recognised by its
 * first request only: of many clients, all are taken in until one has asked for something. */
static bool wants(void *arg, uint16_t client_port)
{
    const struct reading *rd = arg;
    const struct ladder_about *about = rd->about;

    if (rd->flow_count == LADDER_CONNECTIONS_MAX)
        return false;
    for (size_t i = 0; about->client_ports != NULL && i < about->client_port_count; i++)
        if (about->client_ports[i] == client_port)
            return true;
    if (about->client_ports != NULL)
        return false;
    for (size_t i = 0; about->clients > 1 && i < rd->flow_count; i++)
        if (rd->flows[i].asked && !rd->flows[i].ignored)
            return false;
    return true;
}

static void number_flows(struct reading *rd)
{
    for (size_t i = 0; i < rd->flow_count; i++) {
        struct flow *f = &rd->flows[i];

        if (rd->out->connections == 1 && rd->about->clients > 1 && rd->about->client_ports == NULL)
            f->ignored = true;
        if (!f->ignored)
            f->number = ++rd->out->connections;
    }
}

/* When the first connection that is not ignored began. */
static int64_t begin_ns(const struct reading *rd)
{
    for (size_t i = 0; i < rd->flow_count; i++)
        if (!rd->flows[i].ignored)
            return rd->wire.connections[i].begin_ns;
    return WIRE_NEVER;
}

/* ---- spans ---- */

static void add_span(struct reading *rd, enum ladder_span_kind kind, size_t from, size_t to)
{
    struct ladder *out = rd->out;

    if (array_reserve(&out->spans, &rd->span_cap, out->span_count + 1, sizeof *out->spans) < 0)
        rd->rc = PL_ENOMEM;
    else
        out->spans[out->span_count++] = (struct ladder_span){.kind = kind, .from = from, .to = to};
}

/* Ends with the server's last message before the client has the keys. */
static void note_tls(struct reading *rd, struct flow *f, size_t i)
{
    const struct ladder_step *s = &rd->out->steps[i];

    if (s->kind != LADDER_HANDSHAKE) {
        f->tls_span = WIRE_NONE - 1; /* it is over */
    } else if (s->up && f->tls_span == WIRE_NONE) {
        f->tls_span = rd->out->span_count;
        add_span(rd, LADDER_SPAN_TLS, i, WIRE_NONE);
    } else if (!s->up && f->tls_span < rd->out->span_count) {
        rd->out->spans[f->tls_span].to = i;
    }
}

static void note_exchange(struct reading *rd, struct flow *f, const struct stream_label *label,
                          size_t i)
{
    size_t from = f->request;

    if (label->begins_request && from == WIRE_NONE)
        f->request = i;
    if (!label->answers || from == WIRE_NONE)
        return;
    f->request = WIRE_NONE;
    add_span(rd, LADDER_SPAN_EXCHANGE, from, i);
}

/* ---- what a segment is ---- */

static void note_updates(struct reading *rd, const struct stream_label *label, size_t i)
{
    struct ladder *out = rd->out;
    size_t count = label->updates < STREAM_LABEL_UPDATES ? label->updates : STREAM_LABEL_UPDATES;

    if (array_reserve(&out->updates, &rd->update_cap, out->update_count + count,
                      sizeof *out->updates) < 0) {
        rd->rc = PL_ENOMEM;
        return;
    }
    for (size_t k = 0; k < count; k++)
        out->updates[out->update_count++] = (struct ladder_update){
            .seq = label->update[k].seq, .published_ns = label->update[k].t_ns, .step = i};
}

static void name_payload(struct reading *rd, struct flow *f, size_t i)
{
    const struct wire_segment *s = &rd->segments[i];
    struct ladder_step *step = &rd->out->steps[i];
    struct stream_label label;

    stream_labels_feed(f->labels, s->up, s->payload + s->again_bytes,
                       s->payload_bytes - s->again_bytes, &label);
    /* Listed connections are wanted, whatever they request. */
    f->ignored |= label.housekeeping && rd->about->client_ports == NULL;
    f->asked |= s->up;
    f->encrypted |= label.tls;
    f->established = true;
    step->kind = label.kind;
    step->updates = label.updates;
    memcpy(step->label, label.text, sizeof step->label);
    if (label.tls)
        note_tls(rd, f, i);
    else
        note_exchange(rd, f, &label, i);
    note_updates(rd, &label, i);
}

static void append_label(struct ladder_step *s, const char *word)
{
    size_t used = strlen(s->label);

    snprintf(s->label + used, sizeof s->label - used, "%s%s", used > 0 ? " + " : "", word);
}

static void name_flags(struct reading *rd, struct flow *f, size_t i)
{
    struct ladder_step *s = &rd->out->steps[i];
    uint8_t flags = rd->segments[i].flags;

    if ((flags & PACKET_SYN) != 0) {
        s->kind = LADDER_HANDSHAKE;
        append_label(s, (flags & PACKET_ACK) != 0 ? "SYN-ACK" : "SYN");
        if (!s->up && f->syn != WIRE_NONE)
            add_span(rd, LADDER_SPAN_TCP, f->syn, i);
        f->syn = s->up ? i : WIRE_NONE;
    } else if ((flags & (PACKET_FIN | PACKET_RST)) != 0) {
        append_label(s, (flags & PACKET_RST) != 0 ? "RST" : "FIN");
        if (s->kind == LADDER_ACK)
            s->kind = LADDER_TEARDOWN;
    } else if (s->kind == LADDER_ACK && s->up && !f->established) {
        s->kind = LADDER_HANDSHAKE;
        append_label(s, "ACK");
        f->established = true;
    }
}

/* A retransmission is named like its first copy. */
static void name_repetition(struct reading *rd, size_t i)
{
    const struct wire_segment *s = &rd->segments[i];
    struct ladder_step *step = &rd->out->steps[i];
    const struct ladder_step *first;

    step->kind = LADDER_DATA;
    snprintf(step->label, sizeof step->label, "again, %u bytes", s->length);
    if (s->original == WIRE_NONE)
        return;
    first = &rd->out->steps[s->original];
    step->kind = first->kind;
    snprintf(step->label, sizeof step->label, "again: %.*s",
             (int)(sizeof step->label - sizeof "again: "), first->label);
}

static struct flow *get_flow(struct reading *rd, unsigned connection)
{
    while (rd->flow_count < connection) {
        struct flow *f = &rd->flows[rd->flow_count];

        *f = (struct flow){.syn = WIRE_NONE, .request = WIRE_NONE, .tls_span = WIRE_NONE};
        f->labels = stream_labels_new();
        if (f->labels == NULL)
            return NULL;
        rd->flow_count++;
    }
    return &rd->flows[connection - 1];
}

/* The next segment becomes a step. */
static void name_segment(struct reading *rd, size_t i)
{
    const struct wire_segment *s = &rd->segments[i];
    struct flow *f = get_flow(rd, s->connection);

    if (f == NULL) {
        rd->rc = PL_ENOMEM;
        return;
    }
    rd->out->steps[i] = (struct ladder_step){.up = s->up,
                                             .lost = s->lost,
                                             .again = s->again,
                                             .kind = LADDER_ACK,
                                             .bytes = s->ip_bytes,
                                             .oldest_age_ns = -1};
    if (s->again) {
        name_repetition(rd, i);
        return;
    }
    if (s->gap)
        stream_labels_lose(f->labels, s->up);
    if (s->payload_bytes > s->again_bytes)
        name_payload(rd, f, i);
    name_flags(rd, f, i);
}

/* ---- the ladder made of them ---- */

/* Which copy of segment i arrived first? */
static size_t first_copy(const struct reading *rd, size_t i)
{
    return rd->out->sketched ? i : rd->segments[i].first_copy;
}

/* Steps are kept when their connection is in the picture. Returns their places, by the numbers of
 * their segments; free() it. NULL: out of memory. */
static size_t *keep_steps(struct reading *rd)
{
    struct ladder *out = rd->out;
    struct ladder_step *named = out->steps;
    size_t *place = malloc((rd->count + 1) * sizeof *place);
    int64_t zero_ns = 0;

    out->steps = calloc(rd->count + 1, sizeof *out->steps);
    for (size_t k = 0; place != NULL && out->steps != NULL && k < rd->count; k++) {
        const struct wire_segment *s = &rd->segments[k];
        const struct flow *f = &rd->flows[s->connection - 1];
        struct ladder_step *step = &out->steps[out->count];
        size_t i = out->sketched ? s->id : k;

        place[i] = WIRE_NONE;
        if (f->ignored)
            continue;
        if (out->count == 0)
            zero_ns = s->sent_ns;
        place[i] = out->count++;
        *step = named[i];
        step->connection = f->number;
        step->sent_ns = s->sent_ns - zero_ns;
        step->arrived_ns = s->arrived_ns == WIRE_NEVER ? LADDER_NEVER : s->arrived_ns - zero_ns;
        step->delivered_ns =
            s->delivered_ns == WIRE_NEVER ? LADDER_NEVER : s->delivered_ns - zero_ns;
        out->encrypted |= f->encrypted;
    }
    free(named);
    return place;
}

static bool is_repeated(const struct ladder *l, size_t from, size_t to)
{
    for (size_t i = from; i < l->count && l->steps[i].sent_ns <= l->steps[to].sent_ns; i++)
        if (l->steps[i].again && l->steps[i].connection == l->steps[from].connection)
            return true;
    return l->steps[to].arrived_ns != l->steps[to].delivered_ns;
}

/* How often the client had to wait for the server: twice with TLS 1.2. */
static unsigned count_round_trips(const struct ladder *l, const struct ladder_span *span)
{
    bool up = false;
    unsigned turns = 0;

    if (span->kind != LADDER_SPAN_TLS)
        return 1;
    for (size_t i = span->from; i <= span->to; i++) {
        const struct ladder_step *s = &l->steps[i];

        if (s->connection != l->steps[span->from].connection || s->again || s->kind == LADDER_ACK)
            continue;
        turns += s->up && !up;
        up = s->up;
    }
    return turns;
}

static void keep_spans(struct reading *rd, const size_t *place)
{
    struct ladder *out = rd->out;
    size_t count = out->span_count;

    out->span_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct ladder_span s = out->spans[i];
        const struct ladder_step *from, *to;

        if (s.to == WIRE_NONE || place[s.from] == WIRE_NONE || place[s.to] == WIRE_NONE)
            continue;
        s.from = place[s.from];
        s.to = place[s.to];
        from = &out->steps[s.from];
        to = &out->steps[s.to];
        s.begin_ns = from->sent_ns;
        s.end_ns = to->delivered_ns;
        if (s.kind == LADDER_SPAN_EXCHANGE && from->delivered_ns < to->sent_ns)
            s.held_ns = to->sent_ns - from->delivered_ns;
        s.repeated = is_repeated(out, s.from, s.to);
        s.round_trips = count_round_trips(out, &s);
        out->spans[out->span_count++] = s;
    }
}

/* Since the first step; LADDER_NEVER where it is not known. The envelope's t is untrusted: any
 * number. */
static int64_t published_ns(const struct reading *rd, int64_t t_ns, const struct ladder_step *s)
{
    int64_t at_ns, age_ns;

    if (!rd->wire.monotonic || s->delivered_ns == LADDER_NEVER ||
        __builtin_sub_overflow(t_ns, begin_ns(rd), &at_ns) ||
        __builtin_sub_overflow(s->delivered_ns, at_ns, &age_ns) || age_ns < 0 ||
        age_ns >= AGE_MAX_NS)
        return LADDER_NEVER;
    return at_ns;
}

static void keep_updates(struct reading *rd, const size_t *place)
{
    struct ladder *out = rd->out;
    size_t count = out->update_count;

    out->update_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct ladder_update u = out->updates[i];
        size_t original = place[u.step], copy = place[first_copy(rd, u.step)];
        struct ladder_step *s;

        if (original == WIRE_NONE)
            continue;
        s = &out->steps[copy];
        /* A lost packet delivered nothing, but its retransmission did. */
        s->updates = out->steps[original].updates;
        s->delivered_ns = out->steps[original].delivered_ns;
        u.step = copy;
        u.published_ns = published_ns(rd, u.published_ns, s);
        if (u.published_ns != LADDER_NEVER && s->delivered_ns - u.published_ns > s->oldest_age_ns)
            s->oldest_age_ns = s->delivered_ns - u.published_ns;
        out->updates[out->update_count++] = u;
    }
    for (size_t i = 0; i < rd->count; i++)
        if (place[i] != WIRE_NONE && first_copy(rd, i) != i)
            out->steps[place[i]].updates = 0;
}

static int compare_ns(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Sets the median delay of one way, and checks that there are arrivals. */
static int find_one_way(struct ladder *out, struct err_text *e)
{
    int64_t *took_ns = calloc(out->count + 1, sizeof *took_ns);
    size_t count = 0, missing = 0;

    if (took_ns == NULL)
        return err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM));
    for (size_t i = 0; i < out->count; i++) {
        const struct ladder_step *s = &out->steps[i];

        if (s->arrived_ns != LADDER_NEVER)
            took_ns[count++] = s->arrived_ns - s->sent_ns;
        else if (!s->lost)
            missing++;
    }
    if (!out->sketched) /* else the first connection's estimate stands for all */
        qsort(took_ns, count, sizeof *took_ns, compare_ns);
    out->one_way_ns = took_ns[out->sketched ? 0 : count / 2];
    free(took_ns);
    if (out->count == 0)
        return err_set(e, PL_EINVAL, "there is no TCP connection of a client in it");
    if (missing * ONE_END_SHARE > out->count)
        return err_set(e, PL_EINVAL,
                       "most packets were captured at one end of the link only; capture at both "
                       "(pushlab-link --pcap-at both)");
    return PL_OK;
}

static int assemble(struct reading *rd, struct err_text *e)
{
    size_t *place;

    number_flows(rd);
    place = keep_steps(rd);
    if (place == NULL || rd->out->steps == NULL) {
        free(place);
        return err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM));
    }
    keep_spans(rd, place);
    keep_updates(rd, place);
    free(place);
    return find_one_way(rd->out, e);
}

/* After begin() failed, nothing but end() is due. */
static void begin(struct reading *rd, struct ladder *out, size_t max_steps)
{
    *out = (struct ladder){.steps = calloc(max_steps + 1, sizeof *out->steps)};
    rd->out = out;
    rd->rc = out->steps == NULL ? PL_ENOMEM : PL_OK;
}

/* Make the ladder, unless something failed before. rc: whether the segments could be read. */
static int end(struct reading *rd, int rc, struct err_text *e)
{
    if (rc == PL_OK && rd->rc < 0)
        rc = err_set(e, rd->rc, "%s", pl_strerror(rd->rc));
    if (rc == PL_OK)
        rc = assemble(rd, e);
    for (size_t i = 0; i < rd->flow_count; i++)
        stream_labels_free(rd->flows[i].labels);
    wire_dissector_free(&rd->wire);
    if (rc < 0)
        ladder_free(rd->out);
    return rc;
}

static int read_capture(struct reading *rd, struct err_text *e)
{
    struct wire_dissector *w = &rd->wire;
    int rc = 1;

    w->wants = wants;
    w->arg = rd;
    w->max_ns = rd->about->max_ns > 0 ? rd->about->max_ns : DEFAULT_MAX_NS;
    while (rd->rc == PL_OK && w->count < LADDER_STEPS_MAX && (rc = wire_dissector_next(w, e)) > 0) {
        size_t connection = w->segments[w->count - 1].connection - 1;

        rd->segments = w->segments;
        name_segment(rd, w->count - 1);
        w->connections[connection].ignored = rd->flows[connection].ignored;
        w->since_ns = begin_ns(rd);
    }
    wire_dissector_finish(w);
    rd->segments = w->segments;
    rd->count = w->count;
    return rc < 0 ? rc : PL_OK;
}

int ladder_read(struct ladder *out, const void *pcapng, size_t len,
                const struct ladder_about *about, struct err_text *e)
{
    struct reading rd = {.about = about};
    int rc;

    begin(&rd, out, LADDER_STEPS_MAX);
    rc = wire_dissector_begin(&rd.wire, pcapng, len, e);
    return end(&rd, rc == PL_OK ? read_capture(&rd, e) : rc, e);
}

/* ---- without a capture ---- */

static int compare_segments(const void *a, const void *b)
{
    const struct wire_segment *x = a, *y = b;

    if (x->sent_ns != y->sent_ns)
        return x->sent_ns < y->sent_ns ? -1 : 1;
    return (x->arrived_ns > y->arrived_ns) - (x->arrived_ns < y->arrived_ns);
}

int ladder_sketch(struct ladder *out, struct wire_segment *segments, size_t count,
                  struct err_text *e)
{
    static const uint16_t no_port;
    static const struct ladder_about all = {.client_ports = &no_port}; /* whatever they ask for */
    struct reading rd = {.about = &all, .segments = segments, .count = count};

    begin(&rd, out, count);
    out->sketched = true;
    for (size_t i = 0; rd.rc == PL_OK && i < count; i++) {
        segments[i].id = i;
        segments[i].delivered_ns = segments[i].arrived_ns;
        name_segment(&rd, i);
    }
    if (count > 0)
        qsort(segments, count, sizeof *segments, compare_segments);
    return end(&rd, PL_OK, e);
}
