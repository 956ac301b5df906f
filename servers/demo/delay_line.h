/* An artificial round trip (--demo): whatever an update transport sends or receives waits half
 * of it, each way, in a line of the server's own. It shows distance on a laptop; it is not a
 * network: bytes are held, handshakes and the kernel's acknowledgements are not.
 *
 * One line for all connections, in the order of their time, so that order is kept by
 * construction and one ticker is enough. How much a connection may have in it is bounded by
 * --backlog-bytes. Requests are held whole, just before they are routed. */
#ifndef PUSHLAB_DELAY_LINE_H
#define PUSHLAB_DELAY_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <event2/event.h>

#include "servers/http/http_session.h"
#include "lib/base/buf.h"
#include "lib/base/ticker.h"

struct held; /* one thing on its way */

struct delay_line {
    struct ticker ticker;
    struct held *head, **tail;
    int64_t one_way_ns;
    int64_t last_due_ns; /* of the newest thing in line: a shorter way does not overtake it */
};

/* What a connection keeps of it. */
struct delay_peer {
    uint32_t nheld;
    size_t held_bytes;
    bool finishing;              /* its end is in line: nothing more may follow */
    struct http_request request; /* while one is in line; its message stays with the session */
};

/* 0, PL_ESYS or PL_ENOMEM. */
int delay_line_init(struct delay_line *l, struct event_base *base);
void delay_line_free(struct delay_line *l);

/* Each takes its place in line for p, whose delay_peer is dp. 0, or negative when the
 * connection has ended (also if just now). */
int delay_line_hold_output(struct delay_line *l, struct peer *p, struct delay_peer *dp,
                           struct shared *bytes);
int delay_line_hold_input(struct delay_line *l, struct peer *p, struct delay_peer *dp,
                          const void *data, size_t len);
int delay_line_hold_request(struct delay_line *l, struct peer *p, struct delay_peer *dp,
                            const struct http_request *req);
int delay_line_hold_finish(struct delay_line *l, struct peer *p, struct delay_peer *dp,
                           bool linger);

/* The connection is over: what it has in line is lost. */
void delay_line_forget(struct delay_line *l, struct peer *p, struct delay_peer *dp);

#endif
