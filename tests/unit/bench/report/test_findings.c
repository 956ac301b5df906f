/* Rows that were expected to fail, as a reader of a run sees them: in the table, in the report, in
 * the advice; and that they are kept out of what is compared. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "bench/advise/advise.h"
#include "bench/result/findings.h"
#include "bench/base/json.h"
#include "bench/report/report.h"
#include "bench/table/table.h"

static cJSON *run;

/* Two rows that poll across servers with sources of their own, and a websocket through nginx. */
static const char text[] =
    "{\"schema\":1,\"pushlab\":\"0.1.0\",\"started\":\"2026-11-29T10:00:00Z\",\"seed\":1,"
    "\"link\":\"rtt=20ms\",\"link_details\":{\"rtt_ms\":20},\"complete\":true,"
    "\"interrupted\":false,\"environment\":{\"network_namespace\":\"own\"},"
    "\"scenario\":{\"name\":\"x\",\"title\":\"X\",\"clients\":10,\"duration_s\":2,"
    "\"balancer\":{\"kind\":\"haproxy-http\",\"link\":\"lan\"},"
    "\"source\":{\"kind\":\"generator\",\"pattern\":\"fixed\",\"rate_hz\":10,"
    "\"payload_bytes\":128}},\"problems\":[],\"notes\":[],\"rows\":["
    "{\"id\":\"poll\",\"transport\":\"short-poll\",\"clients\":10,\"published\":20,"
    "\"expected\":200,\"delivered\":900,\"late\":7,\"problems\":[],"
    "\"findings\":[\"67 times the cursor went back\",\"<7 updates> late\"],"
    "\"latency_us\":{\"p50\":540000,\"p90\":600000,\"p99\":700000,\"mean\":540000},"
    "\"handshakes\":{\"client\":10,\"server\":14},"
    "\"balancer\":{\"layer\":7,\"connections_per_client\":{\"front\":1,\"behind\":1.4},"
    "\"served_by\":\"7 + 7\",\"sequence_errors\":{\"all\":67}},"
    "\"raw\":{\"balancer\":{\"layer\":7,\"servers\":[{},{}]}}},"
    "{\"id\":\"poll+redis\",\"transport\":\"short-poll\",\"clients\":10,\"published\":20,"
    "\"expected\":200,\"delivered\":200,\"problems\":[],"
    "\"latency_us\":{\"p50\":110000,\"p90\":150000,\"p99\":200000,\"mean\":110000},"
    "\"handshakes\":{\"client\":10,\"server\":12},"
    "\"balancer\":{\"layer\":7,\"connections_per_client\":{\"front\":1,\"behind\":1.2},"
    "\"served_by\":\"8 + 8\",\"sequence_errors\":{\"all\":0}},"
    "\"raw\":{\"balancer\":{\"layer\":7,\"servers\":[{},{}]}}},"
    "{\"id\":\"poll-other\",\"transport\":\"sse\",\"clients\":10,\"published\":20,"
    "\"expected\":200,\"delivered\":200,\"problems\":[],"
    "\"latency_us\":{\"p50\":11000,\"p90\":12000,\"p99\":13000,\"mean\":11000},"
    "\"handshakes\":{\"client\":10,\"server\":10},"
    "\"balancer\":{\"layer\":7,\"connections_per_client\":{\"front\":1,\"behind\":1},"
    "\"served_by\":\"5 + 5\",\"sequence_errors\":{\"all\":0}},"
    "\"raw\":{\"balancer\":{\"layer\":7,\"servers\":[{},{}]}}}]}";

static void set_up(void)
{
    run = cJSON_Parse(text);
    ck_assert_ptr_nonnull(run);
    setenv("PUSHLAB_CHARTS", "bench/chart", 0); /* tests run in the source tree */
}

static void tear_down(void)
{
    cJSON_Delete(run);
}

static cJSON *row(int i)
{
    return cJSON_GetArrayItem(cJSON_GetObjectItem(run, "rows"), i);
}

static void says(const struct buf *out, const char *words)
{
    ck_assert_msg(strstr((const char *)out->data, words) != NULL, "\"%s\" is not in \"%s\"", words,
                  (const char *)out->data);
}

static void says_not(const struct buf *out, const char *words)
{
    ck_assert_msg(strstr((const char *)out->data, words) == NULL, "\"%s\" is in \"%s\"", words,
                  (const char *)out->data);
}

START_TEST(a_cure_is_sound_and_named_after_what_it_cures)
{
    ck_assert(findings_broke(row(0)) && !findings_broke(row(1)));
    ck_assert(findings_cures(row(1), row(0)));
    ck_assert(!findings_cures(row(2), row(0))); /* only begins alike */
    ck_assert(!findings_cures(row(0), row(0)));
    cJSON_AddItemToArray(cJSON_GetObjectItem(row(1), "problems"), cJSON_CreateString("lost"));
    ck_assert(!findings_cures(row(1), row(0)));
}
END_TEST

START_TEST(sentences_see_the_sound_rows)
{
    cJSON *view = findings_sound_run(run);

    ck_assert_int_eq(cJSON_GetArraySize(json_at(view, "rows")), 2);
    ck_assert_double_eq(json_number(view, "left_out"), 1);
    ck_assert_str_eq(json_text(view, "scenario.title"), "X");
    cJSON_Delete(view);
    ck_assert_int_eq(cJSON_GetArraySize(json_at(run, "rows")), 3); /* the run is as it was */
}
END_TEST

