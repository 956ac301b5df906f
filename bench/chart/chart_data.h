/* The numbers behind the charts, as plain CSV files that any tool reads; gnuplot is only the
 * first of them. One line of header, units in the column names, "NaN" where there is no
 * value (a row that delivered nothing has no ratio per update).
 *
 *   rows.csv                 one line per row of run.json, in its order. Wire bytes are split into
 *                            payload, framing, headers and ACKs so that the four sum to them
 *   link.csv                 half_rtt_us of the emulated link, NaN on loopback
 *   percentiles-<row>.csv    percentile,tail,latency_us: tail is 1/(1-p), 10 points per
 *                            halving of the distance to 100 %; the last is the maximum
 *   cdf-<row>.csv            latency_us,percent: the share of updates that took that long
 *                            or less; points closer than 1 % in latency are left out, and a gap
 *                            wider than 5 % is a flat line and a step
 *   timeline-<row>.csv       published_s (into the window),latency_us of one client, for
 *                            10 s (or 100 updates, where those take longer)
 */
#ifndef PUSHLAB_CHART_DATA_H
#define PUSHLAB_CHART_DATA_H

#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/hdr/hdr.h"

struct chart_data {
    /* "50 clients · 10 updates/s of 128 bytes · 6 s window · link: loopback · 2026-11-23 ..." */
    char conditions[256];
    bool has_wire;      /* packets were counted: the run was over an emulated link */
    bool has_upstream;  /* clients sent, and others received it */
    bool has_deadline;  /* updates were due within a deadline */
    bool has_balancers; /* something stood between clients and servers */
    int rows;
};

/* Read run_dir/run.json, latency-<row>.hlog and timeline-<row>.csv; write the files above
 * into data_dir, made if it isn't there. A row without deliveries may lack its log and timeline,
 * and so may one that brings its samples (samples.h).
 * 0; PL_ENOMEM; PL_ESYS (a file can't be read or written), PL_EINVAL or PL_EPROTO (it
 * isn't what it should be), with the file's name in e. */
int chart_data_write(const char *run_dir, const char *data_dir, struct chart_data *out,
                     struct err_text *e);

/* The pieces, each appending a whole file to out. 0, PL_ENOMEM; the timeline also
 * PL_EPROTO with the line's number in e. */
int chart_data_percentiles(struct buf *out, const struct hdr *h);
int chart_data_cdf(struct buf *out, const struct hdr *h);
int chart_data_timeline(struct buf *out, const char *text, size_t len, struct err_text *e);

#endif
