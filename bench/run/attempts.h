/* Measuring a row, and once more when it was disturbed. */
#pragma once

#include <stddef.h>
#include <cjson/cJSON.h>

#include "bench/run/row.h"

/* Measure row number i (from 0) of the scenario, and as long as it is disturbed up to retries times
 * more. The attempt with the fewest reasons is kept, with its files; of equal ones the last. A row
 * that was measured more than once has "attempts": {count, kept (from 1), discarded[], the reasons
 * of each other one}. A later attempt that fails is a problem of the row, and the last.
 * 0, or as row_measure(), but after Ctrl-C in a later attempt *out is the row so far. */
int attempts_measure(const struct row_setting *w, size_t i, int retries, cJSON **out,
                     struct err_text *e);
