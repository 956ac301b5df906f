/* bench/table/table.c, table_cells.c, bench/base/units.c and terminal.c: what people read. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "bench/base/json.h"
#include "bench/result/metric.h"
#include "lib/base/terminal.h"
#include "bench/result/disturbed.h"
#include "bench/result/run_file.h"
#include "bench/table/table.h"
#include "bench/table/table_cells.h"
#include "bench/base/units.h"

/* ---- units ---- */

typedef void format_fn(char out[UNITS_TEXT_BYTES], double value);

static const struct {
    format_fn *format;
    double value;
    const char *text;
} numbers[] = {
    {units_format_duration, 0.4, "0 s"},
    {units_format_duration, 59.4, "59 s"},
    {units_format_duration, 59.6, "1 min 0 s"},
    {units_format_duration, 200, "3 min 20 s"},
    {units_format_duration, 7500, "2 h 5 min"},
    {units_format_duration, NAN, "–"},
    {units_format_us, 0, "0 µs"},
    {units_format_us, -336.2, "-336 µs"}, /* less than what it is compared with */
    {units_format_us, -12345, "-12.3 ms"},
    {units_format_us, 4.321, "4.32 µs"},
    {units_format_us, 9.996, "10.0 µs"},
    {units_format_us, 99.96, "100 µs"},
    {units_format_us, 312.4, "312 µs"},
    {units_format_us, 999.4, "999 µs"},
    {units_format_us, 999.6, "1.00 ms"},
    {units_format_us, 12345, "12.3 ms"},
    {units_format_us, 999700, "1.00 s"},
    {units_format_us, 1.5e6, "1.50 s"},
    {units_format_us, 3.6e9, "3600 s"},
    {units_format_us, NAN, "–"},
    {units_format_count, 0, "0"},
    {units_format_count, 999, "999"},
    {units_format_count, 1000, "1,000"},
    {units_format_count, 1234567, "1,234,567"},
    {units_format_count, NAN, "–"},
    {units_format_ratio, 0, "0"},
    {units_format_ratio, 0.01428571, "0.0143"},
    {units_format_ratio, 0.99961, "1.00"},
    {units_format_ratio, 1.0049, "1.00"},
    {units_format_ratio, 165.4, "165"},
    {units_format_ratio, 1048576, "1,048,576"},
    {units_format_ratio, INFINITY, "–"},
    {units_format_percent, 0, "0 %"},
    {units_format_percent, 0.5, "50.0 %"},
    {units_format_percent, 0.9874, "98.7 %"},
    {units_format_percent, 0.9997, "> 99.9 %"},
    {units_format_percent, 1, "100 %"},
    {units_format_percent, NAN, "–"},
};

START_TEST(units_have_three_significant_digits)
{
    char text[UNITS_TEXT_BYTES];

    numbers[_i].format(text, numbers[_i].value);
    ck_assert_str_eq(text, numbers[_i].text);
}
END_TEST

static const struct {
    units_format *format;
    double value, low, high;
    const char *text;
} intervals[] = {
    {units_format_us, 25500, 25400, 25600, "25.5 ±0.1 ms"},
    {units_format_us, 25540, 25460, 25620, "25.5 ±0.2 ms"}, /* 25.6 ends before 25.62 */
    {units_format_us, 25500, 25499, 25501, "25.5 ±0.1 ms"}, /* no more digits than alone */
    {units_format_us, 525311, 511000, 539622, "525 ±15 ms"},
    {units_format_us, 25500, 21200, 29800, "25.5 ±4.3 ms"},
    {units_format_us, 25500, 12300, 38700, "25.5 ±14 ms"}, /* as it is alone */
    {units_format_us, 999600, 999300, 999900, "1.00 ±0.01 s"},
    {units_format_us, 312, -1e6, 1000624, "312 ±1,000,312 µs"},
    {units_format_us, -336, -440, -232, "-336 ±104 µs"},
    {units_format_us, 3.6e9, 3.5e9, 3.7e9, "3600 ±100 s"},
    {units_format_us, 25500, NAN, NAN, "25.5 ms"},
    {units_format_us, 25500, 25500, 25500, "25.5 ms"},
    {units_format_us, NAN, 1, 2, "–"},
    {units_format_ratio, 0.04, 0.027, 0.053, "0.04 ±0.013"},
    {units_format_ratio, 0.727, 0.724, 0.73, "0.727 ±0.003"},
    {units_format_ratio, 1289.4, 1280, 1298.8, "1,289 ±10"},
    {units_format_ratio, 0, -0.001, 0.001, "0 ±0.0010"},
    {units_format_ratio, 1.4e-6, 1e-6, 1.8e-6, "1.4e-06 ±0.00001"},
    {units_format_kb, 5410, 5300, 5520, "5.41 ±0.11\u00a0kB"},
    {units_format_kb, 812, 800.5, 823.5, "812 ±12\u00a0B"},
    {units_format_share, 0.987, 0.983, 0.991, "98.7 ±0.40\u00a0%"},
    {units_format_count, 7500, 7400, 7600, "7,500 ±100"},
};

