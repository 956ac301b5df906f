/* Looking over the rows of a run for what a sentence can say about them: the lowest, the
 * highest, which are alike. */
#ifndef PUSHLAB_FACTS_H
#define PUSHLAB_FACTS_H

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "bench/base/units.h"
#include "bench/base/writer.h"

/* The value at a path of a row, NAN when there is none; a row that delivered nothing has no
 * latency, though its histogram says 0. */
double facts_value(const cJSON *row, const char *path);

/* How one number spreads over the rows that have it. */
struct facts_range {
    const char *path;
    const cJSON *rows;               /* borrowed */
    const cJSON *low_row, *high_row; /* NULL when no row has the number */
    double low, high;
    int n; /* rows that have it */
};
struct facts_range facts_range_of(const cJSON *run, const char *path);

/* Less than 5 % apart, or both 0. */
bool facts_alike(double a, double b);
/* The ends of what is alike to a value. */
double facts_level_below(double value);
double facts_level_above(double value);
bool facts_all_alike(const struct facts_range *r);

/* Name the rows whose value lies in [from, to], except the row except (may be NULL): "`sse`",
 * "`sse` and `stream`", "all seven rows"; past six names a number: "9 of the 14 rows".
 * Returns how many they are; with none nothing is written. */
int facts_name_rows(struct writer *w, const struct facts_range *r, double from, double to,
                    const cJSON *except);
/* How many there are, in silence. */
int facts_count_rows(const struct facts_range *r, double from, double to, const cJSON *except);

/* A row's id as prose: `sse`. */
void facts_name(struct writer *w, const cJSON *row);

/* "three" up to twelve, "13" beyond. */
const char *facts_number_word(int n, char out[UNITS_TEXT_BYTES]);

/* A bold figure: **312 µs**. */
typedef void facts_format(char out[UNITS_TEXT_BYTES], double value);
void facts_figure(struct writer *w, facts_format *format, double value);

/* From the lowest to the highest, each with its row: "**1 ms** (`a`) to **3 ms** (`b`)"; one figure
 * where they are all alike. */
void facts_span(struct writer *w, const struct facts_range *r, facts_format *format);

/* Numbers that somebody chose, as they were written: 10, 0.5, 128. */
void facts_format_setting(char out[UNITS_TEXT_BYTES], double value);

/* How many times a is b, in words that stay true: "**1,080 times**", "**1.4 times**". */
void facts_times(struct writer *w, double a, double b);

#endif
