/* The pacer of servers/source/player.c with the clock turned by hand: no drift, catching up, and
 * moving on after a stall. */
#include <check.h>
#include <stdlib.h>

#include "servers/source/player.h"

#define MS INT64_C(1000000)
#define S  INT64_C(1000000000)

struct schedule {
    struct pacer pacer;
    int64_t gap_ns, last_ns, last_due_ns;
    int played;
};

static int64_t play(void *arg)
{
    struct schedule *s = arg;

    s->played++;
    s->last_due_ns = s->pacer.zero_ns + s->pacer.offset_ns; /* at speed 1 */
    if (s->pacer.offset_ns == s->last_ns)
        return INT64_MAX;
    return s->pacer.offset_ns + s->gap_ns;
}

/* The loop is not run: only pacer_run() plays. */
static void setup(struct schedule *s, struct event_base *base, int64_t gap_ns, double speed)
{
    *s = (struct schedule){.gap_ns = gap_ns, .last_ns = -1};
    ck_assert_int_eq(pacer_init(&s->pacer, base, play, s, speed), 0);
    ck_assert_int_eq(pacer_start(&s->pacer, gap_ns, 1000 * S), 0);
}

static void teardown(struct schedule *s, struct event_base *base)
{
    pacer_free(&s->pacer);
    event_base_free(base);
}

START_TEST(nothing_is_played_before_it_is_due)
{
    struct event_base *base = event_base_new();
    struct schedule s;

    setup(&s, base, 100 * MS, 1);
    ck_assert_int_eq(pacer_run(&s.pacer, 1000 * S + 100 * MS - 1), 1000 * S + 100 * MS);
    ck_assert_int_eq(s.played, 0);
    ck_assert_int_eq(pacer_run(&s.pacer, 1000 * S + 100 * MS), 1000 * S + 200 * MS);
    ck_assert_int_eq(s.played, 1);
    teardown(&s, base);
}
END_TEST

START_TEST(late_wake_ups_do_not_add_up)
{
    struct event_base *base = event_base_new();
    struct schedule s;
    int64_t due_ns = 1000 * S + 100 * MS;

    setup(&s, base, 100 * MS, 1);
    for (int i = 0; i < 1000; i++)
        due_ns = pacer_run(&s.pacer, due_ns + 30 * MS);
    ck_assert_int_eq(s.played, 1000);
    ck_assert_int_eq(due_ns, 1000 * S + 1001 * 100 * MS);
    ck_assert_int_eq(s.pacer.timetable.stalled_ns, 0);
    teardown(&s, base);
}
END_TEST

START_TEST(speed_divides_the_offsets)
{
    struct event_base *base = event_base_new();
    struct schedule s;

    setup(&s, base, 100 * MS, 4);
    ck_assert_int_eq(pacer_run(&s.pacer, 1000 * S + 250 * MS), 1000 * S + 275 * MS);
    ck_assert_int_eq(s.played, 10);
    teardown(&s, base);
}
END_TEST

START_TEST(a_short_stall_is_caught_up_at_once)
{
    struct event_base *base = event_base_new();
    struct schedule s;

    setup(&s, base, 100 * MS, 1);
    ck_assert_int_eq(pacer_run(&s.pacer, 1001 * S), 1001 * S + 100 * MS);
    ck_assert_int_eq(s.played, 10);
    ck_assert_int_eq(s.pacer.timetable.stalled_ns, 0);
    teardown(&s, base);
}
END_TEST

START_TEST(after_a_long_stall_the_schedule_moves_instead_of_bunching)
{
    struct event_base *base = event_base_new();
    struct schedule s;

    setup(&s, base, 100 * MS, 1);
    ck_assert_int_eq(pacer_run(&s.pacer, 1060 * S), 1060 * S + 100 * MS);
    ck_assert_int_eq(s.played, 1);
    ck_assert_int_eq(s.pacer.timetable.stalled_ns, 60 * S - 100 * MS);
    ck_assert_int_eq(pacer_run(&s.pacer, 1060 * S + 100 * MS), 1060 * S + 200 * MS);
    ck_assert_int_eq(s.played, 2);
    ck_assert_uint_eq(s.pacer.timetable.skipped, 599); /* those of 100.2, 100.3, ..., 160 s */
    teardown(&s, base);
}
END_TEST

