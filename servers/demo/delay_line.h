/* An artificial round trip (--demo): whatever an update transport sends or receives waits for
 * half of it, each way, in a queue. It shows on a laptop what distance does, but it is not a
 * network: bytes are delayed, handshakes and the kernel's acknowledgements are not.
 *
 * One queue for all connections, by due time, so that order is kept and one timer is enough. What
 * a connection may have in it is limited to --backlog-bytes. Requests are held whole, just
 * before they are routed. */
#ifndef PUSHLAB_DELAY_LINE_H
#define PUSHLAB_DELAY_LINE_H

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

/* Each is appended for p. 0, or negative when the connection has ended (also if just now). */
int delay_line_hold_output(struct delay_line *l, struct peer *p, struct shared *bytes);
int delay_line_hold_input(struct delay_line *l, struct peer *p, const void *data, size_t len);
int delay_line_hold_request(struct delay_line *l, struct peer *p, const struct http_request *req);
int delay_line_hold_finish(struct delay_line *l, struct peer *p, bool linger);

/* The connection has ended: what it has in the queue is dropped. */
void delay_line_forget(struct delay_line *l, struct peer *p);

#endif
