/* Plays a schedule in real time: calls back for each thing that is due.
 *
 * What is due is told as an offset from the beginning, not as a gap, so that late wake-ups do
 * not add up. After a stall the missed part is caught up at once; but when more than
 * PACER_STALL_MAX_NS is missing (the machine slept, or cannot keep up), the rest of the schedule
 * moves, instead of coming in one lump. */
#ifndef PUSHLAB_PACER_H
#define PUSHLAB_PACER_H

#include <stdint.h>
#include <event2/event.h>

#include "lib/base/ticker.h"

#define PACER_STALL_MAX_NS INT64_C(1000000000)
enum { PACER_BATCH_MAX = 1000 /* in one wake-up: connections get their turn in between */ };

struct pacer {
    struct ticker ticker;
    /* Play what is due. Returns the offset of the next, never before this one; INT64_MAX: that
     * was the last. */
    int64_t (*play)(void *arg);
    void *arg;
    double speed;       /* offsets pass so many times as fast as the clock */
    int64_t zero_ns;    /* CLOCK_MONOTONIC at offset 0 */
    int64_t offset_ns;  /* of what is next */
    int64_t stalled_ns; /* by which the schedule was moved so far */
};

/* 0, PL_ESYS or PL_ENOMEM; on failure there is nothing to free. */
int pacer_init(struct pacer *p, struct event_base *base, int64_t (*play)(void *), void *arg,
               double speed);
/* (Re)start: offset 0 is now, the first is due at offset_ns. 0 or PL_ESYS. */
int pacer_start(struct pacer *p, int64_t offset_ns, int64_t now_ns);
void pacer_free(struct pacer *p);

/* When the one that is played next, or just now, was or is due. */
int64_t pacer_due_ns(const struct pacer *p);
/* Play what is due by now_ns without waiting for the loop to come round to it. */
void pacer_catch_up(struct pacer *p, int64_t now_ns);

/* Play what is due by now_ns. Returns when to come back; INT64_MAX: never. */
int64_t pacer_run(struct pacer *p, int64_t now_ns);

#endif
