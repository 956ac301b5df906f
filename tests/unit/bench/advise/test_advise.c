/* Advice on runs made by hand, whose right answer is known; and that no sentence of it lacks a
 * figure to stand on. */
#include <check.h>
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/advise/advise.h"
#include "bench/advise/advise_options.h"
#include "bench/advise/advise_book.h"
#include "bench/advise/advise_text.h"
#include "bench/base/json.h"
#include "bench/base/units.h"
#include "bench/result/disturbed.h"
#include "lib/base/rng.h"

static cJSON *run;
static struct advise a;
static struct advise_ask ask;
static struct citations citations;
static cJSON *page;

static void forget_page(void)
{
    cJSON_Delete(page);
    page = NULL;
}

static void set_up(void)
{
    run = NULL;
    ask = advise_ask_nothing;
    citations = (struct citations){0};
    page = NULL;
}

static void tear_down(void)
{
    forget_page();
    citations_free(&citations);
    cJSON_Delete(run);
}

/* ---- runs ---- */

/* Of latency: p50, p90, p99, p999, max. */
struct row {
    const char *id, *transport;
    double samples; /* of 100 clients, rooms of one: as many updates */
    double ms[5], cpu_us, wire, requests;
};

static const struct row quick_socket = {"websocket", "websocket", 20000, {20, 25, 30, 35, 40},
                                        10,          250,         0};
static const struct row cheap_poll = {
    "short-poll", "short-poll", 20000, {500, 900, 990, 999, 1000}, 4, 180, 0.1};
static const struct row dear_poll = {"long-poll", "long-poll", 20000, {30, 60, 80, 90, 95},
                                     16,          480,         1};

static void start_run(void)
{
    run = cJSON_Parse("{\"schema\":1,\"link\":\"rtt=20ms\",\"link_details\":{\"rtt_ms\":20,"
                      "\"spec\":\"delay=10ms\"},\"complete\":true,\"interrupted\":false,"
                      "\"started\":\"2026-11-23T06:16:48Z\",\"scenario\":{\"name\":\"made\","
                      "\"title\":\"Made by hand\",\"clients\":100,\"duration_s\":10,\"source\":"
                      "{\"kind\":\"generator\",\"pattern\":\"fixed\",\"rate_hz\":20}},\"rows\":[],"
                      "\"rows_planned\":[],\"problems\":[],\"notes\":[]}");
    ck_assert_ptr_nonnull(run);
}

static cJSON *histogram(const struct row *r)
{
    static const char *const names[] = {"p50", "p90", "p99", "p999", "max"};
    cJSON *o = cJSON_CreateObject();

    json_add_number(o, "count", r->samples);
    for (int i = 0; i < 5; i++)
        json_add_number(o, names[i], r->ms[i] * 1e3);
    return o;
}

static cJSON *add_row(struct row r)
{
    cJSON *row = cJSON_CreateObject(), *o;

    cJSON_AddItemToArray(cJSON_GetObjectItem(run, "rows"), row);
    cJSON_AddStringToObject(row, "id", r.id);
    cJSON_AddStringToObject(row, "transport", r.transport);
    cJSON_AddStringToObject(row, "connection", "keep-alive");
    json_add_number(row, "interval_ms", 1000);
    json_add_number(row, "clients", 100);
    json_add_number(row, "published", r.samples);
    json_add_number(row, "delivered", r.samples);
    json_add_number(row, "deliveries", r.samples);
    json_add_number(row, "missed", 0);
    json_add_number(row, "late", 0);
    json_add_number(cJSON_AddObjectToObject(row, "phases"), "window_ms", 10000);
    cJSON_AddItemToObject(row, "latency_us", histogram(&r));
    json_add_number(cJSON_AddObjectToObject(row, "age_us"), "mean", r.ms[0] * 1e3 + 25000);
    json_add_number(row, "server_cpu_us_per_update", r.cpu_us);
    json_add_number(row, "requests_per_update", r.requests);
    json_add_number(row, "tcp_handshakes_per_update", 0);
    json_add_number(row, "server_heap_bytes_per_client", 3000);
    o = cJSON_AddObjectToObject(row, "bytes_per_update");
    json_add_number(o, "payload", 150);
    json_add_number(o, "framing", 10);
    json_add_number(o, "wire", r.wire);
    cJSON_AddArrayToObject(row, "problems");
    cJSON_AddItemToArray(cJSON_GetObjectItem(run, "rows_planned"), cJSON_CreateString(r.id));
    return row;
}

static void start_three(void)
{
    start_run();
    add_row(cheap_poll);
    add_row(dear_poll);
    add_row(quick_socket);
}

static void set(cJSON *object, const char *name, double value)
{
    cJSON_DeleteItemFromObject(object, name);
    json_add_number(object, name, value);
}

/* ---- looking ---- */

static void look(void)
{
    static const char *const files[] = {"run.json"};

    citations.files = files;
    citations.nfiles = 1;
    advise_run(&a, run, &ask);
    page = advise_text_of(&(const struct advise *){&a}, &citations, 0);
    ck_assert_ptr_nonnull(page);
}

static void look_for_ms(double latency_ms)
{
    ask.latency_us = latency_ms * 1e3;
    ask.typed |= ADVISE_TYPED_LATENCY;
    look();
}

static const char *best_id(int i)
{
    ck_assert_int_lt(i, a.nbest);
    return json_text(a.rows[a.best[i]].row, "id");
}

