/* bench/network/netns.c: in a namespace of its own a run's counters start at nothing and count it
 * alone. */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/network/netns.h"
#include "lib/base/proc.h"

/* One TCP connection over loopback. */
static void connect_once(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&at, &len), 0);
    ck_assert_int_eq(connect(client, (struct sockaddr *)&at, sizeof at), 0);
    close(client);
    close(listener);
}

START_TEST(netns_counts_this_process_alone)
{
    struct netns netns;
    struct proc_tcp before, after;
    uid_t uid = getuid();

    netns_enter(&netns);
    if (!netns.own) { /* not permitted here: then it must say so and leave the network alone */
        ck_assert_str_ne(netns.note, "");
        connect_once();
        return;
    }
    ck_assert_str_eq(netns.note, "");
    ck_assert_int_eq(proc_tcp_self(&before), 0);
    ck_assert_int_eq(before.active_opens, 0);
    connect_once(); /* the loopback is up */
    ck_assert_int_eq(proc_tcp_self(&after), 0);
    ck_assert_int_eq(after.active_opens, 1);
    ck_assert_int_eq(after.passive_opens, 1);
    ck_assert_uint_eq(getuid(), uid); /* files will belong to whom they should */
}
END_TEST

START_TEST(netns_works_without_root_or_says_why_not)
{
    struct netns netns;

    if (getuid() == 0)
        ck_assert_int_eq(setuid(65534), 0);
    netns_enter(&netns);
    ck_assert(netns.own == (netns.note[0] == '\0'));
    connect_once();
    ck_assert_uint_ne(getuid(), 0);
}
END_TEST

START_TEST(netns_stays_when_asked_to_and_notes_it)
{
    struct netns netns;

    netns_stay(&netns);
    ck_assert(!netns.own);
    ck_assert_str_ne(netns.note, "");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("netns");
    TCase *tc = tcase_create("netns");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, netns_counts_this_process_alone);
    tcase_add_test(tc, netns_works_without_root_or_says_why_not);
    tcase_add_test(tc, netns_stays_when_asked_to_and_notes_it);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
