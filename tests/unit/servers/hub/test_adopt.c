/* The hub where the numbers are given by a log that servers share: adopted as they are, the log
 * begun late, and the same answers on every server. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/servers/hub/hub_fixture.h"

/* The next update of the log, as another server's hub would tell it. */
static int adopt(struct hub *h, const char *channel, const char *key, uint64_t seq, uint64_t n)
{
    struct post p = post_to(channel, key);

    return hub_adopt(h, &p, &(struct hub_number){seq, n, (int64_t)(1000 + seq)});
}

static int restore(struct hub *h, const char *channel, const char *key, uint64_t seq, uint64_t n)
{
    struct post p = post_to(channel, key);

    return hub_restore_latest(h, &p, &(struct hub_number){seq, n, (int64_t)(1000 + seq)});
}

static struct selection select_of(struct hub *h, const char *every, const char *latest,
                                  uint64_t cursor)
{
    struct subscription *to;
    struct selection s;

    ck_assert_int_eq(subscription_get(&h->subscriptions, every, latest, &to), 0);
    ck_assert_int_eq(hub_select(h, to, cursor, SIZE_MAX, &s), 0);
    subscription_unref(to);
    return s;
}

START_TEST(adopted_updates_have_the_bytes_of_published_ones)
{
    static const char *const channels[] = {"a", "", "b", "a", "a", "b"};
    static const uint64_t n[] = {1, 1, 1, 2, 3, 2};
    struct hub published, adopted;

    make_hub(&published, 8, 0);
    make_hub(&adopted, 8, 0);
    for (size_t i = 0; i < 6; i++) {
        struct selection one, other;

        put(&published, channels[i], "k", (int64_t)(1001 + i));
        ck_assert_int_eq(adopt(&adopted, channels[i], "k", i + 1, n[i]), 0);
        one = select_of(&published, channels[i], NULL, i);
        other = select_of(&adopted, channels[i], NULL, i);
        ck_assert_uint_eq(one.n, 1);
        ck_assert_uint_eq(other.n, 1);
        ck_assert_uint_eq(one.updates[0]->json->len, other.updates[0]->json->len);
        ck_assert_mem_eq(one.updates[0]->json->data, other.updates[0]->json->data,
                         one.updates[0]->json->len);
    }
    hub_free(&published);
    hub_free(&adopted);
}
END_TEST

START_TEST(adopting_out_of_turn_is_refused_and_changes_nothing)
{
    struct hub h;

    make_hub(&h, 8, 0);
    ck_assert_int_eq(adopt(&h, "a", "", 2, 1), PL_EPROTO);
    ck_assert_int_eq(adopt(&h, "a", "", 1, 2), PL_EPROTO); /* a new channel counts from 1 */
    ck_assert_int_eq(adopt(&h, "a", "", 1, 0), PL_EPROTO);
    ck_assert_int_eq(adopt(&h, "a", "", 1, 1), 0);
    ck_assert_int_eq(adopt(&h, "a", "", 1, 1), PL_EPROTO);
    ck_assert_int_eq(adopt(&h, "a", "", 2, 1), PL_EPROTO);
    ck_assert_int_eq(adopt(&h, "a", "", 2, 3), PL_EPROTO);
    ck_assert_int_eq(adopt(&h, "a", "", 2, 2), 0);
    ck_assert_uint_eq(hub_newest_seq(&h), 2);
    hub_free(&h);
}
END_TEST

START_TEST(subscribers_hear_what_is_adopted)
{
    struct probe p;
    struct hub h;

    make_hub(&h, 8, 0);
    probe_listen(&p, &h, "a", NULL);
    ck_assert_int_eq(adopt(&h, "a", "", 1, 1), 0);
    ck_assert_int_eq(adopt(&h, "b", "", 2, 1), 0);
    ck_assert_int_eq(adopt(&h, "a", "", 3, 2), 0);
    ck_assert_uint_eq(p.nseen, 2);
    ck_assert_uint_eq(p.seen[1], 3);
    hub_unsubscribe(&h, &p.sub);
    hub_free(&h);
}
END_TEST

/* The log has dropped 1..20, of channel a 1..12 among them, and all of c. */
static void make_late_hub(struct hub *h)
{
    make_hub(h, 4, 0);
    hub_begin_after(h, 20);
    ck_assert_int_eq(hub_restore_channel(h, name_of("a"), 14), 0);
    ck_assert_int_eq(hub_restore_channel(h, name_of("b"), 1), 0);
    ck_assert_int_eq(hub_restore_channel(h, name_of("c"), 8), 0);
    ck_assert_int_eq(restore(h, "c", "x", 9, 3), 0);
    ck_assert_int_eq(restore(h, "c", "y", 18, 8), 0);
    ck_assert_int_eq(adopt(h, "a", "", 21, 13), 0);
    ck_assert_int_eq(adopt(h, "b", "", 22, 1), 0);
    ck_assert_int_eq(adopt(h, "a", "", 23, 14), 0);
}

START_TEST(a_log_begun_late_says_what_is_lost)
{
    struct selection s;
    struct hub h;

    make_late_hub(&h);
    s = select_of(&h, "a", NULL, 0);
    ck_assert_uint_eq(s.n, 2);
    ck_assert_uint_eq(s.updates[0]->seq, 21);
    ck_assert_uint_eq(s.missed, 12);
    ck_assert_uint_eq(select_of(&h, "a", NULL, 20).missed, 0);
    ck_assert_uint_eq(select_of(&h, "a", NULL, 20).n, 2);
    s = select_of(&h, "b", NULL, 0); /* all of it is there */
    ck_assert_uint_eq(s.n, 1);
    ck_assert_uint_eq(s.missed, 0);
    s = select_of(&h, "c", NULL, 5);
    ck_assert_uint_eq(s.n, 0);
    ck_assert_uint_gt(s.missed, 0);
    ck_assert_uint_le(s.missed, 8);
    ck_assert_uint_eq(hub_oldest_seq(&h), 21);
    hub_free(&h);
}
END_TEST

