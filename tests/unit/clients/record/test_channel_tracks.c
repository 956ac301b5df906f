#include <stdio.h>

#include "tests/unit/clients/record/channel_tracks_fixture.h"

/* ---- every update ---- */

START_TEST(channel_tracks_of_every_update_add_up_channel_by_channel)
{
    ask_for("a,b", NULL, 2);
    for (unsigned client = 0; client < 2; client++) {
        updates(client, "a", 50, 230, 1);
        updates(client, "b", 99, 205, 1);
    }
    assert_account(400, 0, 0, 0);
    ck_assert_uint_eq(finish().published, 200);
    ck_assert_uint_eq(r.whole.deliveries, 2 * (181 + 107));
}
END_TEST

START_TEST(channel_track_gap_is_missed_whoever_else_has_it)
{
    ask_for("a,b", NULL, 2);
    updates(0, "a", 100, 200, 1);
    updates(0, "b", 100, 120, 1);
    updates(0, "b", 131, 200, 1);
    updates(1, "a", 100, 200, 1);
    updates(1, "b", 100, 200, 1);
    assert_account(390, 0, 10, 0);
}
END_TEST

START_TEST(channel_track_begins_with_its_first_update_and_has_missed_what_was_before)
{
    ask_for("a", NULL, 1);
    updates(0, "a", 141, 200, 1);
    assert_account(60, 0, 40, 0);
}
END_TEST

START_TEST(channel_track_that_heard_nothing_has_everything_late)
{
    ask_for("a,b", NULL, 1);
    updates(0, "a", 101, 190, 1);
    assert_account(90, 0, 0, 110);
}
END_TEST

START_TEST(channel_track_update_that_fills_a_gap_is_out_of_order)
{
    ask_for("a", NULL, 1);
    updates(0, "a", 90, 150, 1);
    updates(0, "a", 152, 200, 1);
    update(0, "a", 151);
    update(0, "a", 151);
    assert_account(100, 0, 0, 0);
    ck_assert_uint_eq(r.out_of_order, 1);
    ck_assert_uint_eq(r.duplicated, 1);
    ck_assert_uint_eq(r.disordered, 0);
}
END_TEST

/* ---- latest values ---- */

START_TEST(channel_track_latest_counts_what_was_skipped_as_superseded)
{
    ask_for(NULL, "s", 1);
    updates(0, "s", 95, 245, 10); /* of the window: 105, 115 ... 195; passed by 205 */
    assert_account(10, 90, 0, 0);
    ck_assert_uint_eq(r.out_of_order, 0);
    ck_assert_uint_eq(r.duplicated, 0);
}
END_TEST

START_TEST(channel_track_latest_is_late_above_its_cursor)
{
    ask_for(NULL, "s", 1);
    updates(0, "s", 95, 185, 10); /* 105 ... 185; 186..200 never passed */
    assert_account(9, 76, 0, 15);
}
END_TEST

START_TEST(channel_tracks_of_both_kinds_add_up_together)
{
    ask_for("e", "s", 3);
    for (unsigned client = 0; client < 3; client++) {
        updates(client, "e", 90, 210, 1);
        updates(client, "s", 100, 300, client + 1);
    }
    /* 101..200 by ones; 102, 104 ... 200; 103, 106 ... 199 */
    assert_account(300 + 100 + 50 + 33, 0 + 50 + 67, 0, 0);
}
END_TEST

START_TEST(channel_track_latest_of_several_keys_may_leap_back_in_n)
{
    ask_for(NULL, "s", 1);
    update_of_key(0, "s", "a", 150);
    update_of_key(0, "s", "b", 140); /* another key: held back, and now sent */
    update_of_key(0, "s", "a", 210);
    assert_account(2, 98, 0, 0);
    ck_assert_uint_eq(r.out_of_order, 0);
    ck_assert_uint_eq(r.disordered, 0);
}
END_TEST

START_TEST(channel_track_latest_never_takes_an_older_value_of_a_key)
{
    ask_for(NULL, "s", 1);
    update_of_key(0, "s", "a", 150);
    update_of_key(0, "s", "a", 140);
    update_of_key(0, "s", "a", 90); /* not the window's, and wrong all the same */
    update_of_key(0, "s", "a", 210);
    assert_account(1, 99, 0, 0);
    ck_assert_uint_eq(r.out_of_order, 1);
    ck_assert_uint_eq(r.disordered, 2);
}
END_TEST

