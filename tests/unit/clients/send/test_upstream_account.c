/* What goes up is counted in the window in which it was due, and timed from then. */
#include <check.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "clients/send/upstream_account.h"

enum { START_NS = 1000 * 1000, END_NS = 9 * 1000 * 1000 };

static struct recorder recorder;
static struct upstream_account account;

static void setup(void)
{
    ck_assert_int_eq(recorder_init(&recorder, 2, 0, 0), PL_OK);
    recorder_set_window(&recorder, START_NS, END_NS);
    ck_assert_int_eq(upstream_account_init(&account, &recorder), PL_OK);
}

static void teardown(void)
{
    upstream_account_free(&account);
    recorder_free(&recorder);
}

START_TEST(upstream_counts_in_the_window_what_was_due_in_it)
{
    UPSTREAM_COUNT(&account, START_NS - 1, requests, 1);
    UPSTREAM_COUNT(&account, START_NS, requests, 2);
    UPSTREAM_COUNT(&account, END_NS - 1, requests, 4);
    UPSTREAM_COUNT(&account, END_NS, requests, 8);
    ck_assert_uint_eq(account.window.requests, 6);
    ck_assert_uint_eq(account.whole.requests, 15);
}
END_TEST

START_TEST(upstream_counts_a_message_once_and_its_bytes_each_time)
{
    upstream_account_sent(&account, START_NS, 100, 8, false, START_NS + 5 * NS_PER_US);
    upstream_account_sent(&account, START_NS, 100, 8, true, START_NS + 900 * NS_PER_US);
    ck_assert_uint_eq(account.window.messages, 1);
    ck_assert_uint_eq(account.window.repeated, 1);
    ck_assert_uint_eq(account.window.payload_bytes_out, 200);
    ck_assert_uint_eq(account.window.framing_bytes_out, 16);
    ck_assert_int_eq(account.late_us.total_count, 1);
    ck_assert_int_eq(hdr_max(&account.late_us), 5);
}
END_TEST

START_TEST(upstream_tells_the_echo_from_what_others_hear)
{
    upstream_account_received(&account, START_NS, true, START_NS + 300 * NS_PER_US);
    upstream_account_received(&account, START_NS, false, START_NS + 700 * NS_PER_US);
    upstream_account_received(&account, START_NS - 1, false, START_NS + 700 * NS_PER_US);
    ck_assert_int_eq(account.echo_us.total_count, 1);
    ck_assert_int_eq(hdr_max(&account.echo_us), 300);
    ck_assert_int_eq(account.latency_us.total_count, 1);
    ck_assert_int_eq(hdr_max(&account.latency_us), 700);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("upstream_account");
    TCase *tc = tcase_create("upstream_account");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, upstream_counts_in_the_window_what_was_due_in_it);
    tcase_add_test(tc, upstream_counts_a_message_once_and_its_bytes_each_time);
    tcase_add_test(tc, upstream_tells_the_echo_from_what_others_hear);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
