/* Polling (RFC 6202 §2.1 and §4): requests, one at a time, each with its answer. Short
 * polling is long polling with a hold of nothing and an open-loop timer: both drivers are
 * this module with another idea of when the next poll is due.
 *
 * Open loop: a poll is due when the timer says so, whatever became of the one before. If
 * that is still unanswered the poll leaves as soon as it can, late, and is recorded from its
 * due time. None is skipped.
 */
#ifndef PUSHLAB_POLLER_H
#define PUSHLAB_POLLER_H

#include "clients/client/client.h"
#include "clients/client/http_exchange.h"

struct poller;

struct poller_kind {
    /* When the first poll leaves, of a client begun at now_ns. */
    int64_t (*first_due_ns)(struct poller *p, int64_t now_ns);
    /* When the next one is due, after the one that was due at p->due_ns was answered. */
    int64_t (*next_due_ns)(const struct poller *p, int64_t answered_ns);
    /* How long the server is asked to hold a request (timeout=); negative: not asked. */
    int64_t (*hold_ms)(const struct poller *p);
};

struct poller {
    struct client client;
    const struct poller_kind *kind;
    struct http_exchange exchange;
    int64_t due_ns; /* of the poll under way, or of the next */
    bool in_flight; /* sent, not answered */
    bool counted;   /* this due poll has been recorded as late as it was */
};

void poller_init(struct client *c, const struct poller_kind *kind);
/* The verbs of both drivers. */
void poller_begin(struct client *c, int64_t now_ns);
void poller_on_open(struct client *c, int64_t now_ns);
void poller_on_data(struct client *c, uint8_t *data, size_t len, int64_t recv_ns);
void poller_on_lost(struct client *c, enum conn_end why, int64_t now_ns);
void poller_on_due(struct client *c, int64_t now_ns);
void poller_leave(struct client *c, int64_t now_ns);
void poller_free(struct client *c);
/* Of the open-loop timer only: a long poll is due when the one before is answered. */
uint64_t poller_count_unsent(const struct client *c, int64_t end_ns);

#define POLLER_VERBS                                                                               \
    .client_bytes = sizeof(struct poller), .begin = poller_begin, .on_open = poller_on_open,       \
    .on_data = poller_on_data, .on_lost = poller_on_lost, .on_due = poller_on_due,                 \
    .leave = poller_leave, .free = poller_free

/* Where in the interval client index of nclients starts polling: each has its own slice,
 * unit (uniform in [0, 1)) says where in it. The fleet covers the interval evenly, and the
 * seed moves every client. Pure. */
int64_t poller_phase_ns(int64_t interval_ns, uint64_t index, uint64_t nclients, double unit);

/* How many polls due at first_due_ns, first_due_ns + interval_ns, ... are due before end_ns:
 * at the end of a run, those that never left. Pure. */
uint64_t poller_count_due(int64_t first_due_ns, int64_t interval_ns, int64_t end_ns);

#endif
