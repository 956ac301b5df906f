/* The hub and its updates: numbering, history, cursors, fan-out, encoding once. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/servers/hub/hub_fixture.h"

static void publish_times(struct hub *h, int n, int64_t first_ns, int64_t step_ns)
{
    for (int i = 0; i < n; i++)
        ck_assert_uint_ne(put_data(h, "1", first_ns + i * step_ns), 0);
}

static struct selection select_after(struct hub *h, uint64_t cursor)
{
    struct selection s;

    ck_assert_int_eq(hub_select(h, h->subscriptions.everything, cursor, SIZE_MAX, &s), 0);
    return s;
}

/* More than the ring starts with, and going round more than once. */
START_TEST(ring_grows_to_its_capacity_and_then_goes_round)
{
    struct selection s;
    struct hub h;

    make_hub(&h, 40, 0);
    for (uint64_t n = 1; n <= 100; n++) {
        ck_assert_uint_eq(put_data(&h, "1", (int64_t)n), n);
        s = select_after(&h, 0);
        ck_assert_uint_eq(s.n, n < 40 ? n : 40);
        for (size_t i = 0; i < s.n; i++)
            ck_assert_uint_eq(s.updates[i]->seq, n - s.n + 1 + i);
        ck_assert_uint_eq(s.missed, n - s.n);
        ck_assert_uint_eq(hub_oldest_seq(&h), n - s.n + 1);
    }
    hub_free(&h);
}
END_TEST

START_TEST(selection_is_cut_and_goes_on_from_its_cursor)
{
    struct selection s;
    struct hub h;

    make_hub(&h, 4, 0);
    publish_times(&h, 9, 1, 1);
    ck_assert_int_eq(hub_select(&h, h.subscriptions.everything, 3, 3, &s), 0);
    ck_assert_uint_eq(s.updates[0]->seq, 6);
    ck_assert_uint_eq(s.cursor, 8);
    ck_assert_uint_eq(s.missed, 2); /* 4 and 5 */
    ck_assert_int_eq(hub_select(&h, h.subscriptions.everything, 8, 3, &s), 0);
    ck_assert_uint_eq(s.n, 1);
    ck_assert_uint_eq(s.cursor, 9);
    ck_assert_uint_eq(s.missed, 0);
    hub_free(&h);
}
END_TEST

/* What an opening has in parts: no more than 256 at once, no number twice, none left out, with
 * those that are published or dropped meanwhile. */
START_TEST(parts_of_an_opening_are_the_whole)
{
    uint64_t from = 5, after = 0, next = 6, missed = 0;
    struct selection s = {.more = true};
    struct hub h;

    make_hub(&h, 700, 0);
    publish_times(&h, 650, 1, 1);
    while (s.more) {
        ck_assert_int_eq(hub_select_part(&h, h.subscriptions.everything, from, after, &s), 0);
        ck_assert_uint_le(s.n, HUB_PART_UPDATES);
        next += s.missed;
        missed += s.missed;
        for (size_t i = 0; i < s.n; i++)
            ck_assert_uint_eq(s.updates[i]->seq, next++);
        after = s.cursor;
        if (next == 6 + HUB_PART_UPDATES)
            publish_times(&h, 350, 651, 1); /* 300 are left, of which 38 have been selected */
    }
    ck_assert_uint_eq(next, 1001);
    ck_assert_uint_eq(missed, 300 - (5 + HUB_PART_UPDATES));
    hub_free(&h);
}
END_TEST

/* Of a history in which an update is 30 KB: three are above 64 KiB. */
START_TEST(parts_are_bounded_in_bytes)
{
    struct selection s;
    struct hub h;
    char data[30001];

    memset(data, '1', sizeof data - 1);
    data[sizeof data - 1] = '\0';
    make_hub(&h, 40, 0);
    for (int64_t i = 1; i <= 40; i++)
        put_data(&h, data, i);
    ck_assert_int_eq(hub_select_part(&h, h.subscriptions.everything, 0, 0, &s), 0);
    ck_assert_uint_eq(s.n, 3);
    ck_assert(s.more);
    ck_assert_int_eq(hub_select(&h, h.subscriptions.everything, 0, SIZE_MAX, &s), 0);
    ck_assert_uint_eq(s.n, 35); /* 1 MiB */
    ck_assert_uint_eq(s.cursor, 35);
    hub_free(&h);
}
END_TEST

START_TEST(numbers_from_one_without_gaps)
{
    struct hub h;

    make_hub(&h, 4, 0);
    ck_assert_uint_eq(hub_newest_seq(&h), 0);
    for (uint64_t want = 1; want <= 10; want++)
        ck_assert_uint_eq(put_data(&h, "{}", (int64_t)want), want);
    ck_assert_uint_eq(hub_newest_seq(&h), 10);
    ck_assert_uint_eq(hub_oldest_seq(&h), 7);
    hub_free(&h);
}
END_TEST

