#include "bench/link/path/stage_delay.h"

#include <math.h>
#include <stdlib.h>

#include "lib/base/array.h"

#define NORMAL_CUT 4.0 /* no delays that are absurdly far from the mean */

static bool frame_before(const struct frame *a, const struct frame *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->id < b->id;
}

static void swap_frames(struct frame **a, struct frame **b)
{
    struct frame *t = *a;

    *a = *b;
    *b = t;
}

/* While order is kept among all, due times only grow, and the loop ends at its first comparison. */
static void heap_push(struct stage_delay *s, struct frame *f)
{
    size_t i = s->packets++;

    s->heap[i] = f;
    for (; i > 0 && frame_before(s->heap[i], s->heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap_frames(&s->heap[i], &s->heap[(i - 1) / 2]);
    s->bytes += f->len;
}

static struct frame *heap_pop(struct stage_delay *s)
{
    struct frame *f = s->heap[0];

    s->heap[0] = s->heap[--s->packets];
    for (size_t i = 0, child = 1; child < s->packets; i = child, child = 2 * i + 1) {
        if (child + 1 < s->packets && frame_before(s->heap[child + 1], s->heap[child]))
            child++;
        if (!frame_before(s->heap[child], s->heap[i]))
            break;
        swap_frames(&s->heap[child], &s->heap[i]);
    }
    s->bytes -= f->len;
    return f;
}

/* One jitter in units of jitter_ns. */
static double draw_jitter(struct stage_delay *s)
{
    double x;

    if (s->model.shape == JITTER_UNIFORM)
        return 2 * rng_uniform(&s->rng) - 1;
    x = rng_normal(&s->rng);
    return fmax(-NORMAL_CUT, fmin(NORMAL_CUT, x));
}

static int64_t draw_delay_ns(struct stage_delay *s)
{
    int64_t delay_ns = s->model.delay_ns;

    if (s->model.jitter_ns > 0)
        delay_ns += llround(draw_jitter(s) * (double)s->model.jitter_ns);
    return delay_ns > 0 ? delay_ns : 0;
}

static enum stage_verdict delay_put(struct stage *stage, struct frame *f, int64_t at_ns)
{
    struct stage_delay *s = (struct stage_delay *)stage;
    size_t group = s->model.per_connection ? f->connection % STAGE_DELAY_GROUPS : 0;

    f->due_ns = at_ns + draw_delay_ns(s);
    if (s->bytes + f->len > s->limit_bytes ||
        array_reserve(&s->heap, &s->capacity, s->packets + 1, sizeof *s->heap) < 0) {
        stage->dropped_packets++;
        stage->dropped_bytes += f->len;
        return STAGE_DROP;
    }
    if (!s->model.reorder && f->due_ns < s->last_due_ns[group])
        f->due_ns = s->last_due_ns[group];
    s->last_due_ns[group] = f->due_ns;
    heap_push(s, f);
    return STAGE_HOLD;
}

static int64_t delay_due_ns(const struct stage *stage)
{
    const struct stage_delay *s = (const struct stage_delay *)stage;

    return s->packets == 0 ? STAGE_NEVER : s->heap[0]->due_ns;
}

static struct frame *delay_take(struct stage *stage, int64_t now_ns)
{
    return delay_due_ns(stage) <= now_ns ? heap_pop((struct stage_delay *)stage) : NULL;
}

void stage_delay_init(struct stage_delay *s, const struct delay_model *m, uint64_t limit_bytes,
                      uint64_t seed)
{
    static const struct stage_ops ops = {"memory", delay_put, delay_due_ns, delay_take};

    *s = (struct stage_delay){.stage.ops = &ops, .model = *m, .limit_bytes = limit_bytes};
    for (size_t i = 0; i < STAGE_DELAY_GROUPS; i++)
        s->last_due_ns[i] = INT64_MIN;
    rng_seed(&s->rng, seed);
}

void stage_delay_free(struct stage_delay *s)
{
    while (s->packets > 0)
        frame_free(heap_pop(s));
    free(s->heap);
    s->heap = NULL;
    s->capacity = 0;
}
