/* Channels, keys and subscriptions: who gets what, what is remembered, what is refused. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/servers/hub/hub_fixture.h"

static struct selection select_from(struct hub *h, const char *every, const char *latest,
                                    uint64_t cursor, size_t max)
{
    struct subscription *to;
    struct selection out;

    ck_assert_int_eq(subscription_get(&h->subscriptions, every, latest, &to), 0);
    ck_assert_int_eq(hub_select(h, to, cursor, max, &out), 0);
    ck_assert_int_eq(hub_has_news(h, to, cursor), out.n > 0);
    subscription_unref(to);
    return out;
}

/* Are the selected exactly these (a list that ends with 0)? */
static void assert_selected(const struct selection *s, const uint64_t *want)
{
    for (size_t i = 0; i < s->n; i++)
        ck_assert_uint_eq(s->updates[i]->seq, want[i]);
    ck_assert_uint_eq(want[s->n], 0);
}
#define SEQS(...)                                                                                  \
    (const uint64_t[])                                                                             \
    {                                                                                              \
        __VA_ARGS__, 0                                                                             \
    }

static void assert_json(const struct update *u, const char *want)
{
    ck_assert_uint_eq(u->json->len, strlen(want));
    ck_assert_mem_eq(u->json->data, want, u->json->len);
}

START_TEST(one_number_goes_over_all_channels_and_each_counts_its_own)
{
    struct selection s;
    struct hub h;

    make_hub(&h, 4, 0);
    put(&h, "", "", 5);
    put(&h, "a", "", 6);
    put(&h, "b", "k", 7);
    put(&h, "a", "", 8);
    s = select_from(&h, "a,b", NULL, 0, 10);
    assert_selected(&s, SEQS(2, 3, 4));
    assert_json(s.updates[0], "{\"seq\":2,\"t\":6,\"channel\":\"a\",\"n\":1,\"data\":1}");
    assert_json(s.updates[1], "{\"seq\":3,\"t\":7,\"channel\":\"b\",\"n\":1,\"key\":\"k\","
                              "\"data\":1}");
    assert_json(s.updates[2], "{\"seq\":4,\"t\":8,\"channel\":\"a\",\"n\":2,\"data\":1}");
    s = select_from(&h, NULL, "", 0, 10);
    assert_selected(&s, SEQS(1));
    assert_json(s.updates[0], "{\"seq\":1,\"t\":5,\"data\":1}");
    hub_free(&h);
}
END_TEST

START_TEST(subscribers_get_the_updates_of_their_channels_only)
{
    struct probe all, a, ab, mixed;
    struct hub h;

    make_hub(&h, 2, 0);
    probe_listen(&all, &h, NULL, NULL);
    probe_listen(&a, &h, "a", "");
    probe_listen(&ab, &h, "b,a", NULL);
    probe_listen(&mixed, &h, "a", "b");
    put(&h, "a", "", 1);
    put(&h, "b", "", 2);
    put(&h, "", "", 3);
    put(&h, "c", "", 4);
    put(&h, "a", "", 5);
    ck_assert_uint_eq(all.nseen, 1);
    ck_assert_uint_eq(all.seen[0], 3);
    ck_assert_uint_eq(a.nseen, 2);
    ck_assert_uint_eq(a.seen[1], 5);
    ck_assert_uint_eq(ab.nseen, 3);
    ck_assert_uint_eq(mixed.nseen, 3);
    ck_assert_int_eq(mixed.how[0], DELIVERY_EVERY);
    ck_assert_int_eq(mixed.how[1], DELIVERY_LATEST);
    ck_assert_uint_eq(mixed.seen[1], 2);
    hub_unsubscribe(&h, &all.sub);
    hub_unsubscribe(&h, &a.sub);
    hub_unsubscribe(&h, &ab.sub);
    hub_unsubscribe(&h, &mixed.sub);
    ck_assert_uint_eq(h.nsubscribers, 0);
    hub_free(&h);
}
END_TEST

static const struct {
    const char *every, *latest, *text;
} same_filters[] = {
    {NULL, NULL, ""},          {"", "", ""},
    {"a", NULL, "a"},          {"b,a", "", "a,b"},
    {"a,b,a", NULL, "a,b"},    {NULL, "b,a", "|a,b"},
    {"b", "a", "b|a"},         {"a", "a", "a"}, /* wanted whole: so are its latest */
    {"a,c", "b,c,a", "a,c|b"}, {"ab,a", "a.b", "a,ab|a.b"},
};

