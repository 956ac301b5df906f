#include "bench/ladder/ladder.h"

#include <stdlib.h>

void ladder_count(const struct ladder *l, size_t steps, int64_t until_ns, struct ladder_counts *out)
{
    *out = (struct ladder_counts){.packets = (unsigned)steps};
    for (size_t i = 0; i < steps; i++) {
        const struct ladder_step *s = &l->steps[i];

        out->bytes += s->bytes;
        out->lost += s->lost;
        out->again += s->again;
        out->acks += s->kind == LADDER_ACK;
        if (s->delivered_ns > until_ns)
            continue;
        out->updates += s->updates;
    }
    for (size_t i = 0; i < l->span_count; i++) {
        if (l->spans[i].to >= steps || l->spans[i].end_ns > until_ns)
            continue;
        out->round_trips += l->spans[i].round_trips;
        out->handshakes += l->spans[i].kind == LADDER_SPAN_TCP;
    }
}

void ladder_free(struct ladder *l)
{
    free(l->steps);
    free(l->spans);
    free(l->updates);
    *l = (struct ladder){.steps = NULL};
}
