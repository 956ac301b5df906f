/* The model of more clients and other networks against closed forms worked out by hand. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "bench/base/json.h"
#include "bench/model/capacity_model.h"

#define MS 1e3

/* 100 clients, ten updates a second each, 10 µs of CPU and 250 bytes a piece. */
static const struct capacity_model_load hundred = {
    .clients = 100,
    .deliveries_hz = 1000,
    .cpu_us = 10,
    .bytes = 200,
    .wire_bytes = 250,
    .packets = 2,
    .requests = 1,
    .handshakes = 0.5,
    .memory_bytes = 4000,
    .memory_start_bytes = 7e6,
    .kernel_bytes = 8000,
    .question = {.way = PREDICT_PUSH, .rtt_us = 50 * MS, .interval_us = NAN},
    .sockets_per_client = 1,
};

static void is(double value, double expected)
{
    ck_assert_msg(fabs(value - expected) <= 1e-9 * fabs(expected), "%g is not %g", value, expected);
}

/* ---- more clients ---- */

START_TEST(the_clients_measured_take_what_was_measured)
{
    struct capacity_model_at at = capacity_model_at(&hundred, 100);

    is(at.cores, 0.01); /* 1,000 deliveries of 10 µs in a second */
    is(at.bandwidth_bps, 2e6);
    is(at.packets_hz, 2000);
    is(at.requests_hz, 1000);
    is(at.handshakes_hz, 500);
    is(at.memory_bytes, 7e6 + 400000);
    is(at.kernel_bytes, 800000);
    is(at.sockets, 100);
}
END_TEST

START_TEST(a_hundred_times_the_clients_take_a_hundred_times_as_much)
{
    struct capacity_model_at at = capacity_model_at(&hundred, 10000);

    is(at.cores, 1);
    is(at.bandwidth_bps, 2e8);
    is(at.memory_bytes, 7e6 + 4e7);
}
END_TEST

START_TEST(without_a_wire_its_bytes_are_those_of_the_application)
{
    struct capacity_model_load l = hundred;

    l.wire_bytes = NAN;
    is(capacity_model_at(&l, 100).bandwidth_bps, 8 * 200 * 1000);
}
END_TEST

/* However many updates there are: a poll every interval. */
START_TEST(short_polls_come_by_the_clock)
{
    struct capacity_model_load l = hundred;

    l.question.way = PREDICT_SHORT_POLL;
    l.question.interval_us = 250 * MS;
    is(capacity_model_at(&l, 1000).requests_hz, 4000);
    is(capacity_model_at(&l, 1000).handshakes_hz, 5000); /* kept: as measured */
    l.question.connect_rtts = 1;
    is(capacity_model_at(&l, 1000).handshakes_hz, 4000);
    l.question.poll = PREDICT_PAUSE; /* the answer's time comes on top: as measured */
    is(capacity_model_at(&l, 1000).requests_hz, 10000);
}
END_TEST

START_TEST(where_everybody_hears_everybody_deliveries_grow_with_the_square)
{
    struct capacity_model_load l = hundred;

    l.crowd = true;
    is(capacity_model_at(&l, 1000).deliveries_hz, 1000 * 100);
    is(capacity_model_at(&l, 1000).cores, 1);
    is(capacity_model_at(&l, 1000).memory_bytes, 7e6 + 4e6); /* but memory with the clients */
}
END_TEST

/* ---- other networks ---- */

static void rtt_is(const struct capacity_model_load *l, double measured_ms, double limit_ms,
                   bool upstream, double ms, bool at_least)
{
    struct capacity_model_rtt rtt =
        capacity_model_rtt_of_latency(l, measured_ms * MS, limit_ms * MS, upstream);

    is(rtt.us, ms * MS);
    ck_assert_int_eq(rtt.at_least, at_least);
}

START_TEST(a_pushed_update_takes_half_of_each_round_trip_more)
{
    rtt_is(&hundred, 30, 200, false, 50 + 2 * 170, false);
    rtt_is(&hundred, 30, 200, true, 50 + 170, false); /* and back */
}
END_TEST

