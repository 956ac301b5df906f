/* The captures that ladder diagrams are drawn from: after the measured rows, one client is run for
 * about a second over the same link, once for each row, and its packets are kept as
 * ladder-<row>.pcapng in the run's folder. */
#pragma once

#include "lib/base/err.h"
#include "bench/run/row.h"

/* Capture every row of w's scenario. On loopback there are no packets to capture: nothing is
 * done. An interrupt ends it early, which is no failure. 0, or negative with the line in e; the
 * measured rows are not harmed by a failure. */
int ladder_capture(const struct row_setting *w, struct err_text *e);

/* About how long that takes for such a scenario; 0: there is nothing to capture. */
double ladder_capture_expected_s(const struct scenario *s);
