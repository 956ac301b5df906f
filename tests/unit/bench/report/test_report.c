/* The report of runs of every kind: what it says is true, whole and escaped. */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "bench/base/file.h"
#include "bench/base/json.h"
#include "bench/report/report.h"
#include "bench/report/index.h"
#include "bench/result/disturbed.h"
#include "bench/report/report_words.h"
#include "bench/page/run_words.h"

static struct buf out;
static struct writer w;
static cJSON *run;
static char dir[64];

static void set_up(void)
{
    out = (struct buf){0};
    w = (struct writer){.out = &out};
    run = NULL;
    snprintf(dir, sizeof dir, "/tmp/test-report-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    setenv("PUSHLAB_CHARTS", "bench/chart", 0); /* tests run in the source tree */
}

static void tear_down(void)
{
    buf_free(&out);
    cJSON_Delete(run);
    file_remove_folder(dir);
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
    ck_assert_msg(strstr(text(), words) != NULL, "\"%s\" is not in \"%.600s\"", words, text());
}

static void says_not(const char *words)
{
    const char *found = strstr(text(), words);

    ck_assert_msg(found == NULL, "\"%s\" is in \"%.200s\"", words,
                  found - (found > text() + 50 ? 50 : 0));
}

/* Writes a text about the run, as prose; or one word about an item, or the run. */
static void say(const char *name, const cJSON *item, const char *word)
{
    struct template_fill t = {.w = w, .words = {report_words, report_method_words, run_words}};

    cJSON *page = cJSON_CreateObject();

    cJSON_AddItemToObject(page, "facts", report_facts_of(run));
    template_enter(&t, page);
    template_enter(&t, run);
    template_enter(&t, item != NULL ? item : run);
    if (name != NULL)
        template_put(&t, name);
    for (size_t i = 0; word != NULL && t.words[i] != NULL; i++)
        for (const struct template_word *v = t.words[i]; v->name != NULL; v++)
            if (strcmp(v->name, word) == 0)
                v->put(&t);
    template_end(&t, "test", NULL);
    cJSON_Delete(page);
    w.rc = t.w.rc;
}

static bool counts_agree(void)
{
    cJSON *facts = report_facts_of(run);
    bool agree = json_true(facts, "agreed");

    cJSON_Delete(facts);
    return agree;
}

static void read_chart(const char *name)
{
    cJSON *chart = json_object("chart:s", name);

    say(NULL, chart, "chart-reading");
    cJSON_Delete(chart);
}

static void say_verdict(int which)
{
    static const char *const texts[] = {"verdict on latency", "verdict on requests",
                                        "verdict on bytes"};

    say(texts[which], NULL, NULL);
}

/* ---- runs ---- */

struct row {
    const char *id, *transport;
    double delivered, p50, requests, handshakes, framing, cpu;
};

static void start_run(void)
{
    run = cJSON_Parse(
        "{\"schema\":1,\"pushlab\":\"0.1.0\",\"started\":\"2026-11-23T06:16:48Z\",\"seed\":7,"
        "\"link\":\"loopback\",\"complete\":true,\"interrupted\":false,"
        "\"scenario\":{\"name\":\"two\",\"title\":\"Two ways\",\"clients\":50,\"duration_s\":6,"
        "\"warmup_s\":1,\"drain_s\":5,\"source\":{\"kind\":\"generator\",\"pattern\":\"fixed\","
        "\"rate_hz\":10,\"payload_bytes\":128}},\"environment\":{\"network_namespace\":\"own\","
        "\"command_line\":[\"pushlab\",\"run\",\"my file.json\"]},\"rows\":[],\"rows_planned\":[],"
        "\"problems\":[],\"notes\":[]}");
    ck_assert_ptr_nonnull(run);
}

static void add_row(struct row r)
{
    cJSON *rows = cJSON_GetObjectItem(run, "rows"), *row = cJSON_CreateObject(), *o;

    cJSON_AddStringToObject(row, "id", r.id);
    cJSON_AddStringToObject(row, "transport", r.transport);
    cJSON_AddStringToObject(row, "connection", strstr(r.id, "+close") ? "close" : "keep-alive");
    cJSON_AddNumberToObject(row, "interval_ms", 1000);
    cJSON_AddNumberToObject(row, "clients", 50);
    cJSON_AddNumberToObject(row, "published", r.delivered / 50);
    cJSON_AddNumberToObject(row, "delivered", r.delivered);
    cJSON_AddNumberToObject(row, "deliveries", r.delivered);
    cJSON_AddNumberToObject(cJSON_AddObjectToObject(row, "phases"), "window_ms", 6000);
    o = cJSON_AddObjectToObject(row, "latency_us");
    json_add_number(o, "min", r.p50 / 10);
    json_add_number(o, "p50", r.p50);
    json_add_number(o, "p90", r.p50 * 1.8);
    json_add_number(o, "p99", r.p50 * 2);
    json_add_number(o, "max", r.p50 * 2.2);
    json_add_number(o, "mean", r.p50);
    if (r.delivered > 0) {
        json_add_number(row, "requests_per_update", r.requests);
        json_add_number(row, "requests_per_client_s", r.requests * r.delivered / 50 / 6);
        json_add_number(row, "tcp_handshakes_per_update", r.handshakes);
        json_add_number(row, "server_cpu_us_per_update", r.cpu);
        json_add_number(row, "client_cpu_us_per_update", r.cpu);
        o = cJSON_AddObjectToObject(row, "bytes_per_update");
        json_add_number(o, "payload", 164);
        json_add_number(o, "framing", r.framing);
    }
    o = cJSON_AddObjectToObject(row, "handshakes");
    cJSON_AddNumberToObject(o, "client", 50);
    cJSON_AddNumberToObject(o, "server", 50);
    cJSON_AddNumberToObject(o, "kernel", 50);
    cJSON_AddArrayToObject(row, "problems");
    cJSON_AddArrayToObject(row, "notes");
    cJSON_AddItemToArray(rows, row);
    cJSON_AddItemToArray(cJSON_GetObjectItem(run, "rows_planned"), cJSON_CreateString(r.id));
}

static const struct row poll = {"short-poll", "short-poll", 3000, 500000, 0.1, 0, 29, 13};
static const struct row lpoll = {"long-poll+close", "long-poll", 3000, 1000, 1, 1, 337, 48};
static const struct row sse = {"sse", "sse", 3000, 400, 0, 0, 21, 18};
static const struct row socket_row = {"websocket", "websocket", 3000, 400, 0, 0, 4, 15};
static const struct row silent = {"sse-far", "sse", 0, 0, 0, 0, 0, 0};

static void replace_text(const char *name, const char *value)
{
    cJSON_ReplaceItemInObject(run, name, cJSON_CreateString(value));
}

/* ---- documents ---- */

static void write_document(void)
{
    struct report r = {.run = run, .dir = dir};

    ck_assert_int_eq(report_fill(&out, &r, OUTPUT_HTML, "report.html", NULL), 0);
}

/* Every element that is opened is closed, in order, and no id comes twice. */
static void check_document(void)
{
    static const char *const empty[] = {"meta", "img", "br", "input", "!DOCTYPE", NULL};
    char open[64][24], name[24];
    int depth = 0;

    for (const char *p = text(); (p = strchr(p, '<')) != NULL; p++) {
        bool closes = p[1] == '/', is_empty = false;
        const char *end = strchr(p, '>');

        ck_assert_ptr_nonnull(end);
        snprintf(name, sizeof name, "%.*s", (int)strcspn(p + 1 + closes, " />\n"), p + 1 + closes);
        for (int i = 0; empty[i] != NULL; i++)
            is_empty |= strcmp(name, empty[i]) == 0;
        if (is_empty || end[-1] == '/')
            continue;
        if (closes)
            ck_assert_msg(depth > 0 && strcmp(open[--depth], name) == 0, "</%s> closes %s", name,
                          open[depth]);
        else
            strcpy(open[depth++], name);
        ck_assert_int_lt(depth, 64);
    }
    ck_assert_int_eq(depth, 0);
    for (const char *p = text(); (p = strstr(p, " id=\"")) != NULL; p++) {
        char id[80];

        snprintf(id, sizeof id, "%.*s\"", (int)strcspn(p + 5, "\"") + 5, p);
        ck_assert_msg(strstr(p + 1, id) == NULL, "twice: %s", id);
    }
}

static void check_all(void)
{
    static const char *const never[] = {"(null)", ">nan",  " nan",  "-nan",
                                        ">inf",   " inf ", "=\"\"", "<script"};

    write_document();
    check_document();
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        says_not(never[i]);
}

static void put_chart(const char *name, const char *svg)
{
    char path[200];

    snprintf(path, sizeof path, "%s/charts", dir);
    ck_assert_int_eq(file_make_folders(path, NULL), 0);
    snprintf(path, sizeof path, "%s/charts/%s.svg", dir, name);
    ck_assert_int_eq(file_write(path, svg, strlen(svg), NULL), 0);
}

START_TEST(verdict_names_the_soonest_and_the_latest)
{
    start_run();
    add_row(poll);
    add_row(lpoll);
    add_row(sse);
    say_verdict(0);
    ck_assert_str_eq(text(), "Updates arrive first over `sse`, half of them within **400 µs**, and "
                             "last over `short-poll`, with a median of **500 ms** or **1,200** "
                             "to **1,300 times** as long.");
}
END_TEST

START_TEST(verdict_names_all_that_cannot_be_told_from_the_first_and_the_last)
{
    struct row twin = socket_row, late = poll;

    start_run();
    twin.p50 = 415; /* 4 % more */
    late.id = "short-poll+close";
    late.p50 = 490000;
    add_row(poll);
    add_row(late);
    add_row(sse);
    add_row(twin);
    say_verdict(0);
    says("first over `sse` and `websocket`, half of them within **400 µs** to **415 µs**, and last "
         "over `short-poll` and `short-poll+close`, with a median of **490 ms** to **500 ms**");
    check_all();
    says("<dt>Fastest median</dt><dd><b>400 µs to 415 µs</b> <span class=\"row t-sse\">sse</span> "
         "and ");
}
END_TEST

/* 320 and 337 are 5 % apart, 21 and 337 are not. */
START_TEST(what_is_counted_is_level_within_5_percent)
{
    struct row twin = sse;

    start_run();
    add_row(lpoll);
    add_row(sse);
    twin.id = "stream";
    twin.framing = 321;
    add_row(twin);
    twin.id = "other";
    twin.framing = 22.5;
    add_row(twin);
    say("framing", NULL, NULL);
    ck_assert_str_eq(text(), "`long-poll+close` and `stream` add the most framing (**321** to "
                             "**337** bytes), `sse` the least (**21.0** bytes)");
}
END_TEST

/* Of CPU, 40 and 50 µs may be the other way round in another run, and so may 50 and 60; 40 and 60
 * not. */
START_TEST(a_row_level_with_both_ends_is_at_neither)
{
    struct row r = sse;

    start_run();
    r.cpu = 40;
    add_row(r);
    r.id = "b";
    r.cpu = 50;
    add_row(r);
    r.id = "c";
    r.cpu = 60;
    add_row(r);
    say("server CPU", NULL, NULL);
    says("`c` takes the most server CPU (**60.0 µs**), `sse` the least (**40.0 µs**); `b` can't be "
         "distinguished from either");
}
END_TEST

START_TEST(what_cannot_be_put_in_order_is_not)
{
    struct row r = sse;

    start_run();
    r.cpu = 40;
    add_row(r);
    r.id = "b";
    r.cpu = 50;
    add_row(r);
    say("server CPU", NULL, NULL);
    says(
        "`sse` and `b` take server CPU (**40.0 µs** to **50.0 µs**, too close to be put in order)");
}
END_TEST

/* Of few updates: the percentiles beyond them are null in run.json. */
static void drop_percentiles(int row, bool p90)
{
    cJSON *latency = cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(run, "rows"), row),
                                         "latency_us");

    cJSON_ReplaceItemInObject(latency, "p99", cJSON_CreateNull());
    if (p90)
        cJSON_ReplaceItemInObject(latency, "p90", cJSON_CreateNull());
}