/* Back in time here, none waits; with a longer round trip they may: 1.5 of it at worst. */
START_TEST(long_polls_pay_for_their_way_back_and_for_connecting)
{
    struct capacity_model_load l = hundred;

    l.question.way = PREDICT_LONG_POLL;
    rtt_is(&l, 25, 150, false, 100, true);
    rtt_is(&l, 81, 150, false, (150 - 6) / 1.5, true);
    l.question.connect_rtts = 1;
    rtt_is(&l, 75, 150, false, 60, true);
    l.question.connect_rtts = 0;
    l.posts = true; /* 1.5 up, 1.5 down */
    rtt_is(&l, 75, 150, true, 50, true);
}
END_TEST

START_TEST(short_polls_that_are_back_too_late_are_another_matter)
{
    struct capacity_model_load l = hundred;

    l.question.way = PREDICT_SHORT_POLL;
    l.question.interval_us = 100 * MS;
    rtt_is(&l, 125, 145, false, 90, false);
    ck_assert(isnan(capacity_model_rtt_of_latency(&l, 125 * MS, 200 * MS, false).us));
}
END_TEST

START_TEST(what_is_not_known_is_not_said)
{
    struct capacity_model_load l = hundred;

    l.question.rtt_us = NAN;
    ck_assert(isnan(capacity_model_rtt_of_latency(&l, 30 * MS, 200 * MS, false).us));
    l = hundred;
    l.question.way = PREDICT_NONE;
    ck_assert(isnan(capacity_model_rtt_of_latency(&l, 30 * MS, 200 * MS, false).us));
    l = hundred;
    l.question.link_effect = "the link loses packets";
    ck_assert(isnan(capacity_model_rtt_of_latency(&l, 30 * MS, 200 * MS, false).us));
    l = hundred;
    l.question.update_bytes = 64e3; /* takes more round trips than it shows on loopback */
    ck_assert(isnan(capacity_model_rtt_of_latency(&l, 30 * MS, 200 * MS, false).us));
}
END_TEST

/* ---- from a run ---- */

static const char run_text[] =
    "{\"link\":\"rtt=50ms\",\"link_details\":{\"rtt_ms\":50,\"spec\":\"delay=25ms,loss=1%\"},"
    "\"scenario\":{\"source\":{\"kind\":\"generator\",\"pattern\":\"fixed\",\"rate_hz\":10},"
    "\"send\":{\"workload\":\"inputs\"}},\"rows\":[{\"transport\":\"long-poll\","
    "\"connection\":\"close\",\"clients\":10,\"deliveries\":600,\"phases\":{\"window_ms\":6000},"
    "\"server_cpu_us_per_update\":7,\"bytes_per_update\":{\"payload\":100,\"framing\":20,"
    "\"wire\":null},\"upstream\":{\"messages\":5}}]}";

START_TEST(a_row_is_read_as_rates)
{
    cJSON *run = cJSON_Parse(run_text);
    struct capacity_model_load l =
        capacity_model_load_of(run, cJSON_GetArrayItem(json_at(run, "rows"), 0));

    is(l.deliveries_hz, 100);
    is(l.cpu_us, 7);
    is(l.bytes, 120);
    is(l.question.rtt_us, 50 * MS);
    is(l.question.connect_rtts, 1);
    is(l.sockets_per_client, 2); /* one to hear, one to post */
    ck_assert(isnan(l.wire_bytes));
    ck_assert(l.question.way == PREDICT_LONG_POLL && l.posts && l.crowd);
    cJSON_AddNumberToObject(cJSON_GetObjectItem(run, "scenario"), "room_size", 8);
    l = capacity_model_load_of(run, cJSON_GetArrayItem(json_at(run, "rows"), 0));
    ck_assert(!l.crowd);
    cJSON_Delete(run);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("outlook");
    TCase *t = tcase_create("outlook");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_test(t, the_clients_measured_take_what_was_measured);
    tcase_add_test(t, a_hundred_times_the_clients_take_a_hundred_times_as_much);
    tcase_add_test(t, without_a_wire_its_bytes_are_those_of_the_application);
    tcase_add_test(t, short_polls_come_by_the_clock);
    tcase_add_test(t, where_everybody_hears_everybody_deliveries_grow_with_the_square);
    tcase_add_test(t, a_pushed_update_takes_half_of_each_round_trip_more);
    tcase_add_test(t, long_polls_pay_for_their_way_back_and_for_connecting);
    tcase_add_test(t, what_is_not_known_is_not_said);
    tcase_add_test(t, short_polls_that_are_back_too_late_are_another_matter);
    tcase_add_test(t, a_row_is_read_as_rates);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
