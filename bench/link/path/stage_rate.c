#include "bench/link/path/stage_rate.h"

#include "lib/base/clock.h"

int64_t stage_rate_airtime_ns(int64_t rate_bps, uint64_t len)
{
    return (int64_t)((double)len * 8 * (double)NS_PER_S / (double)rate_bps + 0.5);
}

static bool has_room(const struct stage_rate *s, uint32_t len)
{
    if (s->line.first == NULL)
        return true;
    return s->line.bytes - s->line.first->len + len <= s->queue_bytes;
}

static enum stage_verdict rate_put(struct stage *stage, struct frame *f, int64_t at_ns)
{
    struct stage_rate *s = (struct stage_rate *)stage;

    if (!has_room(s, f->len)) {
        stage->dropped_packets++;
        stage->dropped_bytes += f->len;
        return STAGE_DROP;
    }
    if (s->free_ns < at_ns)
        s->free_ns = at_ns;
    s->free_ns += stage_rate_airtime_ns(s->rate_bps, f->len);
    f->due_ns = s->free_ns;
    frame_line_push(&s->line, f);
    return STAGE_HOLD;
}

static int64_t rate_due_ns(const struct stage *stage)
{
    const struct stage_rate *s = (const struct stage_rate *)stage;

    return s->line.first == NULL ? STAGE_NEVER : s->line.first->due_ns;
}

static struct frame *rate_take(struct stage *stage, int64_t now_ns)
{
    struct stage_rate *s = (struct stage_rate *)stage;

    return rate_due_ns(stage) <= now_ns ? frame_line_pop(&s->line) : NULL;
}

void stage_rate_init(struct stage_rate *s, int64_t rate_bps, uint64_t queue_bytes)
{
    static const struct stage_ops ops = {"queue", rate_put, rate_due_ns, rate_take};

    *s = (struct stage_rate){
        .stage.ops = &ops, .rate_bps = rate_bps, .queue_bytes = queue_bytes, .free_ns = INT64_MIN};
}

void stage_rate_free(struct stage_rate *s)
{
    frame_line_free(&s->line);
}
