/* Percentiles rest on updates, not on deliveries: which of them a row and a run may name. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/base/json.h"
#include "bench/result/percentile.h"

static cJSON *parse(const char *text)
{
    cJSON *json = cJSON_Parse(text);

    ck_assert_ptr_nonnull(json);
    return json;
}

START_TEST(ten_updates_must_lie_beyond)
{
    static const struct {
        double updates;
        const char *name;
    } highest[] = {{19, NULL},    {20, "p50"},     {75, "p50"},   {99, "p50"},
                   {100, "p90"},  {150, "p90"},    {999, "p90"},  {1000, "p99"},
                   {9999, "p99"}, {10000, "p999"}, {1e9, "p999"}, {NAN, NULL}};

    for (size_t i = 0; i < sizeof highest / sizeof *highest; i++) {
        const struct percentile *p = percentile_of_updates(highest[i].updates);

        if (highest[i].name == NULL)
            ck_assert_msg(p == NULL, "%g updates", highest[i].updates);
        else
            ck_assert_str_eq(p->name, highest[i].name);
    }
}
END_TEST

/* 50 clients that receive the same 75 updates: 3,750 samples are no 3,750 updates. */
START_TEST(deliveries_to_many_clients_are_not_more_updates)
{
    cJSON *row = parse("{\"published\":75,\"latency_us\":{\"count\":3750,\"min\":1,\"p50\":2,"
                       "\"p90\":3,\"p99\":4,\"p999\":5,\"max\":6,\"mean\":2},"
                       "\"request_late_us\":{\"count\":150,\"p50\":1,\"p90\":2,\"p99\":3},"
                       "\"raw\":{\"latency_us\":{\"p99\":4}}}");

    ck_assert_double_eq(percentile_updates(row, "latency_us"), 75);
    percentile_prune(row);
    ck_assert(cJSON_IsNull(json_at(row, "latency_us.p90")));
    ck_assert(cJSON_IsNull(json_at(row, "latency_us.p99")));
    ck_assert(cJSON_IsNull(json_at(row, "latency_us.p999")));
    ck_assert_double_eq(json_number(row, "latency_us.p50"), 2);
    ck_assert_double_eq(json_number(row, "latency_us.max"), 6);
    ck_assert_double_eq(json_number(row, "latency_us.mean"), 2);
    ck_assert_double_eq(json_number(row, "request_late_us.p90"), 2);
    ck_assert(cJSON_IsNull(json_at(row, "request_late_us.p99")));
    ck_assert_double_eq(json_number(row, "raw.latency_us.p99"), 4);
    cJSON_Delete(row);
}
END_TEST

/* What clients send is independent message by message, edit by edit; of latest values a poll
 * receives fewer than were published. */
START_TEST(each_histogram_has_its_own_count)
{
    cJSON *row = parse("{\"published\":5000,\"latency_us\":{\"count\":613,\"p99\":1},"
                       "\"upstream\":{\"messages\":1120,\"latency_us\":{\"count\":21280,\"p99\":1},"
                       "\"echo_us\":{\"count\":900,\"p99\":1}},"
                       "\"convergence_us\":{\"count\":1000,\"p99\":1,\"p999\":2}}");

    ck_assert_str_eq(percentile_updates_path(row, "latency_us"), "latency_us.count");
    ck_assert_str_eq(percentile_updates_path(row, "upstream.latency_us"), "upstream.messages");
    percentile_prune(row);
    ck_assert(cJSON_IsNull(json_at(row, "latency_us.p99")));
    ck_assert_double_eq(json_number(row, "upstream.latency_us.p99"), 1);
    ck_assert(cJSON_IsNull(json_at(row, "upstream.echo_us.p99")));
    ck_assert_double_eq(json_number(row, "convergence_us.p99"), 1);
    ck_assert(cJSON_IsNull(json_at(row, "convergence_us.p999")));
    cJSON_Delete(row);
}
END_TEST

static const char *highest(const char *rows_text)
{
    cJSON *rows = parse(rows_text);
    const struct percentile *p = percentile_of_rows(rows, "latency_us");

    cJSON_Delete(rows);
    return p->name;
}

/* Rows that broke, were disturbed or delivered nothing do not take it from the others. */
START_TEST(rows_are_compared_by_what_all_of_them_have)
{
#define HAS_P99 "{\"latency_us\":{\"count\":9,\"p50\":1,\"p90\":2,\"p99\":3,\"max\":4}}"
#define HAS_P90 "\"latency_us\":{\"count\":9,\"p50\":1,\"p90\":2,\"p99\":null,\"max\":4}}"
#define NOTHING "{\"delivered\":0,\"latency_us\":{\"count\":0,\"p50\":0,\"p90\":null,\"max\":0}}"

    ck_assert_str_eq(highest("[" HAS_P99 "," HAS_P99 "]"), "p99");
    ck_assert_str_eq(highest("[" HAS_P99 ",{" HAS_P90 "]"), "p90");
    ck_assert_str_eq(highest("[" HAS_P99 "," NOTHING "]"), "p99");
    ck_assert_str_eq(highest("[" HAS_P99 ",{\"disturbed\":[\"x\"]," HAS_P90 "]"), "p99");
    ck_assert_str_eq(highest("[" HAS_P99 ",{\"findings\":[\"x\"]," HAS_P90 "]"), "p99");
    ck_assert_str_eq(highest("[{\"latency_us\":{\"count\":5,\"p50\":1,\"max\":2}}]"), "max");
    ck_assert_str_eq(highest("[]"), "max");
}
END_TEST

/* The middle of few updates is no percentile either: then it is their mean. */
START_TEST(a_median_takes_twenty_updates)
{
    static const char text[] = "[{\"published\":%d,\"latency_us\":{\"count\":1000,\"p50\":1}},"
                               "{\"published\":150,\"latency_us\":{\"count\":7500,\"p50\":1}}]";
    char rows_text[200];

    for (int updates = 19; updates <= 20; updates++) {
        cJSON *rows;

        snprintf(rows_text, sizeof rows_text, text, updates);
        rows = parse(rows_text);
        ck_assert_str_eq(percentile_middle(rows, "latency_us"), updates < 20 ? "mean" : "p50");
        cJSON_Delete(rows);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("percentile");
    TCase *t = tcase_create("percentile");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(t, ten_updates_must_lie_beyond);
    tcase_add_test(t, deliveries_to_many_clients_are_not_more_updates);
    tcase_add_test(t, each_histogram_has_its_own_count);
    tcase_add_test(t, rows_are_compared_by_what_all_of_them_have);
    tcase_add_test(t, a_median_takes_twenty_updates);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