START_TEST(a_log_begun_late_wakes_who_has_missed_something)
{
    struct subscription *to;
    struct hub h;

    make_late_hub(&h);
    ck_assert_int_eq(subscription_get(&h.subscriptions, "c", NULL, &to), 0);
    ck_assert(hub_has_news(&h, to, 5));
    ck_assert(!hub_has_news(&h, to, 20));
    subscription_unref(to);
    hub_free(&h);
}
END_TEST

START_TEST(latest_values_outlive_the_log)
{
    struct selection s;
    struct hub h;

    make_late_hub(&h);
    s = select_of(&h, NULL, "c", HUB_FROM_NOW);
    ck_assert_uint_eq(s.n, 2);
    ck_assert_uint_eq(s.updates[0]->seq, 9);
    ck_assert_uint_eq(s.updates[0]->n, 3);
    ck_assert_uint_eq(s.updates[1]->seq, 18);
    ck_assert_int_eq(adopt(&h, "c", "x", 24, 9), 0);
    s = select_of(&h, NULL, "c", HUB_FROM_NOW);
    ck_assert_uint_eq(s.n, 2);
    ck_assert_uint_eq(s.updates[0]->seq, 18);
    ck_assert_uint_eq(s.updates[1]->seq, 24);
    hub_free(&h);
}
END_TEST

START_TEST(a_channel_begun_late_goes_round_its_ring)
{
    struct selection s;
    struct hub h;

    make_late_hub(&h);
    for (uint64_t i = 0; i < 30; i++) {
        ck_assert_int_eq(adopt(&h, "a", "", 24 + i, 15 + i), 0);
        s = select_of(&h, "a", NULL, 20);
        ck_assert_uint_eq(s.n, i < 2 ? i + 3 : 4);
        ck_assert_uint_eq(s.updates[s.n - 1]->n, 15 + i);
        ck_assert_uint_eq(s.updates[0]->n, 15 + i - s.n + 1);
    }
    hub_free(&h);
}
END_TEST

START_TEST(a_restored_value_is_of_a_lost_update)
{
    struct hub h;

    make_late_hub(&h);
    ck_assert_int_eq(restore(&h, "c", "z", 21, 9), PL_EPROTO);
    ck_assert_int_eq(restore(&h, "unheard-of", "z", 7, 1), PL_EPROTO);
    hub_free(&h);
}
END_TEST

/* Its publishers have different servers; the times of one are behind. */
START_TEST(positions_are_found_though_times_go_back)
{
    static const int64_t times_ns[] = {100, 90, 120, 80, 110, 130};
    struct post p = post_to("", "");
    uint64_t seq;
    struct hub h;

    make_hub(&h, 8, 0);
    for (uint64_t i = 0; i < 6; i++)
        ck_assert_int_eq(hub_adopt(&h, &p, &(struct hub_number){i + 1, i + 1, times_ns[i]}), 0);
    ck_assert(hub_position(&h, 100, &seq));
    ck_assert_uint_eq(seq, 0);
    ck_assert(hub_position(&h, 101, &seq));
    ck_assert_uint_eq(seq, 2);
    ck_assert(hub_position(&h, 121, &seq));
    ck_assert_uint_eq(seq, 5);
    ck_assert_ptr_nonnull(strstr((const char *)select_of(&h, "", NULL, 3).updates[0]->json->data,
                                 "\"t\":80,")); /* what is told is the publisher's */
    hub_free(&h);
}
END_TEST

START_TEST(admission_is_by_the_same_limits_as_publishing)
{
    struct post p = post_to("c8", "");
    char name[16];
    struct hub h;

    make_hub(&h, 8, 0);
    for (int i = 0; i < 8; i++) {
        snprintf(name, sizeof name, "c%d", i);
        put(&h, name, name, 1);
    }
    ck_assert_int_eq(hub_admits(&h, &p), PL_ELIMIT);
    p = post_to("c1", "k");
    ck_assert_int_eq(hub_admits(&h, &p), 0);
    for (int i = 0; i < 7; i++) {
        snprintf(name, sizeof name, "k%d", i);
        put(&h, "c1", name, 1);
    }
    ck_assert_int_eq(hub_admits(&h, &p), PL_ELIMIT);
    p = post_to("c1", "k1");
    ck_assert_int_eq(hub_admits(&h, &p), 0);
    ck_assert_uint_eq(h.counts.refused_channels, 1);
    ck_assert_uint_eq(h.counts.refused_keys, 1);
    ck_assert_int_eq(adopt(&h, "c8", "", 16, 1), 0); /* it is in the log: that is that */
    hub_free(&h);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("adopt");
    TCase *tc = tcase_create("adopt");
    SRunner *runner;
    int failed;

    tcase_add_test(tc, adopted_updates_have_the_bytes_of_published_ones);
    tcase_add_test(tc, adopting_out_of_turn_is_refused_and_changes_nothing);
    tcase_add_test(tc, subscribers_hear_what_is_adopted);
    tcase_add_test(tc, a_log_begun_late_says_what_is_lost);
    tcase_add_test(tc, a_log_begun_late_wakes_who_has_missed_something);
    tcase_add_test(tc, latest_values_outlive_the_log);
    tcase_add_test(tc, a_channel_begun_late_goes_round_its_ring);
    tcase_add_test(tc, a_restored_value_is_of_a_lost_update);
    tcase_add_test(tc, positions_are_found_though_times_go_back);
    tcase_add_test(tc, admission_is_by_the_same_limits_as_publishing);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
