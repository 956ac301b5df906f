#include <check.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "clients/document/convergence.h"
#include "lib/base/err.h"

static struct convergence c;

static void make(void)
{
    ck_assert_int_eq(convergence_init(&c, 2), PL_OK);
}

static void drop(void)
{
    convergence_free(&c);
}

START_TEST(convergence_ends_when_the_last_has_applied_the_edit)
{
    ck_assert_int_eq(convergence_sent(&c, 0, 3), PL_OK);
    ck_assert(convergence_applied(&c, 0, 1, 0, 10 * NS_PER_MS, true));
    ck_assert(convergence_applied(&c, 0, 1, 0, 30 * NS_PER_MS, true));
    ck_assert_int_eq(c.lag_us.total_count, 0);
    ck_assert_uint_eq(convergence_unsettled(&c), 1);
    ck_assert(convergence_applied(&c, 0, 1, 0, 20 * NS_PER_MS, true));
    ck_assert_int_eq(c.lag_us.total_count, 1);
    ck_assert_int_eq(c.lag_us.max_value, 30000);
    ck_assert_uint_eq(convergence_unsettled(&c), 0);
    ck_assert_uint_eq(c.sent, 1);
}
END_TEST

START_TEST(convergence_of_a_later_edit_may_come_first)
{
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(convergence_sent(&c, 1, 1), PL_OK);
    ck_assert(convergence_applied(&c, 1, 3, 0, 1, true));
    ck_assert(convergence_applied(&c, 1, 1, 0, 2, true));
    ck_assert_uint_eq(convergence_unsettled(&c), 1);
    ck_assert(convergence_applied(&c, 1, 2, 0, 3, true));
    ck_assert_uint_eq(convergence_unsettled(&c), 0);
    ck_assert_int_eq(c.lag_us.total_count, 3);
}
END_TEST

START_TEST(convergence_is_measured_in_the_window_only)
{
    ck_assert_int_eq(convergence_sent(&c, 0, 1), PL_OK);
    ck_assert(convergence_applied(&c, 0, 1, 0, 1, false));
    ck_assert_int_eq(c.lag_us.total_count, 0);
    ck_assert_uint_eq(convergence_unsettled(&c), 0);
}
END_TEST

START_TEST(convergence_of_someone_alone_is_settled_and_has_no_lag)
{
    ck_assert_int_eq(convergence_sent(&c, 0, 0), PL_OK);
    ck_assert_uint_eq(convergence_unsettled(&c), 0);
    ck_assert_int_eq(c.lag_us.total_count, 0);
}
END_TEST

START_TEST(convergence_knows_no_edit_that_was_not_sent)
{
    ck_assert(!convergence_applied(&c, 0, 1, 0, 1, true));
    ck_assert_int_eq(convergence_sent(&c, 0, 1), PL_OK);
    ck_assert(!convergence_applied(&c, 0, 0, 0, 1, true));
    ck_assert(!convergence_applied(&c, 0, 2, 0, 1, true));
    ck_assert(!convergence_applied(&c, 0, UINT64_MAX, 0, 1, true));
    ck_assert(!convergence_applied(&c, 1, 1, 0, 1, true));
    ck_assert(convergence_applied(&c, 0, 1, 0, 1, true));
    ck_assert(!convergence_applied(&c, 0, 1, 0, 1, true));
}
END_TEST

/* A backlog that waxes and wanes: every edit settles, and the memory is that of the longest. */
START_TEST(convergence_keeps_only_what_is_on_its_way)
{
    uint64_t sent = 0, applied = 0;

    for (int round = 0; round < 1000; round++) {
        for (int i = 0; i < 1 + round % 50; i++, sent++)
            ck_assert_int_eq(convergence_sent(&c, 0, 1), PL_OK);
        while (applied + (uint64_t)(round % 7) < sent) {
            if (!convergence_applied(&c, 0, ++applied, 0, 1, true))
                ck_abort_msg("edit %llu is unknown", (unsigned long long)applied);
        }
    }
    ck_assert_uint_eq(convergence_unsettled(&c), sent - applied);
    ck_assert_int_eq(c.lag_us.total_count, (int64_t)applied);
    ck_assert_uint_le(c.senders[0].edits.cap, 256 * sizeof(struct unsettled));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("convergence");
    TCase *tc = tcase_create("convergence");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, make, drop);
    tcase_add_test(tc, convergence_ends_when_the_last_has_applied_the_edit);
    tcase_add_test(tc, convergence_of_a_later_edit_may_come_first);
    tcase_add_test(tc, convergence_is_measured_in_the_window_only);
    tcase_add_test(tc, convergence_of_someone_alone_is_settled_and_has_no_lag);
    tcase_add_test(tc, convergence_knows_no_edit_that_was_not_sent);
    tcase_add_test(tc, convergence_keeps_only_what_is_on_its_way);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
