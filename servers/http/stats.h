/* What is counted of connections, requests and bytes, on an account for each transport and two
 * others. endpoint_stats.c gives each number its names in /stats and /metrics. */
#ifndef PUSHLAB_STATS_H
#define PUSHLAB_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/proto/transport_info.h"

enum drop_reason {
    DROP_SLOW_READER, /* backlog limit */
    DROP_BAD_REQUEST, /* answered 4xx or 5xx and closed: where the next request begins is not known
                       */
    DROP_PROTOCOL,    /* WebSocket failed with a close code */
    DROP_PING_TIMEOUT,
    DROP_IDLE,         /* keep-alive connection with no request */
    DROP_SLOW_REQUEST, /* a request that did not finish in time */
    DROP_IO_ERROR,     /* reset by the peer and the like */
    DROP_NO_MEMORY,
    DROP_REASONS,
};

/* Statuses the server answers with, in the order of their counters; the last, 0, is any other. */
enum { STATS_STATUSES = 22 };
extern const int stats_statuses[STATS_STATUSES];

/* Whose account it is: a transport's (enum transport_id), or */
enum { ACCOUNT_PUBLISH = TRANSPORT_COUNT, ACCOUNT_OTHER /* all other requests */, ACCOUNTS };

struct account {
    uint64_t open;     /* gauge */
    uint64_t accepted; /* connections whose first request was for this */
    uint64_t tls_full_handshakes, tls_resumed_handshakes; /* of those */
    uint64_t requests;
    uint64_t responses[STATS_STATUSES];
    uint64_t empty_responses;
    uint64_t updates_sent;
    uint64_t in_bytes, in_payload_bytes; /* framing is the difference */
    uint64_t out_bytes, out_payload_bytes;
    uint64_t drops[DROP_REASONS];
};

struct connection_stats {
    uint64_t open; /* gauge */
    uint64_t accepted;
    uint64_t accept_errors;
    uint64_t accept_pauses;
    uint64_t unused;     /* ended before their first request */
    uint64_t tls_failed; /* of those, before their handshake was complete */
    bool accept_paused;
};

/* Count a response. */
void account_response(struct account *a, int status);

#endif
