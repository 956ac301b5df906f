/* The model against figures worked out by hand, and against a simulation that knows none of its
 * formulas: updates and polls, one after the other. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/model/predict.h"
#include "lib/base/rng.h"

#define MS 1e3

static const struct predict_question ten_hz = {.way = PREDICT_PUSH,
                                               .pace = PREDICT_FIXED,
                                               .rate_hz = 10,
                                               .interval_us = 1000 * MS,
                                               .hold_us = 25000 * MS};

static void is_about(double value, double expected, double share)
{
    ck_assert_msg(fabs(value - expected) <= share * fabs(expected) + 1e-9, "%g is not about %g",
                  value, expected);
}

static void is(double value, double expected)
{
    is_about(value, expected, 1e-9);
}

START_TEST(push_takes_half_a_round_trip_and_asks_nothing)
{
    struct predict_question q = ten_hz;
    struct predict_answer a;

    q.rtt_us = 50 * MS;
    a = predict(&q);
    is(a.latency_mean_us, 25 * MS);
    is(a.latency_max_us, 25 * MS);
    is(a.age_mean_us, 75 * MS); /* d + T/2 */
    is(a.requests_per_update, 0);
    is(a.handshakes_per_update, 0);
    ck_assert(isnan(a.empty_response_ratio)); /* there are no responses */
}
END_TEST

START_TEST(age_of_a_poisson_source_is_a_whole_gap)
{
    struct predict_question q = ten_hz;

    q.pace = PREDICT_POISSON;
    is(predict(&q).age_mean_us, 100 * MS);
}
END_TEST

/* 1 s of every 5: five gaps' worth of rate in one, so 50 updates 20 ms apart, then 4.02 s. */
START_TEST(age_of_bursts_is_mostly_the_pause)
{
    struct predict_question q = ten_hz;

    q.pace = PREDICT_BURSTS;
    q.burst_on_us = 1000 * MS;
    q.burst_off_us = 4000 * MS;
    is(predict(&q).age_mean_us, (49 * 20 * MS * 20 * MS + 4020 * MS * 4020 * MS) / (2 * 5000 * MS));
}
END_TEST

START_TEST(short_poll_waits_half_an_interval_and_shares_requests)
{
    struct predict_question q = ten_hz;
    struct predict_answer a;

    q.way = PREDICT_SHORT_POLL;
    a = predict(&q);
    is(a.latency_mean_us, 500 * MS);
    is(a.latency_max_us, 1000 * MS);
    is(a.age_mean_us, 550 * MS);
    is(a.requests_per_update, 0.1);
    is(a.empty_response_ratio, 0);
    is(a.handshakes_per_update, 0);
    q.connect_rtts = 1;
    q.rtt_us = 50 * MS;
    a = predict(&q);
    is(a.latency_mean_us, 525 * MS); /* the handshake shifts the poll: it delays no update */
    is(a.handshakes_per_update, 0.1);
}
END_TEST

START_TEST(short_poll_comes_back_empty_when_updates_are_rare)
{
    struct predict_question q = ten_hz;

    q.way = PREDICT_SHORT_POLL;
    q.interval_us = 25 * MS;
    is(predict(&q).empty_response_ratio, 0.75);
    is(predict(&q).requests_per_update, 4);
    q.pace = PREDICT_POISSON;
    is(predict(&q).empty_response_ratio, exp(-0.25));
}
END_TEST

START_TEST(short_poll_cannot_ask_faster_than_the_link_answers)
{
    struct predict_question q = ten_hz;

    q.way = PREDICT_SHORT_POLL;
    q.interval_us = 10 * MS;
    q.rtt_us = 40 * MS;
    is(predict(&q).latency_mean_us, 20 * MS + 20 * MS);
    is(predict(&q).requests_per_update, 100.0 / 40);
    q.connect_rtts = 1;
    is(predict(&q).requests_per_update, 100.0 / 80);
}
END_TEST

