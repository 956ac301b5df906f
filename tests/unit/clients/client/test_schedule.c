#include <check.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/rng.h"
#include "clients/client/schedule.h"

enum { N = 500 };

struct alarm {
    struct deadline deadline; /* first, so that one is the other */
    int64_t rang_ns;
    unsigned rings, order;
};

static struct schedule s;
static struct alarm alarms[N];
static unsigned rung; /* by any alarm */

static void on_due(struct deadline *d, int64_t now_ns)
{
    struct alarm *a = (struct alarm *)d;

    a->rang_ns = now_ns;
    a->rings++;
    a->order = rung++;
}

static void make(void)
{
    rung = 0;
    for (int i = 0; i < N; i++)
        alarms[i] = (struct alarm){.deadline = {.on_due = on_due}};
    ck_assert_int_eq(schedule_init(&s, N), PL_OK);
}

static void drop(void)
{
    schedule_free(&s);
}

static void set(int i, int64_t due_ns)
{
    schedule_set(&s, &alarms[i].deadline, due_ns);
}

START_TEST(schedule_without_deadlines_has_no_next)
{
    ck_assert_int_eq(schedule_next_ns(&s), INT64_MAX);
    ck_assert_uint_eq(schedule_run(&s, INT64_MAX), 0);
}
END_TEST

START_TEST(schedule_runs_only_what_is_due)
{
    set(0, 30);
    set(1, 10);
    set(2, 20);
    ck_assert_int_eq(schedule_next_ns(&s), 10);
    ck_assert_uint_eq(schedule_run(&s, 9), 0);
    ck_assert_uint_eq(schedule_run(&s, 20), 2);
    ck_assert_uint_eq(alarms[1].order, 0);
    ck_assert_uint_eq(alarms[2].order, 1);
    ck_assert_int_eq(alarms[2].rang_ns, 20);
    ck_assert_int_eq(schedule_next_ns(&s), 30);
}
END_TEST

START_TEST(schedule_moves_a_deadline_that_waits)
{
    set(0, 10);
    set(1, 20);
    set(0, 30);
    ck_assert_uint_eq(schedule_run(&s, 25), 1);
    ck_assert_uint_eq(alarms[0].rings, 0);
    set(0, 1);
    ck_assert_uint_eq(schedule_run(&s, 25), 1);
    ck_assert_uint_eq(alarms[0].rings, 1);
}
END_TEST

START_TEST(schedule_forgets_what_is_cancelled)
{
    set(0, 10);
    set(1, 20);
    schedule_cancel(&s, &alarms[0].deadline);
    schedule_cancel(&s, &alarms[0].deadline); /* harmless */
    schedule_cancel(&s, &alarms[2].deadline);
    ck_assert_uint_eq(schedule_run(&s, 100), 1);
    ck_assert_uint_eq(alarms[0].rings, 0);
    ck_assert_uint_eq(alarms[1].rings, 1);
}
END_TEST

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Against an independent sort: set, move and cancel at random, then let time pass. */
START_TEST(schedule_keeps_the_order_of_time)
{
    int64_t expected[N], got[N];
    size_t n = 0;
    struct rng rng;

    rng_seed(&rng, 7);
    for (int i = 0; i < N; i++)
        set(i, (int64_t)(rng_next(&rng) % 1000));
    for (int i = 0; i < N; i += 3)
        set(i, (int64_t)(rng_next(&rng) % 1000));
    for (int i = 0; i < N; i += 5)
        schedule_cancel(&s, &alarms[i].deadline);
    for (int i = 0; i < N; i++) {
        if (alarms[i].deadline.slot != 0)
            expected[n++] = alarms[i].deadline.due_ns;
    }
    qsort(expected, n, sizeof *expected, compare);
    ck_assert_uint_eq(schedule_run(&s, 1000), n);
    for (int i = 0; i < N; i++) {
        if (alarms[i].rings > 0)
            got[alarms[i].order] = alarms[i].deadline.due_ns;
    }
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(got[i], expected[i]);
}
END_TEST

static void set_again(struct deadline *d, int64_t now_ns)
{
    on_due(d, now_ns);
    schedule_set(&s, d, now_ns);
}

/* A callback that is always due again must not keep the loop from its sockets. */
START_TEST(schedule_runs_what_is_set_anew_in_the_next_run)
{
    alarms[0].deadline.on_due = set_again;
    set(0, 10);
    ck_assert_uint_eq(schedule_run(&s, 10), 1);
    ck_assert_uint_eq(schedule_run(&s, 10), 1);
    ck_assert_uint_eq(alarms[0].rings, 2);
}
END_TEST

static void stop_the_other(struct deadline *d, int64_t now_ns)
{
    on_due(d, now_ns);
    schedule_cancel(&s, &alarms[1].deadline);
}

