#include "servers/hub/subscription.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "servers/hub/hub.h"

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
            return PL_EINVAL; /* a comma with nothing behind it */
    }
    return PL_OK;
}

static int name_compare(struct name a, struct name b)
{
    int order = memcmp(a.text, b.text, a.len < b.len ? a.len : b.len);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* By name; of the same, that which wants more comes first. */
static int filter_compare_name(const void *a, const void *b)
{
    const struct channel_filter *x = a, *y = b;
    int order = name_compare(x->channel, y->channel);

    return order != 0 ? order : (x->how > y->how) - (x->how < y->how);
}

static int filter_compare_how(const void *a, const void *b)
{
    const struct channel_filter *x = a, *y = b;

    if (x->how != y->how)
        return x->how > y->how ? 1 : -1;
    return name_compare(x->channel, y->channel);
}

/* Each channel once, in the order of a subscription's feeds. */
static void filters_settle(struct filters *w)
{
    size_t kept = 0;

    qsort(w->list, w->n, sizeof *w->list, filter_compare_name);
    for (size_t i = 0; i < w->n; i++) {
        if (kept == 0 || !name_equal(w->list[kept - 1].channel, w->list[i].channel))
            w->list[kept++] = w->list[i];
    }
    w->n = kept;
    qsort(w->list, w->n, sizeof *w->list, filter_compare_how);
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

static void feed_attach(struct feed *f, struct channel *c, struct subscription *to,
                        enum delivery how)
{
    *f = (struct feed){.next = c->feeds, .link = &c->feeds, .channel = c, .to = to, .how = how};
    if (f->next != NULL)
        f->next->link = &f->next;
    c->feeds = f;
}

static void feed_detach(struct hub *h, struct feed *f)
{
    *f->link = f->next;
    if (f->next != NULL)
        f->next->link = f->link;
    hub_channel_release(h, f->channel);
}

static void subscription_free(struct hub *h, struct subscription *to)
{
    for (size_t i = 0; i < to->nfeeds; i++)
        feed_detach(h, &to->feeds[i]);
    free(to);
}

/* With room for n channels, and none in it yet. NULL: no memory. */
static struct subscription *subscription_new(size_t n, const char *text, size_t len)
{
    size_t feeds_bytes = n * sizeof(struct feed);
    struct subscription *to = calloc(1, sizeof *to + feeds_bytes + len);

    if (to == NULL)
        return NULL;
    to->refs = 1;
    to->node.name = (struct name){memcpy((char *)to->feeds + feeds_bytes, text, len), len};
    return to;
}

static int subscription_add(struct hub *h, struct subscription *to, struct name name,
                            enum delivery how)
{
    struct channel *c;
    int err = hub_channel_get(h, name, &c);

    if (err < 0)
        return err;
    feed_attach(&to->feeds[to->nfeeds++], c, to, how);
    to->nevery += how == DELIVERY_EVERY;
    if (channel_newest_seq(c) > to->newest_seq)
        to->newest_seq = channel_newest_seq(c);
    return PL_OK;
}

static int subscription_make(struct hub *h, const struct filters *w, const char *text, size_t len,
                             struct subscription **out)
{
    struct subscription *to = subscription_new(w->n, text, len);
    int err = to == NULL ? PL_ENOMEM : PL_OK;

    for (size_t i = 0; i < w->n && err == 0; i++)
        err = subscription_add(h, to, w->list[i].channel, w->list[i].how);
    if (err == 0)
        err = name_table_add(&h->subscriptions, &to->node);
    if (err == 0)
        *out = to;
    else if (to != NULL)
        subscription_free(h, to);
    return err;
}

int hub_subscription_get(struct hub *h, const char *every, const char *latest,
                         struct subscription **out)
{
    char text[CANONICAL_BYTES];
    struct filters w;
    size_t len;

    w.n = 0;
    if (filters_add(&w, every, DELIVERY_EVERY) < 0 || filters_add(&w, latest, DELIVERY_LATEST) < 0)
        return PL_EINVAL;
    if (w.n == 0 && h->everything != NULL) { /* what most ask for, and often */
        *out = subscription_ref(h->everything);
        return PL_OK;
    }
    if (w.n == 0)
        w.list[w.n++] = (struct channel_filter){{"", 0}, DELIVERY_EVERY};
    filters_settle(&w);
    len = filters_text(text, &w);
    *out = (struct subscription *)name_table_find(&h->subscriptions, (struct name){text, len});
    if (*out == NULL)
        return subscription_make(h, &w, text, len, out);
    subscription_ref(*out);
    return PL_OK;
}

struct subscription *subscription_ref(struct subscription *to)
{
    to->refs++;
    return to;
}

void subscription_unref(struct hub *h, struct subscription *to)
{
    if (to == NULL || --to->refs > 0)
        return;
    name_table_remove(&h->subscriptions, &to->node);
    subscription_free(h, to);
}

/* Who has subscribed meanwhile knows of u already. */
static void feed_deliver(struct feed *f, struct update *u)
{
    struct subscriber *next;

    for (struct subscriber *s = f->to->subscribers; s != NULL; s = next) {
        next = s->next;
        if (s->after_seq < u->seq)
            s->deliver(s, u, f->how);
    }
}

void subscription_deliver(struct hub *h, struct update *u)
{
    struct feed *next;

    for (struct feed *f = u->channel->feeds; f != NULL; f = f->next)
        f->to->newest_seq = u->seq;
    for (struct feed *f = u->channel->feeds; f != NULL; f = next) {
        struct subscription *to = subscription_ref(f->to); /* its last subscriber may leave now */

        feed_deliver(f, u);
        next = f->next;
        subscription_unref(h, to);
    }
}
