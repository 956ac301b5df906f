/* Which rows differ, as sentences may say it: of runs whose truth is known. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/base/json.h"
#include "bench/result/facts.h"
#include "lib/base/rng.h"

enum { RUNS = 300 };
static const char path[] = "latency_us.p50", cpu[] = "server_cpu_us_per_update";

static cJSON *run;
static struct rng rng;

static void set_up(void)
{
    run = cJSON_Parse("{\"rows\":[],\"repeats\":[]}");
    rng_seed(&rng, 1);
}

static void tear_down(void)
{
    cJSON_Delete(run);
}

static cJSON *row_of(int id, double value)
{
    char name[8];
    cJSON *row;

    snprintf(name, sizeof name, "%d", id);
    row = json_object("id:s delivered:d", name, 100);
    json_add_number(cJSON_AddObjectToObject(row, "latency_us"), "p50", value);
    json_add_number(cJSON_GetObjectItem(row, "latency_us"), "count", 100);
    json_add_number(row, cpu, value);
    return row;
}

/* A row of so many repeats around a truth, each varied by about sd of it. */
static void add_row(double truth, double sd, int repeats)
{
    cJSON *rows = cJSON_GetObjectItem(run, "rows"), *list = cJSON_GetObjectItem(run, "repeats");
    int id = cJSON_GetArraySize(rows);
    double sum = 0;

    for (int i = 0; i < repeats; i++) {
        double value = truth * exp(sd * rng_normal(&rng));

        sum += value;
        cJSON_AddItemToArray(list, row_of(id, value));
    }
    cJSON_AddItemToArray(rows, row_of(id, sum / repeats));
}

static struct facts_order order_of(const char *which)
{
    struct facts_range r = facts_range_of(run, which);

    return facts_order_of(&r, FACTS_LEVEL);
}

static void again(void)
{
    cJSON_Delete(run);
    run = cJSON_Parse("{\"rows\":[],\"repeats\":[]}");
}

/* Rows of which the truth is the same, with much more noise than the margins: in how many runs are
 * any of them told apart? In 5 %, and by chance in up to 7.5 % (two standard deviations of 300). */
static const struct {
    int rows, repeats;
} equal[] = {{2, 2}, {2, 3}, {2, 5}, {3, 3}, {8, 2}, {8, 3}, {8, 5}, {8, 10}, {24, 3}};

START_TEST(equal_rows_are_in_no_order)
{
    int ordered = 0, by_thumb = 0;

    for (int i = 0; i < RUNS; i++) {
        for (int row = 0; row < equal[_i].rows; row++)
            add_row(25000, 0.2, equal[_i].repeats);
        ordered += order_of(path).ordered;
        cJSON_DeleteItemFromObject(run, "repeats");
        by_thumb += order_of(path).ordered;
        again();
    }
    ck_assert_msg(ordered <= RUNS * 0.075, "%d rows, %d repeats: %d", equal[_i].rows,
                  equal[_i].repeats, ordered);
    ck_assert_int_gt(by_thumb, RUNS / 2); /* what the rule of thumb says of the same figures */
}
END_TEST

/* Each is told from all others: the only way to be named alone. */
START_TEST(no_equal_row_wins)
{
    int wins = 0;

    for (int i = 0; i < RUNS; i++) {
        struct facts_order o;

        for (int row = 0; row < 3; row++)
            add_row(25000, 0.2, 5);
        o = order_of(cpu);
        wins += o.ordered && o.either == 0 && (o.low & (o.low - 1)) == 0;
        again();
    }
    ck_assert_int_le(wins, RUNS * 0.02);
}
END_TEST

START_TEST(what_differs_is_found)
{
    int found = 0;

    for (int i = 0; i < RUNS; i++) {
        struct facts_order o;

        for (int row = 0; row < 8; row++)
            add_row(row < 2 ? 25000 : 26000, 0.002, 5); /* 4 %, less than the rule of thumb's 5 */
        o = order_of(path);
        found += o.ordered && o.low == 0x03 && o.high == 0xfc && o.either == 0;
        again();
    }
    ck_assert_int_ge(found, RUNS * 95 / 100);
}
END_TEST