START_TEST(intervals_stand_beside_their_figure_in_its_unit)
{
    char text[UNITS_TEXT_BYTES];

    units_format_within(text, intervals[_i].format, intervals[_i].value, intervals[_i].low,
                        intervals[_i].high);
    ck_assert_str_eq(text, intervals[_i].text);
}
END_TEST

/* Whatever the figures, what is written is at least as wide as the interval. */
START_TEST(intervals_never_claim_too_much)
{
    char text[UNITS_TEXT_BYTES];
    double shown, half;

    for (double value = 0.0123; value < 200; value *= 1.37)
        for (double width = value * 1e-4; width < 3 * value; width *= 1.61) {
            units_format_within(text, units_format_ratio, value, value - width, value + width);
            ck_assert_int_eq(sscanf(text, "%lf ±%lf", &shown, &half), 2);
            ck_assert_msg(shown - half <= value - width + 1e-9 &&
                              shown + half >= value + width - 1e-9,
                          "%.9g with %.9g is %s", value, width, text);
            ck_assert_msg(half <= 2.1 * width || half <= value / 50, "%.9g with %.9g is %s", value,
                          width, text);
        }
}
END_TEST

START_TEST(units_width_counts_code_points)
{
    ck_assert_uint_eq(units_text_width(""), 0);
    ck_assert_uint_eq(units_text_width("312 µs"), 6);
    ck_assert_uint_eq(units_text_width("–"), 1);
}
END_TEST

/* ---- tables ---- */

static cJSON *run_with(const char *id, double p50_us)
{
    char text[1024];
    cJSON *run;

    snprintf(text, sizeof text,
             "{\"link\":\"loopback\",\"scenario\":{\"title\":\"A title\",\"clients\":50,"
             "\"duration_s\":6,\"source\":{\"kind\":\"generator\",\"rate_hz\":10,"
             "\"pattern\":\"fixed\",\"payload_bytes\":128}},\"rows\":["
             "{\"id\":\"sse\",\"transport\":\"sse\",\"delivered\":3000,\"latency_us\":{\"p50\":312,"
             "\"p99\":1003,\"max\":20400},\"age_us\":{\"mean\":50300},\"requests_per_update\":0,"
             "\"tcp_handshakes_per_update\":0,\"bytes_per_update\":{\"payload\":164,"
             "\"framing\":21.04},\"server_cpu_us_per_update\":11.7,\"problems\":[]},"
             "{\"id\":\"%s\",\"transport\":\"short-poll\",\"delivered\":0,"
             "\"latency_us\":{\"p50\":%.0f},\"problems\":[\"no update was delivered\"]}]}",
             id, p50_us);
    run = cJSON_Parse(text);
    ck_assert_ptr_nonnull(run);
    return run;
}

/* The same, but over a link that counted packets in its first row. */
static cJSON *run_over_link(const char *id)
{
    cJSON *run = run_with(id, 0), *row;
    cJSON *packets;

    row = cJSON_GetArrayItem(cJSON_GetObjectItem(run, "rows"), 0);
    cJSON_AddNumberToObject(cJSON_GetObjectItem(row, "bytes_per_update"), "wire", 1289.4);
    packets = cJSON_AddObjectToObject(row, "packets_per_update");
    cJSON_AddNumberToObject(packets, "total", 2);
    cJSON_ReplaceItemInObject(run, "link", cJSON_CreateString("4g"));
    return run;
}

