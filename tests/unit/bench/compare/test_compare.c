/* bench/compare: two runs side by side, what may be compared, and what is told to programs. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/compare/compare_files.h"
#include "bench/compare/compare_text.h"
#include "bench/result/disturbed.h"
#include "bench/result/repeats.h"

static const char run_a[] =
    "{\"schema\":1,\"started\":\"2026-11-23T07:00:00Z\",\"link\":\"loopback\",\"complete\":true,"
    "\"scenario\":{\"title\":\"One\"},\"rows\":["
    "{\"id\":\"sse\",\"delivered\":3000,\"missed\":0,\"latency_us\":{\"p50\":312},"
    "\"server_cpu_us_per_update\":8},"
    "{\"id\":\"stream\",\"delivered\":1}]}";
static const char run_b[] =
    "{\"schema\":1,\"started\":\"2026-11-24T07:00:00Z\",\"link\":\"20 ms\",\"complete\":false,"
    "\"scenario\":{\"title\":\"Two\"},\"rows\":["
    "{\"id\":\"websocket\",\"delivered\":5},"
    "{\"id\":\"sse\",\"delivered\":1500,\"missed\":7,\"latency_us\":{\"p50\":624},"
    "\"server_cpu_us_per_update\":4}]}";

/* A run of the row "sse" with three repeats, of this median and this CPU time. */
static cJSON *repeated(double age_us, double cpu_us)
{
    cJSON *run = cJSON_Parse(
        "{\"started\":\"2026-11-30T07:00:00Z\",\"link\":\"rtt=50ms\",\"scenario\":{\"title\":"
        "\"Three\",\"repeat\":3,\"rows\":[{\"id\":\"sse\"}]},\"rows\":[],\"rows_planned\":[\"sse\"]"
        ",\"repeats\":[]}");
    struct err_text e;

    for (int i = 0; i < 3; i++) {
        cJSON *row =
            json_object("id:s published:n delivered:n repeat:n", "sse", 100.0, 5000.0, i + 1.0);
        cJSON *age = cJSON_AddObjectToObject(row, "age_us");

        cJSON_AddNumberToObject(row, "missed", i == 0);
        cJSON_AddNumberToObject(row, "server_cpu_us_per_update", cpu_us * (1 + 0.01 * i));
        cJSON_AddNumberToObject(age, "mean", age_us + 10 * i);
        cJSON_AddItemToArray(cJSON_GetObjectItem(run, "repeats"), row);
    }
    ck_assert_msg(repeats_summarise(run, &e) == 0, "%s", e.text);
    return run;
}

struct compared {
    cJSON *a, *b;
    struct thresholds thresholds;
    struct settings settings;
    struct comparison c;
    struct buf text;
};

/* Takes a and b. */
static struct compared *compare_with(cJSON *a, cJSON *b, const char *vary, const char *limits)
{
    struct compared *o = calloc(1, sizeof *o);
    struct err_text e;

    ck_assert_ptr_nonnull(o);
    ck_assert_ptr_nonnull(a);
    ck_assert_ptr_nonnull(b);
    o->a = a;
    o->b = b;
    ck_assert_int_eq(thresholds_read(&o->thresholds, limits, &e), 0);
    settings_compare(&o->settings, a, b, vary);
    ck_assert_int_eq(comparison_make(&o->c, a, b, &o->thresholds), 0);
    return o;
}

static const char *written(struct compared *o, struct compare_view view)
{
    struct writer w = {.out = &o->text};

    o->text.len = 0;
    ck_assert_int_eq(compare_write(&o->text, &o->c, &o->settings, view), 0);
    return writer_text(&w);
}

static void end(struct compared *o)
{
    comparison_free(&o->c);
    buf_free(&o->text);
    cJSON_Delete(o->a);
    cJSON_Delete(o->b);
    free(o);
}

/* ---- as text ---- */

