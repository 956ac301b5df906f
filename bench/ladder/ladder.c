#include "bench/ladder/ladder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "bench/ladder/ladder_flow.h"
#include "bench/wire/pcapng_read.h"

#define DEFAULT_MAX_NS (10 * NS_PER_S)
#define ARRIVAL_MAX_NS                                                                             \
    (10 * NS_PER_S) /* how long after the last departure arrivals are looked for */
#define AGE_MAX_NS (3600 * NS_PER_S)
#define NO_OFFSET  INT64_MAX

enum { ONE_END_SHARE = 2 }; /* one packet in two without its other end: not a capture of both */

struct reading {
    const struct ladder_about *about;
    struct ladder_flows flows;
    int64_t offset_ns; /* Unix time - CLOCK_MONOTONIC, NO_OFFSET: not known */
    int64_t max_ns;
};

/* ---- packets in ---- */

static bool is_lost(const struct pcapng_record *r)
{
    static const char dropped[] = "dropped by the link";

    for (int i = 0; i < PCAPNG_COMMENTS; i++)
        if (r->comments[i].len >= sizeof dropped - 1 &&
            memcmp(r->comments[i].at, dropped, sizeof dropped - 1) == 0)
            return true;
    return false;
}

/* 1: go on; 0: nothing that comes later matters; negative: failed. */
static int take_record(struct reading *rd, const struct pcapng_record *r)
{
    bool up = (r->interface == PCAPNG_CLIENT) == r->outbound;
    int64_t begin_ns = ladder_flows_begin_ns(&rd->flows);
    int64_t passed_ns = begin_ns == LADDER_NEVER ? 0 : r->unix_ns - begin_ns;
    struct packet p;

    if (passed_ns > rd->max_ns + ARRIVAL_MAX_NS)
        return 0;
    if (packet_parse(&p, r->data, r->len) < 0 || p.kind != PACKET_TCP)
        return 1;
    if (!r->outbound)
        ladder_flows_arrived(&rd->flows, r->id, r->unix_ns);
    else if (passed_ns <= rd->max_ns)
        return ladder_flows_sent(&rd->flows, &p, up, is_lost(r), r->id, r->unix_ns);
    return 1;
}

static int refuse(const struct pcapng_reader *r, int rc, struct err_text *e)
{
    if (rc == PL_EPROTO)
        return err_set(e, PL_EINVAL, "not a capture of pushlab's: %s (at byte %zu)", r->error,
                       r->at);
    if (rc == PL_EOF)
        return err_set(e, PL_EINVAL, "not a capture of pushlab's: it ends before its first packet");
    return err_set(e, rc, "%s", pl_strerror(rc));
}

static int take_capture(struct reading *rd, const void *pcapng, size_t len, struct err_text *e)
{
    struct pcapng_reader reader;
    struct pcapng_record record;
    int rc = pcapng_read_header(&reader, pcapng, len);

    if (rc < 0)
        return refuse(&reader, rc, e);
    if (!pcapng_read_offset(&reader, &rd->offset_ns))
        rd->offset_ns = NO_OFFSET;
    while ((rc = pcapng_read_packet(&reader, &record)) > 0) {
        rc = take_record(rd, &record);
        if (rc == PL_EPROTO)
            return err_set(e, PL_EINVAL, "its packets are not in order of time (at byte %zu)",
                           reader.at);
        if (rc < 0)
            return err_set(e, rc, "%s", pl_strerror(rc));
        if (rc == 0)
            return PL_OK;
    }
    /* A capture that was cut short is good up to there. */
    return rc == 0 || rc == PL_EOF ? PL_OK : refuse(&reader, rc, e);
}

/* ---- the whole made of them ---- */

/* The copy of packet i that arrived first: itself or a retransmission. i when none did. */
static size_t first_copy(const struct ladder_seen *seen, size_t count, size_t i)
{
    size_t best = i;

    for (size_t j = i + 1; j < count; j++)
        if (seen[j].original == i && seen[j].step.arrived_ns < seen[best].step.arrived_ns)
            best = j;
    return best;
}

