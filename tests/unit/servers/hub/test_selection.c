/* Selections, subscribers and readers against a naive reference: the list of everything that was
 * published, searched from one end to the other. Small rings, few keys, random everything. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/servers/hub/hub_fixture.h"
#include "lib/base/rng.h"

enum { CHANNELS = 4, KEYS = 3, READERS = 5, STEPS = 400, DELAY_NS = 50 };

static const char *const channel_names[CHANNELS] = {"", "a", "b", "c"};
static const char *const key_names[KEYS] = {"", "x", "y"};

/* Which channels are wanted how; one that is in both is wanted whole. Bit 0, the default channel,
 * can only be wanted alone. */
struct channel_filter {
    unsigned every, latest;
};

struct record {
    unsigned channel, key;
    uint64_t seq, n;
    int64_t t_ns;
};

/* Someone who reads by subscribing, and may be too slow for latest values. */
struct reader {
    struct subscriber sub; /* first */
    struct world *world;
    struct channel_filter filter;
    uint64_t told_seq;     /* all up to here has been told */
    bool blocked;          /* its socket is full */
    uint64_t skipped_from; /* the cursor before the first update left out; valid if skipped > 0 */
    uint64_t skipped;
    uint64_t holds[CHANNELS][KEYS]; /* seq of the value it holds, of the latest channels */
};

/* Someone who polls, a few updates at a time. */
struct poller {
    struct channel_filter filter;
    uint64_t cursor, missed;
    uint64_t last_n[CHANNELS];
    uint64_t holds[CHANNELS][KEYS];
};

struct world {
    struct hub hub;
    struct rng rng;
    uint64_t capacity;
    int64_t now_ns, delay_ns;
    uint64_t visible_seq;
    struct record records[STEPS]; /* records[seq - 1] */
    uint64_t nrecords;
    uint64_t n[CHANNELS];
    struct reader readers[READERS];
    struct poller poller;
};

static unsigned pick(struct world *w, unsigned below)
{
    return (unsigned)(rng_next(&w->rng) % below);
}

/* ---- the reference */

static bool wants(unsigned channels, const struct record *r)
{
    return (channels >> r->channel & 1) != 0;
}

static bool naive_in_ring(const struct world *w, const struct record *r)
{
    return w->n[r->channel] - r->n < w->capacity;
}

static bool naive_newest_of_key(const struct world *w, const struct record *r)
{
    for (uint64_t seq = r->seq + 1; seq <= w->visible_seq; seq++) {
        const struct record *later = &w->records[seq - 1];

        if (later->channel == r->channel && later->key == r->key)
            return false;
    }
    return true;
}

struct naive {
    uint64_t seqs[STEPS];
    size_t n;
    uint64_t cursor, lost, lost_to_cursor, superseded;
};

static struct naive naive_select(const struct world *w, struct channel_filter filter,
                                 uint64_t every_after, uint64_t latest_after, size_t max)
{
    struct naive out = {.cursor = w->visible_seq};

    for (uint64_t seq = 1; seq <= w->visible_seq; seq++) {
        const struct record *r = &w->records[seq - 1];
        bool every = wants(filter.every, r) && seq > every_after;
        bool latest = wants(filter.latest, r) && seq > latest_after;
        bool in_ring = naive_in_ring(w, r), newest = naive_newest_of_key(w, r);
        bool open = out.n < max || out.cursor == w->visible_seq;

        if ((every && in_ring) || (latest && newest)) {
            if (out.n < max)
                out.seqs[out.n++] = seq;
            else if (open)
                out.cursor = out.seqs[max - 1];
        }
        out.lost += every && !in_ring;
    }
    for (uint64_t seq = 1; seq <= out.cursor; seq++) {
        const struct record *r = &w->records[seq - 1];

        out.lost_to_cursor += wants(filter.every, r) && seq > every_after && !naive_in_ring(w, r);
        out.superseded += wants(filter.latest, r) && seq > latest_after && naive_in_ring(w, r) &&
                          !naive_newest_of_key(w, r);
    }
    return out;
}

/* ---- comparing */