START_TEST(where_all_broke_all_are_seen)
{
    cJSON *rows = cJSON_GetObjectItem(run, "rows"), *view;

    cJSON_DeleteItemFromArray(rows, 2);
    cJSON_DeleteItemFromArray(rows, 1);
    view = findings_sound_run(run);
    ck_assert_int_eq(cJSON_GetArraySize(json_at(view, "rows")), 1);
    ck_assert_double_eq(json_number(view, "left_out"), 0);
    cJSON_Delete(view);
}
END_TEST

START_TEST(the_table_has_each_cure_below_what_it_cures)
{
    struct buf out = {0};

    ck_assert_int_eq(table_text(&out, run, 120, false), 0);
    ck_assert_int_eq(buf_add(&out, "", 1), 0);
    says(&out, "poll broke, as expected: 67 times the cursor went back; <7 updates> late\n"
               "poll+redis: all 200 updates, in order, p50 110 ms\n");
    says_not(&out, "poll-other: ");
    buf_free(&out);
}
END_TEST

START_TEST(a_cure_that_lost_some_does_not_claim_all)
{
    struct buf out = {0};

    cJSON_SetNumberValue(cJSON_GetObjectItem(row(1), "delivered"), 1990);
    cJSON_SetNumberValue(cJSON_GetObjectItem(row(1), "expected"), 2000);
    ck_assert_int_eq(table_text(&out, run, 120, false), 0);
    ck_assert_int_eq(buf_add(&out, "", 1), 0);
    says(&out, "poll+redis: 1,990 of 2,000 updates, p50 110 ms\n");
    buf_free(&out);
}
END_TEST

START_TEST(the_report_pairs_them_and_compares_the_others)
{
    struct report source = {.run = run};
    struct buf out = {0};

    ck_assert_int_eq(report_fill(&out, &source, OUTPUT_HTML, "report.html", NULL), 0);
    ck_assert_int_eq(buf_add(&out, "", 1), 0);
    says(&out, "<a href=\"#between\">In between</a>");
    says(&out, "<section id=\"between\">");
    says(&out, "<li>67 times the cursor went back</li><li>&lt;7 updates&gt; late</li>");
    says(&out, "all 200 updates, in order, p50 110 ms</li>");
    says(&out, "All <strong>400</strong> expected updates");       /* of two rows */
    says(&out, "All independent counts of TCP handshakes agree."); /* a balancer makes its own */
    says(&out, "One row is left out here: it was expected to fail, and failed.");
    says(&out, "with a median of <strong>110 ms</strong>"); /* and not 540 */
    says(&out, "It does not include balancers.");
    says(&out, "over a link <strong>lan</strong> behind the balancer");
    buf_free(&out);
}
END_TEST

START_TEST(the_report_for_a_blog_leaves_them_out_too)
{
    struct report source = {.run = run, .dir = "/nowhere", .images = ""};
    struct buf out = {0};

    ck_assert_int_eq(report_fill(&out, &source, OUTPUT_MARKDOWN, "report.md", NULL), 0);
    ck_assert_int_eq(buf_add(&out, "", 1), 0);
    says(&out, "One row is left out here: it was expected to fail, and failed.");
    says(&out, "- poll broke, as expected");
    says(&out, "- poll+redis: all 200 updates");
    buf_free(&out);
}
END_TEST

START_TEST(a_run_without_any_has_no_such_section)
{
    struct report source = {.run = run};
    struct buf out = {0};

    for (int i = 0; i < 3; i++) {
        cJSON_DeleteItemFromObject(row(i), "findings");
        cJSON_DeleteItemFromObject(row(i), "balancer");
    }
    ck_assert_int_eq(report_fill(&out, &source, OUTPUT_HTML, "report.html", NULL), 0);
    ck_assert_int_eq(buf_add(&out, "", 1), 0);
    says_not(&out, "In between");
    says_not(&out, "in between");
    says_not(&out, "Left out");
    buf_free(&out);
}
END_TEST

START_TEST(what_broke_is_no_recommendation)
{
    struct advise a;
    struct advise_ask ask = advise_ask_nothing;

    ask.typed = ADVISE_TYPED_LATENCY | ADVISE_TYPED_PERCENTILE;
    ask.latency_us = 1e6;
    ask.percentile = 50;
    cJSON_SetNumberValue(cJSON_GetObjectItem(row(0), "delivered"), 200);
    cJSON_DeleteItemFromObject(row(0), "late");
    advise_run(&a, run, &ask);
    ck_assert_int_eq(a.rows[0].fit, ADVISE_UNKNOWN);
    ck_assert_int_eq(a.rows[1].fit, ADVISE_FITS);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("findings");
    TCase *t = tcase_create("rows that broke");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_cure_is_sound_and_named_after_what_it_cures);
    tcase_add_test(t, sentences_see_the_sound_rows);
    tcase_add_test(t, where_all_broke_all_are_seen);
    tcase_add_test(t, the_table_has_each_cure_below_what_it_cures);
    tcase_add_test(t, a_cure_that_lost_some_does_not_claim_all);
    tcase_add_test(t, the_report_pairs_them_and_compares_the_others);
    tcase_add_test(t, the_report_for_a_blog_leaves_them_out_too);
    tcase_add_test(t, a_run_without_any_has_no_such_section);
    tcase_add_test(t, what_broke_is_no_recommendation);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
