/* Which updates a reader at a cursor gets: for the answers to polls, for the openings of streams,
 * and for a slow reader of latest values that catches up. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "servers/hub/update.h"

struct hub;
struct subscription;

/* Instead of a cursor: no earlier updates, but the current values of latest channels. */
#define HUB_FROM_NOW UINT64_MAX

struct selection {
    struct update *const *updates; /* in the order of seq; borrowed until the next selection */
    size_t n;
    uint64_t from;   /* the cursor as it was understood */
    uint64_t cursor; /* the one to go on from */
    uint64_t
        missed; /* 0 exactly when no wanted update after from was dropped from its ring; else at
                   most so many did before cursor. Where seq has no gaps in what is
                   wanted, as with the default channel alone, it is exact. */
    bool more;  /* it was cut: what follows cursor is not in it */
    uint64_t superseded; /* updates after from left out because a newer one of their key exists;
                            not counted where the ring has dropped them */
};

/* So much JSON at most is selected at once, or one update: what a stranger asks for must not decide
 * how much memory it takes, nor how long all others wait. */
enum { HUB_ANSWER_BYTES = 1 << 20, HUB_PART_BYTES = 64 << 10, HUB_PART_UPDATES = 256 };

/* The answer to a poll at cursor: of the channels wanted whole every update after it, of the
 * others the newest of each key if it is after it. At most max (>= 1) of them and
 * HUB_ANSWER_BYTES, the oldest; the rest follows from the new cursor. HUB_FROM_NOW is answered
 * whole. A cursor above the newest update comes from before a restart of the server, whose
 * numbering is gone: it is read as 0. 0 or PL_ENOMEM. O(result * log(channels) + channels *
 * log(history)). */
int hub_select(struct hub *h, const struct subscription *to, uint64_t cursor, size_t max,
               struct selection *out);

/* The opening of a stream: the same, but of the latest channels all values whatever the cursor,
 * since the server can't know which the reader has; superseded is 0. In parts of at most
 * HUB_PART_UPDATES and HUB_PART_BYTES, for a reader that takes them as fast as it can: the one
 * after number after (0: the first). cursor: the reader's, then what the first part says (from).
 * What is published meanwhile is part of it, so that the one without more ends at the newest
 * update. */
int hub_select_part(struct hub *h, const struct subscription *to, uint64_t cursor, uint64_t after,
                    struct selection *out);

/* Catching up: of the latest channels alone the newest value of each key after cursor (that
 * before the first update that was left out). Their numbers may be lower than those of updates
 * the reader has from other channels: its own cursor must not go back. Not cut. */
int hub_select_latest(struct hub *h, const struct subscription *to, uint64_t cursor,
                      struct selection *out);

/* Would hub_select() at cursor select anything, or count missed updates? O(1), with
 * HUB_FROM_NOW O(channels). */
bool hub_has_news(const struct hub *h, const struct subscription *to, uint64_t cursor);
