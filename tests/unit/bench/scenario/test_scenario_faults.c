#include "bench/scenario/scenario.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"

#define LAN  "\"link\":\"lan\",\"duration_s\":4"
#define ROWS "\"rows\":[{\"transport\":\"sse\"}]"

static struct scenario scenario;
static struct err_text error;

static int parse(const char *text)
{
    return scenario_parse(&scenario, "x.json", text, strlen(text), &error);
}

static void parse_well(const char *text)
{
    ck_assert_msg(parse(text) == 0, "%s", error.text);
}

START_TEST(without_the_key_there_are_none)
{
    cJSON *effective;

    parse_well("{" ROWS "}");
    ck_assert_uint_eq(scenario_faults_of(&scenario, &scenario.rows[0])->n, 0);
    effective = scenario_effective(&scenario);
    ck_assert_ptr_null(json_at(effective, "faults"));
    cJSON_Delete(effective);
    scenario_free(&scenario);
}
END_TEST

START_TEST(a_list_has_them_in_its_order_with_times_in_any_unit)
{
    const struct scenario_faults *f;

    parse_well("{" LAN ",\"faults\":[{\"kind\":\"link-down\",\"at_s\":2,\"for_s\":\"300ms\"},"
               "{\"kind\":\"reset\",\"at_s\":\"1s\"},"
               "{\"kind\":\"slow-reader\",\"at_s\":2,\"for_s\":1,\"percent\":5}]," ROWS "}");
    f = scenario_faults_of(&scenario, &scenario.rows[0]);
    ck_assert_uint_eq(f->n, 3);
    ck_assert_int_eq(f->list[0].kind, FAULT_LINK_DOWN);
    ck_assert_double_eq(f->list[0].at_s, 2);
    ck_assert_double_eq(f->list[0].for_s, 0.3);
    ck_assert(f->list[0].percent <= SCENARIO_UNSET);
    ck_assert_double_eq(f->list[1].percent, 100);
    ck_assert_double_eq(f->list[2].percent, 5);
    ck_assert_double_eq(scenario_fault_lasts_s(&scenario, &f->list[0]), 0.3);
    ck_assert_double_eq(scenario_fault_lasts_s(&scenario, &f->list[1]), 0);
    scenario_free(&scenario);
}
END_TEST

START_TEST(a_row_s_own_replace_the_scenario_s_and_name_it)
{
    parse_well("{" LAN ",\"faults\":[{\"kind\":\"reset\",\"at_s\":1}],\"rows\":["
               "{\"transport\":\"sse\"},{\"transport\":\"sse\",\"id\":\"none\",\"faults\":[]},"
               "{\"transport\":\"sse\",\"history_file\":false,"
               "\"faults\":[{\"kind\":\"server-kill\",\"at_s\":1,\"for_s\":0.5}]}]}");
    ck_assert_int_eq(scenario_faults_of(&scenario, &scenario.rows[0])->list[0].kind, FAULT_RESET);
    ck_assert_uint_eq(scenario_faults_of(&scenario, &scenario.rows[1])->n, 0);
    ck_assert_int_eq(scenario_faults_of(&scenario, &scenario.rows[2])->list[0].kind,
                     FAULT_SERVER_KILL);
    ck_assert_str_eq(scenario.rows[2].id, "server-kill.sse");
    ck_assert(scenario.rows[0].history_file && !scenario.rows[2].history_file);
    scenario_free(&scenario);
}
END_TEST

/* Run.json has the scenario as it was in effect: read again it is the same. */
START_TEST(what_is_in_effect_reads_back_as_itself)
{
    struct scenario again;
    cJSON *first, *second;
    char *text;

    parse_well("{" LAN
               ",\"faults\":[{\"kind\":\"client-crash\",\"at_s\":1,\"for_s\":0.5}],\"rows\":"
               "[{\"transport\":\"sse\"},{\"transport\":\"stream\",\"faults\":[]}]}");
    first = scenario_effective(&scenario);
    ck_assert_double_eq(json_number(cJSON_GetArrayItem(json_at(first, "faults"), 0), "percent"),
                        100);
    text = cJSON_Print(first);
    ck_assert_msg(scenario_parse(&again, "x.json", text, strlen(text), &error) == 0, "%s",
                  error.text);
    second = scenario_effective(&again);
    ck_assert(cJSON_Compare(first, second, true));
    cJSON_free(text);
    cJSON_Delete(first);
    cJSON_Delete(second);
    scenario_free(&scenario);
    scenario_free(&again);
}
END_TEST

START_TEST(a_sweep_writes_into_those_that_have_the_key)
{
    cJSON *file;

    parse_well("{" LAN ",\"faults\":[{\"kind\":\"reset\",\"at_s\":1},"
               "{\"kind\":\"link-down\",\"at_s\":1,\"for_s\":0.1}]," ROWS "}");
    file = scenario_file(&scenario);
    ck_assert_int_eq(scenario_put(file, &scenario, "faults.for_s", "--vary", "700ms", NULL, &error),
                     0);
    ck_assert_ptr_null(json_at(cJSON_GetArrayItem(json_at(file, "faults"), 0), "for_s"));
    ck_assert_double_eq(json_number(cJSON_GetArrayItem(json_at(file, "faults"), 1), "for_s"), 0.7);
    cJSON_Delete(file);
    scenario_free(&scenario);
    parse_well("{" ROWS "}");
    file = scenario_file(&scenario);
    ck_assert_int_eq(scenario_put(file, &scenario, "faults.for_s", "--vary", "1", NULL, &error),
                     PL_EINVAL);
    ck_assert_str_eq(error.text, "--vary: no fault has this key; accepted: keys of the scenario's "
                                 "faults");
    cJSON_Delete(file);
    scenario_free(&scenario);
}
END_TEST

