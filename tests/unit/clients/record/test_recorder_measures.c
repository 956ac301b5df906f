#include <math.h>
#include <check.h>
#include <stddef.h>
#include <stdlib.h>

#include "tests/unit/clients/record/recorder_fixture.h"

/* ---- counters, latency, timeline ---- */

START_TEST(recorder_counts_for_the_run_and_for_the_window)
{
    RECORDER_COUNT(&r, WINDOW_START_NS - 1, requests, 1);
    RECORDER_COUNT(&r, WINDOW_START_NS, requests, 1);
    RECORDER_COUNT(&r, WINDOW_END_NS - 1, requests, 1);
    RECORDER_COUNT(&r, WINDOW_END_NS, requests, 1);
    RECORDER_COUNT(&r, WINDOW_START_NS, bytes_out, 500);
    ck_assert_uint_eq(r.whole.requests, 4);
    ck_assert_uint_eq(r.window.requests, 2);
    ck_assert_uint_eq(r.window.bytes_out, 500);
    ck_assert_uint_eq(r.window.responses, 0);
}
END_TEST

START_TEST(recorder_has_no_window_until_it_is_set)
{
    drop();
    ck_assert_int_eq(recorder_init(&r, 1, 0, 1), PL_OK);
    ck_assert(!recorder_in_window(&r, 0));
    ck_assert(!recorder_in_window(&r, WINDOW_START_NS));
    ck_assert_int_eq(update(0, 150), RECEIPT_NEW);
    ck_assert_uint_eq(r.delivered, 0);
    ck_assert_uint_eq(r.whole.deliveries, 1);
    ck_assert_int_eq(r.recent_us.total_count, 1);
}
END_TEST

START_TEST(recorder_latency_is_rounded_to_the_nearest_microsecond)
{
    static const struct {
        int64_t latency_ns, us;
    } cases[] = {{0, 0}, {499, 0}, {500, 1}, {1499, 1}, {1500, 2}, {1999500, 2000}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t t_ns = WINDOW_START_NS + (int64_t)i;

        update_at(0, 101 + i, t_ns, t_ns + cases[i].latency_ns);
        ck_assert_int_eq(hdr_max(&r.latency_us), cases[i].us);
    }
    ck_assert_uint_eq(r.latency_clamped, 0);
}
END_TEST

START_TEST(recorder_counts_impossible_latencies)
{
    update_at(0, 101, WINDOW_START_NS + 5000, WINDOW_START_NS);
    update_at(0, 102, WINDOW_START_NS, WINDOW_START_NS + 3601 * NS_PER_S);
    ck_assert_uint_eq(r.latency_clamped, 2);
    ck_assert_int_eq(r.latency_us.total_count, 2);
}
END_TEST

START_TEST(recorder_survives_impossible_publish_times)
{
    update_at(0, 1, INT64_MIN, WINDOW_START_NS);
    update_at(0, 2, -1, WINDOW_START_NS);
    update_at(0, 3, 0, WINDOW_START_NS);
    update_at(0, 4, INT64_MAX, WINDOW_START_NS);
    update_at(0, 5, INT64_MAX, 0);
    finish();
}
END_TEST

START_TEST(recorder_recent_covers_every_phase_until_reset)
{
    update(0, 50);
    update(0, 150);
    ck_assert_int_eq(r.recent_us.total_count, 2);
    ck_assert_int_eq(hdr_value_at_percentile(&r.recent_us, 50), DELAY_NS / NS_PER_US);
    hdr_reset(&r.recent_us);
    ck_assert_int_eq(r.recent_us.total_count, 0);
    ck_assert_int_eq(r.latency_us.total_count, 1);
}
END_TEST

START_TEST(recorder_counts_what_was_due_in_the_window_and_not_sent_in_it)
{
    recorder_request_sent(&r, WINDOW_START_NS - 1, WINDOW_START_NS); /* due before */
    recorder_request_sent(&r, WINDOW_START_NS, WINDOW_END_NS - 1);
    ck_assert_uint_eq(r.unsent_requests, 0);
    recorder_request_sent(&r, WINDOW_START_NS, WINDOW_END_NS);
    recorder_request_sent(&r, WINDOW_END_NS - 1, WINDOW_END_NS + 1);
    recorder_request_sent(&r, WINDOW_END_NS, WINDOW_END_NS + 1); /* due after */
    ck_assert_uint_eq(r.unsent_requests, 2);
}
END_TEST

