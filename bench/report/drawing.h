/* Small pictures as inline SVG in the page's own colours: a run in one picture, and how one number
 * of each row changed from run to run. */
#pragma once

#include <stddef.h>
#include <cjson/cJSON.h>

#include "bench/base/writer.h"
#include "bench/result/facts.h"

/* A dot at each row's median latency (of few updates its mean) and a line to the highest percentile
 * that the rows have, on one logarithmic axis. Nothing when nothing was delivered. */
void drawing_overview(struct writer *w, const cJSON *run);

struct drawing_trend {
    const cJSON *const *runs; /* oldest first, of one scenario */
    size_t n;
    const char *title, *path; /* "Median latency", "latency_us.p50" */
    const char *id;           /* unique in the page */
};

/* One line per row id over the runs, evenly spaced. The axis is logarithmic when values span
 * more than a factor of twenty and none is 0, and begins at 0 otherwise. Nothing is appended when
 * no run has the number. */
void drawing_trend(struct writer *w, const struct drawing_trend *trend);

/* The run's rows as dots at their median latency, on one scale for all runs: 10 µs to 10 s,
 * logarithmic. Hidden from screen readers: the text beside it says the same. */
void drawing_thumbnail(struct writer *w, const cJSON *run);