START_TEST(channel_track_latest_comes_once_more_when_a_stream_opens_again)
{
    ask_for(NULL, "s", 1);
    updates(0, "s", 110, 150, 10);
    channel_tracks_opened(tracks[0]);
    update(0, "s", 150);
    ck_assert_uint_eq(r.duplicated, 0);
    update(0, "s", 205);
    update(0, "s", 205); /* not the window's */
    assert_account(5, 95, 0, 0);
    ck_assert_uint_eq(r.duplicated, 0);
}
END_TEST

START_TEST(channel_track_latest_again_without_an_opening_is_a_duplicate)
{
    ask_for(NULL, "s", 1);
    update(0, "s", 110);
    channel_tracks_opened(tracks[0]);
    update(0, "s", 150);
    update(0, "s", 150);
    ck_assert_uint_eq(r.duplicated, 1);
    ck_assert_uint_eq(r.whole.deliveries, 2);
}
END_TEST

/* The cursor has passed 180, and what replaced it never came: not superseded but lost. */
START_TEST(channel_track_latest_misses_the_newest_of_a_key_that_others_hold)
{
    ask_for(NULL, "s", 2);
    for (unsigned client = 0; client < 2; client++) {
        update_of_key(client, "s", "a", 110);
        update_of_key(client, "s", "b", 120);
    }
    update_of_key(0, "s", "b", 180);
    for (unsigned client = 0; client < 2; client++)
        update_of_key(client, "s", "a", 205);
    set_windows();
    ck_assert(channel_tracks_complete(tracks[0]));
    ck_assert(!channel_tracks_complete(tracks[1]));
    assert_account(5, 200 - 5 - 1, 1, 0);
    update_of_key(1, "s", "b", 206); /* a newer one will do */
    ck_assert(channel_tracks_complete(tracks[1]));
    assert_account(5, 195, 0, 0);
}
END_TEST

START_TEST(channel_track_latest_holds_many_keys)
{
    char key[16];

    ask_for(NULL, "s", 2);
    for (uint64_t n = 1; n <= 300; n++) {
        snprintf(key, sizeof key, "player/%llu", (unsigned long long)n % 77);
        update_of_key(0, "s", key, n);
        if (n > 200)
            update_of_key(1, "s", key, n); /* the newest of each key, and only that */
    }
    ck_assert_uint_eq(channels.all[0].keys.n, 77);
    assert_account(100, 100, 0, 0);
    ck_assert_uint_eq(r.disordered, 0);
}
END_TEST

/* ---- the proof is one ---- */

START_TEST(channel_tracks_account_is_a_real_check)
{
    struct completeness c;

    ask_for("e", "s", 1);
    updates(0, "e", 90, 210, 1);
    updates(0, "s", 90, 210, 1);
    assert_account(200, 0, 0, 0);
    channels.all[0].window.last++; /* of every update: one less was published */
    channel_tracks_finish(&channels, tracks, sizeof tracks[0], &r, &c);
    ck_assert(!c.adds_up);
    channels.all[0].window.last--;
    channels.all[1].window.first++; /* of latest values: one too many was delivered */
    channel_tracks_finish(&channels, tracks, sizeof tracks[0], &r, &c);
    ck_assert(!c.adds_up);
}
END_TEST

START_TEST(channel_tracks_latest_delivered_beyond_the_borders_does_not_add_up)
{
    struct completeness c;

    ask_for(NULL, "s", 1);
    updates(0, "s", 100, 300, 20); /* 120 ... 200 */
    set_windows();
    channels.all[0].window = (struct seq_range){101, 199};
    channel_tracks_finish(&channels, tracks, sizeof tracks[0], &r, &c);
    ck_assert(!c.adds_up);
}
END_TEST