static void verdict_is(enum advise_verdict verdict, const char *id)
{
    ck_assert_int_eq(a.verdict, verdict);
    ck_assert_str_eq(best_id(0), id);
}

/* The sentence at an index, over all parts; NULL behind the last. */
static const char *sentence(int i)
{
    const cJSON *part;

    cJSON_ArrayForEach(part, json_at(page, "parts"))
    {
        const cJSON *list = json_at(part, "sentences");

        if (i < cJSON_GetArraySize(list))
            return json_text(cJSON_GetArrayItem(list, i), "prose");
        i -= cJSON_GetArraySize(list);
    }
    return NULL;
}

/* In any sentence, marks of citations aside. */
static bool says(const char *text)
{
    const char *prose;

    for (int i = 0; (prose = sentence(i)) != NULL; i++) {
        char plain[2000];
        size_t n = 0;

        for (const char *c = prose; *c != '\0' && n + 1 < sizeof plain; c++) {
            if (*c == '\x01')
                c += strcspn(c, "\x02");
            else if (*c != '*' && *c != '`')
                plain[n++] = *c;
        }
        plain[n] = '\0';
        if (strstr(plain, text) != NULL)
            return true;
    }
    return false;
}

static void check_says(const char *text)
{
    if (says(text))
        return;
    for (int i = 0; sentence(i) != NULL; i++)
        printf("- %s\n", sentence(i));
    ck_abort_msg("nothing says \"%s\"", text);
}

/* ---- the answer ---- */

START_TEST(only_one_fits)
{
    start_three();
    look_for_ms(50);
    verdict_is(ADVISE_ONE, "websocket");
    ck_assert_int_eq(a.nfits, 1);
    check_says("Only websocket fits: 99 of 100 updates arrive within 30.0 ms (50 ms allowed)");
    check_says("If the limit were 990 ms instead of 50 ms, short-poll would fit and be cheaper: "
               "4.00 µs server CPU per update instead of 10.0 µs.");
    ck_assert(!says("long-poll would fit")); /* and cost more */
}
END_TEST

START_TEST(all_fit_and_the_short_poll_is_the_cheapest)
{
    start_three();
    look_for_ms(2000);
    verdict_is(ADVISE_ONE, "short-poll");
    ck_assert_int_eq(a.nfits, 3);
    ck_assert_int_eq(a.decided_by, ADVISE_CPU);
    check_says("short-poll is the cheapest that fits");
    check_says("Next is websocket: 10.0 µs server CPU per update instead of 4.00 µs.");
    check_says("If the limit were less than 990 ms, short-poll would not fit, but websocket would, "
               "down to "
               "30.0 ms.");
}
END_TEST

START_TEST(none_fits_and_the_nearest_is_named)
{
    start_three();
    look_for_ms(10);
    verdict_is(ADVISE_NONE_FITS, "websocket");
    check_says("No row fits; the nearest is websocket: 99 of 100 updates arrive within 30.0 ms "
               "(10 ms allowed)");
    check_says("If the limit were 30.0 ms instead of 10 ms, websocket would fit.");
}
END_TEST

START_TEST(what_cannot_be_told_apart_is_a_tie)
{
    struct row twin = quick_socket;

    start_three();
    twin.id = twin.transport = "sse";
    twin.cpu_us = 11.5; /* 13 % more: repeated runs differ by so much */
    twin.wire = 255;
    add_row(twin);
    look_for_ms(50);
    verdict_is(ADVISE_TIE, "websocket");
    ck_assert_str_eq(best_id(1), "sse");
    check_says("websocket and sse tie: both fit");
}
END_TEST

/* ---- repeats ---- */

enum { REPEATS = 5, SIMULATED = 200 };

/* A row that is measured several times: its latency and its costs vary by sd, each by itself. */
static void add_repeated(struct row truth, double sd, struct rng *rng)
{
    cJSON *rows = cJSON_GetObjectItem(run, "rows"), *list = cJSON_GetObjectItem(run, "repeats");
    struct row mean = truth;

    if (list == NULL)
        list = cJSON_AddArrayToObject(run, "repeats");
    mean.ms[2] = mean.cpu_us = mean.wire = 0;
    for (int i = 0; i < REPEATS; i++) {
        struct row r = truth;

        r.ms[2] *= exp(sd * rng_normal(rng));
        r.cpu_us *= exp(sd * rng_normal(rng));
        r.wire *= exp(sd * rng_normal(rng));
        mean.ms[2] += r.ms[2] / REPEATS;
        mean.cpu_us += r.cpu_us / REPEATS;
        mean.wire += r.wire / REPEATS;
        cJSON_AddItemToArray(list, cJSON_DetachItemViaPointer(rows, add_row(r)));
    }
    set(add_row(mean), "repeats", REPEATS);
}

/* Equal rows are recommended together, whatever the limit is: in at most 5 % of runs one is
 * alone, and by chance in up to 8 %. */
START_TEST(no_equal_row_is_recommended_alone)
{
    const double limits_ms[] = {1000, 30}; /* 30: the truth, so that each row may fit or not */
    struct rng rng;
    int alone = 0;

    rng_seed(&rng, 1);
    for (int i = 0; i < SIMULATED; i++) {
        start_run();
        for (int k = 0; k < 4; k++) {
            struct row r = quick_socket;

            r.id = (const char *const[]){"websocket", "sse", "stream", "long-poll"}[k];
            add_repeated(r, 0.2, &rng);
        }
        ask.latency_us = limits_ms[_i] * 1e3;
        ask.typed = ADVISE_TYPED_LATENCY;
        advise_run(&a, run, &ask);
        alone += a.verdict == ADVISE_ONE;
        cJSON_Delete(run);
    }
    run = NULL;
    ck_assert_msg(alone <= SIMULATED * 8 / 100, "%d", alone);
}
END_TEST