START_TEST(sentences_name_the_highest_percentile_that_there_is)
{
    start_run();
    add_row(sse);
    add_row(poll);
    drop_percentiles(0, false);
    read_chart("latency-percentiles");
    says("9 of 10 arrive within **720 µs** to **900 ms**, first over `sse` and last over "
         "`short-poll`");
    says_not("99");
    drop_percentiles(0, true);
    out.len = 0;
    read_chart("latency-percentiles");
    says("The updates are too few for a percentile beyond the median");
    cJSON_DeleteItemFromArray(cJSON_GetObjectItem(run, "rows"), 1);
    out.len = 0;
    say_verdict(0);
    says("`sse` delivered half of its updates within **400 µs** of when they were due, and all "
         "within "
         "**880 µs**.");
}
END_TEST

static void disturb(int row, const char *reason)
{
    disturbed_add(cJSON_GetArrayItem(cJSON_GetObjectItem(run, "rows"), row), "%s", reason);
}

START_TEST(disturbed_rows_are_shown_and_left_out_of_sentences)
{
    start_run();
    add_row(poll);
    add_row(lpoll);
    add_row(sse);
    disturb(2, "the server <was> stopped for 1.02 s");
    disturb(2, "and again");
    check_all();
    says("Something could not keep up during this row.");
    says("<span class=\"row t-sse\">sse</span>: the server &lt;was&gt; stopped for 1.02 s; and "
         "again</li>");
    says("sse</span> <span class=\"mark\">disturbed</span></th>");
    says("Updates arrive first over <span class=\"row t-long-poll closes\">long-poll+close");
    says("<code>sse</code> was disturbed; no sentence here compares it with");
}
END_TEST

