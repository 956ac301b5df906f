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
        free(c->senders[i].at);
    free(c->senders);
    hdr_free(&c->lag_us);
    *c = (struct convergence){0};
}

/* Room for one more behind the last: where settled ones were, if that is half of it. */
static int make_room(struct sender_edits *s)
{
    size_t cap = s->cap == 0 ? 16 : 2 * s->cap;
    struct unsettled *at;

    if (s->first + s->len < s->cap)
        return PL_OK;
    if (s->first > 0 && s->first >= s->cap / 2) {
        memmove(s->at, s->at + s->first, s->len * sizeof *s->at);
        s->first = 0;
        return PL_OK;
    }
    at = realloc(s->at, cap * sizeof *at);
    if (at == NULL)
        return PL_ENOMEM;
    s->at = at;
    s->cap = cap;
    return PL_OK;
}

static void settle(struct sender_edits *s)
{
    while (s->len > 0 && s->at[s->first].missing == 0) {
        s->first++;
        s->len--;
        s->settled++;
    }
    if (s->len == 0)
        s->first = 0;
}

int convergence_sent(struct convergence *c, uint32_t sender, uint32_t listeners)
{
    struct sender_edits *s = &c->senders[sender];

    if (make_room(s) < 0)
        return PL_ENOMEM;
    s->at[s->first + s->len++] = (struct unsettled){.missing = listeners};
    c->sent++;
    settle(s);
    return PL_OK;
}

bool convergence_applied(struct convergence *c, uint32_t sender, uint64_t n, int64_t sent_ns,
                         int64_t applied_ns, bool in_window)
{
    struct sender_edits *s = &c->senders[sender];
    struct unsettled *edit;

    if (n <= s->settled || n - s->settled > s->len)
        return false;
    edit = &s->at[s->first + (size_t)(n - s->settled) - 1];
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
        const struct sender_edits *s = &c->senders[i];

        for (size_t k = 0; k < s->len; k++)
            count += s->at[s->first + k].missing > 0;
    }
    return count;
}
