#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "lib/base/err.h"
#include "lib/hdr/hdr.h"
#include "lib/base/rng.h"

static struct hdr h; /* made and freed around every test */

static void make_latency(void)
{
    ck_assert_int_eq(
        hdr_init(&h, HDR_LATENCY_LOWEST_US, HDR_LATENCY_HIGHEST_US, HDR_LATENCY_FIGURES), PL_OK);
}

static void drop(void)
{
    hdr_free(&h);
}

/* ck_assert() writes to its parent each time: too slow for what is checked 100,000 times. */
static void check(bool condition, const char *what, int64_t v)
{
    if (!condition)
        ck_abort_msg("%s: %lld", what, (long long)v);
}

static void remake(int64_t lowest, int64_t highest, int figures)
{
    hdr_free(&h);
    ck_assert_int_eq(hdr_init(&h, lowest, highest, figures), PL_OK);
}

static void record_1_to(int64_t n)
{
    for (int64_t v = 1; v <= n; v++)
        check(hdr_record(&h, v, 1), "recorded", v);
}

/* ---- layout ---- */

/* ceil(log2(2 x 10^figures)) sub-buckets, halved from the second bucket on, and as many
 * buckets as it takes to double up to an hour. */
START_TEST(hdr_layout_is_hdrhistograms)
{
    static const struct {
        int64_t lowest, highest;
        int figures;
        int32_t sub_bucket_count, bucket_count, counts_len;
    } layouts[] = {
        {1, 3600000000, 3, 2048, 22, 23552},
        {1, 3600000000, 2, 256, 25, 3328},
        {1, 3600000000, 1, 32, 28, 464},
        {1000, 3600000000, 3, 2048, 13, 14336},
        {1, 2, 1, 32, 1, 32},
        {1, 31, 1, 32, 1, 32},
        {1, 32, 1, 32, 2, 48},
        {1, INT64_MAX, 5, 262144, 46, 6160384},
    };

    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        remake(layouts[i].lowest, layouts[i].highest, layouts[i].figures);
        ck_assert_int_eq(h.sub_bucket_count, layouts[i].sub_bucket_count);
        ck_assert_int_eq(h.bucket_count, layouts[i].bucket_count);
        ck_assert_int_eq(h.counts_len, layouts[i].counts_len);
    }
}
END_TEST

START_TEST(hdr_init_refuses_what_it_cannot_hold)
{
    struct hdr bad;

    ck_assert_int_eq(hdr_init(&bad, 0, 100, 3), PL_EINVAL);
    ck_assert_int_eq(hdr_init(&bad, -1, 100, 3), PL_EINVAL);
    ck_assert_int_eq(hdr_init(&bad, 51, 101, 3), PL_EINVAL);
    ck_assert_int_eq(hdr_init(&bad, 1, 100, 0), PL_EINVAL);
    ck_assert_int_eq(hdr_init(&bad, 1, 100, 6), PL_EINVAL);
    ck_assert_int_eq(hdr_init(&bad, INT64_C(1) << 52, INT64_MAX, 3), PL_EINVAL);
    ck_assert_int_eq(hdr_init(&bad, INT64_C(1) << 51, INT64_MAX, 3), PL_OK);
    hdr_free(&bad);
    ck_assert_int_eq(hdr_init(&bad, 50, 100, 3), PL_OK);
    hdr_free(&bad);
    hdr_free(&bad); /* harmless */
}
END_TEST

START_TEST(hdr_equivalent_ranges_tile_the_whole_range)
{
    int32_t ranges = 0;

    for (int64_t v = 0; v <= h.highest_trackable_value; ranges++) {
        int64_t last = hdr_highest_equivalent(&h, v);

        check(hdr_lowest_equivalent(&h, v) == v, "lowest of the lowest", v);
        check(hdr_lowest_equivalent(&h, last) == v, "lowest of the highest", v);
        check(hdr_median_equivalent(&h, v) == v + (last - v + 1) / 2, "median", v);
        v = last + 1;
    }
    ck_assert_int_le(ranges, h.counts_len);
    ck_assert_int_gt(ranges, h.counts_len - h.sub_bucket_half_count);
}
END_TEST