START_TEST(where_all_rows_were_disturbed_nothing_is_compared)
{
    start_run();
    add_row(poll);
    add_row(sse);
    disturb(0, "stopped");
    disturb(1, "stopped");
    put_chart("overview", "<svg/>");
    check_all();
    says("<p class=\"missing\">Every row was disturbed, so nothing is compared here.</p>");
    says_not("arrive first");
    says_not("is lowest");
}
END_TEST

START_TEST(verdict_prices_requests_and_handshakes)
{
    start_run();
    add_row(poll);
    add_row(lpoll);
    add_row(sse);
    add_row(socket_row);
    say_verdict(1);
    ck_assert_str_eq(text(),
                     "For each update, `long-poll+close` sends the most requests (**1.00**), `sse` "
                     "and `websocket` the fewest (**0**); `long-poll+close` opens the most "
                     "connections (**1.00**), `short-poll`, `sse` and `websocket` the fewest "
                     "(**0**).");
}
END_TEST

START_TEST(verdict_of_alike_rows_names_no_winner)
{
    start_run();
    add_row(sse);
    add_row(socket_row);
    say_verdict(0);
    says("hardly differ in latency: the medians are **400 µs**.");
    say_verdict(1);
    says("`sse` and `websocket` send no requests; `sse` and `websocket` open no connections.");
}
END_TEST

