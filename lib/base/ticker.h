/* One absolute deadline on the loop with nanosecond resolution (timerfd). libevent's own
 * timers round to epoll's milliseconds, and its precise mode pays a timerfd_settime per
 * loop pass; a source of updates and a fleet of pollers need one precise deadline each. */
#pragma once

#include <stdint.h>
#include <event2/event.h>
#include <event2/event_struct.h>

struct ticker {
    struct event event;
    void (*on_due)(void *arg, int64_t now_ns);
    void *arg;
    int64_t due_ns; /* what it was armed for; when it was armed, if that was past */
};

/* 0, PL_ESYS or PL_ENOMEM. */
int ticker_init(struct ticker *t, struct event_base *base, void (*on_due)(void *, int64_t),
                void *arg);
/* Fire once when CLOCK_MONOTONIC reaches due_ns (at once if that is past); replaces an
 * earlier deadline; INT64_MAX disarms. 0 or PL_ESYS. */
int ticker_arm(struct ticker *t, int64_t due_ns);
/* Only after ticker_init() has succeeded. */
void ticker_free(struct ticker *t);
