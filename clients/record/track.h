/* What one receiver has received of numbers without gaps: a client's updates, or a channel's at one
 * client. Pure.
 *
 * Everything up to the cursor is either received or in a hole; what is above it has not come.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Numbers first..last, both included; last < first: none. */
struct seq_range {
    uint64_t first, last;
};

/* How many numbers two ranges share. */
uint64_t seq_range_overlap(struct seq_range a, struct seq_range b);
static inline uint64_t seq_range_count(struct seq_range a)
{
    return a.first <= a.last ? a.last - a.first + 1 : 0;
}

/* Holes that a track remembers; with more, the run can't be proven and fails. */
enum { TRACK_HOLES_MAX = 4096 };

/* Zero-initialise; end with track_free(). */
struct track {
    bool joined;             /* the cursor is known */
    uint64_t cursor;         /* highest number accounted for */
    struct seq_range *holes; /* what was not received up to cursor; ascending, never touching */
    uint32_t nholes, holes_cap;
    int64_t newest_t_ns; /* publish time of the newest update held; 0: none yet */
    int64_t age_from_ns; /* the age integral is done up to here */
};

enum receipt { RECEIPT_NEW, RECEIPT_DUPLICATE, RECEIPT_FILLS_GAP };

/* n was received. *holes_lost counts the holes that no longer fitted. */
enum receipt track_take(struct track *t, uint64_t n, uint64_t *holes_lost);
/* Move the cursor up to n, without having received anything on the way; no-op when it is there. */
void track_skip_to(struct track *t, uint64_t n, uint64_t *holes_lost);
/* The numbers begin anew: nothing has been received of them. */
void track_restart(struct track *t);
void track_free(struct track *t); /* zeroes t: it could join again */

/* Of a range: how many are not above the cursor, and how many of these are in holes. */
uint64_t track_covered(const struct track *t, struct seq_range of);
uint64_t track_missing(const struct track *t, struct seq_range of);