START_TEST(recorder_request_lateness_belongs_to_the_window_it_was_due_in)
{
    recorder_request_late(&r, WINDOW_START_NS - 1, WINDOW_START_NS + NS_PER_MS);
    recorder_request_late(&r, WINDOW_START_NS, WINDOW_START_NS + 70 * NS_PER_US);
    recorder_request_late(&r, WINDOW_END_NS - 1, WINDOW_END_NS - 1);
    ck_assert_int_eq(r.request_late_us.total_count, 2);
    ck_assert_int_eq(hdr_max(&r.request_late_us), 70);
    ck_assert_int_eq(hdr_min(&r.request_late_us), 0);
}
END_TEST

START_TEST(recorder_timer_lateness_belongs_to_the_window_it_was_due_in)
{
    recorder_timer_late(&r, WINDOW_START_NS - 1, WINDOW_START_NS + NS_PER_MS);
    recorder_timer_late(&r, WINDOW_START_NS, WINDOW_START_NS + 70 * NS_PER_US);
    recorder_timer_late(&r, WINDOW_END_NS - 1, WINDOW_END_NS + NS_PER_S);
    ck_assert_int_eq(r.timer_late_us.total_count, 2);
    ck_assert_int_eq(hdr_min(&r.timer_late_us), 70);
    ck_assert_int_ge(hdr_max(&r.timer_late_us), 1000000);
}
END_TEST

START_TEST(recorder_timeline_draws_few_clients_until_it_is_full)
{
    update(0, 100); /* before the window */
    update(1, 101); /* not drawn */
    updates(0, 101, 140);
    update(0, 120); /* a duplicate */
    ck_assert_uint_eq(r.timeline_len, 16);
    ck_assert_uint_eq(r.timeline[0].client, 0);
    ck_assert_int_eq(r.timeline[0].published_ns, 101 * NS_PER_MS);
    ck_assert_int_eq(r.timeline[15].received_ns, 116 * NS_PER_MS + DELAY_NS);
}
END_TEST

/* ---- age of information, against closed forms (all in µs) ---- */

/* NAN: there is none. */
static void assert_number(double is, double expected)
{
    if (isnan(expected))
        ck_assert_double_nan(is);
    else
        ck_assert_double_eq_tol(is, expected, 1e-6);
}

static void assert_age(double mean_us, double peak_us, double max_us)
{
    finish();
    assert_number(recorder_age_mean_us(&r), mean_us);
    assert_number(recorder_age_peak_us(&r), peak_us);
    assert_number(recorder_age_max_us(&r), max_us);
}

/* Period T, delay d: the age rises from d to d + T, again and again. The window is a whole
 * number of periods, so its phase doesn't matter. */
START_TEST(recorder_age_of_periodic_updates_is_d_plus_half_t)
{
    updates(0, 90, 220);
    assert_age(250 + 1000 / 2.0, 250 + 1000, 250 + 1000);
    ck_assert_int_eq(r.age_time_ns, WINDOW_END_NS - WINDOW_START_NS);
    ck_assert_uint_eq(r.peak_count, WINDOW_UPDATES);
}
END_TEST

/* Polled every 10 ms: all but the newest of a batch are old news. d = delay of the newest. */
START_TEST(recorder_age_of_batches_counts_only_the_newest)
{
    for (uint64_t batch = 80; batch < 230; batch += 10)
        for (uint64_t seq = batch + 1; seq <= batch + 10; seq++)
            update_at(0, seq, (int64_t)seq * NS_PER_MS, (int64_t)(batch + 10) * NS_PER_MS + 500);
    assert_age(0.5 + 10000 / 2.0, 0.5 + 10000, 0.5 + 10000);
    ck_assert_uint_eq(r.peak_count, 10);
}
END_TEST

/* Held from before the window, nothing in it: one trapezoid, and no peak that ended. */
START_TEST(recorder_age_of_a_silent_window_rises_to_its_end)
{
    update(0, 61); /* 40 ms old at the start, 140 ms at the end */
    assert_age((40000 + 140000) / 2.0, NAN, 140000);
    ck_assert_uint_eq(r.peak_count, 0);
}
END_TEST

