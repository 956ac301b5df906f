#include "clients/record/track.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/array.h"
#include "lib/base/err.h"

uint64_t seq_range_overlap(struct seq_range a, struct seq_range b)
{
    uint64_t first = a.first > b.first ? a.first : b.first;
    uint64_t last = a.last < b.last ? a.last : b.last;

    return first <= last ? last - first + 1 : 0;
}

void track_restart(struct track *t)
{
    t->cursor = 0;
    t->nholes = 0;
}

void track_free(struct track *t)
{
    free(t->holes);
    *t = (struct track){0};
}

/* ---- holes: what a track has not received, as ranges in ascending order ---- */

static bool make_room_for_hole(struct track *t)
{
    return t->nholes < TRACK_HOLES_MAX &&
           array_reserve(&t->holes, &t->holes_cap, t->nholes + 1, sizeof *t->holes) == PL_OK;
}

void track_skip_to(struct track *t, uint64_t n, uint64_t *holes_lost)
{
    struct seq_range *last = t->nholes > 0 ? &t->holes[t->nholes - 1] : NULL;

    if (n <= t->cursor)
        return;
    if (last != NULL && last->last == t->cursor)
        last->last = n;
    else if (make_room_for_hole(t))
        t->holes[t->nholes++] = (struct seq_range){t->cursor + 1, n};
    else
        (*holes_lost)++;
    t->cursor = n;
}

/* The first hole that ends at n or above it: the only one that can hold it. */
static uint32_t find_hole(const struct track *t, uint64_t n)
{
    uint32_t low = 0, high = t->nholes;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (t->holes[middle].last < n)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void remove_hole(struct track *t, uint32_t i)
{
    memmove(&t->holes[i], &t->holes[i + 1], (t->nholes - i - 1) * sizeof *t->holes);
    t->nholes--;
}

/* Hole i becomes two, around n. */
static void split_hole(struct track *t, uint32_t i, uint64_t n, uint64_t *holes_lost)
{
    if (!make_room_for_hole(t)) {
        (*holes_lost)++;
        t->holes[i].last = n - 1;
        return;
    }
    memmove(&t->holes[i + 1], &t->holes[i], (t->nholes - i) * sizeof *t->holes);
    t->nholes++;
    t->holes[i].last = n - 1;
    t->holes[i + 1].first = n + 1;
}

/* n arrived after all. False when it was in no hole: it had been received before. */
static bool fill_hole(struct track *t, uint64_t n, uint64_t *holes_lost)
{
    uint32_t i = find_hole(t, n);
    struct seq_range *hole = i < t->nholes ? &t->holes[i] : NULL;

    if (hole == NULL || hole->first > n)
        return false;
    if (hole->first == hole->last)
        remove_hole(t, i);
    else if (hole->first == n)
        hole->first++;
    else if (hole->last == n)
        hole->last--;
    else
        split_hole(t, i, n, holes_lost);
    return true;
}

/* ---- the account ---- */

enum receipt track_take(struct track *t, uint64_t n, uint64_t *holes_lost)
{
    if (n <= t->cursor)
        return fill_hole(t, n, holes_lost) ? RECEIPT_FILLS_GAP : RECEIPT_DUPLICATE;
    track_skip_to(t, n - 1, holes_lost);
    t->cursor = n;
    return RECEIPT_NEW;
}

uint64_t track_covered(const struct track *t, struct seq_range of)
{
    return t->joined ? seq_range_overlap(of, (struct seq_range){1, t->cursor}) : 0;
}

uint64_t track_missing(const struct track *t, struct seq_range of)
{
    uint64_t missing = 0;

    for (uint32_t i = 0; i < t->nholes; i++)
        missing += seq_range_overlap(of, t->holes[i]);
    return missing;
}
