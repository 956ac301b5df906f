/* What a scenario may say about balancers (bench/scenario/scenario_check.c), and the rows' own
 * words against the scenario's. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/scenario/scenario.h"

#define SSE  "{\"transport\":\"sse\"}"
#define ROWS "\"rows\":[" SSE "]"
#define LAN  "\"link\":\"lan\""

static struct scenario scenario;
static struct err_text error;

static int parse(const char *text)
{
    return scenario_parse(&scenario, "dir/x.json", text, strlen(text), &error);
}

static struct scenario_balancer parse_one(const char *text)
{
    struct scenario_balancer b;
    int rc = parse(text);

    ck_assert_msg(rc == PL_OK, "%s", error.text);
    scenario_balancer_of(&b, &scenario, &scenario.rows[0]);
    return b;
}

START_TEST(without_the_key_there_is_none)
{
    struct scenario_balancer b = parse_one("{" ROWS "}");
    cJSON *effective = scenario_effective(&scenario);

    ck_assert_int_eq(b.kind, BALANCER_NONE);
    ck_assert(!scenario_has_balancers(&scenario));
    ck_assert_str_eq(json_text(effective, "balancer.kind"), "none");
    ck_assert_ptr_null(json_at(effective, "balancer.servers"));
    ck_assert_ptr_null(json_at(cJSON_GetArrayItem(json_at(effective, "rows"), 0), "balancer"));
    cJSON_Delete(effective);
    scenario_free(&scenario);
}
END_TEST

START_TEST(a_row_has_the_scenario_s_but_for_what_it_says_itself)
{
    struct scenario_balancer b =
        parse_one("{" LAN ",\"balancer\":{\"kind\":\"nginx-http\",\"source\":\"differing\","
                  "\"config\":\"a.conf\",\"link\":\"rtt=3ms\"},\"rows\":[{\"transport\":"
                  "\"sse\",\"id\":\"own\",\"balancer\":{\"servers\":1}},{\"transport\":"
                  "\"sse\",\"balancer\":{\"source\":\"redis\"}},{\"transport\":\"stream\","
                  "\"balancer\":{\"kind\":\"dns\"}},"
                  "{\"transport\":\"websocket\",\"balancer\":{\"kind\":\"direct\"}}]}");

    ck_assert_int_eq(b.kind, BALANCER_NGINX_HTTP);
    ck_assert_int_eq(b.source, SERVERS_DIFFERING);
    ck_assert_str_eq(b.config, "a.conf");
    ck_assert_str_eq(b.link, "rtt=3ms");
    ck_assert_int_eq(b.servers, 1);
    scenario_balancer_of(&b, &scenario, &scenario.rows[1]);
    ck_assert_int_eq(b.servers, 2);
    ck_assert_int_eq(b.source, SERVERS_REDIS);
    scenario_balancer_of(&b, &scenario, &scenario.rows[2]);
    ck_assert_int_eq(b.kind, BALANCER_DNS);
    ck_assert_str_eq(b.config, ""); /* the configuration was the other program's */
    scenario_balancer_of(&b, &scenario, &scenario.rows[3]);
    ck_assert_int_eq(b.servers, 1); /* direct: to one */
    ck_assert_str_eq(scenario.rows[0].id, "own");
    ck_assert_str_eq(scenario.rows[1].id, "sse");
    ck_assert_str_eq(scenario.rows[2].id, "dns.stream"); /* a kind of its own is in the name */
    scenario_free(&scenario);
}
END_TEST

START_TEST(defaults_are_two_servers_of_one_source_on_a_lan)
{
    struct scenario_balancer b =
        parse_one("{" LAN ",\"balancer\":{\"kind\":\"haproxy-tcp\"}," ROWS "}");

    ck_assert_int_eq(b.servers, 2);
    ck_assert_int_eq(b.source, SERVERS_SAME);
    ck_assert_str_eq(b.link, "lan");
    ck_assert_int_eq(scenario.rows[0].expect, EXPECT_WORKS);
    scenario_free(&scenario);
}
END_TEST

