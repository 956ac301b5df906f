#include "clients/record/recorder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"

/* ---- make and free ---- */

int recorder_init_hdr(struct hdr *h)
{
    return hdr_init(h, HDR_LATENCY_LOWEST_US, HDR_LATENCY_HIGHEST_US, HDR_LATENCY_FIGURES);
}

int recorder_init(struct recorder *r, uint64_t nclients, size_t timeline_cap,
                  uint32_t timeline_clients)
{
    *r = (struct recorder){
        .window_start_ns = INT64_MAX,
        .window_end_ns = INT64_MAX,
        .nclients = nclients,
        .timeline_clients = timeline_clients,
    };
    if (recorder_init_hdr(&r->latency_us) < 0 || recorder_init_hdr(&r->recent_us) < 0 ||
        recorder_init_hdr(&r->request_late_us) < 0 || recorder_init_hdr(&r->timer_late_us) < 0 ||
        recorder_init_hdr(&r->outage_us) < 0)
        goto no_memory;
    if (timeline_cap > 0) {
        r->timeline = calloc(timeline_cap, sizeof *r->timeline);
        if (r->timeline == NULL)
            goto no_memory;
        r->timeline_cap = timeline_cap;
    }
    return PL_OK;
no_memory:
    recorder_free(r);
    return PL_ENOMEM;
}

void recorder_free(struct recorder *r)
{
    hdr_free(&r->latency_us);
    hdr_free(&r->recent_us);
    hdr_free(&r->request_late_us);
    hdr_free(&r->timer_late_us);
    hdr_free(&r->outage_us);
    free(r->timeline);
    *r = (struct recorder){0};
}

void recorder_set_window(struct recorder *r, int64_t start_ns, int64_t end_ns)
{
    r->window_start_ns = start_ns;
    r->window_end_ns = end_ns;
}

/* ---- age of information ---- */

/* The age of a client rises with slope 1 while it holds the same newest update. Add the area
 * from where the integral ends to until_ns, as far as it lies in the window. */
static void integrate_age(struct recorder *r, struct track *t, int64_t until_ns)
{
    int64_t from = t->age_from_ns > r->window_start_ns ? t->age_from_ns : r->window_start_ns;
    int64_t to = until_ns < r->window_end_ns ? until_ns : r->window_end_ns;
    double age_at_from, age_at_to;

    if (until_ns > t->age_from_ns)
        t->age_from_ns = until_ns;
    if (t->newest_t_ns == 0 || to <= from)
        return;
    age_at_from = (double)(from - t->newest_t_ns);
    age_at_to = (double)(to - t->newest_t_ns);
    r->age_integral_ns2 += (age_at_from + age_at_to) / 2.0 * (double)(to - from);
    r->age_time_ns += to - from;
    if (to - t->newest_t_ns > r->peak_max_ns)
        r->peak_max_ns = to - t->newest_t_ns;
}

/* An update that is newer than the one held puts the age back. Updates of one read take
 * effect at the same instant: the age between them lasts no time and is no peak. */
static void renew_age(struct recorder *r, struct track *t, int64_t published_ns, int64_t recv_ns)
{
    bool lasted = t->newest_t_ns != 0 && recv_ns > t->age_from_ns;

    if (published_ns <= t->newest_t_ns)
        return;
    if (lasted && recorder_in_window(r, recv_ns)) {
        r->peak_sum_ns += (double)(recv_ns - t->newest_t_ns);
        r->peak_count++;
    }
    integrate_age(r, t, recv_ns);
    t->newest_t_ns = published_ns;
}

/* ---- while it runs ---- */

void recorder_join(struct recorder *r, struct track *t, uint64_t cursor, int64_t now_ns)
{
    if (!t->joined)
        t->age_from_ns = now_ns;
    t->joined = true;
    track_skip_to(t, cursor, &r->holes_lost);
}

void recorder_restart(struct recorder *r, struct track *t)
{
    r->restarts++;
    track_restart(t);
}

static void draw(struct recorder *r, uint32_t client, int64_t published_ns, int64_t received_ns)
{
    if (client >= r->timeline_clients || r->timeline_len == r->timeline_cap)
        return;
    r->timeline[r->timeline_len++] = (struct timeline_point){published_ns, received_ns, client};
}

static int64_t round_to_us(int64_t ns)
{
    return ns / NS_PER_US + (ns % NS_PER_US >= NS_PER_US / 2);
}

