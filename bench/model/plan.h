/* What a scenario would give and take, by the model alone: a run that nobody has measured. Its rows
 * have "predicted" (predicted.h), and the same figures where a measured row has them, so that
 * tables and the capacity model read them like any other. */
#pragma once

#include <cjson/cJSON.h>

#include "bench/model/capacity_model.h"
#include "bench/scenario/scenario.h"
#include "lib/base/err.h"

/* On the scenario's present link; *run is the caller's. 0, or PL_EINVAL (no such link) with the
 * line in e. */
int plan_new(cJSON **run, const struct scenario *s, struct err_text *e);

/* Give each row the server's memory and CPU time out of that row of a measured run that has the
 * same transport and connection, the same id if there are several, and was not disturbed;
 * "measured_row" is its id. CPU per update is for what is pushed as it was measured, and for polls
 * as much for each request. A row without its like there has none. */
void plan_take_costs(cJSON *run, const cJSON *measured);

/* What so many clients of a row take. */
struct capacity_model_at plan_of(const cJSON *run, const cJSON *row, double clients);
