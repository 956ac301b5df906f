#include "servers/http/janitor.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "servers/http/peer.h"

enum { JANITOR_TICK_MS = 50, JANITOR_ROUND_TICKS = 20 /* a round a second */ };

static void janitor_on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct janitor *j = arg;
    uint32_t visits = (j->npeers + JANITOR_ROUND_TICKS - 1) / JANITOR_ROUND_TICKS;
    int64_t now_ns = clock_now_ns();

    (void)fd;
    (void)what;
    while (visits-- > 0) {
        if (j->next >= j->npeers)
            j->next = 0;
        peer_tick(j->peers[j->next++], now_ns);
    }
}

int janitor_start(struct janitor *j, struct event_base *base)
{
    struct timeval tick = {.tv_usec = JANITOR_TICK_MS * 1000};

    *j = (struct janitor){0};
    if (event_assign(&j->tick, base, -1, EV_PERSIST, janitor_on_tick, j) < 0)
        return PL_ENOMEM;
    return event_add(&j->tick, &tick) < 0 ? PL_ENOMEM : PL_OK;
}

int janitor_add(struct janitor *j, struct peer *p)
{
    if (j->npeers == j->capacity) {
        uint32_t capacity = j->capacity ? j->capacity * 2 : 64;
        struct peer **peers = realloc(j->peers, capacity * sizeof *peers);

        if (peers == NULL)
            return PL_ENOMEM;
        j->peers = peers;
        j->capacity = capacity;
    }
    p->slot = j->npeers;
    j->peers[j->npeers++] = p;
    return PL_OK;
}

void janitor_remove(struct janitor *j, struct peer *p)
{
    struct peer *last = j->peers[--j->npeers];

    j->peers[p->slot] = last;
    last->slot = p->slot;
}

void janitor_free(struct janitor *j)
{
    event_del(&j->tick);
    free(j->peers);
    *j = (struct janitor){0};
}
