/* Lost, doubled, reordered: known sequences, and every arrival order of a few against a model
 * that remembers everything. */
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "clients/send/audience.h"
#include "lib/base/rng.h"

struct tally {
    uint64_t fresh, doubled, reordered, repeated;
    struct order_track track;
};

static struct tally take_all(enum order_kind kind, const uint64_t *numbers, size_t count)
{
    struct tally t = {0};

    for (size_t i = 0; i < count; i++) {
        switch (order_take(&t.track, kind, numbers[i])) {
        case ORDER_NEW:
            t.fresh++;
            break;
        case ORDER_DOUBLED:
            t.doubled++;
            break;
        case ORDER_REORDERED:
            t.reordered++;
            break;
        case ORDER_REPEATED:
            t.repeated++;
            break;
        }
    }
    return t;
}

#define TAKE(kind, ...)                                                                            \
    take_all(kind, (const uint64_t[]){__VA_ARGS__},                                                \
             sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static void check_tally(const struct tally *t, uint64_t fresh, uint64_t doubled, uint64_t reordered)
{
    ck_assert_uint_eq(t->fresh, fresh);
    ck_assert_uint_eq(t->doubled, doubled);
    ck_assert_uint_eq(t->reordered, reordered);
}

START_TEST(order_of_one_after_the_other_is_sound)
{
    struct tally t = TAKE(ORDER_EVERY, 1, 2, 3, 4);

    check_tally(&t, 4, 0, 0);
    ck_assert_uint_eq(order_missing(&t.track, ORDER_EVERY, 4), 0);
}
END_TEST

START_TEST(order_counts_what_is_lost_in_the_middle_at_the_start_and_at_the_end)
{
    struct tally middle = TAKE(ORDER_EVERY, 1, 2, 5);
    struct tally start = TAKE(ORDER_EVERY, 3);
    struct tally none = {0};

    ck_assert_uint_eq(order_missing(&middle.track, ORDER_EVERY, 5), 2);
    ck_assert_uint_eq(order_missing(&middle.track, ORDER_EVERY, 7), 4);
    ck_assert_uint_eq(order_missing(&start.track, ORDER_EVERY, 3), 2);
    ck_assert_uint_eq(order_missing(&none.track, ORDER_EVERY, 9), 9);
    check_tally(&middle, 3, 0, 0);
}
END_TEST

START_TEST(order_tells_twice_from_late)
{
    struct tally twice = TAKE(ORDER_EVERY, 1, 2, 2, 3, 1);
    struct tally late = TAKE(ORDER_EVERY, 1, 3, 2, 4);
    struct tally both = TAKE(ORDER_EVERY, 1, 3, 2, 2);

    check_tally(&twice, 3, 2, 0);
    check_tally(&late, 3, 0, 1);
    check_tally(&both, 2, 1, 1);
    ck_assert_uint_eq(order_missing(&late.track, ORDER_EVERY, 4), 0);
}
END_TEST

START_TEST(order_beyond_its_memory_takes_old_for_missing_only_as_often_as_some_are)
{
    struct tally t = TAKE(ORDER_EVERY, 1, 2, 4, 1000, 3, 2, 999);

    check_tally(&t, 4, 0, 3); /* 2 came twice, but 995 were missing there */
    t = TAKE(ORDER_EVERY, 1, 2, 3, 4, 5);
    for (uint64_t n = 6; n <= 200; n++)
        ck_assert_int_eq(order_take(&t.track, ORDER_EVERY, n), ORDER_NEW);
    ck_assert_int_eq(order_take(&t.track, ORDER_EVERY, 3), ORDER_DOUBLED);
    ck_assert_uint_eq(order_missing(&t.track, ORDER_EVERY, 200), 0);
}
END_TEST

START_TEST(order_of_latest_values_only_grows)
{
    struct tally skips = TAKE(ORDER_LATEST, 2, 7, 9);
    struct tally older = TAKE(ORDER_LATEST, 2, 7, 3);
    struct tally again = TAKE(ORDER_LATEST, 7, 7);

    check_tally(&skips, 3, 0, 0);
    ck_assert_uint_eq(order_missing(&skips.track, ORDER_LATEST, 9), 0);
    ck_assert_uint_eq(order_missing(&skips.track, ORDER_LATEST, 11), 1);
    check_tally(&older, 2, 0, 1);
    check_tally(&again, 1, 0, 0);
    ck_assert_uint_eq(again.repeated, 1);
}
END_TEST

START_TEST(order_of_a_channel_not_heard_misses_nothing)
{
    struct order_track t = {0};

    ck_assert_uint_eq(order_missing(&t, ORDER_NOT_SUBSCRIBED, 5), 0);
}
END_TEST

/* Within the memory every verdict is exact. */
START_TEST(order_agrees_with_a_model_that_remembers_everything)
{
    struct rng rng;

    rng_seed(&rng, 5);
    for (int round = 0; round < 2000; round++) {
        struct order_track t = {0};
        bool seen[ORDER_MEMORY + 1] = {false};
        uint64_t newest = 0, received = 0;

        for (int i = 0; i < 40; i++) {
            uint64_t n = 1 + rng_next(&rng) % ORDER_MEMORY;
            enum order_receipt expected = seen[n]      ? ORDER_DOUBLED
                                          : n < newest ? ORDER_REORDERED
                                                       : ORDER_NEW;

            ck_assert_int_eq(order_take(&t, ORDER_EVERY, n), expected);
            received += !seen[n];
            seen[n] = true;
            newest = n > newest ? n : newest;
            ck_assert_uint_eq(order_missing(&t, ORDER_EVERY, newest), newest - received);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("order");
    TCase *tc = tcase_create("order");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, order_of_one_after_the_other_is_sound);
    tcase_add_test(tc, order_counts_what_is_lost_in_the_middle_at_the_start_and_at_the_end);
    tcase_add_test(tc, order_tells_twice_from_late);
    tcase_add_test(tc, order_beyond_its_memory_takes_old_for_missing_only_as_often_as_some_are);
    tcase_add_test(tc, order_of_latest_values_only_grows);
    tcase_add_test(tc, order_of_a_channel_not_heard_misses_nothing);
    tcase_add_test(tc, order_agrees_with_a_model_that_remembers_everything);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