START_TEST(a_limit_within_the_interval_is_not_judged)
{
    struct row slow = quick_socket, fast = quick_socket;
    struct rng rng;

    rng_seed(&rng, 1);
    slow.id = "sse";
    slow.ms[2] = 100;
    fast.cpu_us = 30;
    start_run();
    add_repeated(slow, 0.1, &rng);
    add_repeated(fast, 0.1, &rng);
    look_for_ms(100);
    verdict_is(ADVISE_ONE, "websocket");
    ck_assert(a.rows[0].checks[a.rows[0].deciding].undecided);
    check_says("Only websocket is known to fit: 99 of 100 updates arrive within");
    check_says("sse can't be judged: 99 of 100 updates arrive within");
    check_says("(100 ms allowed), but its repeats leave ");
    check_says("More repeats than ");
}
END_TEST

START_TEST(a_disturbed_row_is_not_judged_unless_it_is_to_be_anyway)
{
    start_three();
    disturbed_add(cJSON_GetArrayItem(cJSON_GetObjectItem(run, "rows"), 0), "the server stood");
    disturbed_add(cJSON_GetArrayItem(cJSON_GetObjectItem(run, "rows"), 0), "and again");
    look_for_ms(2000); /* else the short poll is the cheapest */
    verdict_is(ADVISE_ONE, "websocket");
    ck_assert_int_eq(a.rows[0].fit, ADVISE_UNKNOWN);
    ck_assert_int_eq(a.nfits, 2);
    check_says("short-poll was disturbed and is not judged: the server stood; and again.");
    check_says("short-poll can't be judged: it was disturbed.");
    ck_assert(!says("short-poll is"));
    forget_page();
    look_for_ms(10); /* none fits, and the disturbed row is not the nearest either */
    verdict_is(ADVISE_NONE_FITS, "websocket");
    forget_page();
    ask.anyway = true;
    look_for_ms(2000);
    verdict_is(ADVISE_ONE, "short-poll");
    check_says("short-poll was disturbed but is judged (--anyway): the server stood");
}
END_TEST

START_TEST(of_a_run_that_was_disturbed_whole_nothing_is_recommended)
{
    start_three();
    for (int i = 0; i < 3; i++)
        disturbed_add(cJSON_GetArrayItem(cJSON_GetObjectItem(run, "rows"), i), "stopped");
    look_for_ms(2000);
    ck_assert_int_eq(a.verdict, ADVISE_NO_TRUST);
    ck_assert_int_eq(a.nbest, 0);
    check_says("No recommendation: every row was disturbed.");
    ck_assert(!says("not complete"));
}
END_TEST

START_TEST(equal_cpu_leaves_it_to_the_wire)
{
    struct row twin = quick_socket;

    start_three();
    twin.id = twin.transport = "sse";
    twin.wire = 300;
    add_row(twin);
    look_for_ms(50);
    verdict_is(ADVISE_ONE, "websocket");
    ck_assert_int_eq(a.decided_by, ADVISE_WIRE);
    check_says("Next is sse: level in server CPU (10.0 µs; less than 25\u00a0% apart, without "
               "repeats), but "
               "300 bytes on the wire per update instead of 250.");
}
END_TEST

START_TEST(a_budget_decides_what_is_cheap_and_what_is_too_dear)
{
    struct err_text e;

    start_three();
    ck_assert_int_eq(advise_budget_parse(&ask, "requests=0.5,cpu=20us", &e), 0);
    look_for_ms(2000);
    verdict_is(ADVISE_ONE, "websocket"); /* no requests; the long poll has one each */
    ck_assert_int_eq(a.nfits, 2);
    check_says("long-poll does not fit: 1.00 requests per update (0.5 allowed)");
}
END_TEST

/* ---- what is asked ---- */

START_TEST(the_scenario_asks_unless_the_user_does)
{
    cJSON *require;

    start_three();
    require = cJSON_AddObjectToObject(cJSON_GetObjectItem(run, "scenario"), "require");
    json_add_number(require, "latency_ms", 50);
    json_add_number(require, "percentile", 90);
    json_add_number(require, "age_ms", -1);
    look();
    verdict_is(ADVISE_ONE, "websocket");
    ck_assert_double_eq(a.ask.percentile, 90);
    ck_assert(isnan(a.ask.age_us));
    check_says("9 of 10 updates arrive within 25.0 ms (50 ms allowed)");
    forget_page();
    look_for_ms(70);
    ck_assert_int_eq(a.nfits, 2); /* the long poll's p90 is 60 ms */
}
END_TEST

START_TEST(a_percentile_between_those_measured_is_held_against_the_next)
{
    cJSON *require;

    start_three();
    require = cJSON_AddObjectToObject(cJSON_GetObjectItem(run, "scenario"), "require");
    json_add_number(require, "latency_ms", 70);
    json_add_number(require, "percentile", 95);
    look();
    ck_assert_int_eq(a.nfits, 1); /* the long poll's p99 is 80 ms */
    check_says("The required percentile is 95; run.json has no such, so rows are checked at the "
               "next higher one, p99");
}
END_TEST

