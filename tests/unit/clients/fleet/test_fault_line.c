/* clients/fleet/fleet_faults.h: what the runner tells. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "clients/fleet/fleet_faults.h"

START_TEST(a_line_says_which_fault_when_and_of_whom)
{
    struct fault_line l;
    struct err_text e;

    ck_assert_int_eq(fault_line_read(&l, "fault 3 client-crash 1000 2500 12.5", &e), 0);
    ck_assert_uint_eq(l.index, 3);
    ck_assert_int_eq(l.kind, FAULT_CLIENT_CRASH);
    ck_assert_int_eq(l.start_ns, 1000);
    ck_assert_int_eq(l.end_ns, 2500);
    ck_assert_double_eq(l.percent, 12.5);
    for (int i = 0; i < FAULT_KINDS; i++)
        ck_assert_ptr_eq(fault_kind_find(fault_kinds[i].name), &fault_kinds[i]);
}
END_TEST

static const char *const refused[] = {
    "",
    "fault",
    "fault 0 reset 1 1",
    "fault 0 reset 1 1 50 more",
    "fault 0 resets 1 1 50",
    "fault -x reset 1 1 50",
    "fault 0 reset 2 1 50",
    "fault 0 reset 1 1 101",
    "fault 0 reset 1 1 -1",
    "fault 0 reset 1 1 nan",
    "fault 0 averyveryveryveryveryveryverylongkindoffault 1 1 1",
};

START_TEST(other_lines_are_refused)
{
    struct fault_line l;
    struct err_text e = {""};

    ck_assert_int_eq(fault_line_read(&l, refused[_i], &e), PL_EINVAL);
    ck_assert_ptr_nonnull(strstr(e.text, "accepted: fault INDEX KIND START_NS END_NS PERCENT"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fault_line");
    TCase *t = tcase_create("fault_line");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(t, a_line_says_which_fault_when_and_of_whom);
    tcase_add_loop_test(t, other_lines_are_refused, 0, sizeof refused / sizeof *refused);
    suite_add_tcase(suite, t);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
