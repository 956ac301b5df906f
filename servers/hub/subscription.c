#include "servers/hub/subscription.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"

struct channel_filter {
    struct name channel;
    enum delivery how;
};

struct filters {
    struct channel_filter list[SUBSCRIPTION_CHANNELS_MAX];
    size_t n;
};

static int filters_add(struct filters *w, const char *list, enum delivery how)
{
    while (list != NULL && *list != '\0') {
        size_t len = strcspn(list, ",");

        if (!name_valid(list, len) || w->n == SUBSCRIPTION_CHANNELS_MAX)
            return PL_EINVAL;
        w->list[w->n++] = (struct channel_filter){{list, len}, how};
        list += len;
        if (*list == ',' && *++list == '\0')
            return PL_EINVAL; /* nothing after the last comma */
    }
    return PL_OK;
}

/* By name; of the same, the one that wants every update comes first. */
static int filter_compare(const void *a, const void *b)
{
    const struct channel_filter *x = a, *y = b;
    size_t common = x->channel.len < y->channel.len ? x->channel.len : y->channel.len;
    int order = memcmp(x->channel.text, y->channel.text, common);

    if (order == 0)
        order = (x->channel.len > y->channel.len) - (x->channel.len < y->channel.len);
    return order != 0 ? order : (x->how > y->how) - (x->how < y->how);
}

/* Each channel once, in the order of a subscription's feeds. */
static void filters_settle(struct filters *w)
{
    struct filters sorted = *w;

    qsort(sorted.list, sorted.n, sizeof *sorted.list, filter_compare);
    w->n = 0;
    for (int how = DELIVERY_EVERY; how <= DELIVERY_LATEST; how++) {
        for (size_t i = 0; i < sorted.n; i++) {
            const struct channel_filter *f = &sorted.list[i];

            if ((int)f->how == how && (i == 0 || !name_equal(f[-1].channel, f->channel)))
                w->list[w->n++] = *f;
        }
    }
}

enum { CANONICAL_BYTES = SUBSCRIPTION_CHANNELS_MAX * (NAME_MAX_BYTES + 1) + 1 };

/* The same text for the same filters, whatever they were written as. Returns its length. */
static size_t filters_text(char *text, const struct filters *w)
{
    enum delivery how = DELIVERY_EVERY;
    char *at = text;

    for (size_t i = 0; i < w->n; i++) {
        if (w->list[i].how != how)
            *at++ = '|';
        else if (i > 0)
            *at++ = ',';
        how = w->list[i].how;
        memcpy(at, w->list[i].channel.text, w->list[i].channel.len);
        at += w->list[i].channel.len;
    }
    return (size_t)(at - text);
}

static void feed_detach(struct channels *all, struct feed *f)
{
    LIST_REMOVE(f, entry);
    channels_release(all, f->channel);
}

static int subscription_add(struct subscription *to, struct name name, enum delivery how)
{
    struct feed *f = &to->feeds[to->nfeeds];
    struct channel *c;
    int err = channels_get(to->all->channels, name, &c);

    if (err < 0)
        return err;
    *f = (struct feed){.channel = c, .to = to, .how = how};
    LIST_INSERT_HEAD(&c->feeds, f, entry);
    to->nfeeds++;
    to->nevery += how == DELIVERY_EVERY;
    if (channel_newest_seq(c) > to->newest_seq)
        to->newest_seq = channel_newest_seq(c);
    return PL_OK;
}

static int subscription_make(struct subscriptions *all, const struct filters *w, struct name text,
                             struct subscription **out)
{
    size_t feeds_bytes = w->n * sizeof(struct feed);
    struct subscription *to =
        (struct subscription *)name_table_new(&all->table, sizeof *to + feeds_bytes, text);
    int err = PL_OK;

    if (to == NULL)
        return PL_ENOMEM;
    to->all = all;
    to->refs = 1;
    for (size_t i = 0; i < w->n && err == 0; i++)
        err = subscription_add(to, w->list[i].channel, w->list[i].how);
    if (err < 0)
        subscription_unref(to);
    else
        *out = to;
    return err;
}

int subscription_get(struct subscriptions *all, const char *every, const char *latest,
                     struct subscription **out)
{
    char text[CANONICAL_BYTES];
    struct filters w;
    struct name canonical;

    w.n = 0;
    if (filters_add(&w, every, DELIVERY_EVERY) < 0 || filters_add(&w, latest, DELIVERY_LATEST) < 0)
        return PL_EINVAL;
    if (w.n == 0 && all->everything != NULL) { /* the usual case */
        *out = subscription_ref(all->everything);
        return PL_OK;
    }
    if (w.n == 0)
        w.list[w.n++] = (struct channel_filter){{"", 0}, DELIVERY_EVERY};
    filters_settle(&w);
    canonical = (struct name){text, filters_text(text, &w)};
    *out = (struct subscription *)name_table_find(&all->table, canonical);
    if (*out == NULL)
        return subscription_make(all, &w, canonical, out);
    subscription_ref(*out);
    return PL_OK;
}

struct subscription *subscription_ref(struct subscription *to)
{
    to->refs++;
    return to;
}

void subscription_unref(struct subscription *to)
{
    if (to == NULL || --to->refs > 0)
        return;
    name_table_remove(&to->all->table, &to->node);
    for (size_t i = 0; i < to->nfeeds; i++)
        feed_detach(to->all->channels, &to->feeds[i]);
    free(to);
}

int subscriptions_init(struct subscriptions *all, struct channels *channels)
{
    *all = (struct subscriptions){.channels = channels};
    return subscription_get(all, NULL, NULL, &all->everything);
}

void subscriptions_free(struct subscriptions *all)
{
    subscription_unref(all->everything);
    name_table_free(&all->table, NULL);
}

/* A subscriber that joined during this delivery has u already. */
static void feed_deliver(struct feed *f, struct update *u)
{
    struct subscriber *next;

    for (struct subscriber *s = LIST_FIRST(&f->to->subscribers); s != NULL; s = next) {
        next = LIST_NEXT(s, entry);
        if (s->after_seq < u->seq)
            s->deliver(s, u, f->how);
    }
}

void subscription_deliver(struct update *u)
{
    struct feed *f, *next;

    LIST_FOREACH (f, &u->channel->feeds, entry)
        f->to->newest_seq = u->seq;
    for (f = LIST_FIRST(&u->channel->feeds); f != NULL; f = next) {
        struct subscription *to = subscription_ref(f->to); /* its last subscriber may leave now */

        feed_deliver(f, u);
        next = LIST_NEXT(f, entry);
        subscription_unref(to);
    }
}

uint64_t channel_subscribers(const struct channel *c)
{
    const struct feed *f;
    uint64_t n = 0;

    LIST_FOREACH (f, &c->feeds, entry)
        n += f->to->nsubscribers;
    return n;
}
