#include "servers/model/arrivals.h"

#include <math.h>
#include <stddef.h>

const char *const arrivals_patterns[] = {"fixed", "poisson", "bursts", NULL};

void arrivals_init(struct arrivals *a, int pattern, double rate_hz, int64_t burst_on_ns,
                   int64_t burst_off_ns)
{
    *a = (struct arrivals){
        .pattern = pattern,
        .gap_ns = 1e9 / rate_hz,
        .on_ns = (double)burst_on_ns,
        .off_ns = (double)burst_off_ns,
    };
    if (pattern == PATTERN_BURSTS)
        a->gap_ns *= a->on_ns / (a->on_ns + a->off_ns);
}

/* An update that would come between two bursts comes with the next one. */
static double burst_skip(const struct arrivals *a)
{
    double period_ns = a->on_ns + a->off_ns;
    double phase_ns = a->at_ns - period_ns * floor(a->at_ns / period_ns);

    return phase_ns < a->on_ns ? a->at_ns : a->at_ns - phase_ns + period_ns;
}

int64_t arrivals_next(struct arrivals *a, struct rng *r)
{
    a->at_ns += a->pattern == PATTERN_POISSON ? rng_exponential(r, a->gap_ns) : a->gap_ns;
    if (a->pattern == PATTERN_BURSTS)
        a->at_ns = burst_skip(a);
    return (int64_t)a->at_ns;
}
