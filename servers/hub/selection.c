#include "servers/hub/selection.h"

#include <stdlib.h>

#include "lib/base/err.h"
#include "servers/hub/hub.h"

/* A channel's wanted updates, oldest first: n..last of its ring, or its values from key on. */
struct input {
    const struct channel *channel;
    enum delivery how;
    uint64_t n, last;
    const struct latest_key *key;
    uint64_t seq; /* of the update at the front */
};

/* The inputs as a heap: the lowest seq in front. */
struct merge {
    struct input inputs[SUBSCRIPTION_CHANNELS_MAX];
    size_t n;
};

/* What is wanted after which cursor. */
struct wanted {
    const struct feed *feeds;
    size_t nfeeds;
    uint64_t every_after, latest_after;
    size_t max;
};

static struct update *input_update(const struct input *t)
{
    return t->how == DELIVERY_EVERY ? channel_get(t->channel, t->n) : t->key->newest;
}

/* False: it is empty. */
static bool input_ready(struct input *t)
{
    if (t->how == DELIVERY_EVERY ? t->n > t->last : t->key == NULL)
        return false;
    t->seq = input_update(t)->seq;
    return true;
}

static bool input_advance(struct input *t)
{
    if (t->how == DELIVERY_EVERY)
        t->n++;
    else
        t->key = t->key->newer;
    return input_ready(t);
}

static bool input_open(struct input *t, const struct feed *f, const struct wanted *w)
{
    const struct channel *c = f->channel;

    *t = (struct input){.channel = c, .how = f->how, .last = c->visible_n};
    if (f->how == DELIVERY_EVERY)
        t->n = channel_first_after(c, w->every_after);
    else
        t->key = latest_after(&c->latest, w->latest_after);
    return input_ready(t);
}

static void merge_sink(struct merge *m, size_t at)
{
    struct input sinking = m->inputs[at];

    for (;;) {
        size_t child = 2 * at + 1;

        if (child + 1 < m->n && m->inputs[child + 1].seq < m->inputs[child].seq)
            child++;
        if (child >= m->n || m->inputs[child].seq >= sinking.seq)
            break;
        m->inputs[at] = m->inputs[child];
        at = child;
    }
    m->inputs[at] = sinking;
}

static void merge_open(struct merge *m, const struct wanted *w)
{
    m->n = 0;
    for (size_t i = 0; i < w->nfeeds; i++)
        m->n += input_open(&m->inputs[m->n], &w->feeds[i], w);
    for (size_t i = m->n / 2; i-- > 0;)
        merge_sink(m, i);
}

/* There is a front. */
static struct update *merge_next(struct merge *m)
{
    struct update *u = input_update(&m->inputs[0]);

    if (!input_advance(&m->inputs[0]))
        m->inputs[0] = m->inputs[--m->n];
    if (m->n > 0)
        merge_sink(m, 0);
    return u;
}

static int scratch_add(struct selection_scratch *s, size_t n, struct update *u)
{
    if (n == s->room) {
        size_t room = s->room > 0 ? 2 * s->room : 64;
        struct update **bigger = realloc(s->updates, room * sizeof(struct update *));

        if (bigger == NULL)
            return PL_ENOMEM;
        s->updates = bigger;
        s->room = room;
    }
    s->updates[n] = u;
    return PL_OK;
}

/* Of one channel, between the cursor and where the selection ends. */
static uint64_t channel_missed(const struct channel *c, uint64_t cursor, uint64_t end)
{
    uint64_t last = c->evicted_seq < end ? c->evicted_seq : end;
    uint64_t gone = channel_oldest_n(c) - 1;

    if (c->evicted_seq <= cursor)
        return 0;
    return last - cursor < gone ? last - cursor : gone;
}

static uint64_t missed_of(const struct wanted *w, uint64_t end)
{
    uint64_t missed = 0;

    for (size_t i = 0; i < w->nfeeds; i++) {
        if (w->feeds[i].how == DELIVERY_EVERY)
            missed += channel_missed(w->feeds[i].channel, w->every_after, end);
    }
    return missed;
}

/* The updates of the latest channels from their cursor to end. */
static uint64_t latest_published(const struct wanted *w, uint64_t end)
{
    uint64_t n = 0;

    for (size_t i = 0; i < w->nfeeds; i++) {
        const struct channel *c = w->feeds[i].channel;

        if (w->feeds[i].how == DELIVERY_LATEST)
            n += channel_first_after(c, end) - channel_first_after(c, w->latest_after);
    }
    return n;
}

static int selection_make(struct hub *h, const struct wanted *w, struct selection *out)
{
    struct selection_scratch *scratch = &h->scratch;
    uint64_t nlatest = 0, nlatest_published;
    struct merge m;

    for (merge_open(&m, w); m.n > 0 && out->n < w->max; out->n++) {
        nlatest += m.inputs[0].how == DELIVERY_LATEST;
        if (scratch_add(scratch, out->n, merge_next(&m)) < 0)
            return PL_ENOMEM;
    }
    out->updates = scratch->updates;
    out->cursor = m.n > 0 ? scratch->updates[out->n - 1]->seq : h->visible_seq;
    out->missed = missed_of(w, out->cursor);
    nlatest_published = latest_published(w, out->cursor);
    out->superseded = nlatest_published > nlatest ? nlatest_published - nlatest : 0;
    return PL_OK;
}

/* The cursor as it is to be understood. */
static uint64_t cursor_settle(const struct hub *h, uint64_t cursor)
{
    if (cursor == HUB_FROM_NOW)
        return h->visible_seq;
    return cursor > h->visible_seq ? 0 : cursor;
}

int hub_select_opening(struct hub *h, const struct subscription *to, uint64_t cursor,
                       struct selection *out)
{
    struct wanted w = {to->feeds, to->nfeeds, cursor_settle(h, cursor), 0, SIZE_MAX};
    int err;

    *out = (struct selection){.from = w.every_after};
    err = selection_make(h, &w, out);
    out->superseded = 0;
    return err;
}

int hub_select(struct hub *h, const struct subscription *to, uint64_t cursor, size_t max,
               struct selection *out)
{
    uint64_t after = cursor_settle(h, cursor);
    struct wanted w = {to->feeds, to->nfeeds, after, after, max};

    if (cursor == HUB_FROM_NOW)
        return hub_select_opening(h, to, cursor, out);
    *out = (struct selection){.from = after};
    return selection_make(h, &w, out);
}

int hub_select_latest(struct hub *h, const struct subscription *to, uint64_t cursor,
                      struct selection *out)
{
    uint64_t after = cursor_settle(h, cursor);
    struct wanted w = {to->feeds + to->nevery, to->nfeeds - to->nevery, after, after, SIZE_MAX};

    *out = (struct selection){.from = after};
    return selection_make(h, &w, out);
}

bool hub_has_news(const struct hub *h, const struct subscription *to, uint64_t cursor)
{
    if (cursor != HUB_FROM_NOW)
        return to->newest_seq > cursor_settle(h, cursor);
    for (size_t i = to->nevery; i < to->nfeeds; i++) {
        if (to->feeds[i].channel->visible_n > 0)
            return true;
    }
    return false;
}
