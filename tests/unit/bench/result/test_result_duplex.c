/* bench/result/result_duplex.c: a row's numbers where clients choose channels and send, out of a
 * report whose figures are round. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/result/result.h"
#include "bench/scenario/scenario.h"

/* 4 players in one room over long-poll. 25 states, of which latest-value delivery left 12 of 100
 * out; 40 messages up in the window, on 4 connections beside the other 4. */
static const char canned[] =
    "{\"clients\":4,\"phases\":{\"window_ms\":3},\"published\":65,\"expected\":260,"
    "\"delivered\":245,\"superseded\":12,\"missed\":2,\"late\":1,\"duplicated\":0,"
    "\"out_of_order\":0,\"adds_up\":true,"
    "\"subscription\":{\"channel\":\"room-{room}/inputs\",\"latest\":\"room-{room}\","
    "\"room_size\":4,\"pick\":0,\"lanes\":8},"
    "\"deadline\":{\"ms\":33,\"expected\":100,\"within\":80,\"share\":0.8},"
    "\"latency_us\":{\"count\":245,\"p50\":20},\"request_late_us\":{\"count\":0},"
    "\"age_us\":{\"mean\":70},"
    "\"window\":{\"requests\":50,\"responses\":40,\"empty_responses\":10,\"connects\":0,"
    "\"deliveries\":250,\"payload_bytes_in\":16000,\"framing_bytes_in\":2000,\"bytes_out\":3000,"
    "\"cpu_us\":700},"
    "\"whole\":{\"requests\":60,\"responses\":60,\"empty_responses\":15,\"connects\":4,"
    "\"connect_failures\":0,\"deliveries\":300,\"payload_bytes_in\":19200,"
    "\"framing_bytes_in\":2400,\"bytes_out\":3600,\"cpu_us\":960},"
    "\"upstream\":{\"workload\":\"inputs\",\"senders\":4,"
    "\"window\":{\"messages\":40,\"requests\":20,\"responses\":20,\"failed_responses\":0,"
    "\"connects\":2,\"bytes_out\":8000,\"payload_bytes_out\":3200,\"framing_bytes_out\":4800,"
    "\"bytes_in\":1600},"
    "\"whole\":{\"messages\":50,\"requests\":25,\"responses\":25,\"failed_responses\":0,"
    "\"connects\":6,\"bytes_out\":9000,\"payload_bytes_out\":4000,\"framing_bytes_out\":5000,"
    "\"bytes_in\":2000},"
    "\"latency_us\":{\"count\":120,\"p50\":500,\"p99\":900},"
    "\"echo_us\":{\"count\":40,\"p50\":400,\"p99\":800},\"late_us\":{\"count\":40,\"max\":7},"
    "\"order\":{\"lost\":0,\"doubled\":0,\"reordered\":0}},"
    "\"documents\":{\"identical\":true,\"documents\":4,\"editors\":4,\"edits\":40,\"bytes\":321,"
    "\"hash\":\"00ff\",\"convergence_us\":{\"count\":40,\"p50\":600,\"p99\":950}},"
    "\"kernel\":{\"tcp_active_opens\":10},"
    "\"window_start_ns\":1000,\"window_end_ns\":2000,\"server_stats\":{"
    "\"start\":{\"process\":{\"cpu_user_us\":100,\"cpu_system_us\":50,\"rss_bytes\":1000000},"
    "\"transports\":{\"long-poll\":{\"accepted\":0},\"publish\":{\"accepted\":0}},"
    "\"limits\":{\"duplicate_posts\":0}},"
    "\"window_start\":{\"time_ns\":1000,\"process\":{\"cpu_user_us\":300,\"cpu_system_us\":100,"
    "\"rss_bytes\":1002000}},"
    "\"window_end\":{\"time_ns\":2000,\"process\":{\"cpu_user_us\":1000,\"cpu_system_us\":600,"
    "\"rss_bytes\":1003000}},"
    "\"end\":{\"process\":{\"cpu_user_us\":1050,\"cpu_system_us\":700,\"rss_bytes\":1003000},"
    "\"transports\":{\"long-poll\":{\"accepted\":4},\"publish\":{\"accepted\":6}},"
    "\"limits\":{\"duplicate_posts\":0}}}}";

static const struct scenario_row long_poll = {
    .id = "long-poll", .transport = 1, .interval_ms = SCENARIO_UNSET, .hold_ms = 25000};

/* The canned report with the item at path (NULL: none) made what value says. */
static cJSON *report_with(const char *path, const char *value)
{
    cJSON *report = cJSON_Parse(canned), *item, *parent;
    char above[96];
    const char *dot;

    ck_assert_ptr_nonnull(report);
    if (path == NULL)
        return report;
    dot = strrchr(path, '.');
    snprintf(above, sizeof above, "%.*s", dot != NULL ? (int)(dot - path) : 0, path);
    parent = (cJSON *)(uintptr_t)json_at(report, above);
    item = cJSON_Parse(value);
    ck_assert_ptr_nonnull(parent);
    ck_assert_ptr_nonnull(item);
    cJSON_DeleteItemFromObjectCaseSensitive(parent, dot != NULL ? dot + 1 : path);
    cJSON_AddItemToObject(parent, dot != NULL ? dot + 1 : path, item);
    return report;
}

static cJSON *row_with(const char *path, const char *value)
{
    struct err_text e = {""};
    cJSON *row;
    int rc = result_row(&row, &long_poll, report_with(path, value), cJSON_CreateNull(), true, &e);

    ck_assert_msg(rc == 0, "%s", e.text);
    return row;
}

