#include <check.h>
#include <stdlib.h>

#include "tests/unit/clients/record/recorder_fixture.h"
#include "lib/base/rng.h"

static void assert_account(uint64_t delivered, uint64_t missed, uint64_t late)
{
    struct completeness c = finish();

    ck_assert_uint_eq(c.delivered, delivered);
    ck_assert_uint_eq(c.missed, missed);
    ck_assert_uint_eq(c.late, late);
    ck_assert(c.adds_up);
}

START_TEST(recorder_account_adds_up_when_all_arrives)
{
    recorder_join(&r, &tracks[0], 50, 50 * NS_PER_MS);
    updates(0, 51, 230);
    assert_account(100, 0, 0);
    ck_assert_uint_eq(r.whole.deliveries, 180);
    ck_assert_uint_eq(r.window.deliveries, 100);
}
END_TEST

START_TEST(recorder_first_update_joins)
{
    ck_assert_int_eq(update(0, 90), RECEIPT_NEW);
    ck_assert(tracks[0].joined);
    updates(0, 91, 200);
    assert_account(100, 0, 0);
}
END_TEST

START_TEST(recorder_update_belongs_to_the_window_of_its_publication)
{
    recorder_join(&r, &tracks[0], 99, 0);
    ck_assert_int_eq(update_at(0, 100, WINDOW_START_NS - 1, WINDOW_START_NS + 5), RECEIPT_NEW);
    ck_assert_int_eq(update_at(0, 101, WINDOW_START_NS, WINDOW_START_NS + 5), RECEIPT_NEW);
    updates(0, 102, 199);
    ck_assert_int_eq(update_at(0, 200, WINDOW_END_NS - 1, WINDOW_END_NS + NS_PER_S), RECEIPT_NEW);
    ck_assert_int_eq(update_at(0, 201, WINDOW_END_NS, WINDOW_END_NS + NS_PER_S), RECEIPT_NEW);
    assert_account(100, 0, 0);
    ck_assert_int_eq(r.latency_us.total_count, 100);
}
END_TEST

START_TEST(recorder_gap_is_missed)
{
    recorder_join(&r, &tracks[0], 100, 0);
    updates(0, 101, 120);
    updates(0, 131, 150);
    updates(0, 152, 200);
    assert_account(89, 11, 0);
}
END_TEST

START_TEST(recorder_gap_counts_only_as_far_as_it_lies_in_the_window)
{
    recorder_join(&r, &tracks[0], 90, 0);
    updates(0, 95, 95);
    updates(0, 111, 190); /* 96..110 skipped: ten of the window */
    updates(0, 211, 212); /* 191..210 skipped: ten of the window */
    assert_account(80, 20, 0);
}
END_TEST

START_TEST(recorder_gap_around_the_whole_window)
{
    recorder_join(&r, &tracks[0], 90, 0);
    updates(0, 300, 300);
    assert_account(0, 100, 0);
}
END_TEST

START_TEST(recorder_update_that_fills_a_gap_is_delivered_out_of_order)
{
    recorder_join(&r, &tracks[0], 100, 0);
    updates(0, 101, 110);
    updates(0, 121, 200);
    ck_assert_int_eq(update(0, 115), RECEIPT_FILLS_GAP); /* in the middle: two gaps */
    ck_assert_int_eq(update(0, 111), RECEIPT_FILLS_GAP); /* at the front */
    ck_assert_int_eq(update(0, 120), RECEIPT_FILLS_GAP); /* at the back */
    assert_account(93, 7, 0);
    ck_assert_int_eq(update(0, 115), RECEIPT_DUPLICATE);
    for (uint64_t seq = 112; seq < 120; seq++)
        ck_assert_int_eq(update(0, seq), seq == 115 ? RECEIPT_DUPLICATE : RECEIPT_FILLS_GAP);
    assert_account(100, 0, 0);
    ck_assert_uint_eq(r.out_of_order, 10);
    ck_assert_uint_eq(r.duplicated, 2);
    ck_assert_uint_eq(tracks[0].nholes, 1); /* what was published before it joined */
}
END_TEST

