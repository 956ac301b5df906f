/* The hub: everything published passes here. It numbers updates over all channels, keeps what
 * each channel (channel.h) remembers, and hands each update to those who subscribe to its
 * channel (subscription.h). It knows no transport by name, no socket and no clock (time is an
 * argument).
 *
 * An update is *published* when it gets its number and time, and *visible* when readers may
 * see it. The two differ only under hub_init's delay_ns, which exists to prove the
 * measurement: a known delay must appear in the recorded latency. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "servers/hub/channel.h"
#include "lib/proto/cursor.h"
#include "lib/proto/post.h"
#include "servers/hub/subscription.h"
#include "servers/hub/update.h"

struct hub_counts {
    uint64_t refused_channels, refused_keys, refused_senders; /* beyond the limits */
    uint64_t duplicate_posts;
    uint64_t superseded; /* for transports to add to: latest updates that a reader did not get
                            because a newer one of the key came first */
};

/* What keeps the updates that the hub publishes (servers/history). First member of its struct. */
struct hub_journal {
    /* Keep u, which no reader has seen. 0, or negative: then it is not published. */
    int (*append)(struct hub_journal *j, const struct update *u);
    uint64_t bytes;   /* it takes */
    uint64_t refused; /* updates that could not be kept */
};

struct hub {
    struct hub_limits limits;
    struct channels channels;
    struct subscriptions subscriptions;
    uint64_t published_seq, visible_seq; /* newest of each; 0: none yet */
    uint64_t evicted_seq;                /* highest that was dropped from any ring */
    char epoch[EPOCH_CHARS + 1];         /* in which it numbers; "": not known yet. The owner's to
                                            set, before the first update */
    int64_t delay_ns;
    struct hub_journal *journal;  /* borrowed; NULL: none */
    STAILQ_HEAD(, update) hidden; /* published, not visible; borrowed from their rings */
    uint64_t nsubscribers;
    uint64_t publish_failures; /* updates lost to lack of memory; no number is used up */
    struct hub_counts counts;
    struct update **selected; /* room for the newest selection; the updates are borrowed */
    uint32_t selected_cap;
};

/* 0 or PL_ENOMEM. */
int hub_init(struct hub *h, const struct hub_limits *limits, int64_t delay_ns);
/* All references to subscriptions must have been given back. */
void hub_free(struct hub *h);

/* Publish p (as post_scan() makes it: names are valid or empty) in its channel, which is created
 * if need be. 0: *seq is its number; HUB_DUPLICATE: p's sender has published this or a later
 * message in this channel before, and *seq is the number of its newest; PL_ELIMIT: one channel,
 * key or sender too many; PL_ENOMEM. Unless 0, nothing was published and no number used up. */
enum { HUB_DUPLICATE = 1 };
int hub_publish_post(struct hub *h, const struct post *p, int64_t now_ns, uint64_t *seq);

/* What follows is for a source whose updates have numbers already, from a log that several servers
 * share: the hub keeps these numbers, so that a cursor means the same on all of them. */
struct hub_number {
    uint64_t seq, n;
    int64_t t_ns;
};

/* Is there room for p, so that it may be sent to the log? 0 or PL_ELIMIT (counted). */
int hub_admits(struct hub *h, const struct post *p);
/* The next update of the log. No limits: those were hub_admits()'s. 0; PL_EPROTO: it is not the
 * next one, and nothing was done; PL_ENOMEM. */
int hub_adopt(struct hub *h, const struct post *p, const struct hub_number *as);

/* Before anything was adopted: the log begins after seq. Updates before that are lost, except for
 * those given to hub_restore_latest(). */
void hub_begin_after(struct hub *h, uint64_t seq);
/* A channel in which n (> 0) updates were published by now, some or all of them lost. 0 or
 * PL_ENOMEM. */
int hub_restore_channel(struct hub *h, struct name name, uint64_t n);
/* The newest value of a key, where the log has dropped that update. In the order of seq, each in a
 * restored channel. 0, PL_EPROTO or PL_ENOMEM. */
int hub_restore_latest(struct hub *h, const struct post *p, const struct hub_number *as);

/* And from a file of its own, in which other channels' updates between may be gone: a channel of
 * which n updates were published before its ring begins, the last of them evicted_seq; who has
 * sent to it; and the next update, whose seq may be any above that of the newest. Returns as for a
 * shared log. */
int hub_restore_ring(struct hub *h, struct name name, uint64_t n, uint64_t evicted_seq);
int hub_restore_sender(struct hub *h, struct name channel, struct name from, uint64_t newest_n,
                       uint64_t seq);
int hub_restore(struct hub *h, const struct post *p, const struct hub_number *as);

/* Make visible what has waited delay_ns. Returns when to call again (INT64_MAX: nothing waits). */
int64_t hub_release(struct hub *h, int64_t now_ns);

/* Subscribe s to the updates after hub_newest_seq(). Takes a reference to the subscription. */
void hub_subscribe(struct hub *h, struct subscriber *s, struct subscription *to);
/* Gives that reference back. Nothing happens if s subscribes to nothing. */
void hub_unsubscribe(struct hub *h, struct subscriber *s);

/* The newest that is visible; 0: none yet. */
static inline uint64_t hub_newest_seq(const struct hub *h)
{
    return h->visible_seq;
}

/* From here on, nothing was dropped from a ring; newest + 1 when all was. */
static inline uint64_t hub_oldest_seq(const struct hub *h)
{
    return h->evicted_seq + 1;
}

/* The highest sequence number published strictly before at_ns. False when a ring no longer
 * reaches back that far. at_ns >= 0. channel_position() is the same for one channel. */
bool hub_position(const struct hub *h, int64_t at_ns, uint64_t *seq);
