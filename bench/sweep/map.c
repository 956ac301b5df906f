#include "bench/sweep/map.h"

#include <math.h>

static bool is_known(const struct map_point *p, enum map_cost cost)
{
    return isfinite(p->latency_us) && isfinite(p->cost[cost]);
}

/* The next latency above at_us at which a point comes in; INFINITY: none does. */
static double next_us(const struct map_point *points, size_t n, enum map_cost cost, double at_us)
{
    double next = INFINITY;

    for (size_t i = 0; i < n; i++)
        if (is_known(&points[i], cost) && points[i].latency_us > at_us)
            next = fmin(next, points[i].latency_us);
    return next;
}

static bool is_tied(const struct map_point *a, const struct map_point *b, enum map_cost cost,
                    double noise)
{
    double more = fmax(a->cost[cost], b->cost[cost]);

    if (fabs(a->cost[cost] - b->cost[cost]) <= noise * more)
        return true;
    return a->low[cost] <= b->high[cost] && b->low[cost] <= a->high[cost]; /* false for NAN */
}

static unsigned long long winners_at(const struct map_point *points, size_t n, enum map_cost cost,
                                     double noise, double limit_us)
{
    const struct map_point *best = NULL;
    unsigned long long winners = 0;

    for (size_t i = 0; i < n; i++)
        if (is_known(&points[i], cost) && points[i].latency_us <= limit_us &&
            (best == NULL || points[i].cost[cost] < best->cost[cost]))
            best = &points[i];
    for (size_t i = 0; best != NULL && i < n; i++)
        if (is_known(&points[i], cost) && points[i].latency_us <= limit_us &&
            is_tied(&points[i], best, cost, noise))
            winners |= 1ULL << i;
    return winners;
}

size_t map_steps(struct map_step *out, const struct map_point *points, size_t n, enum map_cost cost,
                 double noise)
{
    size_t steps = 1;

    out[0] = (struct map_step){0, winners_at(points, n, cost, noise, 0)};
    for (double us = next_us(points, n, cost, 0); isfinite(us); us = next_us(points, n, cost, us)) {
        unsigned long long winners = winners_at(points, n, cost, noise, us);

        if (winners != out[steps - 1].winners)
            out[steps++] = (struct map_step){us, winners};
    }
    return steps;
}

unsigned long long map_at(const struct map_step *steps, size_t n, double limit_us)
{
    while (n > 1 && steps[n - 1].from_us > limit_us)
        n--;
    return steps[n - 1].winners;
}
