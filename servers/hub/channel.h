/* A channel: a history ring of its newest updates, the newest value of each of its keys, those
 * who send to it, and the subscriptions that listen. It counts its updates from 1 without gaps
 * (n); among all channels the hub numbers them (seq). The default channel has the name "". */
#ifndef PUSHLAB_CHANNEL_H
#define PUSHLAB_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "servers/hub/latest.h"
#include "servers/hub/name_table.h"
#include "servers/hub/senders.h"
#include "servers/hub/update.h"

struct feed;

struct channel {
    struct name_node node;        /* first; its name */
    struct channel *next, **link; /* the hub's list of all channels */
    struct update **ring;         /* references; slot (n - 1 - before_n) % capacity */
    uint64_t capacity, allocated; /* allocated: slots there are so far */
    uint64_t published_n, visible_n;
    uint64_t before_n;    /* updates that were published before the ring began; 0 but where a log
                             that servers share had dropped them already */
    uint64_t evicted_seq; /* of the newest that fell off the ring; 0: none has */
    struct latest latest;
    struct senders senders;
    struct feed *feeds; /* subscription.h */
    char text[];
};

/* Keeps the newest capacity (>= 1) updates. NULL: no memory. */
struct channel *channel_new(struct name name, uint64_t capacity);
void channel_free(struct channel *c);

/* Nothing is in the ring yet: it begins behind n updates that nobody has. */
void channel_begin_after(struct channel *c, uint64_t n);
/* Make sure that channel_push() has a slot. 0 or PL_ENOMEM. */
int channel_reserve(struct channel *c);
/* What the next channel_push() drops; NULL: nothing. */
struct update *channel_next_evicted(const struct channel *c);
/* Append u, whose n is published_n + 1. Takes over the caller's reference. */
void channel_push(struct channel *c, struct update *u);
/* The oldest update that is not visible, u, is so from now on. */
void channel_show(struct channel *c, struct update *u);

uint64_t channel_oldest_n(const struct channel *c); /* published_n + 1 when empty */
/* n must be in oldest_n..published_n. Borrowed. */
struct update *channel_get(const struct channel *c, uint64_t n);
/* Of the newest visible update, or of the newest that is gone; 0: there was none. */
uint64_t channel_newest_seq(const struct channel *c);
/* The first n in the ring with a sequence number above seq; published_n + 1: none. */
uint64_t channel_first_after(const struct channel *c, uint64_t seq);
/* The highest n published strictly before at_ns. False when the ring no longer reaches back
 * that far. */
bool channel_position(const struct channel *c, int64_t at_ns, uint64_t *n);

uint64_t channel_subscribers(const struct channel *c);

#endif
