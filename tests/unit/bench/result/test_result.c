/* bench/result/result.c and folder.c: the numbers of a run out of a report whose figures are
 * round. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "bench/base/json.h"
#include "bench/result/result.h"
#include "bench/scenario/scenario.h"
#include "bench/result/folder.h"

/* 4 clients, 25 updates published in the window: 100 deliveries; 120 in the whole run. */
static const char canned[] =
    "{\"pushlab\":\"0.1.0\",\"transport\":\"short-poll\",\"connection\":\"close\",\"clients\":4,"
    "\"phases\":{\"setup_ms\":1,\"warmup_ms\":2,\"window_ms\":3,\"drain_ms\":4},"
    "\"window_start_ns\":10000000,\"window_end_ns\":13000000,"
    "\"published\":25,\"delivered\":97,\"missed\":2,\"late\":1,\"duplicated\":0,"
    "\"out_of_order\":0,\"adds_up\":true,"
    "\"latency_us\":{\"count\":97,\"min\":10,\"p50\":20,\"p90\":30,\"p99\":40,\"p999\":50,"
    "\"max\":60,\"mean\":21.5},\"request_late_us\":{\"count\":50,\"p50\":1},"
    "\"unsent_requests\":4,\"age_us\":{\"mean\":70,\"peak\":80,\"max\":90},"
    "\"window\":{\"requests\":50,\"responses\":40,\"empty_responses\":10,\"failed_responses\":0,"
    "\"connects\":30,\"reconnects\":0,\"connect_failures\":0,\"deliveries\":100,"
    "\"payload_bytes_in\":16000,\"framing_bytes_in\":2000,\"bytes_out\":3000,\"cpu_us\":700},"
    "\"whole\":{\"requests\":60,\"responses\":60,\"empty_responses\":15,\"failed_responses\":0,"
    "\"connects\":36,\"reconnects\":0,\"connect_failures\":0,\"deliveries\":120,"
    "\"payload_bytes_in\":19200,\"framing_bytes_in\":2400,\"bytes_out\":3600,\"cpu_us\":960},"
    "\"kernel\":{\"tcp_active_opens\":36},\"rss_bytes\":1,"
    "\"server_stats\":{"
    "\"start\":{\"process\":{\"cpu_user_us\":100,\"cpu_system_us\":50,\"rss_bytes\":1000000},"
    "\"transports\":{\"short-poll\":{\"accepted\":5}}},"
    "\"window_start\":{\"time_ns\":10100000,\"process\":{\"cpu_user_us\":300,\"cpu_system_us\":100,"
    "\"rss_bytes\":1002000},\"transports\":{\"short-poll\":{\"accepted\":8}}},"
    "\"window_end\":{\"time_ns\":14100000,\"process\":{\"cpu_user_us\":1000,\"cpu_system_us\":600,"
    "\"rss_bytes\":1003000},\"transports\":{\"short-poll\":{\"accepted\":38}}},"
    "\"end\":{\"process\":{\"cpu_user_us\":1050,\"cpu_system_us\":700,\"rss_bytes\":1003000},"
    "\"transports\":{\"short-poll\":{\"accepted\":41}}}}}";

static const struct scenario_row short_poll = {.id = "short-poll+close",
                                               .transport = 0,
                                               .connection = CONNECTION_CLOSE,
                                               .interval_ms = 1000,
                                               .hold_ms = SCENARIO_UNSET};

/* The canned report with the number at path set to value. */
static cJSON *report_with(const char *path, double value)
{
    cJSON *report = cJSON_Parse(canned);

    ck_assert_ptr_nonnull(report);
    if (path != NULL)
        cJSON_SetNumberValue((cJSON *)(uintptr_t)json_at(report, path), value);
    return report;
}

static cJSON *row_of(cJSON *report, bool kernel_is_ours)
{
    struct err_text e = {""};
    cJSON *row;
    int rc = result_row(&row, &short_poll, report, cJSON_CreateNull(), kernel_is_ours, &e);

    ck_assert_msg(rc == 0, "%s", e.text);
    return row;
}

