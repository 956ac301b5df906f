/* What a sweep has measured: the runs of its finished cells, and a table and sweep.csv of them. */
#pragma once

#include <stddef.h>
#include <cjson/cJSON.h>

#include "bench/stats/interval.h"
#include "bench/sweep/sweep_file.h"
#include "lib/base/buf.h"
#include "lib/base/err.h"

struct sweep_cell {
    cJSON *values; /* {"clients": 50}, borrowed from sweep.json */
    cJSON *run;
};

struct sweep_cells {
    const struct sweep *sweep;
    struct sweep_cell *cell;
    size_t n;
};

/* Read all finished cells, in the plan's order; at least one. 0, or negative with the line in e. */
int sweep_cells_read(struct sweep_cells *out, const struct sweep *s, struct err_text *e);
void sweep_cells_free(struct sweep_cells *c);

/* The value of a metric in a row, and its interval, both NAN where it is not known. */
double sweep_cells_value(const cJSON *row, const char *path, struct interval *out);

/* The first that every row which delivered something has in all cells: latency_us.p999, p99, p90,
 * or max; and latency_us.p50, or mean. */
const char *sweep_cells_tail(const struct sweep_cells *c);
const char *sweep_cells_middle(const struct sweep_cells *c);

/* Append a line for each cell and row: the varied keys, latency, requests, bytes and CPU, with
 * their intervals. 0 or PL_ENOMEM. */
int sweep_cells_table(struct buf *out, const struct sweep_cells *c);

/* Write DIR/sweep.csv: the same with every metric of summary.csv, and behind it NAME_low and
 * NAME_high where intervals are known. 0, or negative with the line in e. */
int sweep_cells_csv(const struct sweep_cells *c, struct err_text *e);
