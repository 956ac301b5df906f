/* Which percentiles a row may name. All clients receive the same updates, and what delays one
 * update delays it for all of them: 3,750 deliveries to 50 clients are 75 updates. So a percentile
 * rests on updates (messages, edits), not on deliveries, and is given where at least ten of them
 * lie beyond it: p90 from 100, p99 from 1,000, p99.9 from 10,000. The median stays in any case, as
 * the middle of what there is, but the mean is shown in its place below 20 updates.
 * docs/metrics.md.
 */
#pragma once

#include <cjson/cJSON.h>

struct percentile {
    double percent;
    const char *name;  /* in run.json: "p999"; the last is "max", of 100 % */
    const char *words; /* "p99.9" */
    const char *share; /* "999 of 1,000" */
    const char *nth;   /* "99.9th percentile" */
};

/* The smallest that is at least so high. */
const struct percentile *percentile_from(double percent);

/* The one of that name in run.json, or NULL. */
const struct percentile *percentile_named(const char *name);

/* The highest for which n updates suffice (hdr_percentile_needs()): 99.9, 99, 90 or 50; NULL below
 * 20. */
const struct percentile *percentile_of_updates(double n);

/* How many independent updates, messages or edits are behind a histogram of a row, such as
 * "latency_us", NAN when it has none; and where the row says so ("published"). */
double percentile_updates(const cJSON *row, const char *histogram);
const char *percentile_updates_path(const cJSON *row, const char *histogram);

/* Where a measured row has that histogram whole: an object with all its figures and, encoded, the
 * histogram itself (clients/record/json.h). NULL: nowhere. */
const char *percentile_encoded(const char *histogram);

/* Replace by null what has too few of them, in all histograms of a row. "raw" keeps everything. */
void percentile_prune(cJSON *row);

/* The highest of p90, p99 and p99.9 that all rows have which can be compared (they delivered
 * something, did not break and were not disturbed); the maximum where there is none. */
const struct percentile *percentile_of_rows(const cJSON *rows, const char *histogram);

/* What their middle is called by: the name in run.json, "p50", or "mean" where one of those rows
 * has fewer than 20 updates. */
const char *percentile_middle(const cJSON *rows, const char *histogram);
