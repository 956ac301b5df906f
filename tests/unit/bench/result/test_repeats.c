/* bench/result/repeats.h: summaries of rows that were measured several times. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/base/json.h"
#include "bench/result/repeats.h"
#include "lib/hdr/hdr.h"

/* So many values, two of them different; the histogram as clients report it. */
static void put_histogram(cJSON *to, const char *name, int few, int64_t low, int many, int64_t high)
{
    cJSON *o = cJSON_AddObjectToObject(to, name);
    struct buf text = {0};
    struct hdr h;

    ck_assert_int_eq(
        hdr_init(&h, HDR_LATENCY_LOWEST_US, HDR_LATENCY_HIGHEST_US, HDR_LATENCY_FIGURES), 0);
    hdr_record(&h, low, few);
    hdr_record(&h, high, many);
    ck_assert_int_eq(hdr_encode_base64(&h, &text), 0);
    ck_assert_int_eq(buf_add(&text, "", 1), 0);
    json_add_number(o, "count", (double)h.total_count);
    json_add_number(o, "min", (double)hdr_min(&h));
    json_add_number(o, "p50", (double)hdr_value_at_percentile(&h, 50));
    json_add_number(o, "p90", (double)hdr_value_at_percentile(&h, 90));
    json_add_number(o, "max", (double)hdr_max(&h));
    json_add_number(o, "mean", hdr_mean(&h));
    cJSON_AddStringToObject(o, "hdr", (const char *)text.data);
    buf_free(&text);
    hdr_free(&h);
}

/* A measurement of 60 updates, in which few deliveries took low and many took high. */
static cJSON *measure(const char *id, int repeat, int few, int64_t low, int many, int64_t high)
{
    cJSON *row = cJSON_CreateObject(), *raw, *copy;

    cJSON_AddStringToObject(row, "id", id);
    json_add_number(row, "clients", 10);
    json_add_number(row, "repeat", repeat);
    json_add_number(row, "published", 60);
    json_add_number(row, "delivered", few + many);
    json_add_number(row, "requests_per_update", repeat);
    cJSON_AddTrueToObject(row, "adds_up");
    cJSON_AddItemToObject(row, "phases", json_object("window_ms:n", 1000.0));
    raw = cJSON_AddObjectToObject(row, "raw");
    put_histogram(raw, "latency_us", few, low, many, high);
    cJSON_AddItemToObject(raw, "timer_late_us", json_object("max:n", 100.0 * repeat));
    copy = cJSON_Duplicate(json_at(raw, "latency_us"), true);
    cJSON_DeleteItemFromObjectCaseSensitive(copy, "hdr");
    cJSON_ReplaceItemInObjectCaseSensitive(copy, "p90", cJSON_CreateNull()); /* 60 are too few */
    cJSON_AddItemToObject(row, "latency_us", copy);
    cJSON_AddArrayToObject(row, "problems");
    cJSON_AddArrayToObject(row, "disturbed");
    cJSON_AddArrayToObject(row, "notes");
    return row;
}

static cJSON *repeat(const cJSON *run, int i)
{
    return cJSON_GetArrayItem(json_at(run, "repeats"), i);
}

/* Three repeats of a. As their mean p50 is 400 µs, and their mean p90 700 µs, nobody could tell
 * that half of all took a millisecond. */
static cJSON *make_run(void)
{
    cJSON *run = cJSON_CreateObject(), *repeats,
          *planned = cJSON_AddArrayToObject(run, "rows_planned");

    json_append_text(planned, "b");
    json_append_text(planned, "a");
    cJSON_AddArrayToObject(run, "rows");
    repeats = cJSON_AddArrayToObject(run, "repeats");
    cJSON_AddItemToArray(repeats, measure("a", 1, 100, 100, 5, 1000));
    cJSON_AddItemToArray(repeats, measure("a", 2, 10, 100, 300, 1000));
    cJSON_AddItemToArray(repeats, measure("a", 3, 100, 100, 5, 1000));
    return run;
}

static const cJSON *summarise(cJSON *run)
{
    ck_assert_int_eq(repeats_summarise(run, NULL), 0);
    ck_assert_int_eq(cJSON_GetArraySize(json_at(run, "rows")), 1);
    return json_at(run, "rows")->child;
}

START_TEST(percentiles_are_those_of_all_latencies_together)
{
    cJSON *run = make_run();
    const cJSON *row = summarise(run);

    ck_assert_double_eq(json_number(row, "latency_us.count"), 105 + 310 + 105);
    ck_assert_double_eq(json_number(row, "latency_us.min"), 100);
    ck_assert_double_eq(json_number(row, "latency_us.p50"), 1000); /* 310 of 520 */
    ck_assert_double_eq(json_number(row, "latency_us.p90"), 1000);
    ck_assert_double_eq_tol(json_number(row, "latency_us.mean"), (210 * 100.0 + 310 * 1000.0) / 520,
                            0.01);
    ck_assert_ptr_null(json_at(row, "latency_us.hdr"));
    cJSON_Delete(run);
}
END_TEST

