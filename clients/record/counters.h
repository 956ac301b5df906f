/* What a run counts: requests, connections, bytes and messages, each for the whole run and for the
 * window. docs/metrics.md defines every number. Time is an argument; no I/O. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "clients/record/json.h"

enum counters_direction {
    COUNTERS_DOWN = 1, /* what comes down: struct recorder */
    COUNTERS_UP = 2,   /* what clients send: struct upstream_account */
    COUNTERS_BOTH = COUNTERS_DOWN | COUNTERS_UP,
};

/* The counters, in the order of the report, and in which directions each of them counts. */
#define COUNTERS(X)                                                                                \
    X(messages, COUNTERS_UP) /* that have left, each once */                                       \
    X(repeated, COUNTERS_UP) /* sent again after a lost connection */                              \
    X(requests, COUNTERS_BOTH)                                                                     \
    X(responses, COUNTERS_BOTH)                                                                    \
    X(empty_responses, COUNTERS_DOWN) /* without an update */                                      \
    X(failed_responses, COUNTERS_BOTH)                                                             \
    X(unanswered_requests, COUNTERS_DOWN) /* still, long after they were to be, at the end */      \
    X(connects, COUNTERS_BOTH)                                                                     \
    X(reconnects, COUNTERS_DOWN) /* of connects: after a lost connection */                        \
    X(connect_failures, COUNTERS_BOTH)                                                             \
    X(connects_abandoned, COUNTERS_BOTH) /* still under way when the run was over */               \
    X(tls_full_handshakes, COUNTERS_BOTH)                                                          \
    X(tls_resumed_handshakes, COUNTERS_BOTH)                                                       \
    X(deliveries, COUNTERS_DOWN) /* updates, each once */                                          \
    X(payload_bytes_in, COUNTERS_DOWN)                                                             \
    X(framing_bytes_in, COUNTERS_DOWN)                                                             \
    X(bytes_out, COUNTERS_BOTH) /* up: the sum of the next two */                                  \
    X(payload_bytes_out, COUNTERS_UP)                                                              \
    X(framing_bytes_out, COUNTERS_UP)                                                              \
    X(bytes_in, COUNTERS_UP)

struct counters {
#define COUNTER_FIELD(name, directions) uint64_t name;
    COUNTERS(COUNTER_FIELD)
#undef COUNTER_FIELD
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
