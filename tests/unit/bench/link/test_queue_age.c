/* How long packets may have waited before the forwarder read them, with a clock turned by hand. */
#include <check.h>
#include <stdlib.h>

#include "bench/link/queue_age.h"
#include "lib/base/clock.h"

static const bool from_client[LINK_SIDES] = {[LINK_CLIENT] = true}, nobody[LINK_SIDES];

/* Started at 0, without a real file: what the kernel says is handed in. */
static struct queue_age start(void)
{
    struct queue_age q;

    queue_age_init(&q, 0);
    queue_age_free(&q);
    q.delayed_ns = 0;
    return q;
}

START_TEST(a_packet_that_ends_a_sleep_came_when_the_sleep_ended)
{
    struct queue_age q = start();

    queue_age_enter(&q, 10 * NS_PER_US);
    queue_age_return(&q, NS_PER_S, true, from_client, 0);
    ck_assert_int_eq(q.since_ns[LINK_CLIENT], NS_PER_S);
    ck_assert_int_eq(q.since_ns[LINK_SERVER], NS_PER_S); /* it was empty, too */
}
END_TEST

START_TEST(the_wait_for_a_processor_counts)
{
    struct queue_age q = start();

    queue_age_enter(&q, 0);
    queue_age_return(&q, NS_PER_S, true, from_client, 30 * NS_PER_MS);
    ck_assert_int_eq(q.since_ns[LINK_CLIENT], NS_PER_S - 30 * NS_PER_MS);
    /* Only what was added since. */
    queue_age_empty(&q, LINK_CLIENT, NS_PER_S);
    queue_age_enter(&q, NS_PER_S);
    queue_age_return(&q, 2 * NS_PER_S, true, from_client, 31 * NS_PER_MS);
    ck_assert_int_eq(q.since_ns[LINK_CLIENT], 2 * NS_PER_S - NS_PER_MS);
}
END_TEST

START_TEST(without_a_sleep_it_may_have_come_since_the_queue_was_empty)
{
    struct queue_age q = start();

    queue_age_empty(&q, LINK_CLIENT, NS_PER_S);
    queue_age_enter(&q, NS_PER_S + 400 * NS_PER_US); /* handed packets over meanwhile */
    queue_age_return(&q, NS_PER_S + 402 * NS_PER_US, true, from_client, 0);
    ck_assert_int_eq(q.since_ns[LINK_CLIENT], NS_PER_S);
    /* 64 packets later some are left: they are as old. */
    queue_age_enter(&q, NS_PER_S + 900 * NS_PER_US);
    queue_age_return(&q, NS_PER_S + 901 * NS_PER_US, true, from_client, 0);
    ck_assert_int_eq(q.since_ns[LINK_CLIENT], NS_PER_S);
}
END_TEST

START_TEST(a_wait_of_no_time_that_took_long_was_no_sleep)
{
    struct queue_age q = start();

    queue_age_empty(&q, LINK_CLIENT, NS_PER_S);
    queue_age_enter(&q, NS_PER_S);
    queue_age_return(&q, 2 * NS_PER_S, false, nobody, 0); /* stopped on its way out */
    ck_assert_int_eq(q.since_ns[LINK_CLIENT], NS_PER_S);
}
END_TEST

START_TEST(a_wait_that_a_signal_ended_proves_nothing)
{
    struct queue_age q = start();

    queue_age_empty(&q, LINK_CLIENT, NS_PER_S);
    queue_age_enter(&q, NS_PER_S);
    /* Stopped, and continued at 2 s: nobody calls queue_age_return(). */
    queue_age_enter(&q, 2 * NS_PER_S);
    queue_age_return(&q, 2 * NS_PER_S + NS_PER_US, true, from_client, 0);
    ck_assert_int_eq(q.since_ns[LINK_CLIENT], NS_PER_S);
}
END_TEST

START_TEST(the_kernel_says_how_long_this_process_waited)
{
    struct queue_age q;
    int64_t before_ns;

    queue_age_init(&q, clock_now_ns());
    before_ns = queue_age_delayed_ns(&q);
    ck_assert_int_ge(before_ns, 0);
    ck_assert_int_ge(queue_age_delayed_ns(&q), before_ns);
    queue_age_free(&q);
    ck_assert_int_eq(queue_age_delayed_ns(&q), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("queue_age");
    TCase *tc = tcase_create("age");
    SRunner *r = srunner_create(s);
    int failed;

    tcase_add_test(tc, a_packet_that_ends_a_sleep_came_when_the_sleep_ended);
    tcase_add_test(tc, the_wait_for_a_processor_counts);
    tcase_add_test(tc, without_a_sleep_it_may_have_come_since_the_queue_was_empty);
    tcase_add_test(tc, a_wait_of_no_time_that_took_long_was_no_sleep);
    tcase_add_test(tc, a_wait_that_a_signal_ended_proves_nothing);
    tcase_add_test(tc, the_kernel_says_how_long_this_process_waited);
    suite_add_tcase(s, tc);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
