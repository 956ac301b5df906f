/* Which columns the tables have. Private to table*.c. */
#ifndef PUSHLAB_TABLE_COLUMNS_H
#define PUSHLAB_TABLE_COLUMNS_H

#include <stddef.h>

#include "bench/base/units.h"

enum { TABLE_COLUMNS_MAX = 16 };

typedef void format_fn(char out[UNITS_TEXT_BYTES], double value);

/* Which columns there are depends on whether packets were counted, and then on the room. */
enum selection {
    LOOPBACK = 1,
    WIRE = 2,        /* wire and packets beside all others */
    WIRE_NARROW = 4, /* application bytes and wire in one */
    WIRE_LEAST = 8,  /* and no packets */
    ALWAYS = 15,
    TLS_ONLY = 16,   /* and then only when the run spoke TLS */
    VALUE_ONLY = 32, /* and then only when a row has a number other than 0, or a text, there */
    SPARE = 64,      /* and then not when those for VALUE_ONLY take its room */
    SPARE_FIRST = 128,
};

/* A column shows one number of a row, two as "a + b", or three as "a+b / c". */
struct column {
    const char *head[2]; /* two lines; on Markdown's one line joined by a space */
    format_fn *format;   /* NULL: text, the row's id to the left; the others go to the right */
    const char *path, *plus_path, *over_path;
    unsigned shown; /* in these selections */
};

/* Where a column's numbers are. */
struct table_source {
    const struct column *columns;
    size_t n; /* at most TABLE_COLUMNS_MAX */
};
extern const struct table_source table_main;
extern const struct table_source table_sent;     /* where clients send */
extern const struct table_source table_balancer; /* where something stands in between */

#endif
