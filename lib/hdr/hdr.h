/* A histogram compatible with HdrHistogram (Gil Tene; hdrhistogram.org): fixed relative
 * precision over a wide range, constant-time recording, mergeable, nothing lost to
 * averaging. Names are HdrHistogram's. No I/O. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"

/* The counts are a run of buckets, each covering twice the range of the one before it with
 * the same number of sub-buckets; the lower half of a bucket is what the one before it
 * already covers, so only the upper halves are stored:
 *
 *   bucket 0:  0 .. 2047       step 1   (both halves)
 *   bucket 1:  2048 .. 4095    step 2   (1 to 1 h in µs, 3 figures: 22 buckets, 188 KB)
 *   bucket 2:  4096 .. 8191    step 4   ...
 */
struct hdr {
    int64_t lowest_discernible_value, highest_trackable_value;
    int significant_figures;
    int unit_magnitude;                  /* log2 of the step of bucket 0 */
    int sub_bucket_half_count_magnitude; /* log2 of sub_bucket_half_count */
    int32_t sub_bucket_count, sub_bucket_half_count;
    int64_t sub_bucket_mask; /* the bits of a value that bucket 0 can hold */
    int32_t bucket_count, counts_len;
    int64_t min_value; /* smallest recorded; INT64_MAX while empty */
    int64_t max_value; /* largest recorded; 0 while empty */
    int64_t total_count;
    int64_t *counts; /* owned */
};

/* What every latency in pushlab is recorded with: 1 µs to 1 h, 3 significant figures. */
#define HDR_LATENCY_LOWEST_US  INT64_C(1)
#define HDR_LATENCY_HIGHEST_US INT64_C(3600000000)
#define HDR_LATENCY_FIGURES    3

/* 0, PL_EINVAL (1 <= lowest, 2*lowest <= highest, 1 <= figures <= 5, and the figures of
 * lowest must fit below 2^63) or PL_ENOMEM. On failure h is zeroed: hdr_free() may be called. */
int hdr_init(struct hdr *h, int64_t lowest_discernible_value, int64_t highest_trackable_value,
             int significant_figures);
void hdr_free(struct hdr *h); /* zeroes h */
void hdr_reset(struct hdr *h);

/* Record value count times (count >= 0; the total stays below 2^63). Negative values and
 * values above the highest trackable are clamped into range and still counted. Returns false
 * when it had to clamp. */
bool hdr_record(struct hdr *h, int64_t value, int64_t count);

/* Add all of src. 0, PL_EINVAL when the configurations differ, or PL_ELIMIT when the total
 * would pass 2^63 - 1; h is untouched on failure. */
int hdr_add(struct hdr *h, const struct hdr *src);

/* Percentile in 0..100, by nearest rank: the smallest recorded value with at least that
 * percentage of all values at or below it, given as the highest value equivalent to it (the
 * lowest for percentile 0). 0 when empty. */
int64_t hdr_value_at_percentile(const struct hdr *h, double percentile);

/* How many independent events it takes until ten lie beyond a percentile, so that it is more than
 * the chance of a few: 20 for 50, 1,000 for 99; 1 for 100. Values of one event, as the arrivals of
 * one update at all clients, are not independent. */
double hdr_percentile_needs(double percentile);

/* As coarse as the buckets, so that a decoded histogram answers like the original: the lowest
 * value equivalent to the smallest, the highest equivalent to the largest. 0 when empty. */
int64_t hdr_min(const struct hdr *h);
int64_t hdr_max(const struct hdr *h);

/* Over the middle values of the buckets. 0 when empty. */
double hdr_mean(const struct hdr *h);

/* The range of values that are counted together with value (negative values: with 0). */
int64_t hdr_lowest_equivalent(const struct hdr *h, int64_t value);
int64_t hdr_highest_equivalent(const struct hdr *h, int64_t value);
int64_t hdr_median_equivalent(const struct hdr *h, int64_t value);

/* Walk the recorded values in order: start with it = {0}; false at the end. */
struct hdr_iter {
    int32_t index; /* where the next step looks first */
    int64_t value; /* highest equivalent */
    int64_t count, cumulative;
};
bool hdr_iter_next(const struct hdr *h, struct hdr_iter *it);

/* Append the V2 encoding (hdr_codec.c describes it). 0 or PL_ENOMEM: out is as it was. */
int hdr_encode(const struct hdr *h, struct buf *out);

/* Read a V2 encoding, all of data. 0, PL_EPROTO or PL_ENOMEM. On success h is initialised
 * and owned by the caller; on failure it is zeroed. Hostile input costs at most 50 MB. */
int hdr_decode(struct hdr *h, const uint8_t *data, size_t len);

/* The same, zlib-compressed, as the log carries it. Hostile input costs at most 110 MB. */
int hdr_encode_compressed(const struct hdr *h, struct buf *out);
int hdr_decode_compressed(struct hdr *h, const uint8_t *data, size_t len);

/* The compressed encoding in base64 (RFC 4648 §4), as logs and JSON carry it. The same results. */
int hdr_encode_base64(const struct hdr *h, struct buf *out);
int hdr_decode_base64(struct hdr *h, const char *text, size_t len);
