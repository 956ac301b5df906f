/* What a report says about the rows of a run: values, the lowest and the highest of them, and how
 * numbers are written in sentences. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <cjson/cJSON.h>

#include "bench/base/units.h"
#include "bench/result/metric.h"
#include "bench/scenario/scenario.h"
#include "bench/stats/interval.h"

/* The item at a path such as "latency_us.p99" or "problems.0", or NULL. */
const cJSON *facts_at(const cJSON *item, const char *path);

/* The number there, NAN when there is none; also of paths and numbers with + * / between them, from
 * left to right: "a/b*1000". A row that delivered nothing has no latency, though its histogram says
 * 0. */
double facts_value(const cJSON *row, const char *path);

/* How one number spreads over the rows that have it. */
struct facts_range {
    const char *path;                /* as for facts_value(), borrowed */
    const cJSON *run, *rows;         /* borrowed */
    const cJSON *low_row, *high_row; /* the first with it; NULL when no row has the number */
    double low, high;
    int n; /* rows that have it */
};
struct facts_range facts_range_of(const cJSON *run, const char *path);

/* ---- which rows differ ---- */

enum { FACTS_ROWS_MAX = SCENARIO_MAX_ROWS };

/* In which order the rows are, as far as it can be told. With repeats two rows differ where these
 * say so (bench/stats/difference.h with the metric's margin, corrected for all pairs of rows, as
 * the lowest and the highest are chosen by what was measured); without where they are farther apart
 * than the metric's noise. Of three rows the first may be level with the second, the second with
 * the third, and the first below the third: so there are no ranks, only those that can't be told
 * from the lowest, and from the highest. Bit i stands for rows[i]. */
struct facts_order {
    size_t n;                       /* rows looked at */
    uint64_t apart[FACTS_ROWS_MAX]; /* of a row: those that differ from it */
    bool ordered;                   /* does the lowest differ from the highest? */
    /* Level with the lowest and not with the highest; the opposite; level with both, which one must
     * not leave out. Where nothing is ordered, low and high are all that have the number. */
    uint64_t low, high, either;
};
/* level: at most this share of runs has a wrong difference in it; usually FACTS_LEVEL, divided by
 * how many orders decide together. */
#define FACTS_LEVEL 0.05
struct facts_order facts_order_of(const struct facts_range *r, double level);
/* Is rows[i] one of them? */
bool facts_order_has(uint64_t rows, size_t i);

/* What the ratio of the row of b to that of a is, by 95 %; without repeats by the metric's noise.
 */
struct interval facts_ratio_of(const struct facts_range *r, const cJSON *a, const cJSON *b);

/* Where the true number of a row lies: in 95 % of runs those of all its rows lie in theirs. Without
 * repeats both ends are the row's number; of fewer than two repeats nothing is known (infinite);
 * NAN where it has no number. Within what the number can be: not below 0, no share above 1. */
struct interval facts_interval_of(const cJSON *run, const cJSON *row, const char *path);

enum facts_side { FACTS_WITHIN, FACTS_BEYOND, FACTS_ASTRIDE, FACTS_UNKNOWN };
/* Is it at most limit, above it, or may it be either? Above: at least. */
enum facts_side facts_side_of(struct interval i, double limit, bool above);

/* The name of a run for people: its scenario's title, or its name; never empty. */
const char *facts_title(const cJSON *run);

/* "three" up to twelve, "13" beyond. */
const char *facts_number_word(int n, char out[UNITS_TEXT_BYTES]);

/* Numbers that somebody chose, as they were written: 10, 0.5, 3,000. */
typedef units_format facts_format;
void facts_format_setting(char out[UNITS_TEXT_BYTES], double value);
/* The same of milliseconds: "33 ms", "1.5 s". */
void facts_format_setting_ms(char out[UNITS_TEXT_BYTES], double ms);
/* The format of the metric at a path (of a sum's first); of another figure of a histogram of
 * microseconds ("echo_us.p90") units_format_us(); of any other number facts_format_setting(). */
facts_format *facts_format_of(const char *path);