/* ---- without a requirement ---- */

START_TEST(nothing_asked_is_answered_by_limit)
{
    start_three();
    look();
    ck_assert_int_eq(a.verdict, ADVISE_NO_ASK);
    ck_assert(advise_answers(&a));
    ck_assert_int_eq(a.nlimits, 3); /* p99 of 30, 80 and 990 ms */
    check_says("No requirement given; by limit of p99, the cheapest row that meets it:");
    check_says("up to 30 ms: websocket");
    check_says("up to 80 ms: still websocket; long-poll meets it too, but costs more");
    check_says("up to 1 s: short-poll");
    check_says("websocket: p99 is 30.0 ms");
}
END_TEST

START_TEST(limits_are_round_and_sure_to_be_met)
{
    const double measured_ms[] = {0.93, 1.01, 25.9, 30.1, 81, 999},
                 round_ms[] = {1, 1.2, 30, 40, 100, 1000};
    struct row r = quick_socket;

    start_run();
    for (size_t i = 0; i < 6; i++) {
        r.ms[2] = measured_ms[i];
        r.cpu_us = 100 - 30 * (double)i / 2; /* each is cheaper than the last */
        add_row(r);
    }
    look();
    ck_assert_int_eq(a.nlimits, 6);
    for (int i = 0; i < 6; i++)
        ck_assert_double_eq_tol(a.limits[i].us, round_ms[i] * 1e3, 1e-6);
}
END_TEST

START_TEST(rows_that_tie_under_a_limit_are_named_together)
{
    struct row twin = quick_socket;

    start_three();
    twin.id = twin.transport = "sse";
    twin.wire = 255;
    add_row(twin);
    twin.id = twin.transport = "stream";
    twin.wire = 300;
    add_row(twin);
    look();
    check_says("up to 30 ms: websocket or sse (level); stream takes about the same server CPU");
}
END_TEST

START_TEST(a_disturbed_row_has_no_limit)
{
    start_three();
    disturbed_add(cJSON_GetArrayItem(cJSON_GetObjectItem(run, "rows"), 2), "the server stood");
    look();
    ck_assert_int_eq(a.nlimits, 2);
    check_says("up to 80 ms: long-poll");
}
END_TEST

START_TEST(rows_without_latency_have_no_limit)
{
    struct row nothing = {"sse", "sse", 0, {NAN, NAN, NAN, NAN, NAN}, NAN, NAN, NAN};

    start_run();
    look();
    ck_assert(!advise_answers(&a));
    check_says("No requirement given, and no row has enough updates for an answer by limit");
    forget_page();
    add_row(nothing);
    look();
    ck_assert(!advise_answers(&a));
}
END_TEST

/* ---- the short form ---- */

static const cJSON *brief_list(const char *name)
{
    return json_at(json_at(page, "brief"), name);
}

/* The cells of a row of the table, with | between them. */
static const char *cells(int row)
{
    static char text[400];
    const cJSON *cell;

    text[0] = '\0';
    cJSON_ArrayForEach(cell, json_at(cJSON_GetArrayItem(brief_list("listed"), row), "cells"))
    {
        snprintf(text + strlen(text), sizeof text - strlen(text), "|%s", cell->valuestring);
    }
    return text;
}

START_TEST(the_table_has_the_rows_that_matter_the_best_first)
{
    struct row slow = dear_poll;

    start_three();
    slow.id = "long-poll+close"; /* does not fit, and costs more than the answer */
    slow.ms[2] = 300;
    add_row(slow);
    look_for_ms(100);
    ck_assert_int_eq(cJSON_GetArraySize(brief_list("listed")), 3);
    ck_assert_str_eq(cells(0), "|websocket|30.0 ms|10.0 µs|250|yes");
    ck_assert_str_eq(cells(1), "|long-poll|80.0 ms|16.0 µs|480|yes");
    ck_assert_str_eq(cells(2), "|short-poll|990 ms|4.00 µs|180|no");
    ck_assert_int_eq(cJSON_GetArraySize(brief_list("why")), 3);
    ck_assert_ptr_nonnull(
        strstr(json_text(page, "brief.note"), "Not listed, as they do not fit: `long-poll+close`"));
    ck_assert_ptr_null(strchr(json_text(page, "brief.answer"), '\x01')); /* no citations */
}
END_TEST

START_TEST(the_table_says_why_a_row_is_not_judged)
{
    struct row few = quick_socket;
    cJSON *row;

    start_three();
    few.id = "sse";
    row = add_row(few);
    set(row, "published", 200);
    set(cJSON_GetObjectItem(row, "latency_us"), "p99", NAN);
    set(cJSON_GetArrayItem(cJSON_GetObjectItem(run, "rows"), 1), "missed", 3);
    disturbed_add(cJSON_GetArrayItem(cJSON_GetObjectItem(run, "rows"), 0), "the server stood");
    ask.percentile = 99;
    ask.typed = ADVISE_TYPED_PERCENTILE;
    look_for_ms(2000);
    ck_assert_str_eq(cells(1), "|short-poll|990 ms|4.00 µs|180|disturbed");
    ck_assert_str_eq(cells(2), "|sse|≥ 25.0 ms|10.0 µs|250|too few");
    forget_page();
    look_for_ms(10); /* none fits */
    ck_assert_str_eq(cells(cJSON_GetArraySize(brief_list("listed")) - 1),
                     "|long-poll|80.0 ms|16.0 µs|480|no: lost");
}
END_TEST