/* What the wire saw of the canned report: 36 handshakes; 100 deliveries in the window. */
static const char canned_wire[] =
    "{\"own_drops\":0,\"seed\":77,\"late_us\":{\"p99\":40,\"max\":90},"
    "\"forwarder\":{\"cpu_us\":900,\"window\":{\"cpu_us\":600}},\"tcp\":{\"handshakes\":36,"
    "\"up\":{\"packets\":240,\"bytes\":24000,\"ip_header_bytes\":4800,\"tcp_header_bytes\":7200,"
    "\"payload_bytes\":12000,\"pure_ack_bytes\":3000,\"retransmissions\":0,\"lost\":0},"
    "\"down\":{\"packets\":360,\"bytes\":48000,\"ip_header_bytes\":7200,\"tcp_header_bytes\":10800,"
    "\"payload_bytes\":30000,\"pure_ack_bytes\":600,\"retransmissions\":0,\"lost\":0},"
    "\"window\":{"
    "\"up\":{\"packets\":150,\"bytes\":10000,\"ip_header_bytes\":3000,\"tcp_header_bytes\":4800,"
    "\"payload_bytes\":2200,\"pure_ack_bytes\":5000},"
    "\"down\":{\"packets\":250,\"bytes\":32000,\"ip_header_bytes\":5000,\"tcp_header_bytes\":8000,"
    "\"payload_bytes\":19000,\"pure_ack_bytes\":200}}}}";

/* A row over a link whose wire saw value at path. */
static cJSON *row_over_link(const char *path, double value)
{
    cJSON *wire = cJSON_Parse(canned_wire), *row;
    struct err_text e = {""};

    ck_assert_ptr_nonnull(wire);
    if (path != NULL)
        cJSON_SetNumberValue((cJSON *)(uintptr_t)json_at(wire, path), value);
    ck_assert_int_eq(result_row(&row, &short_poll, report_with(NULL, 0), wire, true, &e), 0);
    return row;
}

static int count(const cJSON *row, const char *path)
{
    return cJSON_GetArraySize(json_at(row, path));
}

static const char *first_problem(const cJSON *row)
{
    return cJSON_GetStringValue(cJSON_GetArrayItem(json_at(row, "problems"), 0));
}

static const struct {
    const char *path;
    double value;
} figures[] = {
    {"clients", 4},
    {"interval_ms", 1000},
    {"published", 25},
    {"delivered", 97},
    {"missed", 2},
    {"late", 1},
    {"latency_us.p50", 20},
    {"latency_us.max", 60},
    {"latency_us.p90", NAN}, /* of 25 updates */
    {"latency_us.p99", NAN},
    {"requests_per_client_s", 4166.67},    /* 50 / (4 clients * 3 ms) */
    {"server_cpu_us_per_client_s", 75000}, /* 1200 / (4 clients * 4 ms) */
    {"age_us.peak", 80},
    {"deliveries", 100},
    {"requests_per_update", 0.5},
    {"empty_response_ratio", 0.25},
    {"tcp_handshakes_per_update", 0.3},
    {"bytes_per_update.payload", 160},
    {"bytes_per_update.framing_in", 20},
    {"bytes_per_update.framing_out", 30},
    {"bytes_per_update.framing", 50},
    {"server_cpu_us_per_update", 9}, /* 1200 in 4 ms, of a window of 3 ms, / 100 */
    {"client_cpu_us_per_update", 7},
    {"total_cpu_us_per_update", 16},
    {"server_memory.start_rss_bytes", 1000000},
    {"handshakes.client", 36},
    {"handshakes.server", 36}, /* 41 - 5 */
    {"handshakes.kernel", 36},
    {"whole_run.requests_per_update", 0.5},
    {"whole_run.tcp_handshakes_per_update", 0.3},
    {"whole_run.bytes_per_update.payload", 160},
    {"whole_run.server_cpu_us_per_update", 13.3333}, /* (1750 - 150) / 120 */
    {"whole_run.client_cpu_us_per_update", 8},
    {"phases.drain_ms", 4},
};

START_TEST(result_row_holds_the_figures_that_the_counters_dictate)
{
    cJSON *row = row_of(report_with(NULL, 0), true);

    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        double value = json_number(row, figures[i].path);

        ck_assert_msg(value == figures[i].value || (isnan(value) && isnan(figures[i].value)),
                      "%s is %.9g", figures[i].path, value);
    }
    ck_assert_str_eq(json_text(row, "id"), "short-poll+close");
    ck_assert_str_eq(json_text(row, "transport"), "short-poll");
    ck_assert_str_eq(json_text(row, "connection"), "close");
    ck_assert_int_eq(count(row, "problems"), 0);
    cJSON_Delete(row);
}
END_TEST

