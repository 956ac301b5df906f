/* servers/hub/publish.c: what becomes of posts, with a source that publishes nothing itself. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "servers/hub/publish.h"
#include "tests/unit/servers/hub/hub_fixture.h"

/* A source, perhaps of a log, that notes what is asked of it. */
struct stub {
    struct source source; /* first */
    struct log_state log;
    int stops, submits;
    int answer; /* to submit */
    struct receipt *receipt;
};

struct told {
    struct receipt receipt; /* first */
    int times, err;
    uint64_t seq;
};

static struct event_base *base;
static struct hub hub;
static struct publisher pub;
static int advances;

static bool on_advanced(void *arg)
{
    (void)arg;
    advances++;
    return false;
}

static const struct publisher_ops ops = {.advanced = on_advanced};

static void stub_stop(struct source *src)
{
    ((struct stub *)src)->stops++;
}

static int stub_submit(struct source *src, const struct post *p, int64_t t_ns, struct receipt *r)
{
    struct stub *s = (struct stub *)src;

    (void)p;
    (void)t_ns;
    s->submits++;
    s->receipt = r;
    return s->answer;
}

static const struct source_ops plain_ops = {.stop = stub_stop};
static const struct source_ops log_ops = {.stop = stub_stop, .submit = stub_submit};

static void tell(struct receipt *r, int err, uint64_t seq)
{
    struct told *t = (struct told *)r;

    t->times++;
    t->err = err;
    t->seq = seq;
}

static void open_publisher(struct stub *s, const struct source_ops *source_ops, int64_t delay_ns)
{
    base = event_base_new();
    make_hub(&hub, 8, delay_ns);
    ck_assert_int_eq(publisher_init(&pub, &hub, base, &ops, NULL), 0);
    *s = (struct stub){.source = {.ops = source_ops, .log = &s->log}};
    pub.source = &s->source;
    advances = 0;
}

static void close_publisher(void)
{
    publisher_free(&pub);
    hub_free(&hub);
    event_base_free(base);
}

START_TEST(a_receipt_is_told_the_number_or_that_it_is_a_duplicate)
{
    struct told told = {.receipt.tell = tell};
    struct post p = post_to("doc", "k");
    struct stub s;

    open_publisher(&s, &plain_ops, 0);
    p.from = name_of("ann");
    p.from_n = 7;
    ck_assert_int_eq(publisher_submit(&pub, &p, &told.receipt), 0);
    ck_assert_int_eq(told.err, 0);
    ck_assert_uint_eq(told.seq, 1);
    ck_assert_int_eq(publisher_submit(&pub, &p, &told.receipt), 0);
    ck_assert_int_eq(told.err, HUB_DUPLICATE);
    ck_assert_uint_eq(told.seq, 1);
    ck_assert_int_eq(told.times, 2);
    close_publisher();
}
END_TEST

START_TEST(a_refused_post_is_told_by_the_return_alone)
{
    struct told told = {.receipt.tell = tell};
    char channel[] = "channel-0";
    struct stub s;

    open_publisher(&s, &plain_ops, 0);
    for (int i = 0; i < 8; i++, channel[8]++) {
        struct post p = post_to(channel, "");

        publisher_post(&pub, &p, i);
    }
    ck_assert_int_eq(
        publisher_submit(&pub,
                         &(struct post){.channel = name_of("one-more"), .data = "1", .data_len = 1},
                         &told.receipt),
        PL_ELIMIT);
    ck_assert_int_eq(told.times, 0);
    ck_assert_uint_eq(hub.published_seq, 8);
    close_publisher();
}
END_TEST

START_TEST(where_the_source_follows_a_log_posts_go_there)
{
    struct told told = {.receipt.tell = tell};
    struct post p = post_to("doc", "k");
    struct stub s;

    open_publisher(&s, &log_ops, 0);
    ck_assert_ptr_eq(publisher_log(&pub), &s.log);
    ck_assert_int_eq(publisher_submit(&pub, &p, &told.receipt), 0);
    ck_assert_ptr_eq(s.receipt, &told.receipt);
    publisher_post(&pub, &p, 1); /* the server's own: nobody is told */
    ck_assert_ptr_null(s.receipt);
    s.answer = PL_EAWAY;
    ck_assert_int_eq(publisher_submit(&pub, &p, &told.receipt), PL_EAWAY);
    ck_assert_int_eq(s.submits, 3);
    ck_assert_int_eq(told.times, 0);
    ck_assert_uint_eq(hub.published_seq, 0);
    ck_assert_int_eq(publisher_adopt(&pub, &p, &(struct hub_number){1, 1, 5}), 0);
    ck_assert_uint_eq(hub.visible_seq, 1);
    close_publisher();
}
END_TEST

START_TEST(a_stopped_server_takes_no_posts)
{
    struct told told = {.receipt.tell = tell};
    struct post p = post_to("doc", "k");
    struct stub s, feed = {.source = {.ops = &plain_ops}};

    open_publisher(&s, &log_ops, 0);
    pub.feed = &feed.source;
    publisher_stop(&pub);
    publisher_stop(&pub);
    ck_assert_int_eq(s.stops, 1);
    ck_assert_int_eq(feed.stops, 1);
    ck_assert_int_eq(publisher_submit(&pub, &p, &told.receipt), PL_EAWAY);
    ck_assert_int_eq(told.times, 0);
    close_publisher();
}
END_TEST

START_TEST(delayed_updates_become_visible_and_that_is_told)
{
    struct post p = post_to("doc", "k");
    struct stub s;

    open_publisher(&s, &plain_ops, NS_PER_MS);
    publisher_post(&pub, &p, clock_now_ns());
    ck_assert_uint_eq(hub.published_seq, 1);
    ck_assert_uint_eq(hub.visible_seq, 0);
    while (advances == 0)
        ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
    ck_assert_uint_eq(hub.visible_seq, 1);
    close_publisher();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("publish");
    TCase *tc = tcase_create("publish");
    SRunner *r;
    int failed;

    tcase_add_test(tc, a_receipt_is_told_the_number_or_that_it_is_a_duplicate);
    tcase_add_test(tc, a_refused_post_is_told_by_the_return_alone);
    tcase_add_test(tc, where_the_source_follows_a_log_posts_go_there);
    tcase_add_test(tc, a_stopped_server_takes_no_posts);
    tcase_add_test(tc, delayed_updates_become_visible_and_that_is_told);
    suite_add_tcase(s, tc);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
