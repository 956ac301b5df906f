/* What a scenario would take, against figures worked out by hand. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/model/plan.h"

/* Four updates a second of 100 bytes, over a round trip of 50 ms. */
#define SCENARIO                                                                                   \
    "{\"title\":\"t\",\"clients\":10,\"link\":\"rtt=50ms\",\"duration_s\":30,\"poll_jitter_ms\":"  \
    "0,"                                                                                           \
    "\"source\":{\"kind\":\"generator\",\"rate_hz\":4,\"payload_bytes\":100},\"rows\":["           \
    "{\"transport\":\"short-poll\",\"interval_ms\":500},"                                          \
    "{\"transport\":\"short-poll\",\"interval_ms\":500,\"connection\":\"close\"},"                 \
    "{\"transport\":\"long-poll\"},{\"transport\":\"sse\"}]}"

enum { SHORT, CLOSE, LONG, SSE };

static struct scenario scenario;
static cJSON *run;

static const cJSON *row(int i)
{
    return cJSON_GetArrayItem(json_at(run, "rows"), i);
}

static void setup(void)
{
    struct err_text e = {""};
    int rc = scenario_parse(&scenario, "s.json", SCENARIO, strlen(SCENARIO), &e);

    ck_assert_msg(rc == 0, "%s", e.text);
    ck_assert_msg(plan_new(&run, &scenario, &e) == 0, "%s", e.text);
}

static void teardown(void)
{
    cJSON_Delete(run);
    scenario_free(&scenario);
}

static void is(double value, double expected)
{
    ck_assert_msg(fabs(value - expected) <= 1e-5 * fabs(expected), "%g is not %g", value, expected);
}

START_TEST(a_million_short_polls_ask_by_the_clock)
{
    struct capacity_model_at at = plan_of(run, row(SHORT), 1e6), close;
    double bytes = json_number(row(SHORT), "bytes_per_update.wire");

    is(at.requests_hz, 2e6); /* one every half second */
    is(at.handshakes_hz, 0);
    is(at.deliveries_hz, 4e6);
    is(at.bandwidth_bps, 8 * bytes * 4e6);
    is(at.sockets, 1e6);
    ck_assert(isnan(at.cores) && isnan(at.memory_bytes) && isnan(at.kernel_bytes));
    close = plan_of(run, row(CLOSE), 1e6);
    is(close.requests_hz, 2e6);
    is(close.handshakes_hz, 2e6);
}
END_TEST

/* An update every 250 ms finds the request of each client waiting, as it is back after 50 ms. */
START_TEST(a_million_long_polls_ask_once_for_each_update)
{
    struct capacity_model_at at = plan_of(run, row(LONG), 1e6);

    is(at.requests_hz, 4e6);
    is(at.handshakes_hz, 0);
    is(at.deliveries_hz, 4e6);
}
END_TEST

/* A segment and its acknowledgement for each update, each with 52 bytes of headers. */
START_TEST(a_million_streams_ask_nothing)
{
    struct capacity_model_at at = plan_of(run, row(SSE), 1e6);

    is(at.requests_hz, 0);
    is(at.handshakes_hz, 0);
    is(at.packets_hz, 8e6);
    is(at.up_bps, 8 * 4e6 * 52);
    is(at.down_bps, at.bandwidth_bps - at.up_bps);
    is(at.bandwidth_bps, 8 * 4e6 *
                             (2 * 52 + json_number(row(SSE), "bytes_per_update.framing") +
                              json_number(row(SSE), "bytes_per_update.payload")));
}
END_TEST

START_TEST(rows_read_like_measured_ones)
{
    ck_assert_str_eq(json_text(row(CLOSE), "id"), "short-poll+close");
    is(json_number(row(SSE), "latency_us.p50"), 25000);
    is(json_number(row(SHORT), "latency_us.max"), 525000);
    is(json_number(row(SHORT), "requests_per_update"), 0.5);
    is(json_number(row(SHORT), "delivered"), 4 * 30 * 10);
    ck_assert_str_eq(json_text(run, "link_details.spec"), "delay=25ms");
}
END_TEST

/* ---- what a measured run adds ---- */

static void take(const char *rows)
{
    cJSON *measured = cJSON_CreateObject(), *list = cJSON_Parse(rows);

    ck_assert_ptr_nonnull(list);
    cJSON_AddItemToObject(measured, "rows", list);
    plan_take_costs(run, measured);
    cJSON_Delete(measured);
}

#define MEMORY                                                                                     \
    "\"server_heap_bytes_per_client\":500,\"server_memory\":{\"start_rss_bytes\":7000000},"        \
    "\"kernel_bytes_per_connection\":3000"

START_TEST(cpu_of_polls_is_for_each_request_that_of_pushes_for_each_update)
{
    struct capacity_model_at at;

    take("[{\"id\":\"a\",\"transport\":\"short-poll\",\"connection\":\"keep-alive\","
         "\"server_cpu_us_per_update\":8,\"requests_per_update\":0.2," MEMORY "},"
         "{\"id\":\"b\",\"transport\":\"sse\",\"connection\":\"keep-alive\","
         "\"server_cpu_us_per_update\":5,\"requests_per_update\":0," MEMORY "}]");
    at = plan_of(run, row(SHORT), 1e6);
    is(at.cores, 2e6 * 40e-6); /* 2,000,000 requests of 8 / 0.2 µs */
    is(at.memory_bytes, 7e6 + 500e6);
    is(at.kernel_bytes, 3e9);
    is(plan_of(run, row(SSE), 1e6).cores, 4e6 * 5e-6);
    ck_assert_str_eq(json_text(row(SHORT), "measured_row"), "a");
    ck_assert(isnan(plan_of(run, row(LONG), 1e6).cores));
    ck_assert_ptr_null(json_at(row(CLOSE), "measured_row"));
}
END_TEST

START_TEST(a_disturbed_row_says_nothing_and_the_same_id_is_preferred)
{
    take("[{\"id\":\"sse\",\"transport\":\"sse\",\"connection\":\"keep-alive\","
         "\"server_cpu_us_per_update\":5,\"disturbed\":[\"the server was stopped\"]},"
         "{\"id\":\"a\",\"transport\":\"short-poll\",\"connection\":\"keep-alive\","
         "\"server_cpu_us_per_update\":1,\"requests_per_update\":1},"
         "{\"id\":\"short-poll\",\"transport\":\"short-poll\",\"connection\":\"keep-alive\","
         "\"server_cpu_us_per_update\":3,\"requests_per_update\":1},"
         "{\"id\":\"c\",\"transport\":\"short-poll\",\"connection\":\"keep-alive\","
         "\"server_cpu_us_per_update\":2,\"requests_per_update\":1}]");
    ck_assert(isnan(plan_of(run, row(SSE), 1e6).cores));
    is(plan_of(run, row(SHORT), 1e6).cores, 2e6 * 3e-6);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan");
    TCase *t = tcase_create("plan");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_million_short_polls_ask_by_the_clock);
    tcase_add_test(t, a_million_long_polls_ask_once_for_each_update);
    tcase_add_test(t, a_million_streams_ask_nothing);
    tcase_add_test(t, rows_read_like_measured_ones);
    tcase_add_test(t, cpu_of_polls_is_for_each_request_that_of_pushes_for_each_update);
    tcase_add_test(t, a_disturbed_row_says_nothing_and_the_same_id_is_preferred);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