START_TEST(equal_wishes_are_one_subscription)
{
    struct subscription *one, *other;
    struct hub h;

    make_hub(&h, 2, 0);
    ck_assert_int_eq(
        subscription_get(&h.subscriptions, same_filters[_i].every, same_filters[_i].latest, &one),
        0);
    ck_assert_uint_eq(one->node.name.len, strlen(same_filters[_i].text));
    ck_assert_mem_eq(one->node.name.text, same_filters[_i].text, one->node.name.len);
    ck_assert_int_eq(
        subscription_get(&h.subscriptions, same_filters[_i].every, same_filters[_i].latest, &other),
        0);
    ck_assert_ptr_eq(one, other);
    ck_assert_int_eq(one == h.subscriptions.everything, _i < 2);
    subscription_unref(one);
    subscription_unref(other);
    ck_assert_uint_eq(h.subscriptions.table.count, 1);
    hub_free(&h);
}
END_TEST

static const char *const broken_lists[] = {",",     "a,",  ",a",  "a,,b", "a b",
                                           "a,b\n", "a|b", "\"a", "ä",    "a%2Cb"};

START_TEST(list_that_is_none_of_names_is_refused_and_leaves_nothing)
{
    struct subscription *to;
    struct hub h;

    make_hub(&h, 2, 0);
    ck_assert_int_eq(subscription_get(&h.subscriptions, broken_lists[_i], NULL, &to), PL_EINVAL);
    ck_assert_int_eq(subscription_get(&h.subscriptions, NULL, broken_lists[_i], &to), PL_EINVAL);
    ck_assert_int_eq(subscription_get(&h.subscriptions, "good", broken_lists[_i], &to), PL_EINVAL);
    ck_assert_ptr_null(channels_find(&h.channels, name_of("good")));
    hub_free(&h);
}
END_TEST

START_TEST(list_of_too_many_names_is_refused)
{
    char list[(SUBSCRIPTION_CHANNELS_MAX + 1) * 2 + 1] = "";
    struct subscription *to;
    struct hub h;

    make_hub(&h, 2, 0);
    for (int i = 0; i < SUBSCRIPTION_CHANNELS_MAX; i++)
        memcpy(list + 2 * i, "a,", 3);
    list[2 * SUBSCRIPTION_CHANNELS_MAX - 1] = '\0';
    ck_assert_int_eq(subscription_get(&h.subscriptions, list, NULL, &to), 0);
    subscription_unref(to);
    ck_assert_int_eq(subscription_get(&h.subscriptions, list, "b", &to), PL_EINVAL);
    hub_free(&h);
}
END_TEST

START_TEST(unused_channel_goes_with_its_last_subscription)
{
    struct subscription *a, *ab;
    struct hub h;

    make_hub(&h, 2, 0);
    ck_assert_int_eq(subscription_get(&h.subscriptions, "a", NULL, &a), 0);
    ck_assert_int_eq(subscription_get(&h.subscriptions, "a", "b", &ab), 0);
    put(&h, "b", "", 1);
    subscription_unref(a);
    ck_assert_ptr_nonnull(channels_find(&h.channels, name_of("a")));
    subscription_unref(ab);
    ck_assert_ptr_null(channels_find(&h.channels, name_of("a")));
    ck_assert_ptr_nonnull(channels_find(&h.channels, name_of("b"))); /* has something to remember */
    put(&h, "c", "", 2);                                             /* the list of all is whole */
    ck_assert_ptr_eq(TAILQ_NEXT(TAILQ_NEXT(h.channels.unnamed, entry), entry),
                     channels_find(&h.channels, name_of("c")));
    hub_free(&h);
}
END_TEST

START_TEST(one_channel_too_many_is_refused_and_leaves_nothing)
{
    struct post p = post_to("9", "");
    struct subscription *to;
    struct hub h;
    uint64_t seq;

    make_hub(&h, 2, 0); /* 8 channels */
    for (int i = 0; i < 7; i++)
        put(&h, (char[]){(char)('1' + i), '\0'}, "", 1);
    ck_assert_int_eq(subscription_get(&h.subscriptions, "1,8,9", NULL, &to), PL_ELIMIT);
    ck_assert_uint_eq(h.channels.names.count, 7);
    put(&h, "8", "", 1);
    ck_assert_int_eq(hub_publish_post(&h, &p, 1, &seq), PL_ELIMIT);
    ck_assert_int_eq(subscription_get(&h.subscriptions, "9", NULL, &to), PL_ELIMIT);
    ck_assert_int_eq(subscription_get(&h.subscriptions, "1,2,3,4,5,6,7,8", NULL, &to), 0);
    subscription_unref(to);
    ck_assert_uint_eq(put(&h, "", "", 2), 9); /* the default channel is not one of them */
    ck_assert_uint_eq(h.counts.refused_channels, 3);
    hub_free(&h);
}
END_TEST

