/* The messages of one client that are on their way up: numbered, encoded (post.h), and kept
 * until the server is known to have them. Pure: how they travel is uplink_http.h's business, or
 * a driver's that has a road of its own (driver.h, post).
 *
 *    acknowledged | under way            | waiting
 *    (forgotten)  | uplink_take() ... -> | <- uplink_push()
 *
 * A lost connection turns everything under way back into waiting; sent again in the same order,
 * it is the server's rule about numbers that makes each message count once.
 */
#ifndef PUSHLAB_UPLINK_H
#define PUSHLAB_UPLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "post.h"

struct uplink_item {
    uint64_t n;     /* the sender's number in its channel, from 1 */
    int64_t due_ns; /* when it was to be sent */
    uint32_t len;   /* of its encoded post */
    uint16_t channel;
    bool left; /* it has been under way before: this is a repetition */
};

/* Zero-initialise; end with uplink_free(). */
struct uplink {
    struct uplink_item *items; /* owned; those not acknowledged, oldest first */
    size_t nitems, items_cap;
    size_t under_way;   /* of items, from the front */
    struct buf text;    /* their posts, one after the other */
    size_t taken_bytes; /* of text: under way */
};

/* Append a message. item's n, due_ns and channel are the caller's. 0 or LAB_ENOMEM. */
int uplink_push(struct uplink *u, const struct post *p, const struct uplink_item *item);

static inline size_t uplink_waiting(const struct uplink *u)
{
    return u->nitems - u->under_way;
}

/* The oldest message that waits, now under way; NULL: none waits. Its post is *text, valid until
 * the next call. The item can be read until then; the caller sets left. */
struct uplink_item *uplink_take(struct uplink *u, const char **text);

/* The same, unless its post is longer than max_bytes. */
struct uplink_item *uplink_take_up_to(struct uplink *u, size_t max_bytes, const char **text);

/* The server has the oldest count of those under way. */
void uplink_acknowledge(struct uplink *u, size_t count);
/* It has the message n of channel, and so, since they travel in order, all before it. Returns
 * how many that were; 0 when it was known. */
size_t uplink_acknowledge_through(struct uplink *u, unsigned channel, uint64_t n);

/* The connection is gone: what was under way waits again. */
void uplink_rewind(struct uplink *u);

void uplink_free(struct uplink *u);

#endif
