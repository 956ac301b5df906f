/* The captures that ladder diagrams are drawn from: after the rows, one client talks to the server
 * for a moment over the same link, in each row's way, and its packets are kept as
 * ladder-<row>.pcapng in the run's folder. */
#ifndef PUSHLAB_LADDER_CAPTURE_H
#define PUSHLAB_LADDER_CAPTURE_H

#include "lib/base/err.h"
#include "bench/run/row.h"

/* Capture every row of w's scenario; on loopback there is nothing to see. An interrupt ends it. 0,
 * or negative with the line in e: the measured rows are not harmed by what goes wrong here. */
int ladder_capture(const struct row_setting *w, struct err_text *e);

/* Draw charts/ladder-<row>.svg from each ladder-<row>.pcapng that there is in run_dir. The run is
 * read for the rows' names and the link's. 0, or negative with the line in e. */
int ladder_draw_all(const char *run_dir, struct err_text *e);

#endif
