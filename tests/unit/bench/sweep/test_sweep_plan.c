/* bench/sweep/vary.c and plan.c: what --vary says, which cells it makes, and in which order. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/sweep/plan.h"
#include "bench/sweep/vary.h"

static struct err_text error;

/* ---- --vary ---- */

static void expect_words(const char *text, const char *words)
{
    struct vary v;
    char all[1024] = "";

    ck_assert_msg(vary_parse(&v, text, &error) == PL_OK, "%s", error.text);
    for (size_t i = 0; i < v.n; i++)
        strcat(strcat(all, i > 0 ? " " : ""), v.word[i]);
    ck_assert_str_eq(all, words);
}

START_TEST(vary_reads_lists_and_ranges)
{
    expect_words("clients=50,200,1000", "50 200 1000");
    expect_words("link.rtt_ms=0..200+50", "0 50 100 150 200");
    expect_words("source.rate_hz=1..100x10", "1 10 100");
    expect_words("source.rate_hz=1..99x10", "1 10"); /* the end need not be reached */
    expect_words("k=0.1..0.3+0.1", "0.1 0.2 0.3");   /* 0.1 + 2 * 0.1 is more than 0.3 */
    expect_words("clients=1,10..30+10,7", "1 10 20 30 7");
    expect_words("source.pattern=fixed,poisson", "fixed poisson");
    expect_words("clients=5", "5");
    expect_words("clients=5..5+1", "5");
}
END_TEST

START_TEST(vary_refuses_what_is_neither)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"clients", "'clients' is not a key and its values"},
        {"=5", "'=5' is not a key and its values"},
        {"clients=", "'' is no value"},
        {"clients=5,,6", "'' is no value"},
        {"clients=5,6,5", "'5' is there twice"},
        {"clients=1..3+1,2", "'2' is there twice"},
        {"clients=1..5", "'1..5' has no step"},
        {"clients=1..x10", "'1..x10' has no step"},
        {"clients=..5+1", "'..5+1' begins with no number"},
        {"clients=5..1+1", "'5..1+1' is not a range that grows"},
        {"clients=1..5+0", "is not a range that grows"},
        {"clients=1..5x1", "is not a range that grows"},
        {"clients=0..5x2", "is not a range that grows"},
        {"clients=1..5+1k", "is not a range that grows"},
        {"clients=1..1000+1", "clients has too many values; accepted: up to 100"},
    };
    struct vary v;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_int_eq(vary_parse(&v, cases[i].text, &error), PL_EINVAL);
        ck_assert_msg(strstr(error.text, cases[i].part) != NULL, "%s: %s", cases[i].text,
                      error.text);
        ck_assert_msg(strstr(error.text, "accepted: ") != NULL, "%s", error.text);
    }
}
END_TEST

/* ---- plans ---- */

#define SCENARIO                                                                                   \
    "{\"clients\": 3, \"link\": \"4g,loss=2%\", \"rows\": [{\"transport\": \"sse\"},"              \
    "{\"transport\": \"short-poll\", \"interval_ms\": 100},"                                       \
    "{\"transport\": \"short-poll\", \"interval_ms\": 200},"                                       \
    "{\"transport\": \"long-poll\", \"hold_ms\": 900}]}"

/* The plan of a scenario and up to three --vary. */
static int make(struct plan *p, const char *scenario, int repeat, const char *a, const char *b,
                const char *c)
{
    const char *texts[] = {a, b, c};
    struct scenario s;
    struct vary *vary = calloc(3, sizeof *vary);
    size_t n = 0;
    int rc = scenario_parse(&s, "dir/x.json", scenario, strlen(scenario), &error);

    ck_assert_msg(rc == PL_OK, "%s", error.text);
    for (; n < 3 && texts[n] != NULL; n++)
        ck_assert_int_eq(vary_parse(&vary[n], texts[n], &error), PL_OK);
    rc = plan_make(p, &s, vary, n, repeat, 7, &error);
    scenario_free(&s);
    free(vary);
    return rc;
}

static void make_well(struct plan *p, int repeat, const char *a, const char *b, const char *c)
{
    ck_assert_msg(make(p, SCENARIO, repeat, a, b, c) == PL_OK, "%s", error.text);
}