START_TEST(verdict_of_one_row_compares_nothing)
{
    start_run();
    add_row(sse);
    say_verdict(0);
    says("`sse` delivered half of its updates within **400 µs**");
    say_verdict(1);
    says("`sse` sends no requests; `sse` opens no connections.");
    say_verdict(2);
    says("`sse` adds framing (**21.0** bytes); `sse` takes server CPU (**18.0 µs**).");
    check_all();
    says_not("no row in more");
}
END_TEST

START_TEST(verdict_without_deliveries_says_so)
{
    start_run();
    add_row(silent);
    for (int i = 0; i < 3; i++)
        say_verdict(i);
    says("No update was delivered");
    says("So there are no requests and handshakes per update either");
    check_all();
    says("class=\"trust doubt\"");
}
END_TEST

START_TEST(silent_row_is_left_out_of_comparisons)
{
    start_run();
    add_row(silent);
    add_row(sse);
    add_row(poll);
    say_verdict(0);
    says("first over `sse`");
    check_all();
    says("nothing delivered");
}
END_TEST

START_TEST(trust_counts_what_is_missing_and_who_disagrees)
{
    cJSON *row;

    start_run();
    add_row(sse);
    say("trust", NULL, NULL);
    says("All **3,000** expected updates");
    says("All independent counts of TCP handshakes agree");
    row = cJSON_GetObjectItem(run, "rows")->child;
    cJSON_ReplaceItemInObject(row, "delivered", cJSON_CreateNumber(2990));
    cJSON_AddNumberToObject(row, "missed", 10);
    cJSON_ReplaceItemInObject(cJSON_GetObjectItem(row, "handshakes"), "server",
                              cJSON_CreateNumber(49));
    out.len = 0;
    say("trust", NULL, NULL);
    says("Of **3,000** updates expected (published × clients) **2,990** were delivered, **10** "
         "missed.");
    says("do **not** agree");
}
END_TEST