START_TEST(result_row_has_null_where_loopback_and_the_transport_have_nothing)
{
    static const char *const nothing[] = {"hold_ms",
                                          "handshakes.wire",
                                          "bytes_per_update.wire",
                                          "packets_per_update",
                                          "forwarder_cpu_us_per_update",
                                          "seed"};
    cJSON *row = row_of(report_with(NULL, 0), true);

    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
        ck_assert_msg(cJSON_IsNull(json_at(row, nothing[i])), "%s", nothing[i]);
    cJSON_Delete(row);
}
END_TEST

static const struct {
    const char *path;
    double value;
} wire_figures[] = {
    {"seed", 77},
    {"forwarder_cpu_us_per_update", 6}, /* 600 / 100 */
    {"total_cpu_us_per_update", 22},    /* 9 + 7 + 6 */
    {"bytes_per_update.wire", 420},     /* (10000 + 32000) / 100 */
    {"bytes_per_update.wire_acks", 52},
    {"bytes_per_update.wire_headers", 156}, /* 208 less those of the ACKs */
    {"packets_per_update.up", 1.5},
    {"packets_per_update.down", 2.5},
    {"packets_per_update.total", 4},
    {"whole_run.bytes_per_update.wire", 600},
    {"whole_run.bytes_per_update.wire_acks", 30},
    {"whole_run.bytes_per_update.wire_headers", 220},
    {"whole_run.packets_per_update.total", 5},
    {"handshakes.wire", 36},
};

START_TEST(result_row_over_a_link_holds_what_the_wire_saw)
{
    cJSON *row = row_over_link(NULL, 0);

    for (size_t i = 0; i < sizeof wire_figures / sizeof *wire_figures; i++) {
        double value = json_number(row, wire_figures[i].path);

        ck_assert_msg(value == wire_figures[i].value, "%s is %.9g", wire_figures[i].path, value);
    }
    ck_assert_int_eq(count(row, "problems"), 0);
    cJSON_Delete(row);
}
END_TEST

static const struct {
    const char *path;
    double value;
    int problems; /* beyond the notes of any row */
    const char *says;
} disagreements[] = {
    {"tcp.handshakes", 35, 1, "TCP handshakes disagree: client 36, wire 35"},
    {"tcp.handshakes", 37, 1, "TCP handshakes disagree: client 36, wire 37"},
    {"own_drops", 2, 1, "the emulated link itself dropped 2 packets: too much for this machine"},
    {"tcp.down.lost", 3, 0, "3 segments lost on the link, 0 sent again"},
};

START_TEST(result_row_over_a_link_says_what_does_not_agree)
{
    cJSON *row = row_over_link(disagreements[_i].path, disagreements[_i].value), *lines;

    ck_assert_int_eq(count(row, "problems"), disagreements[_i].problems);
    lines = cJSON_GetObjectItem(row, disagreements[_i].problems > 0 ? "problems" : "notes");
    ck_assert_str_eq(cJSON_GetStringValue(cJSON_GetArrayItem(lines, cJSON_GetArraySize(lines) - 1)),
                     disagreements[_i].says);
    cJSON_Delete(row);
}
END_TEST

START_TEST(result_row_keeps_the_report_whole)
{
    cJSON *row = row_of(report_with(NULL, 0), true), *report = cJSON_Parse(canned);

    ck_assert(cJSON_Compare(json_at(row, "raw"), report, true));
    cJSON_Delete(report);
    cJSON_Delete(row);
}
END_TEST

START_TEST(result_row_notes_what_was_missed_or_late)
{
    cJSON *row = row_of(report_with("whole.reconnects", 3), true);

    ck_assert_int_eq(count(row, "notes"), 3);
    cJSON_Delete(row);
    row = row_of(report_with("unsent_requests", 5), true); /* more than one of each client */
    ck_assert_int_eq(json_number(row, "unsent_requests"), 5);
    ck_assert_int_eq(count(row, "notes"), 3);
    cJSON_Delete(row);
}
END_TEST

static const char *const witnesses[] = {
    "whole.connects", "server_stats.end.transports.short-poll.accepted", "kernel.tcp_active_opens"};

