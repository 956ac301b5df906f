/* Intervals and differences: against figures by hand, and against their own promise. */
#include <check.h>
#include <math.h>

#include "bench/stats/difference.h"
#include "bench/stats/interval.h"
#include "lib/base/rng.h"

enum { RUNS = 1000 };

static void fill(double *x, size_t n, struct rng *rng, double mean, double sd)
{
    for (size_t i = 0; i < n; i++)
        x[i] = mean + sd * rng_normal(rng);
}

START_TEST(interval_by_hand)
{
    const double x[] = {10, 12, 14}; /* s = 2, t(2) = 4.3027 */
    struct interval i = interval_of(x, 3, 12), one = interval_of(x, 1, 10);
    /* Around 13: s² = (9 + 1 + 1) / 2. */
    struct interval merged = interval_of(x, 3, 13);

    ck_assert_double_eq_tol(i.low, 12 - 4.30265 * 2 / sqrt(3), 1e-4);
    ck_assert_double_eq_tol(i.high, 12 + 4.30265 * 2 / sqrt(3), 1e-4);
    ck_assert_double_eq_tol(merged.high, 13 + 4.30265 * sqrt(5.5 / 3), 1e-4);
    ck_assert(isnan(one.low) && isnan(one.high));
    ck_assert(isnan(interval_of((double[]){1, NAN}, 2, 1).low));
}
END_TEST

/* In 930 to 970 of 1,000 runs the interval holds the true mean. */
START_TEST(intervals_cover_the_truth)
{
    for (size_t n = 2; n <= 10; n++) {
        struct rng rng;
        int covered = 0;

        rng_seed(&rng, n);
        for (int run = 0; run < RUNS; run++) {
            double x[10];
            struct interval i;

            fill(x, n, &rng, 25, 3);
            i = interval_of(x, n, interval_mean(x, n));
            covered += i.low <= 25 && 25 <= i.high;
        }
        ck_assert_msg(covered >= 930 && covered <= 970, "%zu repeats: %d", n, covered);
    }
}
END_TEST

/* By hand: the logarithms are log(40/33) apart, t = 2.5364, 3.2433 degrees of freedom. */
START_TEST(welch)
{
    const double b[] = {12, 13, 15}, a[] = {10, 11, 12, 11}, none[] = {0, 0, 0, 0};
    struct difference equal = difference_of(a, 4, a, 4, 0), d = difference_of(a, 4, b, 3, 0);
    struct difference zero = difference_of(none, 4, b, 3, 0);
    struct difference same = difference_of(none, 4, none, 4, 0);

    ck_assert_double_eq_tol(equal.ratio, 1, 1e-12);
    ck_assert_double_eq_tol(equal.p, 1, 1e-12);
    ck_assert_double_eq_tol(d.ratio, 40.0 / 33, 1e-12);
    ck_assert(d.ratio95.low < 1 && d.ratio95.high > d.ratio);
    ck_assert_double_eq_tol(d.p, 0.0787, 1e-4);
    ck_assert(isnan(zero.ratio) && zero.p < 0.01);
    ck_assert(isnan(same.ratio) && same.p == 1);
    ck_assert(isnan(difference_of(a, 1, b, 3, 0).p));
}
END_TEST

/* Around other estimates than the means, as of merged histograms: what lies around them counts. */
START_TEST(around_an_estimate)
{
    const double b[] = {12, 13, 15}, a[] = {10, 11, 12, 11};
    struct difference of = difference_of(a, 4, b, 3, 0);
    struct difference same = difference_around(a, 4, 11, b, 3, 40.0 / 3, 0);
    struct difference off = difference_around(a, 4, 11, b, 3, 14, 0); /* 3.076 degrees of freedom */

    ck_assert_double_eq_tol(same.p, of.p, 1e-12);
    ck_assert_double_eq_tol(off.ratio, 14.0 / 11, 1e-12);
    ck_assert_double_eq_tol(log(off.ratio95.high / off.ratio), 0.25262, 1e-4);
}
END_TEST

/* Counts that are the same in each repeat have no spread. */
START_TEST(without_spread)
{
    const double a[] = {4, 4, 4}, b[] = {5, 5, 5};

    ck_assert(difference_of(a, 3, b, 3, 0.1).p == 0);
    ck_assert(difference_of(a, 3, b, 3, 0.3).p == 1);
    ck_assert(difference_of(a, 3, a, 3, 0).p == 1);
}
END_TEST

/* Of equal runs, and of such as differ by the margin, at most 5 % are told apart. */
START_TEST(false_alarms)
{
    const double margins[] = {0, 0.05};

    for (size_t m = 0; m < 2; m++) {
        struct rng rng;
        int called = 0;

        rng_seed(&rng, m + 1);
        for (int run = 0; run < RUNS; run++) {
            double a[3], b[3];

            fill(a, 3, &rng, 25, 0.5);
            fill(b, 3, &rng, 25 * (1 + margins[m]), 0.5);
            called += difference_of(a, 3, b, 3, margins[m]).p <= 0.05;
        }
        ck_assert_msg(called <= 65, "%g: %d", margins[m], called); /* 50 and two sigma */
    }
}
END_TEST

START_TEST(a_millisecond_is_found)
{
    struct rng rng;
    int found = 0;

    rng_seed(&rng, 1);
    for (int run = 0; run < 100; run++) {
        double a[5], b[5], p[100];

        fill(a, 5, &rng, 25.5, 0.05);
        fill(b, 5, &rng, 26.5, 0.05);
        for (int i = 0; i < 100; i++)
            p[i] = 0.5;
        p[0] = difference_of(a, 5, b, 5, 0.01).p;
        ck_assert_int_eq(difference_correct(p, 100), 0);
        found += p[0] <= 0.05;
    }
    ck_assert_int_ge(found, 99);
}
END_TEST

START_TEST(holm)
{
    double p[] = {0.04, NAN, 0.01, 0.03, 0.005}; /* Holm: 0.06, 0.03, 0.06, 0.02 */

    ck_assert_int_eq(difference_correct(p, 5), 0);
    ck_assert_double_eq_tol(p[0], 0.06, 1e-12);
    ck_assert(isnan(p[1]));
    ck_assert_double_eq_tol(p[2], 0.03, 1e-12);
    ck_assert_double_eq_tol(p[3], 0.06, 1e-12);
    ck_assert_double_eq_tol(p[4], 0.02, 1e-12);
    ck_assert_int_eq(difference_correct(p, 0), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("stats");
    TCase *c = tcase_create("stats");
    SRunner *runner = srunner_create(s);
    int failed;

    tcase_add_test(c, interval_by_hand);
    tcase_add_test(c, intervals_cover_the_truth);
    tcase_add_test(c, welch);
    tcase_add_test(c, around_an_estimate);
    tcase_add_test(c, without_spread);
    tcase_add_test(c, false_alarms);
    tcase_add_test(c, a_millisecond_is_found);
    tcase_add_test(c, holm);
    suite_add_tcase(s, c);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