START_TEST(one_key_too_many_is_refused_and_the_others_go_on)
{
    struct post p = post_to("a", "9");
    struct hub h;
    uint64_t seq;

    make_hub(&h, 2, 0);
    for (int i = 0; i < 8; i++)
        put(&h, "a", (char[]){(char)('1' + i), '\0'}, 1);
    ck_assert_int_eq(hub_publish_post(&h, &p, 1, &seq), PL_ELIMIT);
    put(&h, "a", "8", 2);
    put(&h, "a", "", 2); /* no key is not one of them */
    put(&h, "b", "9", 2);
    ck_assert_uint_eq(h.counts.refused_keys, 1);
    ck_assert_uint_eq(hub_newest_seq(&h), 11);
    ck_assert_uint_eq(channels_find(&h.channels, name_of("a"))->latest.nvalues, 9);
    hub_free(&h);
}
END_TEST

START_TEST(latest_is_kept_though_the_ring_has_lost_it)
{
    struct selection s;
    struct hub h;

    make_hub(&h, 2, 0);
    put(&h, "a", "old", 1); /* 1 */
    for (int i = 0; i < 9; i++)
        put(&h, "a", "k", 2);                        /* 2..10 */
    s = select_from(&h, NULL, "a", HUB_FROM_NOW, 1); /* the values of now are never cut */
    assert_selected(&s, SEQS(1, 10));
    ck_assert_uint_eq(s.cursor, 10);
    ck_assert_uint_eq(s.from, 10);
    s = select_from(&h, NULL, "a", 0, 10);
    assert_selected(&s, SEQS(1, 10));
    ck_assert_uint_eq(s.missed, 0); /* who wants the latest misses nothing */
    s = select_from(&h, NULL, "a", 1, 10);
    assert_selected(&s, SEQS(10));
    s = select_from(&h, NULL, "a", 8, 10);
    assert_selected(&s, SEQS(10));
    ck_assert_uint_eq(s.superseded, 1); /* 9 */
    s = select_from(&h, "a", NULL, 0, 10);
    assert_selected(&s, SEQS(9, 10));
    ck_assert_uint_eq(s.missed, 8);
    s = select_from(&h, "a", NULL, HUB_FROM_NOW, 10);
    ck_assert_uint_eq(s.n, 0);
    hub_free(&h);
}
END_TEST

START_TEST(missed_is_at_most_what_fell_off_and_what_there_was_room_for)
{
    struct selection s;
    struct hub h;

    make_hub(&h, 2, 0);
    put(&h, "a", "", 1); /* 1 */
    for (int i = 0; i < 3; i++)
        put(&h, "", "", 1); /* 2..4 */
    put(&h, "a", "", 1);    /* 5 */
    put(&h, "b", "", 1);    /* 6 */
    for (int i = 0; i < 3; i++)
        put(&h, "a", "", 1); /* 7..9; of a, 1, 5 and 7 are lost */
    s = select_from(&h, "a", NULL, 0, 9);
    assert_selected(&s, SEQS(8, 9));
    ck_assert_uint_eq(s.missed, 3); /* of three lost ones no more can be missed */
    s = select_from(&h, "a", NULL, 5, 9);
    ck_assert_uint_eq(s.missed, 2); /* 6 or 7: it is not known whose they were */
    s = select_from(&h, "a", NULL, 7, 9);
    ck_assert_uint_eq(s.missed, 0);
    s = select_from(&h, "a,b", NULL, 4, 1); /* up to 6: 5 and 6 at most, the rest comes next */
    assert_selected(&s, SEQS(6));
    ck_assert_uint_eq(s.cursor, 6);
    ck_assert_uint_eq(s.missed, 2);
    s = select_from(&h, "a,b", NULL, s.cursor, 1);
    assert_selected(&s, SEQS(8));
    ck_assert_uint_eq(s.missed, 1);
    hub_free(&h);
}
END_TEST

