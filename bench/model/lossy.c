#include "bench/model/lossy.h"

#include <math.h>
#include <stdlib.h>

#include "bench/model/polls.h"
#include "bench/model/process.h"
#include "lib/base/rng.h"

enum { MOST_PACKETS = 20000, FEWEST_UPDATES = 200, MOST_UPDATES = 4000, SEED = 1 };

/* The kernel's timers are late by up to an eighth (its timer wheel). */
#define TIMER_LATE 0.125

struct world {
    const struct predict_question *q;
    struct rng rng;
    struct stage_loss loss;
    size_t updates, clients;
    double *published_us; /* [update] */
    double *arrives_us;   /* [client][update], of the first transmission; INFINITY: lost */
    double *latency_us;   /* [client][update] */
    double age_us2, span_us;
};

/* ---- the link ---- */

static bool is_lost(struct world *w)
{
    struct frame frame = {.len = 0};

    return w->loss.stage.ops->put(&w->loss.stage, &frame, 0) == STAGE_DROP;
}

static double delay_us(struct world *w)
{
    const struct delay_model *d = &w->q->down.delay;
    double stray = d->shape == JITTER_NORMAL ? fmax(-4, fmin(4, rng_normal(&w->rng)))
                                             : 2 * rng_uniform(&w->rng) - 1;

    return fmax((double)(d->delay_ns + (int64_t)(stray * (double)d->jitter_ns)) / 1e3, 0);
}

/* Every client's packet of an update leaves at the same moment, and they queue for the transmitter.
 * Order is kept among all, or, of several lines, for each client. */
static void transmit(struct world *w, double air_us)
{
    double free_us = 0, last_us = 0;

    for (size_t u = 0; u < w->updates; u++)
        for (size_t c = 0; c < w->clients; c++) {
            double *arrives_us = &w->arrives_us[c * w->updates + u];
            double before_us = w->q->down.lines <= 1 ? last_us : u > 0 ? arrives_us[-1] : 0;

            *arrives_us = INFINITY;
            if (is_lost(w))
                continue;
            free_us = fmax(w->published_us[u], free_us) + air_us;
            *arrives_us = free_us + delay_us(w);
            if (!w->q->down.delay.reorder && isfinite(before_us))
                *arrives_us = fmax(*arrives_us, before_us);
            last_us = *arrives_us;
        }
}

/* ---- TCP ---- */

/* When the server learns that a later segment than this, sent after sent_us, has arrived. */
static double later_acknowledged_us(const struct world *w, size_t client, size_t update,
                                    double sent_us)
{
    for (size_t u = update + 1; u < w->updates; u++)
        if (w->published_us[u] > sent_us && isfinite(w->arrives_us[client * w->updates + u]))
            return w->published_us[u] + w->q->rtt_us;
    return INFINITY;
}

static double recovered_us(struct world *w, size_t client, size_t update)
{
    double sent_us = w->published_us[update], rto_us = w->q->rtt_us + RTO_MIN_US;

    do {
        double rack_us =
            fmax(later_acknowledged_us(w, client, update, sent_us), sent_us + 1.25 * w->q->rtt_us);

        sent_us = fmin(rack_us, sent_us + rto_us * (1 + rng_uniform(&w->rng) * TIMER_LATE));
        rto_us *= 2;
    } while (is_lost(w));
    return sent_us + delay_us(w);
}

/* In order, so that what came early waits. */
static void receive(struct world *w, size_t client)
{
    double read_us = 0, newest_us = 0;

    for (size_t u = 0; u < w->updates; u++) {
        double first_us = w->arrives_us[client * w->updates + u], before_us = read_us;

        read_us = fmax(read_us, isfinite(first_us) ? first_us : recovered_us(w, client, u));
        w->latency_us[client * w->updates + u] = read_us - w->published_us[u];
        if (u > 0) {
            w->age_us2 += (read_us - before_us) * ((read_us + before_us) / 2 - newest_us);
            w->span_us += read_us - before_us;
        }
        newest_us = w->published_us[u];
    }
}

/* ---- all of it ---- */

static void publish(struct world *w)
{
    struct gaps g = process_gaps(w->q);
    double at_us = 0;

    for (size_t u = 0; u < w->updates; u++) {
        at_us += w->q->pace == PREDICT_POISSON ? rng_exponential(&w->rng, 1e6 / w->q->rate_hz) : 0;
        w->published_us[u] =
            w->q->pace == PREDICT_POISSON ? at_us : process_moment_us(&g, (double)u);
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void sum_up(struct lossy *out, struct world *w)
{
    size_t n = w->clients * w->updates;
    double *parts[] = {&out->p50_us, &out->p90_us, &out->p99_us};

    qsort(w->latency_us, n, sizeof(double), compare);
    out->mean_us = 0;
    for (size_t i = 0; i < n; i++)
        out->mean_us += w->latency_us[i] / (double)n;
    for (int i = 0; i < SPREAD_PARTS; i++)
        *parts[i] = w->latency_us[(size_t)(spread_parts[i] * (double)(n - 1))];
    out->age_us = w->age_us2 / w->span_us;
}

static bool allocate(struct world *w)
{
    size_t n = w->clients * w->updates;

    w->published_us = calloc(w->updates, sizeof(double));
    w->arrives_us = calloc(n, sizeof(double));
    w->latency_us = calloc(n, sizeof(double));
    return w->published_us != NULL && w->arrives_us != NULL && w->latency_us != NULL;
}

double lossy_air_us(const struct link_model *link, double bytes)
{
    double lines = link->lines > 1 ? (double)link->lines : 1;

    return link->rate_bps > 0 ? bytes * 8e6 / (lines * (double)link->rate_bps) : 0;
}

bool lossy_push(struct lossy *out, const struct predict_question *q, double packet_bytes)
{
    const struct link_model *link = &q->down;
    double clients = fmax(q->clients, 1), air_us = lossy_air_us(link, packet_bytes);
    double queue_bytes = (double)link->queue_bytes * fmax((double)link->lines, 1);
    bool overflows = air_us > 0 && clients * packet_bytes > queue_bytes;
    bool busy = air_us * clients * q->rate_hz > 0.9e6;
    bool known = q->pace != PREDICT_UNKNOWN && packet_bytes <= 1500 && !overflows && !busy;
    struct world w = {.q = q};

    w.clients = (size_t)(air_us > 0 ? clients : fmin(clients, 20));
    w.updates = (size_t)fmax(FEWEST_UPDATES, fmin(MOST_PACKETS / clients, MOST_UPDATES));
    rng_seed(&w.rng, SEED);
    stage_loss_init(&w.loss, &link->loss, SEED);
    known = known && w.clients * w.updates <= 2 * MOST_PACKETS && allocate(&w);
    if (known) {
        publish(&w);
        transmit(&w, air_us);
        for (size_t c = 0; c < w.clients; c++)
            receive(&w, c);
        sum_up(out, &w);
    }
    free(w.published_us);
    free(w.arrives_us);
    free(w.latency_us);
    return known;
}
