/* When updates come at a given average rate: at equal intervals, as a Poisson process, or only in
 * bursts, whose rate is higher accordingly. No clock, no I/O. */
#pragma once

#include <stdint.h>

#include "lib/base/rng.h"

enum pattern { PATTERN_FIXED, PATTERN_POISSON, PATTERN_BURSTS };
/* Their words, for --pattern and the live page; NULL-terminated. */
extern const char *const arrivals_patterns[];

struct arrivals {
    int pattern;   /* enum pattern */
    double gap_ns; /* mean, in the on-phase */
    double on_ns, off_ns;
    double at_ns; /* of the latest, since the start; exact, so that the rate does not drift */
};

void arrivals_init(struct arrivals *a, int pattern, double rate_hz, int64_t burst_on_ns,
                   int64_t burst_off_ns);
/* When the next one comes, counted from the start. */
int64_t arrivals_next(struct arrivals *a, struct rng *r);