START_TEST(kernel_counts_attempts_that_came_to_nothing_too)
{
    cJSON *seen;

    start_run();
    add_row(sse);
    seen = cJSON_GetObjectItem(cJSON_GetObjectItem(run, "rows")->child, "handshakes");
    cJSON_ReplaceItemInObject(seen, "kernel", cJSON_CreateNumber(51));
    ck_assert(!counts_agree());
    cJSON_AddNumberToObject(seen, "given_up", 1);
    ck_assert(counts_agree());
    cJSON_AddNumberToObject(seen, "wire", 51); /* may have seen it through */
    ck_assert(counts_agree());
    cJSON_ReplaceItemInObject(seen, "wire", cJSON_CreateNumber(52));
    ck_assert(!counts_agree());
}
END_TEST

START_TEST(kernel_of_the_host_is_no_witness)
{
    start_run();
    add_row(sse);
    cJSON_ReplaceItemInObject(cJSON_GetObjectItem(run, "environment"), "network_namespace",
                              cJSON_CreateString("host"));
    cJSON_ReplaceItemInObject(
        cJSON_GetObjectItem(cJSON_GetObjectItem(run, "rows")->child, "handshakes"), "kernel",
        cJSON_CreateNumber(49));
    ck_assert(counts_agree());
}
END_TEST

static const struct {
    const char *chart, *words;
} readings[] = {
    {"overview", "`websocket` is lowest, or level with the lowest, in all four panels."},
    {"latency-percentiles", "99 of 100 arrive within **800 µs** to **1.00 s**"},
    {"latency-cdf", "All are complete after **880 µs** to **1.10 s**."},
    {"latency-timeline", "waits nearly the whole **1 s**"},
    {"requests-per-update",
     "that is **0** to **500** requests a second. That `short-poll` needs only "
     "**0.1** is not an advantage: on average **10.0** updates waited together"},
    {"handshakes-per-update", "On loopback that is nearly free"},
    {"bytes-per-update", "That is **2.44 %** to **205 %** of the payload"},
    {"cpu-per-update", "`long-poll+close` takes the most server CPU (**48.0 µs**)"},
    {"wire-bytes-per-update", "no row has a figure for bytes on the wire"},
    {"something-new", "One line per row"},
};

START_TEST(reading_tells_this_runs_numbers)
{
    start_run();
    add_row(poll);
    add_row(lpoll);
    add_row(sse);
    add_row(socket_row);
    read_chart(readings[_i].chart);
    says(readings[_i].words);
}
END_TEST

START_TEST(reading_survives_runs_without_anything)
{
    start_run();
    read_chart(readings[_i].chart);
    add_row(silent);
    read_chart(readings[_i].chart);
    says_not("nan");
    says_not("inf");
}
END_TEST

START_TEST(reading_of_few_updates_names_the_percentile_that_they_support)
{
    cJSON *latency;

    start_run();
    add_row(sse);
    latency =
        cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(run, "rows"), 0), "latency_us");
    cJSON_ReplaceItemInObject(latency, "p99", cJSON_CreateNull());
    read_chart("latency-percentiles");
    says("Further right is rarer. 9 of 10 arrive within **720 µs**.");
    cJSON_ReplaceItemInObject(latency, "p90", cJSON_CreateNull());
    read_chart("latency-percentiles");
    says("The updates are too few for a percentile beyond the median");
}
END_TEST

