/* The model of more clients and other networks against closed forms worked out by hand. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "bench/base/json.h"
#include "bench/result/capacity_model.h"

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
    .rtt_us = 50 * MS,
    .way = PREDICT_PUSH,
    .interval_us = NAN,
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
    is(capacity_model_clients_of_cores(&hundred, 1), 10000);
    is(capacity_model_clients_of_cores(&hundred, 0.01), 100);
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

    l.way = PREDICT_SHORT_POLL;
    l.interval_us = 250 * MS;
    is(capacity_model_at(&l, 1000).requests_hz, 4000);
    is(capacity_model_at(&l, 1000).handshakes_hz, 5000); /* kept: as measured */
    l.connect_rtts = 1;
    is(capacity_model_at(&l, 1000).handshakes_hz, 4000);
}
END_TEST

START_TEST(where_everybody_hears_everybody_deliveries_grow_with_the_square)
{
    struct capacity_model_load l = hundred;

    l.crowd = true;
    is(capacity_model_at(&l, 1000).deliveries_hz, 1000 * 100);
    is(capacity_model_at(&l, 1000).cores, 1);
    is(capacity_model_at(&l, 1000).memory_bytes, 7e6 + 4e6); /* but memory with the clients */
    is(capacity_model_clients_of_cores(&l, 1), 1000);
}
END_TEST

/* ---- fan-out ---- */

/* 900 clients more at 10 µs: the last waits 9 ms longer, the one at half 4.5. */
START_TEST(the_last_of_a_fan_out_waits_for_all_before)
{
    is(capacity_model_clients_of_latency(&hundred, 30 * MS, 1, 39 * MS), 1000);
    is(capacity_model_clients_of_latency(&hundred, 30 * MS, 0.5, 34.5 * MS), 1000);
}
END_TEST

START_TEST(short_polls_and_rooms_wait_for_nobody)
{
    struct capacity_model_load poll = hundred, rooms = hundred;

    poll.way = PREDICT_SHORT_POLL;
    rooms.rooms = true;
    ck_assert(isinf(capacity_model_clients_of_latency(&poll, 30 * MS, 1, 39 * MS)));
    ck_assert(isinf(capacity_model_clients_of_latency(&rooms, 30 * MS, 1, 39 * MS)));
}
END_TEST

/* ---- other networks ---- */

START_TEST(a_pushed_update_takes_half_of_each_round_trip_more)
{
    is(capacity_model_rtt_of_latency(&hundred, 30 * MS, 200 * MS, false), (50 + 2 * 170) * MS);
    is(capacity_model_rtt_of_latency(&hundred, 30 * MS, 200 * MS, true),
       (50 + 170) * MS); /* and back */
}
END_TEST

START_TEST(long_polls_pay_for_their_way_back_and_for_connecting)
{
    struct capacity_model_load l = hundred;

    l.way = PREDICT_LONG_POLL;
    is(capacity_model_rtt_of_latency(&l, 75 * MS, 150 * MS, false), 100 * MS);
    l.connect_rtts = 1;
    is(capacity_model_rtt_of_latency(&l, 75 * MS, 150 * MS, false), 80 * MS);
    l.connect_rtts = 0;
    l.posts = true; /* 1.5 up, 1.5 down */
    is(capacity_model_rtt_of_latency(&l, 75 * MS, 150 * MS, true), 75 * MS);
}
END_TEST

START_TEST(what_is_not_known_is_not_said)
{
    struct capacity_model_load l = hundred;

    l.rtt_us = NAN;
    ck_assert(isnan(capacity_model_rtt_of_latency(&l, 30 * MS, 200 * MS, false)));
    ck_assert(isnan(capacity_model_loss_of_latency(&l, 30 * MS, 200 * MS, 0.99)));
    l = hundred;
    l.way = PREDICT_NONE;
    ck_assert(isnan(capacity_model_rtt_of_latency(&l, 30 * MS, 200 * MS, false)));
    ck_assert(isnan(capacity_model_loss_of_latency(&l, 30 * MS, 200 * MS, 0.99)));
}
END_TEST

/* A segment comes again after 250 ms, in which 2.5 more updates of the client wait behind it: of
 * each packet lost 3.5 updates are late, and 1 in 100 may be. */
START_TEST(a_lost_packet_delays_its_update_and_those_behind)
{
    is(capacity_model_loss_of_latency(&hundred, 30 * MS, 200 * MS, 0.99), 0.01 / 3.5);
}
END_TEST

/* One poll a second, of two packets, or four when it connects. */
START_TEST(polls_are_exposed_on_the_way_there_too)
{
    struct capacity_model_load l = hundred;

    l.way = PREDICT_SHORT_POLL;
    l.interval_us = 1000 * MS;
    is(capacity_model_loss_of_latency(&l, 500 * MS, 600 * MS, 0.9), 0.1 / (2 * 1.25));
    l.connect_rtts = 1;
    is(capacity_model_loss_of_latency(&l, 500 * MS, 600 * MS, 0.9), 0.1 / (4 * 1.25));
}
END_TEST

START_TEST(loss_that_a_limit_has_room_for_breaks_nothing)
{
    struct capacity_model_load l = hundred;

    ck_assert(isnan(capacity_model_loss_of_latency(&l, 30 * MS, 300 * MS, 0.99)));
    l.lossy = true; /* what was measured holds it already */
    ck_assert(isnan(capacity_model_loss_of_latency(&l, 30 * MS, 200 * MS, 0.99)));
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
    is(l.rtt_us, 50 * MS);
    is(l.connect_rtts, 1);
    is(l.sockets_per_client, 2); /* one to hear, one to post */
    ck_assert(isnan(l.wire_bytes));
    ck_assert(l.way == PREDICT_LONG_POLL && l.posts && l.crowd && l.lossy && !l.rooms);
    cJSON_AddNumberToObject(cJSON_GetObjectItem(run, "scenario"), "room_size", 8);
    l = capacity_model_load_of(run, cJSON_GetArrayItem(json_at(run, "rows"), 0));
    ck_assert(l.rooms && !l.crowd);
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
    tcase_add_test(t, the_last_of_a_fan_out_waits_for_all_before);
    tcase_add_test(t, short_polls_and_rooms_wait_for_nobody);
    tcase_add_test(t, a_pushed_update_takes_half_of_each_round_trip_more);
    tcase_add_test(t, long_polls_pay_for_their_way_back_and_for_connecting);
    tcase_add_test(t, what_is_not_known_is_not_said);
    tcase_add_test(t, a_lost_packet_delays_its_update_and_those_behind);
    tcase_add_test(t, polls_are_exposed_on_the_way_there_too);
    tcase_add_test(t, loss_that_a_limit_has_room_for_breaks_nothing);
    tcase_add_test(t, a_row_is_read_as_rates);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
