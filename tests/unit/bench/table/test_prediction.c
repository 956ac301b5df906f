/* What `pushlab predict` prints. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/base/units.h"
#include "bench/model/plan.h"
#include "bench/table/prediction.h"

static struct scenario scenario;
static struct prediction p;
static struct buf out;

/* Of rows such as {"transport":"sse"}. */
static void predict_rows(const char *source, const char *link, const char *rows)
{
    struct err_text e = {""};
    char text[1024];
    cJSON *run;
    int len = snprintf(text, sizeof text,
                       "{\"title\":\"Ways\",\"clients\":50,\"source\":%s,\"link\":\"%s\","
                       "\"rows\":[%s]}",
                       source, link, rows);

    ck_assert_msg(scenario_parse(&scenario, "s.json", text, (size_t)len, &e) == 0, "%s", e.text);
    ck_assert_msg(plan_new(&run, &scenario, &e) == 0, "%s", e.text);
    p = (struct prediction){.run = run, .clients = {50, 1e6}, .n = 2};
}

#define TEN "{\"kind\":\"generator\",\"rate_hz\":10}"
#define ALL                                                                                        \
    "{\"transport\":\"short-poll\",\"interval_ms\":100},"                                          \
    "{\"transport\":\"short-poll\",\"interval_ms\":1000,\"connection\":\"close\"},"                \
    "{\"transport\":\"long-poll\"},{\"transport\":\"long-poll\",\"connection\":\"close\"},"        \
    "{\"transport\":\"stream\"},{\"transport\":\"sse\"},{\"transport\":\"websocket\"}"

static const char *text_within(size_t width)
{
    out.len = 0;
    ck_assert_int_eq(prediction_write(&out, &p, width), 0);
    ck_assert_int_eq(buf_add(&out, "", 1), 0);
    return (const char *)out.data;
}

static const char *text_of(bool markdown)
{
    return text_within(markdown ? TABLE_MARKDOWN : 80);
}

static void says(const char *words)
{
    ck_assert_msg(strstr(text_of(false), words) != NULL, "\"%s\" is not in\n%s", words,
                  text_of(false));
}

static void says_not(const char *words)
{
    ck_assert_msg(strstr(text_of(false), words) == NULL, "\"%s\" is in\n%s", words, text_of(false));
}

static void teardown(void)
{
    cJSON_Delete((cJSON *)p.run);
    cJSON_Delete((cJSON *)p.measured);
    scenario_free(&scenario);
    buf_free(&out);
}

static const size_t widths[] = {60, 80, 113};

START_TEST(it_fits_the_terminal)
{
    char line[400];

    predict_rows(TEN, "rtt=50ms", ALL);
    for (const char *at = text_within(widths[_i]); *at != '\0'; at += strcspn(at, "\n") + 1) {
        snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
        ck_assert_msg(units_text_width(line) <= widths[_i], "%s", line);
    }
}
END_TEST

START_TEST(rows_have_their_latency_their_costs_and_what_their_clients_take)
{
    predict_rows(TEN, "rtt=50ms", "{\"transport\":\"sse\"}");
    says("Predicted, not measured: 50 clients");
    says("sse  25.0 ms  25.0 ms  25.0 ms  25.0 ms  25.0 ms  75.0 ms\n");
    says("\n1,000,000 clients\n");
    says("sse                0           0  20,000,000");
    says("1,000,000 connections to the server, each an open file (ulimit -n); from a proxy\nthey "
         "take "
         "36 addresses");
    says("CPU time and memory: not known without a measured run");
    says_not("as measured");
    says_not("No latency");
}
END_TEST

START_TEST(rows_without_a_latency_say_why_together)
{
    predict_rows(TEN, "rtt=50ms,loss=1%", ALL);
    says(
        "No latency of short-poll@100ms, short-poll+close@1000ms, long-poll,\nlong-poll+close: the "
        "link loses packets.");
}
END_TEST

START_TEST(of_updates_that_are_not_known_it_says_so)
{
    predict_rows("{\"kind\":\"sports\"}", "loopback", "{\"transport\":\"sse\"}");
    says("No latency of sse: when its updates come is not known beforehand.");
    says_not("per update");
}
END_TEST

START_TEST(without_a_wire_it_says_whose_bytes_they_are)
{
    predict_rows(TEN, "loopback", "{\"transport\":\"sse\"}");
    says("Bandwidth:\npayload and framing");
    says_not("packets");
}
END_TEST

START_TEST(a_measured_run_adds_cores_and_memory)
{
    predict_rows(TEN, "rtt=50ms", "{\"transport\":\"sse\"}");
    p.measured = cJSON_Parse("{\"link\":\"loopback\",\"rows\":[{\"id\":\"events\",\"transport\":"
                             "\"sse\",\"connection\":\"keep-alive\",\"clients\":9,"
                             "\"server_cpu_us_per_update\":3}]}");
    p.measured_path = "results/before";
    plan_take_costs((cJSON *)p.run, p.measured);
    says("as measured");
    says("sse              events   30.0\n");
    says("CPU time and memory: results/before (9 clients");
}
END_TEST

START_TEST(markdown_and_json_have_the_same)
{
    cJSON *o, *row;

    predict_rows(TEN, "rtt=50ms", "{\"transport\":\"sse\"}");
    ck_assert_ptr_nonnull(strstr(text_of(true), "| `sse` | 25.0 ms | 25.0 ms |"));
    ck_assert_ptr_nonnull(strstr(text_of(true), "**1,000,000 clients**"));
    o = prediction_json(&p);
    ck_assert_ptr_nonnull(json_at(o, "measured"));
    ck_assert_str_eq(json_text(o, "scenario.title"), "Ways");
    row = cJSON_GetArrayItem(cJSON_GetObjectItem(o, "rows"), 0);
    ck_assert_str_eq(json_text(row, "id"), "sse");
    ck_assert_ptr_null(json_at(row, "latency_us")); /* it is no run */
    ck_assert_double_eq(json_number(cJSON_GetArrayItem(json_at(row, "plan"), 1), "packets_per_s"),
                        2e7);
    cJSON_Delete(o);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("prediction");
    TCase *t = tcase_create("prediction");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_loop_test(t, it_fits_the_terminal, 0, sizeof widths / sizeof *widths);
    tcase_add_test(t, rows_have_their_latency_their_costs_and_what_their_clients_take);
    tcase_add_test(t, rows_without_a_latency_say_why_together);
    tcase_add_test(t, of_updates_that_are_not_known_it_says_so);
    tcase_add_test(t, without_a_wire_it_says_whose_bytes_they_are);
    tcase_add_test(t, a_measured_run_adds_cores_and_memory);
    tcase_add_test(t, markdown_and_json_have_the_same);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