START_TEST(a_number_of_clients_that_was_typed_is_answered_first)
{
    start_three();
    ask.clients = 5000;
    ask.typed = ADVISE_TYPED_CLIENTS;
    look_for_ms(50);
    ck_assert_ptr_nonnull(
        strstr(cJSON_GetArrayItem(brief_list("why"), 0)->valuestring, "from **100** to **5,000**"));
}
END_TEST

/* Whatever a run.json says its rows are called, lines fit and nothing reaches the terminal. */
START_TEST(the_short_form_survives_hostile_names)
{
    static const char *const names[] = {
        "a row whose name is much longer than any column of a table", "\033[2Jx|y*`\0013\002",
        "\xff\xfe", ""};
    const struct advise_form forms[] = {{OUTPUT_TERMINAL, false, 80}, {OUTPUT_MARKDOWN, false, 80}};
    struct row r = quick_socket;

    start_run();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        r.id = names[i];
        add_row(r);
    }
    ask.latency_us = 50e3;
    ask.typed = ADVISE_TYPED_LATENCY;
    for (size_t i = 0; i < 4; i++) {
        struct advise_book b = {0};
        struct buf text = {0};

        if (i == 2) /* nothing is judged, so there is no table */
            cJSON_ReplaceItemInObject(run, "complete", cJSON_CreateFalse());

        ck_assert_int_eq(advise_book_add(&b, cJSON_Duplicate(run, true), "a/run.json"), 0);
        ck_assert_int_eq(advise_book_make(&b, &ask), 0);
        ck_assert_int_eq(advise_book_write(&text, &b, &forms[i % 2]), 0);
        for (size_t k = 0; k < text.len; k++)
            ck_assert_msg(text.data[k] >= 0x20 || text.data[k] == '\n', "%02x", text.data[k]);
        buf_free(&text);
        advise_book_free(&b);
    }
}
END_TEST

START_TEST(age_and_share_on_time_are_held_against_their_limits)
{
    cJSON *late, *prompt;

    start_run();
    late = add_row(cheap_poll);
    prompt = add_row(quick_socket);
    set(cJSON_AddObjectToObject(late, "deadline"), "share", 0.94999);
    set(cJSON_AddObjectToObject(prompt, "deadline"), "share", 0.95);
    ask.on_time = 0.95;
    ask.typed = ADVISE_TYPED_ON_TIME | ADVISE_TYPED_AGE;
    ask.age_us = 46000;
    look();
    verdict_is(ADVISE_ONE, "websocket");
    check_says(
        "short-poll does not fit: 94.99\u00a0% on time (95\u00a0% required), the newest value "
        "is 525 ms old");
}
END_TEST

/* Senders' messages and documents are held against the same limit. */
START_TEST(upstream_and_convergence_count_as_latency)
{
    struct row slow = quick_socket;
    cJSON *row, *upstream;

    start_run();
    row = add_row(quick_socket);
    slow.ms[2] = 120;
    upstream = cJSON_AddObjectToObject(row, "upstream");
    cJSON_AddNumberToObject(upstream, "messages", 1000);
    cJSON_AddItemToObject(upstream, "latency_us", histogram(&quick_socket));
    cJSON_AddItemToObject(row, "convergence_us", histogram(&slow));
    look_for_ms(100);
    ck_assert_int_eq(a.verdict, ADVISE_NONE_FITS);
    ck_assert_int_eq(a.rows[0].checks[a.rows[0].deciding].criterion, ADVISE_CONVERGENCE);
    check_says("99 of 100 edits are in everybody's document within 120 ms (100 ms allowed)");
    forget_page();
    look_for_ms(150);
    verdict_is(ADVISE_ONE, "websocket");
    check_says("99 of 100 messages reach everybody else within 30.0 ms");
}
END_TEST

START_TEST(what_was_lost_does_not_fit)
{
    start_run();
    set(add_row(quick_socket), "missed", 3);
    look_for_ms(1000);
    ck_assert_int_eq(a.verdict, ADVISE_NONE_FITS);
    check_says("websocket does not fit: 3 updates missed.");
}
END_TEST

/* ---- what is not known ---- */

START_TEST(too_few_samples_recommend_nothing_and_say_how_many_it_takes)
{
    struct row few = quick_socket;

    start_run();
    few.samples = 2000;
    add_row(few);
    ask.percentile = 99.9;
    ask.typed = ADVISE_TYPED_PERCENTILE;
    look_for_ms(50);
    verdict_is(ADVISE_TOO_FEW, "websocket");
    check_says("2,000 updates support up to p99; p99.9 needs 10,000 (duration_s: 50)");
    check_says("A window of 50 s (--duration 50) would give all rows enough updates");
}
END_TEST

