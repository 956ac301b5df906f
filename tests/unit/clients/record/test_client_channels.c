/* Which channels the clients of a run have: names, rooms, picks, keys and positions. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>

#include "clients/record/channels.h"
#include "lib/base/err.h"

static struct name named(const char *text)
{
    return (struct name){text, strlen(text)};
}

/* ---- names ---- */

START_TEST(channel_list_yields_its_items_and_the_empty_ones)
{
    const char *at = "a,,match/score,";
    const char *const expected[] = {"a", "", "match/score", ""};
    struct name item;

    for (size_t i = 0; i < 4; i++) {
        ck_assert(channel_list_next(&at, &item));
        ck_assert(name_equal(item, named(expected[i])));
    }
    ck_assert(!channel_list_next(&at, &item));
    ck_assert(!channel_list_next(&at, &item));
    ck_assert_uint_eq(channel_list_count(NULL), 0);
    ck_assert_uint_eq(channel_list_count(""), 1);
    ck_assert_uint_eq(channel_list_count("a,b"), 2);
}
END_TEST

START_TEST(channel_name_has_its_room_in_every_place)
{
    char out[CHANNEL_NAME_BYTES];

    ck_assert_uint_eq(channel_name_in_room(out, named("match/score"), 7), 11);
    ck_assert_str_eq(out, "match/score");
    ck_assert_uint_eq(channel_name_in_room(out, named("{room}/a-{room}"), 12), 7);
    ck_assert_str_eq(out, "12/a-12");
    ck_assert_uint_eq(channel_name_in_room(out, (struct name){"r{room},x", 7}, 0), 2);
    ck_assert_str_eq(out, "r0");
}
END_TEST

START_TEST(channel_name_refuses_what_is_no_name)
{
    static const char *const bad[] = {"", "a b", "{room", "room}", "{Room}", "a\"", "ä", "a?b"};
    char out[CHANNEL_NAME_BYTES], longest[80];

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(channel_name_in_room(out, named(bad[i]), 1) == 0, "%s", bad[i]);
    memset(longest, 'x', sizeof longest);
    ck_assert_uint_eq(channel_name_in_room(out, (struct name){longest, 64}, 1), 64);
    ck_assert_uint_eq(channel_name_in_room(out, (struct name){longest, 65}, 1), 0);
    memcpy(longest + 60, "{room}", 6);
    ck_assert_uint_eq(channel_name_in_room(out, (struct name){longest, 66}, 9999), 64);
    ck_assert_uint_eq(channel_name_in_room(out, (struct name){longest, 66}, 10000), 0);
    ck_assert_uint_eq(channel_name_in_room(out, (struct name){longest, 66}, UINT64_MAX), 0);
}
END_TEST

/* ---- who has what ---- */

static struct channels channels;

static void drop(void)
{
    channels_free(&channels);
}

static void ask_for(const struct channels_plan *plan)
{
    ck_assert_int_eq(channels_init(&channels, plan), PL_OK);
}

START_TEST(channels_exist_once_in_each_room_or_once_for_all)
{
    struct channels_plan plan = {
        .nclients = 10, .room_size = 4, .every = "all,room-{room}", .latest = "state/{room}"};
    struct channel *of[CHANNELS_MAX], *others[CHANNELS_MAX];

    ask_for(&plan);
    ck_assert_uint_eq(channels.nall, 1 + 3 + 3);
    ck_assert_uint_eq(channels_of_client(&channels, 3, of), 3);
    ck_assert_str_eq(of[0]->name, "all");
    ck_assert_str_eq(of[1]->name, "room-0");
    ck_assert_str_eq(of[2]->name, "state/0");
    ck_assert(!of[1]->latest && of[2]->latest);
    channels_of_client(&channels, 9, others);
    ck_assert_ptr_eq(of[0], others[0]);
    ck_assert_str_eq(others[1]->name, "room-2");
    ck_assert_str_eq(others[2]->name, "state/2");
}
END_TEST

START_TEST(channels_without_a_room_size_are_one_room)
{
    struct channels_plan plan = {.nclients = 10, .every = "room-{room}"};
    struct channel *of[CHANNELS_MAX];

    ask_for(&plan);
    ck_assert_uint_eq(channels.nall, 1);
    ck_assert_uint_eq(channels_of_client(&channels, 9, of), 1);
    ck_assert_str_eq(of[0]->name, "room-0");
}
END_TEST

/* Each client has its --channel list and n different latest ones, in the list's order; over many
 * clients, each of them as often (a fifth of 3 x 2000, within four standard deviations). */
START_TEST(channels_picked_are_seeded_different_and_fair)
{
    struct channels_plan plan = {
        .nclients = 2000, .seed = 7, .every = "news", .latest = "a,b,c,d,e", .pick = 3};
    struct channel *of[CHANNELS_MAX], *again[CHANNELS_MAX];
    unsigned count[5] = {0};

    ask_for(&plan);
    for (uint64_t client = 0; client < 2000; client++) {
        ck_assert_uint_eq(channels_of_client(&channels, client, of), 4);
        ck_assert_uint_eq(channels_of_client(&channels, client, again), 4);
        ck_assert_str_eq(of[0]->name, "news");
        ck_assert_mem_eq(of, again, 4 * sizeof of[0]);
        ck_assert(of[1] < of[2] && of[2] < of[3]);
        for (int i = 1; i < 4; i++)
            count[of[i]->name[0] - 'a']++;
    }
    for (int i = 0; i < 5; i++)
        ck_assert_msg(count[i] > 1200 - 88 && count[i] < 1200 + 88, "%u", count[i]);
}
END_TEST

