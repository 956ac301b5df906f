/* The sentences of what a run found, of runs whose truth is known. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/result/finding.h"

static cJSON *run;

static void set_up(void)
{
    run = cJSON_Parse("{\"rows\":[]}");
}

static void tear_down(void)
{
    cJSON_Delete(run);
}

static cJSON *row_of(const char *id, const char *transport, double us, double requests)
{
    cJSON *row = json_object("id:s transport:s delivered:d published:d requests_per_update:n", id,
                             transport, isfinite(us) ? 100 : 0, 100, requests);
    cJSON *latency = cJSON_AddObjectToObject(row, "latency_us");

    json_add_number(latency, "p50", us);
    json_add_number(latency, "mean", us);
    cJSON_AddNumberToObject(latency, "count", isfinite(us) ? 100 : 0);
    return row;
}

static cJSON *add(const char *id, const char *transport, double us, double requests)
{
    cJSON *row = row_of(id, transport, us, requests);

    cJSON_AddItemToArray(cJSON_GetObjectItem(run, "rows"), row);
    return row;
}

static void add_reference(void)
{
    add("short-poll", "short-poll", 525000, 0.04);
    add("long-poll", "long-poll", 51500, 0.76);
    add("stream", "stream", 25700, 0);
    add("sse", "sse", 25600, 0);
    add("websocket", "websocket", 25700, 0);
}

/* A row of repeats: their values in us. */
static void add_repeats(const char *id, const char *transport, const double us[3])
{
    cJSON *repeats = cJSON_GetObjectItem(run, "repeats");

    if (repeats == NULL)
        repeats = cJSON_AddArrayToObject(run, "repeats");
    for (int i = 0; i < 3; i++)
        cJSON_AddItemToArray(repeats, row_of(id, transport, us[i], 1));
    add(id, transport, (us[0] + us[1] + us[2]) / 3, 1);
}

static void check(int (*finding)(struct buf *out, const cJSON *run), const char *expected)
{
    struct buf out = {0};

    ck_assert_int_eq(finding(&out, run), 0);
    ck_assert_int_eq(buf_add(&out, "", 1), 0);
    ck_assert_str_eq((const char *)out.data, expected);
    ck_assert_uint_le(strlen(expected), 160);
    buf_free(&out);
}

START_TEST(factors_of_transports)
{
    add_reference();
    check(finding_latency,
          "Long polling doubles the delay of pushing; short polling multiplies it by 20");
    check(finding_cost,
          "Long polling sends the most requests per update (0.76), pushing the fewest (0)");
}
END_TEST

START_TEST(a_transport_of_several_rows_has_a_range)
{
    add_reference();
    add("long-poll+close", "long-poll", 77000, 0.4);
    check(finding_latency,
          "Long polling multiplies the delay of pushing by 2 to 3, short polling by 20");
    check(finding_cost,
          "long-poll sends the most requests per update (0.76), pushing the fewest (0)");
    add("short-poll@55ms", "short-poll", 52000, 0.73);
    check(finding_latency,
          "Long polling multiplies the delay of pushing by 2 to 3, short polling by 2 to 20");
    check(finding_cost, "long-poll and short-poll@55ms send the most requests per update (0.73 to "
                        "0.76), pushing the fewest (0)");
}
END_TEST

START_TEST(what_is_level_with_the_lowest_is_named_with_it)
{
    add("short-poll", "short-poll", 500000, 2);
    add("long-poll", "long-poll", 25800, 1);
    add("sse", "sse", 25700, 0);
    check(finding_latency, "Short polling multiplies the delay of long polling and SSE by 20");
    add("websocket", "websocket", 25700, 0);
    check(finding_latency, "Short polling multiplies the delay of long polling and pushing by 20");
    check(finding_cost,
          "Short polling sends the most requests per update (2.00), pushing the fewest (0)");
}
END_TEST

START_TEST(the_same_factor_is_said_once)
{
    add("short-poll", "short-poll", 30000, 1);
    add("long-poll", "long-poll", 30500, 1);
    add("websocket", "websocket", 10000, 0);
    check(finding_latency, "Short polling and long polling triple the delay of WebSocket");
    check(finding_cost,
          "Short polling and long polling send the most requests per update (1.00), WebSocket the "
          "fewest (0)");
}
END_TEST

START_TEST(rows_of_one_transport_are_named_by_id)
{
    add("sse/direct", "sse", 10000, 0);
    add("sse/haproxy", "sse", 15000, 0);
    add("websocket", "websocket", 10100, 0);
    check(finding_latency,
          "Updates arrive first over sse/direct and websocket (10.0 ms to 10.1 ms) "
          "and last over sse/haproxy (15.0 ms)");
    check(finding_cost, "All rows send the same number of requests per update (0)");
}
END_TEST