START_TEST(a_percentile_takes_enough_updates_in_all_repeats_together)
{
    cJSON *run = make_run();

    ck_assert(!isnan(json_number(summarise(run), "latency_us.p90"))); /* 180 updates */
    cJSON_DeleteItemFromArray(cJSON_GetObjectItemCaseSensitive(run, "repeats"), 2);
    ck_assert(!isnan(json_number(summarise(run), "latency_us.p90"))); /* 120 */
    cJSON_DeleteItemFromArray(cJSON_GetObjectItemCaseSensitive(run, "repeats"), 1);
    ck_assert(isnan(json_number(summarise(run), "latency_us.p90"))); /* 60 */
    cJSON_Delete(run);
}
END_TEST

START_TEST(counts_are_added_ratios_averaged_settings_kept)
{
    cJSON *run = make_run();
    const cJSON *row = summarise(run);

    ck_assert_str_eq(json_text(row, "id"), "a");
    ck_assert_double_eq(json_number(row, "repeats"), 3);
    ck_assert_double_eq(json_number(row, "published"), 180);
    ck_assert_double_eq(json_number(row, "delivered"), 520);
    ck_assert_double_eq(json_number(row, "phases.window_ms"), 3000);
    ck_assert_double_eq(repeats_window_s(row), 1);
    ck_assert_double_eq(json_number(row, "requests_per_update"), 2);
    ck_assert_double_eq(json_number(row, "clients"), 10);
    ck_assert(json_true(row, "adds_up"));
    ck_assert_double_eq(json_number(row, "raw.timer_late_us.max"), 300);
    ck_assert_ptr_null(json_at(row, "raw.latency_us"));
    ck_assert_ptr_eq(repeats_measured(run, row), repeat(run, 0));
    cJSON_Delete(run);
}
END_TEST

START_TEST(what_one_repeat_lacks_the_summary_lacks)
{
    cJSON *run = make_run();
    const cJSON *row;

    cJSON_ReplaceItemInObjectCaseSensitive(repeat(run, 1), "requests_per_update",
                                           cJSON_CreateNull());
    cJSON_ReplaceItemInObjectCaseSensitive(repeat(run, 1), "adds_up", cJSON_CreateFalse());
    cJSON_ReplaceItemInObjectCaseSensitive(repeat(run, 1), "clients", cJSON_CreateNumber(11));
    row = summarise(run);
    ck_assert(cJSON_IsNull(json_at(row, "requests_per_update")));
    ck_assert(cJSON_IsFalse(json_at(row, "adds_up")));
    ck_assert(cJSON_IsNull(json_at(row, "clients")));
    ck_assert_ptr_null(json_at(row, "ci95.requests_per_update"));
    cJSON_Delete(run);
}
END_TEST

/* As runs of an older pushlab have them. */
START_TEST(without_their_histograms_no_percentile_is_made_up)
{
    cJSON *run = make_run();
    const cJSON *row;

    cJSON_DeleteItemFromObjectCaseSensitive((cJSON *)json_at(repeat(run, 1), "raw.latency_us"),
                                            "hdr");
    row = summarise(run);
    ck_assert_double_eq(json_number(row, "latency_us.count"), 520);
    ck_assert_double_eq(json_number(row, "latency_us.max"), 1000);
    ck_assert_double_eq_tol(json_number(row, "latency_us.mean"), (210 * 100.0 + 310 * 1000.0) / 520,
                            0.01);
    ck_assert(cJSON_IsNull(json_at(row, "latency_us.p50")));
    cJSON_Delete(run);
}
END_TEST

static void assert_interval(const cJSON *row, const char *path, double low, double high)
{
    struct interval ci;

    ck_assert_msg(repeats_interval(row, path, &ci), "%s", path);
    ck_assert_double_eq_tol(ci.low, low, 0.02);
    ck_assert_double_eq_tol(ci.high, high, 0.02);
}

/* t of 2 degrees of freedom is 4.30265. 1, 2 and 3: s = 1. p50 of 100, 1000 and 100 around 1000:
 * s = 900. So 4.30265 / sqrt(3) = 2.48414 times as much to each side. */
START_TEST(intervals_are_what_a_hand_computes)
{
    cJSON *run = make_run();
    const cJSON *row = summarise(run);
    struct interval ci;

    assert_interval(row, "requests_per_update", 2 - 2.48414, 2 + 2.48414);
    assert_interval(row, "latency_us.p50", 1000 - 2235.73, 1000 + 2235.73);
    /* Single repeats have too few updates for p90, but a value in raw: 100, 1000, 100. */
    assert_interval(row, "latency_us.p90", 1000 - 2235.73, 1000 + 2235.73);
    ck_assert(!repeats_interval(row, "published", &ci));
    ck_assert(!repeats_interval(row, "clients", &ci));
    ck_assert(!repeats_interval(row, "latency_us.max", &ci));
    cJSON_Delete(run);
}
END_TEST

static void disturb(const cJSON *run, int i)
{
    json_append_text(cJSON_GetObjectItemCaseSensitive(repeat(run, i), "disturbed"), "stopped");
}

