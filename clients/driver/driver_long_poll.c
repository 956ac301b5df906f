/* Long polling (RFC 6202 §2.1, HTTP long polling): the server holds the request until it has
 * something to say; the next one leaves at once. */
#include "lib/base/clock.h"
#include "clients/driver/poller.h"

static int64_t long_poll_first_due_ns(struct poller *p, int64_t now_ns)
{
    (void)p;
    return now_ns;
}

static int64_t long_poll_next_due_ns(const struct poller *p, int64_t answered_ns)
{
    (void)p;
    return answered_ns;
}

/* The first answer tells the cursor. Where channels may be silent until somebody who has joined
 * speaks, it is asked for at once. */
static int64_t long_poll_hold_ms(const struct poller *p)
{
    const struct client *c = &p->client;
    const struct client_options *opt = c->env->opt;

    if (!c->track.joined && (c->lanes != NULL || opt->send != SEND_NONE))
        return 0;
    return opt->hold_ns / NS_PER_MS;
}

static const struct poller_kind long_poll = {
    .first_due_ns = long_poll_first_due_ns,
    .next_due_ns = long_poll_next_due_ns,
    .hold_ms = long_poll_hold_ms,
};

static void long_poll_init(struct client *c)
{
    poller_init(c, &long_poll);
}

extern const struct driver driver_long_poll;
const struct driver driver_long_poll = {
    .info = &transport_infos[TRANSPORT_LONG_POLL],
    .init = long_poll_init,
    POLLER_VERBS,
};
