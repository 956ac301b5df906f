/* Metrics as they are written: with the interval of their repeats, where a run has repeats. */
#pragma once

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "bench/base/units.h"
#include "bench/base/writer.h"
#include "bench/result/metric.h"

/* A metric of a row as units_format_within() writes it: "25.5 ±0.1 ms", "25.5 ms". */
void metric_text(char out[UNITS_TEXT_BYTES], const struct metric *m, const cJSON *row);

/* Has one of these rows an interval? */
bool metric_has_intervals(const cJSON *rows);
/* Then what it is: "95 % confidence interval over 3 repeats"; of rows that were repeated more or
 * less often, "over 2 to 3 repeats". */
void metric_put_interval_words(struct writer *w, const cJSON *rows);

/* Append ",VALUE" for each column of summary.csv or, charted, of rows.csv; ",COLUMN" when row is
 * NULL. Where there is no value summary.csv has nothing, rows.csv "NaN". ends: both ends of its
 * interval follow a value, as COLUMN_low and COLUMN_high; in summary.csv of metrics that can have
 * one.
 */
void metric_put_csv(struct writer *w, const cJSON *row, bool charted, bool ends);