START_TEST(long_poll_takes_one_transit_when_it_is_back_in_time_rfc6202_2_2)
{
    struct predict_question q = ten_hz;
    struct predict_answer a;

    q.way = PREDICT_LONG_POLL;
    q.rtt_us = 50 * MS;
    a = predict(&q);
    is(a.latency_mean_us, 25 * MS);
    is(a.latency_max_us, 25 * MS);
    is_about(a.age_mean_us, 75 * MS, 1e-3);
    is(a.requests_per_update, 1);
    is(a.empty_response_ratio, 0);
    ck_assert_ptr_null(a.why);
}
END_TEST

/* Away for as long as the gap, or a little less: a millisecond decides whether an update is sent
 * at once or waits for a whole gap. Seen at 25/s over 40 ms: means of 35 to 43 ms. */
START_TEST(long_poll_just_back_for_the_next_is_chance)
{
    static const struct {
        double rate_hz, rtt_ms, connect_rtts;
    } at[] = {{25, 40, 0}, {50, 20, 0}, {5, 200, 0}, {10, 50, 1}, {25, 39.5, 0}, {50, 40, 0}};
    struct predict_question q = ten_hz;
    struct predict_answer a;

    q.way = PREDICT_LONG_POLL;
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        q.rate_hz = at[i].rate_hz;
        q.rtt_us = at[i].rtt_ms * MS;
        q.connect_rtts = at[i].connect_rtts;
        a = predict(&q);
        ck_assert(isnan(a.latency_mean_us) && isnan(a.latency_max_us) && isnan(a.age_mean_us));
        ck_assert_ptr_nonnull(strstr(a.why, "chance"));
    }
}
END_TEST

/* 64 KB over 100 ms: 50 ms by the model without TCP, 251 ms measured. */
START_TEST(more_than_the_first_flight_has_no_prediction)
{
    for (int way = PREDICT_SHORT_POLL; way <= PREDICT_PUSH; way++) {
        struct predict_question q = ten_hz;

        q.way = way;
        q.update_bytes = 64e3;
        ck_assert(!isnan(predict(&q).latency_mean_us)); /* loopback has no round trips */
        q.rtt_us = 30 * MS;
        ck_assert(isnan(predict(&q).latency_mean_us));
        ck_assert_ptr_nonnull(strstr(predict(&q).why, "first flight"));
        q.update_bytes = 165;
        ck_assert(!isnan(predict(&q).latency_mean_us));
    }
}
END_TEST

START_TEST(what_an_answer_gathers_counts_together)
{
    struct predict_question q = ten_hz;

    q.way = PREDICT_SHORT_POLL;
    q.rtt_us = 30 * MS;
    q.update_bytes = 2000; /* 10 of them in an interval */
    ck_assert_ptr_nonnull(strstr(predict(&q).why, "first flight"));
    is(predict(&q).requests_per_update, 0.1); /* polls leave by the clock */
    q.way = PREDICT_PUSH;
    ck_assert_ptr_null(predict(&q).why);
}
END_TEST

START_TEST(a_few_short_polls_keep_step_with_the_updates)
{
    struct predict_question q = ten_hz;

    q.way = PREDICT_SHORT_POLL;
    q.rate_hz = 1;
    q.clients = 1;
    ck_assert_ptr_nonnull(strstr(predict(&q).why, "chance"));
    q.clients = 50;
    is(predict(&q).latency_mean_us, 500 * MS);
}
END_TEST

START_TEST(short_polls_that_follow_one_another_do_so_together)
{
    struct predict_question q = ten_hz;

    q.way = PREDICT_SHORT_POLL;
    q.rate_hz = 1;
    q.clients = 50;
    q.interval_us = q.rtt_us = 200 * MS;
    ck_assert_ptr_nonnull(strstr(predict(&q).why, "chance"));
    is(predict(&q).requests_per_update, 5);
    q.rtt_us = 190 * MS;
    is(predict(&q).latency_mean_us, 195 * MS);
    q.rtt_us = 200 * MS;
    q.pace = PREDICT_POISSON; /* of these each finds another moment */
    is(predict(&q).latency_mean_us, 200 * MS);
}
END_TEST

