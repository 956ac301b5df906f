#include "servers/hub/channel.h"

#include <stdlib.h>

#include "lib/base/err.h"

enum { RING_SLOTS_MIN = 16 };

static void sender_release(struct name_node *node)
{
    free(node);
}

static void latest_key_release(struct name_node *node)
{
    update_unref(((struct latest_key *)node)->newest);
    free(node);
}

static void channel_free(struct channel *c)
{
    for (uint64_t n = channel_oldest_n(c); n <= c->published_n; n++)
        update_unref(channel_get(c, n));
    free(c->ring);
    update_unref(c->latest.unkeyed.newest);
    name_table_free(&c->latest.keys, latest_key_release);
    name_table_free(&c->senders, sender_release);
    free(c);
}

struct latest_key *latest_find(struct latest *l, struct name key)
{
    return key.len == 0 ? &l->unkeyed : (struct latest_key *)name_table_find(&l->keys, key);
}

struct latest_key *latest_add(struct latest *l, struct name key)
{
    return (struct latest_key *)name_table_new(&l->keys, sizeof(struct latest_key), key);
}

void latest_put(struct latest *l, struct latest_key *key, struct update *u)
{
    if (key->newest == NULL)
        l->nvalues++;
    else
        TAILQ_REMOVE(&l->by_age, key, by_age);
    TAILQ_INSERT_TAIL(&l->by_age, key, by_age);
    update_unref(key->newest);
    key->newest = update_ref(u);
}

struct latest_key *latest_after(const struct latest *l, uint64_t seq)
{
    struct latest_key *k, *after = NULL;

    if (seq == 0)
        return TAILQ_FIRST(&l->by_age);
    TAILQ_FOREACH_REVERSE (k, &l->by_age, latest_keys, by_age) {
        if (k->newest->seq <= seq)
            break;
        after = k;
    }
    return after;
}

static struct update **channel_slot(const struct channel *c, uint64_t n)
{
    return &c->ring[(n - 1 - c->before_n) % c->capacity];
}

void channel_begin_after(struct channel *c, uint64_t n)
{
    c->before_n = c->published_n = c->visible_n = n;
}

static bool channel_is_full(const struct channel *c)
{
    return c->published_n - c->before_n >= c->capacity;
}

/* A ring grows until it has its capacity, and goes round only from then on: a channel of few
 * updates is small. */
int channel_reserve(struct channel *c)
{
    uint64_t want = c->allocated > 0 ? 2 * c->allocated : RING_SLOTS_MIN;
    struct update **ring;

    if (c->published_n - c->before_n < c->allocated || c->allocated == c->capacity)
        return PL_OK;
    if (want > c->capacity)
        want = c->capacity;
    ring = realloc(c->ring, want * sizeof(struct update *));
    if (ring == NULL)
        return PL_ENOMEM;
    c->ring = ring;
    c->allocated = want;
    return PL_OK;
}

struct update *channel_next_evicted(const struct channel *c)
{
    return channel_is_full(c) ? *channel_slot(c, c->published_n + 1) : NULL;
}

void channel_push(struct channel *c, struct update *u)
{
    struct update *evicted = channel_next_evicted(c);

    if (evicted != NULL) {
        c->evicted_seq = evicted->seq;
        update_unref(evicted);
    }
    *channel_slot(c, ++c->published_n) = u;
}

void channel_show(struct channel *c, struct update *u)
{
    c->visible_n = u->n;
    latest_put(&c->latest, u->key, u);
}

uint64_t channel_oldest_n(const struct channel *c)
{
    return channel_is_full(c) ? c->published_n - c->capacity + 1 : c->before_n + 1;
}

struct update *channel_get(const struct channel *c, uint64_t n)
{
    return *channel_slot(c, n);
}

uint64_t channel_newest_seq(const struct channel *c)
{
    const struct latest_key *newest = TAILQ_LAST(&c->latest.by_age, latest_keys);
    uint64_t seq = newest != NULL ? newest->newest->seq : 0;

    return seq > c->evicted_seq ? seq : c->evicted_seq;
}

enum order { BY_SEQ, BY_TIME };

/* The first n in the ring whose sequence number or time is not below bound. */
static inline uint64_t channel_search(const struct channel *c, enum order by, uint64_t bound)
{
    uint64_t low = channel_oldest_n(c), high = c->published_n + 1;

    while (low < high) {
        uint64_t mid = low + (high - low) / 2;
        const struct update *u = channel_get(c, mid);

        if ((by == BY_SEQ ? u->seq : (uint64_t)u->t_ns) < bound)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

uint64_t channel_first_after(const struct channel *c, uint64_t seq)
{
    return channel_search(c, BY_SEQ, seq + 1);
}

bool channel_position(const struct channel *c, int64_t at_ns, uint64_t *n)
{
    uint64_t oldest = channel_oldest_n(c), first = channel_search(c, BY_TIME, (uint64_t)at_ns);

    *n = first - 1;
    return first > oldest || oldest == 1;
}

struct channel *channels_find(const struct channels *all, struct name name)
{
    return name.len == 0 ? all->unnamed : (struct channel *)name_table_find(&all->names, name);
}

static void channels_append(struct channels *all, struct channel *c)
{
    c->capacity = all->limits->history;
    TAILQ_INIT(&c->latest.by_age);
    TAILQ_INSERT_TAIL(&all->list, c, entry);
}

struct channel *channels_add(struct channels *all, struct name name)
{
    struct channel *c = (struct channel *)name_table_new(&all->names, sizeof *c, name);

    if (c != NULL)
        channels_append(all, c);
    return c;
}

int channels_get(struct channels *all, struct name name, struct channel **out)
{
    *out = channels_find(all, name);
    if (*out != NULL)
        return PL_OK;
    if (all->names.count >= all->limits->channels) {
        ++*all->refused;
        return PL_ELIMIT;
    }
    *out = channels_add(all, name);
    return *out != NULL ? PL_OK : PL_ENOMEM;
}

void channels_release(struct channels *all, struct channel *c)
{
    if (c->published_n > 0 || !LIST_EMPTY(&c->feeds) || c == all->unnamed)
        return;
    TAILQ_REMOVE(&all->list, c, entry);
    name_table_remove(&all->names, &c->node);
    channel_free(c);
}

int channels_init(struct channels *all, const struct hub_limits *limits, uint64_t *refused)
{
    *all = (struct channels){.limits = limits, .refused = refused};
    TAILQ_INIT(&all->list);
    all->unnamed = calloc(1, sizeof *all->unnamed);
    if (all->unnamed == NULL)
        return PL_ENOMEM;
    all->unnamed->node.name.text = "";
    channels_append(all, all->unnamed);
    return PL_OK;
}

void channels_free(struct channels *all)
{
    struct channel *c;

    name_table_free(&all->names, NULL);
    while ((c = TAILQ_FIRST(&all->list)) != NULL) {
        TAILQ_REMOVE(&all->list, c, entry);
        channel_free(c);
    }
}