/* Give the rows what three repeats add. */
static cJSON *repeat_three_times(cJSON *run)
{
    static const char ci95[] = "{\"latency_us.p50\":{\"low\":301,\"high\":323},"
                               "\"latency_us.p99\":{\"low\":803,\"high\":1203},"
                               "\"upstream.latency_us.p50\":{\"low\":28000,\"high\":29200},"
                               "\"upstream.latency_us.p99\":{\"low\":60300,\"high\":62300},"
                               "\"bytes_per_update.wire\":{\"low\":1285,\"high\":1293.8},"
                               "\"convergence_us.p99\":{\"low\":70100,\"high\":71900},"
                               "\"server_cpu_us_per_update\":{\"low\":11.3,\"high\":12.1}}";
    cJSON *row;

    cJSON_ArrayForEach(row, cJSON_GetObjectItem(run, "rows"))
    {
        cJSON_AddNumberToObject(row, "repeats", 3);
        cJSON_AddItemToObject(row, "ci95", cJSON_Parse(ci95));
    }
    return run;
}

static char *text_within(const cJSON *run, size_t width, bool colour)
{
    struct buf text = {0};

    ck_assert_int_eq(table_text(&text, run, width, colour), 0);
    ck_assert_int_eq(buf_add(&text, "", 1), 0);
    return (char *)text.data;
}

static char *text_of(const cJSON *run, bool colour)
{
    return text_within(run, TERMINAL_WIDTH_MAX, colour);
}

/* The same, of players who send, some of whose updates were superseded or late. */
static cJSON *run_of_players(const char *id, bool over_link)
{
    static const char extras[] =
        "{\"superseded\":1234567,\"deadline\":{\"ms\":33,\"share\":0.987},\"upstream\":{"
        "\"messages\":9600,\"requests_per_message\":0.53,\"handshakes_per_message\":0,"
        "\"bytes_per_message\":{\"payload\":151,\"framing\":203},\"latency_us\":{\"p50\":28600,"
        "\"p99\":61300},\"echo_us\":{\"p50\":40000,\"p99\":60100}},\"convergence_us\":"
        "{\"p50\":30000,\"p99\":71000},"
        "\"documents\":{\"identical\":true}}";
    cJSON *run = over_link ? run_over_link(id) : run_with(id, 0), *more = cJSON_Parse(extras);
    cJSON *row = cJSON_GetArrayItem(cJSON_GetObjectItem(run, "rows"), 0);
    cJSON *scenario = cJSON_GetObjectItem(run, "scenario");

    while (more->child != NULL) {
        cJSON *item = cJSON_DetachItemViaPointer(more, more->child);

        cJSON_AddItemToObject(row, item->string, item);
    }
    cJSON_Delete(more);
    cJSON_ReplaceItemInObject(scenario, "source",
                              cJSON_Parse("{\"kind\":\"game\",\"tick_hz\":30,\"rooms\":4}"));
    cJSON_AddItemToObject(scenario, "send",
                          cJSON_Parse("{\"workload\":\"inputs\",\"rate_hz\":20}"));
    return run;
}

START_TEST(table_says_what_was_measured_under_which_conditions)
{
    cJSON *run = run_with("short-poll", 0);
    char *text = text_of(run, false);

    ck_assert_ptr_eq(strstr(text, "A title\n50 clients · 10 updates/s of 128 bytes, fixed · "
                                  "6 s window · link: loopback\n\n"),
                     text);
    free(text);
    cJSON_Delete(run);
}
END_TEST

START_TEST(table_ends_with_what_was_found)
{
    cJSON *run = run_with("short-poll", 0), *row;
    char *text;

    row = cJSON_GetArrayItem(cJSON_GetObjectItem(run, "rows"), 1);
    cJSON_SetNumberValue(cJSON_GetObjectItem(row, "delivered"), 10);
    cJSON_SetNumberValue(cJSON_GetObjectItem(cJSON_GetObjectItem(row, "latency_us"), "p50"), 6240);
    text = text_within(run, 60, false);
    ck_assert_ptr_nonnull(strstr(text, "\n\nShort polling multiplies the delay of SSE by 20.\n"
                                       "0 requests per update over SSE.\n"));
    free(text);
    cJSON_Delete(run);
}
END_TEST