START_TEST(long_poll_takes_three_transits_at_worst_rfc6202_2_2)
{
    struct predict_question q = ten_hz;

    q.way = PREDICT_LONG_POLL;
    q.rtt_us = 50 * MS;
    q.pace = PREDICT_POISSON;
    is(predict(&q).latency_max_us, 3 * 25 * MS);
    q.pace = PREDICT_FIXED;
    q.rate_hz = 100;
    is(predict(&q).latency_max_us, 3 * 25 * MS);
    is(predict(&q).latency_mean_us, 2 * 25 * MS);
    is(predict(&q).requests_per_update, 1.0 / 5); /* five updates share an answer */
    is(predict(&q).age_mean_us, 25 * MS + 5 * MS + 25 * MS);
}
END_TEST

START_TEST(long_poll_is_away_for_its_random_wait_too)
{
    struct predict_question q = ten_hz;
    struct predict_answer a;

    q.way = PREDICT_LONG_POLL;
    q.rate_hz = 100;
    q.rtt_us = 50 * MS;
    q.pause_us = 10 * MS;
    a = predict(&q);
    is_about(a.latency_mean_us, 25 * MS + 55 * MS / 2, 0.03);
    is(a.latency_max_us, 25 * MS + 60 * MS);
    is_about(a.requests_per_update, 10.0 / 55, 0.01);
    q.rate_hz = 10; /* back in time for each */
    is(predict(&q).latency_max_us, 25 * MS);
}
END_TEST

START_TEST(long_poll_asks_again_when_the_hold_is_over)
{
    struct predict_question q = ten_hz;

    q.way = PREDICT_LONG_POLL;
    q.rate_hz = 0.1;
    q.hold_us = 4000 * MS;
    is(predict(&q).requests_per_update, 3); /* 4 + 4 + 2 of 10 s */
    is(predict(&q).empty_response_ratio, 2.0 / 3);
    q.pace = PREDICT_POISSON;
    is(predict(&q).empty_response_ratio, exp(-0.4));
}
END_TEST

/* 50 updates 20 ms apart, then a pause: away for 50 ms, so that about 21 polls take them,
 * after 30, 10, 40, 20 and 0 ms, again and again. */
START_TEST(long_poll_on_bursts_gathers_within_them)
{
    struct predict_question q = ten_hz;

    q.way = PREDICT_LONG_POLL;
    q.pace = PREDICT_BURSTS;
    q.burst_on_us = 1000 * MS;
    q.burst_off_us = 4000 * MS;
    is(predict(&q).requests_per_update, 1);
    q.rtt_us = 50 * MS;
    is_about(predict(&q).requests_per_update, 21.0 / 50, 0.02);
    is_about(predict(&q).latency_mean_us, 25 * MS + 20 * MS, 0.03);
}
END_TEST

START_TEST(server_delay_adds_to_every_latency)
{
    for (int way = PREDICT_SHORT_POLL; way <= PREDICT_PUSH; way++) {
        struct predict_question q = ten_hz;
        double without;

        q.way = way;
        without = predict(&q).latency_mean_us;
        q.delay_us = 50 * MS;
        is(predict(&q).latency_mean_us, without + 50 * MS);
    }
}
END_TEST

START_TEST(unknown_link_leaves_requests_known)
{
    struct predict_question q = ten_hz;

    q.way = PREDICT_SHORT_POLL;
    q.rtt_us = NAN;
    ck_assert(isnan(predict(&q).latency_mean_us));
    is(predict(&q).requests_per_update, 0.1);
    q.way = PREDICT_NONE;
    ck_assert(isnan(predict(&q).requests_per_update));
}
END_TEST

/* ---- a simulation ---- */