START_TEST(schedule_lets_a_callback_cancel_another)
{
    alarms[0].deadline.on_due = stop_the_other;
    set(0, 10);
    set(1, 10);
    set(2, 11);
    ck_assert_uint_eq(schedule_run(&s, 20), 2);
    ck_assert_uint_eq(alarms[1].rings, 0);
    ck_assert_uint_eq(alarms[2].rings, 1);
}
END_TEST

static struct event_base *base;

static void break_loop(struct deadline *d, int64_t now_ns)
{
    on_due(d, now_ns);
    event_base_loopbreak(base);
}

/* The edge: no earlier than due, and a later deadline does not hold an earlier one up. */
START_TEST(schedule_on_a_loop_waits_for_the_clock)
{
    int64_t start_ns = clock_now_ns();

    base = event_base_new();
    ck_assert_int_eq(schedule_attach(&s, base, NULL), PL_OK);
    alarms[0].deadline.on_due = break_loop;
    set(1, start_ns + 3600 * NS_PER_S);
    set(0, start_ns + 5 * NS_PER_MS);
    set(2, start_ns - 1);
    event_base_dispatch(base);
    ck_assert_uint_eq(alarms[2].rings, 1);
    ck_assert_uint_eq(alarms[1].rings, 0);
    ck_assert_int_ge(alarms[0].rang_ns, start_ns + 5 * NS_PER_MS);
    schedule_free(&s);
    event_base_free(base);
}
END_TEST

/* What was due long before it was set is late by itself; the timer is not. */
START_TEST(schedule_lateness_of_the_timer_counts_from_when_it_was_set)
{
    struct recorder recorder;

    base = event_base_new();
    ck_assert_int_eq(recorder_init(&recorder, 1, 0, 0), PL_OK);
    recorder_set_window(&recorder, 0, INT64_MAX);
    ck_assert_int_eq(schedule_attach(&s, base, &recorder), PL_OK);
    alarms[0].deadline.on_due = break_loop;
    set(0, clock_now_ns() - 3600 * NS_PER_S);
    event_base_dispatch(base);
    ck_assert_int_eq(recorder.timer_late_us.total_count, 1);
    ck_assert_int_lt(hdr_max(&recorder.timer_late_us), INT64_C(3000000000));
    schedule_free(&s);
    recorder_free(&recorder);
    event_base_free(base);
}
END_TEST

START_TEST(schedule_phases_cover_the_interval_evenly)
{
    const int64_t interval_ns = NS_PER_S, slice_ns = interval_ns / 50;

    for (uint64_t i = 0; i < 50; i++) {
        int64_t phase_ns = schedule_phase_ns(interval_ns, i, 50, 0.5);

        ck_assert_int_eq(phase_ns / slice_ns, (int64_t)i);
        ck_assert_int_lt(schedule_phase_ns(interval_ns, i, 50, 0.9999999999), interval_ns);
    }
    ck_assert_int_eq(schedule_phase_ns(interval_ns, 0, 1, 0.25), interval_ns / 4);
}
END_TEST

START_TEST(schedule_pauses_are_those_of_the_seed)
{
    const int64_t max_ns = 50 * NS_PER_MS;
    int tenths[10] = {0}, same = 0;
    double sum_ns = 0;

    for (uint64_t client = 0; client < 50; client++)
        for (uint64_t nth = 0; nth < 20; nth++) {
            int64_t pause_ns = schedule_pause_ns(1, client, nth, max_ns);

            ck_assert(pause_ns >= 0 && pause_ns < max_ns);
            ck_assert_int_eq(schedule_pause_ns(1, client, nth, max_ns), pause_ns);
            same += schedule_pause_ns(2, client, nth, max_ns) == pause_ns;
            same += schedule_pause_ns(1, client + 1, nth, max_ns) == pause_ns;
            same += schedule_pause_ns(1, client, nth + 1, max_ns) == pause_ns;
            sum_ns += (double)pause_ns;
            tenths[pause_ns * 10 / max_ns]++;
        }
    ck_assert_int_eq(same, 0);
    ck_assert_int_eq(schedule_pause_ns(1, 7, 3, 0), 0);
    ck_assert_double_eq_tol(sum_ns / 1000, (double)max_ns / 2, (double)max_ns * 0.04);
    for (int i = 0; i < 10; i++) /* 100 expected, of standard deviation 9.5 */
        ck_assert_msg(tenths[i] > 60 && tenths[i] < 140, "%d: %d", i, tenths[i]);
}
END_TEST

/* Pearson's chi-square over 20 equal bins: 99.9 % of uniform samples are below 43.8, and it is far
 * above for waits that cluster. The seeds are fixed, so the test always sees the same waits. */
