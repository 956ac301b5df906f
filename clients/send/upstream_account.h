/* What clients send, counted and timed: the upstream half of recorder.h. Time is an argument; no
 * I/O. docs/metrics.md has the definitions.
 *
 * A message belongs to the window in which it was due, and so do its bytes, each time they are
 * sent; requests, responses and connections as those of the recorder do. What comes down, echoes
 * included, is the downstream account's.
 */
#pragma once

#include "clients/record/recorder.h"

struct upstream_account {
    const struct recorder *recorder; /* borrowed: knows the window */
    /* On a connection that the transport has anyway there are no requests and no connects: they are
     * the downstream's. */
    struct counters whole, window;
    /* Of the window's messages. From when a message was due, so that waiting is part of it. */
    struct hdr latency_us; /* until it came to another client */
    struct hdr echo_us;    /* until it came back to its sender */
    struct hdr late_us;    /* until it left: our own lateness, and waiting for the answer before */
    /* Of the whole run. */
    uint64_t lost, doubled, reordered;
};

/* 0 or PL_ENOMEM. upstream_account_free() may be called either way. */
int upstream_account_init(struct upstream_account *a, const struct recorder *recorder);
void upstream_account_free(struct upstream_account *a);

/* Count n events that belong to at_ns. */
#define UPSTREAM_COUNT(a, at_ns, counter, n)                                                       \
    COUNTERS_ADD((a), recorder_in_window((a)->recorder, (at_ns)), counter, (n))

/* Bytes around messages (a mark, a request's head) were sent, those of at_ns. */
void upstream_account_framing(struct upstream_account *a, int64_t at_ns, size_t bytes);
/* A message has left: payload_bytes of it and framing_bytes around it. */
void upstream_account_sent(struct upstream_account *a, int64_t due_ns, size_t payload_bytes,
                           size_t framing_bytes, bool repeated, int64_t sent_ns);
/* It came to a client for the first time: another's, or its sender. */
void upstream_account_received(struct upstream_account *a, int64_t due_ns, bool is_echo,
                               int64_t recv_ns);