START_TEST(table_shows_a_row_with_its_units)
{
    cJSON *run = run_with("short-poll", 0);
    char *text = text_of(run, false), *row = strstr(text, "\nsse ") + 1;

    row[strcspn(row, "\n")] = '\0';
    ck_assert_str_eq(row, "sse               3,000   312 µs  1.00 ms  20.4 ms  50.3 ms         0"
                          "           0       164 + 21.0     11.7 µs");
    free(text);
    cJSON_Delete(run);
}
END_TEST

/* The column is the highest that all rows have: the head says which. */
START_TEST(table_has_the_highest_percentile_that_the_updates_support)
{
    cJSON *run = run_with("short-poll", 0);
    cJSON *row = cJSON_GetArrayItem(cJSON_GetObjectItem(run, "rows"), 0);
    cJSON *latency = cJSON_GetObjectItem(row, "latency_us");
    char *text;

    ck_assert_ptr_nonnull(latency);
    cJSON_ReplaceItemInObject(latency, "p99", cJSON_CreateNull());
    cJSON_AddNumberToObject(latency, "p90", 777);
    text = text_of(run, false);
    ck_assert_ptr_nonnull(strstr(text, "delivered      p50      p90      max"));
    ck_assert_ptr_nonnull(strstr(text, "sse               3,000   312 µs   777 µs  20.4 ms"));
    ck_assert_ptr_null(strstr(text, "p99"));
    free(text);
    cJSON_ReplaceItemInObject(latency, "p90", cJSON_CreateNull());
    text = text_of(run, false);
    ck_assert_ptr_null(strstr(text, "p9"));
    free(text);
    cJSON_Delete(run);
}
END_TEST

START_TEST(table_of_a_clients_second_follows)
{
    cJSON *run = run_over_link("short-poll");
    cJSON *row = cJSON_GetArrayItem(cJSON_GetObjectItem(run, "rows"), 0);
    char *text;

    cJSON_AddNumberToObject(row, "requests_per_client_s", 19.71);
    cJSON_AddNumberToObject(row, "empty_response_ratio", 0.5);
    cJSON_AddNumberToObject(row, "wire_bytes_per_client_s", 12099);
    cJSON_AddNumberToObject(row, "server_cpu_us_per_client_s", 305);
    text = text_of(run, false);
    ck_assert_ptr_nonnull(strstr(text, "\neach client,                 responses    wire  server\n"
                                       "each second   requests  without update   bytes     CPU\n"
                                       "sse               19.7            50 %  12,099  305 µs\n"));
    free(text);
    cJSON_Delete(run);
}
END_TEST

START_TEST(table_has_the_cpu_of_all_processes)
{
    cJSON *run = run_with("x", 0), *row;
    struct buf markdown = {0};
    char *text;

    cJSON_ArrayForEach(row, cJSON_GetObjectItem(run, "rows"))
    {
        cJSON_AddNumberToObject(row, "total_cpu_us_per_update", 42.5);
    }
    text = text_of(run, false);
    ck_assert_ptr_nonnull(strstr(text, "     11.7 µs    42.5 µs\n"));
    ck_assert_int_eq(table_markdown(&markdown, run), 0);
    ck_assert_int_eq(buf_add(&markdown, "", 1), 0);
    ck_assert_ptr_nonnull(
        strstr((char *)markdown.data, "| server CPU/update | total CPU/update |\n"));
    buf_free(&markdown);
    free(text);
    cJSON_Delete(run);
}
END_TEST

START_TEST(table_of_senders_has_a_second_part)
{
    cJSON *run = run_of_players("short-poll", false);
    char *text = text_within(run, 80, false), *second = strstr(text, "short-poll");

    ck_assert_ptr_nonnull(
        strstr(text, "50 clients · game, 30 ticks/s in 4 rooms · 20 inputs/s up from each · 6 s "));
    ck_assert_ptr_nonnull(
        strstr(text, "sse                3,000   1,234,567   98.7\u00a0%   312 µs"));
    ck_assert_ptr_nonnull(second);
    ck_assert_ptr_nonnull(strstr(second, "\n\n"
                                         "Sent: how late?   messages  everyone  everyone     echo\n"
                                         "row                   sent       p50       p99      p99\n"
                                         "sse                  9,600   28.6 ms   61.3 ms  60.1 ms\n"
                                         "! short-poll             –         –         –        –\n"
                                         "\n"));
    free(text);
    cJSON_Delete(run);
}
END_TEST