START_TEST(schedule_reconnects_are_uniform_in_the_window)
{
    enum { CLIENTS = 2000, BINS = 20 };
    const int64_t window_ns = NS_PER_S;

    for (uint64_t seed = 1; seed <= 5; seed++) {
        int bins[BINS] = {0};
        double chi2 = 0;

        for (uint64_t client = 0; client < CLIENTS; client++) {
            int64_t wait_ns = schedule_reconnect_ns(seed, client, 0, window_ns, 0);

            ck_assert(wait_ns >= 0 && wait_ns < window_ns);
            bins[wait_ns * BINS / window_ns]++;
        }
        for (int i = 0; i < BINS; i++) {
            double off = bins[i] - (double)CLIENTS / BINS;

            chi2 += off * off * BINS / CLIENTS;
        }
        ck_assert_msg(chi2 < 43.8, "seed %d: %g", (int)seed, chi2);
    }
}
END_TEST

START_TEST(schedule_reconnects_after_the_later_of_both_waits)
{
    int told = 0;

    for (uint64_t client = 0; client < 100; client++) {
        int64_t own_ns = schedule_reconnect_ns(1, client, 0, 1000, 0);
        int64_t wait_ns = schedule_reconnect_ns(1, client, 0, 1000, 500);

        ck_assert_int_eq(wait_ns, own_ns > 500 ? own_ns : 500);
        told += wait_ns == 500;
    }
    ck_assert(told > 30 && told < 70);
    ck_assert_int_eq(schedule_reconnect_ns(1, 7, 3, 0, 0), 0);
    ck_assert_int_eq(schedule_reconnect_ns(1, 7, 3, 0, 250), 250);
    /* Another loss, another wait; and not the waits between its long polls. */
    ck_assert_int_ne(schedule_reconnect_ns(1, 7, 0, NS_PER_S, 0),
                     schedule_reconnect_ns(1, 7, 1, NS_PER_S, 0));
    ck_assert_int_ne(schedule_reconnect_ns(1, 7, 0, NS_PER_S, 0),
                     schedule_pause_ns(1, 7, 0, NS_PER_S));
}
END_TEST

/* Prototype's Ajax.PeriodicalUpdater: d, d f, d f^2 ... while nothing is new, at most max. */
START_TEST(schedule_pauses_grow_until_there_is_something_new)
{
    static const struct {
        bool fresh;
        int64_t pause_ns;
    } answers[] = {{true, 100},  {false, 150}, {false, 225}, {false, 337}, {false, 400},
                   {false, 400}, {true, 100},  {true, 100},  {false, 150}};
    int64_t pause_ns = 0;

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        pause_ns = schedule_grown_ns(pause_ns, answers[i].fresh, 100, 1.5, 400);
        ck_assert_int_eq(pause_ns, answers[i].pause_ns);
    }
    ck_assert_int_eq(schedule_grown_ns(INT64_MAX / 2, false, 100, 1000, 400), 400);
    ck_assert_int_eq(schedule_grown_ns(100, false, 100, 1, 400), 100);
}
END_TEST

START_TEST(schedule_counts_what_is_due_before_a_time)
{
    ck_assert_uint_eq(schedule_count_due(100, 10, 100), 0); /* due at the end: not before it */
    ck_assert_uint_eq(schedule_count_due(100, 10, 101), 1);
    ck_assert_uint_eq(schedule_count_due(100, 10, 110), 1);
    ck_assert_uint_eq(schedule_count_due(100, 10, 111), 2);
    ck_assert_uint_eq(schedule_count_due(200, 10, 100), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("schedule");
    TCase *tc = tcase_create("schedule");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, make, drop);
    tcase_add_test(tc, schedule_without_deadlines_has_no_next);
    tcase_add_test(tc, schedule_runs_only_what_is_due);
    tcase_add_test(tc, schedule_moves_a_deadline_that_waits);
    tcase_add_test(tc, schedule_forgets_what_is_cancelled);
    tcase_add_test(tc, schedule_keeps_the_order_of_time);
    tcase_add_test(tc, schedule_runs_what_is_set_anew_in_the_next_run);
    tcase_add_test(tc, schedule_lets_a_callback_cancel_another);
    tcase_add_test(tc, schedule_on_a_loop_waits_for_the_clock);
    tcase_add_test(tc, schedule_lateness_of_the_timer_counts_from_when_it_was_set);
    tcase_add_test(tc, schedule_phases_cover_the_interval_evenly);
    tcase_add_test(tc, schedule_pauses_are_those_of_the_seed);
    tcase_add_test(tc, schedule_reconnects_are_uniform_in_the_window);
    tcase_add_test(tc, schedule_reconnects_after_the_later_of_both_waits);
    tcase_add_test(tc, schedule_pauses_grow_until_there_is_something_new);
    tcase_add_test(tc, schedule_counts_what_is_due_before_a_time);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
