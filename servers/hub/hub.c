#include "servers/hub/hub.h"

#include <stdlib.h>

#include "lib/base/err.h"

int hub_init(struct hub *h, const struct hub_limits *limits, int64_t delay_ns)
{
    int err;

    *h = (struct hub){.limits = *limits, .delay_ns = delay_ns};
    STAILQ_INIT(&h->hidden);
    err = channels_init(&h->channels, &h->limits, &h->counts.refused_channels);
    return err < 0 ? err : subscriptions_init(&h->subscriptions, &h->channels);
}

void hub_free(struct hub *h)
{
    subscriptions_free(&h->subscriptions);
    channels_free(&h->channels);
    free(h->selected);
    *h = (struct hub){0};
}

static int hub_refuse(uint64_t *count)
{
    ++*count;
    return PL_ELIMIT;
}

static void hub_make_visible(struct hub *h)
{
    struct update *u = update_ref(STAILQ_FIRST(&h->hidden));

    STAILQ_REMOVE_HEAD(&h->hidden, hidden);
    h->visible_seq = u->seq;
    channel_show(u->channel, u);
    subscription_deliver(u);
    update_unref(u);
}

/* What a post belongs to in its channel; NULL: not there yet. sender: NULL also for posts that are
 * not numbered. */
struct place {
    struct channel *channel;
    struct latest_key *key;
    struct sender *sender;
};

static struct place place_of(struct channel *c, const struct post *p)
{
    struct name_node *sender = p->from_n > 0 ? name_table_find(&c->senders, p->from) : NULL;

    return (struct place){c, latest_find(&c->latest, p->key), (struct sender *)sender};
}

/* May what is missing be added? */
static int hub_admits_place(struct hub *h, const struct post *p, const struct place *at)
{
    const struct channel *c = at->channel;

    if (p->from_n > 0 && at->sender == NULL && c->senders.count >= h->limits.senders)
        return hub_refuse(&h->counts.refused_senders);
    if (at->key == NULL && c->latest.keys.count >= h->limits.keys)
        return hub_refuse(&h->counts.refused_keys);
    return PL_OK;
}

/* Add it. */
static int place_complete(struct place *at, const struct post *p)
{
    struct name_table *senders = &at->channel->senders;

    if (at->key == NULL)
        at->key = latest_add(&at->channel->latest, p->key);
    if (p->from_n > 0 && at->sender == NULL)
        at->sender = (struct sender *)name_table_new(senders, sizeof *at->sender, p->from);
    return at->key == NULL || (p->from_n > 0 && at->sender == NULL) ? PL_ENOMEM : PL_OK;
}

/* Nothing is added unless all of it may be. */
static int hub_find_place(struct hub *h, const struct post *p, struct place *at)
{
    int err;

    *at = place_of(at->channel, p);
    if (at->sender != NULL && p->from_n <= at->sender->newest_n)
        return HUB_DUPLICATE;
    err = hub_admits_place(h, p, at);
    return err < 0 ? err : place_complete(at, p);
}

/* An update that no reader could see yet is not dropped: it is made visible first, and all those
 * before it. */
static void hub_make_room(struct hub *h, struct channel *c)
{
    struct update *evicted = channel_next_evicted(c);

    if (evicted == NULL)
        return;
    while (h->visible_seq < evicted->seq)
        hub_make_visible(h);
    if (evicted->seq > h->evicted_seq)
        h->evicted_seq = evicted->seq;
}

/* NULL: no memory. */
static struct update *place_update(const struct hub *h, const struct place *at,
                                   const struct post *p, const struct hub_number *as)
{
    struct update *u = update_new(&(struct envelope){
        .seq = as->seq,
        .t_ns = as->t_ns,
        .n = as->n,
        .channel = at->channel->node.name,
        .key = p->key,
        .from = p->from,
        .from_n = p->from_n,
        .from_t_ns = p->from_t_ns,
        .data = p->data,
        .data_len = p->data_len,
    });

    if (u == NULL)
        return NULL;
    u->epoch = h->epoch;
    u->channel = at->channel;
    u->key = at->key;
    return u;
}

