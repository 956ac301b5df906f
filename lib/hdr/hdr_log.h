/* The HdrHistogram interval log, V2 (hdrhistogram.org, "Histogram log format version 1.3"):
 * what HdrHistogram's own tools plot. Text in memory; files are the caller's.
 *
 *   #[Histogram log format version 1.3]
 *   #[StartTime: 1441812279.474 (seconds since epoch), Wed Sep 09 15:24:39 UTC 2015]
 *   #[BaseTime: 1441812279.474 (seconds since epoch)]
 *   "StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
 *   Tag=sse,0.127,1.007,2.769,HISTFAAAA...
 *
 * A tag says whose interval it is, where a log has those of several; without one a line begins with
 * the start. Readers of tags (HistogramLogProcessor -tag, -alltags) choose by it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/hdr/hdr.h"

/* Append the header: the comment as a line of its own (may be NULL), format version, start
 * time, base time (the same) and legend. 0, PL_EINVAL when comment holds a line break, or
 * PL_ENOMEM. */
int hdr_log_header(struct buf *out, const char *comment, int64_t start_unix_ms);

/* Is it fit for a tag? */
enum { HDR_LOG_TAG_MAX = 127 };
#define HDR_LOG_TAG_ACCEPTED "1 to 127 bytes without commas, spaces and control characters"
bool hdr_log_tag_valid(const char *tag, size_t len);

/* Append one interval: tag (NULL: none), start and length in seconds relative to the base time, the
 * largest value in milliseconds (values are microseconds), the histogram compressed and in base64.
 * 0, PL_EINVAL (no tag is like that), or PL_ENOMEM. */
int hdr_log_interval(struct buf *out, const char *tag, double start_s, double length_s,
                     const struct hdr *h);

/* Append the intervals of another log to log, both as written above, with starts that count from
 * log's base time. more ends in a NUL. 0 or PL_ENOMEM: log is as it was. */
int hdr_log_join(struct buf *log, const char *more, size_t len);

/* Make comments of the intervals i for which out[i], of all n: readers ignore them. 0; PL_EINVAL
 * when the log has not n intervals, or PL_ENOMEM: log is as it was. */
int hdr_log_leave_out(struct buf *log, const bool *out, size_t n);

/* Merge all intervals of a log, with any tags or none, into h (initialised here, owned by the
 * caller). A log without intervals yields an empty latency histogram. 0, PL_ENOMEM, or
 * PL_EPROTO with the line in e; h is zeroed on failure. */
int hdr_log_read(struct hdr *h, const char *text, size_t len, struct err_text *e);
