/* The latencies of one row of a run, as the series that charts draw: how they are distributed, and
 * how they follow each other. They come from latency-<row>.hlog and timeline-<row>.csv beside
 * run.json, or, where those are missing, from samples in the row itself: the live page in a
 * browser writes samples{published_s[], latency_us[]}, equally long, one pair per update. */
#pragma once

#include <cjson/cJSON.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/hdr/hdr.h"

/* The latencies of a row in µs, as histograms. */
struct latencies {
    struct hdr all;
    struct hdr *repeats; /* of each repeat that received anything, where there are several */
    size_t n;            /* how many; 0 without */
};

/* Read them; the caller frees them, also after a failure.
 * 0; PL_ENOMEM; PL_ESYS (the file can't be read), PL_EINVAL (its path is too long) or PL_EPROTO (it
 * is no log, or the samples no pairs of numbers), with the line in e. */
int chart_series_read(struct latencies *l, const char *run_dir, const cJSON *row,
                      struct err_text *e);
void chart_series_free(struct latencies *l);

/* Append percentile,tail,latency_us: tail is 1/(1-p), 10 points per halving of the distance to
 * 100 %, as far as ten updates lie beyond, at least to the median. With repeats low_us,high_us, the
 * interval of the latency (bench/stats/interval.h), follow. 0 or PL_ENOMEM. */
int chart_series_percentiles(struct buf *out, const struct latencies *l, double updates);

/* Append latency_us,percent: the share of updates that took that long or less. Points closer than
 * 1 % in latency are left out, and a gap wider than 5 % is a flat line and a step. With repeats
 * low_percent,high_percent, the interval of the share, follow. 0 or PL_ENOMEM. */
int chart_series_cdf(struct buf *out, const struct latencies *l);

/* Append published_s (into the window),latency_us of one client, for 10 s (or 100 updates, where
 * those take longer). The same returns as chart_series_read(). */
int chart_series_timeline(struct buf *out, const char *run_dir, const cJSON *row,
                          struct err_text *e);
/* The same from the text of timeline-<row>.csv. 0, PL_ENOMEM, or PL_EPROTO with the line's number
 * in e. */
int chart_series_timeline_of(struct buf *out, const char *text, size_t len, struct err_text *e);