START_TEST(what_is_late_is_played_at_the_time_when_it_was_due)
{
    struct event_base *base = event_base_new();
    struct schedule s;

    setup(&s, base, 100 * MS, 1);
    pacer_run(&s.pacer, 1000 * S + 950 * MS);
    ck_assert_int_eq(s.last_due_ns, 1000 * S + 900 * MS);
    pacer_run(&s.pacer, 1003 * S); /* the first one that is missing was due at 1 s */
    ck_assert_int_eq(s.last_due_ns, 1001 * S);
    pacer_run(&s.pacer, 1003 * S + 150 * MS);
    ck_assert_int_eq(s.last_due_ns, 1003 * S + 100 * MS);
    ck_assert_uint_eq(s.pacer.timetable.skipped, 20);
    teardown(&s, base);
}
END_TEST

START_TEST(nothing_is_left_out_after_the_last)
{
    struct event_base *base = event_base_new();
    struct schedule s;

    setup(&s, base, 100 * MS, 1);
    s.last_ns = 100 * MS;
    ck_assert_int_eq(pacer_run(&s.pacer, 1060 * S), INT64_MAX);
    ck_assert_uint_eq(s.pacer.timetable.skipped, 0);
    teardown(&s, base);
}
END_TEST

START_TEST(others_get_their_turn_while_much_is_caught_up)
{
    struct event_base *base = event_base_new();
    struct schedule s;
    int64_t now_ns = 1000 * S + 2500000;

    setup(&s, base, 1000, 1);
    ck_assert_int_lt(pacer_run(&s.pacer, now_ns), now_ns);
    ck_assert_int_eq(s.played, PACER_BATCH_MAX);
    pacer_run(&s.pacer, now_ns);
    ck_assert_int_gt(pacer_run(&s.pacer, now_ns), now_ns);
    ck_assert_int_eq(s.played, 2500);
    teardown(&s, base);
}
END_TEST

START_TEST(after_the_last_there_is_nothing_to_wait_for)
{
    struct event_base *base = event_base_new();
    struct schedule s;

    setup(&s, base, 100 * MS, 1);
    s.last_ns = 300 * MS;
    ck_assert_int_eq(pacer_run(&s.pacer, 1001 * S), INT64_MAX);
    ck_assert_int_eq(pacer_run(&s.pacer, 2000 * S), INT64_MAX);
    ck_assert_int_eq(s.played, 3);
    teardown(&s, base);
}
END_TEST

START_TEST(a_new_start_begins_now)
{
    struct event_base *base = event_base_new();
    struct schedule s;

    setup(&s, base, 100 * MS, 1);
    pacer_run(&s.pacer, 1001 * S);
    ck_assert_int_eq(pacer_start(&s.pacer, 5 * MS, 1500 * S), 0);
    ck_assert_int_eq(pacer_run(&s.pacer, 1500 * S), 1500 * S + 5 * MS);
    ck_assert_int_eq(s.played, 10);
    teardown(&s, base);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pacer");
    TCase *tc = tcase_create("pacer");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, nothing_is_played_before_it_is_due);
    tcase_add_test(tc, late_wake_ups_do_not_add_up);
    tcase_add_test(tc, speed_divides_the_offsets);
    tcase_add_test(tc, a_short_stall_is_caught_up_at_once);
    tcase_add_test(tc, after_a_long_stall_the_schedule_moves_instead_of_bunching);
    tcase_add_test(tc, what_is_late_is_played_at_the_time_when_it_was_due);
    tcase_add_test(tc, nothing_is_left_out_after_the_last);
    tcase_add_test(tc, others_get_their_turn_while_much_is_caught_up);
    tcase_add_test(tc, after_the_last_there_is_nothing_to_wait_for);
    tcase_add_test(tc, a_new_start_begins_now);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
