/* What is on its way up, against a model: a peer that keeps what it is given, a connection that
 * breaks whenever it likes, and the server's rule that a number it has had does not count. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "clients/send/audience.h"
#include "lib/base/rng.h"
#include "clients/send/uplink.h"

static void push(struct uplink *u, unsigned channel, uint64_t n)
{
    struct post post = {.channel = {channel == 0 ? "a" : "b", 1},
                        .from = {"7", 1},
                        .from_n = n,
                        .data = "{}",
                        .data_len = 2};
    struct uplink_item item = {
        .n = n, .channel = (uint16_t)channel, .due_ns = (int64_t)n * 10, .left = true};

    ck_assert_int_eq(uplink_push(u, &post, &item), PL_OK);
}

/* Let one message go; what it says. */
static struct post depart(struct uplink *u, bool *again)
{
    const char *text;
    const struct uplink_item *item = uplink_next(u, &text);
    struct post post;

    ck_assert_ptr_nonnull(item);
    ck_assert_int_eq(post_scan(&post, text, item->len), PL_OK);
    ck_assert_uint_eq(post.from_n, item->n);
    *again = item->left;
    uplink_depart(u);
    return post;
}

START_TEST(uplink_sends_in_order_and_forgets_what_is_acknowledged)
{
    struct uplink u = {0};
    const char *text;
    bool again;

    ck_assert_ptr_null(uplink_next(&u, &text));
    for (uint64_t n = 1; n <= 3; n++)
        push(&u, 0, n);
    ck_assert_uint_eq(depart(&u, &again).from_n, 1);
    ck_assert(!again);
    ck_assert_uint_eq(depart(&u, &again).from_n, 2);
    ck_assert_uint_eq(u.under_way, 2);
    uplink_acknowledge(&u, 2);
    ck_assert_uint_eq(u.acknowledged, 2);
    ck_assert_uint_eq(uplink_waiting(&u), 1);
    ck_assert_uint_eq(depart(&u, &again).from_n, 3);
    uplink_free(&u);
}
END_TEST

START_TEST(uplink_batches_what_fits_and_at_least_one)
{
    struct uplink u = {0};
    size_t bytes, one;
    bool again;

    ck_assert_uint_eq(uplink_batch(&u, 1000, &bytes), 0);
    ck_assert_uint_eq(bytes, 0);
    for (uint64_t n = 1; n <= 4; n++)
        push(&u, 0, n);
    one = u.items[0].len;
    ck_assert_uint_eq(uplink_batch(&u, 3 * one, &bytes), 3);
    ck_assert_uint_eq(bytes, 3 * one);
    ck_assert_uint_eq(uplink_batch(&u, 1, &bytes), 1);
    depart(&u, &again);
    ck_assert_uint_eq(uplink_batch(&u, 1 << 20, &bytes), 3);
    uplink_free(&u);
}
END_TEST

START_TEST(uplink_repeats_what_a_lost_connection_had_under_way)
{
    struct uplink u = {0};
    bool again;

    push(&u, 0, 1);
    push(&u, 0, 2);
    depart(&u, &again);
    uplink_rewind(&u);
    push(&u, 0, 3);
    ck_assert_uint_eq(depart(&u, &again).from_n, 1);
    ck_assert(again);
    ck_assert_uint_eq(depart(&u, &again).from_n, 2);
    ck_assert(!again);
    ck_assert_uint_eq(depart(&u, &again).from_n, 3);
    uplink_free(&u);
}
END_TEST

START_TEST(uplink_takes_the_echo_of_one_as_word_of_all_before)
{
    struct uplink u = {0};
    bool again;

    push(&u, 0, 1);
    push(&u, 1, 1);
    push(&u, 0, 2);
    push(&u, 0, 3);
    for (int i = 0; i < 3; i++)
        depart(&u, &again);
    ck_assert_uint_eq(uplink_acknowledge_through(&u, 0, 3), 0); /* it has not left */
    ck_assert_uint_eq(uplink_acknowledge_through(&u, 1, 1), 2);
    ck_assert_uint_eq(uplink_acknowledge_through(&u, 0, 1), 0);
    ck_assert_uint_eq(u.under_way, 1);
    uplink_rewind(&u);
    ck_assert_uint_eq(uplink_acknowledge_through(&u, 0, 2), 1); /* late word from before */
    ck_assert_uint_eq(depart(&u, &again).from_n, 3);
    ck_assert(!again);
    uplink_free(&u);
}
END_TEST

/* The server: acknowledges what it has had before, publishes what is new. */
struct server {
    uint64_t newest[2];
    struct order_track published[2];
};

static void receive(struct server *s, const struct post *post)
{
    unsigned channel = post->channel.text[0] == 'b';

    if (post->from_n <= s->newest[channel])
        return;
    s->newest[channel] = post->from_n;
    ck_assert_int_eq(order_take(&s->published[channel], ORDER_EVERY, post->from_n), ORDER_NEW);
}

/* One step of a life at random: say something, send, be heard, break. */
static void live(struct uplink *u, struct server *s, uint64_t sent[2], size_t *arrived,
                 struct rng *rng)
{
    unsigned channel = rng_next(rng) % 2;
    bool again;

    switch (rng_next(rng) % 8) {
    case 0:
    case 1:
        push(u, channel, ++sent[channel]);
        return;
    case 2:
    case 3:
    case 4:
        if (uplink_waiting(u) > 0) {
            struct post post = depart(u, &again);

            receive(s, &post);
            ++*arrived;
        }
        return;
    case 5:
        uplink_acknowledge(u, *arrived);
        *arrived = 0;
        return;
    case 6:
        if (s->newest[channel] > 0) {
            size_t known = uplink_acknowledge_through(u, channel, s->newest[channel]);

            *arrived -= known < *arrived ? known : *arrived;
        }
        return;
    default:
        uplink_rewind(u);
        *arrived = 0;
        return;
    }
}

START_TEST(uplink_loses_and_doubles_nothing_however_often_connections_break)
{
    struct rng rng;

    rng_seed(&rng, 11);
    for (int round = 0; round < 300; round++) {
        struct uplink u = {0};
        struct server s = {0};
        uint64_t sent[2] = {0};
        size_t arrived = 0;

        for (int i = 0; i < 400; i++)
            live(&u, &s, sent, &arrived, &rng);
        while (uplink_waiting(&u) > 0) {
            bool again;
            struct post post = depart(&u, &again);

            receive(&s, &post);
        }
        uplink_acknowledge(&u, u.under_way);
        ck_assert_uint_eq(u.nitems, 0);
        ck_assert_uint_eq(u.text.len, 0);
        ck_assert_uint_eq(u.acknowledged, sent[0] + sent[1]);
        for (int c = 0; c < 2; c++)
            ck_assert_uint_eq(order_missing(&s.published[c], ORDER_EVERY, sent[c]), 0);
        uplink_free(&u);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("uplink");
    TCase *tc = tcase_create("uplink");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tc, uplink_sends_in_order_and_forgets_what_is_acknowledged);
    tcase_add_test(tc, uplink_batches_what_fits_and_at_least_one);
    tcase_add_test(tc, uplink_repeats_what_a_lost_connection_had_under_way);
    tcase_add_test(tc, uplink_takes_the_echo_of_one_as_word_of_all_before);
    tcase_add_test(tc, uplink_loses_and_doubles_nothing_however_often_connections_break);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