START_TEST(result_row_fails_when_one_witness_of_handshakes_disagrees)
{
    cJSON *row = row_of(report_with(witnesses[_i], _i == 1 ? 42 : 37), true);

    ck_assert_int_eq(count(row, "problems"), 1);
    ck_assert_ptr_nonnull(strstr(first_problem(row), "TCP handshakes disagree: client 3"));
    cJSON_Delete(row);
}
END_TEST

static cJSON *with_fault(cJSON *report, const char *kind)
{
    cJSON *faults = cJSON_AddArrayToObject(report, "faults");

    cJSON_AddItemToArray(faults, json_object("kind:s", kind));
    return report;
}

/* The control connection is opened again, and a server that is ended has not accepted all. */
START_TEST(result_row_expects_what_the_end_of_a_server_does_to_the_witnesses)
{
    static const struct {
        const char *fault, *path;
        double value;
        int problems;
    } cases[] = {
        {"server-kill", "kernel.tcp_active_opens", 38, 0},
        {"server-restart", "server_stats.end.transports.short-poll.accepted", 39, 0},
        {"server-kill", "kernel.tcp_active_opens", 30, 1},
        {"reset", "kernel.tcp_active_opens", 38, 1},
        {"reset", "server_stats.end.transports.short-poll.accepted", 39, 1},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cJSON *row =
            row_of(with_fault(report_with(cases[i].path, cases[i].value), cases[i].fault), true);

        ck_assert_msg(count(row, "problems") == cases[i].problems, "case %zu", i);
        ck_assert_int_eq(count(row, "faults"), 1);
        ck_assert_ptr_null(json_at(row, "raw.faults"));
        cJSON_Delete(row);
    }
}
END_TEST

/* Its numbers began at 1 again, so only how many updates there were is known. */
START_TEST(result_row_counts_what_a_server_without_its_history_published)
{
    cJSON *report = with_fault(report_with("published", 3), "server-kill"), *row;

    cJSON_AddNumberToObject(report, "server_restarts", 4);
    for (int i = 0; i < 2; i++) {
        cJSON *stats = cJSON_GetObjectItemCaseSensitive(
            cJSON_GetObjectItemCaseSensitive(report, "server_stats"),
            i == 0 ? "window_start" : "window_end");
        cJSON *source = cJSON_AddObjectToObject(stats, "source");

        cJSON_AddNumberToObject(source, "published", i == 0 ? 10 : 40);
    }
    row = row_of(report, true);
    ck_assert_int_eq(count(row, "problems"), 0);
    ck_assert_double_eq(json_number(row, "published"), 30);
    ck_assert_double_eq(json_number(row, "missed"), 30 * 4 - json_number(row, "delivered"));
    cJSON_Delete(row);
}
END_TEST

START_TEST(result_row_ignores_the_kernel_of_a_shared_namespace)
{
    cJSON *row = row_of(report_with("kernel.tcp_active_opens", 99), false);

    ck_assert_int_eq(count(row, "problems"), 0);
    ck_assert_double_eq(json_number(row, "handshakes.kernel"), 99);
    cJSON_Delete(row);
    row = row_of(report_with("whole.connects", 37), false);
    ck_assert_int_eq(count(row, "problems"), 1);
    cJSON_Delete(row);
}
END_TEST

START_TEST(result_row_adds_up_by_itself_whatever_the_report_claims)
{
    cJSON *row = row_of(report_with("missed", 3), true);

    ck_assert_int_eq(count(row, "problems"), 1);
    ck_assert_str_eq(first_problem(row),
                     "completeness does not add up: 97 delivered + 3 missed + 1 late is not 25 "
                     "published x 4 clients");
    cJSON_Delete(row);
}
END_TEST

START_TEST(result_row_without_deliveries_has_no_ratios)
{
    cJSON *report = report_with("window.deliveries", 0), *row;

    cJSON_SetNumberValue(cJSON_GetObjectItem(report, "delivered"), 0);
    cJSON_SetNumberValue(cJSON_GetObjectItem(report, "late"), 98);
    row = row_of(report, true);
    ck_assert(cJSON_IsNull(json_at(row, "requests_per_update")));
    ck_assert(cJSON_IsNull(json_at(row, "bytes_per_update.payload")));
    ck_assert(cJSON_IsNull(json_at(row, "server_cpu_us_per_update")));
    ck_assert_double_eq(json_number(row, "whole_run.requests_per_update"), 0.5);
    ck_assert_str_eq(first_problem(row), "no update was delivered");
    cJSON_Delete(row);
}
END_TEST

