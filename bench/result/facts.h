/* What a report says about the rows of a run: values, the lowest and the highest of them, and how
 * numbers are written in sentences. */
#pragma once

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "bench/base/units.h"
#include "bench/result/metric.h"

/* The item at a path such as "latency_us.p99" or "problems.0", or NULL. */
const cJSON *facts_at(const cJSON *item, const char *path);

/* The number there, NAN when there is none; also of paths and numbers with + * / between them, from
 * left to right: "a/b*1000". A row that delivered nothing has no latency, though its histogram says
 * 0. */
double facts_value(const cJSON *row, const char *path);

/* How one number spreads over the rows that have it. */
struct facts_range {
    const char *path;                /* as for facts_value(), borrowed */
    const cJSON *rows;               /* borrowed */
    const cJSON *low_row, *high_row; /* the first with it; NULL when no row has the number */
    double low, high;
    /* Rows up to here can't be told apart from the lowest, those from here on not from the highest:
     * they are nearer than the metric's noise, or are written the same where they are counted.
     * Where the rows can't be put in order the one is high, the other low. */
    double bottom, top;
    int n; /* rows that have it */
};
struct facts_range facts_range_of(const cJSON *run, const char *path);

/* The name of a run for people: its scenario's title, or its name; never empty. */
const char *facts_title(const cJSON *run);

/* "three" up to twelve, "13" beyond. */
const char *facts_number_word(int n, char out[UNITS_TEXT_BYTES]);

/* Numbers that somebody chose, as they were written: 10, 0.5, 3,000. */
typedef units_format facts_format;
void facts_format_setting(char out[UNITS_TEXT_BYTES], double value);
/* The format of the metric at a path (of a sum's first); of another figure of a histogram of
 * microseconds ("echo_us.p90") units_format_us(); of any other number facts_format_setting(). */
facts_format *facts_format_of(const char *path);