static void expect_cell(const struct plan *p, int cell, const char *name)
{
    char text[200];
    cJSON *values = plan_values(p, cell);

    ck_assert_str_eq(plan_name(text, sizeof text, values), name);
    cJSON_Delete(values);
}

START_TEST(plan_is_the_product_and_the_last_key_changes_first)
{
    struct plan p;

    make_well(&p, 1, "clients=2,4", "source.pattern=fixed,poisson", "tls=true,false");
    ck_assert_int_eq(p.cells, 8);
    expect_cell(&p, 0, "clients=2 source.pattern=fixed tls=true");
    expect_cell(&p, 1, "clients=2 source.pattern=fixed tls=false");
    expect_cell(&p, 2, "clients=2 source.pattern=poisson tls=true");
    expect_cell(&p, 7, "clients=4 source.pattern=poisson tls=false");
    ck_assert(
        cJSON_IsTrue(cJSON_GetArrayItem(json_at(cJSON_GetArrayItem(p.vary, 2), "values"), 0)));
    plan_free(&p);
}
END_TEST

START_TEST(plan_writes_values_into_the_cells_scenario)
{
    struct plan p;
    struct scenario s;

    make_well(&p, 1, "source.rate_hz=1..100x10", "link.rtt_ms=5,50", "rows.interval_ms=40");
    ck_assert_int_eq(plan_scenario(&s, &p, 3, &error), PL_OK);
    ck_assert_double_eq(s.source.rate_hz, 10);
    ck_assert_str_eq(s.links.text[0], "4g,loss=2%,rtt=50ms"); /* all else of the link stays */
    ck_assert_int_eq(s.clients, 3);
    /* The rows keep their names, so that they are the same rows in all cells. */
    ck_assert_str_eq(s.rows[1].id, "short-poll@100ms");
    ck_assert_int_eq(s.rows[1].interval_ms, 40);
    ck_assert_int_eq(s.rows[2].interval_ms, 40);
    ck_assert_int_eq(s.rows[3].hold_ms, 900);
    ck_assert_str_eq(s.name, "x");
    scenario_free(&s);
    plan_free(&p);

    make_well(&p, 1, "link.loss_percent=0,5", "rows.connection=close", NULL);
    ck_assert_int_eq(plan_scenario(&s, &p, 1, &error), PL_OK);
    ck_assert_str_eq(s.links.text[0], "4g,loss=5%");               /* replaced, not there twice */
    ck_assert_int_eq(s.rows[0].connection, CONNECTION_KEEP_ALIVE); /* a stream has no choice */
    ck_assert_int_eq(s.rows[1].connection, CONNECTION_CLOSE);
    ck_assert_int_eq(s.rows[3].connection, CONNECTION_CLOSE);
    scenario_free(&s);
    plan_free(&p);
}
END_TEST

START_TEST(plan_begins_at_loopback_too)
{
    struct plan p;
    struct scenario s;

    ck_assert_int_eq(
        make(&p, "{\"rows\":[{\"transport\":\"sse\"}]}", 1, "link.rtt_ms=5", NULL, NULL), PL_OK);
    ck_assert_int_eq(plan_scenario(&s, &p, 0, &error), PL_OK);
    ck_assert_str_eq(s.links.text[0], "rtt=5ms");
    scenario_free(&s);
    plan_free(&p);
}
END_TEST

