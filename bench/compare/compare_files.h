/* A comparison for programs: as JSON, and as a JUnit report for a build server. */
#pragma once

#include <cjson/cJSON.h>

#include "bench/compare/comparison.h"
#include "bench/compare/settings.h"

/* The document of `pushlab compare --json`, the caller's; NULL without memory:
 *   schema       1
 *   a, b         of each run: title, link, started, repeats
 *   settings[]   what differs: key, row (null: the scenario's), a, b (as text), varied
 *   method       test, correction, level (0.05), tests: how many were corrected for
 *   different    how many figures are lower or higher
 *   worse        how many are worse: with --fail-over beyond their thresholds
 *   rows[]       id, disturbed, and figures[]: metric (its path), name, unit, better ("lower",
 *                "higher" or null), a, b, repeats_a, repeats_b, ratio, ratio95 {low, high}, margin,
 *                p (corrected), verdict, worse, threshold (a share; null: none)
 *   only_in_a[], only_in_b[]   ids
 * What is not known is null. */
cJSON *compare_json(const struct comparison *c, const struct settings *s);

/* Append a JUnit report: a testsuite for each row, a testcase for each metric. A figure that is
 * worse is a failure (comparison_is_worse()), one that --fail-over names and that can't be judged
 * an error, any other that can't be judged is skipped; so is none when t names metrics: those it
 * does not name pass. 0 or PL_ENOMEM. */
int compare_junit(struct buf *out, const struct comparison *c, const struct thresholds *t);
