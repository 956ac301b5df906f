/* One row out of several measurements of it. Pure.
 *
 * Each figure of the summary has the path that it has in a measured row. Histograms are added, and
 * their figures are those of the sum; where one has no encoded histogram ("hdr": runs of an older
 * pushlab, whole_run.publish_late_us) count, min, max and mean still follow, percentiles are null.
 * A metric follows its rule (metric.h), other counts are sums, other numbers means; a text stays
 * where all have the same, yes where all say yes. Where one measurement has no value the summary
 * has null. Of raw, wire and machine only what the table of metrics names is there. */
#pragma once

#include <stddef.h>
#include <cjson/cJSON.h>

/* n >= 1 rows of one id. A new object, the caller's, without what is said of single measurements:
 * problems, notes, disturbed, findings, attempts, commands, seed, repeat, position. */
cJSON *merge_rows(const cJSON *const *rows, size_t n);
