#include "clients/document/convergence.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"

int convergence_init(struct convergence *c, uint32_t nsenders)
{
    *c = (struct convergence){.nsenders = nsenders};
    c->senders = calloc(nsenders, sizeof *c->senders);
    if (c->senders == NULL && nsenders > 0)
        return PL_ENOMEM;
    return hdr_init(&c->lag_us, HDR_LATENCY_LOWEST_US, HDR_LATENCY_HIGHEST_US, HDR_LATENCY_FIGURES);
}

void convergence_free(struct convergence *c)
{
    for (uint32_t i = 0; c->senders != NULL && i < c->nsenders; i++)
        buf_free(&c->senders[i].edits);
    free(c->senders);
    hdr_free(&c->lag_us);
    *c = (struct convergence){0};
}

static struct unsettled *edits_of(const struct sender_edits *s, size_t *n)
{
    *n = s->edits.len / sizeof(struct unsettled);
    return (struct unsettled *)(void *)s->edits.data;
}

static void settle(struct sender_edits *s)
{
    size_t n, settled = 0;
    const struct unsettled *edits = edits_of(s, &n);

    while (settled < n && edits[settled].missing == 0)
        settled++;
    buf_drain(&s->edits, settled * sizeof *edits);
    s->settled += settled;
}

int convergence_sent(struct convergence *c, uint32_t sender, uint32_t listeners)
{
    struct sender_edits *s = &c->senders[sender];
    struct unsettled edit = {.missing = listeners};

    if (buf_add(&s->edits, &edit, sizeof edit) < 0)
        return PL_ENOMEM;
    c->sent++;
    settle(s);
    return PL_OK;
}

bool convergence_applied(struct convergence *c, uint32_t sender, uint64_t n, int64_t sent_ns,
                         int64_t applied_ns, bool in_window)
{
    struct sender_edits *s = &c->senders[sender];
    size_t len;
    struct unsettled *edit = edits_of(s, &len);

    if (n <= s->settled || n - s->settled > len)
        return false;
    edit += n - s->settled - 1;
    if (edit->missing == 0)
        return false;
    edit->missing--;
    if (applied_ns > edit->last_ns)
        edit->last_ns = applied_ns;
    if (edit->missing == 0 && in_window)
        hdr_record(&c->lag_us, (edit->last_ns - sent_ns + NS_PER_US / 2) / NS_PER_US, 1);
    settle(s);
    return true;
}

uint64_t convergence_unsettled(const struct convergence *c)
{
    uint64_t count = 0;

    for (uint32_t i = 0; i < c->nsenders; i++) {
        size_t n;
        const struct unsettled *edits = edits_of(&c->senders[i], &n);

        for (size_t k = 0; k < n; k++)
            count += edits[k].missing > 0;
    }
    return count;
}