START_TEST(runs_without_repeats_have_ratios_only)
{
    struct compared *o = compare_with(cJSON_Parse(run_a), cJSON_Parse(run_b), NULL, NULL);

    ck_assert_str_eq(written(o, (struct compare_view){0}),
                     "A: One · link: loopback · 2026-11-23\n"
                     "B: Two · link: 20 ms · 2026-11-24 · incomplete\n"
                     "\n"
                     "Whether figures differ is not known: that takes at least two repeats of each "
                     "row\n"
                     "in both runs (pushlab run SCENARIO --repeat 5).\n"
                     "\n"
                     "                           A        B  B / A (95 %)  difference\n"
                     "sse\n"
                     "  delivered            3,000    1,500          0.50  not known\n"
                     "  missed                   0        7             –  not known\n"
                     "  latency p50         312 µs   624 µs          2.00  not known\n"
                     "  server CPU/update  8.00 µs  4.00 µs             –  not known\n"
                     "\n"
                     "only in A: stream\n"
                     "\n"
                     "only in B: websocket\n"
                     "\n"
                     "CPU has no ratio: over a link the link's forwarder does the kernel's work "
                     "of receiving,\n"
                     "on loopback servers and clients do it themselves\n");
    end(o);
}
END_TEST

START_TEST(two_links_have_ratios_of_cpu)
{
    struct compared *o = compare_with(cJSON_Parse(run_b), cJSON_Parse(run_b), NULL, NULL);
    const char *text = written(o, (struct compare_view){0});

    ck_assert_ptr_nonnull(strstr(text, "  server CPU/update  4.00 µs  4.00 µs          1.00  "));
    ck_assert_ptr_null(strstr(text, "CPU has no ratio"));
    end(o);
}
END_TEST

START_TEST(only_what_differs_is_listed)
{
    struct compared *o = compare_with(repeated(25500, 8), repeated(26500, 8), NULL, NULL);
    const char *text = written(o, (struct compare_view){0});

    ck_assert_ptr_nonnull(strstr(text, " · 3 repeats\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n1 of 4 figures differs: sse age mean higher.\n"));
    ck_assert_ptr_nonnull(
        strstr(text, "sse\n  age mean  25.5 ms  26.5 ms  1.04 (1.04–1.04)  higher\n"));
    ck_assert_ptr_null(strstr(text, "server CPU/update"));
    ck_assert_ptr_nonnull(strstr(text, "No difference is shown in the other 3 (--all "));
    text = written(o, (struct compare_view){.all = true});
    ck_assert_ptr_nonnull(strstr(text, "missed, mean         0.333    0.333  1.00 (0.0"));
    ck_assert_ptr_nonnull(
        strstr(text, "8.08 µs  8.08 µs    1.00 (0.98–1.02)  no difference shown"));
    end(o);
}
END_TEST

START_TEST(equal_runs_do_not_differ)
{
    struct compared *o = compare_with(repeated(25500, 8), repeated(25500, 8), NULL, NULL);
    const char *text = written(o, (struct compare_view){0});

    ck_assert_ptr_nonnull(
        strstr(text, "\nNo difference is shown in 4 figures (--all lists them).\n"));
    ck_assert_ptr_null(strstr(text, "sse\n"));
    end(o);
}
END_TEST

START_TEST(disturbed_rows_are_marked_and_say_why)
{
    cJSON *a = cJSON_Parse(run_a), *b = cJSON_Parse(run_b);
    struct buf reasons = {0};
    struct compared *o;
    const char *text;

    ck_assert_int_eq(compare_disturbed(&reasons, a, b), 0);
    ck_assert_uint_eq(reasons.len, 0);
    disturbed_add(cJSON_GetArrayItem(cJSON_GetObjectItem(b, "rows"), 0), "not in both");
    disturbed_add(cJSON_GetArrayItem(cJSON_GetObjectItem(b, "rows"), 1), "stopped for %d s", 1);
    disturbed_add(cJSON_GetArrayItem(cJSON_GetObjectItem(b, "rows"), 1), "late");
    ck_assert_int_eq(compare_disturbed(&reasons, a, b), 0);
    ck_assert_int_eq(buf_add(&reasons, "", 1), 0);
    ck_assert_str_eq((char *)reasons.data, "B: sse was disturbed: stopped for 1 s; late\n");
    o = compare_with(a, b, NULL, NULL);
    text = written(o, (struct compare_view){0});
    ck_assert_ptr_nonnull(strstr(text, "\n~ sse\n  delivered "));
    ck_assert_ptr_nonnull(strstr(text, "\n\n~ B: sse was disturbed: stopped for 1 s; late\n"));
    buf_free(&reasons);
    end(o);
}
END_TEST

