/* bench/run/turns.h: in what order rows and their repeats are measured. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/turns.h"

enum { ROWS = 8, REPEATS = 5, ALL = ROWS * REPEATS };

START_TEST(each_repeat_has_every_row_once_before_the_next_begins)
{
    struct turn turns[ALL];
    int seen[REPEATS][ROWS] = {{0}};

    turns_make(turns, ROWS, REPEATS, true, 1);
    for (size_t i = 0; i < ALL; i++) {
        ck_assert_uint_eq(turns[i].repeat, i / ROWS + 1);
        ck_assert_uint_lt(turns[i].row, ROWS);
        seen[i / ROWS][turns[i].row]++;
    }
    for (int k = 0; k < REPEATS; k++)
        for (int row = 0; row < ROWS; row++)
            ck_assert_int_eq(seen[k][row], 1);
}
END_TEST

/* As rows: 0 when both are the same. */
static int compare(const struct turn *a, const struct turn *b)
{
    int different = 0;

    for (size_t i = 0; i < ROWS; i++)
        different += a[i].row != b[i].row;
    return different;
}

START_TEST(repeats_have_orders_of_their_own_which_follow_from_the_seed)
{
    struct turn one[ALL], again[ALL], other[ALL];

    turns_make(one, ROWS, REPEATS, true, 1);
    turns_make(again, ROWS, REPEATS, true, 1);
    turns_make(other, ROWS, REPEATS, true, 2);
    for (size_t k = 0; k < REPEATS; k++)
        ck_assert_int_eq(compare(one + k * ROWS, again + k * ROWS), 0);
    ck_assert_int_gt(compare(one, one + ROWS), 0);
    ck_assert_int_gt(compare(one, other), 0);
}
END_TEST

/* 8,000 repeats: each row is in each place about 1,000 times, with a standard deviation of 30. */
START_TEST(no_row_has_a_favourite_place)
{
    enum { MANY = 8000 };
    struct turn *turns = malloc(sizeof *turns * ROWS * MANY);
    int at[ROWS][ROWS] = {{0}};

    ck_assert_ptr_nonnull(turns);
    turns_make(turns, ROWS, MANY, true, 7);
    for (size_t i = 0; i < (size_t)ROWS * MANY; i++)
        at[turns[i].row][i % ROWS]++;
    for (int row = 0; row < ROWS; row++)
        for (int place = 0; place < ROWS; place++)
            ck_assert_int_le(abs(at[row][place] - MANY / ROWS), 150);
    free(turns);
}
END_TEST

START_TEST(given_is_row_after_row_and_repeat_after_repeat)
{
    struct turn turns[ALL];

    turns_make(turns, ROWS, REPEATS, false, 1);
    for (size_t i = 0; i < ALL; i++) {
        ck_assert_uint_eq(turns[i].row, i % ROWS);
        ck_assert_uint_eq(turns[i].repeat, i / ROWS + 1);
    }
}
END_TEST

START_TEST(each_repeat_has_a_seed_and_the_first_the_runs_own)
{
    const int64_t most = INT64_C(9007199254740991); /* as scenarios accept */

    ck_assert_int_eq(turns_seed(7, 1), 7);
    ck_assert_int_eq(turns_seed(most, 1), most);
    for (unsigned k = 2; k <= 100; k++) {
        ck_assert_int_ge(turns_seed(7, k), 0);
        ck_assert_int_lt(turns_seed(7, k), INT64_C(1) << 52);
        ck_assert_int_ne(turns_seed(7, k), turns_seed(7, k - 1));
        ck_assert_int_ne(turns_seed(7, k), turns_seed(8, k));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("turns");
    TCase *t = tcase_create("turns");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(t, each_repeat_has_every_row_once_before_the_next_begins);
    tcase_add_test(t, repeats_have_orders_of_their_own_which_follow_from_the_seed);
    tcase_add_test(t, no_row_has_a_favourite_place);
    tcase_add_test(t, given_is_row_after_row_and_repeat_after_repeat);
    tcase_add_test(t, each_repeat_has_a_seed_and_the_first_the_runs_own);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
