/* What clients publish, with POST /publish or by WebSocket: JSON that becomes updates. One post, a
 * list of posts, or plain data (post.h). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/name.h"

struct peer;

/* Where plain data is published; len 0: in the default channel, without a key. */
struct intake_place {
    struct name channel, key;
};

struct intake_result {
    uint64_t seq;        /* of the newest update that it made, or had made when it came before */
    uint64_t published;  /* updates made */
    uint64_t duplicates; /* posts that had been published before, and were not again */
    bool list;
    bool too_deep; /* nested deeper than JSON_LINE_MAX_DEPTH */
};

/* err: 0; PL_EPROTO or PL_EUTF8: not one JSON value; PL_EINVAL: not sound posts, or posts although
 * a place was given: nothing was published; PL_ELIMIT: too many channels, keys or senders, or
 * PL_ENOMEM: the posts before the one that failed were published, as r says; PL_EAWAY: the log
 * that servers share can't be reached, and posts that r does not count may be in it or not. */
typedef void intake_done(struct peer *p, int err, const struct intake_result *r);

/* Publish text (changed in place) for p. place: NULL, or for plain data only. done is called once:
 * before the return, or when the log has acknowledged; not if p has ended by then. */
void intake_publish(struct peer *p, char *text, size_t len, const struct intake_place *place,
                    intake_done *done);
