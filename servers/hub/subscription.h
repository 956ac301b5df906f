/* A subscription is a set of channels, each wanted in one of two ways. Equal sets are one object,
 * shared by all its subscribers: each of them is one link in one list however many channels it
 * wants, and the answer to a poll is made once for all of them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "servers/hub/channel.h"
#include "lib/base/name_table.h"
#include "servers/hub/update.h"

struct subscription;

enum delivery {
    DELIVERY_EVERY, /* every update, in the order of their numbers */
    DELIVERY_LATEST /* of each key the newest: one may be left out when a newer one exists */
};

/* Embedded in what receives updates; all zero except for deliver: it does not subscribe yet. */
struct subscriber {
    LIST_ENTRY(subscriber) entry; /* in its subscription */
    /* Called once per visible update of the wanted channels, in the order of seq. May unsubscribe
     * itself, not others, and subscribe; must not publish, or some would see that update before
     * this one. */
    void (*deliver)(struct subscriber *s, struct update *u, enum delivery how);
    uint64_t after_seq;      /* gets the updates above it */
    struct subscription *to; /* a reference; NULL: it subscribes to nothing */
};

/* A channel's place in a subscription, and the subscription's in the channel's list. */
struct feed {
    LIST_ENTRY(feed) entry; /* in the channel's list */
    struct channel *channel;
    struct subscription *to;
    enum delivery how;
};

struct subscription {
    struct name_node node;     /* first; its canonical text "every,every|latest,latest", sorted */
    struct subscriptions *all; /* which it is one of */
    uint32_t refs;
    LIST_HEAD(, subscriber) subscribers;
    uint64_t nsubscribers;
    uint64_t newest_seq; /* visible, of its channels; 0: none. Answers made at it stay valid */
    size_t nevery, nfeeds;
    struct feed feeds[]; /* first the nevery that are wanted whole, then the latest */
};

enum { SUBSCRIPTION_CHANNELS_MAX = 256 };

struct subscriptions {
    struct channels *channels;       /* borrowed */
    struct name_table table;         /* each once */
    struct subscription *everything; /* a reference: every update of the default channel */
};

/* 0 or PL_ENOMEM. */
int subscriptions_init(struct subscriptions *all, struct channels *channels);
/* All references must have been given back. */
void subscriptions_free(struct subscriptions *all);

/* The subscription to every update of the channels in one list and the latest values of those in
 * the other; "a,b". NULL or "": none; both so: every update of the default channel. A channel in
 * both is wanted whole. Channels that do not exist yet are created, and deleted with the last
 * subscription if nothing was ever published in them. One reference, the caller's.
 * 0; PL_EINVAL: not a list of at most SUBSCRIPTION_CHANNELS_MAX names; PL_ELIMIT: more channels
 * than the hub may have; PL_ENOMEM. */
int subscription_get(struct subscriptions *all, const char *every, const char *latest,
                     struct subscription **out);
struct subscription *subscription_ref(struct subscription *to);
void subscription_unref(struct subscription *to); /* NULL is ignored */

/* Hand u, which has just become visible, to all who subscribe to its channel. */
void subscription_deliver(struct update *u);

/* Those who subscribe to c, alone or with others. */
uint64_t channel_subscribers(const struct channel *c);
