/* bench/result/result_balancer.c on rows made by hand: what a balancer did, and what does not fit.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/result/result_balancer.h"
#include "bench/scenario/scenario.h"

/* One link's account, in which 100 bytes went up and 1000 came down for each handshake. */
static cJSON *wire_of(int handshakes)
{
    char text[600];

    snprintf(text, sizeof text,
             "{\"tcp\":{\"handshakes\":%d,"
             "\"up\":{\"bytes\":%d,\"payload_bytes\":%d,\"retransmitted_bytes\":10},"
             "\"down\":{\"bytes\":%d,\"payload_bytes\":%d,\"retransmitted_bytes\":0}}}",
             handshakes, 200 * handshakes, 100 * handshakes + 10, 2000 * handshakes,
             1000 * handshakes);
    return cJSON_Parse(text);
}

static cJSON *server_of(int accepted, int requests)
{
    char text[800];

    snprintf(text, sizeof text,
             "{\"address\":\"10.77.1.2:8080\",\"stats\":{"
             "\"start\":{\"process\":{\"cpu_user_us\":100,\"cpu_system_us\":50},"
             "\"transports\":{\"sse\":{\"accepted\":1,\"requests\":2,\"updates_sent\":3}}},"
             "\"end\":{\"process\":{\"cpu_user_us\":300,\"cpu_system_us\":150},"
             "\"transports\":{\"sse\":{\"accepted\":%d,\"requests\":%d,\"updates_sent\":43}}}}}",
             accepted + 1, requests + 2);
    return cJSON_Parse(text);
}

/* A row of ten clients, and two servers behind a balancer of this layer. */
static cJSON *row_of(int layer, int front, int behind1, int behind2)
{
    char text[900];
    cJSON *row, *wire = wire_of(front), *behind, *servers;

    snprintf(text, sizeof text,
             "{\"id\":\"x\",\"transport\":\"sse\",\"clients\":10,\"deliveries\":50,"
             "\"phases\":{\"window_ms\":3},"
             "\"duplicated\":2,\"out_of_order\":1,\"handshakes\":{\"client\":%d},"
             "\"latency_us\":{\"p50\":1500,\"p90\":2000,\"p99\":3000,\"max\":4000},"
             "\"whole_run\":{\"deliveries\":100},\"problems\":[],\"notes\":[],"
             "\"raw\":{\"server_restarts\":4,\"outage_us\":{\"count\":1,\"p50\":7,\"max\":8},"
             "\"whole\":{\"reconnects\":0,\"failed_responses\":0},"
             "\"balancer\":{\"kind\":\"nginx-http\",\"layer\":%d,\"config\":\"a.conf\","
             "\"program\":\"nginx\",\"source\":\"same\",\"link\":\"lan\","
             "\"cpu_us\":{\"window_start\":1000,\"window_end\":3000},"
             "\"time_us\":{\"window_start\":10,\"window_end\":4010},\"servers\":[]}}}",
             front, layer);
    row = cJSON_Parse(text);
    ck_assert_ptr_nonnull(row);
    if (layer > 0) {
        behind = cJSON_AddArrayToObject(wire, "behind");
        cJSON_AddItemToArray(behind, wire_of(behind1));
        cJSON_AddItemToArray(behind, wire_of(behind2));
    }
    cJSON_AddItemToObject(row, "wire", wire);
    servers = (cJSON *)json_at(row, "raw.balancer.servers");
    cJSON_AddItemToArray(servers, server_of(behind1, 20));
    cJSON_AddItemToArray(servers, server_of(behind2, 30));
    result_balancer(row);
    return row;
}

static int problems(const cJSON *row)
{
    return cJSON_GetArraySize(json_at(row, "problems"));
}

START_TEST(both_sides_are_counted)
{
    cJSON *row = row_of(4, 10, 5, 5);

    ck_assert_double_eq(json_number(row, "balancer.handshakes.front"), 10);
    ck_assert_double_eq(json_number(row, "balancer.handshakes.behind"), 10);
    ck_assert_double_eq(json_number(row, "balancer.connections_per_client.front"), 1);
    ck_assert_double_eq(json_number(row, "balancer.connections_per_client.behind"), 1);
    ck_assert_double_eq(json_number(row, "balancer.payload_bytes.front"), 11000);
    ck_assert_double_eq(json_number(row, "balancer.payload_bytes.behind"), 11000);
    ck_assert_double_eq(json_number(row, "balancer.payload_bytes.added_up"), 0);
    ck_assert_double_eq(json_number(row, "balancer.wire_bytes_per_update.behind"), 220);
    /* 2 ms in 4 ms, of a window of 3 ms */
    ck_assert_double_eq(json_number(row, "balancer.cpu_us_per_update"), 30);
    ck_assert_str_eq(json_text(row, "balancer.served_by"), "20 + 30");
    ck_assert_double_eq(json_number(row, "balancer.sequence_errors.all"), 7);
    ck_assert_double_eq(json_number(row, "balancer.outage_us.max"), 8);
    ck_assert_str_eq(json_text(row, "balancer.outages"), "1, 8.00 µs");
    ck_assert_int_eq(problems(row), 0);
    cJSON_Delete(row);
}
END_TEST

