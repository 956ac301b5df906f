/* How long to wait before the next attempt: capped exponential back-off with full jitter,
 * so that a fleet that lost its server together does not come back together. Pure. */
#ifndef PUSHLAB_BACKOFF_H
#define PUSHLAB_BACKOFF_H

#include <stdint.h>

/* unit is uniform in [0, 1). attempt counts the failures before this wait, from 0:
 * unit * min(max_ns, min_ns * 2^attempt). 0 <= min_ns <= max_ns. */
int64_t backoff_delay_ns(int64_t min_ns, int64_t max_ns, unsigned attempt, double unit);

#endif
