/* The messages of one client that are on their way to the server: encoded (post.h), and kept until
 * the server is known to have them. uplink_http.h or the driver's post() sends them. Pure.
 *
 *    acknowledged | under way                | waiting
 *    (forgotten)  |                          | uplink_next()    <- uplink_push()
 *                 |    uplink_depart() ... ->|
 *
 * A lost connection turns everything under way back into waiting; they are sent
 * again in the same order, and the server drops the numbers that it has (docs/protocol.md).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/proto/post.h"

struct uplink_item {
    uint64_t n;     /* the sender's number in its channel, from 1 */
    int64_t due_ns; /* when it was to be sent, CLOCK_MONOTONIC */
    uint32_t len;   /* of its post; uplink_push() sets it */
    uint16_t channel;
    bool left; /* it has been under way before: the next time is a repetition */
};

/* Zero-initialise; end with uplink_free(). */
struct uplink {
    struct uplink_item *items; /* owned; those not acknowledged, oldest first */
    size_t nitems;
    uint32_t items_cap;
    struct buf text;       /* their posts, one after the other */
    size_t under_way;      /* of items, from the front */
    size_t departed_bytes; /* of text, from the front: theirs */
    uint64_t acknowledged; /* how many messages came before items[0] */
};

/* Append a message, encoding its post. 0 or PL_ENOMEM. */
int uplink_push(struct uplink *u, const struct post *p, const struct uplink_item *item);

static inline size_t uplink_waiting(const struct uplink *u)
{
    return u->nitems - u->under_way;
}

/* The oldest message that waits, and its post; NULL: none waits. Valid until the next call. */
const struct uplink_item *uplink_next(const struct uplink *u, const char **text);
/* It is under way now, and has left. */
void uplink_depart(struct uplink *u);
/* How many of those that wait are to go together: as many as fit into max_bytes, at least one if
 * there is one. *bytes: of their posts. */
size_t uplink_batch(const struct uplink *u, size_t max_bytes, size_t *bytes);

/* The server has the oldest count of them, under way or waiting again. */
void uplink_acknowledge(struct uplink *u, size_t count);
/* It has message n of channel and so, as they are sent in order, all before it. Returns how many
 * that were; 0 when it was known. */
size_t uplink_acknowledge_through(struct uplink *u, unsigned channel, uint64_t n);

/* The connection was lost: what was under way waits again. */
void uplink_rewind(struct uplink *u);

void uplink_free(struct uplink *u);
