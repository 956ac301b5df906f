/* What senders send, when, and what comes of it: one const struct per kind of load, one file
 * each (workload_inputs.c: game inputs; workload_edits.c: people typing). upstream.c has the only
 * list.
 *
 * A workload does no I/O and reads no clock: it produces data for a due time, and gets what its
 * clients receive. upstream.h owns the timers, the numbering and the sending.
 *
 * Clients are in rooms: client index / room size. The first few of each room send; all of them
 * receive, if they are subscribed. What a room's senders send goes to the channel that
 * --send-channel names, "{room}" in it being the room's number.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clients/record/json.h"

enum { WORKLOAD_CHANNELS_MAX = 2 };

/* Who sends how much: from the options, with their defaults replaced. */
struct workload_plan {
    uint32_t nclients;
    uint32_t room_size; /* 1..nclients; the last room may be smaller */
    uint32_t senders;   /* of each room, 1..room_size */
    double rate_hz;     /* messages of each sender; > 0 */
    size_t data_bytes;  /* wanted size of one message's data; a workload may ignore it */
    uint64_t seed;
};

static inline uint32_t workload_room(const struct workload_plan *p, uint32_t client)
{
    return client / p->room_size;
}

static inline bool workload_sends(const struct workload_plan *p, uint32_t client)
{
    return client % p->room_size < p->senders;
}

/* How many senders there are in rooms before this client's, and in its own before it. */
static inline uint32_t workload_sender(const struct workload_plan *p, uint32_t client)
{
    uint32_t place = client % p->room_size;

    return workload_room(p, client) * p->senders + (place < p->senders ? place : p->senders);
}

static inline uint32_t workload_senders(const struct workload_plan *p)
{
    return workload_sender(p, p->nclients);
}

/* Where write() puts its messages. */
struct workload_outbox {
    /* Send data, one compact JSON value (copied), to channels[channel]. Returns the message's
     * number: this sender's in that channel, from 1 without gaps; 0: out of memory. */
    uint64_t (*send)(struct workload_outbox *o, unsigned channel, const char *data, size_t len);
};

/* A sender's message has come to a client (which may be the sender itself), for the first time. */
struct workload_message {
    uint32_t client, sender;
    unsigned channel; /* index into channels[] */
    uint64_t n;       /* as send() returned it */
    int64_t sent_ns;  /* when it was due */
    int64_t recv_ns;
    bool in_window; /* sent in the window */
    const char *data;
    size_t len;
};

struct workload {
    const char *name; /* "inputs": also the CLI word */

    /* It sends to --send-channel + suffix. keyed: each message carries its sender as the key,
     * so that a subscriber of latest values holds one of each sender. */
    struct {
        const char *suffix;
        bool keyed;
    } channels[WORKLOAD_CHANNELS_MAX];
    unsigned nchannels;

    /* The state of all clients of a run; plan is borrowed until free(). NULL: out of memory. */
    void *(*make)(const struct workload_plan *plan);
    void (*free)(void *w);
    /* When this sender's first message is due; senders begin at start_ns. */
    int64_t (*first_due_ns)(void *w, uint32_t client, int64_t start_ns);
    /* This sender's message is due: send it, if there is anything to send, and set when the next
     * one is due. 0 or PL_ENOMEM. */
    int (*write)(void *w, uint32_t client, struct workload_outbox *out, int64_t *next_due_ns);
    /* May be NULL. In the order of arrival; of each message once at each client. */
    void (*received)(void *w, const struct workload_message *m);
    /* After the drain: what is wrong, as one line; NULL: nothing. May be NULL. */
    const char *(*fault)(void *w);
    /* Add the members of "documents" in the result. 0 or PL_ENOMEM. NULL: it has none. */
    int (*add_documents)(void *w, struct json *out);
};

extern const struct workload workload_inputs, workload_edits;