START_TEST(channel_tracks_know_the_window_as_far_as_it_was_seen)
{
    struct completeness c;

    ask_for("e", "s", 2);
    updates(0, "e", 90, 210, 1);
    updates(1, "e", 90, 150, 1);
    updates(0, "s", 90, 210, 50); /* 140, 190 */
    ck_assert(channel_tracks_reach(tracks[0], 190 * NS_PER_MS));
    ck_assert(!channel_tracks_reach(tracks[0], 191 * NS_PER_MS));
    ck_assert(!channel_tracks_reach(tracks[1], WINDOW_START_NS));
    channels_set_window_seen(&channels);
    channel_tracks_finish(&channels, tracks, sizeof tracks[0], &r, &c);
    ck_assert_uint_eq(c.published, 100 + 51);
    ck_assert_uint_eq(c.expected, 2 * 151);
    ck_assert_uint_eq(c.delivered, 100 + 50 + 2);
    ck_assert_uint_eq(c.superseded, 49);
    ck_assert_uint_eq(c.late, 50 + 51);
    ck_assert(c.adds_up);
}
END_TEST

START_TEST(channel_tracks_restart_expects_the_numbers_anew)
{
    ask_for("e", "s", 1);
    updates(0, "e", 5000, 5010, 1);
    updates(0, "s", 5000, 5010, 1);
    channel_tracks_restart(tracks[0]);
    r.delivered = 0; /* those of the other life were published later than the window */
    updates(0, "e", 1, 200, 1);
    updates(0, "s", 1, 200, 1);
    assert_account(200, 0, 0, 0);
    ck_assert_uint_eq(r.disordered, 0);
}
END_TEST

/* ---- deadline ---- */

static void update_after(const char *channel, uint64_t n, int64_t latency_ns, const char *from)
{
    struct envelope e = {.channel = named(channel), .n = n, .from = named(from)};

    e.t_ns = (int64_t)n * NS_PER_MS;
    receive(0, &e, e.t_ns + latency_ns);
}

START_TEST(channel_tracks_on_time_is_a_share_of_what_was_expected)
{
    ask_for("e", "s", 1);
    r.deadline_ns = 5 * NS_PER_MS;
    for (uint64_t n = 101; n <= 200; n++) /* 0.1, 0.2 ... 10 ms: half of them */
        update_after("e", n, (int64_t)(n - 100) * 100 * NS_PER_US, "");
    for (uint64_t n = 104; n <= 200; n += 4) /* a quarter, all of them in time */
        update_after("s", n, NS_PER_MS, "");
    assert_account(125, 75, 0, 0);
    ck_assert_uint_eq(r.on_time, 50 + 25);
    ck_assert_uint_eq(finish().own, 200);
}
END_TEST

START_TEST(channel_tracks_posts_have_no_deadline)
{
    ask_for("mixed,posts", NULL, 1);
    r.deadline_ns = 5 * NS_PER_MS;
    for (uint64_t n = 101; n <= 200; n++) {
        update_after("mixed", n, NS_PER_MS, n % 4 == 0 ? "7" : "");
        if (n % 2 == 0) /* half of them missed: posts, too, for all we know */
            update_after("posts", n, NS_PER_MS, "7");
    }
    assert_account(150, 0, 50, 0);
    ck_assert_uint_eq(r.on_time, 75);
    ck_assert_uint_eq(finish().own, 75);
}
END_TEST

/* ---- age, in µs ---- */

/* Period T and delay d give d + T/2; the mean is over all tracks, each of them as long. */
START_TEST(channel_tracks_have_an_age_each)
{
    ask_for("fast", "slow", 1);
    updates(0, "fast", 80, 230, 1);
    updates(0, "slow", 81, 231, 20); /* 81, 101 ... 201 */
    finish();
    ck_assert_int_eq(r.age_time_ns, 2 * (WINDOW_END_NS - WINDOW_START_NS));
    ck_assert_double_eq_tol(recorder_age_mean_us(&r), 250 + (500 + 10000) / 2.0, 1e-6);
    ck_assert_double_eq_tol(recorder_age_max_us(&r), 250 + 20000, 1e-6);
    ck_assert_double_eq_tol(recorder_age_peak_us(&r), (100 * 1250 + 5 * 20250) / 105.0, 1e-6);
}
END_TEST

/* ---- who has what ---- */

START_TEST(channel_tracks_find_only_what_was_asked_for)
{
    ask_for("room-1,room-12", "room", 1);
    ck_assert_str_eq(channel_tracks_find(tracks[0], named("room-1"))->channel->name, "room-1");
    ck_assert_str_eq(channel_tracks_find(tracks[0], named("room-12"))->channel->name, "room-12");
    ck_assert_str_eq(channel_tracks_find(tracks[0], named("room"))->channel->name, "room");
    ck_assert_ptr_null(channel_tracks_find(tracks[0], named("room-")));
    ck_assert_ptr_null(channel_tracks_find(tracks[0], named("room-123")));
    ck_assert_ptr_null(channel_tracks_find(tracks[0], (struct name){NULL, 0}));
}
END_TEST