START_TEST(opening_has_all_values_whatever_the_cursor)
{
    struct subscription *to;
    struct selection s;
    struct hub h;

    make_hub(&h, 4, 0);
    put(&h, "l", "x", 1); /* 1 */
    put(&h, "e", "", 1);  /* 2 */
    put(&h, "l", "y", 1); /* 3 */
    put(&h, "e", "", 1);  /* 4 */
    put(&h, "l", "y", 1); /* 5 */
    ck_assert_int_eq(subscription_get(&h.subscriptions, "e", "l", &to), 0);
    ck_assert_int_eq(hub_select_part(&h, to, 3, 0, &s), 0);
    assert_selected(&s, SEQS(1, 4, 5));
    ck_assert_uint_eq(s.from, 3);
    ck_assert_uint_eq(s.cursor, 5);
    ck_assert_int_eq(hub_select_part(&h, to, HUB_FROM_NOW, 0, &s), 0);
    assert_selected(&s, SEQS(1, 5));
    ck_assert_uint_eq(s.from, 5);
    ck_assert_int_eq(hub_select_part(&h, to, 99, 0, &s), 0); /* an earlier life of the server */
    assert_selected(&s, SEQS(1, 2, 4, 5));
    ck_assert_uint_eq(s.from, 0);
    ck_assert_int_eq(hub_select_latest(&h, to, 2, &s), 0);
    assert_selected(&s, SEQS(5));
    ck_assert_uint_eq(s.superseded, 1);
    subscription_unref(to);
    hub_free(&h);
}
END_TEST

START_TEST(delay_holds_channels_back_in_the_order_of_all)
{
    struct probe p;
    struct selection s;
    struct hub h;

    make_hub(&h, 2, 100);
    probe_listen(&p, &h, "a", "b");
    put(&h, "a", "", 10);  /* 1 */
    put(&h, "b", "k", 20); /* 2 */
    put(&h, "b", "k", 30); /* 3 */
    s = select_from(&h, "a", "b", HUB_FROM_NOW, 9);
    ck_assert_uint_eq(s.n, 0); /* the newest of k is not to be seen yet */
    ck_assert_int_eq(hub_release(&h, 120), 130);
    s = select_from(&h, "a", "b", 0, 9);
    assert_selected(&s, SEQS(1, 2));
    put(&h, "a", "", 40); /* 4 */
    put(&h, "a", "", 50); /* 5 drops 1 from the ring of a: it has been seen, nothing is pushed */
    ck_assert_uint_eq(p.nseen, 2);
    put(&h, "a", "", 60); /* 6 drops 4: that is shown first, and 3 before it */
    ck_assert_uint_eq(p.nseen, 4);
    for (size_t i = 0; i < p.nseen; i++)
        ck_assert_uint_eq(p.seen[i], i + 1);
    ck_assert_int_eq(hub_release(&h, 200), INT64_MAX);
    ck_assert_uint_eq(p.nseen, 6);
    hub_unsubscribe(&h, &p.sub);
    hub_free(&h);
}
END_TEST

START_TEST(position_is_the_last_before_in_each_channel_and_in_all)
{
    struct channel *a, *b;
    struct hub h;
    uint64_t seq, n;

    make_hub(&h, 3, 0);
    put(&h, "a", "", 100);
    put(&h, "b", "", 200);
    put(&h, "a", "", 300);
    a = channels_find(&h.channels, name_of("a"));
    b = channels_find(&h.channels, name_of("b"));
    for (int64_t at_ns = 50; at_ns <= 350; at_ns += 50) {
        ck_assert(hub_position(&h, at_ns, &seq));
        ck_assert_uint_eq(seq, (uint64_t)((at_ns - 1) / 100));
        ck_assert(channel_position(a, at_ns, &n));
        ck_assert_uint_eq(n, (at_ns > 100) + (at_ns > 300));
        ck_assert(channel_position(b, at_ns, &n));
        ck_assert_uint_eq(n, at_ns > 200);
    }
    put(&h, "a", "", 400);
    put(&h, "a", "", 500); /* a has lost that of 100 */
    ck_assert(!channel_position(a, 300, &n));
    ck_assert(!hub_position(&h, 300, &seq));
    ck_assert(channel_position(b, 300, &n));
    ck_assert_uint_eq(n, 1);
    ck_assert(hub_position(&h, 301, &seq));
    ck_assert_uint_eq(seq, 3);
    ck_assert_uint_eq(hub_oldest_seq(&h), 2);
    hub_free(&h);
}
END_TEST

/* A reader that, at its first update, comes back for other channels, as a connection does whose
 * next request was waiting. */
