#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "bench/link/link_profile.h"
#include "bench/link/link_spec.h"

static struct link_spec parse(const char *text)
{
    struct link_spec s;
    struct err_text e = {""};

    ck_assert_msg(link_spec_parse(&s, text, &e) == PL_OK, "%s: %s", text, e.text);
    return s;
}

START_TEST(spec_reads_the_words_of_a_custom_link)
{
    struct link_spec s = parse("rtt=80ms, jitter=5ms, loss=1%, rate=10mbit, queue=64kB");

    ck_assert_str_eq(s.name, "rtt=80ms, jitter=5ms, loss=1%, rate=10mbit, queue=64kB");
    ck_assert_int_eq(link_spec_rtt_ns(&s), 80 * NS_PER_MS);
    for (int i = 0; i < LINK_DIRECTIONS; i++) {
        const struct link_model *m = &s.path[i];

        ck_assert_int_eq(m->delay.delay_ns, 40 * NS_PER_MS);
        ck_assert_int_eq(m->delay.jitter_ns, 5 * NS_PER_MS);
        ck_assert_int_eq(m->delay.shape, JITTER_UNIFORM);
        ck_assert(!m->delay.reorder);
        ck_assert_double_eq_tol(loss_model_ratio(&m->loss), 0.01, 1e-12);
        ck_assert_int_eq(m->rate_bps, 10000000);
        ck_assert_uint_eq(m->queue_bytes, 64000);
    }
}
END_TEST

START_TEST(spec_takes_a_direction_and_the_last_word_wins)
{
    struct link_spec s = parse("rate=1mbit,down.rate=8mbit,up.loss=2%,delay=3ms,delay=500us");

    ck_assert_int_eq(s.path[LINK_UP].rate_bps, 1000000);
    ck_assert_int_eq(s.path[LINK_DOWN].rate_bps, 8000000);
    ck_assert_double_eq_tol(loss_model_ratio(&s.path[LINK_UP].loss), 0.02, 1e-12);
    ck_assert_double_eq(loss_model_ratio(&s.path[LINK_DOWN].loss), 0);
    ck_assert_int_eq(s.path[LINK_UP].delay.delay_ns, 500 * NS_PER_US);
}
END_TEST

START_TEST(spec_bounds_a_queue_in_bytes_in_time_or_by_default)
{
    ck_assert_uint_eq(parse("rate=8mbit,queue=50ms").path[0].queue_bytes, 50000);
    ck_assert_uint_eq(parse("queue=1MB,rate=8mbit").path[0].queue_bytes, 1000000);
    ck_assert_uint_eq(parse("queue=0,rate=8mbit").path[0].queue_bytes, 0);
    ck_assert_uint_eq(parse("rate=8mbit").path[0].queue_bytes, 100000); /* 100 ms */
    ck_assert_uint_eq(parse("rate=8kbit").path[0].queue_bytes, 15000);  /* ten full packets */
    ck_assert_uint_eq(parse("queue=1MB").path[0].queue_bytes, 0);       /* no rate, no queue */
}
END_TEST

START_TEST(spec_reads_bursts_and_gilbert_elliott)
{
    struct link_spec s = parse("loss=2%,burst=4");

    ck_assert_double_eq_tol(loss_model_ratio(&s.path[0].loss), 0.02, 1e-12);
    ck_assert_double_eq_tol(1 / s.path[0].loss.bad_to_good, 4, 1e-12);
    s = parse("gilbert=1%/20%/30%/0.5%");
    ck_assert_double_eq_tol(s.path[1].loss.good_to_bad, 0.01, 1e-12);
    ck_assert_double_eq_tol(s.path[1].loss.bad_to_good, 0.2, 1e-12);
    ck_assert_double_eq_tol(s.path[1].loss.bad_loss, 0.3, 1e-12);
    ck_assert_double_eq_tol(s.path[1].loss.good_loss, 0.005, 1e-12);
    s = parse("gilbert=1%/20%");
    ck_assert_double_eq(s.path[1].loss.bad_loss, 1);
    ck_assert_double_eq(s.path[1].loss.good_loss, 0);
    s = parse("gilbert=1%/20%,loss=3%"); /* the later word */
    ck_assert_double_eq_tol(loss_model_ratio(&s.path[0].loss), 0.03, 1e-12);
}
END_TEST

