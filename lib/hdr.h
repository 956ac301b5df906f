/* A histogram compatible with HdrHistogram (Gil Tene; hdrhistogram.org): fixed relative
 * precision over a wide range, constant-time recording, mergeable, nothing lost to
 * averaging. Names are HdrHistogram's. No I/O. */
#ifndef PUSHLAB_HDR_H
#define PUSHLAB_HDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

struct hdr {
    int64_t lowest_discernible_value, highest_trackable_value;
    int significant_figures;
    int unit_magnitude, sub_bucket_half_count_magnitude;
    int32_t sub_bucket_count, sub_bucket_half_count;
    int64_t sub_bucket_mask;
    int32_t bucket_count, counts_len;
    int64_t min_value, max_value, total_count;
    int64_t *counts; /* owned */
};

/* What every latency in pushlab is recorded with: 1 µs to 1 h, 3 significant figures. */
#define HDR_LATENCY_LOWEST_US   INT64_C(1)
#define HDR_LATENCY_HIGHEST_US  INT64_C(3600000000)
#define HDR_LATENCY_FIGURES     3

/* 0, LAB_EINVAL (1 <= lowest, 2*lowest <= highest, 1 <= figures <= 5) or LAB_ENOMEM. */
int hdr_init(struct hdr *h, int64_t lowest_discernible_value, int64_t highest_trackable_value,
             int significant_figures);
void hdr_free(struct hdr *h);
void hdr_reset(struct hdr *h);

/* Record count times value. Negative values and values above the highest trackable are
 * clamped into range and still counted. Returns false when it had to clamp. */
bool hdr_record(struct hdr *h, int64_t value, int64_t count);

/* Add all of src, which must have the same configuration. 0 or LAB_EINVAL. */
int hdr_add(struct hdr *h, const struct hdr *src);

/* Percentile in 0..100. The highest value equivalent to the one at that rank; 0 when empty. */
int64_t hdr_value_at_percentile(const struct hdr *h, double percentile);
int64_t hdr_min(const struct hdr *h); /* 0 when empty */
int64_t hdr_max(const struct hdr *h);
double hdr_mean(const struct hdr *h);
double hdr_stddev(const struct hdr *h);

/* The range of values that share value's bucket. */
int64_t hdr_lowest_equivalent(const struct hdr *h, int64_t value);
int64_t hdr_highest_equivalent(const struct hdr *h, int64_t value);
int64_t hdr_median_equivalent(const struct hdr *h, int64_t value);

/* Walk the recorded values in order: start with it = {0}; false at the end. */
struct hdr_iter {
    int32_t index;
    int64_t value;            /* highest equivalent */
    int64_t count, cumulative;
};
bool hdr_iter_next(const struct hdr *h, struct hdr_iter *it);

/* V2 encoding (cookie 0x1c849303 | 0x10): ZigZag LEB128 counts. 0 or LAB_ENOMEM. */
int hdr_encode(const struct hdr *h, struct buf *out);
/* 0, LAB_EPROTO or LAB_ENOMEM. On success h is initialised and owned by the caller. */
int hdr_decode(struct hdr *h, const uint8_t *data, size_t len);
/* The same, zlib-compressed (cookie 0x1c849304 | 0x10), as the log carries it. */
int hdr_encode_compressed(const struct hdr *h, struct buf *out);
int hdr_decode_compressed(struct hdr *h, const uint8_t *data, size_t len);

#endif