/* 100 clients that receive the same 200 updates: 20,000 samples are 200, whose p99 is not known. */
START_TEST(deliveries_are_not_counted_for_updates)
{
    cJSON *row;

    start_run();
    row = add_row(quick_socket);
    set(row, "published", 200);
    set(cJSON_GetObjectItem(row, "latency_us"), "p99", NAN);
    set(cJSON_GetObjectItem(row, "latency_us"), "p999", NAN);
    ask.percentile = 99;
    ask.typed = ADVISE_TYPED_PERCENTILE;
    look_for_ms(50);
    verdict_is(ADVISE_TOO_FEW, "websocket");
    check_says("200 updates support up to p90; p99 needs 1,000 (duration_s: 50)");
    forget_page();
    look_for_ms(22); /* p90 is 25 ms: p99 is no less */
    ck_assert_int_eq(a.verdict, ADVISE_NONE_FITS);
    check_says("9 of 10 updates arrive within 25.0 ms (22 ms allowed)");
    forget_page();
    ask.typed = 0; /* nobody asked for p99 */
    look_for_ms(50);
    verdict_is(ADVISE_ONE, "websocket");
    check_says("websocket fits: 9 of 10 updates arrive within 25.0 ms");
    check_says("Rows are checked at p90, the highest percentile that 200 updates support");
}
END_TEST

START_TEST(few_samples_suffice_to_dismiss)
{
    struct row few = cheap_poll;

    start_run();
    few.samples = 2000;
    add_row(few); /* its p99, of samples enough, is 990 ms: so is its p99.9 at least */
    ask.percentile = 99.9;
    ask.typed = ADVISE_TYPED_PERCENTILE;
    look_for_ms(985);
    ck_assert_int_eq(a.rows[0].fit, ADVISE_FAILS);
    forget_page();
    look_for_ms(995); /* only p99.9 itself and the maximum are beyond: not sure */
    ck_assert_int_eq(a.rows[0].fit, ADVISE_UNKNOWN);
}
END_TEST

START_TEST(an_interrupted_run_recommends_nothing)
{
    start_three();
    cJSON_ReplaceItemInObject(run, "complete", cJSON_CreateFalse());
    cJSON_ReplaceItemInObject(run, "interrupted", cJSON_CreateTrue());
    cJSON_DeleteItemFromArray(cJSON_GetObjectItem(run, "rows"), 2);
    look_for_ms(2000);
    ck_assert_int_eq(a.verdict, ADVISE_NO_TRUST);
    ck_assert_int_eq(a.nbest, 0);
    check_says("No recommendation: the run was interrupted, 2 of the planned rows were measured");
}
END_TEST

START_TEST(a_run_with_problems_recommends_nothing)
{
    cJSON *row;

    start_three();
    row = cJSON_GetArrayItem(cJSON_GetObjectItem(run, "rows"), 2);
    cJSON_AddItemToArray(cJSON_GetObjectItem(row, "problems"), cJSON_CreateString("counts differ"));
    look_for_ms(2000);
    ck_assert_int_eq(a.verdict, ADVISE_NO_TRUST);
    check_says("websocket has problems");
    check_says("websocket can't be judged: it has problems");
}
END_TEST

START_TEST(a_run_without_rows_or_figures_is_survived)
{
    cJSON *row;

    start_run();
    look_for_ms(100);
    ck_assert_int_eq(a.verdict, ADVISE_NONE_FITS);
    check_says("No row fits: there is none");
    forget_page();
    row = cJSON_CreateObject();
    cJSON_AddStringToObject(row, "id", "empty");
    cJSON_AddItemToArray(cJSON_GetObjectItem(run, "rows"), row);
    look_for_ms(100);
    check_says("empty does not fit: no update arrived.");
}
END_TEST

/* ---- what it costs ---- */

/* Two hundred thousand deliveries of 100 clients in 10 s at 10 µs: 0.02 cores. */
START_TEST(the_model_speaks_of_a_hundred_times_the_clients)
{
    start_three();
    look_for_ms(50);
    ck_assert_double_eq(a.ask.clients, 10000);
    check_says("websocket, from 100 to 10,000 clients: 0.02 to 2.00 cores, 4.00\u00a0Mbit/s to "
               "400\u00a0Mbit/s, "
               "300\u00a0kB to 30.0\u00a0MB of server memory.");
    check_says("would meet the limit up to a round trip of about 60.0 ms");
}
END_TEST

/* What loss does, and how many clients are too many, can't be computed from a run without: "above
 * 0.14 % lost, sse passes 200 ms" was measured to be 0.000 % late there. */
START_TEST(what_was_not_measured_is_to_be_measured)
{
    start_three();
    look_for_ms(50);
    check_says("The run over rtt=20ms does not show what websocket does when packets are lost");
    check_says("pushlab run made with --link rtt=20ms,loss=1% or --clients");
    ck_assert(!says("of the packets lost"));
    ck_assert(!says("fills one core"));
    ck_assert(!says("takes so long that the limit is exceeded"));
}
END_TEST

START_TEST(a_link_that_does_more_than_delay_has_no_longest_round_trip)
{
    start_three();
    cJSON_ReplaceItemInObject(cJSON_GetObjectItem(run, "link_details"), "spec",
                              cJSON_CreateString("delay=10ms,rate=10mbit"));
    look_for_ms(50);
    ck_assert(!says("round trip of about"));
}
END_TEST

/* Where a client's memory is not known, a limit of it decides nothing. */
START_TEST(memory_that_is_not_known_is_not_too_much)
{
    const cJSON *row;

    start_three();
    cJSON_ArrayForEach(row, cJSON_GetObjectItem(run, "rows"))
    {
        set((cJSON *)(uintptr_t)row, "server_heap_bytes_per_client", NAN);
        set(cJSON_AddObjectToObject((cJSON *)(uintptr_t)row, "server_memory"), "connections", 8);
    }
    ck_assert_int_eq(advise_budget_parse(&ask, "memory=8KB", &(struct err_text){""}), 0);
    look();
    ck_assert_int_eq(a.verdict, ADVISE_TOO_FEW);
    check_says("its server memory per client is not known (8.00\u00a0kB allowed): 8 "
               "connections more than at the start are too few to tell");
}
END_TEST

