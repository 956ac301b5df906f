/* What is said of a command's progress, and that the time left is that of everything. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "bench/run/progress.h"
#include "lib/base/clock.h"

static struct progress p;
static char text[300];

/* 24 measurements of 2 s and 10 s of other steps; nothing is printed. */
static void begin(void)
{
    p = (struct progress){.form = PROGRESS_NONE};
    progress_part(&p, NULL, 0, 24, 24 * 2 + 10);
}

/* The measurement in progress ends, so many seconds after it began. */
static void measured_after(int seconds)
{
    p.step_ns = clock_now_ns() - seconds * NS_PER_S;
    progress_measured(&p);
}

static const char *now_after(int seconds, enum progress_form form)
{
    p.form = form;
    progress_text_now(text, sizeof text, &p, p.step_ns + seconds * NS_PER_S);
    p.form = PROGRESS_NONE;
    return text;
}

static const char *measured(void)
{
    progress_text_measured(text, sizeof text, &p);
    return text;
}

START_TEST(progress_says_what_is_measured_and_when_everything_is_done)
{
    begin();
    progress_measure(&p, "sse", 1, 3, 1, 2);
    ck_assert_str_eq(now_after(0, PROGRESS_LINE), "[1 of 24, about 58 s left] sse, repeat 1 of 3");
    p.form = PROGRESS_LINES; /* where a phase is remembered, and not printed */
    progress_line(&p, "{\"phase\":\"measure\",\"left_s\":1,\"p50_us\":25400}");
    ck_assert_ptr_nonnull(
        strstr(now_after(1, PROGRESS_LINE),
               "[1 of 24, about 57 s left] sse, repeat 1 of 3: measuring, p50 25.4"));
    measured_after(2);
    ck_assert_str_eq(measured(), "measured sse, repeat 1 of 3: 1 of 24 done, about 56 s left");
}
END_TEST

START_TEST(progress_learns_from_how_long_measurements_took)
{
    begin();
    progress_measure(&p, "sse", 1, 1, 1, 2);
    measured_after(4); /* twice as long */
    ck_assert_str_eq(measured(), "measured sse: 1 of 24 done, about 1 min 52 s left");
    progress_measure(&p, "stream", 1, 1, 1, 2);
    ck_assert_str_eq(now_after(1, PROGRESS_LINE), "[2 of 24, about 1 min 51 s left] stream");
    ck_assert_str_eq(now_after(60, PROGRESS_LINE), /* its own share is used up, no more */
                     "[2 of 24, about 1 min 48 s left] stream");
}
END_TEST

START_TEST(progress_does_not_count_a_second_attempt_as_done)
{
    begin();
    progress_measure(&p, "sse", 1, 1, 1, 2);
    progress_measure(&p, "sse", 1, 1, 2, 2);
    ck_assert_str_eq(now_after(0, PROGRESS_LINE), "[1 of 24, about 58 s left] sse, attempt 2");
}
END_TEST

START_TEST(progress_names_steps_that_measure_nothing)
{
    begin();
    progress_part(&p, NULL, 24, 24, 10);
    progress_step(&p, "capturing packets for sequence diagrams: sse (2 of 8)", 4);
    ck_assert_str_eq(now_after(1, PROGRESS_LINE), "[about 9 s left] capturing packets for "
                                                  "sequence diagrams: sse (2 of 8)");
    ck_assert_str_eq(now_after(0, PROGRESS_LINES), "capturing packets for sequence diagrams: "
                                                   "sse (2 of 8), about 10 s left");
    progress_step(&p, "drawing charts", 6);
    ck_assert_str_eq(now_after(0, PROGRESS_LINES), "drawing charts, about 6 s left");
    ck_assert_str_eq(now_after(7, PROGRESS_LINE), "drawing charts"); /* late: no promise */
}
END_TEST

START_TEST(progress_names_the_part)
{
    begin();
    progress_part(&p, "clients=50, repeat 2 of 3", 5, 24, 38);
    progress_measure(&p, "sse", 0, 1, 1, 2);
    ck_assert_str_eq(now_after(0, PROGRESS_LINE),
                     "[6 of 24, about 38 s left] clients=50, repeat 2 of 3: sse");
    measured_after(2);
    ck_assert_str_eq(measured(), "measured clients=50, repeat 2 of 3: sse: 6 of 24 done, about "
                                 "36 s left");
    progress_part(&p, NULL, 23, 24, 2);
    progress_measure(&p, "stream", 0, 1, 1, 2);
    measured_after(2);
    ck_assert_str_eq(measured(), "measured stream: 24 of 24 done");
}
END_TEST

START_TEST(progress_is_not_both_quiet_and_verbose)
{
    struct err_text e = {""};

    ck_assert_int_eq(progress_open(&p, &(struct progress_wish){.quiet = true}, &e), 0);
    ck_assert_int_eq(p.form, PROGRESS_NONE);
    ck_assert_int_eq(progress_open(&p, &(struct progress_wish){.verbose = true}, &e), 0);
    ck_assert_int_eq(p.form, PROGRESS_LINES);
    ck_assert_int_eq(progress_open(&p, &(struct progress_wish){true, true}, &e), PL_EINVAL);
    ck_assert_ptr_nonnull(strstr(e.text, "--quiet"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("progress");
    TCase *tc = tcase_create("progress");
    SRunner *runner;
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, progress_says_what_is_measured_and_when_everything_is_done);
    tcase_add_test(tc, progress_learns_from_how_long_measurements_took);
    tcase_add_test(tc, progress_does_not_count_a_second_attempt_as_done);
    tcase_add_test(tc, progress_names_steps_that_measure_nothing);
    tcase_add_test(tc, progress_names_the_part);
    tcase_add_test(tc, progress_is_not_both_quiet_and_verbose);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