START_TEST(update_carries_the_envelope)
{
    struct hub h;
    const char *want = "{\"seq\":1,\"t\":81234567890123,\"data\":{\"a\":1}}";
    struct selection s;
    struct shared *json;

    make_hub(&h, 4, 0);
    put_data(&h, "{\"a\":1}", INT64_C(81234567890123));
    s = select_after(&h, 0);
    json = s.updates[0]->json;
    ck_assert_uint_eq(json->len, strlen(want));
    ck_assert_mem_eq(json->data, want, json->len);
    hub_free(&h);
}
END_TEST

/* cursor, published, capacity -> first, missed */
static const struct {
    uint64_t cursor, published, capacity, first, last, missed;
} cursors[] = {
    {0, 0, 4, 1, 0, 0},   /* nothing yet */
    {0, 3, 4, 1, 3, 0},   /* everything */
    {2, 3, 4, 3, 3, 0},   /* one new */
    {3, 3, 4, 4, 3, 0},   /* up to date */
    {0, 10, 4, 7, 10, 6}, /* fell off: 1..6 are gone */
    {6, 10, 4, 7, 10, 0}, /* the last cursor that loses nothing */
    {5, 10, 4, 7, 10, 1}, /* the first that loses one */
    {99, 10, 4, 7, 10, 6} /* from an earlier life of the server: read as 0 */
};

START_TEST(cursor_gets_what_is_newer_and_the_count_of_what_is_lost)
{
    struct selection s;
    struct hub h;

    make_hub(&h, cursors[_i].capacity, 0);
    publish_times(&h, (int)cursors[_i].published, 1, 1);
    s = select_after(&h, cursors[_i].cursor);
    ck_assert_uint_eq(s.n, cursors[_i].last + 1 - cursors[_i].first);
    for (size_t i = 0; i < s.n; i++)
        ck_assert_uint_eq(s.updates[i]->seq, cursors[_i].first + i);
    ck_assert_uint_eq(s.cursor, cursors[_i].last);
    ck_assert_uint_eq(s.missed, cursors[_i].missed);
    ck_assert_uint_eq(s.from + s.missed + 1, cursors[_i].first);
    ck_assert_int_eq(hub_has_news(&h, h.subscriptions.everything, cursors[_i].cursor), s.n > 0);
    hub_free(&h);
}
END_TEST

START_TEST(ring_holds_exactly_its_capacity)
{
    struct selection s;
    struct hub h;

    make_hub(&h, 3, 0);
    publish_times(&h, 5, 1, 1);
    s = select_after(&h, 0);
    ck_assert_uint_eq(s.n, 3);
    ck_assert_uint_eq(s.updates[0]->seq, 3);
    ck_assert_uint_eq(s.updates[2]->seq, 5);
    hub_free(&h);
}
END_TEST

START_TEST(subscribers_get_each_update_once_in_order)
{
    struct probe a = {.sub.deliver = probe_deliver}, b = a;
    struct hub h;

    make_hub(&h, 4, 0);
    put_data(&h, "0", 1);
    hub_subscribe(&h, &a.sub, h.subscriptions.everything);
    put_data(&h, "0", 2);
    hub_subscribe(&h, &b.sub, h.subscriptions.everything);
    put_data(&h, "0", 3);
    hub_unsubscribe(&h, &a.sub);
    hub_unsubscribe(&h, &a.sub); /* harmless */
    put_data(&h, "0", 4);
    ck_assert_uint_eq(a.nseen, 2);
    ck_assert_uint_eq(a.seen[0], 2);
    ck_assert_uint_eq(a.seen[1], 3);
    ck_assert_uint_eq(b.nseen, 2);
    ck_assert_uint_eq(b.seen[1], 4);
    ck_assert_uint_eq(h.nsubscribers, 1);
    hub_unsubscribe(&h, &b.sub);
    hub_free(&h);
}
END_TEST

START_TEST(subscriber_may_leave_during_its_delivery)
{
    struct probe p[3];
    struct hub h;

    make_hub(&h, 4, 0);
    for (int i = 0; i < 3; i++) {
        p[i] = (struct probe){.sub.deliver = probe_deliver, .hub = &h, .leave_after_first = i == 1};
        hub_subscribe(&h, &p[i].sub, h.subscriptions.everything);
    }
    publish_times(&h, 2, 1, 1);
    ck_assert_uint_eq(p[0].nseen, 2);
    ck_assert_uint_eq(p[1].nseen, 1);
    ck_assert_uint_eq(p[2].nseen, 2);
    ck_assert(p[1].sub.to == NULL);
    for (int i = 0; i < 3; i++)
        hub_unsubscribe(&h, &p[i].sub);
    hub_free(&h);
}
END_TEST

