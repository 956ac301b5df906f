/* What --demo adds for the live page: who counts what (pages.h), and an artificial round trip
 * (delay_line.h). A peer has a struct demo_peer then, and none otherwise: one comparison with NULL
 * is all that the contest of the transports ever pays for it. */
#ifndef PUSHLAB_DEMO_H
#define PUSHLAB_DEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "servers/demo/delay_line.h"
#include "servers/demo/pages.h"

/* One per server. */
struct demo {
    struct delay_line line;
    struct pages pages;
};

/* One per connection. */
struct demo_peer {
    struct delay_peer delay;
    struct page_peer page;
    bool delayed; /* what is under way belongs to a transport */
};

/* NULL with errno set. */
struct demo *demo_new(struct event_base *base);
void demo_free(struct demo *d); /* NULL is ignored; all peers must have ended */

/* 0 or PL_ENOMEM. */
int demo_peer_start(struct peer *p);
void demo_peer_end(struct peer *p);

/* The following are called where p->demo is not NULL. */

/* A request has arrived here. True: it is on its way still, http_session_arrive() follows. */
bool demo_hold_request(struct peer *p, const struct http_request *req, const struct transport *t);
/* It is being routed: count it. */
void demo_count_request(struct peer *p, const struct http_request *req, const struct transport *t);
/* Bytes of a connection that a transport has taken over. True: peer_input() follows. */
bool demo_hold_input(struct peer *p, const void *data, size_t len);
void demo_count_input(struct peer *p, size_t len);
/* In place of conn_send(), conn_send_shared() and conn_finish(), and with the count. */
int demo_send(struct peer *p, const void *data, size_t len, size_t payload_bytes, uint64_t updates);
int demo_send_shared(struct peer *p, struct shared *s, size_t payload_bytes, uint64_t updates);
void demo_finish(struct peer *p, bool linger);

#endif
