/* The ladder diagrams of a run (bench/ladder), from the captures in its folder. */
#ifndef PUSHLAB_CHART_LADDERS_H
#define PUSHLAB_CHART_LADDERS_H

#include "lib/base/err.h"

/* Draw run_dir/charts/ladder-<row>.svg (and .png, where rsvg-convert is installed) from each
 * run_dir/ladder-<row>.pcapng that exists. run.json gives the rows' ids, which must be usable as
 * file names (chart_data_write() checks that), and the link. 0, or negative with the line in e. */
int chart_draw_ladders(const char *run_dir, struct err_text *e);

#endif