START_TEST(markdown)
{
    struct compared *o = compare_with(cJSON_Parse(run_a), cJSON_Parse(run_b), NULL, NULL);

    ck_assert_ptr_nonnull(strstr(written(o, (struct compare_view){.markdown = true}),
                                 "\n| row | metric | A | B | B / A (95 %) | difference |\n"
                                 "|:---|:---|---:|---:|---:|:---|\n"
                                 "| sse | delivered | 3,000 | 1,500 | 0.50 | not known |\n"));
    end(o);
}
END_TEST

/* ---- conditions ---- */

static struct settings settings_of(const char *a, const char *b, const char *vary)
{
    cJSON *ra = cJSON_Parse(a), *rb = cJSON_Parse(b);
    struct settings s;

    ck_assert_ptr_nonnull(ra);
    ck_assert_ptr_nonnull(rb);
    settings_compare(&s, ra, rb, vary);
    cJSON_Delete(ra);
    cJSON_Delete(rb);
    return s;
}

#define SCENARIO(keys, rows)                                                                       \
    "{\"link\":\"lan\",\"scenario\":{" keys ",\"rows\":[" rows "]},\"rows\":[{\"id\":\"p\"}]}"

START_TEST(settings_that_differ_are_named)
{
    static const char a[] = SCENARIO("\"name\":\"a\",\"seed\":1,\"clients\":5,\"server\":"
                                     "{\"test_delay_ms\":0,\"retry_ms\":1000}",
                                     "{\"id\":\"p\",\"interval_ms\":100},{\"id\":\"q\"}");
    static const char b[] = SCENARIO("\"name\":\"b\",\"seed\":2,\"repeat\":5,\"clients\":50,"
                                     "\"server\":{\"test_delay_ms\":1}",
                                     "{\"id\":\"p\",\"interval_ms\":200}");
    struct settings s = settings_of(a, b, NULL);
    struct buf text = {0};
    struct writer w = {.out = &text};

    settings_put(&w, &s, false);
    ck_assert_str_eq(writer_text(&w), "clients (A: 5, B: 50), server.test_delay_ms (A: 0, B: 1), "
                                      "rows.interval_ms of p (A: 100, B: 200)");
    s = settings_of(a, b, "server,rows.interval_ms");
    text.len = 0;
    settings_put_unmeant_keys(&w, &s);
    ck_assert_str_eq(writer_text(&w), "clients");
    ck_assert_uint_eq(settings_unmeant(&s), 1);
    s = settings_of(a, a, NULL);
    ck_assert_uint_eq(s.n, 0);
    buf_free(&text);
}
END_TEST

/* The pause of long polls follows the link. */
START_TEST(what_follows_from_a_varied_key_is_varied)
{
    struct settings s =
        settings_of(SCENARIO("\"link\":\"rtt=5ms\",\"poll_jitter_ms\":0.5", ""),
                    SCENARIO("\"link\":\"rtt=50ms\",\"poll_jitter_ms\":5", ""), "link");

    ck_assert_uint_eq(s.n, 2);
    ck_assert_uint_eq(settings_unmeant(&s), 0);
}
END_TEST

START_TEST(varied_keys_are_checked)
{
    struct err_text e;

    ck_assert_int_eq(settings_check_vary(NULL, &e), 0);
    ck_assert_int_eq(settings_check_vary("link,server,rows.interval_ms,rows.balancer.kind", &e), 0);
    ck_assert_int_lt(settings_check_vary("link,test_delay_ms", &e), 0);
    ck_assert_ptr_nonnull(strstr(e.text, "--vary: 'test_delay_ms' is not a scenario's key"));
    ck_assert_int_lt(settings_check_vary("server.", &e), 0);
    ck_assert_int_lt(settings_check_vary("clients.x", &e), 0);
}
END_TEST