/* One update in the middle, without delay: 50 ms rising from 40 ms, then 50 ms from 0. */
START_TEST(recorder_age_includes_what_was_held_before_and_what_follows_the_last)
{
    update(0, 61);
    update_at(0, 151, 151 * NS_PER_MS, 151 * NS_PER_MS);
    assert_age(((40000 + 90000) / 2.0 + (0 + 50000) / 2.0) / 2, 90000, 90000);
    assert_age(((40000 + 90000) / 2.0 + (0 + 50000) / 2.0) / 2, 90000, 90000); /* again */
}
END_TEST

START_TEST(recorder_age_begins_with_the_first_update_held)
{
    recorder_join(&r, &tracks[0], 100, 0);
    update_at(0, 101, 101 * NS_PER_MS, 151 * NS_PER_MS); /* 50 ms old; half of the window */
    assert_age((50000 + 100000) / 2.0, NAN, 100000);
    ck_assert_int_eq(r.age_time_ns, 50 * NS_PER_MS);
}
END_TEST

START_TEST(recorder_age_ignores_older_updates_and_duplicates)
{
    update(0, 61);
    update_at(0, 151, 151 * NS_PER_MS, 151 * NS_PER_MS);
    update_at(0, 150, 150 * NS_PER_MS, 160 * NS_PER_MS);
    update_at(0, 151, 151 * NS_PER_MS, 170 * NS_PER_MS);
    assert_age(((40000 + 90000) / 2.0 + (0 + 50000) / 2.0) / 2, 90000, 90000);
    ck_assert_uint_eq(r.peak_count, 1);
}
END_TEST

START_TEST(recorder_age_ends_with_the_window)
{
    update(0, 61);
    update_at(0, 202, 202 * NS_PER_MS, 205 * NS_PER_MS); /* in the drain */
    assert_age((40000 + 140000) / 2.0, NAN, 140000);
}
END_TEST

START_TEST(recorder_age_is_averaged_over_the_clients_that_hold_something)
{
    r.nclients = CLIENTS;
    update(0, 61);
    update(1, 81); /* 20 ms old at the start */
    assert_age(((40000 + 140000) / 2.0 + (20000 + 120000) / 2.0) / 2, NAN, 140000);
    ck_assert_int_eq(r.age_time_ns, 2 * (WINDOW_END_NS - WINDOW_START_NS));
}
END_TEST

START_TEST(recorder_age_is_none_when_nobody_holds_anything)
{
    assert_age(NAN, NAN, NAN);
}
END_TEST

static TCase *measurement_tests(void)
{
    TCase *tc = tcase_create("measurement");

    tcase_add_checked_fixture(tc, make, drop);
    tcase_add_test(tc, recorder_counts_for_the_run_and_for_the_window);
    tcase_add_test(tc, recorder_has_no_window_until_it_is_set);
    tcase_add_test(tc, recorder_latency_is_rounded_to_the_nearest_microsecond);
    tcase_add_test(tc, recorder_counts_impossible_latencies);
    tcase_add_test(tc, recorder_survives_impossible_publish_times);
    tcase_add_test(tc, recorder_recent_covers_every_phase_until_reset);
    tcase_add_test(tc, recorder_request_lateness_belongs_to_the_window_it_was_due_in);
    tcase_add_test(tc, recorder_counts_what_was_due_in_the_window_and_not_sent_in_it);
    tcase_add_test(tc, recorder_timer_lateness_belongs_to_the_window_it_was_due_in);
    tcase_add_test(tc, recorder_timeline_draws_few_clients_until_it_is_full);
    return tc;
}

static TCase *age_tests(void)
{
    TCase *tc = tcase_create("age");

    tcase_add_checked_fixture(tc, make, drop);
    tcase_add_test(tc, recorder_age_of_periodic_updates_is_d_plus_half_t);
    tcase_add_test(tc, recorder_age_of_batches_counts_only_the_newest);
    tcase_add_test(tc, recorder_age_of_a_silent_window_rises_to_its_end);
    tcase_add_test(tc, recorder_age_includes_what_was_held_before_and_what_follows_the_last);
    tcase_add_test(tc, recorder_age_begins_with_the_first_update_held);
    tcase_add_test(tc, recorder_age_ignores_older_updates_and_duplicates);
    tcase_add_test(tc, recorder_age_ends_with_the_window);
    tcase_add_test(tc, recorder_age_is_averaged_over_the_clients_that_hold_something);
    tcase_add_test(tc, recorder_age_is_none_when_nobody_holds_anything);
    return tc;
}

int main(void)
{
    Suite *suite = suite_create("recorder_measures");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, measurement_tests());
    suite_add_tcase(suite, age_tests());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
