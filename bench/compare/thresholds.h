/* How much worse the second of two runs may be: "latency_us.p99=10%,server_cpu_us_per_update=20%".
 */
#pragma once

#include <stddef.h>

#include "bench/result/metric.h"
#include "lib/base/err.h"

struct threshold {
    const struct metric *metric; /* one that is better lower, or higher */
    double share;                /* 0.1 for 10 % */
};

enum { THRESHOLDS_MAX = 32 };

struct thresholds {
    struct threshold list[THRESHOLDS_MAX];
    size_t n;
};

/* Read them from the value of --fail-over; NULL has none. 0, or PL_EINVAL with the line in e, which
 * names the metric that is most like an unknown one. */
int thresholds_read(struct thresholds *t, const char *text, struct err_text *e);

/* That of a metric, or NULL. */
const struct threshold *thresholds_find(const struct thresholds *t, const struct metric *m);
