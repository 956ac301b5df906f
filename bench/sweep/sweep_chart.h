/* The charts of a sweep: a metric against the first varied key, a line for each row, with its 95 %
 * interval as a band; a panel for each combination of the other keys' values. */
#pragma once

#include "bench/sweep/sweep_cells.h"
#include "lib/base/err.h"

/* (Re)draw DIR/charts/sweep-*.svg and .png with gnuplot, and leave their numbers in
 * DIR/charts/data. Runs gnuplot in a supervisor of its own. 0, or negative with the line in e;
 * PL_EINVAL: there would be too many panels. */
int sweep_chart_draw(const struct sweep_cells *c, struct err_text *e);

/* Write rows.csv and link.csv, of which all charts take names and colours, into DIR/charts/data. 0,
 * or negative with the line in e. */
int sweep_chart_rows(const struct sweep_cells *c, struct err_text *e);
/* The line below a chart's title: "20 clients · 128 bytes · link: rtt=50ms · 5 of 5 cells × 1 ...",
 * of what is the same in all cells. */
void sweep_chart_conditions(char *out, size_t cap, const struct sweep_cells *c);
