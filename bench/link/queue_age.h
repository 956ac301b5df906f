/* How long packets may have waited in the kernel before the forwarder read them. The kernel does
 * not date what it queues in a TUN device, so this is an upper bound, from what the forwarder
 * knows: when it last saw the queue empty; that it cannot have slept while something was in it; and
 * how long the kernel says that it was ready to run and had to wait for a processor. Time in which
 * it was stopped counts whole. No I/O but for one file, and no clock. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bench/link/link_net.h"

struct queue_age {
    int64_t since_ns[LINK_SIDES]; /* what is in the queue now came then or later */
    int64_t entered_ns;           /* when the forwarder began to wait for events */
    int64_t delayed_ns;           /* how long it had waited for a processor when it last asked */
    int schedstat_fd;             /* -1: the kernel does not say */
};

/* From now on. To be called by the process whose waiting is meant. */
void queue_age_init(struct queue_age *q, int64_t now_ns);
void queue_age_free(struct queue_age *q);

/* How long this process has been ready to run without running, since it began, in nanoseconds; 0
 * where the kernel does not say. */
int64_t queue_age_delayed_ns(const struct queue_age *q);

/* The forwarder begins to wait for events; a moment later it is back, at now_ns: may_sleep: its
 * wait had no timeout of zero; ready: which sides have packets; delayed_ns: as above. Not to be
 * called when a signal ended the wait. */
void queue_age_enter(struct queue_age *q, int64_t now_ns);
void queue_age_return(struct queue_age *q, int64_t now_ns, bool may_sleep,
                      const bool ready[LINK_SIDES], int64_t delayed_ns);

/* The side's queue was seen to be empty. */
void queue_age_empty(struct queue_age *q, enum link_side side, int64_t now_ns);