START_TEST(long_names_and_many_are_counted)
{
    char name[100] = "sse/";

    memset(name + 4, 'x', 90);
    add(name, "sse", 10000, 0);
    for (int i = 0; i < 12; i++)
        add(i < 11 ? "middle" : "another", "sse", 15000 + 3000 * i, 0);
    check(finding_latency,
          "Updates arrive first over 1 of 13 rows (10.0 ms) and last over another (48.0 ms)");
}
END_TEST

START_TEST(ties_are_ties)
{
    add("sse", "sse", 25600, 0);
    add("websocket", "websocket", 25700, 0);
    check(finding_latency, "The rows can't be put in order by latency (25.6 ms to 25.7 ms)");
    check(finding_cost, "All rows send the same number of requests per update (0)");
    add("stream", "stream", 28000, 0);
    check(finding_latency, "The rows hardly differ in latency (25.6 ms to 28.0 ms)");
}
END_TEST

START_TEST(repeats_decide)
{
    const double sure[] = {24900, 25000, 25100}, twice[] = {49900, 50000, 50100};
    const double vague[] = {200000, 250000, 300000}, wild[] = {10000, 90000, 400000};

    add_repeats("websocket", "websocket", sure);
    add_repeats("long-poll", "long-poll", twice);
    check(finding_latency, "Long polling doubles the delay of WebSocket");
    add_repeats("short-poll", "short-poll", vague);
    check(finding_latency, "Long polling doubles the delay of WebSocket; short polling multiplies "
                           "it by 6.1 to 16");
    add_repeats("sse", "sse", wild); /* may be anywhere */
    check(finding_latency, "Updates arrive first over WebSocket (25.0 ms) and last over "
                           "short polling (250 ms)");
}
END_TEST

START_TEST(one_row_is_compared_with_nothing)
{
    cJSON *row = add("websocket", "websocket", 25700, 0);

    check(finding_latency, "Half of the updates arrive within 25.7 ms over WebSocket");
    check(finding_cost, "0 requests per update over WebSocket");
    cJSON_SetNumberValue(cJSON_GetObjectItem(row, "published"), 10); /* too few for a median */
    check(finding_latency, "Updates arrive on average after 25.7 ms over WebSocket");
}
END_TEST

START_TEST(disturbed_rows_and_silent_ones_are_left_out)
{
    cJSON *row;

    add_reference();
    row = add("disturbed", "websocket", 1, 9);
    json_append_text(cJSON_AddArrayToObject(row, "disturbed"), "it was stopped");
    add("silent", "websocket", NAN, NAN);
    check(finding_latency,
          "Long polling doubles the delay of pushing; short polling multiplies it by 20");
    check(finding_cost,
          "Long polling sends the most requests per update (0.76), pushing the fewest (0)");
}
END_TEST

START_TEST(nothing_to_compare)
{
    cJSON *row = add("silent", "websocket", NAN, NAN);

    check(finding_latency, "No update was delivered");
    check(finding_cost, "No update was delivered");
    json_append_text(cJSON_AddArrayToObject(row, "disturbed"), "it was stopped");
    check(finding_latency, "Every row was disturbed, so nothing is compared");
    check(finding_cost, "Every row was disturbed, so nothing is compared");
}
END_TEST

/* Without a link a push takes microseconds, and a poll its interval: a factor of three digits. */
START_TEST(on_loopback)
{
    cJSON_AddStringToObject(run, "link", "loopback");
    add("short-poll", "short-poll", 25000, 0.5);
    add("sse", "sse", 61, 0);
    add("websocket", "websocket", 60, 0);
    check(finding_latency, "Short polling multiplies the delay of pushing by 400");
}
END_TEST

/* A push on loopback may take less than a microsecond's share: 0 has no multiples. */
START_TEST(of_nothing_there_are_no_multiples)
{
    add("short-poll", "short-poll", 25000, 0.5);
    add("websocket", "websocket", 0, 0);
    check(finding_latency, "Updates arrive first over WebSocket (0 µs) and last over short "
                           "polling (25.0 ms)");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("finding");
    TCase *t = tcase_create("finding");
    SRunner *runner = srunner_create(s);
    int failed;

    suite_add_tcase(s, t);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, factors_of_transports);
    tcase_add_test(t, a_transport_of_several_rows_has_a_range);
    tcase_add_test(t, what_is_level_with_the_lowest_is_named_with_it);
    tcase_add_test(t, the_same_factor_is_said_once);
    tcase_add_test(t, rows_of_one_transport_are_named_by_id);
    tcase_add_test(t, long_names_and_many_are_counted);
    tcase_add_test(t, ties_are_ties);
    tcase_add_test(t, repeats_decide);
    tcase_add_test(t, one_row_is_compared_with_nothing);
    tcase_add_test(t, disturbed_rows_and_silent_ones_are_left_out);
    tcase_add_test(t, nothing_to_compare);
    tcase_add_test(t, on_loopback);
    tcase_add_test(t, of_nothing_there_are_no_multiples);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
