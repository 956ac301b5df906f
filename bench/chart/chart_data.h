/* The numbers behind the charts, as plain CSV files that any tool reads; gnuplot is one
 * of them. One line of header, units in the column names, "NaN" where there is no
 * value (a row that delivered nothing has no ratio per update).
 *
 *   rows.csv    one line per row of run.json, in its order; its numbers are the metrics that charts
 *               need (bench/result/metric_text.h), where the run has repeats with both ends of
 *               their intervals, and with "_predicted" after the name what the model says of them
 *               (bench/model/predicted.h). Wire bytes are split into payload, framing, headers and
 *               ACKs so that the four sum to them
 *   link.csv    half_rtt_us of the emulated link, NaN on loopback
 *   percentiles-<row>.csv, cdf-<row>.csv, timeline-<row>.csv    see chart_series.h
 *   faults.csv, connects-<row>.csv, recovery-<row>.csv    see chart_faults.h */
#pragma once

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "bench/chart/chart_faults.h"
#include "bench/result/percentile.h"

struct chart_data {
    /* "50 clients · 10 updates/s of 128 bytes · 6 s window · link: loopback · 2026-11-23 ..." */
    char conditions[256];
    /* "95 % confidence interval over 3 repeats"; "" where no row has an interval. */
    char interval_words[64];
    bool has_wire;      /* packets were counted: the run was over an emulated link */
    bool has_upstream;  /* clients sent, and others received it */
    bool has_deadline;  /* updates were due within a deadline */
    bool has_balancers; /* something stood between clients and servers */
    int rows;
    struct chart_faults faults; /* what broke, and where each row stands */
    /* Where the bars of latency end, "p50" or "mean", and their lines: the highest percentile that
     * the rows have. */
    const char *middle, *upstream_middle;
    const struct percentile *tail, *upstream_tail;
};

/* From a run (as run_file_read() gives it, of run_dir) and the files of its rows write the files
 * above into data_dir, made if it isn't there. A row without deliveries has no series. Ids must be
 * fit for file names.
 * 0; PL_ENOMEM; PL_ESYS (a file can't be read or written), PL_EINVAL or PL_EPROTO (it
 * isn't what it should be), with the file's name in e. */
int chart_data_write(const cJSON *run, const char *run_dir, const char *data_dir,
                     struct chart_data *out, struct err_text *e);

/* Were packets counted: are the overview's bytes those on the wire, or of the application? */
bool chart_data_has_wire(const cJSON *run);

/* Are these the numbers that the pictures beside data_dir were drawn from: is its rows.csv that of
 * run, which has what the model says (predicted_add())? True as well where there is none. */
bool chart_data_is_of(const cJSON *run, const char *data_dir);

/* Append rows.csv of those rows. 0 or PL_ENOMEM. */
int chart_data_rows(struct buf *out, const cJSON *rows);

/* Append text as one CSV field (RFC 4180 §2): quoted when it holds a comma, a quote or a line
 * break, quotes doubled. 0 or PL_ENOMEM. */
int chart_data_field(struct buf *out, const char *text);
