/* bench/sweep/map.c: known points, known steps. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "bench/sweep/map.h"

static struct map_step steps[MAP_ROWS_MAX + 1];

/* A point whose interval is not known. */
static struct map_point point(double latency_us, double cost)
{
    return (struct map_point){.latency_us = latency_us,
                              .cost = {NAN, cost, NAN},
                              .low = {NAN, NAN, NAN},
                              .high = {NAN, NAN, NAN}};
}

static void expect(size_t n, size_t i, double from_us, unsigned long long winners)
{
    ck_assert_uint_lt(i, n);
    ck_assert_double_eq(steps[i].from_us, from_us);
    ck_assert_uint_eq(steps[i].winners, winners);
}

START_TEST(map_gives_the_cheapest_that_meets_each_limit)
{
    /* Slow and cheap, fast and dear, slower and dearer than both, in between. */
    const struct map_point points[] = {point(1000, 10), point(10, 100), point(2000, 200),
                                       point(100, 50)};
    size_t n = map_steps(steps, points, 4, MAP_WIRE, 0);

    ck_assert_uint_eq(n, 4);
    expect(n, 0, 0, 0);
    expect(n, 1, 10, 1 << 1);
    expect(n, 2, 100, 1 << 3);
    expect(n, 3, 1000, 1 << 0);
    ck_assert_uint_eq(map_at(steps, n, 9.99), 0);
    ck_assert_uint_eq(map_at(steps, n, 10), 1 << 1);
    ck_assert_uint_eq(map_at(steps, n, 99), 1 << 1);
    ck_assert_uint_eq(map_at(steps, n, 1e9), 1 << 0);
}
END_TEST

START_TEST(map_names_all_that_cannot_be_told_apart)
{
    struct map_point points[] = {point(10, 100), point(20, 103), point(30, 99), point(40, 110)};
    size_t n = map_steps(steps, points, 4, MAP_WIRE, 0.05);

    ck_assert_uint_eq(n, 4);
    expect(n, 1, 10, 1);
    expect(n, 2, 20, 1 | 2);
    expect(n, 3, 30, 1 | 2 | 4); /* 110 is more than 5 % above 99 */

    n = map_steps(steps, points, 4, MAP_WIRE, 0);
    expect(n, 2, 30, 4); /* without noise the cheapest alone: 103 never wins */
    ck_assert_uint_eq(n, 3);

    /* Intervals that overlap are a tie, whatever the noise; others are none. */
    points[2].low[MAP_WIRE] = 90, points[2].high[MAP_WIRE] = 105;
    points[3].low[MAP_WIRE] = 104, points[3].high[MAP_WIRE] = 116;
    n = map_steps(steps, points, 4, MAP_WIRE, 0);
    expect(n, 3, 40, 4 | 8);
    points[3].low[MAP_WIRE] = 106;
    n = map_steps(steps, points, 4, MAP_WIRE, 0);
    ck_assert_uint_eq(n, 3);
}
END_TEST

START_TEST(map_leaves_out_what_is_not_known)
{
    struct map_point points[] = {point(NAN, 1), point(10, NAN), point(20, 5)};
    size_t n = map_steps(steps, points, 3, MAP_WIRE, 0.5);

    ck_assert_uint_eq(n, 2);
    expect(n, 1, 20, 4);
    n = map_steps(steps, points, 3, MAP_CPU, 0.5); /* nobody has it */
    ck_assert_uint_eq(n, 1);
    ck_assert_uint_eq(map_at(steps, n, 1e9), 0);
    n = map_steps(steps, points, 0, MAP_WIRE, 0);
    ck_assert_uint_eq(n, 1);
}
END_TEST

START_TEST(map_knows_latencies_of_zero)
{
    const struct map_point points[] = {point(0, 5), point(10, 4)}; /* as the model has them */
    size_t n = map_steps(steps, points, 2, MAP_WIRE, 0);

    ck_assert_uint_eq(n, 2);
    expect(n, 0, 0, 1);
    expect(n, 1, 10, 2);
}
END_TEST

START_TEST(map_ties_at_no_cost)
{
    const struct map_point points[] = {point(10, 0), point(10, 0), point(10, 0.1)};
    size_t n = map_steps(steps, points, 3, MAP_WIRE, 0.02);

    ck_assert_uint_eq(n, 2);
    expect(n, 1, 10, 1 | 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("map");
    TCase *tc = tcase_create("map");
    SRunner *runner;
    int failed;

    tcase_add_test(tc, map_gives_the_cheapest_that_meets_each_limit);
    tcase_add_test(tc, map_names_all_that_cannot_be_told_apart);
    tcase_add_test(tc, map_leaves_out_what_is_not_known);
    tcase_add_test(tc, map_knows_latencies_of_zero);
    tcase_add_test(tc, map_ties_at_no_cost);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
