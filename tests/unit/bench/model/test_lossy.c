/* Updates over links that do more than delay, against figures worked out by hand. */
#include <check.h>
#include <math.h>

#include "bench/model/predict.h"

#define MS 1e3

static void is_about(double value, double expected, double share)
{
    ck_assert_msg(fabs(value - expected) <= share * expected, "%g is not about %g", value,
                  expected);
}

static struct predict_question pushed(const char *effect)
{
    return (struct predict_question){
        .way = PREDICT_PUSH,
        .transport = TRANSPORT_WEBSOCKET,
        .pace = PREDICT_FIXED,
        .rate_hz = 1,
        .rtt_us = 50 * MS,
        .update_bytes = 194, /* and a frame's head of 4, and headers: 250 */
        .clients = 20,
        .link_effect = effect,
        .down = {.delay = {.delay_ns = 25000000}},
        .on_wire = true,
    };
}

/* 250 bytes at 1 Mbit/s take 2 ms: the twentieth client's packet leaves after 40. */
START_TEST(packets_of_an_update_queue_for_the_transmitter)
{
    struct predict_question q = pushed("the link limits the rate");

    q.down.rate_bps = 1000000;
    q.down.queue_bytes = 10000;
    is_about(predict(&q).latency_mean_us, 25 * MS + 21 * MS, 1e-3);
    is_about(predict(&q).latency_p50_us, 25 * MS + 20 * MS, 1e-3);
    is_about(predict(&q).latency_p99_us, 25 * MS + 40 * MS, 1e-3);
    is_about(predict(&q).age_mean_us, 500 * MS + 46 * MS, 1e-3);
    q.down.lines = 20; /* together they are as fast */
    q.down.rate_bps /= 20;
    q.down.queue_bytes /= 20;
    is_about(predict(&q).latency_p99_us, 25 * MS + 40 * MS, 1e-3);
}
END_TEST

START_TEST(what_overflows_a_queue_or_a_line_is_not_predicted)
{
    struct predict_question q = pushed("the link limits the rate");

    q.down.rate_bps = 1000000;
    q.down.queue_bytes = 2000;
    ck_assert_str_eq(predict(&q).why, q.link_effect);
    q.down.queue_bytes = 10000;
    q.rate_hz = 25;
    ck_assert_str_eq(predict(&q).why, q.link_effect);
}
END_TEST

/* Each link of its own: no packet waits for another's delay. 25 ms +- 10. */
START_TEST(jitter_is_the_delays_own_distribution)
{
    struct predict_question q = pushed("the link jitters");

    q.down.lines = 20;
    q.down.delay.jitter_ns = 10000000;
    is_about(predict(&q).latency_mean_us, 25 * MS, 0.01);
    is_about(predict(&q).latency_p90_us, 33 * MS, 0.01);
    is_about(predict(&q).latency_p99_us, 34.8 * MS, 0.01);
}
END_TEST

/* One in ten is lost. Alone on the connection it is sent again after R + 200 ms and up to an
 * eighth of that; of every ten of these one more time, twice as late. */
START_TEST(a_lost_update_waits_for_the_retransmission_timer)
{
    struct predict_question q = pushed("the link loses packets");
    double rto_us = 250 * MS * 1.0625;

    q.down.loss = loss_model_random(0.1);
    is_about(predict(&q).latency_p50_us, 25 * MS, 1e-6);
    is_about(predict(&q).latency_mean_us,
             25 * MS + 0.1 * rto_us + 0.01 * 2 * rto_us + 0.001 * 4 * rto_us, 0.05);
    q.down.loss = loss_model_random(0.02);
    ck_assert(predict(&q).latency_p99_us >= 275 * MS);
    ck_assert(predict(&q).latency_p99_us <= 275 * MS + 250 * MS / 8);
    ck_assert(isnan(predict(&q).wire_bytes_per_update));
}
END_TEST

/* 25 a second over 50 ms: the next one, 40 ms later, tells the server a round trip after it left;
 * the lost one arrives at 25 + 40 + 50 ms, and the next two have waited for it. */
START_TEST(a_lost_update_is_told_by_the_next_ones)
{
    struct predict_question q = pushed("the link loses packets");

    q.rate_hz = 25;
    q.down.loss = loss_model_random(0.02);
    is_about(predict(&q).latency_p99_us, 115 * MS, 0.02);
    is_about(predict(&q).latency_mean_us, 25 * MS + 0.02 * (90 + 50 + 10) * MS, 0.02);
}
END_TEST