struct sums {
    double updates, polls, empty, latency_us, age_area_us2, span_us;
};

/* What computers and link take beside the round trip, on average. */
#define MACHINE_US (0.4 * MS)

/* Polls as they go over a link: an answer leaves the server at ask_us, takes what is there, and the
 * next request is at the server away_us later; it is held for hold_us. */
static void simulate_long_poll(struct sums *s, const struct predict_question *q, double away_us,
                               uint64_t seed)
{
    struct rng rng;
    double ask_us = 0, next_us = 0, newest_us = 0, gap_us = 1e6 / q->rate_hz;
    bool fixed = q->pace == PREDICT_FIXED;

    rng_seed(&rng, seed);
    *s = (struct sums){0};
    if (fixed) { /* the client begins at any moment after one update, and gets the next */
        ask_us = rng_uniform(&rng) * gap_us;
        next_us = gap_us;
    }
    while (s->updates < (fixed ? q->rate_hz * q->window_us / 1e6 : 300000)) {
        double answer_us = next_us > ask_us ? next_us : ask_us, held_us = newest_us;
        int took = 0;

        if (answer_us > ask_us + q->hold_us)
            answer_us = ask_us + q->hold_us;
        for (; next_us <= answer_us; took++) {
            s->latency_us += answer_us - next_us;
            newest_us = next_us;
            next_us += fixed ? gap_us : rng_exponential(&rng, gap_us);
        }
        s->age_area_us2 += (answer_us - s->span_us) * ((answer_us + s->span_us) / 2 - held_us);
        s->span_us = answer_us;
        s->updates += took;
        s->polls++;
        s->empty += took == 0;
        ask_us = answer_us + away_us + (fixed ? rng_exponential(&rng, MACHINE_US) : 0);
    }
}

/* Every client's mean in a window of 6 s: where a latency is named, all of them are near it. */
START_TEST(long_poll_at_a_fixed_pace_is_what_a_simulation_gives_or_not_named)
{
    static const double rates_hz[] = {1, 5, 10, 25, 50, 100};
    int named = 0, all = 0;

    for (size_t r = 0; r < sizeof rates_hz / sizeof *rates_hz; r++)
        for (int rtt_ms = 0; rtt_ms <= 300; rtt_ms += 5)
            for (int connect = 0; connect <= 1; connect++, all++) {
                struct predict_question q = ten_hz;
                struct predict_answer a;
                struct sums s;

                q.way = PREDICT_LONG_POLL;
                q.rate_hz = rates_hz[r];
                q.rtt_us = rtt_ms * MS;
                q.connect_rtts = connect;
                q.window_us = 6000 * MS;
                a = predict(&q);
                ck_assert_int_eq(isnan(a.latency_mean_us), a.why != NULL);
                named += a.why == NULL;
                for (uint64_t client = 1; a.why == NULL && client <= 20; client++) {
                    simulate_long_poll(&s, &q, q.rtt_us * (1 + connect), client);
                    ck_assert_msg(fabs(q.rtt_us / 2 + s.latency_us / s.updates -
                                       a.latency_mean_us) <= 0.2 * a.latency_mean_us + MS,
                                  "%g/s over %d ms, %d: %g, not %g ms", q.rate_hz, rtt_ms, connect,
                                  (q.rtt_us / 2 + s.latency_us / s.updates) / MS,
                                  a.latency_mean_us / MS);
                    is_about(a.requests_per_update, s.polls / s.updates, 0.25);
                }
            }
    ck_assert_int_ge(named, all * 2 / 3); /* or it says nothing */
}
END_TEST

/* ---- run.json ---- */

#define RUN(link, source)                                                                          \
    "{" link ",\"scenario\":{\"source\":{" source "},\"server\":{\"max_hold_ms\":30000,"           \
    "\"test_delay_ms\":0}},\"rows\":[{\"transport\":\"long-poll\",\"connection\":\"close\","       \
    "\"hold_ms\":60000,\"interval_ms\":null,\"published\":40,\"phases\":{\"window_ms\":2000}}]}"