START_TEST(servers_are_described_one_by_one)
{
    cJSON *row = row_of(7, 10, 1, 2);
    const cJSON *second = cJSON_GetArrayItem(json_at(row, "balancer.served"), 1);

    ck_assert_double_eq(json_number(second, "handshakes"), 2);
    ck_assert_double_eq(json_number(second, "requests"), 30);
    ck_assert_double_eq(json_number(second, "updates_sent"), 40);
    ck_assert_double_eq(json_number(second, "cpu_us"), 300);
    ck_assert_int_eq(problems(row), 0); /* at layer 7 one connection serves many clients */
    cJSON_Delete(row);
}
END_TEST

START_TEST(bytes_added_are_told_by_where_they_were_added)
{
    cJSON *row = row_of(7, 10, 4, 5); /* 100 bytes fewer go up, and 1000 more come out down */

    ck_assert_double_eq(json_number(row, "balancer.payload_bytes.added_up"), -1);
    ck_assert_double_eq(json_number(row, "balancer.payload_bytes.added_down"), 10);
    cJSON_Delete(row);
}
END_TEST

START_TEST(a_layer_4_balancer_that_makes_another_number_of_connections_is_a_problem)
{
    cJSON *row = row_of(4, 10, 5, 6);

    ck_assert_int_eq(problems(row), 1);
    ck_assert_str_eq(cJSON_GetArrayItem(json_at(row, "problems"), 0)->valuestring,
                     "a layer-4 balancer makes one connection of one: front 10, behind 11");
    cJSON_Delete(row);
}
END_TEST

START_TEST(where_nothing_stands_between_the_clients_links_are_the_servers)
{
    cJSON *row = row_of(0, 10, 5, 5), *wrong = row_of(0, 10, 5, 4);

    ck_assert_int_eq(problems(row), 0);
    ck_assert(isnan(json_number(row, "balancer.handshakes.behind")));
    ck_assert(isnan(json_number(row, "balancer.cpu_us_per_update")));
    ck_assert_int_eq(problems(wrong), 1);
    cJSON_Delete(row);
    cJSON_Delete(wrong);
}
END_TEST

START_TEST(what_the_servers_share_has_its_own_account)
{
    cJSON *row = row_of(4, 10, 5, 5), *account, *store, *beside;

    ck_assert(cJSON_IsNull(json_at(row, "balancer.store")));
    cJSON_DeleteItemFromObjectCaseSensitive(row, "balancer");
    account = (cJSON *)json_at(row, "raw.balancer");
    store = cJSON_Parse("{\"program\":\"Redis server v=7\","
                        "\"cpu_us\":{\"window_start\":500,\"window_end\":1000},"
                        "\"time_us\":{\"window_start\":0,\"window_end\":3000}}");
    cJSON_AddItemToObject(account, "store", store);
    beside = cJSON_Parse("[{\"lanes\":{\"up\":{\"bytes_in\":700},\"down\":{\"bytes_in\":300}}},"
                         "{\"lanes\":{\"up\":{\"bytes_in\":600},\"down\":{\"bytes_in\":400}}}]");
    cJSON_AddItemToObject((cJSON *)json_at(row, "wire"), "beside", beside);
    result_balancer(row);
    ck_assert_str_eq(json_text(row, "balancer.store.program"), "Redis server v=7");
    ck_assert_double_eq(json_number(row, "balancer.store.cpu_us_per_update"), 10);
    ck_assert_double_eq(json_number(row, "balancer.store.wire_bytes_per_update"), 20);
    cJSON_Delete(row);
}
END_TEST

START_TEST(without_an_outage_there_is_no_longest_one)
{
    cJSON *row = row_of(4, 10, 5, 5), *outage;

    cJSON_DeleteItemFromObjectCaseSensitive(row, "balancer");
    outage = (cJSON *)json_at(row, "raw.outage_us");
    cJSON_SetNumberValue(cJSON_GetObjectItemCaseSensitive(outage, "count"), 0);
    result_balancer(row);
    ck_assert_double_eq(json_number(row, "balancer.outage_us.count"), 0);
    ck_assert(isnan(json_number(row, "balancer.outage_us.max")));
    cJSON_Delete(row);
}
END_TEST