/* Figures are significant decimal digits: values this far apart must be told apart. */
START_TEST(hdr_relative_error_is_below_ten_to_the_minus_figures)
{
    struct rng r;

    rng_seed(&r, 1);
    remake(1, INT64_MAX, _i);
    for (int i = 0; i < 200000; i++) {
        int64_t v = (int64_t)(rng_next(&r) >> (1 + rng_next(&r) % 63));
        int64_t low = hdr_lowest_equivalent(&h, v), high = hdr_highest_equivalent(&h, v);

        check(low <= v && v <= high, "within its range", v);
        check(low == high || (double)(high - low) <= (double)low * pow(10, -_i), "error", v);
    }
}
END_TEST

START_TEST(hdr_ranges_are_right_at_powers_of_two_and_beside)
{
    remake(1, INT64_MAX, 3);
    for (int bit = 11; bit < 63; bit++) {
        int64_t v = INT64_C(1) << bit, step = INT64_C(1) << (bit - 10);

        ck_assert_int_eq(hdr_highest_equivalent(&h, v - 1), v - 1);
        ck_assert_int_eq(hdr_lowest_equivalent(&h, v), v);
        ck_assert_int_eq(hdr_highest_equivalent(&h, v), v + step - 1);
    }
    ck_assert_int_eq(hdr_highest_equivalent(&h, INT64_MAX), INT64_MAX);
    ck_assert_int_eq(hdr_lowest_equivalent(&h, -5), 0);
    ck_assert_int_eq(hdr_highest_equivalent(&h, -5), 0);
    ck_assert_int_eq(hdr_median_equivalent(&h, -5), 0);
}
END_TEST

START_TEST(hdr_counts_below_the_lowest_discernible_value_together)
{
    remake(1000, 3600000000, 3); /* steps of 512: the power of two below */
    ck_assert(hdr_record(&h, 0, 1));
    ck_assert(hdr_record(&h, 511, 1));
    ck_assert(hdr_record(&h, 512, 1));
    ck_assert_int_eq(hdr_min(&h), 0);
    ck_assert_int_eq(hdr_value_at_percentile(&h, 50), 511);
    ck_assert_int_eq(hdr_max(&h), 1023);
}
END_TEST

/* ---- percentiles and moments against closed forms ---- */

START_TEST(hdr_percentile_is_the_nearest_rank)
{
    record_1_to(1000); /* all below 2048: exact */
    for (int64_t tenth = 1; tenth <= 1000; tenth++)
        ck_assert_int_eq(hdr_value_at_percentile(&h, (double)tenth / 10.0), tenth);
    ck_assert_int_eq(hdr_value_at_percentile(&h, 0), 1);
    ck_assert_int_eq(hdr_value_at_percentile(&h, 0.01), 1);
    ck_assert_int_eq(hdr_value_at_percentile(&h, 99.91), 1000);
    ck_assert_int_eq(hdr_value_at_percentile(&h, 101), 1000);
    ck_assert_int_eq(hdr_value_at_percentile(&h, -1), 1);
}
END_TEST

START_TEST(hdr_percentiles_of_1_to_n_are_within_a_thousandth)
{
    static const int permille[] = {1, 100, 250, 333, 500, 750, 900, 990, 999, 1000};
    const int64_t n = 1000003;

    record_1_to(n);
    for (size_t i = 0; i < sizeof permille / sizeof *permille; i++) {
        int64_t exact = (n * permille[i] + 999) / 1000;
        int64_t got = hdr_value_at_percentile(&h, permille[i] / 10.0);

        ck_assert_int_eq(got, hdr_highest_equivalent(&h, exact));
        ck_assert(fabs((double)(got - exact)) <= (double)exact / 1000.0);
    }
}
END_TEST

START_TEST(hdr_percentile_of_few_values_is_one_of_them)
{
    ck_assert(hdr_record(&h, 10, 1));
    ck_assert_int_eq(hdr_value_at_percentile(&h, 50), 10);
    ck_assert(hdr_record(&h, 20, 1));
    ck_assert_int_eq(hdr_value_at_percentile(&h, 50), 10);
    ck_assert_int_eq(hdr_value_at_percentile(&h, 50.001), 20);
    ck_assert(hdr_record(&h, 30, 2));
    ck_assert_int_eq(hdr_value_at_percentile(&h, 99), 30);
}
END_TEST

START_TEST(hdr_mean_of_1_to_n)
{
    const double n = 2000;

    record_1_to((int64_t)n);
    ck_assert_int_eq(hdr_min(&h), 1);
    ck_assert_int_eq(hdr_max(&h), (int64_t)n);
    ck_assert_double_eq_tol(hdr_mean(&h), (n + 1) / 2, 1e-9);
}
END_TEST

