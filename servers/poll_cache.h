/* Whole poll responses, made once and shared: all pollers that stand at the same cursor get
 * the same bytes. Small and direct-mapped: pollers cluster at the newest cursors. */
#ifndef PUSHLAB_POLL_CACHE_H
#define PUSHLAB_POLL_CACHE_H

#include <stdint.h>

#include "reply.h"
#include "shared.h"

enum { POLL_CACHE_SLOTS = 64 };

struct poll_answer {
    uint64_t cursor, last; /* the updates after cursor, up to last */
    int64_t date_unix_s;   /* Date is part of the bytes */
    enum reply_persistence persistence;
    struct shared *whole; /* NULL: the slot is empty */
    int status;           /* 200 or 204 */
    size_t payload_bytes;
    uint64_t updates;
};

struct poll_cache {
    struct poll_answer slots[POLL_CACHE_SLOTS];
};

/* The answer to a poll at cursor right now. Borrowed, valid until the next call; NULL: no memory.
 */
const struct poll_answer *poll_cache_get(struct poll_cache *c, struct server *s, uint64_t cursor,
                                         enum reply_persistence persistence);
void poll_cache_free(struct poll_cache *c);

#endif