START_TEST(recorder_duplicates_are_counted_and_nothing_else)
{
    recorder_join(&r, &tracks[0], 98, 0);
    updates(0, 99, 200);
    ck_assert_int_eq(update(0, 99), RECEIPT_DUPLICATE); /* not the window's */
    ck_assert_int_eq(update(0, 150), RECEIPT_DUPLICATE);
    ck_assert_int_eq(update(0, 200), RECEIPT_DUPLICATE);
    assert_account(100, 0, 0);
    ck_assert_uint_eq(r.duplicated, 2);
    ck_assert_uint_eq(r.window.deliveries, 100);
    ck_assert_int_eq(r.latency_us.total_count, 100);
}
END_TEST

START_TEST(recorder_missed_moves_the_cursor)
{
    recorder_join(&r, &tracks[0], 100, 0);
    updates(0, 101, 110);
    recorder_missed(&r, &tracks[0], 20);
    ck_assert_uint_eq(tracks[0].cursor, 130);
    updates(0, 131, 195);
    recorder_missed(&r, &tracks[0], 20); /* 196..215 */
    assert_account(75, 25, 0);
}
END_TEST

START_TEST(recorder_missed_then_a_gap_is_one_hole)
{
    recorder_join(&r, &tracks[0], 0, 0);
    recorder_missed(&r, &tracks[0], 110);
    recorder_missed(&r, &tracks[0], 0);
    recorder_missed(&r, &tracks[0], 5);
    updates(0, 121, 200);
    ck_assert_uint_eq(tracks[0].nholes, 1);
    assert_account(80, 20, 0);
}
END_TEST

START_TEST(recorder_missed_says_nothing_before_a_join)
{
    recorder_missed(&r, &tracks[0], 1000);
    ck_assert(!tracks[0].joined);
    ck_assert_uint_eq(tracks[0].cursor, 0);
    updates(0, 101, 200);
    assert_account(100, 0, 0);
}
END_TEST

START_TEST(recorder_survives_a_missed_count_past_all_numbers)
{
    recorder_join(&r, &tracks[0], 100, 0);
    recorder_missed(&r, &tracks[0], UINT64_MAX);
    ck_assert_uint_eq(tracks[0].cursor, UINT64_MAX);
    recorder_missed(&r, &tracks[0], 1);
    ck_assert_int_eq(update(0, 150), RECEIPT_FILLS_GAP);
    assert_account(1, 99, 0);
}
END_TEST

START_TEST(recorder_late_is_what_lies_above_the_cursor)
{
    recorder_join(&r, &tracks[0], 100, 0);
    updates(0, 101, 160);
    updates(0, 171, 180);
    assert_account(70, 10, 20);
}
END_TEST

START_TEST(recorder_clients_are_accounted_for_one_by_one)
{
    r.nclients = CLIENTS;
    recorder_join(&r, &tracks[0], 100, 0);
    recorder_join(&r, &tracks[1], 150, 0); /* came in the middle: the first half never came */
    updates(0, 101, 190);
    updates(1, 151, 200);
    assert_account(90 + 50, 50, 10 + WINDOW_UPDATES); /* the third never joined */
}
END_TEST

START_TEST(recorder_window_without_updates_adds_up)
{
    struct completeness c;

    r.nclients = 2;
    recorder_join(&r, &tracks[0], 100, 0);
    recorder_finish(&r, tracks, sizeof tracks[0], (struct seq_range){101, 100}, &c);
    ck_assert_uint_eq(c.published, 0);
    ck_assert_uint_eq(c.expected, 0);
    ck_assert_uint_eq(c.late, 0);
    ck_assert(c.adds_up);
    recorder_finish(&r, tracks, sizeof tracks[0], (struct seq_range){0, 0}, &c);
    ck_assert_uint_eq(c.published, 0);
    ck_assert(c.adds_up);
}
END_TEST

