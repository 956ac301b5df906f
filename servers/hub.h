/* The hub: everything published passes here. It numbers updates, keeps the newest in a
 * bounded history ring, and hands each to the subscribers. It knows no transport by name,
 * no socket and no clock (time is an argument).
 *
 * An update is *published* when it gets its number and time, and *visible* when readers may
 * see it. The two differ only under hub_init's delay_ns, which exists to prove the
 * measurement: a known delay must appear in the recorded latency.
 */
#ifndef PUSHLAB_HUB_H
#define PUSHLAB_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "update.h"

/* Embedded in whatever wants updates. */
struct subscriber {
    struct subscriber *next,
        **link; /* link: the pointer that points here; NULL when off the list */
    /* Called once per visible update, in order. May unsubscribe itself, not others; must not
     * publish, or some would see that update before this one. */
    void (*deliver)(struct subscriber *s, struct update *u);
};

struct hub {
    struct update **ring; /* owned; slot seq % capacity */
    uint64_t capacity;
    uint64_t published_seq, visible_seq; /* newest of each; 0: none yet */
    int64_t delay_ns;
    struct subscriber *subscribers;
    uint64_t nsubscribers;
    uint64_t publish_failures; /* updates lost to lack of memory; no number is used up */
};

/* capacity >= 1. 0 or LAB_ENOMEM. */
int hub_init(struct hub *h, uint64_t capacity, int64_t delay_ns);
void hub_free(struct hub *h);

/* Publish data (one compact JSON value) at now_ns. Returns its sequence number, 0 when out of
 * memory. Without a delay the update has been delivered to all subscribers on return. */
uint64_t hub_publish(struct hub *h, const char *data, size_t len, int64_t now_ns);

/* Make visible what has waited delay_ns. Returns when to call again (INT64_MAX: nothing waits). */
int64_t hub_release(struct hub *h, int64_t now_ns);

/* Subscribe to the updates after hub_newest_seq(). */
void hub_subscribe(struct hub *h, struct subscriber *s);
void hub_unsubscribe(struct hub *h, struct subscriber *s); /* no-op when off the list */
bool hub_subscribed(const struct subscriber *s);

uint64_t hub_newest_seq(const struct hub *h); /* visible; 0: none yet */
uint64_t hub_oldest_seq(const struct hub *h); /* still in the ring; newest + 1 when empty */
/* NULL when seq is not in the ring or not visible. Borrowed. */
struct update *hub_get(const struct hub *h, uint64_t seq);

/* A reader's position: which updates it gets and how many it can no longer have. */
struct hub_range {
    uint64_t first, last; /* last < first: nothing new */
    uint64_t missed;      /* fell off the ring between the cursor and first */
};
/* The updates after cursor. A cursor from the future belongs to an earlier life of the
 * server, whose numbering is gone: it is read as 0. */
struct hub_range hub_after(const struct hub *h, uint64_t cursor);

/* The highest sequence number published strictly before at_ns. False when the ring no
 * longer reaches back that far. */
bool hub_position(const struct hub *h, int64_t at_ns, uint64_t *seq);

#endif