START_TEST(layer_7_and_death_free_the_servers_from_what_clients_opened)
{
    cJSON *seven = cJSON_Parse("{\"balancer\":{\"layer\":7,\"servers\":[{}]}}");
    cJSON *four = cJSON_Parse("{\"balancer\":{\"layer\":4,\"servers\":[{}]}}");
    cJSON *killed =
        cJSON_Parse("{\"balancer\":{\"layer\":4,\"servers\":[{},{\"killed_after_s\":1}]}}");
    cJSON *none = cJSON_Parse("{}");

    ck_assert(result_balancer_rejoins(seven));
    ck_assert(!result_balancer_rejoins(four));
    ck_assert(result_balancer_rejoins(killed));
    ck_assert(!result_balancer_rejoins(none));
    cJSON_Delete(seven);
    cJSON_Delete(four);
    cJSON_Delete(killed);
    cJSON_Delete(none);
}
END_TEST

START_TEST(latency_is_compared_with_the_direct_row_of_the_transport)
{
    cJSON *run = cJSON_CreateObject(), *rows = cJSON_AddArrayToObject(run, "rows");
    cJSON *direct = row_of(0, 10, 5, 5), *row = row_of(4, 10, 5, 5);

    cJSON_ReplaceItemInObjectCaseSensitive((cJSON *)json_at(direct, "balancer"), "kind",
                                           cJSON_CreateString("direct"));
    cJSON_ReplaceItemInObjectCaseSensitive((cJSON *)json_at(direct, "latency_us"), "p50",
                                           cJSON_CreateNumber(1000));
    cJSON_AddItemToArray(rows, direct);
    result_balancer_compare(json_at(run, "rows"));
    ck_assert(isnan(json_number(direct, "balancer.added_latency_us.p50")));
    cJSON_AddItemToArray(rows, row);
    result_balancer_compare(json_at(run, "rows"));
    ck_assert_double_eq(json_number(row, "balancer.added_latency_us.p50"), 500);
    ck_assert_double_eq(json_number(row, "balancer.added_latency_us.p99"), 0);
    ck_assert(isnan(json_number(row, "balancer.added_latency_us.chance")));
    cJSON_Delete(run);
}
END_TEST

static cJSON *add_row(cJSON *run, int layer, const char *kind, double p50_us)
{
    cJSON *row = row_of(layer, 10, 5, 5);

    cJSON_ReplaceItemInObjectCaseSensitive((cJSON *)json_at(row, "balancer"), "kind",
                                           cJSON_CreateString(kind));
    cJSON_ReplaceItemInObjectCaseSensitive((cJSON *)json_at(row, "latency_us"), "p50",
                                           cJSON_CreateNumber(p50_us));
    cJSON_AddItemToArray((cJSON *)json_at(run, "rows"), row);
    result_balancer_compare(json_at(run, "rows"));
    return row;
}

START_TEST(each_repeat_is_compared_with_the_direct_row_of_its_own)
{
    static const double p50_us[][2] = {{1000, 1500}, {2000, 2100}};
    cJSON *run = cJSON_CreateObject(), *row;

    cJSON_AddArrayToObject(run, "rows");
    for (int k = 0; k < 2; k++) {
        row = add_row(run, 0, "direct", p50_us[k][0]);
        json_add_number(row, "repeat", k + 1);
        row = add_row(run, 4, "haproxy-tcp", p50_us[k][1]);
        json_add_number(row, "repeat", k + 1);
    }
    result_balancer_compare(json_at(run, "rows"));
    row = cJSON_GetArrayItem(json_at(run, "rows"), 1);
    ck_assert_double_eq(json_number(row, "balancer.added_latency_us.p50"), 500);
    row = cJSON_GetArrayItem(json_at(run, "rows"), 3);
    ck_assert_double_eq(json_number(row, "balancer.added_latency_us.p50"), 100);
    cJSON_Delete(run);
}
END_TEST