static void put_between(int row, double added_us)
{
    cJSON *rows = cJSON_GetObjectItem(run, "rows");
    cJSON *o = cJSON_AddObjectToObject(cJSON_GetArrayItem(rows, row), "balancer");

    json_add_number(cJSON_AddObjectToObject(o, "connections_per_client"), "front", 1);
    json_add_number(cJSON_GetObjectItem(o, "connections_per_client"), "behind", row);
    json_add_number(cJSON_AddObjectToObject(o, "added_latency_us"), "p50", added_us);
    json_add_number(cJSON_GetObjectItem(o, "added_latency_us"), "chance", 160);
}

START_TEST(balancers_are_put_in_no_order_by_latency)
{
    static const char *const charts[] = {"overview", "latency-percentiles", "latency-cdf"};

    struct row other = sse;

    start_run();
    add_row(sse);
    other.id = "sse@nginx";
    other.p50 *= 1.2;
    add_row(other);
    put_between(0, -30);
    put_between(1, 740);
    say_verdict(0);
    for (size_t i = 0; i < sizeof charts / sizeof *charts; i++)
        read_chart(charts[i]);
    says_not("`sse");
    read_chart("in-between");
    says("Rows of DNS add nothing, and differ by up to **160 µs** all the same");
    says("It puts rows in no order.");
}
END_TEST

START_TEST(document_says_why_there_is_no_prediction)
{
    start_run();
    cJSON_ReplaceItemInObject(run, "link", cJSON_CreateString("bad"));
    cJSON_AddItemToObject(run, "link_details",
                          cJSON_Parse("{\"rtt_ms\":50,\"spec\":\"delay=25ms,loss=1%\"}"));
    add_row(lpoll);
    check_all();
    says("its latency is not predicted: the link loses packets");
}
END_TEST

/* The model has a maximum of 1 s for it. */
static void add_poll(double mean_us)
{
    cJSON *row, *latency;

    start_run();
    add_row(poll);
    row = cJSON_GetArrayItem(cJSON_GetObjectItem(run, "rows"), 0);
    latency = cJSON_GetObjectItem(row, "latency_us");
    cJSON_ReplaceItemInObject(latency, "max", cJSON_CreateNumber(1e6));
    cJSON_ReplaceItemInObject(latency, "mean", cJSON_CreateNumber(mean_us));
}

START_TEST(document_says_that_all_is_as_predicted)
{
    add_poll(500000);
    check_all();
    says("None of <strong>9</strong> figures differs from the model by more than 5");
    says_not("% off</h3>");
}
END_TEST

START_TEST(document_lists_what_is_not_as_predicted)
{
    add_poll(600000);
    check_all();
    says("Of <strong>9</strong> figures <strong>1</strong> differs from the model by more than 5");
    says("More than 5");
    says("latency mean 600 ms, predicted 500 ms (+20.0 %)");
    says_not("p90 900");
}
END_TEST

START_TEST(document_of_fourteen_rows_is_whole)
{
    char ids[14][48];

    start_run();
    for (int i = 0; i < 14; i++) {
        struct row r = i % 2 ? poll : sse;

        snprintf(ids[i], sizeof ids[i], "%s@%dms", r.transport, i);
        r.id = ids[i];
        r.p50 *= 1 + i;
        add_row(r);
    }
    check_all();
    says("7 of the 14 rows");
}
END_TEST

START_TEST(document_of_next_to_nothing_is_whole)
{
    run = cJSON_Parse("{\"rows\":[]}");
    check_all();
    cJSON_Delete(run);
    out.len = 0;
    run = cJSON_Parse("{\"rows\":[{},{\"id\":7,\"transport\":null,\"delivered\":\"many\"},5]}");
    check_all();
}
END_TEST

START_TEST(document_says_that_the_run_is_not_whole)
{
    start_run();
    add_row(sse);
    cJSON_AddItemToArray(cJSON_GetObjectItem(run, "rows_planned"), cJSON_CreateString("stream"));
    cJSON_ReplaceItemInObject(run, "interrupted", cJSON_CreateTrue());
    cJSON_AddItemToArray(cJSON_GetObjectItem(run, "problems"), cJSON_CreateString("disk <full>"));
    check_all();
    says("The run was interrupted. 1 of 2 planned rows were measured.");
    says("<li>disk &lt;full&gt;</li>");
}
END_TEST

