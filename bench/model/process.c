#include "bench/model/process.h"

#include <math.h>

struct gaps process_gaps(const struct predict_question *q)
{
    double gap_us = 1e6 / q->rate_hz, period_us = q->burst_on_us + q->burst_off_us, n;

    if (q->pace != PREDICT_BURSTS)
        return (struct gaps){1, gap_us, gap_us};
    gap_us *= q->burst_on_us / period_us;
    n = ceil(q->burst_on_us / gap_us - 1e-9);
    if (n <= 1) {
        double whole_us = ceil(gap_us / period_us) * period_us;

        return (struct gaps){1, whole_us, whole_us};
    }
    return (struct gaps){n, gap_us, period_us - (n - 1) * gap_us};
}

static double process_period_us(const struct gaps *g)
{
    return (g->n - 1) * g->gap_us + g->last_us;
}

double process_moment_us(const struct gaps *g, double update)
{
    double period = floor(update / g->n);

    return period * process_period_us(g) + (update - period * g->n) * g->gap_us;
}

double process_age_us(const struct predict_question *q)
{
    struct gaps g = process_gaps(q);

    if (q->pace == PREDICT_UNKNOWN)
        return NAN;
    if (q->pace == PREDICT_POISSON)
        return 1e6 / q->rate_hz;
    return ((g.n - 1) * g.gap_us * g.gap_us + g.last_us * g.last_us) / (2 * process_period_us(&g));
}

double process_empty_chance(const struct predict_question *q, double span_us)
{
    struct gaps g = process_gaps(q);

    if (q->pace == PREDICT_UNKNOWN)
        return NAN;
    if (q->pace == PREDICT_POISSON)
        return exp(-q->rate_hz * span_us / 1e6);
    return ((g.n - 1) * fmax(0, g.gap_us - span_us) + fmax(0, g.last_us - span_us)) /
           process_period_us(&g);
}

double process_long_gaps(const struct predict_question *q, double span_us)
{
    struct gaps g = process_gaps(q);

    if (q->pace == PREDICT_UNKNOWN)
        return NAN;
    if (q->pace == PREDICT_POISSON)
        return exp(-q->rate_hz * span_us / 1e6);
    return ((g.n - 1) * (g.gap_us > span_us) + (g.last_us > span_us)) / g.n;
}

/* How many updates come up to a moment, from update 0 on. */
static double updates_until(const struct gaps *g, double us)
{
    double period = floor(us / process_period_us(g)), rest_us = us - period * process_period_us(g);

    return period * g->n + fmin(floor(rest_us / g->gap_us), g->n - 1) + 1;
}

static void add_count(double counts[PROCESS_COUNTS], double n, double share)
{
    counts[(int)fmin(n, PROCESS_COUNTS - 1)] += share;
}

static void add_poisson(double counts[PROCESS_COUNTS], double mean, double share)
{
    double chance = exp(-mean), left = 1;

    for (int k = 0; k < PROCESS_COUNTS - 1; k++) {
        add_count(counts, k, share * chance);
        left -= chance;
        chance *= mean / (k + 1);
    }
    add_count(counts, PROCESS_COUNTS - 1, share * fmax(left, 0));
}

/* At a known pace: begun at moments that are spread evenly over a period. */
void process_add_counts(double counts[PROCESS_COUNTS], const struct predict_question *q,
                        double span_us, double share)
{
    enum { MOMENTS = 1000 };
    struct gaps g = process_gaps(q);

    if (q->pace == PREDICT_POISSON) {
        add_poisson(counts, q->rate_hz * span_us / 1e6, share);
        return;
    }
    for (int i = 0; i < MOMENTS; i++) {
        double from_us = (i + 0.5) / MOMENTS * process_period_us(&g);

        add_count(counts, updates_until(&g, from_us + span_us) - updates_until(&g, from_us),
                  share / MOMENTS);
    }
}
