/* servers/model/arrivals.c: the three patterns against their closed forms, for a fixed seed. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "servers/model/arrivals.h"

#define MS INT64_C(1000000)
#define S  INT64_C(1000000000)

enum { SAMPLES = 100000 };

START_TEST(fixed_ones_come_at_multiples_of_the_gap)
{
    struct arrivals a;
    struct rng r;

    rng_seed(&r, 1);
    arrivals_init(&a, PATTERN_FIXED, 8, 0, 0);
    for (int i = 1; i <= 1000; i++)
        ck_assert_int_eq(arrivals_next(&a, &r), i * 125 * MS);
}
END_TEST

/* Gaps of a Poisson process of 8 a second: mean 125 ms, standard deviation 125 ms, and e^-1 of
 * them longer than that; each within five standard errors. */
START_TEST(poisson_gaps_are_exponential)
{
    double sum_s = 0, squares_s2 = 0, mean_s, sd_s;
    struct arrivals a;
    struct rng r;
    int64_t at_ns = 0;
    int longer = 0;

    rng_seed(&r, 1);
    arrivals_init(&a, PATTERN_POISSON, 8, 0, 0);
    for (int i = 0; i < SAMPLES; i++) {
        int64_t next_ns = arrivals_next(&a, &r);
        double gap_s = (double)(next_ns - at_ns) / 1e9;

        ck_assert_int_ge(next_ns, at_ns);
        at_ns = next_ns;
        sum_s += gap_s;
        squares_s2 += gap_s * gap_s;
        longer += gap_s > 0.125;
    }
    mean_s = sum_s / SAMPLES;
    sd_s = sqrt(squares_s2 / SAMPLES - mean_s * mean_s);
    ck_assert_double_eq_tol(mean_s, 0.125, 5 * 0.125 / sqrt(SAMPLES));
    ck_assert_double_eq_tol(sd_s, 0.125, 5 * 0.125 * sqrt(2.0 / SAMPLES));
    ck_assert_double_eq_tol((double)longer / SAMPLES, exp(-1),
                            5 * sqrt(exp(-1) * (1 - exp(-1)) / SAMPLES));
}
END_TEST

/* 1000 a second on average, all within the first quarter of every second: 4000 a second there.
 * Where an edge falls on an update, rounding may move one of a burst. */
START_TEST(bursts_spend_the_average_in_their_on_phase)
{
    struct arrivals a;
    struct rng r;
    int n = 0;

    rng_seed(&r, 1);
    arrivals_init(&a, PATTERN_BURSTS, 1000, 250 * MS, 750 * MS);
    for (int64_t at_ns = arrivals_next(&a, &r); at_ns < 100 * S; at_ns = arrivals_next(&a, &r)) {
        ck_assert_int_lt(at_ns % S, 250 * MS);
        n++;
    }
    ck_assert_int_ge(n, 99900);
    ck_assert_int_le(n, 100100);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_times)
{
    struct arrivals a, b;
    struct rng r, q;

    rng_seed(&r, 5);
    rng_seed(&q, 5);
    arrivals_init(&a, PATTERN_POISSON, 3, 0, 0);
    arrivals_init(&b, PATTERN_POISSON, 3, 0, 0);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(arrivals_next(&a, &r), arrivals_next(&b, &q));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arrivals");
    TCase *tc = tcase_create("arrivals");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, fixed_ones_come_at_multiples_of_the_gap);
    tcase_add_test(tc, poisson_gaps_are_exponential);
    tcase_add_test(tc, bursts_spend_the_average_in_their_on_phase);
    tcase_add_test(tc, the_same_seed_gives_the_same_times);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