static const struct {
    const char *path;
    double value;
} figures[] = {
    {"expected", 260},
    {"superseded", 12},
    {"deadline.ms", 33},
    {"deadline.share", 0.8},
    {"upstream.senders", 4},
    {"upstream.messages", 40},
    {"upstream.requests_per_message", 0.5},
    {"upstream.handshakes_per_message", 0.05},
    {"upstream.bytes_per_message.payload", 80},
    {"upstream.bytes_per_message.framing", 160}, /* (4800 + 1600) / 40 */
    {"upstream.latency_us.p50", 500},
    {"upstream.echo_us.p50", 400},
    {"upstream.late_us.max", 7},
    {"upstream.order.lost", 0},
    {"convergence_us.p50", 600},
    {"documents.editors", 4},
    {"requests_per_update", 0.2}, /* what comes down is counted apart */
    {"handshakes.client", 10},    /* 4 down, 6 up */
    {"handshakes.server", 10},
    {"handshakes.kernel", 10},
    {"handshakes.upstream", 6},
};

START_TEST(result_duplex_holds_the_figures_that_the_counters_dictate)
{
    cJSON *row = row_with(NULL, NULL);

    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        double value = json_number(row, figures[i].path);

        ck_assert_msg(value == figures[i].value, "%s is %.9g", figures[i].path, value);
    }
    ck_assert_int_eq(cJSON_GetArraySize(json_at(row, "problems")), 0);
    ck_assert(json_true(row, "documents.identical"));
    ck_assert_ptr_null(json_at(row, "documents.convergence_us"));
    cJSON_Delete(row);
}
END_TEST

START_TEST(result_duplex_is_null_where_nobody_sends_and_nothing_is_due)
{
    static const char *const parts[] = {"deadline", "upstream", "documents"};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        cJSON *row = row_with(parts[i], "null");

        ck_assert_msg(cJSON_IsNull(json_at(row, parts[i])), "%s", parts[i]);
        if (i == 1)
            ck_assert_ptr_null(json_at(row, "handshakes.upstream"));
        if (i == 2)
            ck_assert(cJSON_IsNull(json_at(row, "convergence_us")));
        cJSON_Delete(row);
    }
}
END_TEST

static const struct {
    const char *path, *value, *says;
} failures[] = {
    {"upstream.order.lost", "3", "3 messages never came to a client"},
    {"upstream.order.doubled", "1", "1 message came twice to a client"},
    {"upstream.order.reordered", "2", "2 messages came after a later one of their sender"},
    {"upstream.window.messages", "0", "no message was sent in the window"},
    {"documents.identical", "false", "the clients of a room ended with different documents"},
    {"documents.bytes", "0", "the documents are empty"},
    {"out_of_order", "5", "5 times an older value came after a newer one"},
    {"deadline.within", "101", "more updates were on time than there were"},
    {"missed", "3",
     "completeness does not add up: 245 delivered + 12 superseded + 3 missed + 1 late is not 260 "
     "expected"},
    {"superseded", "0",
     "completeness does not add up: 245 delivered + 0 superseded + 2 missed + 1 late is not 260 "
     "expected"},
    {"upstream.whole.connects", "5",
     "TCP handshakes disagree: client 9 (9 attempts), server 10, kernel 10"},
    {"upstream.whole.connect_failures", "1",
     "TCP handshakes disagree: client 10 (11 attempts), server 10, kernel 10"},
    {"server_stats.end.transports.publish.accepted", "7",
     "TCP handshakes disagree: client 10 (10 attempts), server 11, kernel 10"},
    {"failure", "\"an update of another room came\"", "an update of another room came"},
};

START_TEST(result_duplex_fails_the_row_and_says_why)
{
    cJSON *row = row_with(failures[_i].path, failures[_i].value);
    const cJSON *problems = json_at(row, "problems");

    ck_assert_int_eq(cJSON_GetArraySize(problems), 1);
    ck_assert_str_eq(cJSON_GetStringValue(cJSON_GetArrayItem(problems, 0)), failures[_i].says);
    cJSON_Delete(row);
}
END_TEST

START_TEST(result_duplex_notes_what_was_sent_again)
{
    cJSON *row = row_with("server_stats.end.limits.duplicate_posts", "2"), *notes;

    notes = cJSON_GetObjectItem(row, "notes");
    ck_assert_str_eq(cJSON_GetStringValue(cJSON_GetArrayItem(notes, cJSON_GetArraySize(notes) - 1)),
                     "2 messages came to the server again and were published once");
    ck_assert_int_eq(cJSON_GetArraySize(json_at(row, "problems")), 0);
    cJSON_Delete(row);
}
END_TEST

START_TEST(result_duplex_refuses_a_report_that_lacks_a_number)
{
    cJSON *report = report_with("upstream.order.lost", "null"), *row;
    struct err_text e = {""};

    ck_assert_int_eq(result_row(&row, &long_poll, report, NULL, true, &e), PL_EPROTO);
    ck_assert_str_eq(e.text, "pushlab-client's report has no number upstream.order.lost");
    cJSON_Delete(report); /* still ours */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("result_duplex");
    TCase *tc = tcase_create("result_duplex");
    SRunner *runner;
    int failed;

    tcase_add_test(tc, result_duplex_holds_the_figures_that_the_counters_dictate);
    tcase_add_test(tc, result_duplex_is_null_where_nobody_sends_and_nothing_is_due);
    tcase_add_loop_test(tc, result_duplex_fails_the_row_and_says_why, 0,
                        sizeof failures / sizeof *failures);
    tcase_add_test(tc, result_duplex_notes_what_was_sent_again);
    tcase_add_test(tc, result_duplex_refuses_a_report_that_lacks_a_number);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
