/* bench/base/child.c: real processes, no sleeps, every wait under a deadline. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/base/child.h"
#include "lib/base/clock.h"

static struct supervisor supervisor;
static struct child child;

static void set_up(void)
{
    child = (struct child){0};
    signal(SIGHUP, SIG_DFL); /* run under nohup, a hang-up would be none */
    ck_assert_int_eq(supervisor_open(&supervisor), 0);
}

static void tear_down(void)
{
    supervisor_close(&supervisor);
}

static int64_t in_seconds(int64_t s)
{
    return clock_now_ns() + s * NS_PER_S;
}

/* Run a line of shell. */
static void spawn(const char *script, unsigned reads)
{
    char sh[] = "sh", c[] = "-c", text[512];
    char *argv[] = {sh, c, text, NULL};
    struct err_text e = {""};
    int rc;

    snprintf(text, sizeof text, "%s", script);
    rc = supervisor_spawn(&supervisor, &child, "helper", argv, reads, NULL, &e);
    ck_assert_msg(rc == 0, "%s", e.text);
}

static void wait_for_end(void)
{
    int64_t deadline_ns = in_seconds(20);

    while (!child.ended)
        ck_assert_int_eq(supervisor_wait(&supervisor, deadline_ns), 1);
}

/* The next line, waited for. */
static char *wait_for_line(enum child_stream s)
{
    int64_t deadline_ns = in_seconds(20);
    char *line;

    while ((line = child_next_line(&child, s)) == NULL)
        ck_assert_int_eq(supervisor_wait(&supervisor, deadline_ns), 1);
    return line;
}

START_TEST(child_lines_come_whole_and_in_order)
{
    spawn("printf 'one\\ntw'; printf 'o\\n\\nlast'", CHILD_READ_OUT);
    ck_assert_str_eq(wait_for_line(CHILD_OUT), "one");
    ck_assert_str_eq(wait_for_line(CHILD_OUT), "two");
    ck_assert_str_eq(wait_for_line(CHILD_OUT), "");
    ck_assert_str_eq(wait_for_line(CHILD_OUT), "last"); /* though no LF ends it */
    wait_for_end();
    ck_assert_ptr_null(child_next_line(&child, CHILD_OUT));
    ck_assert(child_succeeded(&child));
}
END_TEST

START_TEST(child_streams_are_kept_apart)
{
    spawn("echo out; echo err >&2; echo progress >&3",
          CHILD_READ_OUT | CHILD_READ_ERR | CHILD_READ_PROGRESS);
    wait_for_end();
    ck_assert_str_eq(child_text(&child, CHILD_OUT), "out\n");
    ck_assert_str_eq(child_text(&child, CHILD_ERR), "err\n");
    ck_assert_str_eq(child_text(&child, CHILD_PROGRESS), "progress\n");
}
END_TEST

START_TEST(child_reads_nothing_from_stdin)
{
    spawn("cat; echo done", CHILD_READ_OUT);
    ck_assert_str_eq(wait_for_line(CHILD_OUT), "done");
}
END_TEST

/* Pipes that whoever started us left open: they are no business of the supervisor's. */
static int count_strangers_pipes(void)
{
    char path[64], link[64];
    int n = 0;

    for (int fd = CHILD_PROGRESS_FD + 1; fd < 1024; fd++) {
        int flags = fcntl(fd, F_GETFD);
        ssize_t len;

        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        len = readlink(path, link, sizeof link);
        n += flags >= 0 && (flags & FD_CLOEXEC) == 0 && len > 5 && memcmp(link, "pipe:", 5) == 0;
    }
    return n;
}

START_TEST(child_inherits_only_what_is_meant_for_it)
{
    int strangers = count_strangers_pipes();

    spawn("ls -l /proc/self/fd | grep -c 'pipe:\\|signalfd'",
          CHILD_READ_OUT | CHILD_READ_ERR | CHILD_READ_PROGRESS);
    /* ls writes into grep's pipe, which stands where stdout was: stdout, stderr, progress. */
    ck_assert_int_eq(atoi(wait_for_line(CHILD_OUT)), 3 + strangers);
}
END_TEST

START_TEST(child_gets_the_signals_back_as_they_were)
{
    spawn("kill -PIPE $$; echo survived", CHILD_READ_OUT);
    wait_for_end();
    ck_assert(WIFSIGNALED(child.status));
    ck_assert_int_eq(WTERMSIG(child.status), SIGPIPE);
}
END_TEST