#define KINDS                                                                                      \
    "server-kill, server-restart, server-stall, link-down, link-stall, reset, client-crash, "      \
    "slow-reader, balancer-reload, store-away"
#define FAULT(members)   "{" LAN ",\"faults\":[{" members "}]," ROWS "}"
#define OF_KIND(members) FAULT("\"at_s\":1,\"kind\":" members)

static const struct {
    const char *text, *message;
} refusals[] = {
    {"{\"faults\":{\"kind\":\"reset\"}," ROWS "}", NULL},
    {"{\"faults\":[1]," ROWS "}", "x.json: faults[0]: '1' is not an object; accepted: kind, at_s, "
                                  "for_s, percent"},
    {OF_KIND("\"server-kil\",\"for_s\":1"), "x.json: faults[0].kind: 'server-kil' is not valid; "
                                            "did you mean server-kill? accepted: " KINDS},
    {FAULT("\"at_s\":1"), "x.json: faults[0].kind: missing; accepted: " KINDS},
    {FAULT("\"kind\":\"reset\""),
     "x.json: faults[0].at_s: missing; accepted: 0 to less than duration_s, which is 4"},
    {FAULT("\"kind\":\"reset\",\"at_s\":4"), "x.json: faults[0].at_s: is not in the window; "
                                             "accepted: 0 to less than duration_s, which is 4"},
    {FAULT("\"kind\":\"reset\",\"at_s\":-1"), NULL},
    {OF_KIND("\"reset\",\"for_s\":1"),
     "x.json: faults[0].for_s: this kind of fault ends as it begins; accepted: no for_s here"},
    {OF_KIND("\"server-stall\""),
     "x.json: faults[0].for_s: missing; accepted: how long it lasts, such as 0.5"},
    {OF_KIND("\"link-down\",\"for_s\":3.5"), "x.json: faults[0].for_s: the fault outlasts the "
                                             "window; accepted: an end in the window, which "
                                             "is as long as duration_s"},
    {OF_KIND("\"server-stall\",\"for_s\":1,\"percent\":3"),
     "x.json: faults[0].percent: this kind of fault does not happen to clients; accepted: no "
     "percent "
     "here"},
    {OF_KIND("\"reset\",\"percent\":0"), NULL},
    {OF_KIND("\"reset\",\"percent\":101"), NULL},
    {OF_KIND("\"reset\",\"share\":1"), NULL},
    {OF_KIND("\"server-kill\""),
     "x.json: faults[0].for_s: the fault would leave no server; accepted: how long it lasts, or "
     "balancer.servers 2"},
    {OF_KIND("\"balancer-reload\""),
     "x.json: faults[0].kind: there is no balancer that could reload; accepted: balancer.kind "
     "haproxy-tcp, nginx-stream, haproxy-http or nginx-http"},
    {OF_KIND("\"store-away\",\"for_s\":1"), "x.json: faults[0].kind: the servers have no store; "
                                            "accepted: balancer.source redis"},
    {"{\"faults\":[{\"kind\":\"link-down\",\"at_s\":1,\"for_s\":1}]," ROWS "}",
     "x.json: faults[0].kind: needs an emulated link, and loopback is none; accepted: link such as "
     "rtt=20ms"},
    {"{\"tls\":true," LAN ",\"faults\":[{\"kind\":\"server-restart\",\"at_s\":1,\"for_s\":1}]," ROWS
     "}",
     "x.json: faults[0].kind: a server that starts again has another certificate; accepted: no "
     "tls, "
     "or another kind"},
    {"{" LAN ",\"rows\":[{\"transport\":\"sse\"},{\"transport\":\"sse\",\"faults\":["
     "{\"kind\":\"server-stall\",\"at_s\":1,\"for_s\":1},"
     "{\"kind\":\"server-kill\",\"at_s\":1.5,\"for_s\":1}]}]}",
     "x.json: rows[1].faults[1].at_s: overlaps with faults[0]; accepted: faults of the same thing "
     "one "
     "after the other"},
};

START_TEST(what_cannot_happen_is_refused_with_the_reason)
{
    ck_assert_int_eq(parse(refusals[_i].text), PL_EINVAL);
    if (refusals[_i].message != NULL)
        ck_assert_str_eq(error.text, refusals[_i].message);
}
END_TEST

/* The command line may shorten the window. */
START_TEST(overrides_are_checked_too)
{
    parse_well(OF_KIND("\"server-stall\",\"for_s\":1"));
    ck_assert_int_eq(scenario_override(&scenario, "duration_s", "--duration", "1.5", &error), 0);
    ck_assert_int_eq(scenario_check(&scenario, &error), PL_EINVAL);
    ck_assert_str_eq(error.text,
                     "x.json: faults[0].for_s: the fault outlasts the window; accepted: "
                     "an end in the window, which is as long as duration_s");
    scenario_free(&scenario);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scenario_faults");
    TCase *tc = tcase_create("scenario_faults");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, without_the_key_there_are_none);
    tcase_add_test(tc, a_list_has_them_in_its_order_with_times_in_any_unit);
    tcase_add_test(tc, a_row_s_own_replace_the_scenario_s_and_name_it);
    tcase_add_test(tc, what_is_in_effect_reads_back_as_itself);
    tcase_add_test(tc, a_sweep_writes_into_those_that_have_the_key);
    tcase_add_loop_test(tc, what_cannot_happen_is_refused_with_the_reason, 0,
                        sizeof refusals / sizeof *refusals);
    tcase_add_test(tc, overrides_are_checked_too);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
