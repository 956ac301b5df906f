/* A row's account of what its source had to publish: how many updates were due in the window, how
 * many were published in it, and how late. It comes from the servers' own schedules
 * (servers/hub/timetable.h, by /stats?at=); docs/metrics.md has the limits. */
#pragma once

#include <cjson/cJSON.h>

/* Of a row that has raw, whole_run, notes and disturbed: add intended, achieved_rate_hz and
 * publish_late_us (null where the source plays no schedule), and say what did not keep up. */
void result_source(cJSON *row);

/* What the rows of a run achieved, in updates a second: "25–100"; "" where each is within 1 % of
 * what was due. */
enum { RESULT_SOURCE_RATES_BYTES = 48 };
void result_source_achieved(char text[RESULT_SOURCE_RATES_BYTES], const cJSON *run);