START_TEST(table_marks_a_disturbed_row_and_wraps_its_reasons_below)
{
    cJSON *run = run_with("short-poll", 5), *row;
    struct buf markdown = {0};
    char *text;

    row = cJSON_GetArrayItem(cJSON_GetObjectItem(run, "rows"), 0);
    text = text_of(run, false);
    ck_assert_ptr_null(strchr(text, '~'));
    free(text);
    disturbed_add(row, "the server was stopped for 1.02 s");
    disturbed_add(row, "the driver's timers were up to 45.1 ms late, more than the limit of 10 ms");
    text = text_within(run, 80, false);
    ck_assert_ptr_nonnull(strstr(text, "\n~ sse "));
    ck_assert_ptr_nonnull(strstr(
        text, "\n\n~ disturbed, so not compared with other rows:\n"
              "  sse: the server was stopped for 1.02 s; the driver's timers were up to 45.1 ms\n"
              "  late, more than the limit of 10 ms\n"));
    ck_assert_int_eq(table_markdown(&markdown, run), 0);
    ck_assert_int_eq(buf_add(&markdown, "", 1), 0);
    ck_assert_ptr_nonnull(strstr((char *)markdown.data, "\n| `~ sse` |"));
    ck_assert_ptr_nonnull(strstr((char *)markdown.data,
                                 "\n\n~ disturbed, so not compared with other rows:\n\n"
                                 "- `sse`: the server was stopped for 1.02 s; the driver's timers "
                                 "were up to 45.1 ms late, more than the limit of 10 ms\n\n"));
    free(text);
    buf_free(&markdown);
    cJSON_Delete(run);
}
END_TEST

START_TEST(table_marks_a_row_with_problems_and_shows_no_latency_of_nothing)
{
    cJSON *run = run_with("short-poll", 0);
    char *text = text_of(run, false), *row = strstr(text, "! short-poll");

    ck_assert_ptr_nonnull(row);
    ck_assert_ptr_nonnull(strstr(row, "–"));
    ck_assert_ptr_null(strstr(row, "0.00"));
    free(text);
    cJSON_Delete(run);
}
END_TEST

START_TEST(table_shows_intervals_of_repeats_and_says_once_what_they_are)
{
    cJSON *run = repeat_three_times(run_over_link("x"));
    char *text = text_of(run, false), *row = strstr(text, "\nsse ") + 1;
    struct buf markdown = {0};

    ck_assert_ptr_nonnull(strstr(text, "\n\n± 95 % confidence interval over 3 repeats\n"));
    row[strcspn(row, "\n")] = '\0';
    ck_assert_str_eq(row, "sse      3,000  312 ±11 µs  1.00 ±0.21 ms  20.4 ms  50.3 ms         0"
                          "           0   185 / 1,289     2.00  11.7 ±0.4 µs");
    ck_assert_int_eq(table_markdown(&markdown, run), 0);
    ck_assert_int_eq(buf_add(&markdown, "", 1), 0);
    ck_assert_ptr_nonnull(strstr((char *)markdown.data, "| 312 ±11 µs | 1.00 ±0.21 ms |"));
    ck_assert_ptr_nonnull(strstr((char *)markdown.data, "| 1,289 ±5 | 2.00 | 11.7 ±0.4 µs |"));
    ck_assert_ptr_nonnull(strstr((char *)markdown.data, "\n\n± 95 % confidence interval over 3 "
                                                        "repeats\n\n"));
    buf_free(&markdown);
    free(text);
    cJSON_Delete(run);
}
END_TEST

START_TEST(table_of_rows_repeated_differently_says_so)
{
    cJSON *run = repeat_three_times(run_with("x", 312)), *rows = cJSON_GetObjectItem(run, "rows");
    char *text;

    cJSON_SetNumberValue(cJSON_GetObjectItem(cJSON_GetArrayItem(rows, 1), "repeats"), 2);
    text = text_of(run, false);
    ck_assert_ptr_nonnull(strstr(text, "\n± 95 % confidence interval over 2 to 3 repeats\n"));
    free(text);
    cJSON_Delete(run);
}
END_TEST