/* Repeats that agree to a hair do not make 1 % worth a sentence, nor 20 % of CPU. */
START_TEST(less_than_the_margin_is_level)
{
    add_row(1e5, 1e-6, 5);
    add_row(1.01e5, 1e-6, 5);
    ck_assert(!order_of(path).ordered);
    add_row(1.2e5, 1e-6, 5);
    ck_assert(order_of(path).ordered);
    ck_assert(!order_of(cpu).ordered);
    add_row(1.3e5, 1e-6, 5);
    ck_assert(order_of(cpu).ordered);
}
END_TEST

/* A scheduler's whim is 0.1 ms, however little that is of a time. */
START_TEST(short_times_have_a_wider_margin)
{
    add_row(400, 1e-6, 5);
    add_row(480, 1e-6, 5);
    ck_assert(!order_of(path).ordered);
    add_row(520, 1e-6, 5);
    ck_assert(order_of(path).ordered);
}
END_TEST

/* 0 is below 2; 1 has repeats on both sides of both. */
START_TEST(level_with_both_ends)
{
    const double middle[] = {8e4, 16e4, 11e4};
    cJSON *rows = cJSON_GetObjectItem(run, "rows");
    struct facts_order o;

    add_row(1e5, 1e-3, 3);
    for (int i = 0; i < 3; i++)
        cJSON_AddItemToArray(cJSON_GetObjectItem(run, "repeats"), row_of(1, middle[i]));
    cJSON_AddItemToArray(rows, row_of(1, 35e4 / 3));
    add_row(1.3e5, 1e-3, 3);
    o = order_of(path);
    ck_assert(o.ordered && o.low == 1 && o.either == 2 && o.high == 4);
    ck_assert(facts_order_has(o.apart[0], 2) && !facts_order_has(o.apart[0], 1));
    /* Without repeats a rule of thumb says it: 5 %. */
    cJSON_DeleteItemFromObject(run, "repeats");
    o = order_of(path);
    ck_assert(o.ordered && o.low == 1 && o.either == 0 && o.high == 4);
}
END_TEST

START_TEST(ends_that_are_level_leave_no_order)
{
    add_row(1e5, 1e-3, 3);
    for (int i = 0; i < 3; i++)
        cJSON_AddItemToArray(cJSON_GetObjectItem(run, "repeats"), row_of(1, 8e4 + 8e4 * i));
    cJSON_AddItemToArray(cJSON_GetObjectItem(run, "rows"), row_of(1, 16e4));
    cJSON_AddItemToArray(cJSON_GetObjectItem(run, "rows"), cJSON_Parse("{\"id\":\"none\"}"));
    ck_assert(!order_of(path).ordered);
    ck_assert_uint_eq(order_of(path).low, 3);
    ck_assert_uint_eq(order_of(path).high, 3);
    ck_assert(order_of("nothing").low == 0 && !order_of("nothing").ordered);
}
END_TEST

/* A repeat by itself may have too few updates for a percentile of the row: "raw" has it. */
START_TEST(percentiles_of_repeats_come_from_raw)
{
    const double values[2][3] = {{1e4, 1.01e4, 1.02e4}, {2e4, 2.01e4, 2.02e4}};

    for (int i = 0; i < 6; i++) {
        cJSON *row = row_of(i % 2, NAN);

        cJSON_AddItemToObject(row, "raw", row_of(i % 2, values[i % 2][i / 2]));
        cJSON_AddItemToArray(cJSON_GetObjectItem(run, "repeats"), row);
    }
    cJSON_AddItemToArray(cJSON_GetObjectItem(run, "rows"), row_of(0, 1.01e4));
    cJSON_AddItemToArray(cJSON_GetObjectItem(run, "rows"), row_of(1, 2.01e4));
    ck_assert(order_of(path).ordered);
}
END_TEST

