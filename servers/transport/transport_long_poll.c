#include "servers/transport/transports.h"

#include <stdlib.h>
#include <event2/event.h>
#include <event2/event_struct.h>

#include "lib/base/clock.h"
#include "servers/http/reply.h"
#include "servers/transport/poll.h"

/* A held request. Kept with the connection: the next request will be held too. */
struct hold {
    struct event timer;
    struct peer *peer;
    struct reading reading; /* while it waits */
    int64_t deadline_ns;
    bool waiting;
};

static struct timeval timeval_of_ns(int64_t ns)
{
    int64_t us = (ns + NS_PER_US - 1) / NS_PER_US;

    return (struct timeval){.tv_sec = us / 1000000, .tv_usec = us % 1000000};
}

static void long_poll_answer(struct hold *hold)
{
    struct peer *p = hold->peer;

    hold->waiting = false;
    hub_unsubscribe(peer_context(p)->hub, &p->sub);
    poll_answer(p, &hold->reading);
    poll_release_reading(&hold->reading);
}

static void long_poll_deliver(struct subscriber *sub, struct update *u, enum delivery how)
{
    struct peer *p = peer_from_subscriber(sub);

    (void)u;
    (void)how;
    if (!p->conn.ended)
        long_poll_answer(p->state);
}

/* The timer is left running when a request is answered early, and re-armed here for the
 * request that is held by then: a busy client costs no timer operation per request. */
static void long_poll_on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct hold *hold = arg;
    int64_t left_ns = hold->deadline_ns - clock_now_ns();
    struct timeval left;

    (void)fd;
    (void)what;
    if (!hold->waiting || hold->peer->conn.ended)
        return;
    if (left_ns <= 0) {
        long_poll_answer(hold);
        return;
    }
    left = timeval_of_ns(left_ns);
    if (event_add(&hold->timer, &left) < 0)
        peer_drop(hold->peer, DROP_NO_MEMORY);
}

static struct hold *hold_of(struct peer *p)
{
    struct hold *hold = p->state;

    if (hold != NULL)
        return hold;
    hold = calloc(1, sizeof *hold);
    if (hold == NULL)
        return NULL;
    hold->peer = p;
    if (event_assign(&hold->timer, peer_context(p)->loop.base, -1, 0, long_poll_on_timer, hold) <
        0) {
        free(hold);
        return NULL;
    }
    p->state = hold;
    return hold;
}

/* The timer must fire at the deadline or earlier; a pending one that fires later is moved. */
static int hold_arm(struct hold *hold, int64_t hold_ns, int64_t now_ns)
{
    struct timeval wait = timeval_of_ns(hold_ns);
    int64_t armed_ns = hold->deadline_ns;

    hold->deadline_ns = now_ns + hold_ns;
    if (event_pending(&hold->timer, EV_TIMEOUT, NULL) && armed_ns <= hold->deadline_ns)
        return 0;
    return event_add(&hold->timer, &wait);
}

/* Without since, the cursor is the newest update from here on. */
static void long_poll_hold(struct peer *p, const struct reading *reading, int64_t hold_ns,
                           int64_t now_ns)
{
    struct hub *h = peer_context(p)->hub;
    struct hold *hold = hold_of(p);

    if (hold == NULL || hold_arm(hold, hold_ns, now_ns) < 0) {
        peer_drop(p, DROP_NO_MEMORY);
        return;
    }
    hold->reading = *reading;
    subscription_ref(reading->to);
    if (reading->cursor == HUB_FROM_NOW)
        hold->reading.cursor = hub_newest_seq(h);
    hold->waiting = true;
    p->sub.deliver = long_poll_deliver;
    hub_subscribe(h, &p->sub, reading->to);
}

static void long_poll_open(struct peer *p, const struct http_request *req)
{
    struct reading reading;
    int64_t hold_ns;

    if (!poll_parse_hold(p, req, &hold_ns) || !poll_parse_reading(p, req, NULL, &reading))
        return;
    if (hold_ns == 0 || req->head || hub_has_news(peer_context(p)->hub, reading.to, reading.cursor))
        poll_answer(p, &reading);
    else
        long_poll_hold(p, &reading, hold_ns, req->now_ns);
    poll_release_reading(&reading);
}

/* A held request is answered with 204, so that the client asks again, perhaps another server; or
 * told when to. */
static void long_poll_stop(struct peer *p)
{
    struct hold *hold = p->state;

    if (hold == NULL || !hold->waiting) {
        conn_close(&p->conn);
        return;
    }
    p->http->persist = false;
    if (peer_context(p)->settings->reconnect_window_ns == 0) {
        long_poll_answer(hold);
        return;
    }
    hold->waiting = false;
    hub_unsubscribe(peer_context(p)->hub, &p->sub);
    poll_release_reading(&hold->reading);
    reply_later(p, "the server is stopping");
}

static void long_poll_release(struct peer *p)
{
    struct hold *hold = p->state;

    if (hold == NULL)
        return;
    hub_unsubscribe(peer_context(p)->hub, &p->sub);
    poll_release_reading(&hold->reading);
    event_del(&hold->timer);
    free(hold);
    p->state = NULL;
}

const struct transport transport_long_poll = {
    .info = &transport_infos[TRANSPORT_LONG_POLL],
    .open = long_poll_open,
    .stop = long_poll_stop,
    .release = long_poll_release,
};