START_TEST(table_without_repeats_has_no_intervals)
{
    cJSON *run = run_of_players("x", true);
    struct buf markdown = {0};
    char *text = text_of(run, false);

    ck_assert_ptr_null(strstr(text, "±"));
    ck_assert_int_eq(table_markdown(&markdown, run), 0);
    ck_assert_int_eq(buf_add(&markdown, "", 1), 0);
    ck_assert_ptr_null(strstr((char *)markdown.data, "±"));
    buf_free(&markdown);
    free(text);
    cJSON_Delete(run);
}
END_TEST

START_TEST(table_of_a_run_over_a_link_shows_application_and_wire_bytes)
{
    cJSON *run = run_over_link("x");
    char *text = text_of(run, false);

    ck_assert_ptr_nonnull(strstr(text, "  185 / 1,289     2.00     11.7 µs\n"));
    ck_assert_ptr_nonnull(strstr(text, "app / wire  /update     /update\n"));
    ck_assert_ptr_null(strstr(text, "payload+framing"));
    ck_assert_ptr_nonnull(strstr(text, "link: 4g"));
    free(text);
    cJSON_Delete(run);
}
END_TEST

/* ---- narrow terminals ---- */

START_TEST(a_table_too_wide_is_cut_by_question)
{
    cJSON *run = run_over_link("short-poll");
    char *text = text_within(run, 80, false);

    ck_assert_ptr_nonnull(strstr(text,
                                 "How late?        updates  latency  latency  latency      age\n"
                                 "row            delivered      p50      p99      max     mean\n"
                                 "sse                3,000   312 µs  1.00 ms  20.4 ms  50.3 ms\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n\n"
                                       "At what cost?  requests  handshakes  bytes/update  packets"
                                       "  server CPU\n"));
    ck_assert_ptr_null(strstr(text, "\nrow  updates")); /* no table has all columns */
    free(text);
    text = text_within(run, 60, false); /* between network and CPU */
    ck_assert_ptr_nonnull(strstr(text, "app / wire  /update\nsse"));
    ck_assert_ptr_nonnull(strstr(text, "\n\n(continued)    server CPU\n"));
    free(text);
    cJSON_Delete(run);
}
END_TEST

static const char *const ids[] = {"short-poll", "short-poll+close@3600000ms",
                                  "a-name-of-forty-seven-letters-and-nothing-else-x"};

START_TEST(a_long_name_has_a_line_of_its_own)
{
    cJSON *run = run_over_link(ids[2]);
    char *text = text_within(run, 60, false);

    ck_assert_ptr_nonnull(strstr(text, "\n! a-name-of-forty-seven-letters-and-nothing-else-\n   "));
    free(text);
    cJSON_Delete(run);
}
END_TEST

static cJSON *run_behind_balancers(const char *id)
{
    static const char balancer[] =
        "{\"connections_per_client\":{\"front\":1,\"behind\":1},\"handshakes\":{\"front\":50,"
        "\"behind\":1250},\"added_latency_us\":{\"p50\":183,\"chance\":21},\"payload_bytes\":"
        "{\"added_up\":212.4,\"added_down\":31.9},\"cpu_us_per_update\":14.2,"
        "\"served_by\":\"1,012 + 998 + 1,004\",\"sequence_errors\":{\"all\":3},"
        "\"outages\":\"20, 1.10 s\"}";
    cJSON *run = run_over_link(id), *row;

    row = cJSON_GetArrayItem(cJSON_GetObjectItem(run, "rows"), 0);
    cJSON_AddItemToObject(row, "balancer", cJSON_Parse(balancer));
    disturbed_add(row, "the driver's timers were up to 45.1 ms late, more than the limit of 10 ms");
    cJSON_AddItemToObject(
        row, "findings",
        cJSON_Parse("[\"67 times the cursor went back\",\"updates came twice, 12 of them\"]"));
    return run;
}

static cJSON *stored(const char *path)
{
    struct err_text e = {""};
    cJSON *run;

    ck_assert_msg(run_file_read(&run, path, &e) == 0, "%s", e.text);
    return run;
}

