#include "bench/link/queue_age.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "bench/base/file.h"
#include "lib/base/clock.h"

/* A wait that took no longer beyond its delays may not have slept at all. */
#define AWAKE_NS (50 * NS_PER_US)

void queue_age_init(struct queue_age *q, int64_t now_ns)
{
    *q = (struct queue_age){.entered_ns = now_ns};
    q->schedstat_fd = open("/proc/self/schedstat", O_RDONLY | O_CLOEXEC);
    q->delayed_ns = queue_age_delayed_ns(q);
    for (int side = 0; side < LINK_SIDES; side++)
        q->since_ns[side] = now_ns;
}

void queue_age_free(struct queue_age *q)
{
    file_close(&q->schedstat_fd);
}

/* "ran waited slices", the first two in nanoseconds (Documentation/scheduler/sched-stats). */
int64_t queue_age_delayed_ns(const struct queue_age *q)
{
    char text[80] = "";
    int64_t delayed_ns = 0;

    if (q->schedstat_fd < 0 || pread(q->schedstat_fd, text, sizeof text - 1, 0) <= 0 ||
        sscanf(text, "%*s %" SCNd64, &delayed_ns) != 1)
        return 0;
    return delayed_ns;
}

void queue_age_enter(struct queue_age *q, int64_t now_ns)
{
    q->entered_ns = now_ns;
}

void queue_age_return(struct queue_age *q, int64_t now_ns, bool may_sleep,
                      const bool ready[LINK_SIDES], int64_t delayed_ns)
{
    int64_t passed_ns = now_ns - q->entered_ns, late_ns = delayed_ns - q->delayed_ns;
    bool slept = may_sleep && passed_ns > late_ns + AWAKE_NS;

    q->delayed_ns = delayed_ns;
    if (!slept)
        late_ns = passed_ns;
    for (int side = 0; side < LINK_SIDES; side++) /* empty when it went to sleep, or just now */
        if ((slept || !ready[side]) && q->since_ns[side] < now_ns - late_ns)
            q->since_ns[side] = now_ns - late_ns;
}

void queue_age_empty(struct queue_age *q, enum link_side side, int64_t now_ns)
{
    q->since_ns[side] = now_ns;
}