/* Publishers on different servers may have their updates numbered in another order than that of
 * their times. Positions are found by time, so times in a ring must not fall. */
static void channel_keep_times_in_order(const struct channel *c, struct update *u)
{
    const struct update *last =
        c->published_n >= channel_oldest_n(c) ? channel_get(c, c->published_n) : NULL;

    if (last != NULL && last->t_ns > u->t_ns)
        u->t_ns = last->t_ns;
}

static int hub_put(struct hub *h, const struct post *p, const struct place *at,
                   const struct hub_number *as)
{
    struct channel *c = at->channel;
    struct update *u = channel_reserve(c) < 0 ? NULL : place_update(h, at, p, as);

    int err;

    if (u == NULL)
        return PL_ENOMEM;
    err = h->journal != NULL ? h->journal->append(h->journal, u) : PL_OK;
    if (err < 0) {
        update_unref(u);
        return err;
    }
    channel_keep_times_in_order(c, u);
    hub_make_room(h, c);
    channel_push(c, u);
    h->published_seq = u->seq;
    if (at->sender != NULL) {
        at->sender->newest_n = p->from_n;
        at->sender->seq = u->seq;
    }
    STAILQ_INSERT_TAIL(&h->hidden, u, hidden);
    if (h->delay_ns == 0)
        hub_make_visible(h);
    return PL_OK;
}

int hub_publish_post(struct hub *h, const struct post *p, int64_t now_ns, uint64_t *seq)
{
    struct place at;
    int err = channels_get(&h->channels, p->channel, &at.channel);

    if (err == 0)
        err = hub_find_place(h, p, &at);
    if (err == 0)
        err = hub_put(
            h, p, &at,
            &(struct hub_number){h->published_seq + 1, at.channel->published_n + 1, now_ns});
    if (err == 0) {
        *seq = h->published_seq;
        return PL_OK;
    }
    if (err == HUB_DUPLICATE) {
        h->counts.duplicate_posts++;
        *seq = at.sender->seq;
        return err;
    }
    if (err == PL_ENOMEM)
        h->publish_failures++;
    if (at.channel != NULL)
        channels_release(&h->channels, at.channel); /* if it was made for this post */
    return err;
}

int hub_admits(struct hub *h, const struct post *p)
{
    struct channel *c = channels_find(&h->channels, p->channel);
    struct place at;

    if (c == NULL && h->channels.names.count >= h->limits.channels)
        return hub_refuse(&h->counts.refused_channels);
    if (c == NULL)
        return PL_OK;
    at = place_of(c, p);
    return hub_admits_place(h, p, &at);
}

/* Check that n is the channel's next number; an empty ring starts there. */
static bool channel_continues(struct channel *c, uint64_t n)
{
    bool empty = c->published_n < channel_oldest_n(c);

    if (empty && n > 0 && n <= c->published_n) {
        channel_begin_after(c, n - 1);
        if (n == 1)
            c->evicted_seq = 0; /* nothing of it is lost */
    }
    return n == c->published_n + 1;
}

int hub_adopt(struct hub *h, const struct post *p, const struct hub_number *as)
{
    struct channel *c = channels_find(&h->channels, p->channel);
    struct place at;

    if (as->seq != h->published_seq + 1 || (c == NULL && as->n != 1))
        return PL_EPROTO;
    if (c == NULL)
        c = channels_add(&h->channels, p->channel);
    if (c == NULL)
        return PL_ENOMEM;
    if (!channel_continues(c, as->n))
        return PL_EPROTO;
    at = place_of(c, p);
    return place_complete(&at, p) < 0 ? PL_ENOMEM : hub_put(h, p, &at, as);
}

