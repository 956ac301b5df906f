#include "lib/base/ticker.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"

static void ticker_on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct ticker *t = arg;
    uint64_t expirations;

    (void)what;
    if (read(fd, &expirations, sizeof expirations) != (ssize_t)sizeof expirations)
        return; /* re-armed meanwhile */
    t->on_due(t->arg, clock_now_ns());
}

int ticker_init(struct ticker *t, struct event_base *base, void (*on_due)(void *, int64_t),
                void *arg)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

    if (fd < 0)
        return PL_ESYS;
    t->on_due = on_due;
    t->arg = arg;
    if (event_assign(&t->event, base, fd, EV_READ | EV_PERSIST, ticker_on_readable, t) == 0 &&
        event_add(&t->event, NULL) == 0)
        return PL_OK;
    close(fd);
    return PL_ENOMEM;
}

int ticker_arm(struct ticker *t, int64_t due_ns)
{
    struct itimerspec at = {0}; /* all zero disarms */

    if (due_ns != INT64_MAX) {
        if (due_ns < 1)
            due_ns = 1;
        at.it_value.tv_sec = due_ns / NS_PER_S;
        at.it_value.tv_nsec = due_ns % NS_PER_S;
    }
    t->due_ns = clock_now_ns();
    if (t->due_ns < due_ns)
        t->due_ns = due_ns;
    return timerfd_settime((int)t->event.ev_fd, TFD_TIMER_ABSTIME, &at, NULL) < 0 ? PL_ESYS : PL_OK;
}

void ticker_free(struct ticker *t)
{
    event_del(&t->event);
    close((int)t->event.ev_fd);
}