/* Put a hostile text wherever run.json has one. */
static void poison(cJSON *item)
{
    for (; item != NULL; item = item->next) {
        if (cJSON_IsString(item) && strcmp(item->string != NULL ? item->string : "", "link") != 0)
            cJSON_SetValuestring(item, "\"><script>alert('`**|')</script>&");
        poison(item->child);
    }
}

START_TEST(document_escapes_every_text_of_the_run)
{
    start_run();
    add_row(sse);
    add_row(poll);
    poison(run->child);
    replace_text("link", "<script>");
    check_all();
    says("&lt;script&gt;");
}
END_TEST

START_TEST(document_holds_its_charts_with_ids_of_their_own)
{
    static const char svg[] = "<svg viewBox='0 0 1 1'><g id='a'><use xlink:href='#a'/></g></svg>";

    start_run();
    add_row(sse);
    put_chart("overview", svg);
    put_chart("latency-cdf", svg);
    put_chart("ladder-sse", "<svg xmlns='http://www.w3.org/2000/svg'><style>g{}</style></svg>");
    check_all();
    says("id=\"overview-a\"");
    says("href=\"#latency-cdf-a\"");
    says("src=\"data:image/svg+xml;base64,");
    says_not("<style>g{}");
    says_not("has no charts");
}
END_TEST

START_TEST(document_without_charts_says_so)
{
    start_run();
    add_row(sse);
    check_all();
    says("This report has no charts");
    says_not("<figure class=\"beside\"");
}
END_TEST

START_TEST(command_can_be_typed_again)
{
    start_run();
    say(NULL, NULL, "command");
    ck_assert_str_eq(text(), "pushlab run 'my file.json' --seed 7");
}
END_TEST

START_TEST(markdown_links_images_and_escapes)
{
    start_run();
    add_row(sse);
    add_row(poll);
    cJSON_ReplaceItemInObject(cJSON_GetObjectItem(run, "scenario"), "title",
                              cJSON_CreateString("A *title* with <b>"));
    put_chart("overview", "<svg/>");
    {
        char png[200];

        snprintf(png, sizeof png, "%s/charts/overview.png", dir);
        ck_assert_int_eq(file_write(png, "", 0, NULL), 0);
    }
    {
        struct report r = {.run = run, .dir = dir, .images = "https://example.org/my run"};

        ck_assert_int_eq(report_fill(&out, &r, OUTPUT_MARKDOWN, "report.md", NULL), 0);
    }
    ck_assert_ptr_eq(strstr(text(), "# A \\*title\\* with &lt;b>\n\nTwo ways of getting"), text());
    says("](https://example.org/my%20run/charts/overview.png)");
    says("| `sse` | 3,000 |");
    says("    pushlab run 'my file.json' --seed 7\n");
}
END_TEST

/* ---- folders ---- */

static void save_run(const char *folder)
{
    char path[200], *json = cJSON_Print(run);

    snprintf(path, sizeof path, "%s/%s", dir, folder);
    ck_assert_int_eq(file_make_folders(path, NULL), 0);
    snprintf(path, sizeof path, "%s/%s/run.json", dir, folder);
    ck_assert_int_eq(file_write(path, json, strlen(json), NULL), 0);
    cJSON_free(json);
}

static void read_file(const char *name)
{
    char path[200];
    struct err_text e = {""};

    snprintf(path, sizeof path, "%s/%s", dir, name);
    out.len = 0;
    ck_assert_msg(file_read(&out, path, 1 << 22, &e) == 0, "%s", e.text);
}

START_TEST(index_lists_runs_newest_first_with_trends_of_the_same_question)
{
    struct err_text e = {""};
    const char *old, *fresh;

    start_run();
    add_row(sse);
    add_row(poll);
    save_run("a");
    replace_text("started", "2026-11-24T06:16:48Z");
    cJSON_ReplaceItemInObject(run, "seed", cJSON_CreateNumber(8)); /* the same question */
    save_run("b");
    replace_text("link", "4g"); /* another one */
    save_run("c \"<");
    ck_assert_msg(index_write(dir, &e) == 0, "%s", e.text);
    read_file("a/report.html");
    check_document();
    read_file("index.html");
    check_document();
    says("<h1>3 runs</h1>");
    says("href=\"c%20%22%3C/report.html\"");
    says("two, 50 clients, 6 s, loopback: 2 runs</h2>");
    says_not("4g: ");
    fresh = strstr(text(), "href=\"b/report.html\"");
    old = strstr(text(), "href=\"a/report.html\"");
    ck_assert(fresh != NULL && old != NULL && fresh < old);
}
END_TEST