START_TEST(paths_are_beside_the_scenario)
{
    char path[SCENARIO_PATH_BYTES];

    parse_one("{" ROWS "}");
    scenario_path_beside(path, &scenario, "a.conf");
    ck_assert_str_eq(path, "dir/a.conf");
    scenario_path_beside(path, &scenario, "/etc/a.conf");
    ck_assert_str_eq(path, "/etc/a.conf");
    scenario_free(&scenario);
}
END_TEST

static const struct {
    const char *text, *message;
} refusals[] = {
    {"{\"balancer\":{\"kind\":\"dns\"}," ROWS "}",
     "dir/x.json: link: balancers stand on hosts, and loopback is one; accepted: an emulated link, "
     "such as lan or rtt=20ms"},
    {"{" LAN ",\"tls\":true,\"balancer\":{\"kind\":\"dns\"}," ROWS "}",
     "dir/x.json: tls: not with balancers; accepted: false"},
    {"{" LAN ",\"ip\":6,\"balancer\":{\"kind\":\"dns\"}," ROWS "}",
     "dir/x.json: ip: not with balancers; accepted: 4"},
    {"{" LAN ",\"source\":{\"kind\":\"sports\"},\"balancer\":{\"kind\":\"dns\"}," ROWS "}",
     "dir/x.json: source.kind: not with balancers; accepted: generator"},
    {"{" LAN ",\"send\":{\"workload\":\"inputs\"},\"balancer\":{\"kind\":\"dns\"}," ROWS "}",
     "dir/x.json: send.workload: not with balancers; accepted: none"},
    {"{" LAN ",\"balancer\":{\"kind\":\"dns\",\"source\":\"both\"}," ROWS "}",
     "dir/x.json: balancer.source: 'both' is not valid; accepted: same, differing, "
     "redis"},
    {"{" LAN ",\"rows\":[{\"transport\":\"sse\",\"balancer\":{\"kind\":\"dns\"}},"
     "{\"transport\":\"stream\"}]}",
     "dir/x.json: rows[1].balancer: kind none among rows with balancers; accepted: direct"},
    {"{" LAN ",\"balancer\":{\"kind\":\"dns\",\"link\":\"loopback\"}," ROWS "}",
     "dir/x.json: rows[0].balancer: link is no emulated link; accepted: lan, rtt=1ms and the like"},
    {"{" LAN ",\"balancer\":{\"kind\":\"dns\",\"config\":\"a.cfg\"}," ROWS "}", NULL},
    {"{\"balancer\":{\"servers\":2}," ROWS "}", NULL},
    {"{" LAN ",\"balancer\":{\"kind\":\"haproxy\"}," ROWS "}", NULL},
    {"{" LAN ",\"balancer\":{\"kind\":\"dns\",\"servers\":3}," ROWS "}", NULL},
    {"{\"rows\":[{\"transport\":\"sse\",\"expect\":\"fails\"}]}", NULL},
};

START_TEST(what_does_not_go_together_is_refused_by_name)
{
    ck_assert_int_eq(parse(refusals[_i].text), PL_EINVAL);
    if (refusals[_i].message != NULL)
        ck_assert_str_eq(error.text, refusals[_i].message);
}
END_TEST

START_TEST(a_link_of_the_command_line_is_checked_too)
{
    parse_one("{" LAN ",\"balancer\":{\"kind\":\"dns\"}," ROWS "}");
    ck_assert_int_eq(scenario_override(&scenario, "link", "--link", "loopback", &error), PL_OK);
    ck_assert_int_eq(scenario_check(&scenario, &error), PL_EINVAL);
    scenario_free(&scenario);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("scenario_balancer");
    TCase *t = tcase_create("keys");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_test(t, without_the_key_there_is_none);
    tcase_add_test(t, a_row_has_the_scenario_s_but_for_what_it_says_itself);
    tcase_add_test(t, defaults_are_two_servers_of_one_source_on_a_lan);
    tcase_add_test(t, paths_are_beside_the_scenario);
    tcase_add_loop_test(t, what_does_not_go_together_is_refused_by_name, 0,
                        (int)(sizeof refusals / sizeof *refusals));
    tcase_add_test(t, a_link_of_the_command_line_is_checked_too);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
