/* Runs that measured each row several times. "repeats" of run.json has every measurement as
 * result_row() made it, with "repeat" (from 1) and "position" (in the order of measuring, from 1);
 * "rows" has one summary for each row of the scenario:
 *
 *   every figure under the path that it has in a measured row (merge.h says how)
 *   repeats             how many measurements it is made of
 *   repeats_left_out[]  why others are not in it: "repeat 2: the server was stopped for 1.02 s"
 *   ci95{path{low high}}  95 % intervals, for metrics (metric.h) that are neither counts, settings
 *                       nor maxima, and of which every repeat has a value. Of a mean over repeats
 *                       it is Student's t; of a histogram's figure sectioning around that of the
 *                       merged histograms, by the repeats' own (bench/stats/interval.h)
 *   problems[] notes[] disturbed[] findings[]   of all its repeats: "repeat 2: ..."; of
 * disturbed[], as of repeats_left_out[], one line has all reasons of a repeat raw wire machine only
 * those numbers that the table of metrics names; wire null on loopback. Who needs more of them
 * reads a measurement: repeats_measured()
 *
 * A summary leaves disturbed repeats out when at least two and at least half of all are not
 * disturbed. Otherwise it is made of all of them, and is disturbed itself. A run that measured each
 * row once has no "repeats", and its rows are the measurements. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <cjson/cJSON.h>

#include "bench/result/metric.h"
#include "bench/scenario/scenario.h"
#include "bench/stats/interval.h"
#include "lib/base/err.h"

/* Make the run's "rows" anew from its "repeats". 0, or PL_EINVAL when it has none, with the line in
 * e. */
int repeats_summarise(cJSON *run, struct err_text *e);

/* The metric's values in the repeats of which the summary is made, in order; of a percentile also
 * where a single repeat has too few updates to name it. One value when the row was measured once.
 * Returns how many, at most cap; 0 when the summary or one of the repeats has no value. */
size_t repeats_values(const cJSON *run, const char *row_id, const struct metric *m, double *out,
                      size_t cap);

/* Can it have an interval? A count, a setting, a maximum and the ends of a histogram have none. */
bool repeats_has_interval(const struct metric *m);
/* The interval of the metric of that path, out of a row's ci95. False: not known. */
bool repeats_interval(const cJSON *row, const char *path, struct interval *out);

/* Which of the row's repeats, in order, its summary leaves out. Returns how many repeats there are,
 * at most REPEATS_MAX. */
enum { REPEATS_MAX = SCENARIO_MAX_REPEATS };
size_t repeats_left_out(const cJSON *run, const char *row_id, bool out[REPEATS_MAX]);

/* How long the window was in which a row was measured, or each of its repeats. NAN: not known. */
double repeats_window_s(const cJSON *row);

/* A measurement of a row of "rows", whole: its first repeat, or the row itself. */
const cJSON *repeats_measured(const cJSON *run, const cJSON *row);
