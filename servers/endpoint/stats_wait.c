#include "servers/endpoint/stats_wait.h"

#include <stdlib.h>

#include "lib/base/err.h"
#include "lib/base/ticker.h"
#include "servers/http/http_context.h"
#include "servers/http/peer.h"

struct held_question {
    struct peer_hook hook;              /* first */
    struct held_question *next, **link; /* struct stats_waits' list */
    struct peer *peer;
    void (*answer)(struct peer *p, int64_t at_ns);
    int64_t at_ns;
};

struct stats_waits {
    struct ticker ticker; /* one descriptor, however many wait */
    struct held_question *first;
};

static void held_on_end(struct peer *p, struct peer_hook *hook)
{
    struct held_question *held = (struct held_question *)hook;

    (void)p;
    *held->link = held->next;
    if (held->next != NULL)
        held->next->link = held->link;
    free(held);
}

/* Setting a timer to a time that is not negative can't fail (timerfd_settime(2)). */
static void arm_for_next(struct stats_waits *waits)
{
    int64_t due_ns = INT64_MAX;

    for (const struct held_question *held = waits->first; held != NULL; held = held->next)
        if (held->at_ns < due_ns)
            due_ns = held->at_ns;
    (void)ticker_arm(&waits->ticker, due_ns);
}

static void on_due(void *arg, int64_t now_ns)
{
    struct stats_waits *waits = arg;
    struct held_question *next;

    for (struct held_question *held = waits->first; held != NULL; held = next) {
        next = held->next;
        if (held->at_ns > now_ns)
            continue;
        peer_hook_remove(&held->hook);
        held->answer(held->peer, held->at_ns);
        held_on_end(held->peer, &held->hook);
    }
    arm_for_next(waits);
}

static int start(struct http_context *c)
{
    struct stats_waits *waits = calloc(1, sizeof *waits);
    int err = PL_ENOMEM;

    if (waits != NULL)
        err = ticker_init(&waits->ticker, c->loop.base, on_due, waits);
    if (err < 0)
        free(waits);
    else
        c->stats_waits = waits;
    return err;
}

int stats_wait_hold(struct peer *p, int64_t at_ns, void (*answer)(struct peer *p, int64_t at_ns))
{
    struct http_context *c = peer_context(p);
    int err = c->stats_waits == NULL ? start(c) : PL_OK;
    struct held_question *held = err == PL_OK ? malloc(sizeof *held) : NULL;

    if (held == NULL)
        return err < 0 ? err : PL_ENOMEM;
    *held = (struct held_question){.hook.ended = held_on_end,
                                   .next = c->stats_waits->first,
                                   .link = &c->stats_waits->first,
                                   .peer = p,
                                   .answer = answer,
                                   .at_ns = at_ns};
    if (held->next != NULL)
        held->next->link = &held->next;
    c->stats_waits->first = held;
    peer_hook_add(p, &held->hook);
    arm_for_next(c->stats_waits);
    return PL_OK;
}

void stats_wait_free(struct http_context *c)
{
    if (c->stats_waits == NULL)
        return;
    ticker_free(&c->stats_waits->ticker);
    free(c->stats_waits);
}
