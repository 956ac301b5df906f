/* The metrics: one table of the numbers that a row of run.json is judged by. summary.csv, the
 * charts' rows.csv, the tables, compare, report and advise walk it, or look a path up in it.
 * docs/metrics.md defines them all; a unit test compares the two. */
#pragma once

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "bench/base/units.h"

enum metric_better { METRIC_NEITHER, METRIC_LOWER, METRIC_HIGHER };

/* What a run must have for the number to be there. CSV files have their columns in this order. */
enum metric_needs {
    METRIC_ALWAYS,
    METRIC_BALANCER, /* something between clients and servers */
    METRIC_WIRE,     /* an emulated link */
    METRIC_CHANNELS, /* channels, a deadline, or clients that send */
    METRIC_FAULTS,   /* faults */
};

/* How the values of a row's repeats make that of its summary (repeats.h). What is in a histogram
 * comes from the merged histograms instead, and what is derived from the summary's other values. */
enum metric_merge {
    METRIC_MEAN,
    METRIC_SUM,  /* a count */
    METRIC_SAME, /* a setting */
    METRIC_MAX,
};

enum {
    METRIC_COMPARED = 1,   /* it is a line of `pushlab compare` */
    METRIC_CHARTED = 2,    /* it is a column of the charts' rows.csv */
    METRIC_PER_UPDATE = 4, /* where nothing was delivered there is no value */
};

struct metric {
    const char *path;     /* in a row of run.json: "latency_us.p50" */
    const char *name;     /* for people: "latency p50" */
    const char *csv;      /* the column of summary.csv; NULL: not in it */
    const char *unit;     /* "µs", "ms", "bytes", "share" (0 to 1); "": a count or a ratio */
    units_format *format; /* NULL: a text, or yes and no */
    enum metric_merge merge;
    enum metric_better better;
    const char *anchor; /* of its section in docs/metrics.md */
    enum metric_needs needs;
    unsigned flags;    /* METRIC_COMPARED and the like */
    const char *chart; /* the column of rows.csv; NULL: the same as csv */
    /* Computes the value from others of the row; NULL: run.json has it. */
    double (*derive)(const cJSON *row);
    double noise; /* for metric_noise(); 0: as most have it */
};
extern const struct metric metrics[]; /* last: path NULL */

/* The metric of that path, or NULL. */
const struct metric *metric_find(const char *path);

/* Its value in a row; NAN when there is none. */
double metric_value(const struct metric *m, const cJSON *row);

/* Without repeats values that are no farther apart than this share of the larger can't be put in
 * order, as another run may have them the other way round (docs/advise.md): a rule of thumb. m
 * NULL: as most have it. */
double metric_noise(const struct metric *m);

/* The share by which two runs may differ in m for reasons that their repeats don't show: the
 * machine's state, its clock speed, how the window meets the updates. a and b: what they have;
 * updates: how many a repeat of them published, NAN when that is not known. It is the margin of
 * difference_of(); docs/statistics.md has what it rests on. */
double metric_margin(const struct metric *m, double a, double b, double updates);

/* The metric after m (NULL: the first) in the order of CSV columns; NULL at the end. */
const struct metric *metric_next(const struct metric *m);