START_TEST(channel_tracks_say_in_a_query_what_they_want)
{
    char query[128] = "";
    size_t len;

    ask_for_in_rooms("a,room-{room}", "b,room-{room}/state", 3, 2);
    len = channel_tracks_add_query(tracks[0], query, 0, sizeof query);
    ck_assert_str_eq(query, "?channel=a,room-0&latest=b,room-0/state");
    ck_assert_uint_eq(len, strlen(query));
    strcpy(query, "?since=7");
    channel_tracks_add_query(tracks[2], query, 8, sizeof query);
    ck_assert_str_eq(query, "?since=7&channel=a,room-1&latest=b,room-1/state");
}
END_TEST

START_TEST(channel_tracks_query_says_nothing_of_a_list_that_is_empty)
{
    char query[128] = "";

    ask_for(NULL, "b", 1);
    channel_tracks_add_query(tracks[0], query, 0, sizeof query);
    ck_assert_str_eq(query, "?latest=b");
}
END_TEST

START_TEST(channel_tracks_refuse_two_channels_of_one_name)
{
    struct channels_plan plan = {.room_size = 1, .nclients = 3, .every = "r/{room},r/2"};
    struct channel_tracks *all = NULL;

    ck_assert_int_eq(channels_init(&channels, &plan), PL_OK);
    ck_assert_int_eq(channel_tracks_new(&all, &channels, 0), PL_OK);
    channel_tracks_free(all);
    ck_assert_int_eq(channel_tracks_new(&all, &channels, 2), PL_EINVAL);
}
END_TEST

static TCase *tests(void)
{
    TCase *tc = tcase_create("tracks");

    tcase_add_checked_fixture(tc, NULL, drop);
    tcase_add_test(tc, channel_tracks_of_every_update_add_up_channel_by_channel);
    tcase_add_test(tc, channel_track_gap_is_missed_whoever_else_has_it);
    tcase_add_test(tc, channel_track_begins_with_its_first_update_and_has_missed_what_was_before);
    tcase_add_test(tc, channel_track_that_heard_nothing_has_everything_late);
    tcase_add_test(tc, channel_track_update_that_fills_a_gap_is_out_of_order);
    tcase_add_test(tc, channel_track_latest_counts_what_was_skipped_as_superseded);
    tcase_add_test(tc, channel_track_latest_is_late_above_its_cursor);
    tcase_add_test(tc, channel_tracks_of_both_kinds_add_up_together);
    tcase_add_test(tc, channel_track_latest_of_several_keys_may_leap_back_in_n);
    tcase_add_test(tc, channel_track_latest_never_takes_an_older_value_of_a_key);
    tcase_add_test(tc, channel_track_latest_comes_once_more_when_a_stream_opens_again);
    tcase_add_test(tc, channel_track_latest_again_without_an_opening_is_a_duplicate);
    tcase_add_test(tc, channel_track_latest_misses_the_newest_of_a_key_that_others_hold);
    tcase_add_test(tc, channel_track_latest_holds_many_keys);
    tcase_add_test(tc, channel_tracks_account_is_a_real_check);
    tcase_add_test(tc, channel_tracks_latest_delivered_beyond_the_borders_does_not_add_up);
    tcase_add_test(tc, channel_tracks_know_the_window_as_far_as_it_was_seen);
    tcase_add_test(tc, channel_tracks_restart_expects_the_numbers_anew);
    tcase_add_test(tc, channel_tracks_on_time_is_a_share_of_what_was_expected);
    tcase_add_test(tc, channel_tracks_posts_have_no_deadline);
    tcase_add_test(tc, channel_tracks_have_an_age_each);
    tcase_add_test(tc, channel_tracks_find_only_what_was_asked_for);
    tcase_add_test(tc, channel_tracks_say_in_a_query_what_they_want);
    tcase_add_test(tc, channel_tracks_query_says_nothing_of_a_list_that_is_empty);
    tcase_add_test(tc, channel_tracks_refuse_two_channels_of_one_name);
    return tc;
}

int main(void)
{
    Suite *suite = suite_create("tracks");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tests());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
