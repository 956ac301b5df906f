#include "bench/link/path/link_path.h"

/* In front of the others; it holds nothing, so that it only has a name. */
static const struct stage_ops down_ops = {.name = "down"};

void link_path_init(struct link_path *l, const struct link_model *m, uint64_t limit_bytes,
                    uint64_t seed)
{
    int64_t lines = m->lines > 1 ? m->lines : 1;
    struct delay_model delay = m->delay;

    *l = (struct link_path){.down = {.ops = &down_ops}};
    delay.per_connection = lines > 1;
    if (loss_model_ratio(&m->loss) > 0) {
        stage_loss_init(&l->loss, &m->loss, seed);
        l->stages[l->stage_count++] = &l->loss.stage;
    }
    if (m->rate_bps > 0) {
        stage_rate_init(&l->rate, m->rate_bps * lines, m->queue_bytes * (uint64_t)lines);
        l->stages[l->stage_count++] = &l->rate.stage;
    }
    stage_delay_init(&l->delay, &delay, limit_bytes, ~seed);
    l->stages[l->stage_count++] = &l->delay.stage;
}

void link_path_seed(struct link_path *l, uint64_t seed)
{
    stage_loss_seed(&l->loss, seed);
    rng_seed(&l->delay.rng, ~seed);
}

void link_path_free(struct link_path *l)
{
    stage_rate_free(&l->rate);
    stage_delay_free(&l->delay);
}

/* Hand f to the stages from number i on, until one holds or drops it. */
static const struct stage *offer(struct link_path *l, int i, struct frame *f, int64_t at_ns)
{
    for (; i < l->stage_count; i++) {
        enum stage_verdict verdict = l->stages[i]->ops->put(l->stages[i], f, at_ns);

        if (verdict == STAGE_DROP)
            return l->stages[i];
        if (verdict == STAGE_HOLD)
            return NULL;
    }
    return NULL;
}

/* Move what is due from each stage to the next: from first to last, so that the last one
 * has seen all that came by now_ns when it is asked for its earliest. A frame moves at the
 * time it was due, however late we are. */
static void advance(struct link_path *l, int64_t now_ns)
{
    for (int i = 0; i + 1 < l->stage_count; i++) {
        struct frame *f;

        while ((f = l->stages[i]->ops->take(l->stages[i], now_ns)) != NULL) {
            if (offer(l, i + 1, f, f->due_ns) != NULL)
                frame_free(f);
        }
    }
}

const struct stage *link_path_put(struct link_path *l, struct frame *f, int64_t now_ns)
{
    l->packets_in++;
    l->bytes_in += f->len;
    advance(l, now_ns);
    if (now_ns >= l->down_until_ns)
        return offer(l, 0, f, now_ns);
    l->down.dropped_packets++;
    l->down.dropped_bytes += f->len;
    return &l->down;
}

struct frame *link_path_take(struct link_path *l, int64_t now_ns)
{
    struct stage *last = l->stages[l->stage_count - 1];
    struct frame *f;

    advance(l, now_ns);
    f = last->ops->take(last, now_ns);
    if (f != NULL) {
        l->packets_out++;
        l->bytes_out += f->len;
    }
    return f;
}

int64_t link_path_due_ns(const struct link_path *l)
{
    int64_t due_ns = STAGE_NEVER;

    for (int i = 0; i < l->stage_count; i++) {
        int64_t stage_ns = l->stages[i]->ops->due_ns(l->stages[i]);

        if (stage_ns < due_ns)
            due_ns = stage_ns;
    }
    return due_ns;
}

uint64_t link_path_held_packets(const struct link_path *l)
{
    return l->rate.line.packets + l->delay.packets;
}

uint64_t link_path_held_bytes(const struct link_path *l)
{
    return l->rate.line.bytes + l->delay.bytes;
}

void link_path_reset_counters(struct link_path *l)
{
    l->packets_in = l->bytes_in = l->packets_out = l->bytes_out = 0;
    l->down.dropped_packets = l->down.dropped_bytes = 0;
    for (int i = 0; i < l->stage_count; i++)
        l->stages[i]->dropped_packets = l->stages[i]->dropped_bytes = 0;
}
