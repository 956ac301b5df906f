/* Measuring all rows of a scenario, as many times as it says. */
#pragma once

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "bench/run/row.h"
#include "lib/base/err.h"

/* Measure one row after the other in the order of the scenario (turns.h), a disturbed one up to
 * retries times more, until there is none left, or one gives no measurement: why is a problem of
 * the run then. Each is added to the run and saved in w's folder. *interrupted: it ended with
 * Ctrl-C. 0, or PL_ENOMEM, or as folder_save(), with the line in e. */
int measure_rows(cJSON *run, const struct row_setting *w, int retries, bool *interrupted,
                 struct err_text *e);
