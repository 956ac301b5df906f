/* The model's figures beside the measured ones: one table says which metric each of its figures
 * predicts. In a row of run.json they stand under "predicted", by the metric's path:
 *
 *   "predicted": {"latency_us.p50": 25000, "requests_per_update": 0, ..., "why": "the link ..."}
 *
 * What it does not predict is not there; why says why it names no latency. A row has no "predicted"
 * when the model says nothing of it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <cjson/cJSON.h>

#include "bench/model/predict.h"

struct predicted_figure {
    const char *path; /* of the metric */
    size_t at;        /* in struct predict_answer */
};
extern const struct predicted_figure predicted_figures[]; /* last: path NULL */

/* The model's figure for the metric of that path; NAN when it has none. */
double predicted_figure(const struct predict_answer *a, const char *path);

/* Give each row of a run what is predicted of it; one that has it keeps it. */
void predicted_add(cJSON *run);

/* The figure of a row that has "predicted"; NAN when there is none. */
double predicted_value(const cJSON *row, const char *path);

/* Can what was measured be held against what is predicted? Not where a row with repeats has no
 * interval, as of a maximum; and not a latency of 0: all that is measured then is this machine's
 * own time. */
bool predicted_is_judged(const cJSON *row, const char *path);

/* Is it off? It is when it differs from what is predicted by more than 5 % of that (a share: by
 * five points) and, of a row with repeats, its interval leaves that out. */
bool predicted_is_off(const cJSON *row, const char *path);