/* A run of each kind, with names of each length. */
static cJSON *run_of_kind(int i)
{
    const char *id = ids[i % 3];

    switch (i / 3) {
    case 0:
        return run_with(id, 0);
    case 1:
        return run_over_link(id);
    case 2:
        return run_of_players(id, false);
    case 3:
        return run_of_players(id, true);
    case 4:
        return repeat_three_times(run_of_players(id, true));
    case 5:
        return run_behind_balancers(id);
    default:
        return stored(i % 3 == 0 ? "results/reference" : "results/reference-slow");
    }
}
enum { KINDS = 20 };

static const size_t widths[] = {60, 80, 100, 113, 120};

/* The first figure of wide that is in no line of narrow, or NULL. Figures have two spaces between
 * them. */
static const char *missing(char *wide, const char *narrow)
{
    char *save = NULL, *words = strstr(wide, "\nsse broke, as expected");

    if (words != NULL)
        *words = '\0';
    for (char *at = strstr(wide, "\n\n"); at != NULL; at = strstr(at, "  ")) {
        char *end;

        at += strspn(at, " \n");
        end = strstr(at, "  ");
        end = end != NULL && memchr(at, '\n', (size_t)(end - at)) == NULL ? end : strchr(at, '\n');
        if (end == NULL)
            break;
        save = strndup(at, (size_t)(end - at));
        ck_assert_ptr_nonnull(save);
        if (strstr(narrow, save) == NULL)
            return save;
        free(save);
        at = end;
    }
    return NULL;
}

START_TEST(no_line_is_wider_than_the_terminal_and_no_figure_left_out)
{
    cJSON *run = run_of_kind(_i);
    char *wide = text_of(run, false);

    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        char *text = text_within(run, widths[i], false), *save = NULL;
        const char *left_out = missing(wide, text);

        ck_assert_msg(left_out == NULL, "%zu columns lack '%s':\n%s", widths[i], left_out, text);
        for (char *line = strtok_r(text, "\n", &save); line != NULL;
             line = strtok_r(NULL, "\n", &save))
            ck_assert_msg(units_text_width(line) <= widths[i], "%zu columns: %s", widths[i], line);
        free(text);
    }
    free(wide);
    cJSON_Delete(run);
}
END_TEST

START_TEST(the_width_is_that_of_COLUMNS_or_usual)
{
    static const struct {
        const char *columns;
        size_t width;
    } given[] = {{NULL, 80}, {"60", 60},   {"120", 120}, {"300", 120},
                 {"39", 80}, {"wide", 80}, {"-1", 80},   {"", 80}};
    FILE *f = fopen("/dev/null", "w");

    ck_assert_ptr_nonnull(f);
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        if (given[i].columns == NULL)
            unsetenv("COLUMNS");
        else
            setenv("COLUMNS", given[i].columns, 1);
        ck_assert_uint_eq(terminal_width(f), given[i].width);
    }
    fclose(f);
}
END_TEST

START_TEST(table_paints_ids_only_when_colour_is_wanted)
{
    cJSON *run = run_with("short-poll", 0);
    char *plain = text_of(run, false), *painted = text_of(run, true);

    ck_assert_ptr_null(strchr(plain, '\033'));
    ck_assert_ptr_nonnull(strstr(painted, "\033[38;2;0;114;178msse\033[0m")); /* #0072B2 */
    free(plain);
    free(painted);
    cJSON_Delete(run);
}
END_TEST

START_TEST(table_in_markdown_has_one_cell_per_column)
{
    cJSON *run = run_with("short-poll", 0);
    struct buf text = {0};
    char *save = NULL;
    int n = 0;

    ck_assert_int_eq(table_markdown(&text, run), 0);
    ck_assert_int_eq(buf_add(&text, "", 1), 0);
    ck_assert_ptr_nonnull(strstr((char *)text.data, "| `sse` | 3,000 | 312 µs | 1.00 ms | "));
    for (char *line = strtok_r((char *)text.data, "\n", &save); line != NULL && *line == '|';
         line = strtok_r(NULL, "\n", &save), n++) {
        int bars = 0;

        for (const char *c = line; *c != '\0'; c++)
            bars += *c == '|';
        ck_assert_int_eq(bars, 11);
    }
    ck_assert_int_eq(n, 4);
    buf_free(&text);
    cJSON_Delete(run);
}
END_TEST

