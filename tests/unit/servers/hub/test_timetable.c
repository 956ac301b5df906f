/* What servers/hub/timetable.c tells of a schedule at a moment: what was due, what was published,
 * and how late. */
#include <check.h>
#include <stdlib.h>

#include "servers/hub/timetable.h"

#define MS INT64_C(1000000)
#define S  INT64_C(1000000000)

/* Due every 10 ms from 10 ms on, each published late_ns after it was due. */
static void play_all(struct timetable *s, int n, int64_t late_ns)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t due_ns = (int64_t)(s->played + 1) * 10 * MS;

        timetable_play(s, due_ns, due_ns + late_ns);
    }
}

static void check_count(const struct timetable *s, int64_t at_ns, uint64_t due, uint64_t published)
{
    struct timetable_counts n = timetable_count(s, at_ns);

    ck_assert_uint_eq(n.due, due);
    ck_assert_uint_eq(n.published, published);
}

/* How many of updates due before at_ns were late by value_us. */
static int64_t late_by(const struct timetable *s, int64_t value_us, int64_t at_ns)
{
    struct hdr_iter it = {0};

    while (hdr_iter_next(&s->late_us, &it))
        if (it.value == hdr_highest_equivalent(&s->late_us, value_us))
            return timetable_count_late(s, &it, at_ns);
    return 0;
}

START_TEST(due_and_published_differ_by_what_is_late)
{
    struct timetable s;

    ck_assert_int_eq(timetable_init(&s), 0);
    play_all(&s, 100, 25 * MS);
    check_count(&s, INT64_MAX, 100, 100);
    check_count(&s, 1000 * MS, 99, 97); /* due until 990, published until 995 */
    check_count(&s, 1000 * MS + 1, 100, 97);
    check_count(&s, 10 * MS, 0, 0);
    timetable_free(&s);
}
END_TEST

START_TEST(lateness_is_told_of_what_was_due_before)
{
    struct timetable s;

    ck_assert_int_eq(timetable_init(&s), 0);
    play_all(&s, 10, 0);
    play_all(&s, 5, 7 * MS);
    ck_assert_int_eq(late_by(&s, 0, INT64_MAX), 10);
    ck_assert_int_eq(late_by(&s, 7000, INT64_MAX), 5);
    ck_assert_int_eq(late_by(&s, 7000, 131 * MS), 3);
    ck_assert_int_eq(late_by(&s, 0, 51 * MS), 5);
    timetable_free(&s);
}
END_TEST

START_TEST(what_a_move_leaves_out_was_due)
{
    struct timetable s;

    ck_assert_int_eq(timetable_init(&s), 0);
    play_all(&s, 9, 0);
    timetable_play(&s, 100 * MS, 2100 * MS);
    timetable_move(&s, 100 * MS, 2100 * MS, 200);
    check_count(&s, 3 * S, 210, 10);
    check_count(&s, 1100 * MS, 110, 9); /* half of it */
    check_count(&s, 100 * MS, 9, 9);
    ck_assert_int_eq(s.stalled_ns, 2 * S);
    ck_assert_int_eq(late_by(&s, 2000000, INT64_MAX), 1);
    timetable_free(&s);
}
END_TEST

START_TEST(what_is_long_past_counts_as_before)
{
    struct timetable s;

    ck_assert_int_eq(timetable_init(&s), 0);
    play_all(&s, 3 * TIMETABLE_RECENT, 0);
    check_count(&s, 0, 2 * TIMETABLE_RECENT, 2 * TIMETABLE_RECENT);
    check_count(&s, INT64_MAX, 3 * TIMETABLE_RECENT, 3 * TIMETABLE_RECENT);
    timetable_free(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("timetable");
    TCase *tc = tcase_create("timetable");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, due_and_published_differ_by_what_is_late);
    tcase_add_test(tc, lateness_is_told_of_what_was_due_before);
    tcase_add_test(tc, what_a_move_leaves_out_was_due);
    tcase_add_test(tc, what_is_long_past_counts_as_before);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
