/* Short polling (RFC 6202 §2.1): ask every interval, whether or not there is anything. */
#include "clients/driver/poller.h"

/* Phases are spread over the interval, or all clients would ask at once. */
static int64_t short_poll_first_due_ns(struct poller *p, int64_t now_ns)
{
    struct client_env *env = p->client.env;

    return now_ns + poller_phase_ns(env->opt->interval_ns, p->client.index,
                                    (uint64_t)env->opt->clients, rng_uniform(&env->rng));
}

static int64_t short_poll_next_due_ns(const struct poller *p, int64_t answered_ns)
{
    (void)answered_ns;
    return p->due_ns + p->client.env->opt->interval_ns;
}

static int64_t short_poll_hold_ms(const struct poller *p)
{
    (void)p;
    return -1;
}

static const struct poller_kind short_poll = {
    .first_due_ns = short_poll_first_due_ns,
    .next_due_ns = short_poll_next_due_ns,
    .hold_ms = short_poll_hold_ms,
};

static void short_poll_init(struct client *c)
{
    poller_init(c, &short_poll);
}

extern const struct driver driver_short_poll;
const struct driver driver_short_poll = {
    .info = &transport_infos[TRANSPORT_SHORT_POLL],
    .init = short_poll_init,
    .count_unsent = poller_count_unsent,
    POLLER_VERBS,
};
