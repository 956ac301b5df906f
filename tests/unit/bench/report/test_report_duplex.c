/* What a report says of runs with channels, deadlines and clients that send: true in every case. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/page/run_words.h"
#include "bench/report/report.h"
#include "bench/report/report_words.h"

/* Players: over short polls states gave way to newer ones; over WebSocket nothing did. */
static const char players[] =
    "{\"link\":\"wifi\",\"scenario\":{\"clients\":16,\"duration_s\":10,\"room_size\":8,"
    "\"channel\":\"room-{room}/inputs\",\"latest\":\"room-{room}\",\"deadline_ms\":33,"
    "\"source\":{\"kind\":\"game\",\"tick_hz\":30,\"rooms\":2},"
    "\"send\":{\"workload\":\"inputs\",\"rate_hz\":20,\"bytes\":64},\"require\":{\"on_time\":0.95}}"
    ","
    "\"rows\":["
    "{\"id\":\"short-poll\",\"transport\":\"short-poll\",\"clients\":16,\"published\":600,"
    "\"expected\":4800,\"delivered\":3000,\"superseded\":1800,\"missed\":0,\"late\":0,"
    "\"deadline\":{\"ms\":33,\"expected\":4800,\"share\":0.25},\"latency_us\":{\"p50\":50000},"
    "\"handshakes\":{\"client\":32,\"server\":32,\"upstream\":16},"
    "\"upstream\":{\"messages\":3200,\"requests_per_message\":0.5,\"handshakes_per_message\":0,"
    "\"bytes_per_message\":{\"payload\":150,\"framing\":200},\"latency_us\":{\"count\":22400,"
    "\"p50\":60000,\"p99\":120000},\"echo_us\":{\"count\":3200,\"p50\":9,\"p99\":110000},"
    "\"order\":{\"lost\":0,\"doubled\":0,\"reordered\":0}}},"
    "{\"id\":\"websocket\",\"transport\":\"websocket\",\"clients\":16,\"published\":600,"
    "\"expected\":4800,\"delivered\":4800,\"superseded\":0,\"missed\":0,\"late\":0,"
    "\"deadline\":{\"ms\":33,\"expected\":4800,\"share\":0.9996},\"latency_us\":{\"p50\":6000},"
    "\"handshakes\":{\"client\":16,\"server\":16,\"upstream\":0},"
    "\"upstream\":{\"messages\":3200,\"requests_per_message\":0,\"handshakes_per_message\":0,"
    "\"bytes_per_message\":{\"payload\":150,\"framing\":8},\"latency_us\":{\"count\":22400,"
    "\"p50\":12000,\"p99\":24000},\"echo_us\":{\"count\":3200,\"p50\":9,\"p99\":23000},"
    "\"order\":{\"lost\":0,\"doubled\":0,\"reordered\":0}}}]}";

static struct buf out;
static struct writer w;
static cJSON *run;

static void set_up(void)
{
    out = (struct buf){0};
    w = (struct writer){.out = &out};
    run = cJSON_Parse(players);
    ck_assert_ptr_nonnull(run);
}

static void tear_down(void)
{
    buf_free(&out);
    cJSON_Delete(run);
}

static const char *text(void)
{
    writer_add(&w, "", 1);
    ck_assert_int_eq(w.rc, 0);
    out.len--;
    return (const char *)out.data;
}

static void says(const char *words)
{
    ck_assert_msg(strstr(text(), words) != NULL, "\"%s\" is not in \"%.900s\"", words, text());
}

static void say(const char *name)
{
    struct template_fill t = {.w = w, .words = {report_words, run_words}};

    cJSON *page = cJSON_CreateObject();

    cJSON_AddItemToObject(page, "facts", report_facts_of(run));
    template_enter(&t, page);
    template_enter(&t, run);
    template_put(&t, name);
    template_end(&t, "test", NULL);
    cJSON_Delete(page);
    w.rc = t.w.rc;
}

static bool is_trusted(void)
{
    cJSON *facts = report_facts_of(run);
    bool trusted = json_true(facts, "trusted");

    cJSON_Delete(facts);
    return trusted;
}

static void write_page(void)
{
    struct report r = {.run = run};

    ck_assert_int_eq(report_fill(&out, &r, OUTPUT_HTML, "report.html", NULL), 0);
}

static cJSON *row_at(int i)
{
    return cJSON_GetArrayItem(cJSON_GetObjectItem(run, "rows"), i);
}