/* delivered goes by t, the rest by seq: a wrong range, or a t that lies, does not add up. */
START_TEST(recorder_account_is_a_real_check)
{
    struct completeness c;

    recorder_join(&r, &tracks[0], 100, 0);
    updates(0, 101, 200);
    recorder_finish(&r, tracks, sizeof tracks[0], (struct seq_range){FIRST_SEQ, LAST_SEQ + 1}, &c);
    ck_assert_uint_eq(c.late, 1);
    ck_assert(c.adds_up); /* a late one is possible... */
    recorder_finish(&r, tracks, sizeof tracks[0], (struct seq_range){FIRST_SEQ, LAST_SEQ - 1}, &c);
    ck_assert(!c.adds_up); /* ...too many are not */
    recorder_finish(&r, tracks, sizeof tracks[0], (struct seq_range){FIRST_SEQ - 1, LAST_SEQ}, &c);
    ck_assert(c.adds_up); /* it might have been missed before the join */
    update_at(0, 201, WINDOW_START_NS, WINDOW_END_NS);
    recorder_finish(&r, tracks, sizeof tracks[0], (struct seq_range){FIRST_SEQ, LAST_SEQ}, &c);
    ck_assert(!c.adds_up);
}
END_TEST

START_TEST(recorder_join_again_with_the_same_cursor_changes_nothing)
{
    recorder_join(&r, &tracks[0], 100, 0);
    updates(0, 101, 150);
    recorder_join(&r, &tracks[0], 150, WINDOW_START_NS);
    updates(0, 151, 200);
    assert_account(100, 0, 0);
    ck_assert_uint_eq(r.restarts, 0);
}
END_TEST

START_TEST(recorder_join_again_further_on_misses_what_lies_between)
{
    recorder_join(&r, &tracks[0], 100, 0);
    updates(0, 101, 150);
    recorder_join(&r, &tracks[0], 160, WINDOW_START_NS);
    updates(0, 161, 200);
    assert_account(90, 10, 0);
    ck_assert_uint_eq(r.restarts, 0);
}
END_TEST

START_TEST(recorder_restart_begins_anew)
{
    recorder_join(&r, &tracks[0], 5000, 0);
    ck_assert_int_eq(update_at(0, 5001, NS_PER_MS, 2 * NS_PER_MS), RECEIPT_NEW);
    ck_assert_int_eq(update_at(0, 5007, NS_PER_MS, 2 * NS_PER_MS), RECEIPT_NEW);
    recorder_restart(&r, &tracks[0]);
    recorder_join(&r, &tracks[0], 0, 3 * NS_PER_MS);
    ck_assert_uint_eq(r.restarts, 1);
    ck_assert_uint_eq(tracks[0].nholes, 0);
    updates(0, 1, 200);
    assert_account(100, 0, 0);
}
END_TEST

START_TEST(recorder_restart_with_a_cursor_expects_only_what_follows)
{
    recorder_join(&r, &tracks[0], 5000, 0);
    recorder_restart(&r, &tracks[0]);
    recorder_join(&r, &tracks[0], 120, 0);
    ck_assert_int_eq(update(0, 121), RECEIPT_NEW);
    updates(0, 122, 200);
    assert_account(80, 20, 0);
}
END_TEST

START_TEST(recorder_says_so_when_holes_no_longer_fit)
{
    struct completeness c;

    recorder_join(&r, &tracks[0], 0, 0);
    for (uint64_t i = 1; i <= TRACK_HOLES_MAX; i++)
        ck_assert_int_eq(update_at(0, 2 * i, 1, 2), RECEIPT_NEW);
    ck_assert_uint_eq(r.holes_lost, 0);
    ck_assert_uint_eq(tracks[0].nholes, TRACK_HOLES_MAX);
    ck_assert_int_eq(update_at(0, 2 * TRACK_HOLES_MAX + 2, 1, 2), RECEIPT_NEW);
    ck_assert_uint_eq(r.holes_lost, 1);
    recorder_finish(&r, tracks, sizeof tracks[0],
                    (struct seq_range){3 * TRACK_HOLES_MAX, 3 * TRACK_HOLES_MAX + 9}, &c);
    ck_assert_uint_eq(c.late, c.expected); /* right, but not to be trusted */
    ck_assert(!c.adds_up);
}
END_TEST