static const struct {
    const char *text, *names; /* a part of the message */
} wrong[] = {
    {"rtt=80", "80ms"},
    {"rtt=-1ms", "rtt"},
    {"rtt= ", "rtt"},
    {"rtt=inf", "rtt"},
    {"rtt=0x10ms", "rtt"},
    {"rtt=61s,delay=61s", "60s"},
    {"up.rtt=3ms", "one way"},
    {"loss=1", "0% to 100%"},
    {"loss=101%", "0% to 100%"},
    {"loss=nan%", "0% to 100%"},
    {"burst=0.5", "burst"},
    {"loss=100%,burst=4", "bursts"},
    {"loss=99%,burst=2", "bursts"},
    {"gilbert=1%", "P/R"},
    {"gilbert=1%/0%", "P/R"},
    {"gilbert=1%/2%/3%/4%/5%", "P/R"},
    {"rate=10", "1kbit to 100gbit"},
    {"rate=1bit", "1kbit to 100gbit"},
    {"rate=1tbit", "1kbit to 100gbit"},
    {"queue=10", "64kB"},
    {"queue=1001MB", "at most 1000MB"},
    {"jitter-shape=flat", "uniform or normal"},
    {"reorder=maybe", "yes or no"},
    {"colour=red", "not a word of a link"},
    {"sideways.rate=1mbit", "not a word of a link"},
    {"about=x", "not a word of a link"},
    {"rtt=1ms,", "NAME=VALUE"},
    {"rtt=1ms,4g", "NAME=VALUE"},
    {"5g-advanced", "satellite-geo"}, /* lists those there are */
    {"../../etc/passwd", "passwd"},
    {"", "satellite-geo"},
};

START_TEST(spec_says_what_is_wrong_and_what_is_accepted)
{
    struct link_spec s;
    struct err_text e = {""};

    ck_assert_msg(link_spec_parse(&s, wrong[_i].text, &e) < 0, "'%s' was accepted", wrong[_i].text);
    ck_assert_msg(strstr(e.text, wrong[_i].names) != NULL, "'%s': %s", wrong[_i].text, e.text);
    ck_assert_msg(strncmp(e.text, "--link: ", 8) == 0, "%s", e.text);
    ck_assert_ptr_null(strchr(e.text, '\n'));
}
END_TEST

START_TEST(spec_refuses_a_text_that_is_too_long)
{
    char text[LINK_TEXT_CHARS + 1];
    struct link_spec s;
    struct err_text e;

    memset(text, '1', sizeof text);
    memcpy(text, "rtt=", 4);
    text[LINK_TEXT_CHARS] = '\0';
    ck_assert_int_eq(link_spec_parse(&s, text, &e), PL_EINVAL);
}
END_TEST

static void check_same(const struct link_spec *a, const struct link_spec *b)
{
    for (int i = 0; i < LINK_DIRECTIONS; i++) {
        const struct link_model *x = &a->path[i], *y = &b->path[i];

        ck_assert_int_eq(x->delay.delay_ns, y->delay.delay_ns);
        ck_assert_int_eq(x->delay.jitter_ns, y->delay.jitter_ns);
        ck_assert_int_eq(x->delay.shape, y->delay.shape);
        ck_assert_int_eq(x->delay.reorder, y->delay.reorder);
        ck_assert_int_eq(x->rate_bps, y->rate_bps);
        ck_assert_uint_eq(x->queue_bytes, y->queue_bytes);
        ck_assert_double_eq_tol(loss_model_ratio(&x->loss), loss_model_ratio(&y->loss), 1e-9);
        ck_assert_double_eq_tol(x->loss.bad_to_good, y->loss.bad_to_good, 1e-9);
    }
}