static void list_of(char *text, unsigned channels)
{
    *text = '\0';
    for (unsigned i = 1; i < CHANNELS; i++) {
        if ((channels >> i & 1) == 0)
            continue;
        if (*text != '\0')
            strcat(text, ",");
        strcat(text, channel_names[i]);
    }
}

static struct subscription *subscription_to(struct world *w, struct channel_filter filter)
{
    char every[16], latest[16];
    struct subscription *to;

    list_of(every, filter.every);
    list_of(latest, filter.latest);
    ck_assert_int_eq(subscription_get(&w->hub.subscriptions, every, latest, &to), 0);
    return to;
}

static struct channel_filter random_filter(struct world *w)
{
    struct channel_filter filter = {pick(w, 1 << CHANNELS) & ~1U, pick(w, 1 << CHANNELS) & ~1U};

    filter.latest &= ~filter.every;
    if (filter.every == 0 && filter.latest == 0)
        filter.every = 1;
    return filter;
}

static void assert_same(const struct selection *s, const struct naive *want)
{
    if (s->n != want->n)
        ck_abort_msg("%zu selected, not %zu", s->n, want->n);
    for (size_t i = 0; i < s->n; i++) {
        if (s->updates[i]->seq != want->seqs[i])
            ck_abort_msg("number %zu is %ju, not %ju", i, (uintmax_t)s->updates[i]->seq,
                         (uintmax_t)want->seqs[i]);
    }
    ck_assert_uint_eq(s->cursor, want->cursor);
    ck_assert_int_eq(s->missed > 0, want->lost > 0);
    ck_assert_uint_ge(s->missed, want->lost_to_cursor);
}

static void check_selections(struct world *w)
{
    struct channel_filter filter = random_filter(w), latest_only = {0, filter.latest};
    struct subscription *to = subscription_to(w, filter);
    uint64_t cursor = pick(w, (unsigned)w->visible_seq + 3);
    uint64_t from = cursor > w->visible_seq ? 0 : cursor, now = w->visible_seq;
    size_t max = 1 + pick(w, 6);
    struct naive want = naive_select(w, filter, from, from, max);
    struct selection s;

    ck_assert_int_eq(hub_select(&w->hub, to, cursor, max, &s), 0);
    assert_same(&s, &want);
    ck_assert_uint_eq(s.from, from);
    ck_assert_uint_le(s.superseded, want.superseded + want.n);
    if (w->hub.evicted_seq <= from) /* all are in their rings: then it is exact */
        ck_assert_uint_eq(s.superseded, want.superseded);
    ck_assert_int_eq(hub_has_news(&w->hub, to, cursor), s.n > 0 || s.missed > 0);

    want = naive_select(w, filter, from, 0, SIZE_MAX);
    ck_assert_int_eq(hub_select_part(&w->hub, to, cursor, 0, &s), 0);
    assert_same(&s, &want);
    want = naive_select(w, filter, now, 0, SIZE_MAX);
    ck_assert_int_eq(hub_select(&w->hub, to, HUB_FROM_NOW, max, &s), 0);
    assert_same(&s, &want);
    ck_assert_int_eq(hub_has_news(&w->hub, to, HUB_FROM_NOW), s.n > 0);
    want = naive_select(w, latest_only, from, from, SIZE_MAX);
    ck_assert_int_eq(hub_select_latest(&w->hub, to, cursor, &s), 0);
    assert_same(&s, &want);
    subscription_unref(to);
}

/* ---- readers */

/* `latest` never shows an older value after a newer one. */
static void take_value(uint64_t holds[CHANNELS][KEYS], const struct record *r)
{
    uint64_t *held = &holds[r->channel][r->key];

    if (r->seq <= *held)
        ck_abort_msg("%ju after %ju", (uintmax_t)r->seq, (uintmax_t)*held);
    *held = r->seq;
}

