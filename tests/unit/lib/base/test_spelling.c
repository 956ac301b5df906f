/* lib/base/spelling.c and duration.c: what people type */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/duration.h"
#include "lib/base/spelling.h"

static const char *const words[] = {"run", "sweep",      "standard", "websocket",
                                    "4g",  "short-poll", NULL};

static const struct {
    const char *word, *meant; /* NULL: nothing */
} typed[] = {
    {"standrad", "standard"},
    {"webscoket", "websocket"},
    {"rnu", "run"},
    {"rum", "run"},
    {"4gg", "4g"},
    {"short_pol", "short-poll"},
    {"shrt-pll-", "short-poll"},
    {"xy", NULL},
    {"", NULL},
    {"frobnicate", NULL},
    {"run", "run"},
    {"ws", NULL},
};

START_TEST(a_typing_error_is_recognized_and_another_word_is_not)
{
    const char *guess = spelling_nearest(typed[_i].word, words);

    if (typed[_i].meant == NULL)
        ck_assert_ptr_null(guess);
    else
        ck_assert_str_eq(guess, typed[_i].meant);
}
END_TEST

START_TEST(neighbours_that_are_swapped_are_one_error)
{
    char longer[80];

    ck_assert_uint_eq(spelling_distance("ab", 2, "ba"), 1);
    ck_assert_uint_eq(spelling_distance("", 0, "abc"), 3);
    ck_assert_uint_eq(spelling_distance("kitten", 6, "sitting"), 3);
    memset(longer, 'x', sizeof longer);
    ck_assert_uint_eq(spelling_distance(longer, sizeof longer, "x"), SIZE_MAX);
}
END_TEST

START_TEST(a_hint_stands_in_front_of_what_is_accepted)
{
    char hint[SPELLING_HINT_BYTES];

    ck_assert_str_eq(spelling_hint(hint, "run"), "did you mean run? ");
    ck_assert_str_eq(spelling_hint(hint, NULL), "");
}
END_TEST

static const struct {
    const char *text;
    double plain_ns, ns; /* ns < 0: no time */
} times[] = {
    {"2", 1e9, 2e9},    {"2", 1e6, 2e6},     {"2", 0, -1},       {"0", 0, 0},
    {"1s", 1e6, 1e9},   {"500ms", 1e9, 5e8}, {"100us", 0, 1e5},  {"100µs", 0, 1e5},
    {"5ns", 1e9, 5},    {"2m", 1e6, 120e9},  {"2min", 1, 120e9}, {"1.5h", 1, 5400e9},
    {"fast", 1e9, -1},  {"", 1e9, -1},       {"s", 1e9, -1},     {"1 s", 1e9, -1},
    {"1S", 1e9, -1},    {"0x10", 1e9, -1},   {"inf", 1e9, -1},   {"1d", 1e9, -1},
    {"1e400", 1e9, -1},
};

START_TEST(a_time_is_a_number_and_a_unit)
{
    double ns = -1;

    ck_assert_int_eq(duration_read(&ns, times[_i].text, times[_i].plain_ns), times[_i].ns >= 0);
    ck_assert_double_eq_tol(ns, times[_i].ns, 1e-3);
}
END_TEST

START_TEST(names_of_times_end_in_their_unit)
{
    ck_assert_double_eq(duration_unit_of("interval_ms"), 1e6);
    ck_assert_double_eq(duration_unit_of("warmup_s"), 1e9);
    ck_assert_double_eq(duration_unit_of("ramp_per_s"), 0);
    ck_assert_double_eq(duration_unit_of("rate_hz"), 0);
    ck_assert_double_eq(duration_unit_of("clients"), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("spelling");
    TCase *t = tcase_create("spelling");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_loop_test(t, a_typing_error_is_recognized_and_another_word_is_not, 0,
                        sizeof typed / sizeof *typed);
    tcase_add_test(t, neighbours_that_are_swapped_are_one_error);
    tcase_add_test(t, a_hint_stands_in_front_of_what_is_accepted);
    tcase_add_loop_test(t, a_time_is_a_number_and_a_unit, 0, sizeof times / sizeof *times);
    tcase_add_test(t, names_of_times_end_in_their_unit);
    suite_add_tcase(s, t);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