START_TEST(result_row_without_responses_has_no_empty_ones)
{
    cJSON *report = report_with("window.responses", 0), *row;

    cJSON_SetNumberValue((cJSON *)(uintptr_t)json_at(report, "window.empty_responses"), 0);
    row = row_of(report, true);
    ck_assert_double_eq(json_number(row, "empty_response_ratio"), 0);
    cJSON_Delete(row);
}
END_TEST

static const char *const needed[] = {"clients",
                                     "window.connects",
                                     "whole.deliveries",
                                     "kernel.tcp_active_opens",
                                     "server_stats.window_end.process.cpu_user_us",
                                     "server_stats.end.transports.short-poll.accepted"};

START_TEST(result_row_refuses_a_report_that_lacks_a_number)
{
    cJSON *report = report_with(NULL, 0), *item, *row;
    struct err_text e = {""};

    item = (cJSON *)(uintptr_t)json_at(report, needed[_i]);
    item->type = cJSON_NULL;
    ck_assert_int_eq(result_row(&row, &short_poll, report, NULL, true, &e), PL_EPROTO);
    ck_assert_ptr_null(row);
    ck_assert_ptr_nonnull(strstr(
        e.text, strrchr(needed[_i], '.') != NULL ? strrchr(needed[_i], '.') + 1 : needed[_i]));
    cJSON_Delete(report); /* still ours */
}
END_TEST

/* ---- the run ---- */

static struct scenario scenario;

static cJSON *new_run(void)
{
    static const char text[] = "{\"rows\":[{\"transport\":\"short-poll\",\"connection\":\"close\"},"
                               "{\"transport\":\"sse\"}]}";
    struct err_text e;

    ck_assert_int_eq(scenario_parse(&scenario, "two.json", text, strlen(text), &e), 0);
    return result_new(&scenario, cJSON_CreateObject());
}

static void end_run(cJSON *run)
{
    cJSON_Delete(run);
    scenario_free(&scenario);
}

START_TEST(result_run_has_the_keys_that_tools_rely_on)
{
    cJSON *run = new_run();

    ck_assert_double_eq(json_number(run, "schema"), 1);
    ck_assert_str_eq(json_text(run, "pushlab"), PUSHLAB_VERSION);
    ck_assert_str_eq(json_text(run, "scenario.name"), "two");
    ck_assert_str_eq(json_text(run, "link"), "loopback");
    ck_assert_double_eq(json_number(run, "seed"), 1);
    ck_assert_uint_eq(strlen(json_text(run, "started")), strlen("2026-11-23T06:14:00Z"));
    ck_assert(cJSON_IsObject(json_at(run, "environment")));
    ck_assert(cJSON_IsArray(json_at(run, "rows")));
    ck_assert_int_eq(count(run, "rows_planned"), 2);
    ck_assert(cJSON_IsFalse(json_at(run, "complete")));
    ck_assert(cJSON_Compare(json_at(run, "scenario_file.supplied"), scenario.supplied, true));
    end_run(run);
}
END_TEST

START_TEST(result_run_is_complete_only_with_every_row_and_no_problem)
{
    cJSON *run = new_run();

    result_add_row(run, row_of(report_with(NULL, 0), true), 1, 1);
    result_finish(run, false);
    ck_assert(cJSON_IsFalse(json_at(run, "complete")));
    result_add_row(run, row_of(report_with(NULL, 0), true), 1, 1);
    result_finish(run, false);
    ck_assert(json_true(run, "complete"));
    result_finish(run, true);
    ck_assert(cJSON_IsFalse(json_at(run, "complete")));
    ck_assert(json_true(run, "interrupted"));
    result_add_problem(run, "the disk is full");
    result_finish(run, false);
    ck_assert(cJSON_IsFalse(json_at(run, "complete")));
    end_run(run);
}
END_TEST

