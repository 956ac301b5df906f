/* Two runs, compared: for each metric of each row that both have, is it lower or higher in the
 * second? The repeat is the unit; docs/statistics.md has the method and its proofs. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <cjson/cJSON.h>

#include "bench/base/writer.h"
#include "bench/compare/thresholds.h"
#include "bench/result/metric.h"
#include "bench/stats/difference.h"
#include "lib/base/buf.h"

/* A wrong difference is called in at most so many comparisons, each with all its figures. */
#define COMPARISON_LEVEL 0.05

enum verdict { VERDICT_NOT_KNOWN, VERDICT_NONE, VERDICT_LOWER, VERDICT_HIGHER };

struct figure {
    const cJSON *row_a, *row_b; /* borrowed */
    const struct metric *metric;
    double a, b;         /* NAN: not there */
    size_t na, nb;       /* how many repeats it is from */
    double margin;       /* what runs differ by anyway: metric_margin() */
    struct difference d; /* its p is corrected for all figures */
    enum verdict verdict;
    const struct threshold *threshold; /* of --fail-over; NULL: not named there */
    double threshold_p;                /* that it is no worse than that, corrected */
};

struct comparison {
    const cJSON *a, *b; /* borrowed */
    struct buf memory;
    struct figure *figures;     /* in memory: row by row, in the order of the metric table */
    size_t n, tests, different; /* figures; those that could be judged; lower or higher */
};

/* Compare two runs, which must outlive c, as t must. Figures are the metrics with METRIC_COMPARED
 * that a row has in one of the runs, and those that t names. Percentiles are those of the merged
 * histograms; everything else is the mean of the repeats, also counts and maxima, so that runs of
 * different numbers of repeats can be compared. 0 or PL_ENOMEM; comparison_free() in any case. */
int comparison_make(struct comparison *c, const cJSON *a, const cJSON *b,
                    const struct thresholds *t);
void comparison_free(struct comparison *c);

const char *comparison_row(const struct figure *f);

/* "lower", "higher", "no difference shown", "not known". */
const char *comparison_verdict(const struct figure *f);

/* Was b shown to be worse than a: by more than its threshold where it has one, otherwise by more
 * than the margin? */
bool comparison_is_worse(const struct figure *f);

/* Is its threshold smaller than its margin, which then takes its place? */
bool comparison_limit_is_margin(const struct figure *f);

/* Append what --fail-over can't judge, a line each: figures that it names without enough repeats or
 * without a value, and rows of A that B does not have. Nothing when it names nothing. */
void comparison_put_unknown(struct writer *w, const struct comparison *c,
                            const struct thresholds *t);

/* Append the figures that are worse by more than their threshold, a line each; returns how many. */
size_t comparison_put_worse(struct writer *w, const struct comparison *c);

/* CPU has no ratio between loopback and a link. */
bool comparison_one_network(const struct comparison *c);