START_TEST(one_disturbed_repeat_of_three_is_left_out)
{
    cJSON *run = make_run();
    bool out[REPEATS_MAX];
    double values[3];
    const cJSON *row;

    disturb(run, 1);
    row = summarise(run);
    ck_assert_double_eq(json_number(row, "repeats"), 2);
    ck_assert_double_eq(json_number(row, "delivered"), 210);
    ck_assert_double_eq(json_number(row, "latency_us.p50"), 100);
    ck_assert_int_eq(cJSON_GetArraySize(json_at(row, "disturbed")), 0);
    ck_assert_str_eq(json_at(row, "repeats_left_out")->child->valuestring, "repeat 2: stopped");
    ck_assert_uint_eq(repeats_left_out(run, "a", out), 3);
    ck_assert(!out[0] && out[1] && !out[2]);
    ck_assert_uint_eq(repeats_values(run, "a", metric_find("requests_per_update"), values, 3), 2);
    ck_assert(values[0] == 1 && values[1] == 3);
    cJSON_Delete(run);
}
END_TEST

START_TEST(two_disturbed_repeats_of_three_make_the_row_disturbed)
{
    cJSON *run = make_run();
    double values[3];
    const cJSON *row;

    disturb(run, 1);
    disturb(run, 2);
    row = summarise(run);
    ck_assert_double_eq(json_number(row, "repeats"), 3);
    ck_assert_int_eq(cJSON_GetArraySize(json_at(row, "repeats_left_out")), 0);
    ck_assert_int_eq(cJSON_GetArraySize(json_at(row, "disturbed")), 2);
    ck_assert_str_eq(json_at(row, "disturbed")->child->valuestring, "repeat 2: stopped");
    ck_assert_uint_eq(repeats_values(run, "a", metric_find("requests_per_update"), values, 3), 3);
    cJSON_Delete(run);
}
END_TEST

START_TEST(problems_and_notes_say_of_which_repeat_they_are)
{
    cJSON *run = make_run();
    const cJSON *row;

    json_append_text(cJSON_GetObjectItemCaseSensitive(repeat(run, 1), "problems"), "lost");
    json_append_text(cJSON_GetObjectItemCaseSensitive(repeat(run, 2), "notes"), "slow");
    disturb(run, 1); /* left out, and still a problem */
    row = summarise(run);
    ck_assert_str_eq(json_at(row, "problems")->child->valuestring, "repeat 2: lost");
    ck_assert_str_eq(json_at(row, "notes")->child->valuestring, "repeat 3: slow");
    cJSON_Delete(run);
}
END_TEST

START_TEST(summaries_are_in_the_order_of_the_scenario)
{
    cJSON *run = make_run();

    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(run, "repeats"),
                         measure("b", 1, 1, 10, 1, 10));
    ck_assert_int_eq(repeats_summarise(run, NULL), 0);
    ck_assert_int_eq(cJSON_GetArraySize(json_at(run, "rows")), 2);
    ck_assert_str_eq(json_text(json_at(run, "rows")->child, "id"), "b");
    ck_assert_double_eq(json_number(json_at(run, "rows")->child, "repeats"), 1);
    cJSON_Delete(run);
}
END_TEST

START_TEST(a_row_measured_once_has_one_value_and_no_interval)
{
    cJSON *run = cJSON_CreateObject(), *row = measure("a", 1, 100, 100, 5, 1000);
    struct interval ci;
    double values[2];

    cJSON_AddItemToArray(cJSON_AddArrayToObject(run, "rows"), row);
    ck_assert_uint_eq(repeats_values(run, "a", metric_find("latency_us.p50"), values, 2), 1);
    ck_assert_double_eq(values[0], 100);
    ck_assert_uint_eq(repeats_values(run, "a", metric_find("latency_us.p90"), values, 2), 0);
    ck_assert_uint_eq(repeats_values(run, "b", metric_find("latency_us.p50"), values, 2), 0);
    ck_assert(!repeats_interval(row, "latency_us.p50", &ci));
    ck_assert_double_eq(repeats_window_s(row), 1);
    ck_assert_ptr_eq(repeats_measured(run, row), row);
    ck_assert_int_lt(repeats_summarise(run, NULL), 0);
    cJSON_Delete(run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("repeats");
    TCase *t = tcase_create("repeats");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(t, percentiles_are_those_of_all_latencies_together);
    tcase_add_test(t, a_percentile_takes_enough_updates_in_all_repeats_together);
    tcase_add_test(t, counts_are_added_ratios_averaged_settings_kept);
    tcase_add_test(t, what_one_repeat_lacks_the_summary_lacks);
    tcase_add_test(t, without_their_histograms_no_percentile_is_made_up);
    tcase_add_test(t, intervals_are_what_a_hand_computes);
    tcase_add_test(t, one_disturbed_repeat_of_three_is_left_out);
    tcase_add_test(t, two_disturbed_repeats_of_three_make_the_row_disturbed);
    tcase_add_test(t, problems_and_notes_say_of_which_repeat_they_are);
    tcase_add_test(t, summaries_are_in_the_order_of_the_scenario);
    tcase_add_test(t, a_row_measured_once_has_one_value_and_no_interval);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