static void reader_deliver(struct subscriber *sub, struct update *u, enum delivery how)
{
    struct reader *r = (struct reader *)sub;
    const struct record *record = &r->world->records[u->seq - 1];

    for (uint64_t seq = r->told_seq + 1; seq < u->seq; seq++) {
        if (wants(r->filter.every | r->filter.latest, &r->world->records[seq - 1]))
            ck_abort_msg("%ju was not told before %ju", (uintmax_t)seq, (uintmax_t)u->seq);
    }
    ck_assert(u->seq > r->told_seq);
    r->told_seq = u->seq;
    ck_assert(wants(how == DELIVERY_EVERY ? r->filter.every : r->filter.latest, record));
    if (how == DELIVERY_EVERY)
        return;
    if (!r->blocked)
        take_value(r->holds, record);
    else if (r->skipped++ == 0)
        r->skipped_from = u->seq - 1;
}

static void reader_catch_up(struct reader *r)
{
    struct hub *h = &r->world->hub;
    struct selection s;

    r->blocked = false;
    if (r->skipped == 0)
        return;
    ck_assert_int_eq(hub_select_latest(h, r->sub.to, r->skipped_from, &s), 0);
    ck_assert_uint_le(s.n + s.superseded, r->skipped);
    if (h->evicted_seq <= r->skipped_from)
        ck_assert_uint_eq(s.n + s.superseded, r->skipped);
    for (size_t i = 0; i < s.n; i++)
        take_value(r->holds, &r->world->records[s.updates[i]->seq - 1]);
    r->skipped = 0;
}

static void assert_holds_the_newest(const struct world *w, unsigned latest,
                                    const uint64_t holds[CHANNELS][KEYS])
{
    for (uint64_t seq = 1; seq <= w->visible_seq; seq++) {
        const struct record *r = &w->records[seq - 1];

        if (wants(latest, r) && naive_newest_of_key(w, r))
            ck_assert_uint_eq(holds[r->channel][r->key], seq);
    }
}

static void reader_leave(struct reader *r)
{
    const struct world *w = r->world;

    reader_catch_up(r);
    assert_holds_the_newest(w, r->filter.latest, (const uint64_t(*)[KEYS])r->holds);
    for (uint64_t seq = r->told_seq + 1; seq <= w->visible_seq; seq++)
        ck_assert(!wants(r->filter.every | r->filter.latest, &w->records[seq - 1]));
    hub_unsubscribe(&r->world->hub, &r->sub);
}

static void reader_come(struct world *w, struct reader *r)
{
    struct subscription *to;
    struct selection s;

    *r = (struct reader){.sub.deliver = reader_deliver, .world = w, .filter = random_filter(w)};
    to = subscription_to(w, r->filter);
    ck_assert_int_eq(hub_select_part(&w->hub, to, HUB_FROM_NOW, 0, &s), 0);
    for (size_t i = 0; i < s.n; i++)
        take_value(r->holds, &w->records[s.updates[i]->seq - 1]);
    r->told_seq = w->visible_seq;
    hub_subscribe(&w->hub, &r->sub, to);
    subscription_unref(to);
}

static void disturb_readers(struct world *w)
{
    struct reader *r = &w->readers[pick(w, READERS)];

    if (r->sub.to == NULL)
        reader_come(w, r);
    else if (pick(w, 4) == 0)
        reader_leave(r);
    else if (r->blocked)
        reader_catch_up(r);
    else
        r->blocked = true;
}

/* One page. What is wanted whole comes without gaps, or something was said to be missed. */
static bool poller_poll(struct world *w)
{
    struct poller *p = &w->poller;
    struct subscription *to = subscription_to(w, p->filter);
    struct selection s;

    ck_assert_int_eq(hub_select(&w->hub, to, p->cursor, 1 + pick(w, 4), &s), 0);
    subscription_unref(to);
    p->missed += s.missed;
    for (size_t i = 0; i < s.n; i++) {
        const struct record *r = &w->records[s.updates[i]->seq - 1];

        if (wants(p->filter.latest, r)) {
            take_value(p->holds, r);
            continue;
        }
        ck_assert(r->n == p->last_n[r->channel] + 1 || p->missed > 0);
        ck_assert_uint_gt(r->n, p->last_n[r->channel]);
        p->last_n[r->channel] = r->n;
    }
    p->cursor = s.cursor;
    return s.n > 0;
}

