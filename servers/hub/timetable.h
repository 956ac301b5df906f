/* The account of a source that plays a schedule: which updates were due, which of them were
 * published, and how late. The source keeps it (servers/source/player.h), /stats tells it. Numbers
 * are totals since the start: those of a window are the difference of two. It reads no clock. */
#pragma once

#include <stdint.h>

#include "lib/hdr/hdr.h"

enum { TIMETABLE_RECENT = 1024 };

struct timetable {
    uint64_t played;    /* published, on time or late */
    uint64_t skipped;   /* due and never published, as the schedule was moved past them */
    int64_t stalled_ns; /* by which it was moved so far */
    struct {
        int64_t from_ns, to_ns;
        uint64_t skipped;
    } move;             /* the newest one; all zero: none */
    struct hdr late_us; /* published − due, of all */
    struct timetable_play {
        int64_t due_ns, published_ns;
    } recent[TIMETABLE_RECENT]; /* number n is at n % TIMETABLE_RECENT, counted from 0 */
};

/* 0 or PL_ENOMEM. */
int timetable_init(struct timetable *s);
void timetable_free(struct timetable *s); /* all zero, or initialised */

/* What was due at due_ns is published now. Neither time falls from call to call. */
void timetable_play(struct timetable *s, int64_t due_ns, int64_t now_ns);
/* Nothing could be published from from_ns to to_ns: what is left of the schedule comes that much
 * later. skipped: how many would have been due in that time. */
void timetable_move(struct timetable *s, int64_t from_ns, int64_t to_ns, uint64_t skipped);

/* What was due before at_ns, and what had been published by then. Exact as far as the recent plays
 * reach back, which is for a time just past. */
struct timetable_counts {
    uint64_t due, published;
};
struct timetable_counts timetable_count(const struct timetable *s, int64_t at_ns);
/* Of the values in the bucket of late_us at it: how many are of updates due before at_ns. */
int64_t timetable_count_late(const struct timetable *s, const struct hdr_iter *it, int64_t at_ns);
