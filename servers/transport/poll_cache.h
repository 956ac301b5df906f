/* Whole poll responses, made once and shared: all who poll the same subscription with the same
 * cursor get the same bytes. Small and direct-mapped, because most poll with one of the newest
 * cursors. */
#ifndef PUSHLAB_POLL_CACHE_H
#define PUSHLAB_POLL_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "servers/transport/poll.h"
#include "servers/http/reply.h"
#include "lib/base/buf.h"

enum { POLL_CACHE_SLOTS = 64 };

struct poll_answer {
    struct subscription *to; /* a reference: its address can't become another's meanwhile */
    uint64_t cursor;
    uint64_t newest_seq; /* of the subscription, when the answer was made */
    bool future;         /* the cursor was above it: of an earlier run of the server */
    enum reply_persistence persistence;
    int64_t date_unix_s;  /* Date is part of the bytes */
    struct shared *whole; /* NULL: the slot is empty */
    int status;           /* 200 or 204 */
    size_t payload_bytes;
    uint64_t updates, superseded;
};

struct poll_cache {
    struct poll_answer slots[POLL_CACHE_SLOTS];
};

/* The answer to a poll right now. Borrowed, valid until the next call; NULL: no memory. */
const struct poll_answer *poll_cache_get(struct http_context *c, const struct reading *reading,
                                         enum reply_persistence persistence);
void poll_cache_free(struct poll_cache *cache);

#endif