START_TEST(hdr_mean_of_large_values_are_within_a_thousandth)
{
    for (int64_t v = 1; v <= 1000; v++)
        ck_assert(hdr_record(&h, v * 1000003, 1));
    ck_assert_double_eq_tol(hdr_mean(&h), 500.5 * 1000003, 500.5 * 1000);
}
END_TEST

START_TEST(hdr_is_all_zero_when_empty)
{
    struct hdr_iter it = {0};

    ck_assert_int_eq(hdr_value_at_percentile(&h, 50), 0);
    ck_assert_int_eq(hdr_value_at_percentile(&h, 100), 0);
    ck_assert_int_eq(hdr_min(&h), 0);
    ck_assert_int_eq(hdr_max(&h), 0);
    ck_assert_double_eq(hdr_mean(&h), 0);
    ck_assert(!hdr_iter_next(&h, &it));
}
END_TEST

/* ---- recording ---- */

START_TEST(hdr_clamps_and_still_counts_what_is_out_of_range)
{
    ck_assert(!hdr_record(&h, -1, 1));
    ck_assert(!hdr_record(&h, INT64_MIN, 1));
    ck_assert(!hdr_record(&h, HDR_LATENCY_HIGHEST_US + 1, 1));
    ck_assert(!hdr_record(&h, INT64_MAX, 2));
    ck_assert(hdr_record(&h, HDR_LATENCY_HIGHEST_US, 1));
    ck_assert(hdr_record(&h, 0, 1));
    ck_assert_int_eq(h.total_count, 7);
    ck_assert_int_eq(hdr_min(&h), 0);
    ck_assert_int_eq(h.max_value, HDR_LATENCY_HIGHEST_US);
    ck_assert_int_eq(hdr_value_at_percentile(&h, 42), 0);
}
END_TEST

START_TEST(hdr_records_many_at_once_and_nothing_for_none)
{
    ck_assert(hdr_record(&h, 5, 0));
    ck_assert_int_eq(h.total_count, 0);
    ck_assert_int_eq(h.min_value, INT64_MAX);
    ck_assert(hdr_record(&h, 100, 99));
    ck_assert(hdr_record(&h, 200, 1));
    ck_assert_int_eq(hdr_value_at_percentile(&h, 99), 100);
    ck_assert_int_eq(hdr_value_at_percentile(&h, 99.5), 200);
    ck_assert_double_eq_tol(hdr_mean(&h), 101, 1e-12);
}
END_TEST

START_TEST(hdr_iterates_recorded_values_in_order)
{
    static const int64_t values[] = {0, 7, 2047, 2048, 5000, 1000000, HDR_LATENCY_HIGHEST_US};
    const int n = sizeof values / sizeof *values;
    struct hdr_iter it = {0};
    int64_t cumulative = 0;

    for (int i = n - 1; i >= 0; i--)
        hdr_record(&h, values[i], i + 1);
    for (int i = 0; i < n; i++) {
        ck_assert(hdr_iter_next(&h, &it));
        ck_assert_int_eq(it.value, hdr_highest_equivalent(&h, values[i]));
        ck_assert_int_eq(it.count, i + 1);
        ck_assert_int_eq(it.cumulative, cumulative += i + 1);
    }
    ck_assert(!hdr_iter_next(&h, &it));
    ck_assert(!hdr_iter_next(&h, &it));
}
END_TEST

START_TEST(hdr_reset_forgets_everything)
{
    hdr_record(&h, 0, 1);
    hdr_record(&h, 123456, 3);
    hdr_record(&h, HDR_LATENCY_HIGHEST_US, 1);
    hdr_reset(&h);
    hdr_reset(&h);
    for (int32_t i = 0; i < h.counts_len; i++)
        check(h.counts[i] == 0, "no count", i);
    ck_assert_int_eq(hdr_max(&h), 0);
    hdr_record(&h, 50, 1);
    ck_assert_int_eq(hdr_min(&h), 50);
    ck_assert_int_eq(hdr_max(&h), 50);
}
END_TEST

/* ---- merging ---- */

