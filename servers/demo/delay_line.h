/* An artificial round trip (--demo): whatever an update transport sends or receives waits for
 * half of it, each way, in a queue. It shows on a laptop what distance does, but it is not a
 * network: bytes are delayed, handshakes and the kernel's acknowledgements are not.
 *
 * One queue for all connections, by due time, so that order is kept and one timer is enough. What
 * a connection may have in it is limited to --backlog-bytes. Requests are held whole, just
 * before they are routed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <event2/event.h>

#include "servers/http/http_session.h"
#include "lib/base/buf.h"
#include "lib/base/ticker.h"

struct held; /* one thing in the queue */

struct delay_line {
    struct ticker ticker;
    struct held *head, **tail;
    int64_t one_way_ns;
    int64_t
        last_due_ns; /* of the newest in the queue: after a shorter delay nothing overtakes it */
};

/* A connection's part: p->tapped begins with it. */
struct delay_peer {
    uint32_t nheld;
    size_t held_bytes;
    bool finishing;              /* its end is in the queue: nothing more may follow */
    struct http_request request; /* while one is in the queue; its message stays with the session */
};

/* 0, PL_ESYS or PL_ENOMEM. */
int delay_line_init(struct delay_line *l, struct event_base *base);
void delay_line_free(struct delay_line *l);

/* What is appended, and happens half a round trip later. */
enum held_kind {
    HELD_OUTPUT,        /* bytes are sent */
    HELD_INPUT,         /* bytes are read */
    HELD_REQUEST,       /* p's delay_peer has it; http_session_arrive() */
    HELD_FINISH,        /* conn_finish() */
    HELD_FINISH_LINGER, /* the same, lingering */
};

/* bytes: for output and input, else NULL. 0, or negative when the connection has ended (also if
 * just now) or its end is in the queue. */
int delay_line_hold(struct delay_line *l, struct peer *p, enum held_kind kind,
                    struct shared *bytes);

/* The connection has ended: what it has in the queue is dropped. */
void delay_line_forget(struct delay_line *l, struct peer *p);
