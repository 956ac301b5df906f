/* The series of a run whose rows have faults (docs/faults.md): what happened when, beside the
 * updates of chart_series.h. In charts that compare, a row has a place: a line for each name of
 * faults (result_faults_name()), a column for each transport.
 *
 *   faults.csv            a line per fault of each row: the row's number (from 1), its line and
 * column (from 0), the line's name, and from when to when the fault lasted, in seconds into the
 * window connects-<row>.csv    at_s (into the window), connects: how many were begun in 50 ms
 *   recovery-<row>.csv    what one client went through, in seconds after the row's first fault:
 *                         after_s, kind (lost, refused, connected, update or other), label; events
 *                         that are too near to each other to have labels of their own share one,
 * the others have "-" */
#pragma once

#include <stddef.h>
#include <cjson/cJSON.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "bench/result/result_faults.h"

enum { CHART_FAULTS_LINES_MAX = 24 };

/* Zero-initialise. */
struct chart_faults {
    char line[CHART_FAULTS_LINES_MAX][RESULT_FAULTS_NAME_BYTES]; /* fit for file names */
    size_t lines; /* 0: no row has a fault, or there are too many kinds to be drawn */
};

/* Append faults.csv of those rows, and say which lines there are. 0 or PL_ENOMEM. */
int chart_faults_places(struct buf *out, struct chart_faults *f, const cJSON *rows);

/* Write these files into data_dir, from run.json and the rows' recovery-<row>.csv in run_dir; a row
 * without one has no series. 0; PL_ENOMEM; PL_ESYS, or PL_EPROTO (a file isn't what it should be),
 * with the line in e. */
int chart_faults_write(struct chart_faults *f, const cJSON *run, const char *run_dir,
                       const char *data_dir, struct err_text *e);

/* The series from the text of recovery-<row>.csv: appended to connects and recovery. start_ns: when
 * the row's first fault began; at_s: the same, into the window. 0, PL_ENOMEM, or PL_EPROTO with
 * the line's number in e. */
struct chart_faults_when {
    double start_ns, at_s, for_s;
};
int chart_faults_series(struct buf *connects, struct buf *recovery, const char *text, size_t len,
                        const struct chart_faults_when *when, struct err_text *e);
