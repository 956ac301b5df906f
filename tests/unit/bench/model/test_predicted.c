/* The model's figures in the rows of a run, and which measured ones are off. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/base/json.h"
#include "bench/model/predicted.h"

#define RUN                                                                                        \
    "{\"link\":\"rtt=50ms\",\"link_details\":{\"spec\":\"delay=25ms\",\"rtt_ms\":50},"             \
    "\"scenario\":{\"source\":{\"kind\":\"generator\",\"pattern\":\"fixed\",\"rate_hz\":10,"       \
    "\"payload_bytes\":100}},\"rows\":[%s]}"
#define PHASES "\"clients\":50,\"connection\":\"keep-alive\",\"phases\":{\"window_ms\":60000}"

static cJSON *run;

static cJSON *row_of(const char *text)
{
    char whole[2048];

    cJSON_Delete(run);
    snprintf(whole, sizeof whole, RUN, text);
    run = cJSON_Parse(whole);
    ck_assert_ptr_nonnull(run);
    predicted_add(run);
    return cJSON_GetArrayItem(cJSON_GetObjectItem(run, "rows"), 0);
}

static void teardown(void)
{
    cJSON_Delete(run);
    run = NULL;
}

/* A short poll every second of ten updates a second over a round trip of 50 ms. */
static cJSON *poll(const char *measured)
{
    char text[1024];

    snprintf(text, sizeof text,
             "{\"id\":\"p\",\"transport\":\"short-poll\",\"interval_ms\":1000,\"delivered\":30000,"
             "%s" PHASES "}",
             measured);
    return row_of(text);
}

/* ---- what a row gets ---- */

START_TEST(figures_stand_under_the_paths_of_metrics)
{
    const cJSON *row = poll("");

    ck_assert_double_eq(predicted_value(row, "latency_us.mean"), 525000);
    ck_assert_double_eq(predicted_value(row, "latency_us.p50"), 525000);
    ck_assert_double_eq(predicted_value(row, "latency_us.p90"), 925000);
    ck_assert_double_eq(predicted_value(row, "latency_us.max"), 1025000);
    ck_assert_double_eq(predicted_value(row, "requests_per_update"), 0.1);
    ck_assert_double_eq(predicted_value(row, "tcp_handshakes_per_update"), 0);
    ck_assert_double_gt(predicted_value(row, "bytes_per_update.wire"), 100);
    ck_assert(isnan(predicted_value(row, "server_cpu_us_per_update")));
    ck_assert_ptr_null(json_at(row, "predicted.why"));
}
END_TEST

START_TEST(a_reason_stands_where_there_is_no_latency)
{
    const cJSON *row = poll("");
    cJSON *details = cJSON_GetObjectItem(run, "link_details");

    cJSON_DeleteItemFromObject((cJSON *)row, "predicted");
    cJSON_ReplaceItemInObject(details, "spec", cJSON_CreateString("delay=25ms,loss=1%"));
    predicted_add(run);
    ck_assert(isnan(predicted_value(row, "latency_us.mean")));
    ck_assert_double_eq(predicted_value(row, "requests_per_update"), 0.1);
    ck_assert_str_ne(json_text(row, "predicted.why"), "");
}
END_TEST

START_TEST(a_row_that_has_them_keeps_them)
{
    const cJSON *row = poll("\"predicted\":{\"latency_us.mean\":7},");

    ck_assert_double_eq(predicted_value(row, "latency_us.mean"), 7);
    ck_assert(isnan(predicted_value(row, "requests_per_update")));
}
END_TEST

START_TEST(a_row_of_which_nothing_is_said_gets_nothing)
{
    const cJSON *row = row_of("{\"id\":\"x\",\"transport\":\"carrier-pigeon\"}");

    ck_assert_ptr_null(json_at(row, "predicted"));
    ck_assert(isnan(predicted_value(row, "latency_us.mean")));
}
END_TEST

/* ---- what is off ---- */

START_TEST(five_percent_are_allowed)
{
    ck_assert(!predicted_is_off(poll("\"latency_us\":{\"mean\":551000},"), "latency_us.mean"));
    ck_assert(predicted_is_off(poll("\"latency_us\":{\"mean\":552000},"), "latency_us.mean"));
    ck_assert(predicted_is_off(poll("\"latency_us\":{\"mean\":498000},"), "latency_us.mean"));
    ck_assert(!predicted_is_off(poll("\"latency_us\":{\"mean\":499000},"), "latency_us.mean"));
}
END_TEST

START_TEST(what_the_repeats_differ_by_is_allowed_too)
{
    const char *wide = "\"latency_us\":{\"mean\":600000},"
                       "\"ci95\":{\"latency_us.mean\":{\"low\":520000,\"high\":680000}},";
    const char *narrow = "\"latency_us\":{\"mean\":600000},"
                         "\"ci95\":{\"latency_us.mean\":{\"low\":590000,\"high\":610000}},";

    ck_assert(!predicted_is_off(poll(wide), "latency_us.mean"));
    ck_assert(
        !predicted_is_off(poll("\"latency_us\":{\"max\":2000000},\"ci95\":{},"), "latency_us.max"));
    ck_assert(predicted_is_off(poll("\"latency_us\":{\"max\":2000000},"), "latency_us.max"));
    ck_assert(predicted_is_off(poll(narrow), "latency_us.mean"));
}
END_TEST

START_TEST(of_a_share_five_points_are_allowed)
{
    ck_assert(!predicted_is_off(poll("\"empty_response_ratio\":0.049,"), "empty_response_ratio"));
    ck_assert(predicted_is_off(poll("\"empty_response_ratio\":0.051,"), "empty_response_ratio"));
}
END_TEST

START_TEST(a_count_that_should_be_none_is_off)
{
    ck_assert(predicted_is_off(poll("\"tcp_handshakes_per_update\":0.001,"),
                               "tcp_handshakes_per_update"));
    ck_assert(
        !predicted_is_off(poll("\"tcp_handshakes_per_update\":0,"), "tcp_handshakes_per_update"));
}
END_TEST

START_TEST(a_latency_of_nothing_is_the_machines_own)
{
    const char *text = "{\"id\":\"s\",\"transport\":\"sse\",\"delivered\":30000,"
                       "\"predicted\":{\"latency_us.mean\":0,\"age_us.mean\":50000},"
                       "\"latency_us\":{\"mean\":900},\"age_us\":{\"mean\":60000}}";

    ck_assert(!predicted_is_off(row_of(text), "latency_us.mean"));
    ck_assert(predicted_is_off(row_of(text), "age_us.mean"));
}
END_TEST

START_TEST(what_was_not_measured_is_not_off)
{
    ck_assert(!predicted_is_off(poll(""), "latency_us.mean"));
    ck_assert(!predicted_is_off(poll("\"latency_us\":{\"p90\":null},"), "latency_us.p90"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("predicted");
    TCase *t = tcase_create("predicted");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, figures_stand_under_the_paths_of_metrics);
    tcase_add_test(t, a_reason_stands_where_there_is_no_latency);
    tcase_add_test(t, a_row_that_has_them_keeps_them);
    tcase_add_test(t, a_row_of_which_nothing_is_said_gets_nothing);
    tcase_add_test(t, five_percent_are_allowed);
    tcase_add_test(t, what_the_repeats_differ_by_is_allowed_too);
    tcase_add_test(t, of_a_share_five_points_are_allowed);
    tcase_add_test(t, a_count_that_should_be_none_is_off);
    tcase_add_test(t, a_latency_of_nothing_is_the_machines_own);
    tcase_add_test(t, what_was_not_measured_is_not_off);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
