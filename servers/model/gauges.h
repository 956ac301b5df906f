/* The gauges of a dashboard, each a channel metric/NAME with its own rate, posting under the
 * key "value": the model behind --source dashboard. Each value wanders about its mean, as an
 * Ornstein-Uhlenbeck process sampled at its rate, and never leaves the range of its kind. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "servers/model/model.h"
#include "lib/base/rng.h"

enum { GAUGES = 12, GAUGES_TEXT_BYTES = 192 };

struct gauge_kind {
    const char *channel; /* metric/NAME */
    const char *metric, *unit, *host;
    double rate_hz;
    double mean, sd; /* in the long run */
    double settle_s; /* after this time 1/e of a deviation is left */
    double max;      /* and 0 at least */
    int decimals;
};

extern const struct gauge_kind gauge_kinds[GAUGES];

struct gauge {
    double value;
    double keep,
        shake; /* factors of the old deviation and of new noise, from one sample to the next */
    int64_t due_ns, period_ns;
};

struct gauges {
    struct model model; /* first */
    struct rng rng;
    struct gauge gauges[GAUGES];
    char text[GAUGES_TEXT_BYTES]; /* the latest post's data */
};

/* NULL: no memory. */
struct model *gauges_new(uint64_t seed);