/* ---- limits ---- */

START_TEST(limits_are_read)
{
    struct thresholds t;
    struct err_text e;

    ck_assert_int_eq(thresholds_read(&t, "latency_us.p99=10%,delivered=2.5%", &e), 0);
    ck_assert_uint_eq(t.n, 2);
    ck_assert_double_eq_tol(thresholds_find(&t, metric_find("delivered"))->share, 0.025, 1e-12);
    ck_assert_ptr_null(thresholds_find(&t, metric_find("missed")));
}
END_TEST

START_TEST(wrong_limits_are_refused)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"latency_us.p98=10%", "did you mean latency_us.p9"},
        {"latency.p99=10%", "did you mean latency_us.p99?"},
        {"latency_us.p99", "has no '='"},
        {"latency_us.p99=10", "'10' is not valid"},
        {"latency_us.p99=-1%", "'-1%' is not valid"},
        {"latency_us.p99=10%,", "'' has no '='"},
        {"published=1%", "neither better nor worse"},
        {"delivered=100%", "less than 100%"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct thresholds t;
        struct err_text e;

        ck_assert_int_lt(thresholds_read(&t, cases[i].text, &e), 0);
        ck_assert_msg(strstr(e.text, cases[i].says) != NULL, "%s: %s", cases[i].text, e.text);
    }
}
END_TEST

static const char *worse_of(struct compared *o)
{
    struct writer w = {.out = &o->text};

    o->text.len = 0;
    comparison_put_unknown(&w, &o->c, &o->thresholds);
    comparison_put_worse(&w, &o->c);
    return writer_text(&w);
}