void hub_begin_after(struct hub *h, uint64_t seq)
{
    h->published_seq = h->visible_seq = h->evicted_seq = seq;
}

int hub_restore_channel(struct hub *h, struct name name, uint64_t n)
{
    struct channel *c = channels_find(&h->channels, name);
    struct feed *f;

    if (c == NULL)
        c = channels_add(&h->channels, name);
    if (c == NULL)
        return PL_ENOMEM;
    channel_begin_after(c, n);
    c->evicted_seq = h->evicted_seq;
    LIST_FOREACH (f, &c->feeds, entry)
        f->to->newest_seq = c->evicted_seq;
    return PL_OK;
}

int hub_restore_latest(struct hub *h, const struct post *p, const struct hub_number *as)
{
    struct channel *c = channels_find(&h->channels, p->channel);
    struct update *u = NULL;
    struct place at;

    if (c == NULL || as->seq > h->evicted_seq)
        return PL_EPROTO;
    at = place_of(c, p);
    if (place_complete(&at, p) == 0)
        u = place_update(h, &at, p, as);
    if (u == NULL)
        return PL_ENOMEM;
    latest_put(&c->latest, at.key, u);
    update_unref(u);
    return PL_OK;
}

int hub_restore_ring(struct hub *h, struct name name, uint64_t n, uint64_t evicted_seq)
{
    int err = hub_restore_channel(h, name, n);

    if (err == PL_OK)
        channels_find(&h->channels, name)->evicted_seq = evicted_seq;
    return err;
}

int hub_restore_sender(struct hub *h, struct name channel, struct name from, uint64_t newest_n,
                       uint64_t seq)
{
    struct channel *c = channels_find(&h->channels, channel);
    struct sender *s;

    if (c == NULL)
        c = channels_add(&h->channels, channel);
    if (c == NULL)
        return PL_ENOMEM;
    s = (struct sender *)name_table_find(&c->senders, from);
    if (s == NULL)
        s = (struct sender *)name_table_new(&c->senders, sizeof *s, from);
    if (s == NULL)
        return PL_ENOMEM;
    s->newest_n = newest_n;
    s->seq = seq;
    return PL_OK;
}

int hub_restore(struct hub *h, const struct post *p, const struct hub_number *as)
{
    if (as->seq <= h->published_seq)
        return PL_EPROTO;
    h->published_seq = h->visible_seq = as->seq - 1;
    return hub_adopt(h, p, as);
}

int64_t hub_release(struct hub *h, int64_t now_ns)
{
    while (!STAILQ_EMPTY(&h->hidden)) {
        int64_t due_ns = STAILQ_FIRST(&h->hidden)->t_ns + h->delay_ns;

        if (due_ns > now_ns)
            return due_ns;
        hub_make_visible(h);
    }
    return INT64_MAX;
}

/* At the head: a delivery that is under way does not visit it. */
void hub_subscribe(struct hub *h, struct subscriber *s, struct subscription *to)
{
    s->to = subscription_ref(to);
    s->after_seq = h->visible_seq;
    LIST_INSERT_HEAD(&to->subscribers, s, entry);
    to->nsubscribers++;
    h->nsubscribers++;
}

void hub_unsubscribe(struct hub *h, struct subscriber *s)
{
    struct subscription *to = s->to;

    if (to == NULL)
        return;
    LIST_REMOVE(s, entry);
    s->to = NULL;
    to->nsubscribers--;
    h->nsubscribers--;
    subscription_unref(to);
}

bool hub_position(const struct hub *h, int64_t at_ns, uint64_t *seq)
{
    const struct channel *c;

    *seq = 0;
    TAILQ_FOREACH (c, &h->channels.list, entry) {
        uint64_t n;

        if (!channel_position(c, at_ns, &n))
            return false;
        if (n > 0 && channel_get(c, n)->seq > *seq)
            *seq = channel_get(c, n)->seq;
    }
    return true;
}
