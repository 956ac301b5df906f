#include "clients/client/schedule.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/err.h"
#include "lib/base/rng.h"

int schedule_init(struct schedule *s, size_t capacity)
{
    *s = (struct schedule){.cap = capacity, .armed_ns = INT64_MAX};
    s->heap = calloc(capacity + 1, sizeof(struct deadline *)); /* slot 0 stays empty */
    return s->heap == NULL ? PL_ENOMEM : PL_OK;
}

void schedule_free(struct schedule *s)
{
    if (s->attached)
        ticker_free(&s->ticker);
    free(s->heap);
    *s = (struct schedule){0};
}

static void place(struct schedule *s, struct deadline *d, size_t slot)
{
    s->heap[slot] = d;
    d->slot = (uint32_t)slot;
}

/* Move d from slot towards the root until its parent is not later. */
static void sift_up(struct schedule *s, struct deadline *d, size_t slot)
{
    while (slot > 1 && s->heap[slot / 2]->due_ns > d->due_ns) {
        place(s, s->heap[slot / 2], slot);
        slot /= 2;
    }
    place(s, d, slot);
}

/* Move d from slot towards the leaves until no child is earlier. */
static void sift_down(struct schedule *s, struct deadline *d, size_t slot)
{
    for (;;) {
        size_t child = slot * 2;

        if (child > s->len)
            break;
        if (child < s->len && s->heap[child + 1]->due_ns < s->heap[child]->due_ns)
            child++;
        if (s->heap[child]->due_ns >= d->due_ns)
            break;
        place(s, s->heap[child], slot);
        slot = child;
    }
    place(s, d, slot);
}

static void reposition(struct schedule *s, struct deadline *d, size_t slot)
{
    if (slot > 1 && s->heap[slot / 2]->due_ns > d->due_ns)
        sift_up(s, d, slot);
    else
        sift_down(s, d, slot);
}

/* Keep the ticker no later than the earliest deadline. It may fire too early after a
 * cancellation: that costs one wake-up, moving it each time would cost a system call. */
static void arm(struct schedule *s)
{
    int64_t next_ns = schedule_next_ns(s);

    if (!s->attached || s->running || next_ns >= s->armed_ns)
        return;
    if (ticker_arm(&s->ticker, next_ns) == PL_OK)
        s->armed_ns = next_ns;
}

void schedule_set(struct schedule *s, struct deadline *d, int64_t due_ns)
{
    size_t slot = d->slot;

    d->due_ns = due_ns;
    if (slot == 0) {
        assert(s->len < s->cap);
        slot = ++s->len;
        place(s, d, slot);
    }
    reposition(s, d, slot);
    arm(s);
}

void schedule_cancel(struct schedule *s, struct deadline *d)
{
    size_t slot = d->slot;
    struct deadline *last;

    if (slot == 0)
        return;
    d->slot = 0;
    last = s->heap[s->len--];
    if (last != d)
        reposition(s, last, slot);
}

int64_t schedule_next_ns(const struct schedule *s)
{
    return s->len == 0 ? INT64_MAX : s->heap[1]->due_ns;
}

size_t schedule_run(struct schedule *s, int64_t now_ns)
{
    size_t budget = s->len, ran = 0;

    s->running = true;
    while (ran < budget && schedule_next_ns(s) <= now_ns) {
        struct deadline *d = s->heap[1];

        schedule_cancel(s, d);
        d->on_due(d, now_ns);
        ran++;
    }
    s->running = false;
    return ran;
}

static void on_tick(void *arg, int64_t now_ns)
{
    struct schedule *s = arg;

    s->armed_ns = INT64_MAX;
    if (s->recorder != NULL)
        recorder_timer_late(s->recorder, s->ticker.due_ns, now_ns);
    schedule_run(s, now_ns);
    arm(s);
}

int schedule_attach(struct schedule *s, struct event_base *base, struct recorder *recorder)
{
    int err = ticker_init(&s->ticker, base, on_tick, s);

    if (err < 0)
        return err;
    s->attached = true;
    s->recorder = recorder;
    arm(s);
    return PL_OK;
}

int64_t schedule_phase_ns(int64_t interval_ns, uint64_t index, uint64_t n, double unit)
{
    return (int64_t)(((double)index + unit) / (double)n * (double)interval_ns);
}

int64_t schedule_pause_ns(uint64_t seed, uint64_t client, uint64_t nth, int64_t max_ns)
{
    const uint64_t odd = UINT64_C(0xD1342543DE82EF95); /* spreads small numbers over all bits */
    struct rng rng;

    rng_seed(&rng, ((seed * odd ^ client) * odd ^ nth) * odd);
    return (int64_t)(rng_uniform(&rng) * (double)max_ns);
}

int64_t schedule_reconnect_ns(uint64_t seed, uint64_t client, uint64_t nth, int64_t window_ns,
                              int64_t told_ns)
{
    /* Another seed than that of its pauses, which would be the same numbers. */
    int64_t drawn_ns = schedule_pause_ns(~seed, client, nth, window_ns);

    return drawn_ns > told_ns ? drawn_ns : told_ns;
}

int64_t schedule_grown_ns(int64_t last_ns, bool fresh, int64_t interval_ns, double factor,
                          int64_t max_ns)
{
    double grown_ns = (double)last_ns * factor;

    if (fresh)
        return interval_ns;
    return grown_ns < (double)max_ns ? (int64_t)grown_ns : max_ns;
}

uint64_t schedule_count_due(int64_t first_due_ns, int64_t interval_ns, int64_t end_ns)
{
    if (first_due_ns >= end_ns)
        return 0;
    return (uint64_t)((end_ns - 1 - first_due_ns) / interval_ns) + 1;
}