START_TEST(index_of_no_runs_is_refused)
{
    struct err_text e = {""};

    ck_assert_int_eq(index_write(dir, &e), PL_EINVAL);
    ck_assert_ptr_nonnull(strstr(e.text, "accepted: the folder of a run"));
    ck_assert_int_eq(report_write(dir, &e), PL_ESYS);
}
END_TEST

START_TEST(run_of_a_newer_schema_is_refused)
{
    struct err_text e = {""};

    start_run();
    cJSON_ReplaceItemInObject(run, "schema", cJSON_CreateNumber(99));
    save_run(".");
    ck_assert_int_eq(report_write(dir, &e), PL_EINVAL);
    ck_assert_ptr_nonnull(strstr(e.text, "schema 99"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report");
    TCase *tc = tcase_create("report");
    SRunner *runner = srunner_create(suite);
    int failed, nreadings = sizeof readings / sizeof *readings;

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, verdict_names_the_soonest_and_the_latest);
    tcase_add_test(tc, verdict_names_all_that_cannot_be_told_from_the_first_and_the_last);
    tcase_add_test(tc, what_is_counted_is_level_within_5_percent);
    tcase_add_test(tc, a_row_level_with_both_ends_is_at_neither);
    tcase_add_test(tc, what_cannot_be_put_in_order_is_not);
    tcase_add_test(tc, sentences_name_the_highest_percentile_that_there_is);
    tcase_add_test(tc, disturbed_rows_are_shown_and_left_out_of_sentences);
    tcase_add_test(tc, where_all_rows_were_disturbed_nothing_is_compared);
    tcase_add_test(tc, verdict_prices_requests_and_handshakes);
    tcase_add_test(tc, verdict_of_alike_rows_names_no_winner);
    tcase_add_test(tc, verdict_of_one_row_compares_nothing);
    tcase_add_test(tc, verdict_without_deliveries_says_so);
    tcase_add_test(tc, silent_row_is_left_out_of_comparisons);
    tcase_add_test(tc, trust_counts_what_is_missing_and_who_disagrees);
    tcase_add_test(tc, kernel_counts_attempts_that_came_to_nothing_too);
    tcase_add_test(tc, kernel_of_the_host_is_no_witness);
    tcase_add_loop_test(tc, reading_tells_this_runs_numbers, 0, nreadings);
    tcase_add_loop_test(tc, reading_survives_runs_without_anything, 0, nreadings);
    tcase_add_test(tc, reading_of_few_updates_names_the_percentile_that_they_support);
    tcase_add_test(tc, document_of_fourteen_rows_is_whole);
    tcase_add_test(tc, document_of_next_to_nothing_is_whole);
    tcase_add_test(tc, balancers_are_put_in_no_order_by_latency);
    tcase_add_test(tc, document_says_why_there_is_no_prediction);
    tcase_add_test(tc, document_says_that_all_is_as_predicted);
    tcase_add_test(tc, document_lists_what_is_not_as_predicted);
    tcase_add_test(tc, document_says_that_the_run_is_not_whole);
    tcase_add_test(tc, document_escapes_every_text_of_the_run);
    tcase_add_test(tc, document_holds_its_charts_with_ids_of_their_own);
    tcase_add_test(tc, document_without_charts_says_so);
    tcase_add_test(tc, command_can_be_typed_again);
    tcase_add_test(tc, markdown_links_images_and_escapes);
    tcase_add_test(tc, index_lists_runs_newest_first_with_trends_of_the_same_question);
    tcase_add_test(tc, index_of_no_runs_is_refused);
    tcase_add_test(tc, run_of_a_newer_schema_is_refused);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