/* Of latest values fewer are delivered, each worth several: rows are compared by what they take
 * in a second. */
START_TEST(costs_are_compared_by_time_not_by_update)
{
    cJSON *row;

    start_run();
    row = add_row(cheap_poll); /* a tenth of the updates, each four times as dear */
    set(row, "deliveries", 2000);
    set(row, "server_cpu_us_per_update", 40);
    add_row(quick_socket);
    look_for_ms(2000);
    verdict_is(ADVISE_ONE, "short-poll");
    check_says(
        "for 80.0 µs server CPU and 360 bytes on the wire per client and second"); /* of 40 µs, two
                                                                                      a second */
}
END_TEST

/* ---- citations ---- */

/* As a mark stands behind what it proves, a sentence's figures are those before its marks. */
static void check_citations(void)
{
    for (int i = 0; sentence(i) != NULL; i++) {
        const char *text = sentence(i), *mark = strchr(text, '\x01');

        ck_assert_msg(mark != NULL, "no evidence: %s", text);
        for (; mark != NULL; mark = strchr(mark + 1, '\x01')) {
            int number = atoi(mark + 1);

            ck_assert_int_ge(number, 1);
            ck_assert_int_le(number, (int)citations.n);
        }
    }
}

START_TEST(every_sentence_has_its_citations)
{
    static const double limits_ms[] = {1, 50, 85, 2000};

    start_three();
    for (size_t i = 0; i < sizeof limits_ms / sizeof *limits_ms; i++) {
        look_for_ms(limits_ms[i]);
        check_citations();
        forget_page();
    }
    ask = advise_ask_nothing;
    look();
    check_citations();
    cJSON_ReplaceItemInObject(run, "complete", cJSON_CreateFalse());
    forget_page();
    look();
    check_citations();
}
END_TEST

/* A figure **26.1 ms** with its mark is that of its item. */
START_TEST(every_figure_is_the_one_that_it_refers_to)
{
    int checked = 0;

    start_three();
    look_for_ms(50);
    for (int i = 0; sentence(i) != NULL; i++) {
        for (const char *at = sentence(i); (at = strstr(at, "**\x01")) != NULL; at++) {
            const struct citation *item = &citations.items[atoi(at + 3) - 1];
            const char *from = at;

            while (strncmp(from - 2, "**", 2) != 0)
                from--;
            if (item->kind == CITATION_RULE || item->ninputs > 0 ||
                strstr(item->path, "payload") != NULL)
                continue;
            ck_assert_msg(strncmp(from, item->text, (size_t)(at - from)) == 0, "%.20s is not %s",
                          from, item->text);
            checked++;
        }
    }
    ck_assert_int_ge(checked, 12);
}
END_TEST

START_TEST(a_reference_says_where_it_stands)
{
    struct buf text = {0};
    struct writer w = {.out = &text};
    static const char *const files[] = {"results/x/run.json"};
    int number;

    start_three();
    citations.files = files;
    citations.nfiles = 1;
    number = citations_figure(&citations, 0, run, 2, "latency_us.p99", units_format_us);
    ck_assert_int_eq(number, 1);
    ck_assert_int_eq(citations_figure(&citations, 0, run, 2, "latency_us.p99", units_format_us), 1);
    citations_describe(&w, &citations, &citations.items[0]);
    writer_puts(&w, " ");
    citations_pointer(&w, &citations.items[0]);
    writer_add(&w, "", 1);
    ck_assert_str_eq((const char *)text.data,
                     "websocket latency_us.p99 = 30.0 ms, results/x/run.json rows[2] "
                     "/rows/2/latency_us/p99");
    buf_free(&text);
}
END_TEST

/* ---- several links ---- */

START_TEST(links_of_one_scenario_are_seen_together)
{
    const struct advise_form all_figures = {OUTPUT_TERMINAL, .figures = true, .columns = 80};
    struct advise_book b = {0};
    struct buf text = {0};

    start_three();
    ask.latency_us = 50e3;
    ask.typed = ADVISE_TYPED_LATENCY;
    ck_assert_int_eq(advise_book_add(&b, cJSON_Duplicate(run, true), "a/run.json"), 0);
    cJSON_ReplaceItemInObject(run, "link", cJSON_CreateString("far"));
    set(cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(run, "rows"), 1), "latency_us"),
        "p99", 45e3);
    ck_assert_int_eq(advise_book_add(&b, cJSON_Duplicate(run, true), "b/run.json"), 0);
    ck_assert_int_eq(advise_book_make(&b, &ask), 0);
    ck_assert_int_eq(advise_book_write(&text, &b, &all_figures), 0);
    ck_assert_int_eq(buf_add(&text, "", 1), 0);
    ck_assert_ptr_nonnull(strstr((char *)text.data, "websocket fits on both links"));
    ck_assert_ptr_nonnull(strstr((char *)text.data, "long-poll fits on far"));
    ck_assert_ptr_nonnull(strstr((char *)text.data, "b/run.json rows[1]"));
    buf_free(&text);
    advise_book_free(&b);
}
END_TEST

/* ---- what people type ---- */