START_TEST(recorder_survives_seq_0)
{
    ck_assert_int_eq(update_at(0, 0, 1, 2), RECEIPT_DUPLICATE);
    updates(0, 101, 200);
    assert_account(100, 0, 0);
}
END_TEST

/* Any order, any losses, any repeats: the account is that of a plain table of what came. */
START_TEST(recorder_account_equals_a_plain_table)
{
    bool came[300] = {false};
    uint64_t delivered = 0, missed = 0, highest = 0;
    struct rng rng;

    rng_seed(&rng, (uint64_t)_i);
    recorder_join(&r, &tracks[0], 0, 0);
    for (uint64_t base = 1; base < 280; base += rng_next(&rng) % 3) {
        uint64_t seq = base + rng_next(&rng) % 20;
        enum receipt expected = seq > highest ? RECEIPT_NEW : RECEIPT_FILLS_GAP;

        ck_assert_int_eq(update(0, seq), came[seq] ? RECEIPT_DUPLICATE : expected);
        came[seq] = true;
        highest = seq > highest ? seq : highest;
    }
    for (int seq = FIRST_SEQ; seq <= LAST_SEQ; seq++) {
        delivered += came[seq];
        missed += !came[seq];
    }
    assert_account(delivered, missed, 0);
}
END_TEST

static TCase *completeness_tests(void)
{
    TCase *tc = tcase_create("completeness");

    tcase_add_checked_fixture(tc, make, drop);
    tcase_add_test(tc, recorder_account_adds_up_when_all_arrives);
    tcase_add_test(tc, recorder_first_update_joins);
    tcase_add_test(tc, recorder_update_belongs_to_the_window_of_its_publication);
    tcase_add_test(tc, recorder_gap_is_missed);
    tcase_add_test(tc, recorder_gap_counts_only_as_far_as_it_lies_in_the_window);
    tcase_add_test(tc, recorder_gap_around_the_whole_window);
    tcase_add_test(tc, recorder_update_that_fills_a_gap_is_delivered_out_of_order);
    tcase_add_test(tc, recorder_duplicates_are_counted_and_nothing_else);
    tcase_add_test(tc, recorder_missed_moves_the_cursor);
    tcase_add_test(tc, recorder_missed_then_a_gap_is_one_hole);
    tcase_add_test(tc, recorder_missed_says_nothing_before_a_join);
    tcase_add_test(tc, recorder_survives_a_missed_count_past_all_numbers);
    tcase_add_test(tc, recorder_late_is_what_lies_above_the_cursor);
    tcase_add_test(tc, recorder_clients_are_accounted_for_one_by_one);
    tcase_add_test(tc, recorder_window_without_updates_adds_up);
    tcase_add_test(tc, recorder_account_is_a_real_check);
    tcase_add_test(tc, recorder_join_again_with_the_same_cursor_changes_nothing);
    tcase_add_test(tc, recorder_join_again_further_on_misses_what_lies_between);
    tcase_add_test(tc, recorder_restart_begins_anew);
    tcase_add_test(tc, recorder_restart_with_a_cursor_expects_only_what_follows);
    tcase_add_test(tc, recorder_says_so_when_holes_no_longer_fit);
    tcase_add_test(tc, recorder_survives_seq_0);
    tcase_add_loop_test(tc, recorder_account_equals_a_plain_table, 0, 50);
    return tc;
}

int main(void)
{
    Suite *suite = suite_create("recorder");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, completeness_tests());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