START_TEST(child_that_cannot_start_says_why)
{
    char name[] = "/nonexistent/program", *argv[] = {name, NULL};
    struct err_text e = {""};

    ck_assert_int_lt(
        supervisor_spawn(&supervisor, &child, "helper", argv, CHILD_READ_OUT, NULL, &e), 0);
    ck_assert_str_eq(e.text, "start helper (/nonexistent/program): No such file or directory");
    ck_assert_uint_eq(supervisor.count, 0);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* no zombie either */
    ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(child_end_is_described_with_its_last_words)
{
    char text[300];

    spawn("echo first >&2; echo 'helper: last words' >&2; exit 3", CHILD_READ_ERR);
    wait_for_end();
    ck_assert(!child_succeeded(&child));
    child_describe(&child, text, sizeof text);
    ck_assert_str_eq(text, "exited with 3: last words");
}
END_TEST

START_TEST(child_killed_by_a_signal_is_described)
{
    char text[300];

    spawn("kill -SEGV $$", CHILD_READ_ERR);
    wait_for_end();
    child_describe(&child, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "was killed by signal 11 ("));
}
END_TEST

START_TEST(supervisor_wait_keeps_its_deadline)
{
    int64_t start_ns = clock_now_ns(), deadline_ns = start_ns + 50 * NS_PER_MS;

    spawn("exec sleep 60", CHILD_READ_OUT);
    while (supervisor_wait(&supervisor, deadline_ns) > 0)
        ck_assert(!child.ended);
    ck_assert_int_ge(clock_now_ns(), deadline_ns);
    ck_assert_int_lt(clock_now_ns() - start_ns, 20 * NS_PER_S);
    ck_assert_int_eq(supervisor_wait(&supervisor, 0), 0); /* a deadline long past */
}
END_TEST

START_TEST(supervisor_stop_lets_a_child_end_by_itself)
{
    spawn("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.01; done",
          CHILD_READ_OUT | CHILD_READ_ERR);
    ck_assert_str_eq(wait_for_line(CHILD_OUT), "ready");
    ck_assert(supervisor_stop(&supervisor, &child, 20 * NS_PER_S));
    ck_assert(child_succeeded(&child));
    ck_assert_str_eq(child_text(&child, CHILD_OUT), "bye\n");
}
END_TEST

START_TEST(supervisor_stop_kills_and_reaps_who_will_not_end)
{
    pid_t pid;

    spawn("trap '' TERM; echo ready; while :; do sleep 0.01; done", CHILD_READ_OUT);
    ck_assert_str_eq(wait_for_line(CHILD_OUT), "ready");
    pid = child.pid;
    ck_assert(!supervisor_stop(&supervisor, &child, 50 * NS_PER_MS));
    ck_assert(child.ended);
    ck_assert_int_eq(WTERMSIG(child.status), SIGKILL);
    ck_assert_int_eq(kill(pid, 0), -1);
    ck_assert_int_eq(errno, ESRCH);
}
END_TEST

START_TEST(supervisor_stop_takes_grandchildren_along)
{
    pid_t grandchild;
    int status;

    /* Orphans come to us, so that their end can be waited for. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    spawn("trap '' TERM; sleep 60 & echo $!; while :; do sleep 0.01; done", CHILD_READ_OUT);
    grandchild = (pid_t)atol(wait_for_line(CHILD_OUT));
    ck_assert_int_gt(grandchild, 0);
    supervisor_stop(&supervisor, &child, 10 * NS_PER_MS);
    /* Its parent may have reaped it just before it was killed too. */
    if (waitpid(grandchild, &status, 0) == grandchild)
        ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(kill(grandchild, 0), -1);
    ck_assert_int_eq(errno, ESRCH);
}
END_TEST

START_TEST(supervisor_close_leaves_nobody)
{
    pid_t pid;

    spawn("trap '' TERM; echo ready; while :; do sleep 0.01; done", CHILD_READ_OUT);
    ck_assert_str_eq(wait_for_line(CHILD_OUT), "ready");
    pid = child.pid;
    supervisor_close(&supervisor);
    ck_assert_int_eq(kill(pid, 0), -1);
    ck_assert_int_eq(errno, ESRCH);
    ck_assert_int_eq(supervisor_open(&supervisor), 0); /* for tear_down() */
}
END_TEST

/* A runner that is killed: it can't clean up, so the kernel must. */
static void be_a_runner_that_dies(int pid_fd)
{
    supervisor_open(&supervisor);
    spawn("exec sleep 60", CHILD_READ_OUT);
    if (write(pid_fd, &child.pid, sizeof child.pid) != (ssize_t)sizeof child.pid)
        _exit(1);
    raise(SIGKILL);
}

