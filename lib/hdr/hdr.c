#include "lib/hdr/hdr.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"

enum { FIGURES_MIN = 1, FIGURES_MAX = 5, BEYOND = 10 };

/* ---- where a value is counted ---- */

static int floor_log2(uint64_t x)
{
    return 63 - __builtin_clzll(x);
}

static int bucket_index(const struct hdr *h, int64_t value)
{
    /* The mask keeps everything that bucket 0 can hold in bucket 0. */
    return floor_log2((uint64_t)(value | h->sub_bucket_mask)) - h->unit_magnitude -
           h->sub_bucket_half_count_magnitude;
}

static int32_t counts_index(const struct hdr *h, int64_t value)
{
    int bucket = bucket_index(h, value);
    int32_t sub_bucket = (int32_t)(value >> (bucket + h->unit_magnitude));

    return ((bucket + 1) << h->sub_bucket_half_count_magnitude) + sub_bucket -
           h->sub_bucket_half_count;
}

static int64_t value_at_index(const struct hdr *h, int32_t index)
{
    int bucket = (index >> h->sub_bucket_half_count_magnitude) - 1;
    int32_t sub_bucket = index & (h->sub_bucket_half_count - 1);

    if (bucket < 0) /* the lower half of bucket 0, the only one that is stored */
        return (int64_t)sub_bucket << h->unit_magnitude;
    return (int64_t)(sub_bucket + h->sub_bucket_half_count) << (bucket + h->unit_magnitude);
}

static int64_t step_at(const struct hdr *h, int64_t value)
{
    return INT64_C(1) << (bucket_index(h, value) + h->unit_magnitude);
}

int64_t hdr_lowest_equivalent(const struct hdr *h, int64_t value)
{
    return value < 0 ? 0 : value & ~(step_at(h, value) - 1);
}

int64_t hdr_highest_equivalent(const struct hdr *h, int64_t value)
{
    return hdr_lowest_equivalent(h, value) + (step_at(h, value < 0 ? 0 : value) - 1);
}

int64_t hdr_median_equivalent(const struct hdr *h, int64_t value)
{
    return hdr_lowest_equivalent(h, value) + step_at(h, value < 0 ? 0 : value) / 2;
}

/* ---- make, use, free ---- */

static int32_t count_buckets(const struct hdr *h)
{
    int64_t smallest_untrackable = (int64_t)h->sub_bucket_count << h->unit_magnitude;
    int32_t buckets = 1;

    while (smallest_untrackable <= h->highest_trackable_value) {
        buckets++;
        if (smallest_untrackable > INT64_MAX / 2)
            break;
        smallest_untrackable *= 2;
    }
    return buckets;
}

/* Everything that follows from lowest, highest and figures. 0 or PL_EINVAL. */
static int lay_out(struct hdr *h)
{
    int64_t single_step_values = 2; /* this many must be told apart by steps of one unit */

    for (int i = 0; i < h->significant_figures; i++)
        single_step_values *= 10;
    h->unit_magnitude = floor_log2((uint64_t)h->lowest_discernible_value);
    h->sub_bucket_half_count_magnitude = floor_log2((uint64_t)single_step_values - 1);
    if (h->unit_magnitude + h->sub_bucket_half_count_magnitude > 61)
        return PL_EINVAL;
    h->sub_bucket_half_count = 1 << h->sub_bucket_half_count_magnitude;
    h->sub_bucket_count = h->sub_bucket_half_count * 2;
    h->sub_bucket_mask = (int64_t)(h->sub_bucket_count - 1) << h->unit_magnitude;
    h->bucket_count = count_buckets(h);
    h->counts_len = (h->bucket_count + 1) * h->sub_bucket_half_count;
    return PL_OK;
}

int hdr_init(struct hdr *h, int64_t lowest_discernible_value, int64_t highest_trackable_value,
             int significant_figures)
{
    struct hdr made = {
        .lowest_discernible_value = lowest_discernible_value,
        .highest_trackable_value = highest_trackable_value,
        .significant_figures = significant_figures,
        .min_value = INT64_MAX,
    };

    *h = (struct hdr){0};
    if (significant_figures < FIGURES_MIN || significant_figures > FIGURES_MAX)
        return PL_EINVAL;
    if (lowest_discernible_value < 1 || lowest_discernible_value > highest_trackable_value / 2)
        return PL_EINVAL;
    if (lay_out(&made) < 0)
        return PL_EINVAL;
    made.counts = calloc((size_t)made.counts_len, sizeof *made.counts);
    if (made.counts == NULL)
        return PL_ENOMEM;
    *h = made;
    return PL_OK;
}