struct returner {
    struct subscriber sub; /* first */
    struct hub *hub;
    unsigned calls;
};

static void returner_deliver(struct subscriber *sub, struct update *u, enum delivery how)
{
    struct returner *r = (struct returner *)sub;
    struct subscription *to;

    (void)u;
    (void)how;
    r->calls++;
    hub_unsubscribe(r->hub, sub);
    ck_assert_int_eq(subscription_get(&r->hub->subscriptions, "a,b", NULL, &to), 0);
    ck_assert(!hub_has_news(r->hub, to, HUB_FROM_NOW));
    ck_assert(hub_has_news(r->hub, to, 0)); /* its other subscribers have not been told yet */
    hub_subscribe(r->hub, sub, to);
    subscription_unref(to);
}

START_TEST(who_comes_back_during_a_delivery_is_not_told_twice)
{
    struct returner r[2] = {{.sub.deliver = returner_deliver}, {.sub.deliver = returner_deliver}};
    struct subscription *a;
    struct probe ab;
    struct hub h;

    make_hub(&h, 4, 0);
    if (_i == 0) /* in the channel's list, a,b stands behind a, or in front of it */
        probe_listen(&ab, &h, "a,b", NULL);
    ck_assert_int_eq(subscription_get(&h.subscriptions, "a", NULL, &a), 0);
    if (_i == 1)
        probe_listen(&ab, &h, "a,b", NULL);
    for (int i = 0; i < 2; i++) {
        r[i].hub = &h;
        hub_subscribe(&h, &r[i].sub, a);
    }
    subscription_unref(a); /* it goes during the delivery, with its last subscriber */
    put(&h, "a", "", 1);
    ck_assert_uint_eq(r[0].calls, 1);
    ck_assert_uint_eq(r[1].calls, 1);
    ck_assert_uint_eq(ab.nseen, 1);
    put(&h, "b", "", 1);
    ck_assert_uint_eq(r[0].calls, 2);
    ck_assert_uint_eq(ab.nseen, 2);
    for (int i = 0; i < 2; i++)
        hub_unsubscribe(&h, &r[i].sub);
    hub_unsubscribe(&h, &ab.sub);
    hub_free(&h);
}
END_TEST

START_TEST(channel_knows_how_many_listen)
{
    struct probe a, ab;
    struct hub h;

    make_hub(&h, 4, 0);
    probe_listen(&a, &h, "a", NULL);
    probe_listen(&ab, &h, "b", "a");
    ck_assert_uint_eq(channel_subscribers(channels_find(&h.channels, name_of("a"))), 2);
    ck_assert_uint_eq(channel_subscribers(channels_find(&h.channels, name_of("b"))), 1);
    ck_assert_uint_eq(channel_subscribers(h.channels.unnamed), 0);
    hub_unsubscribe(&h, &a.sub);
    hub_unsubscribe(&h, &ab.sub);
    hub_free(&h);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("channels");
    TCase *tc = tcase_create("channels");
    SRunner *r;
    int failed;

    tcase_add_test(tc, one_number_goes_over_all_channels_and_each_counts_its_own);
    tcase_add_test(tc, subscribers_get_the_updates_of_their_channels_only);
    tcase_add_loop_test(tc, equal_wishes_are_one_subscription, 0,
                        sizeof same_filters / sizeof *same_filters);
    tcase_add_loop_test(tc, list_that_is_none_of_names_is_refused_and_leaves_nothing, 0,
                        sizeof broken_lists / sizeof *broken_lists);
    tcase_add_test(tc, list_of_too_many_names_is_refused);
    tcase_add_test(tc, unused_channel_goes_with_its_last_subscription);
    tcase_add_test(tc, one_channel_too_many_is_refused_and_leaves_nothing);
    tcase_add_test(tc, one_key_too_many_is_refused_and_the_others_go_on);
    tcase_add_test(tc, latest_is_kept_though_the_ring_has_lost_it);
    tcase_add_test(tc, missed_is_at_most_what_fell_off_and_what_there_was_room_for);
    tcase_add_test(tc, opening_has_all_values_whatever_the_cursor);
    tcase_add_test(tc, delay_holds_channels_back_in_the_order_of_all);
    tcase_add_test(tc, position_is_the_last_before_in_each_channel_and_in_all);
    tcase_add_loop_test(tc, who_comes_back_during_a_delivery_is_not_told_twice, 0, 2);
    tcase_add_test(tc, channel_knows_how_many_listen);
    suite_add_tcase(s, tc);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
