/* Messages between a link's owner and its forwarder over a socket pair: a request and its
 * answer, each a head, bytes, and perhaps descriptors. Both ends are the same program, so
 * the head is a plain struct. */
#pragma once

#include <stdint.h>

#include "lib/base/buf.h"

enum rpc_request {
    RPC_READY, /* from the forwarder, once: status, error line, namespace descriptors; argument: 1
                  with IPv6 */
    RPC_COUNTERS, /* argument: most connections to list; answered with JSON */
    RPC_RESET,    /* bytes: uint64_t, the seed from now on */
    RPC_WINDOW,   /* bytes: two int64_t, CLOCK_MONOTONIC start and end */
    RPC_CAPTURE,  /* argument: enum link_capture_at; bytes: label; one descriptor */
    RPC_CAPTURE_END,
    RPC_DISTURB, /* argument: enum link_disturbance; bytes: int64_t, CLOCK_MONOTONIC end */
};

enum { RPC_MAX_FDS = 4 };

struct rpc_message {
    struct rpc_head {
        uint32_t request; /* enum rpc_request; answers repeat it */
        int32_t status;   /* answers: 0 or an enum pl_err */
        int32_t error;    /* answers: errno where status is PL_ESYS */
        uint32_t argument;
        uint32_t bytes; /* that follow */
        uint32_t fd_count;
    } head;
    int fds[RPC_MAX_FDS];
    struct buf data; /* owned */
};

/* Send head, fds and data (head.bytes is set from it). Blocks. 0 or PL_ESYS. */
int rpc_send(int socket, struct rpc_message *m);

/* Receive one, into an m that is zero or was used before; its descriptors are the caller's.
 * Waits at most timeout_ms for each part (-1: for ever).
 * 0, PL_EOF (the other end is gone), PL_ESYS (errno ETIMEDOUT: no answer) or PL_ENOMEM. */
int rpc_receive(int socket, struct rpc_message *m, int timeout_ms);