START_TEST(table_in_markdown_has_the_wire_beside_all_others)
{
    cJSON *run = run_over_link("short-poll");
    struct buf text = {0};

    ck_assert_int_eq(table_markdown(&text, run), 0);
    ck_assert_int_eq(buf_add(&text, "", 1), 0);
    ck_assert_ptr_nonnull(strstr((char *)text.data,
                                 "| bytes/update payload+framing | wire bytes/update "
                                 "| packets/update | server CPU/update |\n"));
    ck_assert_ptr_nonnull(strstr((char *)text.data, "| 164 + 21.0 | 1,289 | 2.00 | 11.7 µs |\n"));
    buf_free(&text);
    cJSON_Delete(run);
}
END_TEST

START_TEST(table_wants_no_colour_in_a_pipe_nor_with_NO_COLOR)
{
    int ends[2];
    FILE *f;

    ck_assert_int_eq(pipe(ends), 0);
    f = fdopen(ends[1], "w");
    unsetenv("NO_COLOR");
    ck_assert(!terminal_wants_colour(f));
    setenv("NO_COLOR", "1", 1);
    ck_assert(!terminal_wants_colour(stdout));
    fclose(f);
    close(ends[0]);
}
END_TEST

static void is_metric(const char *path)
{
    ck_assert_msg(path == NULL || metric_find(path) != NULL, "%s is no metric", path);
}

START_TEST(columns_show_metrics)
{
    const struct table_source *const tables[] = {&table_main, &table_sent, &table_balancer};

    for (size_t i = 0; i < 3; i++) {
        ck_assert_str_eq(tables[i]->columns[0].path, "id");
        ck_assert_uint_le(tables[i]->n, TABLE_COLUMNS_MAX);
        for (size_t j = 1; j < tables[i]->n; j++) {
            is_metric(tables[i]->columns[j].path);
            is_metric(tables[i]->columns[j].plus_path);
            is_metric(tables[i]->columns[j].over_path);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("table");
    TCase *tc = tcase_create("table");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, units_have_three_significant_digits, 0,
                        sizeof numbers / sizeof *numbers);
    tcase_add_loop_test(tc, intervals_stand_beside_their_figure_in_its_unit, 0,
                        sizeof intervals / sizeof *intervals);
    tcase_add_test(tc, intervals_never_claim_too_much);
    tcase_add_test(tc, units_width_counts_code_points);
    tcase_add_test(tc, table_says_what_was_measured_under_which_conditions);
    tcase_add_test(tc, table_ends_with_what_was_found);
    tcase_add_test(tc, table_shows_a_row_with_its_units);
    tcase_add_test(tc, table_marks_a_disturbed_row_and_wraps_its_reasons_below);
    tcase_add_test(tc, table_marks_a_row_with_problems_and_shows_no_latency_of_nothing);
    tcase_add_test(tc, table_of_a_run_over_a_link_shows_application_and_wire_bytes);
    tcase_add_test(tc, a_table_too_wide_is_cut_by_question);
    tcase_add_test(tc, a_long_name_has_a_line_of_its_own);
    tcase_add_loop_test(tc, no_line_is_wider_than_the_terminal_and_no_figure_left_out, 0, KINDS);
    tcase_add_test(tc, the_width_is_that_of_COLUMNS_or_usual);
    tcase_add_test(tc, table_has_the_highest_percentile_that_the_updates_support);
    tcase_add_test(tc, table_of_a_clients_second_follows);
    tcase_add_test(tc, table_has_the_cpu_of_all_processes);
    tcase_add_test(tc, table_of_senders_has_a_second_part);
    tcase_add_test(tc, table_shows_intervals_of_repeats_and_says_once_what_they_are);
    tcase_add_test(tc, table_of_rows_repeated_differently_says_so);
    tcase_add_test(tc, table_without_repeats_has_no_intervals);
    tcase_add_test(tc, table_paints_ids_only_when_colour_is_wanted);
    tcase_add_test(tc, table_in_markdown_has_one_cell_per_column);
    tcase_add_test(tc, table_in_markdown_has_the_wire_beside_all_others);
    tcase_add_test(tc, columns_show_metrics);
    tcase_add_test(tc, table_wants_no_colour_in_a_pipe_nor_with_NO_COLOR);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
