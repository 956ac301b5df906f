/* Clients that send: the workload decides what and when, a sender for each keeps it until the
 * server has it, and what comes back down is checked and timed.
 *
 *   workload -> upstream -> sender -> server -> any driver -> upstream_update()
 *
 * Senders begin with the warm-up and stop at the window's end. A message carries
 *   from     the sender's client index, in decimal
 *   from_n   its number in the channel, counted from a base that grows from run to run: a server
 *            that outlives a run takes the next one's messages for new
 *   from_t   when it was due
 */
#pragma once

#include "clients/client/client.h"
#include "clients/send/audience.h"
#include "clients/send/sender.h"
#include "clients/send/upstream_account.h"
#include "clients/send/workload.h"

enum { UPSTREAM_FROM_BYTES = 12 };

struct upstream_sender {
    struct sender sender;
    struct upstream *upstream;
    struct deadline timer; /* for its next message */
    int64_t next_due_ns;   /* INT64_MAX: it has stopped */
    char from[UPSTREAM_FROM_BYTES];
};

struct upstream {
    struct client_env *env;             /* borrowed */
    const struct client_array *clients; /* borrowed */
    struct workload_plan plan;
    const struct workload *workload;
    void *load; /* the workload's */
    struct audience audience;
    struct upstream_account account;
    uint32_t nsenders;
    struct upstream_sender *senders;         /* owned, by number (workload_sender()) */
    uint64_t (*sent)[WORKLOAD_CHANNELS_MAX]; /* owned: messages, by sender's number */
    uint64_t base;                           /* from_n = base + number */
    uint32_t done_senders, done_clients;     /* those before are through: see upstream_done() */
    struct err_text failure;                 /* what is wrong; "": nothing */
};

/* The driver gives every sender a connection of its own for sending. */
bool upstream_dials(const struct client_options *opt);

/* For env->opt->send, when the clients know their subscriptions. A zeroed struct upstream means
 * that clients do not send: all below is harmless then. 0, or negative with the line in e. */
int upstream_init(struct upstream *up, struct client_env *env, const struct client_array *clients,
                  struct err_text *e);
/* The recorder's window is set: senders start. */
void upstream_begin(struct upstream *up, int64_t now_ns);

/* The client's hooks of the same names; arg is the struct upstream. */
void upstream_opened(void *arg, struct client *c);
void upstream_read_up_to(void *arg, struct client *c, uint64_t mark);
void upstream_update(void *arg, struct client *c, const struct envelope *e, size_t text_len,
                     int64_t recv_ns);

/* After the window's end: does the server have all that was sent, and everybody who is to receive
 * it? */
bool upstream_done(struct upstream *up);
/* End the senders and their connections; the loop must still reap. Harmless when repeated. */
void upstream_leave(struct upstream *up);
/* Count what was lost, and set failure if anything is wrong. Once. */
void upstream_finish(struct upstream *up);
void upstream_free(struct upstream *up); /* after the loop has reaped */