START_TEST(quantities_wear_their_units)
{
    double value = -1;

    ck_assert(quantity_read_us("20us", &value) && value == 20);
    ck_assert(quantity_read_us("1.5ms", &value) && value == 1500);
    ck_assert(quantity_read_share("95%", &value) && fabs(value - 0.95) < 1e-12);
    ck_assert(quantity_read_share("0.95", &value) && value == 0.95);
    ck_assert(quantity_read_bytes("8KB", &value) && value == 8000);
    ck_assert(quantity_read_bytes("8KiB", &value) && value == 8192);
    ck_assert(quantity_read_number("0.1", &value) && value == 0.1);
    value = 7;
    ck_assert(!quantity_read_us("20", &value)); /* of what? */
    ck_assert(!quantity_read_us("", &value) && !quantity_read_us("ms", &value));
    ck_assert(!quantity_read_us("0x10us", &value) && !quantity_read_us("inf", &value));
    ck_assert(!quantity_read_share("101%", &value) && !quantity_read_share("-1", &value));
    ck_assert(!quantity_read_bytes("8 KB", &value) && !quantity_read_number("1e400", &value));
    ck_assert_double_eq(value, 7);
}
END_TEST

START_TEST(a_budget_that_makes_no_sense_is_refused_by_name)
{
    static const char *const bad[] = {
        "", "cpu", "cpu=", "cpu=20", "speed=1", "cpu=1us,", "cpu=1us,cpu=2us", "=3", "wire=1us"};
    struct err_text e;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ask = advise_ask_nothing;
        e.text[0] = '\0';
        ck_assert_msg(advise_budget_parse(&ask, bad[i], &e) == PL_EINVAL, "%s", bad[i]);
        ck_assert_ptr_nonnull(strstr(e.text, "--budget: "));
    }
    ask = advise_ask_nothing;
    ck_assert_int_eq(advise_budget_parse(&ask, "wire=600,memory=8KB,cpu=20us", &e), 0);
    ck_assert_int_eq(ask.norder, 3);
    ck_assert_int_eq(ask.order[0], ADVISE_WIRE);
    ck_assert_double_eq(ask.budget[ADVISE_MEMORY], 8000);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("advise");
    TCase *t = tcase_create("advise");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, only_one_fits);
    tcase_add_test(t, all_fit_and_the_short_poll_is_the_cheapest);
    tcase_add_test(t, none_fits_and_the_nearest_is_named);
    tcase_add_test(t, what_cannot_be_told_apart_is_a_tie);
    tcase_add_loop_test(t, no_equal_row_is_recommended_alone, 0, 2);
    tcase_add_test(t, a_limit_within_the_interval_is_not_judged);
    tcase_add_test(t, equal_cpu_leaves_it_to_the_wire);
    tcase_add_test(t, a_disturbed_row_is_not_judged_unless_it_is_to_be_anyway);
    tcase_add_test(t, of_a_run_that_was_disturbed_whole_nothing_is_recommended);
    tcase_add_test(t, a_budget_decides_what_is_cheap_and_what_is_too_dear);
    tcase_add_test(t, the_scenario_asks_unless_the_user_does);
    tcase_add_test(t, a_percentile_between_those_measured_is_held_against_the_next);
    tcase_add_test(t, nothing_asked_is_answered_by_limit);
    tcase_add_test(t, limits_are_round_and_sure_to_be_met);
    tcase_add_test(t, rows_that_tie_under_a_limit_are_named_together);
    tcase_add_test(t, a_disturbed_row_has_no_limit);
    tcase_add_test(t, rows_without_latency_have_no_limit);
    tcase_add_test(t, the_table_has_the_rows_that_matter_the_best_first);
    tcase_add_test(t, the_table_says_why_a_row_is_not_judged);
    tcase_add_test(t, a_number_of_clients_that_was_typed_is_answered_first);
    tcase_add_test(t, the_short_form_survives_hostile_names);
    tcase_add_test(t, age_and_share_on_time_are_held_against_their_limits);
    tcase_add_test(t, upstream_and_convergence_count_as_latency);
    tcase_add_test(t, what_was_lost_does_not_fit);
    tcase_add_test(t, too_few_samples_recommend_nothing_and_say_how_many_it_takes);
    tcase_add_test(t, deliveries_are_not_counted_for_updates);
    tcase_add_test(t, few_samples_suffice_to_dismiss);
    tcase_add_test(t, an_interrupted_run_recommends_nothing);
    tcase_add_test(t, a_run_with_problems_recommends_nothing);
    tcase_add_test(t, a_run_without_rows_or_figures_is_survived);
    tcase_add_test(t, the_model_speaks_of_a_hundred_times_the_clients);
    tcase_add_test(t, memory_that_is_not_known_is_not_too_much);
    tcase_add_test(t, what_was_not_measured_is_to_be_measured);
    tcase_add_test(t, a_link_that_does_more_than_delay_has_no_longest_round_trip);
    tcase_add_test(t, costs_are_compared_by_time_not_by_update);
    tcase_add_test(t, every_sentence_has_its_citations);
    tcase_add_test(t, every_figure_is_the_one_that_it_refers_to);
    tcase_add_test(t, a_reference_says_where_it_stands);
    tcase_add_test(t, links_of_one_scenario_are_seen_together);
    tcase_add_test(t, quantities_wear_their_units);
    tcase_add_test(t, a_budget_that_makes_no_sense_is_refused_by_name);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