/* At 1 Mbit/s a byte takes 8 us. */
START_TEST(polls_take_the_time_that_sending_takes)
{
    struct predict_question q = pushed(NULL);
    double plain_us, wire_bytes;

    q.way = PREDICT_SHORT_POLL;
    q.transport = TRANSPORT_SHORT_POLL;
    q.interval_us = 500 * MS;
    plain_us = predict(&q).latency_mean_us;
    wire_bytes = predict(&q).wire_bytes_per_update;
    q.link_effect = "the link limits the rate";
    q.down.rate_bps = 1000000;
    ck_assert_ptr_null(predict(&q).why);
    ck_assert(predict(&q).latency_mean_us > plain_us + 8 * 194);
    ck_assert(predict(&q).latency_mean_us < plain_us + 8 * wire_bytes);
    q.poll = PREDICT_PAUSE; /* a request's time is a part of the cycle, too */
    plain_us = predict(&q).latency_mean_us;
    q.up.rate_bps = 200000;
    ck_assert(predict(&q).latency_mean_us > plain_us + 40 * 50);
    q.up.rate_bps = 20000; /* twenty clients' requests, of some hundred bytes, keep it busy */
    ck_assert_str_eq(predict(&q).why, q.link_effect);
    q.up.rate_bps = 0;
    q.down.loss = loss_model_random(0.01);
    ck_assert_str_eq(predict(&q).why, q.link_effect);
}
END_TEST

/* All twenty are answered at once, as pushed updates are. */
START_TEST(answers_to_long_polls_queue)
{
    struct predict_question q = pushed("the link limits the rate");
    double one_us;

    q.way = PREDICT_LONG_POLL;
    q.transport = TRANSPORT_LONG_POLL;
    q.hold_us = 25000 * MS;
    q.down.rate_bps = 1000000;
    q.clients = 1;
    one_us = predict(&q).latency_mean_us - 25 * MS;
    ck_assert(one_us > 8 * 194);
    q.clients = 20;
    is_about(predict(&q).latency_mean_us, 25 * MS + 10.5 * one_us, 1e-3);
    is_about(predict(&q).latency_p99_us, 25 * MS + 20 * one_us, 0.03);
}
END_TEST

/* Evenly in (0, 100) ms, and evenly +-20: the mean stays, and from 80 ms on (120 - x)^2 / 8000 of
 * the values lie above x. */
START_TEST(jitter_is_added_to_what_polls_wait)
{
    struct predict_question q = pushed("the link jitters");

    q.way = PREDICT_SHORT_POLL;
    q.transport = TRANSPORT_SHORT_POLL;
    q.interval_us = 100 * MS;
    q.down.lines = q.up.lines = 20;
    q.down.delay.jitter_ns = 20000000;
    is_about(predict(&q).latency_mean_us, 25 * MS + 50 * MS, 1e-3);
    is_about(predict(&q).latency_p50_us, 25 * MS + 50 * MS, 2e-3);
    is_about(predict(&q).latency_p99_us, 25 * MS + (120 - sqrt(80)) * MS, 5e-3);
    is_about(predict(&q).latency_max_us, 25 * MS + 120 * MS, 0.01);
    is_about(predict(&q).age_mean_us, 500 * MS + 75 * MS, 1e-3);
    q.down.lines = q.up.lines = 1; /* they wait for each other's */
    ck_assert_str_eq(predict(&q).why, q.link_effect);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lossy");
    TCase *tc = tcase_create("lossy");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, packets_of_an_update_queue_for_the_transmitter);
    tcase_add_test(tc, what_overflows_a_queue_or_a_line_is_not_predicted);
    tcase_add_test(tc, jitter_is_the_delays_own_distribution);
    tcase_add_test(tc, a_lost_update_waits_for_the_retransmission_timer);
    tcase_add_test(tc, a_lost_update_is_told_by_the_next_ones);
    tcase_add_test(tc, polls_take_the_time_that_sending_takes);
    tcase_add_test(tc, answers_to_long_polls_queue);
    tcase_add_test(tc, jitter_is_added_to_what_polls_wait);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
