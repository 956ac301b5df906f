#include "servers/hub/selection.h"

#include "lib/base/array.h"
#include "lib/base/err.h"
#include "servers/hub/hub.h"

/* A channel's wanted updates, oldest first: n..last of its ring, or its values from key on. */
struct input {
    const struct channel *channel;
    enum delivery how;
    uint64_t n, last;
    const struct latest_key *key;
    uint64_t seq; /* of its first update */
};

/* The inputs as a heap: the lowest seq first. */
struct merge {
    struct input inputs[SUBSCRIPTION_CHANNELS_MAX];
    size_t n;
};

/* What is wanted after which cursor. */
struct wanted {
    const struct feed *feeds;
    size_t nfeeds;
    uint64_t every_after, latest_after;
    size_t max, max_bytes; /* but one update is always selected */
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
        t->key = TAILQ_NEXT(t->key, by_age);
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

/* There is at least one. */
static struct update *merge_next(struct merge *m)
{
    struct update *u = input_update(&m->inputs[0]);

    if (!input_advance(&m->inputs[0]))
        m->inputs[0] = m->inputs[--m->n];
    if (m->n > 0)
        merge_sink(m, 0);
    return u;
}

/* Updates of one channel that are gone, between the cursor and where the selection ends. */
static uint64_t channel_missed(const struct channel *c, uint64_t cursor, uint64_t end)
{
    uint64_t last = c->evicted_seq < end ? c->evicted_seq : end;
    uint64_t gone = channel_oldest_n(c) - 1;

    if (c->evicted_seq <= cursor)
        return 0;
    return last - cursor < gone ? last - cursor : gone;
}

/* Count the updates between the cursor and where the selection ends that it does not have: those
 * that are gone, and those of latest channels, of which nlatest were selected. */
static void count_left_out(const struct wanted *w, uint64_t nlatest, struct selection *out)
{
    uint64_t published = 0;

    for (size_t i = 0; i < w->nfeeds; i++) {
        const struct channel *c = w->feeds[i].channel;

        if (w->feeds[i].how == DELIVERY_EVERY)
            out->missed += channel_missed(c, w->every_after, out->cursor);
        else
            published +=
                channel_first_after(c, out->cursor) - channel_first_after(c, w->latest_after);
    }
    out->superseded = published > nlatest ? published - nlatest : 0;
}

static int selection_make(struct hub *h, const struct wanted *w, struct selection *out)
{
    uint64_t nlatest = 0;
    size_t bytes = 0;
    struct merge m;

    *out = (struct selection){.from = w->every_after};
    for (merge_open(&m, w); m.n > 0 && out->n < w->max && bytes < w->max_bytes; out->n++) {
        nlatest += m.inputs[0].how == DELIVERY_LATEST;
        if (out->n == h->selected_cap &&
            array_reserve(&h->selected, &h->selected_cap, out->n + 1, sizeof(struct update *)) < 0)
            return PL_ENOMEM;
        h->selected[out->n] = merge_next(&m);
        bytes += h->selected[out->n]->json->len;
    }
    out->more = m.n > 0;
    out->updates = h->selected;
    out->cursor = m.n > 0 ? h->selected[out->n - 1]->seq : h->visible_seq;
    count_left_out(w, nlatest, out);
    return PL_OK;
}

/* The number after which updates are selected. */
static uint64_t cursor_settle(const struct hub *h, uint64_t cursor)
{
    if (cursor == HUB_FROM_NOW)
        return h->visible_seq;
    return cursor > h->visible_seq ? 0 : cursor;
}

/* The answer to HUB_FROM_NOW: the values of latest channels. */
static int select_now(struct hub *h, const struct subscription *to, uint64_t cursor,
                      struct selection *out)
{
    struct wanted w = {to->feeds, to->nfeeds, cursor_settle(h, cursor), 0, SIZE_MAX, SIZE_MAX};
    int err = selection_make(h, &w, out);

    out->superseded = 0;
    return err;
}

int hub_select(struct hub *h, const struct subscription *to, uint64_t cursor, size_t max,
               struct selection *out)
{
    uint64_t after = cursor_settle(h, cursor);
    struct wanted w = {to->feeds, to->nfeeds, after, after, max, HUB_ANSWER_BYTES};

    if (cursor == HUB_FROM_NOW)
        return select_now(h, to, cursor, out);
    return selection_make(h, &w, out);
}

int hub_select_latest(struct hub *h, const struct subscription *to, uint64_t cursor,
                      struct selection *out)
{
    uint64_t after = cursor_settle(h, cursor);
    struct wanted w = {
        to->feeds + to->nevery, to->nfeeds - to->nevery, after, after, SIZE_MAX, SIZE_MAX};

    return selection_make(h, &w, out);
}

int hub_select_part(struct hub *h, const struct subscription *to, uint64_t cursor, uint64_t after,
                    struct selection *out)
{
    uint64_t from = cursor_settle(h, cursor);
    struct wanted w = {.feeds = to->feeds,
                       .nfeeds = to->nfeeds,
                       .every_after = after > from ? after : from,
                       .latest_after = after,
                       .max = HUB_PART_UPDATES,
                       .max_bytes = HUB_PART_BYTES};
    int err = selection_make(h, &w, out);

    out->superseded = 0;
    return err;
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