static void poller_finish(struct world *w)
{
    struct poller *p = &w->poller;

    while (poller_poll(w))
        ;
    ck_assert_uint_eq(p->cursor, w->visible_seq);
    assert_holds_the_newest(w, p->filter.latest, (const uint64_t(*)[KEYS])p->holds);
}

/* ---- the world goes on */

static void publish(struct world *w)
{
    struct record *r = &w->records[w->nrecords++];
    const struct record *evicted = NULL;

    *r = (struct record){.channel = pick(w, CHANNELS), .key = pick(w, KEYS), .seq = w->nrecords};
    r->n = ++w->n[r->channel];
    r->t_ns = w->now_ns;
    for (uint64_t seq = 1; seq < r->seq; seq++) {
        if (w->records[seq - 1].channel == r->channel &&
            w->records[seq - 1].n + w->capacity == r->n)
            evicted = &w->records[seq - 1];
    }
    if (evicted != NULL && evicted->seq > w->visible_seq)
        w->visible_seq = evicted->seq; /* never dropped unseen */
    if (w->delay_ns == 0)
        w->visible_seq = r->seq;
    ck_assert_uint_eq(put(&w->hub, channel_names[r->channel], key_names[r->key], w->now_ns),
                      r->seq);
}

static void pass_time(struct world *w)
{
    w->now_ns += pick(w, 30);
    hub_release(&w->hub, w->now_ns);
    while (w->visible_seq < w->nrecords &&
           w->records[w->visible_seq].t_ns + w->delay_ns <= w->now_ns)
        w->visible_seq++;
}

static void check_positions(struct world *w)
{
    int64_t at_ns = (int64_t)pick(w, (unsigned)w->now_ns + 2);
    unsigned channel = pick(w, CHANNELS);
    const struct channel *c = channels_find(&w->hub.channels, name_of(channel_names[channel]));
    uint64_t n = 0, seq = 0, got;

    for (uint64_t i = 0; i < w->nrecords && w->records[i].t_ns < at_ns; i++) {
        seq = i + 1;
        if (w->records[i].channel == channel)
            n = w->records[i].n;
    }
    if (hub_position(&w->hub, at_ns, &got))
        ck_assert_uint_eq(got, seq);
    else
        ck_assert_uint_gt(w->hub.evicted_seq, 0);
    if (c != NULL && channel_position(c, at_ns, &got))
        ck_assert_uint_eq(got, n);
    else if (c != NULL)
        ck_assert_uint_le(n, w->n[channel] - w->capacity);
}

START_TEST(hub_does_what_a_search_through_everything_would)
{
    static struct world w;

    w = (struct world){.capacity = 1 + (uint64_t)_i % 7, .delay_ns = _i % 3 == 0 ? DELAY_NS : 0};
    rng_seed(&w.rng, (uint64_t)_i);
    make_hub(&w.hub, w.capacity, w.delay_ns);
    w.poller.filter = random_filter(&w);
    while (w.nrecords < STEPS) {
        unsigned what = pick(&w, 8);

        if (what < 3)
            publish(&w);
        else if (what == 3)
            pass_time(&w);
        else if (what == 4)
            disturb_readers(&w);
        else if (what == 5)
            poller_poll(&w);
        else if (what == 6)
            check_positions(&w);
        else
            check_selections(&w);
        ck_assert_uint_eq(hub_newest_seq(&w.hub), w.visible_seq);
    }
    for (int i = 0; i < READERS; i++) {
        if (w.readers[i].sub.to != NULL)
            reader_leave(&w.readers[i]);
    }
    poller_finish(&w);
    ck_assert_uint_eq(w.hub.subscriptions.table.count, 1);
    hub_free(&w.hub);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("selection");
    TCase *tc = tcase_create("selection");
    SRunner *r;
    int failed;

    tcase_add_loop_test(tc, hub_does_what_a_search_through_everything_would, 0, 60);
    suite_add_tcase(s, tc);
    r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
