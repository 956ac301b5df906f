/* What a run counts: requests, connections, bytes and messages, each for the whole run and for the
 * window. docs/metrics.md defines every number. Time is an argument; no I/O. */
#ifndef PUSHLAB_COUNTERS_H
#define PUSHLAB_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "clients/record/json.h"

/* One direction: what comes down (struct recorder) or what clients send (struct
 * upstream_account). Each leaves the other's counters at zero. */
struct counters {
    uint64_t requests, responses, failed_responses;
    uint64_t empty_responses; /* down: responses without an update */
    uint64_t connects, connect_failures;
    uint64_t reconnects;         /* down: of connects, after a lost connection */
    uint64_t connects_abandoned; /* still under way when the run was over */
    uint64_t tls_full_handshakes, tls_resumed_handshakes;
    uint64_t deliveries; /* down: updates, each once */
    uint64_t payload_bytes_in, framing_bytes_in;
    uint64_t messages; /* up: that have left, each once */
    uint64_t repeated; /* up: sent again after a lost connection */
    uint64_t bytes_out;
    uint64_t payload_bytes_out, framing_bytes_out; /* up: their sum is bytes_out */
    uint64_t bytes_in;                             /* up */
};

/* Add n to a counter of to (which has struct counters whole and window) for the whole run, and for
 * the window if it is in that. */
#define COUNTERS_ADD(to, is_in_window, counter, n)                                                 \
    do {                                                                                           \
        const uint64_t n_ = (n);                                                                   \
                                                                                                   \
        (to)->whole.counter += n_;                                                                 \
        if (is_in_window)                                                                          \
            (to)->window.counter += n_;                                                            \
    } while (0)

/* Add the counters of one direction as members. */
enum counters_direction { COUNTERS_DOWN = 1, COUNTERS_UP = 2 };
void counters_json(const struct counters *c, enum counters_direction direction, struct json *j);

/* Responses that refused, by status code (RFC 9110 §15), in the order of their first appearance.
 * Zero-initialise. */
enum { REFUSALS_MAX = 16 };
struct refusals {
    struct {
        int status;
        uint64_t count;
    } of[REFUSALS_MAX];
    size_t n;
};
/* Beyond REFUSALS_MAX different codes, new ones are not kept. */
void refusals_add(struct refusals *r, int status);
/* "name":{"504":10,"502":60} */
void refusals_json(const struct refusals *r, struct json *j, const char *name);

#endif