START_TEST(channels_picked_depend_on_the_seed)
{
    struct channels_plan plan = {.nclients = 64, .seed = 1, .latest = "a,b,c,d", .pick = 1};
    char first[65] = "", second[65] = "";
    struct channel *of[CHANNELS_MAX];

    ask_for(&plan);
    for (unsigned i = 0; i < 64; i++) {
        channels_of_client(&channels, i, of);
        first[i] = of[0]->name[0];
    }
    channels_free(&channels);
    plan.seed = 2;
    ask_for(&plan);
    for (unsigned i = 0; i < 64; i++) {
        channels_of_client(&channels, i, of);
        second[i] = of[0]->name[0];
    }
    ck_assert_str_ne(first, second);
}
END_TEST

/* ---- keys ---- */

START_TEST(channel_keys_keep_the_number_they_got)
{
    struct channel_keys keys = {0};
    char text[16];

    ck_assert_int_eq(channel_keys_number(&keys, (struct name){NULL, 0}), 0);
    for (int round = 0; round < 2; round++) {
        for (int i = 1; i < 5000; i++) {
            snprintf(text, sizeof text, "key-%d", i);
            ck_assert_int_eq(channel_keys_number(&keys, named(text)), i);
        }
    }
    ck_assert_int_eq(channel_keys_number(&keys, (struct name){"", 0}), 0);
    ck_assert_uint_eq(keys.n, 5000);
    channel_keys_free(&keys);
}
END_TEST

/* ---- positions ---- */

START_TEST(channel_positions_are_found_by_name)
{
    cJSON *stats = cJSON_Parse("{\"channels\":[{\"name\":\"\",\"position_n\":9},"
                               "{\"name\":\"z\",\"position_n\":3},{\"name\":\"b\"},"
                               "{\"name\":\"a\",\"position_n\":null},"
                               "{\"name\":\"m\",\"position_n\":9007199254740992}]}");
    struct channel_positions p = {0};
    uint64_t n;

    ck_assert_int_eq(channel_positions_take(&p, stats), PL_OK);
    ck_assert(channel_positions_find(&p, "z", &n));
    ck_assert_uint_eq(n, 3);
    ck_assert(channel_positions_find(&p, "m", &n));
    ck_assert_uint_eq(n, UINT64_C(1) << 53);
    ck_assert(!channel_positions_find(&p, "a", &n)); /* the history no longer reaches back */
    ck_assert(!channel_positions_find(&p, "b", &n));
    ck_assert(channel_positions_find(&p, "not-yet", &n));
    ck_assert_uint_eq(n, 0);
    channel_positions_free(&p);
    cJSON_Delete(stats);
}
END_TEST

START_TEST(channel_positions_of_a_server_without_channels_are_unknown)
{
    cJSON *stats = cJSON_Parse("{\"pushlab\":\"0.1.0\"}"), *none = cJSON_Parse("{\"channels\":[]}");
    struct channel_positions p = {0};
    uint64_t n;

    ck_assert(!channel_positions_find(&p, "a", &n));
    ck_assert_int_eq(channel_positions_take(&p, stats), PL_OK);
    ck_assert(!channel_positions_find(&p, "a", &n));
    ck_assert_int_eq(channel_positions_take(&p, none), PL_OK);
    ck_assert(channel_positions_find(&p, "a", &n));
    channel_positions_free(&p);
    cJSON_Delete(stats);
    cJSON_Delete(none);
}
END_TEST

START_TEST(channels_window_lies_between_two_positions)
{
    struct channels_plan plan = {.nclients = 1, .every = "a,b"};
    cJSON *first = cJSON_Parse("{\"channels\":[{\"name\":\"a\",\"position_n\":7}]}");
    cJSON *last = cJSON_Parse("{\"channels\":[{\"name\":\"a\",\"position_n\":9},"
                              "{\"name\":\"b\",\"position_n\":2}]}");
    struct channel_positions start = {0}, end = {0};

    ask_for(&plan);
    channels.all[0].clients = channels.all[1].clients = 1;
    channel_positions_take(&start, first);
    channel_positions_take(&end, last);
    ck_assert(channels_set_window(&channels, &start, &end));
    ck_assert_uint_eq(channels.all[0].window.first, 8);
    ck_assert_uint_eq(channels.all[0].window.last, 9);
    ck_assert_uint_eq(seq_range_count(channels.all[1].window), 2);
    start.all[0].known = false;
    ck_assert(!channels_set_window(&channels, &start, &end));
    channels.all[0].clients = 0; /* nobody has it: nobody asks */
    ck_assert(channels_set_window(&channels, &start, &end));
    channel_positions_free(&start);
    channel_positions_free(&end);
    cJSON_Delete(first);
    cJSON_Delete(last);
}
END_TEST

static TCase *tests(void)
{
    TCase *tc = tcase_create("client_channels");

    tcase_add_checked_fixture(tc, NULL, drop);
    tcase_add_test(tc, channel_list_yields_its_items_and_the_empty_ones);
    tcase_add_test(tc, channel_name_has_its_room_in_every_place);
    tcase_add_test(tc, channel_name_refuses_what_is_no_name);
    tcase_add_test(tc, channels_exist_once_in_each_room_or_once_for_all);
    tcase_add_test(tc, channels_without_a_room_size_are_one_room);
    tcase_add_test(tc, channels_picked_are_seeded_different_and_fair);
    tcase_add_test(tc, channels_picked_depend_on_the_seed);
    tcase_add_test(tc, channel_keys_keep_the_number_they_got);
    tcase_add_test(tc, channel_positions_are_found_by_name);
    tcase_add_test(tc, channel_positions_of_a_server_without_channels_are_unknown);
    tcase_add_test(tc, channels_window_lies_between_two_positions);
    return tc;
}

int main(void)
{
    Suite *suite = suite_create("client_channels");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tests());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