START_TEST(children_die_with_a_runner_that_crashes)
{
    int ends[2], status;
    pid_t runner, orphan = 0;

    prctl(PR_SET_CHILD_SUBREAPER, 1);
    ck_assert_int_eq(pipe(ends), 0);
    runner = fork();
    if (runner == 0)
        be_a_runner_that_dies(ends[1]);
    ck_assert_int_eq(read(ends[0], &orphan, sizeof orphan), sizeof orphan);
    ck_assert_int_eq(waitpid(runner, NULL, 0), runner);
    ck_assert_int_eq(waitpid(orphan, &status, 0), orphan); /* sleep 60 has not ended by itself */
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGKILL);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

START_TEST(an_interrupt_ends_the_wait_and_is_counted)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

    spawn("exec sleep 60", CHILD_READ_OUT);
    raise(signals[_i]);
    while (supervisor.interrupts == 0)
        ck_assert_int_eq(supervisor_wait(&supervisor, in_seconds(20)), 1);
    ck_assert_int_eq(supervisor.interrupts, 1);
    ck_assert(!child.ended); /* in a group of its own, it was not meant */
}
END_TEST

START_TEST(a_child_that_never_stops_talking_is_killed)
{
    char text[300];

    spawn("exec cat /dev/zero", CHILD_READ_OUT);
    wait_for_end();
    ck_assert(child.flooded);
    child_describe(&child, text, sizeof text);
    ck_assert_ptr_nonnull(strstr(text, "was killed: it said more than"));
}
END_TEST

START_TEST(a_child_never_spawned_can_be_stopped_and_freed)
{
    supervisor_stop(&supervisor, &child, 0);
    child_free(&supervisor, &child);
    ck_assert_int_eq(fcntl(STDIN_FILENO, F_GETFD) >= 0, 1);
}
END_TEST

START_TEST(child_hears_what_is_said)
{
    spawn("read line; echo \"heard $line\"", CHILD_READ_OUT | CHILD_WRITE_IN);
    ck_assert_int_eq(child_say(&child, "go\n"), 0);
    ck_assert_str_eq(wait_for_line(CHILD_OUT), "heard go");
    wait_for_end();
}
END_TEST

static int enter_folder(const void *arg)
{
    return chdir(arg);
}

START_TEST(child_lives_where_it_is_put)
{
    char pwd[] = "/bin/pwd";
    char *argv[] = {pwd, NULL};
    struct child_place here = {enter_folder, "/"}, nowhere = {enter_folder, "/no such folder"};
    struct err_text e = {""};

    ck_assert_int_eq(supervisor_spawn(&supervisor, &child, "pwd", argv, CHILD_READ_OUT, &here, &e),
                     0);
    ck_assert_str_eq(wait_for_line(CHILD_OUT), "/");
    wait_for_end();
    child_free(&supervisor, &child);
    ck_assert_int_eq(supervisor_spawn(&supervisor, &child, "pwd", argv, 0, &nowhere, &e), PL_ESYS);
    ck_assert_ptr_nonnull(strstr(e.text, strerror(ENOENT)));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("child");
    TCase *tc = tcase_create("child");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_set_timeout(tc, 30);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    tcase_add_test(tc, child_lines_come_whole_and_in_order);
    tcase_add_test(tc, child_streams_are_kept_apart);
    tcase_add_test(tc, child_reads_nothing_from_stdin);
    tcase_add_test(tc, child_inherits_only_what_is_meant_for_it);
    tcase_add_test(tc, child_gets_the_signals_back_as_they_were);
    tcase_add_test(tc, child_that_cannot_start_says_why);
    tcase_add_test(tc, child_end_is_described_with_its_last_words);
    tcase_add_test(tc, child_killed_by_a_signal_is_described);
    tcase_add_test(tc, supervisor_wait_keeps_its_deadline);
    tcase_add_test(tc, supervisor_stop_lets_a_child_end_by_itself);
    tcase_add_test(tc, supervisor_stop_kills_and_reaps_who_will_not_end);
    tcase_add_test(tc, supervisor_stop_takes_grandchildren_along);
    tcase_add_test(tc, supervisor_close_leaves_nobody);
    tcase_add_test(tc, children_die_with_a_runner_that_crashes);
    tcase_add_loop_test(tc, an_interrupt_ends_the_wait_and_is_counted, 0, 3);
    tcase_add_test(tc, a_child_that_never_stops_talking_is_killed);
    tcase_add_test(tc, child_hears_what_is_said);
    tcase_add_test(tc, child_lives_where_it_is_put);
    tcase_add_test(tc, a_child_never_spawned_can_be_stopped_and_freed);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