static void check_round_trip(const char *text)
{
    char full[LINK_TEXT_CHARS], again[LINK_TEXT_CHARS];
    struct link_spec first = parse(text), second;

    link_spec_format(&first, full);
    second = parse(full);
    check_same(&first, &second);
    link_spec_format(&second, again);
    ck_assert_str_eq(full, again);
}

static void check_profile(void *count, const char *name)
{
    struct link_spec s = parse(name);

    check_round_trip(name);
    ck_assert_str_eq(s.name, name);
    ck_assert_msg(s.about[0] != '\0', "%s says nothing about itself", name);
    ++*(int *)count;
}

START_TEST(spec_written_in_full_reads_back_as_itself)
{
    struct err_text e = {""};
    int profiles = 0;

    check_round_trip("rtt=0");
    check_round_trip("delay=1.234567ms,jitter=3ns,reorder=yes,jitter-shape=normal,loss=0.123%");
    check_round_trip("rtt=80ms,rate=88888mbit"); /* a queue of time, cut at what is allowed */
    check_round_trip("up.gilbert=1%/20%/30%/0.5%,down.rate=1234567bit,down.queue=0");
    ck_assert_msg(link_profile_list(check_profile, &profiles, &e) == PL_OK, "%s", e.text);
    ck_assert_int_ge(profiles, 8);
}
END_TEST

START_TEST(profile_takes_changes_after_its_name)
{
    struct link_spec plain = parse("4g"), changed = parse("4g,loss=5%,burst=1");

    ck_assert_int_eq(link_spec_rtt_ns(&changed), link_spec_rtt_ns(&plain));
    ck_assert_double_eq_tol(loss_model_ratio(&changed.path[0].loss), 0.05, 1e-12);
    ck_assert_str_eq(changed.name, "4g,loss=5%,burst=1");
}
END_TEST

/* Read mine.link with this text, the only profile there is. */
static int parse_profile(struct link_spec *s, const char *text, struct err_text *e)
{
    char dir[] = "/tmp/pushlab-links-XXXXXX", path[64];
    FILE *f;
    int rc;

    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/mine.link", dir);
    f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
    setenv("PUSHLAB_LINKS", dir, 1);
    rc = link_spec_parse(s, "mine", e);
    unlink(path);
    rmdir(dir);
    return rc;
}

START_TEST(profile_text_allows_comments_and_names_its_wrong_line)
{
    struct link_spec s;
    struct err_text e;

    ck_assert_int_eq(parse_profile(&s,
                                   "# a comment\r\n\n about = my line # of mine\n"
                                   "up.rate\t=\t1mbit\nrtt=9ms",
                                   &e),
                     PL_OK);
    ck_assert_str_eq(s.about, "my line");
    ck_assert_int_eq(s.path[LINK_UP].rate_bps, 1000000);
    ck_assert_int_eq(link_spec_rtt_ns(&s), 9 * NS_PER_MS);
    ck_assert_int_eq(parse_profile(&s, "rtt=9ms\n\nrate=fast\n", &e), PL_EINVAL);
    ck_assert_msg(strncmp(e.text, "--link: mine, line 3: rate: 'fast'", 34) == 0, "%s", e.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link_spec");
    TCase *tc = tcase_create("link_spec");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, spec_reads_the_words_of_a_custom_link);
    tcase_add_test(tc, spec_takes_a_direction_and_the_last_word_wins);
    tcase_add_test(tc, spec_bounds_a_queue_in_bytes_in_time_or_by_default);
    tcase_add_test(tc, spec_reads_bursts_and_gilbert_elliott);
    tcase_add_loop_test(tc, spec_says_what_is_wrong_and_what_is_accepted, 0,
                        sizeof wrong / sizeof *wrong);
    tcase_add_test(tc, spec_refuses_a_text_that_is_too_long);
    tcase_add_test(tc, spec_written_in_full_reads_back_as_itself);
    tcase_add_test(tc, profile_takes_changes_after_its_name);
    tcase_add_test(tc, profile_text_allows_comments_and_names_its_wrong_line);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