/* Six runs of dns, which adds nothing, came to -160 to +88 µs: no row can tell less apart. */
START_TEST(what_dns_adds_is_what_chance_adds)
{
    cJSON *run = cJSON_CreateObject(), *l4, *l7;

    cJSON_AddArrayToObject(run, "rows");
    add_row(run, 0, "direct", 11000);
    l4 = add_row(run, 4, "haproxy-tcp", 11600);
    add_row(run, 0, "dns", 11088);
    add_row(run, 0, "dns", 10840);
    l7 = add_row(run, 7, "nginx-http", 11400);
    ck_assert_double_eq(json_number(l4, "balancer.added_latency_us.p50"), 600);
    ck_assert_double_eq(json_number(l4, "balancer.added_latency_us.chance"), 160);
    ck_assert_double_eq(json_number(l7, "balancer.added_latency_us.chance"), 160);
    cJSON_Delete(run);
}
END_TEST

START_TEST(what_was_expected_to_break_and_did_has_findings_and_no_problems)
{
    struct scenario s = {.require = {.latency_ms = SCENARIO_UNSET, .percentile = 50}};
    cJSON *row = row_of(4, 10, 5, 6);

    result_expect_broken(row, &s);
    ck_assert_int_eq(problems(row), 0);
    ck_assert_int_eq(cJSON_GetArraySize(json_at(row, "findings")), 3); /* and 2 twice, 4 back */
    cJSON_Delete(row);
}
END_TEST

START_TEST(statuses_that_refused_are_named_with_how_often)
{
    struct scenario s = {.require = {.latency_ms = SCENARIO_UNSET, .percentile = 50}};
    cJSON *row = cJSON_Parse("{\"id\":\"x\",\"problems\":[\"/ws: 426 Upgrade Required\"],\"raw\":{"
                             "\"refused\":{\"504\":1,\"502\":68,\"426\":1}}}");

    result_expect_broken(row, &s);
    ck_assert_int_eq(cJSON_GetArraySize(json_at(row, "findings")), 3);
    ck_assert_str_eq(cJSON_GetArrayItem(json_at(row, "findings"), 1)->valuestring,
                     "once 504 Gateway Timeout");
    ck_assert_str_eq(cJSON_GetArrayItem(json_at(row, "findings"), 2)->valuestring,
                     "68 times 502 Bad Gateway");
    cJSON_Delete(row);
}
END_TEST

/* Nothing at all is wrong with it but what the scenario requires. */
static cJSON *sound_row(void)
{
    return cJSON_Parse("{\"id\":\"x\",\"problems\":[],\"latency_us\":{\"p50\":1500}}");
}

START_TEST(what_was_expected_to_break_and_did_not_has_a_problem)
{
    struct scenario s = {.require = {.latency_ms = 2, .percentile = 50}};
    cJSON *row = sound_row();

    result_expect_broken(row, &s);
    ck_assert_int_eq(problems(row), 1);
    ck_assert_int_eq(cJSON_GetArraySize(json_at(row, "findings")), 0);
    cJSON_Delete(row);
}
END_TEST

START_TEST(a_requirement_that_is_not_met_is_a_finding)
{
    struct scenario s = {.require = {.latency_ms = 1, .percentile = 50}};
    cJSON *row = sound_row();

    result_expect_broken(row, &s);
    ck_assert_int_eq(problems(row), 0);
    ck_assert_str_eq(cJSON_GetArrayItem(json_at(row, "findings"), 0)->valuestring,
                     "latency p50 1.50 ms, required 1.00 ms");
    cJSON_Delete(row);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("result_balancer");
    TCase *t = tcase_create("rows");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_test(t, both_sides_are_counted);
    tcase_add_test(t, servers_are_described_one_by_one);
    tcase_add_test(t, bytes_added_are_told_by_where_they_were_added);
    tcase_add_test(t, a_layer_4_balancer_that_makes_another_number_of_connections_is_a_problem);
    tcase_add_test(t, what_the_servers_share_has_its_own_account);
    tcase_add_test(t, without_an_outage_there_is_no_longest_one);
    tcase_add_test(t, where_nothing_stands_between_the_clients_links_are_the_servers);
    tcase_add_test(t, layer_7_and_death_free_the_servers_from_what_clients_opened);
    tcase_add_test(t, latency_is_compared_with_the_direct_row_of_the_transport);
    tcase_add_test(t, each_repeat_is_compared_with_the_direct_row_of_its_own);
    tcase_add_test(t, what_dns_adds_is_what_chance_adds);
    tcase_add_test(t, what_was_expected_to_break_and_did_has_findings_and_no_problems);
    tcase_add_test(t, statuses_that_refused_are_named_with_how_often);
    tcase_add_test(t, what_was_expected_to_break_and_did_not_has_a_problem);
    tcase_add_test(t, a_requirement_that_is_not_met_is_a_finding);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