START_TEST(setting_says_who_sends_and_by_when_updates_are_due)
{
    say("setting");
    says("**16** clients, the states of a game, **30** times a second in each room, for **10** s "
         "per row. Each client sends **20** inputs a second, in separate HTTP requests");
    says("An update is on time within **33 ms**.");
}
END_TEST

START_TEST(verdict_says_what_is_on_time_and_how_late_everyone_hears)
{
    say("verdict on channels");
    says("**25\u00a0%** (`short-poll`) to **99.96\u00a0%** (`websocket`) of the updates arrive on "
         "time. 99 "
         "of 100 messages of a client have reached the others within **24.0 ms** (`websocket`) to "
         "**120 ms** (`short-poll`); per message, `short-poll` sends the most requests (**0.5**), "
         "`websocket` the fewest (**0**).");
}
END_TEST

START_TEST(charts_are_read_with_what_the_use_case_needs)
{
    say("reading of on-time");
    says("The use case needs **95\u00a0%**: `websocket` meets that.");
    says("of a row's values those are **0 %** to **37.5 %**.");
    say("reading of upstream-latency");
    says("The sender itself has 99 of 100 back within **23.0 ms** (`websocket`) to **110 ms**");
    cJSON_ReplaceItemInObject(cJSON_GetObjectItem(cJSON_GetObjectItem(run, "scenario"), "require"),
                              "on_time", cJSON_CreateNumber(1));
    say("reading of on-time");
    says("needs **100\u00a0%**, which no row meets.");
}
END_TEST

START_TEST(trust_counts_what_gave_way_to_newer_values)
{
    ck_assert(is_trusted());
    say("trust");
    says("All **9,600** expected updates (updates of each channel × its subscribers) were "
         "delivered, once "
         "and in order, except **1,800** that a newer value superseded. All independent counts "
         "of TCP handshakes agree. Everyone received each message of a client once, in the "
         "order in which it was sent.");
}
END_TEST

START_TEST(trust_is_gone_when_order_or_documents_are_not_kept)
{
    cJSON *order = cJSON_GetObjectItem(cJSON_GetObjectItem(row_at(0), "upstream"), "order");

    cJSON_ReplaceItemInObject(order, "doubled", cJSON_CreateNumber(1));
    ck_assert(!is_trusted());
    say("trust");
    says("lost, doubled or reordered");
    cJSON_ReplaceItemInObject(order, "doubled", cJSON_CreateNumber(0));
    ck_assert(is_trusted());
    cJSON_AddItemToObject(row_at(1), "documents", cJSON_Parse("{\"identical\":false}"));
    ck_assert(!is_trusted());
    say("trust");
    says("**different** texts");
}
END_TEST

START_TEST(tables_have_the_columns_that_the_run_has_numbers_for)
{
    write_page();
    says(">To everyone</th>");
    says(">superseded</a>");
    ck_assert_ptr_null(strstr(text(), ">Converged</"));
    says(">messages lost</th>");
}
END_TEST

START_TEST(a_run_of_none_of_this_says_none_of_it)
{
    for (int i = 0; i < 2; i++) {
        cJSON_DeleteItemFromObject(row_at(i), "upstream");
        cJSON_DeleteItemFromObject(row_at(i), "deadline");
        cJSON_DeleteItemFromObject(row_at(i), "superseded");
        cJSON_DeleteItemFromObject(row_at(i), "expected");
    }
    say("verdict on channels");
    say("trust in messages");
    ck_assert_str_eq(text(), "");
    write_page();
    ck_assert_ptr_null(strstr(text(), ">superseded</"));
    ck_assert_ptr_null(strstr(text(), ">messages lost</"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report_duplex");
    TCase *tc = tcase_create("report_duplex");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, setting_says_who_sends_and_by_when_updates_are_due);
    tcase_add_test(tc, verdict_says_what_is_on_time_and_how_late_everyone_hears);
    tcase_add_test(tc, charts_are_read_with_what_the_use_case_needs);
    tcase_add_test(tc, trust_counts_what_gave_way_to_newer_values);
    tcase_add_test(tc, trust_is_gone_when_order_or_documents_are_not_kept);
    tcase_add_test(tc, tables_have_the_columns_that_the_run_has_numbers_for);
    tcase_add_test(tc, a_run_of_none_of_this_says_none_of_it);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