START_TEST(result_rows_are_in_the_order_of_the_scenario_whatever_was_measured_first)
{
    static const char *const ids[] = {"a", "b", "c", "d"}, *const measured[] = {"d", "b", "a", "c"};
    cJSON *run = new_run(), *planned = cJSON_CreateArray();
    char seen[8] = "";
    const cJSON *row;

    for (size_t i = 0; i < 4; i++)
        json_append_text(planned, ids[i]);
    cJSON_ReplaceItemInObjectCaseSensitive(run, "rows_planned", planned);
    for (size_t i = 0; i < 4; i++)
        result_add_row(run, json_object("id:s", measured[i]), 1, i + 1);
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        strcat(seen, json_text(row, "id"));
    }
    ck_assert_str_eq(seen, "abcd");
    ck_assert_double_eq(json_number(json_at(run, "rows")->child, "position"), 3);
    end_run(run);
}
END_TEST

static void append(void *arg, const char *line)
{
    strncat(arg, line, 300);
    strncat(arg, "|", 2);
}

START_TEST(result_problems_are_told_with_their_row)
{
    cJSON *run = new_run();
    char seen[1024] = "";

    result_add_row(run, row_of(report_with("whole.connects", 37), true), 1, 1);
    result_add_problem(run, "sse: no server");
    ck_assert_int_eq(result_each_problem(run, append, seen), 2);
    ck_assert_str_eq(seen,
                     "short-poll+close: TCP handshakes disagree: client 37 (37 attempts), server "
                     "36, kernel 36|sse: no server|");
    end_run(run);
}
END_TEST

/* ---- summary.csv ---- */

static size_t fields(const char *line)
{
    size_t n = 1;

    for (; *line != '\0' && *line != '\n'; line++)
        n += *line == ',';
    return n;
}

/* Check the field of a line (from 1) below that column. */
static void check_cell(const char *csv, int line, const char *column, const char *value)
{
    const char *head = csv, *cell = csv;
    size_t len = strlen(column);

    for (int i = 0; i < line; i++)
        cell = strchr(cell, '\n') + 1;
    while (strncmp(head, column, len) != 0 || strchr(",\n", head[len]) == NULL) {
        head = strpbrk(head, ",\n");
        ck_assert_msg(*head == ',', "no column %s", column);
        head++;
        cell += strcspn(cell, ",") + 1;
    }
    len = strcspn(cell, ",\n");
    ck_assert_msg(len == strlen(value) && strncmp(cell, value, len) == 0, "line %d: %s is %.*s",
                  line, column, (int)len, cell);
}

static const struct {
    const char *column, *first, *second; /* of a row, and of one to which nothing was delivered */
} cells[] = {
    {"row", "short-poll+close", "short-poll+close"},
    {"transport", "short-poll", "short-poll"},
    {"connection", "close", "close"},
    {"repeats", "1", "1"},
    {"link", "loopback", "loopback"},
    {"interval_ms", "1000", "1000"},
    {"hold_ms", "", ""},
    {"clients", "4", "4"},
    {"disturbed", "0", "0"},
    {"published", "25", "25"},
    {"achieved_rate_hz", "", ""},
    {"delivered", "97", "97"},
    {"missed", "2", "2"},
    {"late", "1", "1"},
    {"duplicated", "0", "0"},
    {"out_of_order", "0", "0"},
    {"latency_min_us", "10", "10"},
    {"latency_p50_us", "20", "20"},
    {"requests_per_update", "0.5", ""},
    {"unsent_requests", "4", "4"},
    {"requests_per_client_s", "4166.67", "4166.67"},
    {"empty_response_ratio", "0.25", "0.25"},
    {"tcp_handshakes_per_update", "0.3", ""},
    {"handshakes_client", "36", "36"},
    {"handshakes_server", "36", "36"},
    {"handshakes_kernel", "36", "36"},
    {"handshakes_wire", "", ""}, /* loopback: nothing on a wire */
    {"payload_bytes_per_update", "160", ""},
    {"framing_bytes_per_update", "50", ""},
    {"server_cpu_us_per_update", "9", ""},
    {"client_cpu_us_per_update", "7", ""},
    {"server_cpu_us_per_client_s", "75000", "75000"},
    {"packets_up_per_update", "", ""},
    {"own_drops", "", ""},
};

