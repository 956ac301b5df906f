/* How long an edit takes until everyone has it: from when it was sent to when the last client of
 * its room has applied it. Its sender applies it at once, so it waits for the others. Time is an
 * argument; no I/O. docs/metrics.md has the definition.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/hdr/hdr.h"

/* One edit that not everyone has yet. */
struct unsettled {
    uint32_t missing; /* clients that have not applied it */
    int64_t last_ns;  /* when the latest of those who have did */
};

/* The edits of one sender, numbered from 1, each of which has to reach the same listeners. */
struct sender_edits {
    uint64_t settled; /* edits 1..settled have reached everyone */
    struct buf edits; /* struct unsettled: edits settled + 1, ... */
};

struct convergence {
    struct sender_edits *senders; /* owned */
    uint32_t nsenders;
    struct hdr lag_us; /* of the edits sent in the window */
    uint64_t sent;     /* edits, whole run */
};

/* 0 or PL_ENOMEM. Afterwards convergence_free() may be called either way. */
int convergence_init(struct convergence *c, uint32_t nsenders);
void convergence_free(struct convergence *c); /* zeroes c */

/* Sender number sender sends its next edit, which so many others have to apply (0: it is settled
 * at once, and has no lag). 0 or PL_ENOMEM. */
int convergence_sent(struct convergence *c, uint32_t sender, uint32_t listeners);

/* One of these others has applied edit n of sender, sent at sent_ns, at applied_ns; each says so
 * once of each edit. in_window: it counts for lag_us. False: no such edit is on its way. */
bool convergence_applied(struct convergence *c, uint32_t sender, uint64_t n, int64_t sent_ns,
                         int64_t applied_ns, bool in_window);

/* Edits that have not reached everyone. */
uint64_t convergence_unsettled(const struct convergence *c);