/* TCP hands bytes on in order: what comes after a hole waits until it is filled. */
static void find_deliveries(struct ladder_flows *f)
{
    for (size_t i = 0; i < f->seen_count; i++) {
        struct ladder_seen *s = &f->seen[i];
        int64_t *behind_ns = &f->flows[s->flow].side[s->step.up].delivered_ns;
        int64_t arrived_ns = f->seen[first_copy(f->seen, f->seen_count, i)].step.arrived_ns;

        s->step.delivered_ns = s->step.arrived_ns;
        if (s->length == 0 || s->original != LADDER_NONE)
            continue;
        if (arrived_ns > *behind_ns)
            *behind_ns = arrived_ns;
        s->step.delivered_ns = *behind_ns;
    }
}

/* Steps are kept when their flow is the client's. Their new places, by their old ones. */
static size_t *keep_steps(struct ladder *out, struct ladder_flows *f)
{
    size_t *place = calloc(f->seen_count + 1, sizeof *place);

    out->steps = calloc(f->seen_count + 1, sizeof *out->steps);
    if (place == NULL || out->steps == NULL) {
        free(place);
        return NULL;
    }
    for (size_t i = 0; i < f->seen_count; i++) {
        const struct ladder_flow *flow = &f->flows[f->seen[i].flow];

        place[i] = LADDER_NONE;
        if (flow->ignored)
            continue;
        place[i] = out->count;
        out->encrypted |= flow->encrypted;
        out->steps[out->count] = f->seen[i].step;
        out->steps[out->count++].connection = flow->number;
    }
    return place;
}

static int64_t shift_ns(int64_t at_ns, int64_t begin_ns)
{
    return at_ns == LADDER_NEVER ? LADDER_NEVER : at_ns - begin_ns;
}

static void shift_times(struct ladder *out)
{
    int64_t begin_ns = out->count > 0 ? out->steps[0].sent_ns : 0;

    for (size_t i = 0; i < out->count; i++) {
        struct ladder_step *s = &out->steps[i];

        s->sent_ns = shift_ns(s->sent_ns, begin_ns);
        s->arrived_ns = shift_ns(s->arrived_ns, begin_ns);
        s->delivered_ns = shift_ns(s->delivered_ns, begin_ns);
    }
}

static bool is_repeated(const struct ladder *l, size_t from, size_t to)
{
    for (size_t i = from; i < l->count && l->steps[i].sent_ns <= l->steps[to].sent_ns; i++)
        if (l->steps[i].again && l->steps[i].connection == l->steps[from].connection)
            return true;
    return l->steps[to].arrived_ns != l->steps[to].delivered_ns;
}

/* How often the client had to wait for the server: TLS 1.2 talks twice. */
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

static int keep_spans(struct ladder *out, const struct ladder_flows *f, const size_t *place)
{
    const struct ladder_span *all = (const struct ladder_span *)(const void *)f->spans.data;
    size_t count = f->spans.len / sizeof *all;

    out->spans = calloc(count + 1, sizeof *out->spans);
    if (out->spans == NULL)
        return PL_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        struct ladder_span s = all[i];
        const struct ladder_step *from, *to;

        if (s.to == LADDER_NONE || place[s.from] == LADDER_NONE || place[s.to] == LADDER_NONE)
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
    return PL_OK;
}

/* t_ns is what the packet claims: it may be anything. */
static void keep_update(struct ladder *out, const struct reading *rd, struct ladder_update u,
                        int64_t begin_ns)
{
    struct ladder_step *s = &out->steps[u.step];
    int64_t published_ns, age_ns;

    if (rd->offset_ns == NO_OFFSET ||
        __builtin_add_overflow(u.published_ns, rd->offset_ns, &published_ns) ||
        __builtin_sub_overflow(published_ns, begin_ns, &published_ns))
        published_ns = LADDER_NEVER;
    if (s->delivered_ns != LADDER_NEVER && published_ns != LADDER_NEVER &&
        !__builtin_sub_overflow(s->delivered_ns, published_ns, &age_ns) && age_ns >= 0 &&
        age_ns < AGE_MAX_NS) {
        if (age_ns > s->oldest_age_ns)
            s->oldest_age_ns = age_ns;
    } else {
        published_ns = LADDER_NEVER;
    }
    u.published_ns = published_ns;
    out->updates[out->update_count++] = u;
}