START_TEST(summary_has_a_line_per_row_and_empty_fields_for_null)
{
    cJSON *run = new_run();
    struct buf text = {0};
    const char *csv, *first, *second;

    result_add_row(run, row_of(report_with(NULL, 0), true), 1, 1);
    result_add_row(run, row_of(report_with("window.deliveries", 0), true), 1, 1);
    ck_assert_int_eq(folder_summary(&text, run), 0);
    ck_assert_int_eq(buf_add(&text, "", 1), 0);
    csv = (const char *)text.data;
    first = strchr(csv, '\n') + 1;
    second = strchr(first, '\n') + 1;
    ck_assert_uint_eq(fields(csv), fields(first));
    ck_assert_uint_eq(fields(first), fields(second));
    ck_assert_str_eq(strchr(second, '\n'), "\n");
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        check_cell(csv, 1, cells[i].column, cells[i].first);
        check_cell(csv, 2, cells[i].column, cells[i].second);
    }
    buf_free(&text);
    end_run(run);
}
END_TEST

START_TEST(summary_of_a_run_over_a_link_has_what_the_wire_saw)
{
    static const char *const wire[][2] = {{"handshakes_wire", "36"},
                                          {"wire_bytes_per_update", "420"},
                                          {"wire_bytes_per_client_s", "3500000"},
                                          {"wire_header_bytes_per_update", "156"},
                                          {"wire_ack_bytes_per_update", "52"},
                                          {"packets_up_per_update", "1.5"},
                                          {"packets_down_per_update", "2.5"},
                                          {"forwarder_cpu_us_per_update", "6"},
                                          {"whole_run_wire_bytes_per_update", "600"},
                                          {"whole_run_packets_per_update", "5"},
                                          {"retransmissions_up", "7"},
                                          {"retransmissions_down", "0"},
                                          {"lost_packets_up", "0"},
                                          {"lost_packets_down", "0"},
                                          {"forwarded_late_p99_us", "40"},
                                          {"forwarded_late_max_us", "90"},
                                          {"own_drops", "0"}};
    cJSON *run = new_run();
    struct buf text = {0};

    result_add_row(run, row_over_link("tcp.up.retransmissions", 7), 1, 1);
    ck_assert_int_eq(folder_summary(&text, run), 0);
    ck_assert_int_eq(buf_add(&text, "", 1), 0);
    for (size_t i = 0; i < sizeof wire / sizeof *wire; i++)
        check_cell((const char *)text.data, 1, wire[i][0], wire[i][1]);
    buf_free(&text);
    end_run(run);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("result");
    TCase *tc = tcase_create("result");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, result_row_holds_the_figures_that_the_counters_dictate);
    tcase_add_test(tc, result_row_has_null_where_loopback_and_the_transport_have_nothing);
    tcase_add_test(tc, result_row_over_a_link_holds_what_the_wire_saw);
    tcase_add_loop_test(tc, result_row_over_a_link_says_what_does_not_agree, 0,
                        sizeof disagreements / sizeof *disagreements);
    tcase_add_test(tc, result_row_keeps_the_report_whole);
    tcase_add_test(tc, result_row_notes_what_was_missed_or_late);
    tcase_add_loop_test(tc, result_row_fails_when_one_witness_of_handshakes_disagrees, 0, 3);
    tcase_add_test(tc, result_row_ignores_the_kernel_of_a_shared_namespace);
    tcase_add_test(tc, result_row_expects_what_the_end_of_a_server_does_to_the_witnesses);
    tcase_add_test(tc, result_row_counts_what_a_server_without_its_history_published);
    tcase_add_test(tc, result_row_adds_up_by_itself_whatever_the_report_claims);
    tcase_add_test(tc, result_row_without_deliveries_has_no_ratios);
    tcase_add_test(tc, result_row_without_responses_has_no_empty_ones);
    tcase_add_loop_test(tc, result_row_refuses_a_report_that_lacks_a_number, 0,
                        sizeof needed / sizeof *needed);
    tcase_add_test(tc, result_run_has_the_keys_that_tools_rely_on);
    tcase_add_test(tc, result_run_is_complete_only_with_every_row_and_no_problem);
    tcase_add_test(tc, result_rows_are_in_the_order_of_the_scenario_whatever_was_measured_first);
    tcase_add_test(tc, result_problems_are_told_with_their_row);
    tcase_add_test(tc, summary_has_a_line_per_row_and_empty_fields_for_null);
    tcase_add_test(tc, summary_of_a_run_over_a_link_has_what_the_wire_saw);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