START_TEST(plan_refuses_what_a_scenario_does_not_accept)
{
    static const struct {
        const char *vary, *part;
    } cases[] = {
        {"clients=5,none", "--vary clients: 'none' is not a number; accepted: 1 to 1000000"},
        {"clients=0,5", "--vary clients: '0' is out of range"},
        {"clients=1.5", "--vary clients: '1.5' is not a whole number"},
        {"source.pattern=fixed,often", "--vary source.pattern: 'often' is not valid"},
        {"link.rtt_ms=-5", "--vary link.rtt_ms: '-5' is out of range"},
        {"link.colour=5", "'link.colour' is not a number"},
        {"rows.transport=sse", "'rows.transport' is not a number"},
        {"name=x", "'name' is not a number"},
        {"source=5", "'source' is not a number"},
        {"clients.x=5", "'clients.x' is not a number"},
        {"repeat=1,2", "--vary repeat: the same in all cells; accepted: --repeat N"},
        {"ip=4,5", "cell 2 (ip=5): dir/x.json: ip: there is no version 5"},
        {"link=lan,nowhere", "--vary link: no link profile 'nowhere'"},
        {"source.trace_loop=true", "cell 1 (source.trace_loop=true)"},
    };
    struct plan p;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_int_eq(make(&p, SCENARIO, 1, cases[i].vary, NULL, NULL), PL_EINVAL);
        ck_assert_msg(strstr(error.text, cases[i].part) != NULL, "%s: %s", cases[i].vary,
                      error.text);
    }
    ck_assert_int_eq(make(&p, SCENARIO, 1, "clients=1", "clients=2", NULL), PL_EINVAL);
    ck_assert_ptr_nonnull(strstr(error.text, "given twice"));
    ck_assert_int_eq(make(&p, SCENARIO, 1, "link.rtt_ms=1", "link=lan", NULL), PL_EINVAL);
    ck_assert_ptr_nonnull(strstr(error.text, "would replace link.rtt_ms"));
    ck_assert_int_eq(make(&p, SCENARIO, 1, "clients=1..50+1", "seed=1..50+1", NULL), PL_EINVAL);
    ck_assert_ptr_nonnull(strstr(error.text, "2500 cells; accepted: up to 1000"));
    ck_assert_int_eq(make(&p, SCENARIO, 1000, "clients=1..50+1", NULL, NULL), PL_EINVAL);
    ck_assert_ptr_nonnull(strstr(error.text, "--repeat"));
    ck_assert_int_eq(make(&p, "{\"link\": [\"lan\", \"4g\"], \"rows\":[{\"transport\":\"sse\"}]}",
                          1, "clients=5", NULL, NULL),
                     PL_EINVAL);
    ck_assert_ptr_nonnull(strstr(error.text, "link: a list"));
}
END_TEST

START_TEST(plan_measures_every_cell_once_in_each_round)
{
    struct block order[60], again[60];
    int first_differs = 0;
    struct plan p;

    make_well(&p, 3, "clients=1..20+1", NULL, NULL);
    plan_order(&p, order);
    plan_order(&p, again);
    ck_assert_int_eq(memcmp(order, again, sizeof order), 0);
    for (int round = 0; round < 3; round++) {
        int seen[20] = {0}, in_order = 0;

        for (int i = 0; i < 20; i++) {
            const struct block *b = &order[20 * round + i];

            ck_assert_int_eq(b->repeat, round);
            seen[b->cell]++;
            in_order += b->cell == i;
        }
        for (int i = 0; i < 20; i++)
            ck_assert_int_eq(seen[i], 1);
        ck_assert_int_lt(in_order, 20);
    }
    p.seed = 8;
    plan_order(&p, again);
    for (int i = 0; i < 60; i++)
        first_differs |= order[i].cell != again[i].cell;
    ck_assert(first_differs);
    plan_free(&p);
}
END_TEST

START_TEST(plan_estimates_the_phases_of_all_rows)
{
    struct plan p;

    make_well(&p, 1, "duration_s=10,20", NULL, NULL); /* 4 rows */
    ck_assert_double_eq_tol(plan_block_s(&p, 1) - plan_block_s(&p, 0), 40, 1e-9);
    ck_assert_double_ge(plan_block_s(&p, 0), 4 * (10 + 1)); /* and a warm-up of 1 s */
    ck_assert_double_le(plan_block_s(&p, 0), 4 * (10 + 1 + 2));
    plan_free(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan");
    TCase *tc = tcase_create("plan");
    SRunner *runner;
    int failed;

    tcase_add_test(tc, vary_reads_lists_and_ranges);
    tcase_add_test(tc, vary_refuses_what_is_neither);
    tcase_add_test(tc, plan_is_the_product_and_the_last_key_changes_first);
    tcase_add_test(tc, plan_writes_values_into_the_cells_scenario);
    tcase_add_test(tc, plan_begins_at_loopback_too);
    tcase_add_test(tc, plan_refuses_what_a_scenario_does_not_accept);
    tcase_add_test(tc, plan_measures_every_cell_once_in_each_round);
    tcase_add_test(tc, plan_estimates_the_phases_of_all_rows);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
