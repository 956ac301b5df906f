/* lib/base/rng.c: known answers, and moments within five standard errors for a fixed seed. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "lib/base/rng.h"

enum { SAMPLES = 200000 };

/* splitmix64 from state 0 fills the four words; these are its published first outputs. */
START_TEST(rng_seeds_through_splitmix64)
{
    struct rng r;

    rng_seed(&r, 0);
    ck_assert_uint_eq(r.s[0], UINT64_C(0xe220a8397b1dcdaf));
    ck_assert_uint_eq(r.s[1], UINT64_C(0x6e789e6aa1b965f4));
    ck_assert_uint_eq(r.s[2], UINT64_C(0x06c45d188009454f));
    ck_assert_uint_eq(r.s[3], UINT64_C(0xf88bb8a8724c81ec));
}
END_TEST

/* By hand from the definition: rotl(2 * 5, 7) * 9 = 11520, then state (7, 0, 262146, 6 << 45). */
START_TEST(rng_steps_as_xoshiro256_starstar)
{
    struct rng r = {.s = {1, 2, 3, 4}};

    ck_assert_uint_eq(rng_next(&r), 11520);
    ck_assert_uint_eq(r.s[0], 7);
    ck_assert_uint_eq(r.s[1], 0);
    ck_assert_uint_eq(r.s[2], 262146);
    ck_assert_uint_eq(r.s[3], UINT64_C(6) << 45);
    ck_assert_uint_eq(rng_next(&r), 0);
    ck_assert_uint_eq(rng_next(&r), 1509978240);
}
END_TEST

START_TEST(rng_repeats_for_a_seed_and_differs_for_another)
{
    struct rng a, b, c;

    rng_seed(&a, 7);
    rng_seed(&b, 7);
    rng_seed(&c, 8);
    for (int i = 0; i < 100; i++) {
        uint64_t value = rng_next(&a);

        ck_assert_uint_eq(value, rng_next(&b));
        ck_assert_uint_ne(value, rng_next(&c));
    }
}
END_TEST

struct moments {
    double mean, variance, min, max;
};

static double unit_exponential(struct rng *r)
{
    return rng_exponential(r, 1.0);
}

static struct moments sample(double (*draw)(struct rng *r))
{
    struct moments m = {.min = INFINITY, .max = -INFINITY};
    double sum = 0, squares = 0;
    struct rng r;

    rng_seed(&r, 42);
    for (int i = 0; i < SAMPLES; i++) {
        double x = draw(&r);

        sum += x;
        squares += x * x;
        m.min = fmin(m.min, x);
        m.max = fmax(m.max, x);
    }
    m.mean = sum / SAMPLES;
    m.variance = squares / SAMPLES - m.mean * m.mean;
    return m;
}

START_TEST(rng_uniform_has_mean_a_half_and_variance_a_twelfth)
{
    struct moments m = sample(rng_uniform);

    ck_assert_double_eq_tol(m.mean, 0.5, 5 * sqrt(1.0 / 12 / SAMPLES));
    ck_assert_double_eq_tol(m.variance, 1.0 / 12, 5 * sqrt(1.0 / 180 / SAMPLES));
    ck_assert(m.min >= 0 && m.max < 1);
}
END_TEST

START_TEST(rng_exponential_has_mean_and_variance_one)
{
    struct moments m = sample(unit_exponential);

    ck_assert_double_eq_tol(m.mean, 1, 5 * sqrt(1.0 / SAMPLES));
    ck_assert_double_eq_tol(m.variance, 1, 5 * sqrt(8.0 / SAMPLES));
    ck_assert(m.min >= 0 && isfinite(m.max));
}
END_TEST

START_TEST(rng_normal_has_mean_zero_and_variance_one)
{
    struct moments m = sample(rng_normal);

    ck_assert_double_eq_tol(m.mean, 0, 5 * sqrt(1.0 / SAMPLES));
    ck_assert_double_eq_tol(m.variance, 1, 5 * sqrt(2.0 / SAMPLES));
    ck_assert(isfinite(m.min) && isfinite(m.max));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rng");
    TCase *tc = tcase_create("rng");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, rng_seeds_through_splitmix64);
    tcase_add_test(tc, rng_steps_as_xoshiro256_starstar);
    tcase_add_test(tc, rng_repeats_for_a_seed_and_differs_for_another);
    tcase_add_test(tc, rng_uniform_has_mean_a_half_and_variance_a_twelfth);
    tcase_add_test(tc, rng_exponential_has_mean_and_variance_one);
    tcase_add_test(tc, rng_normal_has_mean_zero_and_variance_one);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
