/* Exactly once: what a sender sends again is acknowledged and not published again. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/servers/hub/hub_fixture.h"
#include "lib/base/rng.h"

static int send_as(struct hub *h, const char *channel, const char *from, uint64_t from_n,
                   uint64_t *seq)
{
    struct post p = post_to(channel, "");

    p.from = name_of(from);
    p.from_n = from_n;
    return hub_publish_post(h, &p, 1, seq);
}

START_TEST(message_sent_again_is_acknowledged_but_not_published)
{
    struct hub h;
    uint64_t seq;

    make_hub(&h, 4, 0);
    ck_assert_int_eq(send_as(&h, "doc", "7", 1, &seq), 0);
    ck_assert_uint_eq(seq, 1);
    ck_assert_int_eq(send_as(&h, "doc", "7", 2, &seq), 0);
    ck_assert_uint_eq(seq, 2);
    for (uint64_t from_n = 1; from_n <= 2; from_n++) {
        ck_assert_int_eq(send_as(&h, "doc", "7", from_n, &seq), HUB_DUPLICATE);
        ck_assert_uint_eq(seq, 2); /* that sender's newest is in by then */
    }
    ck_assert_uint_eq(hub_newest_seq(&h), 2);
    ck_assert_uint_eq(h.counts.duplicate_posts, 2);
    hub_free(&h);
}
END_TEST

START_TEST(senders_numbers_count_for_each_channel_and_sender)
{
    struct hub h;
    uint64_t seq;

    make_hub(&h, 4, 0);
    ck_assert_int_eq(send_as(&h, "doc", "7", 5, &seq), 0); /* any number may be the first */
    ck_assert_int_eq(send_as(&h, "doc", "8", 5, &seq), 0);
    ck_assert_int_eq(send_as(&h, "chat", "7", 5, &seq), 0);
    ck_assert_int_eq(send_as(&h, "", "7", 5, &seq), 0);
    ck_assert_int_eq(send_as(&h, "doc", "7", 9, &seq), 0); /* gaps are the sender's affair */
    ck_assert_int_eq(send_as(&h, "doc", "7", 8, &seq), HUB_DUPLICATE);
    ck_assert_uint_eq(hub_newest_seq(&h), 5);
    hub_free(&h);
}
END_TEST

START_TEST(unnumbered_messages_are_never_duplicates)
{
    struct hub h;
    uint64_t seq;

    make_hub(&h, 4, 0);
    for (uint64_t want = 1; want <= 3; want++) {
        ck_assert_int_eq(send_as(&h, "doc", "7", 0, &seq), 0);
        ck_assert_uint_eq(seq, want);
    }
    ck_assert_uint_eq(channels_find(&h.channels, name_of("doc"))->senders.count, 0);
    hub_free(&h);
}
END_TEST

START_TEST(one_sender_too_many_is_refused_and_the_others_go_on)
{
    struct hub h;
    uint64_t seq;
    char from[12];

    make_hub(&h, 4, 0);
    for (int i = 0; i < 8; i++) {
        snprintf(from, sizeof from, "%d", i);
        ck_assert_int_eq(send_as(&h, "doc", from, 1, &seq), 0);
    }
    ck_assert_int_eq(send_as(&h, "doc", "8", 1, &seq), PL_ELIMIT);
    ck_assert_int_eq(send_as(&h, "doc", "8", 0, &seq), 0); /* who does not count needs no place */
    ck_assert_int_eq(send_as(&h, "doc", "3", 2, &seq), 0);
    ck_assert_int_eq(send_as(&h, "chat", "8", 1, &seq), 0);
    ck_assert_uint_eq(h.counts.refused_senders, 1);
    ck_assert_uint_eq(hub_newest_seq(&h), 11); /* the refused one used up no number */
    hub_free(&h);
}
END_TEST

/* A place is not taken by what was refused for another reason. */
START_TEST(message_refused_for_its_key_leaves_no_sender)
{
    struct hub h;
    struct post p;
    uint64_t seq;
    char key[12];

    make_hub(&h, 4, 0);
    for (int i = 0; i < 8; i++) {
        snprintf(key, sizeof key, "%d", i);
        put(&h, "doc", key, 1);
    }
    p = post_to("doc", "8");
    p.from = name_of("7");
    p.from_n = 1;
    ck_assert_int_eq(hub_publish_post(&h, &p, 1, &seq), PL_ELIMIT);
    ck_assert_uint_eq(channels_find(&h.channels, name_of("doc"))->senders.count, 0);
    p.key = name_of("3");
    ck_assert_int_eq(hub_publish_post(&h, &p, 1, &seq), 0); /* so it was no duplicate */
    hub_free(&h);
}
END_TEST

/* Four senders over a connection that loses acknowledgements: each sends on from any of its last
 * messages. Whatever they do, the channel has each message once, in its sender's order. */
START_TEST(lost_acknowledgements_lose_and_double_nothing)
{
    uint64_t sent[4] = {0}, published = 0, seq;
    const char *const names[] = {"a", "b", "c", "d"};
    struct rng rng;
    struct hub h;

    rng_seed(&rng, (uint64_t)_i);
    make_hub(&h, 4, 0);
    for (int step = 0; step < 500; step++) {
        uint64_t who = rng_next(&rng) % 4, back = rng_next(&rng) % 4;

        for (uint64_t n = sent[who] > back ? sent[who] - back : 1; n <= sent[who]; n++) {
            ck_assert_int_eq(send_as(&h, "doc", names[who], n, &seq), HUB_DUPLICATE);
            ck_assert_uint_eq(hub_newest_seq(&h), published);
        }
        ck_assert_int_eq(send_as(&h, "doc", names[who], ++sent[who], &seq), 0);
        ck_assert_uint_eq(seq, ++published);
    }
    hub_free(&h);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("senders");
    TCase *tc = tcase_create("senders");
    SRunner *r;
    int failed;

    tcase_add_test(tc, message_sent_again_is_acknowledged_but_not_published);
    tcase_add_test(tc, senders_numbers_count_for_each_channel_and_sender);
    tcase_add_test(tc, unnumbered_messages_are_never_duplicates);
    tcase_add_test(tc, one_sender_too_many_is_refused_and_the_others_go_on);
    tcase_add_test(tc, message_refused_for_its_key_leaves_no_sender);
    tcase_add_loop_test(tc, lost_acknowledgements_lose_and_double_nothing, 0, 5);
    suite_add_tcase(s, tc);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