/* A rise of 20 %, of a metric where lower is better. */
START_TEST(a_limit_is_passed_only_by_what_is_worse)
{
    static const struct {
        double a, b;
        const char *limits, *says;
    } cases[] = {
        {25000, 30000, "age_us.mean=10%",
         "sse: age_us.mean is worse by more than 10.0 %: 25.0 ms in A, 30.0 ms in B\n"},
        {25000, 30000, "age_us.mean=25%", ""},
        {30000, 25000, "age_us.mean=10%", ""},
        {25000, 30000, "delivered=1%", ""},
        {25000, 30000, "latency_us.p99=10%",
         "sse: latency_us.p99 can't be judged, no value in A, no value in B\n"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct compared *o =
            compare_with(repeated(cases[i].a, 8), repeated(cases[i].b, 8), NULL, cases[i].limits);

        ck_assert_str_eq(worse_of(o), cases[i].says);
        end(o);
    }
}
END_TEST

/* CPU time of two runs may differ by 25 % for no reason, whatever smaller limit is asked for. */
START_TEST(a_limit_below_the_margin_is_the_margin)
{
    struct compared *o =
        compare_with(repeated(25000, 8), repeated(25000, 9.6), NULL, "server_cpu_us_per_update=5%");

    ck_assert_str_eq(worse_of(o), "");
    ck_assert_ptr_nonnull(strstr(written(o, (struct compare_view){0}),
                                 "\nlimit of server_cpu_us_per_update: runs differ by up to 25.0 % "
                                 "in it anyway, so it is that\n"));
    end(o);
    o = compare_with(repeated(25000, 8), repeated(25000, 12), NULL, "server_cpu_us_per_update=5%");
    ck_assert_ptr_nonnull(strstr(worse_of(o), "sse: server_cpu_us_per_update is worse"));
    end(o);
}
END_TEST

START_TEST(a_limit_without_repeats_or_row_cannot_be_judged)
{
    struct compared *o = compare_with(cJSON_Parse(run_a), cJSON_Parse(run_b), NULL, "missed=0%");

    ck_assert_str_eq(worse_of(o), "sse: missed can't be judged, one repeat in A, one repeat in B\n"
                                  "stream can't be judged: B has no such row\n");
    end(o);
}
END_TEST

/* ---- for programs ---- */

START_TEST(json)
{
    struct compared *o =
        compare_with(repeated(25500, 8), repeated(26500, 8), NULL, "age_us.mean=1%");
    cJSON *document = compare_json(&o->c, &o->settings);
    const cJSON *figures = json_at(cJSON_GetArrayItem(json_at(document, "rows"), 0), "figures");
    const cJSON *mean = cJSON_GetArrayItem(figures, 2), *cpu = cJSON_GetArrayItem(figures, 3);

    ck_assert_double_eq(json_number(document, "method.tests"), 4);
    ck_assert_double_eq(json_number(document, "different"), 1);
    ck_assert_double_eq(json_number(document, "worse"), 1);
    ck_assert_str_eq(json_text(mean, "metric"), "age_us.mean");
    ck_assert_str_eq(json_text(mean, "verdict"), "higher");
    ck_assert_double_eq(json_number(mean, "threshold"), 0.01);
    ck_assert_double_eq(json_number(mean, "repeats_a"), 3);
    ck_assert_double_le(json_number(mean, "ratio95.low"), json_number(mean, "ratio"));
    ck_assert(json_true(mean, "worse") && !json_true(cpu, "worse"));
    ck_assert_str_eq(json_text(cpu, "verdict"), "no difference shown");
    ck_assert(cJSON_IsNull(json_at(cpu, "threshold")));
    cJSON_Delete(document);
    end(o);
}
END_TEST

static const char *junit_of(struct compared *o)
{
    struct writer w = {.out = &o->text};

    o->text.len = 0;
    ck_assert_int_eq(compare_junit(&o->text, &o->c, &o->thresholds), 0);
    return writer_text(&w);
}

/* tests/e2e/test_compare.py reads it with an XML parser. */
START_TEST(junit)
{
    struct compared *o = compare_with(repeated(25500, 8), repeated(26500, 8), NULL, NULL);
    const char *text = junit_of(o);

    ck_assert_ptr_nonnull(strstr(text, "<testsuites name=\"pushlab compare\" tests=\"4\" "
                                       "failures=\"1\" errors=\"0\" skipped=\"0\">\n"));
    ck_assert_ptr_nonnull(
        strstr(text, "<testcase classname=\"sse\" name=\"age_us.mean\">\n"
                     "      <failure message=\"age mean: 25.5 ms in A, 26.5 ms in B, higher; "));
    ck_assert_ptr_nonnull(strstr(text, "<testcase classname=\"sse\" name=\"delivered\"/>\n"));
    end(o);
    /* With limits only what they name fails, and what can't be judged is an error. */
    o = compare_with(repeated(25500, 8), repeated(26500, 8), NULL, "latency_us.p99=10%");
    text = junit_of(o);
    ck_assert_ptr_nonnull(
        strstr(text, " tests=\"5\" failures=\"0\" errors=\"1\" skipped=\"0\">\n"));
    end(o);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("compare");
    TCase *tc = tcase_create("compare");
    SRunner *runner;
    int failed;

    tcase_add_test(tc, runs_without_repeats_have_ratios_only);
    tcase_add_test(tc, two_links_have_ratios_of_cpu);
    tcase_add_test(tc, only_what_differs_is_listed);
    tcase_add_test(tc, equal_runs_do_not_differ);
    tcase_add_test(tc, disturbed_rows_are_marked_and_say_why);
    tcase_add_test(tc, markdown);
    tcase_add_test(tc, settings_that_differ_are_named);
    tcase_add_test(tc, what_follows_from_a_varied_key_is_varied);
    tcase_add_test(tc, varied_keys_are_checked);
    tcase_add_test(tc, limits_are_read);
    tcase_add_test(tc, wrong_limits_are_refused);
    tcase_add_test(tc, a_limit_is_passed_only_by_what_is_worse);
    tcase_add_test(tc, a_limit_below_the_margin_is_the_margin);
    tcase_add_test(tc, a_limit_without_repeats_or_row_cannot_be_judged);
    tcase_add_test(tc, json);
    tcase_add_test(tc, junit);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