static int keep_updates(struct ladder *out, const struct reading *rd, const size_t *place)
{
    const struct ladder_flows *f = &rd->flows;
    const struct ladder_update *all = (const struct ladder_update *)(const void *)f->updates.data;
    size_t count = f->updates.len / sizeof *all;
    int64_t begin_ns = ladder_flows_begin_ns(f);

    out->updates = calloc(count + 1, sizeof *out->updates);
    if (out->updates == NULL)
        return PL_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        struct ladder_update u = all[i];
        size_t copy = first_copy(f->seen, f->seen_count, u.step);

        if (place[u.step] == LADDER_NONE)
            continue;
        /* What was lost delivered nothing: its retransmission did. */
        out->steps[place[copy]].updates = out->steps[place[u.step]].updates;
        if (copy != u.step)
            out->steps[place[copy]].delivered_ns = out->steps[place[u.step]].delivered_ns;
        u.step = place[copy];
        keep_update(out, rd, u, begin_ns);
    }
    for (size_t i = 0; i < f->seen_count; i++)
        if (place[i] != LADDER_NONE && first_copy(f->seen, f->seen_count, i) != i)
            out->steps[place[i]].updates = 0;
    return PL_OK;
}

static int compare_ns(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Also says whether arrivals are there at all. */
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
    qsort(took_ns, count, sizeof *took_ns, compare_ns);
    out->one_way_ns = took_ns[count / 2];
    free(took_ns);
    if (out->count == 0)
        return err_set(e, PL_EINVAL, "there is no TCP connection of a client in it");
    if (missing * ONE_END_SHARE > out->count)
        return err_set(e, PL_EINVAL,
                       "most packets were captured at one end of the link only; capture at both "
                       "(pushlab-link --pcap-at both)");
    return PL_OK;
}

static int assemble(struct ladder *out, struct reading *rd, struct err_text *e)
{
    size_t *place;
    int rc = PL_ENOMEM;

    find_deliveries(&rd->flows);
    out->connections = ladder_flows_number(&rd->flows);
    place = keep_steps(out, &rd->flows);
    if (place != NULL) {
        shift_times(out);
        rc = keep_spans(out, &rd->flows, place);
    }
    if (rc == PL_OK)
        rc = keep_updates(out, rd, place);
    free(place);
    return rc < 0 ? err_set(e, rc, "%s", pl_strerror(rc)) : find_one_way(out, e);
}

int ladder_read(struct ladder *out, const void *pcapng, size_t len,
                const struct ladder_about *about, struct err_text *e)
{
    struct reading rd = {.about = about};
    int rc;

    *out = (struct ladder){.steps = NULL};
    rd.max_ns = about->max_ns > 0 ? about->max_ns : DEFAULT_MAX_NS;
    rc = ladder_flows_init(&rd.flows, about);
    if (rc < 0)
        return err_set(e, rc, "%s", pl_strerror(rc));
    rc = take_capture(&rd, pcapng, len, e);
    if (rc == PL_OK)
        rc = assemble(out, &rd, e);
    if (rc < 0)
        ladder_free(out);
    ladder_flows_free(&rd.flows);
    return rc;
}

void ladder_count(const struct ladder *l, size_t steps, int64_t until_ns, struct ladder_counts *out)
{
    *out = (struct ladder_counts){.packets = (unsigned)steps};
    for (size_t i = 0; i < steps; i++) {
        const struct ladder_step *s = &l->steps[i];

        out->bytes += s->bytes;
        out->lost += s->lost;
        out->again += s->again;
        out->acks += s->kind == LADDER_ACK;
        if (s->delivered_ns > until_ns)
            continue;
        out->responses += s->answers;
        out->empty_responses += s->empty;
        out->updates += s->updates;
    }
    for (size_t i = 0; i < l->span_count; i++) {
        if (l->spans[i].to >= steps || l->spans[i].end_ns > until_ns)
            continue;
        out->round_trips += l->spans[i].round_trips;
        out->handshakes += l->spans[i].kind == LADDER_SPAN_TCP;
    }
}

void ladder_free(struct ladder *l)
{
    free(l->steps);
    free(l->spans);
    free(l->updates);
    *l = (struct ladder){.steps = NULL};
}