START_TEST(hdr_add_is_the_same_as_recording_into_one)
{
    struct hdr part[2], whole;
    struct rng r;

    rng_seed(&r, 7);
    hdr_init(&whole, 1, 3600000000, 3);
    for (int p = 0; p < 2; p++) {
        hdr_init(&part[p], 1, 3600000000, 3);
        for (int i = 0; i < 10000; i++) {
            int64_t v = (int64_t)rng_exponential(&r, p == 0 ? 300 : 2000000);

            hdr_record(&part[p], v, 1);
            hdr_record(&whole, v, 1);
        }
        ck_assert_int_eq(hdr_add(&h, &part[p]), PL_OK);
        hdr_free(&part[p]);
    }
    ck_assert_mem_eq(h.counts, whole.counts, (size_t)whole.counts_len * sizeof *whole.counts);
    ck_assert_int_eq(h.total_count, whole.total_count);
    ck_assert_int_eq(h.min_value, whole.min_value);
    ck_assert_int_eq(h.max_value, whole.max_value);
    hdr_free(&whole);
}
END_TEST

START_TEST(hdr_add_of_an_empty_one_changes_nothing)
{
    struct hdr empty;

    hdr_init(&empty, 1, 3600000000, 3);
    hdr_record(&h, 42, 1);
    ck_assert_int_eq(hdr_add(&h, &empty), PL_OK);
    ck_assert_int_eq(hdr_min(&h), 42);
    ck_assert_int_eq(hdr_max(&h), 42);
    ck_assert_int_eq(h.total_count, 1);
    hdr_free(&empty);
}
END_TEST

START_TEST(hdr_add_refuses_another_configuration_and_an_overflow)
{
    struct hdr other;

    hdr_init(&other, 1, 3600000000, 2);
    ck_assert_int_eq(hdr_add(&h, &other), PL_EINVAL);
    hdr_free(&other);
    hdr_init(&other, 1, 3600000001, 3);
    ck_assert_int_eq(hdr_add(&h, &other), PL_EINVAL);
    hdr_free(&other);
    hdr_init(&other, 1, 3600000000, 3);
    hdr_record(&other, 1, INT64_MAX);
    hdr_record(&h, 2, 1);
    ck_assert_int_eq(hdr_add(&h, &other), PL_ELIMIT);
    ck_assert_int_eq(h.total_count, 1);
    ck_assert_int_eq(hdr_min(&h), 2);
    hdr_free(&other);
}
END_TEST

START_TEST(the_hundredth_percentile_is_the_maximum_whatever_the_count)
{
    struct hdr big;

    ck_assert_int_eq(hdr_init(&big, 1, 1000000, 3), 0);
    hdr_record(&big, 1, INT64_C(1) << 60);
    hdr_record(&big, 1000, 1);
    ck_assert_int_eq(hdr_value_at_percentile(&big, 100), 1000);
    ck_assert_int_eq(hdr_value_at_percentile(&big, 99), 1);
    hdr_free(&big);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hdr");
    TCase *tc = tcase_create("hdr");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, make_latency, drop);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_hundredth_percentile_is_the_maximum_whatever_the_count);
    tcase_add_test(tc, hdr_layout_is_hdrhistograms);
    tcase_add_test(tc, hdr_init_refuses_what_it_cannot_hold);
    tcase_add_test(tc, hdr_equivalent_ranges_tile_the_whole_range);
    tcase_add_loop_test(tc, hdr_relative_error_is_below_ten_to_the_minus_figures, 1, 6);
    tcase_add_test(tc, hdr_ranges_are_right_at_powers_of_two_and_beside);
    tcase_add_test(tc, hdr_counts_below_the_lowest_discernible_value_together);
    tcase_add_test(tc, hdr_percentile_is_the_nearest_rank);
    tcase_add_test(tc, hdr_percentiles_of_1_to_n_are_within_a_thousandth);
    tcase_add_test(tc, hdr_percentile_of_few_values_is_one_of_them);
    tcase_add_test(tc, hdr_mean_of_1_to_n);
    tcase_add_test(tc, hdr_mean_of_large_values_are_within_a_thousandth);
    tcase_add_test(tc, hdr_is_all_zero_when_empty);
    tcase_add_test(tc, hdr_clamps_and_still_counts_what_is_out_of_range);
    tcase_add_test(tc, hdr_records_many_at_once_and_nothing_for_none);
    tcase_add_test(tc, hdr_iterates_recorded_values_in_order);
    tcase_add_test(tc, hdr_reset_forgets_everything);
    tcase_add_test(tc, hdr_add_is_the_same_as_recording_into_one);
    tcase_add_test(tc, hdr_add_of_an_empty_one_changes_nothing);
    tcase_add_test(tc, hdr_add_refuses_another_configuration_and_an_overflow);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