void recorder_deliver(struct recorder *r, struct track *t, uint32_t client,
                      const struct envelope *e, int64_t recv_ns, enum receipt receipt)
{
    int64_t published_ns = e->t_ns > 0 ? e->t_ns : 0; /* no difference can overflow */
    int64_t latency_us = round_to_us(recv_ns - published_ns);
    bool in_window = recorder_in_window(r, published_ns);

    if (receipt == RECEIPT_DUPLICATE) {
        r->duplicated += in_window;
        return;
    }
    renew_age(r, t, published_ns, recv_ns);
    hdr_record(&r->recent_us, latency_us, 1);
    r->whole.deliveries++;
    if (!in_window)
        return;
    r->window.deliveries++;
    r->delivered++;
    r->out_of_order += receipt == RECEIPT_FILLS_GAP;
    r->latency_clamped += !hdr_record(&r->latency_us, latency_us, 1);
    r->on_time += e->from.len == 0 && recv_ns - published_ns <= r->deadline_ns;
    r->posts += e->from.len > 0;
    draw(r, client, published_ns, recv_ns);
}

void recorder_note_seen(struct recorder *r, const struct envelope *e)
{
    if (!recorder_in_window(r, e->t_ns))
        return;
    if (e->seq > r->seen_last)
        r->seen_last = e->seq;
    if (e->seq < r->seen_first || r->seen_first == 0)
        r->seen_first = e->seq;
}

enum receipt recorder_update(struct recorder *r, struct track *t, uint32_t client,
                             const struct envelope *e, int64_t recv_ns)
{
    enum receipt receipt;

    if (!t->joined)
        recorder_join(r, t, e->seq > 0 ? e->seq - 1 : 0, recv_ns);
    receipt = track_take(t, e->seq, &r->holes_lost);
    recorder_deliver(r, t, client, e, recv_ns, receipt);
    return receipt;
}

void recorder_missed(struct recorder *r, struct track *t, uint64_t count)
{
    if (!t->joined)
        return;
    track_skip_to(t, count > UINT64_MAX - t->cursor ? UINT64_MAX : t->cursor + count,
                  &r->holes_lost);
}

void recorder_request_late(struct recorder *r, int64_t due_ns, int64_t sent_ns)
{
    if (recorder_in_window(r, due_ns))
        hdr_record(&r->request_late_us, round_to_us(sent_ns - due_ns), 1);
}

void recorder_request_sent(struct recorder *r, int64_t due_ns, int64_t sent_ns)
{
    r->unsent_requests += recorder_in_window(r, due_ns) && !recorder_in_window(r, sent_ns);
}

void recorder_timer_late(struct recorder *r, int64_t due_ns, int64_t fired_ns)
{
    if (recorder_in_window(r, due_ns))
        hdr_record(&r->timer_late_us, round_to_us(fired_ns - due_ns), 1);
}

void recorder_outage(struct recorder *r, int64_t lasted_ns)
{
    hdr_record(&r->outage_us, round_to_us(lasted_ns), 1);
}

/* ---- the end ---- */

void recorder_end_age(struct recorder *r, struct track *t)
{
    integrate_age(r, t, r->window_end_ns);
}

uint64_t completeness_own(uint64_t expected, uint64_t delivered, uint64_t posts)
{
    return posts > 0 && posts == delivered ? 0 : expected - posts;
}

void recorder_finish(struct recorder *r, struct track *tracks, size_t stride_bytes,
                     struct seq_range window, struct completeness *out)
{
    *out = (struct completeness){
        .published = seq_range_overlap(window, (struct seq_range){1, UINT64_MAX}),
        .delivered = r->delivered,
        .duplicated = r->duplicated,
        .out_of_order = r->out_of_order,
    };
    out->expected = out->published * r->nclients;
    out->own = completeness_own(out->expected, out->delivered, r->posts);
    for (uint64_t i = 0; i < r->nclients; i++) {
        struct track *t = (struct track *)(void *)((char *)tracks + i * stride_bytes);

        out->late += out->published - track_covered(t, window);
        out->missed += track_missing(t, window);
        recorder_end_age(r, t);
    }
    out->adds_up = r->holes_lost == 0 && out->delivered + out->missed + out->late == out->expected;
}

double recorder_age_mean_us(const struct recorder *r)
{
    if (r->age_time_ns == 0)
        return NAN;
    return r->age_integral_ns2 / (double)r->age_time_ns / (double)NS_PER_US;
}

double recorder_age_peak_us(const struct recorder *r)
{
    if (r->peak_count == 0)
        return NAN;
    return r->peak_sum_ns / (double)r->peak_count / (double)NS_PER_US;
}

double recorder_age_max_us(const struct recorder *r)
{
    if (r->age_time_ns == 0 && r->peak_count == 0)
        return NAN;
    return (double)r->peak_max_ns / (double)NS_PER_US;
}
