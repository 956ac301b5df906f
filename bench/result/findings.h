/* Rows that were expected to break ("expect": "broken" in a scenario) and did: they are kept apart
 * from those that are compared. docs/balancers.md. */
#pragma once

#include <stdbool.h>
#include <cjson/cJSON.h>

/* Did it break, as expected? What it showed is its "findings". */
bool findings_broke(const cJSON *row);

int findings_count_broken(const cJSON *run);

/* Is row a cure of broken: sound, and named like it with "+something" behind? */
bool findings_cures(const cJSON *row, const cJSON *broken);

/* The run without the rows that broke, unless all did, and without those that were disturbed, for
 * sentences that compare rows; "left_out" says how many broke, "disturbed" has the disturbed rows.
 * A view, the caller's to cJSON_Delete() before the run; its rows have other indices than the
 * run's. */
cJSON *findings_sound_run(const cJSON *run);
