/* Deadlines of a whole fleet over one precise timer: a binary min-heap of absolute times
 * above one lib/base/ticker. Fifty thousand pollers cost one timerfd, O(log n) per deadline and
 * a system call only when the earliest one changes.
 *
 * The heap is pure: time is an argument of schedule_run(), so tests control it.
 * schedule_attach() adds the edge that reads it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clients/record/recorder.h"
#include "lib/base/ticker.h"

/* Embedded in what waits. Set on_due once; a deadline is in the heap at most once. */
struct deadline {
    int64_t due_ns;
    void (*on_due)(struct deadline *d, int64_t now_ns);
    uint32_t slot; /* 1-based place in the heap; 0: not waiting */
};

struct schedule {
    struct deadline **heap; /* owned; the deadlines are their owners' */
    size_t len, cap;
    struct ticker ticker;
    struct recorder *recorder; /* borrowed; is told how late the ticker was; NULL: nobody is */
    int64_t armed_ns;          /* what the ticker waits for; INT64_MAX: nothing */
    bool attached, running;
};

/* Room for capacity deadlines at a time, so that setting one cannot fail. 0 or PL_ENOMEM. */
int schedule_init(struct schedule *s, size_t capacity);
/* From now on the loop runs what is due, and recorder, which may be NULL, is told each time how
 * late that was. 0, PL_ESYS or PL_ENOMEM. */
int schedule_attach(struct schedule *s, struct event_base *base, struct recorder *recorder);
void schedule_free(struct schedule *s);

/* Call d->on_due once at due_ns (as soon as possible if that is past); moves d if it waits. */
void schedule_set(struct schedule *s, struct deadline *d, int64_t due_ns);
/* Harmless when d does not wait. */
void schedule_cancel(struct schedule *s, struct deadline *d);

/* The earliest deadline, INT64_MAX when none waits. */
int64_t schedule_next_ns(const struct schedule *s);

/* Call everything due at now_ns in the order of time; returns how many were. What is set
 * anew for now or earlier while this runs waits for the next run: timers cannot starve I/O. */
size_t schedule_run(struct schedule *s, int64_t now_ns);

/* When each of n timers with the same interval is due first, counted from their common start:
 * number index has its own slice of the interval, and unit (uniform in [0, 1)) says where in it. So
 * they cover the interval evenly, and a seed moves every one of them. Pure. */
int64_t schedule_phase_ns(int64_t interval_ns, uint64_t index, uint64_t n, double unit);

/* A random wait in [0, max_ns), for the request number nth of a client: always the same for the
 * same seed, whatever the order in which clients ask. Pure. */
int64_t schedule_pause_ns(uint64_t seed, uint64_t client, uint64_t nth, int64_t max_ns);

/* How long a client waits before it first tries to connect again: a random time in [0, window_ns),
 * or told_ns, the wait that the server asked for, whichever is longer. Both run from the loss, so
 * they don't add up. The same for the same seed, client and number of its loss. Pure. */
int64_t schedule_reconnect_ns(uint64_t seed, uint64_t client, uint64_t nth, int64_t window_ns,
                              int64_t told_ns);

/* How long a client waits after an answer before it polls again, when it backs off: interval_ns
 * after an answer that was fresh (it had updates, or was the first), and otherwise factor times
 * the last such wait, up to max_ns. Pure. */
int64_t schedule_grown_ns(int64_t last_ns, bool fresh, int64_t interval_ns, double factor,
                          int64_t max_ns);

/* How many of the times first_due_ns, first_due_ns + interval_ns, ... lie before end_ns. Pure. */
uint64_t schedule_count_due(int64_t first_due_ns, int64_t interval_ns, int64_t end_ns);
