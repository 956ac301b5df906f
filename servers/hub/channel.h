/* A channel: a history ring of its newest updates, the newest value of each of its keys, those
 * who send to it, and the subscriptions to it. It counts its updates from 1 without gaps (n);
 * among all channels the hub numbers them (seq). The default channel has the name "". */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lib/base/name_table.h"
#include "servers/hub/update.h"

/* The newest visible update of each key, kept however long ago it was; in a list by age, so that
 * what changed after a cursor is found without visiting what did not. */
struct latest_key {
    struct name_node node; /* first */
    struct update *newest; /* a reference; NULL: the key is known, but no value is visible */
    TAILQ_ENTRY(latest_key) by_age;
};

struct latest {
    struct name_table keys;                     /* but "" */
    struct latest_key unkeyed;                  /* "": of the updates without a key */
    TAILQ_HEAD(latest_keys, latest_key) by_age; /* those with a value, oldest first */
    uint64_t nvalues;
};

struct channel {
    struct name_node node;        /* first; its name */
    TAILQ_ENTRY(channel) entry;   /* in struct channels */
    struct update **ring;         /* references; slot (n - 1 - before_n) % capacity */
    uint64_t capacity, allocated; /* allocated: slots there are so far */
    uint64_t published_n, visible_n;
    uint64_t before_n;    /* updates that were published before the ring began; 0 but where a log
                             that servers share had dropped them already */
    uint64_t evicted_seq; /* of the newest that was dropped from the ring; 0: none was */
    struct latest latest;
    struct name_table senders; /* struct sender: those who number their messages */
    LIST_HEAD(, feed) feeds;   /* subscription.h */
};

/* Who has sent to a channel, so that a message that is sent again is published once. */
struct sender {
    struct name_node node; /* first */
    uint64_t newest_n;     /* in the sender's own numbers (envelope.h's from_n); 0: none yet */
    uint64_t seq;          /* the number that message got here */
};

/* Make sure that channel_push() has a slot. 0 or PL_ENOMEM. */
int channel_reserve(struct channel *c);
/* What the next channel_push() drops; NULL: nothing. */
struct update *channel_next_evicted(const struct channel *c);
/* Append u, whose n is published_n + 1. Takes over the caller's reference. */
void channel_push(struct channel *c, struct update *u);
/* u, the oldest update that is not visible, is so from now on. */
void channel_show(struct channel *c, struct update *u);
/* Nothing is in the ring yet: it begins after n updates that are lost. */
void channel_begin_after(struct channel *c, uint64_t n);

uint64_t channel_oldest_n(const struct channel *c); /* published_n + 1 when empty */
/* n must be in oldest_n..published_n. Borrowed. */
struct update *channel_get(const struct channel *c, uint64_t n);
/* Of the newest visible update, or of the newest that is gone; 0: there was none. */
uint64_t channel_newest_seq(const struct channel *c);
/* The first n in the ring with a sequence number above seq; published_n + 1: none. */
uint64_t channel_first_after(const struct channel *c, uint64_t seq);
/* The highest n published strictly before at_ns (>= 0). False when the ring no longer reaches
 * back that far. */
bool channel_position(const struct channel *c, int64_t at_ns, uint64_t *n);

/* NULL: not known yet; never for "". */
struct latest_key *latest_find(struct latest *l, struct name key);
/* key is not known yet. NULL: no memory. */
struct latest_key *latest_add(struct latest *l, struct name key);
/* u, newer than all that is here, becomes the key's value. Takes a reference. */
void latest_put(struct latest *l, struct latest_key *key, struct update *u);
/* The oldest of the values with a sequence number above seq; NULL: none. On along by_age. */
struct latest_key *latest_after(const struct latest *l, uint64_t seq);

/* What clients could make grow without end. */
struct hub_limits {
    uint64_t history;  /* updates in each channel's ring, >= 1 */
    uint64_t channels; /* besides the default channel */
    uint64_t keys;     /* of each channel, besides "" */
    uint64_t senders;  /* of each channel */
};

/* All channels of a hub. */
struct channels {
    const struct hub_limits *limits; /* borrowed */
    uint64_t *refused;               /* borrowed; counts channels beyond the limit */
    struct name_table names;         /* of all but the default one */
    TAILQ_HEAD(, channel) list;      /* all, in the order in which they were created */
    struct channel *unnamed;         /* the default one, which is the first */
};

/* With the default channel in it. 0 or PL_ENOMEM. */
int channels_init(struct channels *all, const struct hub_limits *limits, uint64_t *refused);
void channels_free(struct channels *all);
/* "" finds the default one. NULL: there is no such channel. */
struct channel *channels_find(const struct channels *all, struct name name);
/* Create a channel; there is none of that name. No limit. NULL: no memory. */
struct channel *channels_add(struct channels *all, struct name name);
/* Find or create it. 0, PL_ELIMIT (counted) or PL_ENOMEM. */
int channels_get(struct channels *all, struct name name, struct channel **out);
/* Free c if nothing was published in it and there are no subscriptions to it: a name alone is not
 * kept. */
void channels_release(struct channels *all, struct channel *c);