#define FIXED "\"kind\":\"generator\",\"pattern\":\"fixed\",\"rate_hz\":10"

static struct predict_question question(const char *text)
{
    cJSON *run = cJSON_Parse(text);
    struct predict_question q;

    ck_assert_ptr_nonnull(run);
    q = predict_question_of(run, json_at(run, "rows")->child);
    cJSON_Delete(run);
    return q;
}

START_TEST(question_comes_from_the_run)
{
    struct predict_question q = question(RUN("\"link\":\"loopback\"", FIXED));

    ck_assert_int_eq(q.way, PREDICT_LONG_POLL);
    ck_assert_int_eq(q.pace, PREDICT_FIXED);
    is(q.rtt_us, 0);
    is(q.connect_rtts, 1);
    is(q.hold_us, 30000 * MS); /* the server's limit */
    q = question(RUN("\"link\":\"4g\",\"link_details\":{\"rtt_ms\":50}", FIXED));
    is(q.rtt_us, 50 * MS);
    ck_assert_ptr_null(q.link_effect);
    q = question(RUN("\"link_details\":{\"rtt_ms\":50,\"spec\":\"delay=25ms,loss=1%\"}", FIXED));
    ck_assert_str_eq(predict(&q).why, "the link loses packets");
    is(q.window_us, 2000 * MS);
    q = question(RUN("\"link\":\"loopback\"", FIXED ",\"payload_bytes\":65536"));
    is_about(q.update_bytes, 65576, 0.01);
    q = question(RUN("\"link\":\"loopback\"", FIXED "},\"tls\":true,\"x\":{"));
    is(q.connect_rtts, 2); /* TCP, TLS 1.3 */
    q = question(RUN("\"link\":\"the office\"", FIXED));
    ck_assert(isnan(q.rtt_us));
    q = question(RUN("\"link\":\"loopback\"", "\"kind\":\"trace\",\"rate_hz\":10"));
    ck_assert_int_eq(q.pace, PREDICT_UNKNOWN);
    is(q.rate_hz, 20); /* as measured */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("predict");
    TCase *tc = tcase_create("predict");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, push_takes_half_a_round_trip_and_asks_nothing);
    tcase_add_test(tc, age_of_a_poisson_source_is_a_whole_gap);
    tcase_add_test(tc, age_of_bursts_is_mostly_the_pause);
    tcase_add_test(tc, short_poll_waits_half_an_interval_and_shares_requests);
    tcase_add_test(tc, short_poll_comes_back_empty_when_updates_are_rare);
    tcase_add_test(tc, short_poll_cannot_ask_faster_than_the_link_answers);
    tcase_add_test(tc, long_poll_takes_one_transit_when_it_is_back_in_time_rfc6202_2_2);
    tcase_add_test(tc, long_poll_takes_three_transits_at_worst_rfc6202_2_2);
    tcase_add_test(tc, long_poll_is_away_for_its_random_wait_too);
    tcase_add_test(tc, long_poll_asks_again_when_the_hold_is_over);
    tcase_add_test(tc, long_poll_on_bursts_gathers_within_them);
    tcase_add_test(tc, long_poll_just_back_for_the_next_is_chance);
    tcase_add_test(tc, more_than_the_first_flight_has_no_prediction);
    tcase_add_test(tc, what_an_answer_gathers_counts_together);
    tcase_add_test(tc, a_few_short_polls_keep_step_with_the_updates);
    tcase_add_test(tc, short_polls_that_follow_one_another_do_so_together);
    tcase_add_test(tc, long_poll_at_a_fixed_pace_is_what_a_simulation_gives_or_not_named);
    tcase_add_test(tc, server_delay_adds_to_every_latency);
    tcase_add_test(tc, unknown_link_leaves_requests_known);
    tcase_add_test(tc, question_comes_from_the_run);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