/* In 95 % of runs the intervals of all rows hold the truth. */
START_TEST(intervals_of_all_rows_hold_together)
{
    int good = 0;

    for (int i = 0; i < RUNS; i++) {
        bool all = true;

        for (int row = 0; row < 8; row++)
            add_row(100, 0.02, 3);
        for (int row = 0; row < 8; row++) {
            const cJSON *item = cJSON_GetArrayItem(json_at(run, "rows"), row);
            struct interval interval = facts_interval_of(run, item, path);

            all &= interval.low <= 100 && 100 <= interval.high;
        }
        good += all;
        again();
    }
    ck_assert_int_ge(good, RUNS * 92 / 100);
}
END_TEST

START_TEST(sides_of_a_limit)
{
    struct interval inside = {9, 11}, under = {8, 10}, none = {NAN, NAN};

    ck_assert_int_eq(facts_side_of(under, 10, false), FACTS_WITHIN);
    ck_assert_int_eq(facts_side_of(inside, 10, false), FACTS_ASTRIDE);
    ck_assert_int_eq(facts_side_of(inside, 8, false), FACTS_BEYOND);
    ck_assert_int_eq(facts_side_of(inside, 9, true), FACTS_WITHIN);
    ck_assert_int_eq(facts_side_of(inside, 10, true), FACTS_ASTRIDE);
    ck_assert_int_eq(facts_side_of(inside, 12, true), FACTS_BEYOND);
    ck_assert_int_eq(facts_side_of(none, 12, true), FACTS_UNKNOWN);
}
END_TEST

START_TEST(one_repeat_tells_nothing)
{
    struct interval i;

    add_row(100, 0, 1);
    i = facts_interval_of(run, cJSON_GetArrayItem(json_at(run, "rows"), 0), path);
    ck_assert(isinf(i.low) && isinf(i.high));
    add_row(300, 0, 1);
    ck_assert(!order_of(path).ordered);
    cJSON_DeleteItemFromObject(run, "repeats");
    i = facts_interval_of(run, cJSON_GetArrayItem(json_at(run, "rows"), 0), path);
    ck_assert(i.low == 100 && i.high == 100);
}
END_TEST

START_TEST(ratios_have_a_range)
{
    struct facts_range r;
    struct interval ratio;

    add_row(10, 0.01, 5);
    add_row(200, 0.01, 5);
    r = facts_range_of(run, path);
    ratio = facts_ratio_of(&r, r.low_row, r.high_row);
    ck_assert(19 < ratio.low && ratio.low < 20 && 20 < ratio.high && ratio.high < 21);
    cJSON_DeleteItemFromObject(run, "repeats");
    ratio = facts_ratio_of(&r, r.low_row, r.high_row);
    ck_assert_double_eq_tol(ratio.high / ratio.low, 1.05 * 1.05, 1e-9);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("facts");
    TCase *t = tcase_create("facts");
    SRunner *runner = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_loop_test(t, equal_rows_are_in_no_order, 0, sizeof equal / sizeof *equal);
    tcase_add_test(t, no_equal_row_wins);
    tcase_add_test(t, what_differs_is_found);
    tcase_add_test(t, less_than_the_margin_is_level);
    tcase_add_test(t, short_times_have_a_wider_margin);
    tcase_add_test(t, level_with_both_ends);
    tcase_add_test(t, ends_that_are_level_leave_no_order);
    tcase_add_test(t, percentiles_of_repeats_come_from_raw);
    tcase_add_test(t, intervals_of_all_rows_hold_together);
    tcase_add_test(t, sides_of_a_limit);
    tcase_add_test(t, one_repeat_tells_nothing);
    tcase_add_test(t, ratios_have_a_range);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
