#include "servers/hub/channel.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "servers/hub/subscription.h"

enum { RING_SLOTS_MIN = 16 };

struct channel *channel_new(struct name name, uint64_t capacity)
{
    struct channel *c = calloc(1, sizeof *c + name.len);

    if (c == NULL)
        return NULL;
    if (name.len > 0)
        memcpy(c->text, name.text, name.len);
    c->node.name = (struct name){c->text, name.len};
    c->capacity = capacity;
    return c;
}

void channel_free(struct channel *c)
{
    if (c == NULL)
        return;
    for (uint64_t n = channel_oldest_n(c); n <= c->published_n; n++)
        update_unref(channel_get(c, n));
    free(c->ring);
    latest_free(&c->latest);
    senders_free(&c->senders);
    free(c);
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
    uint64_t seq = c->latest.newest != NULL ? c->latest.newest->newest->seq : 0;

    return seq > c->evicted_seq ? seq : c->evicted_seq;
}

uint64_t channel_first_after(const struct channel *c, uint64_t seq)
{
    uint64_t low = channel_oldest_n(c), high = c->published_n + 1;

    while (low < high) {
        uint64_t mid = low + (high - low) / 2;

        if (channel_get(c, mid)->seq <= seq)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

bool channel_position(const struct channel *c, int64_t at_ns, uint64_t *n)
{
    uint64_t oldest = channel_oldest_n(c);
    uint64_t low = oldest, high = c->published_n + 1; /* first with t >= at_ns: in [low, high] */

    while (low < high) {
        uint64_t mid = low + (high - low) / 2;

        if (channel_get(c, mid)->t_ns < at_ns)
            low = mid + 1;
        else
            high = mid;
    }
    *n = low - 1;
    return low > oldest || oldest == 1;
}

uint64_t channel_subscribers(const struct channel *c)
{
    uint64_t n = 0;

    for (const struct feed *f = c->feeds; f != NULL; f = f->next)
        n += f->to->nsubscribers;
    return n;
}
