/* The HdrHistogram interval log, V2 (hdrhistogram.org "HistogramLogProcessor" format
 * version 1.3): what HdrHistogram's own tools plot. Text in memory; files are the caller's. */
#ifndef PUSHLAB_HDR_LOG_H
#define PUSHLAB_HDR_LOG_H

#include "buf.h"
#include "err.h"
#include "hdr.h"

/* Append the header: comment lines, [StartTime: ...], [BaseTime: ...], the column legend.
 * comment may be NULL; it must not hold line breaks. 0 or LAB_ENOMEM. */
int hdr_log_header(struct buf *out, const char *comment, int64_t start_unix_ms);

/* Append one interval: tag (may be NULL), start and length in seconds relative to BaseTime,
 * max in milliseconds when values are microseconds (unit ratio 1000), compressed base64. */
int hdr_log_interval(struct buf *out, const char *tag, double start_s, double length_s,
                     const struct hdr *h);

/* Merge all intervals of a log into h (initialised here, owned by the caller).
 * 0, LAB_ENOMEM, or LAB_EPROTO with the line in e. */
int hdr_log_read(struct hdr *h, const char *text, size_t len, struct err_text *e);

#endif