START_TEST(delay_holds_updates_back_but_stamps_them_at_once)
{
    struct probe p = {.sub.deliver = probe_deliver};
    struct hub h;
    uint64_t seq;

    make_hub(&h, 8, 100);
    hub_subscribe(&h, &p.sub, h.subscriptions.everything);
    publish_times(&h, 3, 1000, 50); /* t = 1000, 1050, 1100 */
    ck_assert_uint_eq(hub_newest_seq(&h), 0);
    ck_assert(hub_position(&h, 1060, &seq));
    ck_assert_uint_eq(seq, 2); /* published, though nobody has seen them */
    ck_assert_int_eq(hub_release(&h, 1099), 1100);
    ck_assert_uint_eq(p.nseen, 0);
    ck_assert_int_eq(hub_release(&h, 1150), 1200);
    ck_assert_uint_eq(p.nseen, 2);
    ck_assert_int_eq(hub_release(&h, 1200), INT64_MAX);
    ck_assert_uint_eq(p.nseen, 3);
    hub_unsubscribe(&h, &p.sub);
    hub_free(&h);
}
END_TEST

START_TEST(delay_never_overwrites_what_nobody_has_seen)
{
    struct probe p = {.sub.deliver = probe_deliver};
    struct hub h;

    make_hub(&h, 2, 1000000);
    hub_subscribe(&h, &p.sub, h.subscriptions.everything);
    publish_times(&h, 5, 1, 1);
    ck_assert_uint_eq(p.nseen, 3); /* 1..3 were pushed out early, 4 and 5 still wait */
    ck_assert_uint_eq(p.seen[2], 3);
    hub_unsubscribe(&h, &p.sub);
    hub_free(&h);
}
END_TEST

START_TEST(position_counts_strictly_before)
{
    struct hub h;
    uint64_t seq;

    make_hub(&h, 4, 0);
    ck_assert(hub_position(&h, 5, &seq));
    ck_assert_uint_eq(seq, 0);
    publish_times(&h, 3, 100, 100); /* t = 100, 200, 300 */
    for (int64_t at_ns = 50; at_ns <= 350; at_ns += 50) {
        ck_assert(hub_position(&h, at_ns, &seq));
        ck_assert_uint_eq(seq, (uint64_t)((at_ns - 1) / 100));
    }
    publish_times(&h, 3, 400, 100); /* the ring now reaches back to t = 300 */
    ck_assert(!hub_position(&h, 300, &seq));
    ck_assert(hub_position(&h, 301, &seq));
    ck_assert_uint_eq(seq, 3);
    hub_free(&h);
}
END_TEST

static int encodings_made;

static struct shared *encode_once(const struct update *u, const struct update_encoding *by)
{
    (void)by;
    encodings_made++;
    return shared_new_copy(u->json->data, u->json->len);
}

START_TEST(update_is_encoded_once_per_format)
{
    static const struct update_encoding a = {encode_once}, b = {encode_once};
    struct update *u =
        update_new(&(struct envelope){.seq = 1, .t_ns = 2, .n = 1, .data = "[]", .data_len = 2});

    encodings_made = 0;
    ck_assert_ptr_eq(update_encoded(u, &a), update_encoded(u, &a));
    ck_assert_int_eq(encodings_made, 1);
    ck_assert_ptr_ne(update_encoded(u, &a), update_encoded(u, &b));
    ck_assert_int_eq(encodings_made, 2);
    update_unref(u);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("hub");
    TCase *tc = tcase_create("hub");
    SRunner *r;
    int failed;

    tcase_add_test(tc, numbers_from_one_without_gaps);
    tcase_add_test(tc, update_carries_the_envelope);
    tcase_add_loop_test(tc, cursor_gets_what_is_newer_and_the_count_of_what_is_lost, 0,
                        sizeof cursors / sizeof *cursors);
    tcase_add_test(tc, ring_grows_to_its_capacity_and_then_goes_round);
    tcase_add_test(tc, selection_is_cut_and_goes_on_from_its_cursor);
    tcase_add_test(tc, ring_holds_exactly_its_capacity);
    tcase_add_test(tc, subscribers_get_each_update_once_in_order);
    tcase_add_test(tc, subscriber_may_leave_during_its_delivery);
    tcase_add_test(tc, delay_holds_updates_back_but_stamps_them_at_once);
    tcase_add_test(tc, parts_of_an_opening_are_the_whole);
    tcase_add_test(tc, parts_are_bounded_in_bytes);
    tcase_add_test(tc, delay_never_overwrites_what_nobody_has_seen);
    tcase_add_test(tc, position_counts_strictly_before);
    tcase_add_test(tc, update_is_encoded_once_per_format);
    suite_add_tcase(s, tc);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
