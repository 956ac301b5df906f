#include "servers/http/http_context.h"

#include <stdlib.h>
#include <time.h>

#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/proto/http_reader.h"
#include "servers/http/peer.h"

enum { READ_BUF_BYTES = 65536, TICK_MS = 50, ROUND_TICKS = 20 /* a round a second */ };

const char *http_context_date(struct http_context *c)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec != c->date_unix_s) {
        c->date_unix_s = now.tv_sec;
        http_date(c->date, now.tv_sec);
    }
    return c->date;
}

const int stats_statuses[STATS_STATUSES] = {
    101, 200, 202, 204, 304, 400, 401, 403, 404, 405, 408,
    409, 413, 414, 415, 426, 431, 500, 501, 503, 505, 0,
};

void account_response(struct account *a, int status)
{
    int i = 0;

    while (i < STATS_STATUSES - 1 && stats_statuses[i] != status)
        i++;
    a->responses[i]++;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct http_context *c = arg;
    uint32_t visits = (c->npeers + ROUND_TICKS - 1) / ROUND_TICKS;
    int64_t now_ns = clock_now_ns();

    (void)fd;
    (void)what;
    while (visits-- > 0) {
        if (c->next_visited >= c->npeers)
            c->next_visited = 0;
        peer_tick(c->peers[c->next_visited++], now_ns);
    }
}

int http_context_add_peer(struct http_context *c, struct peer *p)
{
    if (array_reserve(&c->peers, &c->peers_room, c->npeers + 1, sizeof(struct peer *)) < 0)
        return PL_ENOMEM;
    p->slot = c->npeers;
    c->peers[c->npeers++] = p;
    return PL_OK;
}

void http_context_remove_peer(struct http_context *c, struct peer *p)
{
    struct peer *last = c->peers[--c->npeers];

    c->peers[p->slot] = last;
    last->slot = p->slot;
}

int http_context_start(struct http_context *c, struct event_base *base)
{
    struct timeval tick = {.tv_usec = TICK_MS * 1000};

    if (conn_loop_init(&c->loop, base, READ_BUF_BYTES) < 0 ||
        event_assign(&c->tick, base, -1, EV_PERSIST, on_tick, c) < 0 ||
        event_add(&c->tick, &tick) < 0)
        return PL_ENOMEM;
    return PL_OK;
}

static void stop_peer(struct peer *p)
{
    if (p->conn.ended || p->conn.finishing)
        return;
    if (p->transport != NULL && p->transport->stop != NULL)
        p->transport->stop(p);
    else
        conn_close(&p->conn);
}

void http_context_stop(struct http_context *c)
{
    c->stopping = true;
    listener_stop(c);
    for (uint32_t i = 0; i < c->npeers; i++)
        stop_peer(c->peers[i]);
    if (c->connections.open == 0)
        event_base_loopbreak(c->loop.base);
}

void http_context_free(struct http_context *c)
{
    listener_stop(c);
    for (uint32_t i = 0; i < c->npeers; i++)
        conn_close(&c->peers[i]->conn);
    if (c->loop.read_buf != NULL) {
        conn_loop_free(&c->loop);
        event_del(&c->tick);
    }
    free(c->peers);
    buf_free(&c->scratch);
}
