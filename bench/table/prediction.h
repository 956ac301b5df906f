/* What `pushlab predict` prints of a run that nobody has measured (bench/model/plan.h): the figures
 * of the model, and what the clients take. */
#pragma once

#include <stddef.h>
#include <cjson/cJSON.h>

#include "bench/table/table.h"
#include "lib/base/buf.h"

struct prediction {
    const cJSON *run;
    double clients[2]; /* plans for so many */
    size_t n;
    const cJSON *measured; /* the run that plan_take_costs() took, or NULL, and its path */
    const char *measured_path;
};

/* Append it, for a terminal of so many columns, or as Markdown (TABLE_MARKDOWN). 0 or PL_ENOMEM. */
int prediction_write(struct buf *out, const struct prediction *p, size_t width);

/* The same as JSON, the caller's:
 *
 *   pushlab scenario link measured (the path, or null)
 *   rows[]{id transport connection clients interval_ms hold_ms predicted
 *          measured_row (of that run) plan[], as capacity_model_describe()} */
cJSON *prediction_json(const struct prediction *p);
