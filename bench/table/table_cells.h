/* The tables' columns, which of them a run needs, and what stands in a cell: for the terminal,
 * Markdown and HTML alike. Names and formats of numbers are those of bench/result/metric.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <cjson/cJSON.h>

enum { TABLE_CELL_BYTES = 80, TABLE_COLUMNS_MAX = 21 };

/* Which columns there are depends on whether packets were counted, and on what is written. */
enum selection {
    LOOPBACK = 1,
    WIRE = 2,     /* payload and framing, and wire bytes: Markdown and HTML */
    TERMINAL = 4, /* the same on a terminal: application bytes and wire bytes in one column */
    ALWAYS = 7,
    TLS_ONLY = 8,    /* and then only when the run spoke TLS */
    VALUE_ONLY = 16, /* and then only when a row has a number other than 0, or a text, there */
    NAMED_ONLY = 32, /* of a histogram: when it is what the rows can name (table_is_named()) */
    SPREAD = 64,     /* with its interval where the run has repeats: "25.5 ±0.1 ms" */
    BREAK = 128,     /* where a table is cut in two best, if it is too wide for the terminal */
};

/* A column shows one number of a row, two as "a + b", or three as "a+b / c"; or a text, as the
 * row's id. */
struct column {
    const char *head[2];  /* two lines; on Markdown's one line joined by a space */
    const char *question; /* what it and its neighbours answer: "How late?"; NULL: the row's name */
    unsigned shown;       /* in these selections */
    const char *path, *plus_path, *over_path; /* those not needed: NULL */
};

/* The columns of one table. */
struct table_source {
    const struct column *columns;
    size_t n; /* at most TABLE_COLUMNS_MAX */
};
extern const struct table_source table_main;
extern const struct table_source table_client;   /* the cost of a client and a second */
extern const struct table_source table_fault;    /* where something broke on purpose */
extern const struct table_source table_sent;     /* where clients send */
extern const struct table_source table_balancer; /* where something stands in between */

/* Has any row a number above 0 there, yes or no, or a text? */
bool table_has_value(const cJSON *rows, const char *path);
/* Is the figure at the path one of those that the rows' updates suffice for: the median, the mean
 * only where they do not; of the percentiles beyond the highest? */
bool table_is_named(const cJSON *rows, const char *path);
/* Is table_balancer about this run? */
bool table_has_balancers(const cJSON *run);

/* Those columns of a table that a run needs. */
struct table_choice {
    const struct column *column[TABLE_COLUMNS_MAX]; /* borrowed from the table */
    size_t n;
};

struct table_choice table_choose(const struct table_source *from, const cJSON *run,
                                 enum selection selection);

/* The cell's text: a value in its metric's format, UNITS_NONE where there is none; a text gets
 * "! " in front when the row has problems, "~ " when it was disturbed. */
void table_format_cell(char out[TABLE_CELL_BYTES], const struct column *c, const cJSON *row);