void hdr_free(struct hdr *h)
{
    free(h->counts);
    *h = (struct hdr){0};
}

void hdr_reset(struct hdr *h)
{
    if (h->total_count > 0) { /* only what was touched: the live histogram resets often */
        int32_t from = counts_index(h, h->min_value);
        int32_t to = counts_index(h, h->max_value);

        memset(h->counts + from, 0, (size_t)(to - from + 1) * sizeof *h->counts);
    }
    h->min_value = INT64_MAX;
    h->max_value = 0;
    h->total_count = 0;
}

bool hdr_record(struct hdr *h, int64_t value, int64_t count)
{
    int64_t held = value;

    if (count <= 0)
        return true;
    if (held < 0)
        held = 0;
    if (held > h->highest_trackable_value)
        held = h->highest_trackable_value;
    h->counts[counts_index(h, held)] += count;
    h->total_count += count;
    if (held < h->min_value)
        h->min_value = held;
    if (held > h->max_value)
        h->max_value = held;
    return held == value;
}

int hdr_add(struct hdr *h, const struct hdr *src)
{
    if (h->lowest_discernible_value != src->lowest_discernible_value ||
        h->highest_trackable_value != src->highest_trackable_value ||
        h->significant_figures != src->significant_figures)
        return PL_EINVAL;
    if (src->total_count > INT64_MAX - h->total_count)
        return PL_ELIMIT;
    for (int32_t i = 0; i < h->counts_len; i++)
        h->counts[i] += src->counts[i];
    h->total_count += src->total_count;
    if (src->min_value < h->min_value)
        h->min_value = src->min_value;
    if (src->max_value > h->max_value)
        h->max_value = src->max_value;
    return PL_OK;
}

/* ---- what was recorded ---- */

bool hdr_iter_next(const struct hdr *h, struct hdr_iter *it)
{
    while (it->cumulative < h->total_count) {
        int32_t index = it->index++;

        if (h->counts[index] == 0)
            continue;
        it->count = h->counts[index];
        it->cumulative += it->count;
        it->value = hdr_highest_equivalent(h, value_at_index(h, index));
        return true;
    }
    return false;
}

/* The nearest rank, from 1. Multiplied before divided, and one ulp less, as HdrHistogram does:
 * 99.9 % of 1000 must be 999 although 99.9 is no binary fraction. */
static int64_t rank_at_percentile(const struct hdr *h, double percentile)
{
    double wanted = nextafter(fmin(fmax(percentile, 0.0), 100.0), -INFINITY);
    double rank = ceil(wanted * (double)h->total_count / 100.0);

    if (rank < 1.0)
        return 1;
    return rank >= (double)h->total_count ? h->total_count : (int64_t)rank;
}

int64_t hdr_value_at_percentile(const struct hdr *h, double percentile)
{
    int64_t rank = rank_at_percentile(h, percentile);
    struct hdr_iter it = {0};

    if (percentile <= 0.0)
        return hdr_min(h);
    if (percentile >= 100.0) /* a rank beyond 2^53 is no exact double */
        return hdr_max(h);
    while (hdr_iter_next(h, &it))
        if (it.cumulative >= rank)
            return it.value;
    return 0;
}

double hdr_percentile_needs(double percentile)
{
    return percentile >= 100 ? 1 : ceil(BEYOND / (1 - percentile / 100) - 1e-6);
}

int64_t hdr_min(const struct hdr *h)
{
    return h->total_count == 0 ? 0 : hdr_lowest_equivalent(h, h->min_value);
}

int64_t hdr_max(const struct hdr *h)
{
    return h->total_count == 0 ? 0 : hdr_highest_equivalent(h, h->max_value);
}

double hdr_mean(const struct hdr *h)
{
    struct hdr_iter it = {0};
    double sum = 0.0;

    if (h->total_count == 0)
        return 0.0;
    while (hdr_iter_next(h, &it))
        sum += (double)hdr_median_equivalent(h, it.value) * (double)it.count;
    return sum / (double)h->total_count;
}
