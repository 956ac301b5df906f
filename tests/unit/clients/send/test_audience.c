/* Who hears whom, by rooms and subscriptions, and what they have missed. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "clients/send/audience.h"
#include "lib/base/err.h"

/* Two channels, like a text and its cursors. */
static const struct workload two_channels = {
    .name = "two",
    .channels = {{.suffix = ""}, {.suffix = "/cursors", .keyed = true}},
    .nchannels = 2,
};
static const struct workload one_channel = {
    .name = "one",
    .channels = {{.suffix = ""}},
    .nchannels = 1,
};

/* Rooms of 4, 4 and 2; three of each send, two in the last. */
static const struct workload_plan rooms = {.nclients = 10, .room_size = 4, .senders = 3};

static struct name name_of(const char *text)
{
    return (struct name){text, strlen(text)};
}

START_TEST(audience_names_the_channels_of_each_room)
{
    struct audience a;

    ck_assert_int_eq(audience_init(&a, &two_channels, &rooms, "room-{room}"), PL_OK);
    ck_assert_str_eq(audience_channel(&a, 3, 0).text, "room-0");
    ck_assert_str_eq(audience_channel(&a, 9, 1).text, "room-2/cursors");
    ck_assert_int_eq(audience_find_channel(&a, 5, name_of("room-1/cursors")), 1);
    ck_assert_int_eq(audience_find_channel(&a, 5, name_of("room-2")), -1);
    audience_free(&a);
}
END_TEST

START_TEST(audience_takes_the_default_channel_only_without_suffixes)
{
    struct audience a;
    char long_name[2 * NAME_MAX_BYTES] = "";

    ck_assert_int_eq(audience_init(&a, &one_channel, &rooms, NULL), PL_OK);
    ck_assert_uint_eq(audience_channel(&a, 0, 0).len, 0);
    ck_assert_int_eq(audience_find_channel(&a, 0, (struct name){NULL, 0}), 0);
    audience_free(&a);
    ck_assert_int_eq(audience_init(&a, &two_channels, &rooms, NULL), PL_EINVAL);
    memset(long_name, 'x', NAME_MAX_BYTES - 2);
    ck_assert_int_eq(audience_init(&a, &two_channels, &rooms, long_name), PL_EINVAL);
    ck_assert_int_eq(audience_init(&a, &one_channel, &rooms, "no name"), PL_EINVAL);
}
END_TEST

START_TEST(audience_of_a_room_hears_its_own_senders_only)
{
    struct audience a;

    ck_assert_int_eq(audience_init(&a, &one_channel, &rooms, "room-{room}"), PL_OK);
    for (uint32_t client = 0; client < 10; client++)
        audience_subscribe(&a, client, 0, ORDER_EVERY);
    for (uint32_t client = 0; client < 10; client++) {
        for (uint32_t sender = 0; sender < 10; sender++) {
            bool hears = workload_room(&rooms, client) == workload_room(&rooms, sender) &&
                         workload_sends(&rooms, sender);

            ck_assert_int_eq(audience_track(&a, client, sender, 0) != NULL, hears);
        }
    }
    ck_assert_ptr_ne(audience_track(&a, 0, 1, 0), audience_track(&a, 0, 2, 0));
    ck_assert_ptr_ne(audience_track(&a, 0, 1, 0), audience_track(&a, 1, 1, 0));
    audience_free(&a);
}
END_TEST

START_TEST(audience_of_one_channel_hears_the_senders_of_all_rooms)
{
    struct audience a;

    ck_assert_int_eq(audience_init(&a, &one_channel, &rooms, "all"), PL_OK);
    audience_subscribe(&a, 7, 0, ORDER_LATEST);
    for (uint32_t sender = 0; sender < 10; sender++) {
        ck_assert_int_eq(audience_track(&a, 7, sender, 0) != NULL, workload_sends(&rooms, sender));
        ck_assert_ptr_null(audience_track(&a, 6, sender, 0)); /* not subscribed */
    }
    audience_free(&a);
}
END_TEST

/* In rooms of 4, 4 and 2 the senders are 0..2, 3..5 and 6..7 by number. */
START_TEST(audience_counts_what_a_client_has_missed_by_channel_and_kind)
{
    uint64_t sent[8][WORKLOAD_CHANNELS_MAX] = {[3] = {5, 2}, [4] = {1, 0}, [6] = {2, 9}};
    struct audience a;

    ck_assert_int_eq(audience_init(&a, &two_channels, &rooms, "room-{room}"), PL_OK);
    ck_assert_uint_eq(audience_missing(&a, 5, sent), 0); /* hears nothing yet */
    audience_subscribe(&a, 5, 0, ORDER_EVERY);
    audience_subscribe(&a, 5, 1, ORDER_LATEST);
    audience_subscribe(&a, 9, 1, ORDER_EVERY);
    ck_assert_uint_eq(audience_missing(&a, 5, sent), 5 + 1 + 1);
    ck_assert_uint_eq(audience_missing(&a, 9, sent), 9);
    for (uint64_t n = 1; n <= 5; n++)
        order_take(audience_track(&a, 5, 4, 0), ORDER_EVERY, n);
    ck_assert_uint_eq(audience_missing(&a, 5, sent), 1 + 1);
    order_take(audience_track(&a, 5, 4, 1), ORDER_LATEST, 2);
    ck_assert_uint_eq(audience_missing(&a, 5, sent), 1);
    audience_free(&a);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("audience");
    TCase *tc = tcase_create("audience");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, audience_names_the_channels_of_each_room);
    tcase_add_test(tc, audience_takes_the_default_channel_only_without_suffixes);
    tcase_add_test(tc, audience_of_a_room_hears_its_own_senders_only);
    tcase_add_test(tc, audience_of_one_channel_hears_the_senders_of_all_rooms);
    tcase_add_test(tc, audience_counts_what_a_client_has_missed_by_channel_and_kind);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
