/* Small pictures drawn here, as inline SVG in the page's own colours: how one number of each row
 * moved from run to run, and a run at a glance. */
#ifndef PUSHLAB_TREND_H
#define PUSHLAB_TREND_H

#include <stddef.h>
#include <cjson/cJSON.h>

#include "bench/result/facts.h"
#include "bench/base/writer.h"

struct trend {
    const cJSON *const *runs; /* oldest first, of one scenario */
    size_t n;
    const char *title, *path; /* "Median latency", "latency_us.p50" */
    facts_format *format;
    const char *id; /* unique in the page */
};

/* One line per row id over the runs, evenly spaced. The axis is logarithmic when values span
 * more than a factor of twenty and none is 0, and begins at 0 otherwise. Nothing is appended when
 * no run has the number. */
void trend_draw(struct writer *w, const struct trend *t);

/* The run's rows as bars of median latency, on one scale for all runs: 10 µs to 10 s,
 * logarithmic. For the eye alone: hidden from screen readers. */
void trend_thumbnail(struct writer *w, const cJSON *run);

#endif
