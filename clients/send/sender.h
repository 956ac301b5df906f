/* One client that sends: asks the workload when it is time, numbers what that says, and sees it up
 * by the road that the transport has. Part of upstream.h, which owns the senders. */
#ifndef PUSHLAB_SENDER_H
#define PUSHLAB_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "clients/client/client.h"
#include "clients/send/uplink.h"
#include "clients/send/uplink_http.h"

struct upstream;

enum { SENDER_FROM_BYTES = 12 };

struct sender {
    struct upstream *upstream;
    struct client *client;
    struct uplink uplink;
    struct uplink_http *http; /* owned; NULL: the driver posts */
    struct deadline timer;
    int64_t next_due_ns; /* INT64_MAX: it has stopped */
    uint64_t marked;     /* uplink.acknowledged as the answer to a mark would make it; 0: none */
    char from[SENDER_FROM_BYTES];
};

/* s zeroed. 0 or PL_ENOMEM. */
int sender_init(struct sender *s, struct upstream *up, struct client *c);
void sender_begin(struct sender *s, int64_t now_ns);

/* For drivers that post. A connection stands: what the one before had under way goes again. */
void sender_opened(struct sender *s);
/* The peer has read what was posted before the mark. */
void sender_read_up_to(struct sender *s, uint64_t mark);
/* Its own message has come down again: so it has gone up. */
void sender_heard_back(struct sender *s, unsigned channel, uint64_t n);

/* It failed for good. */
bool sender_gave_up(const struct sender *s);
/* Gave up; or stopped, and the server has all it said. */
bool sender_done(const struct sender *s);
void sender_leave(struct sender *s); /* harmless when repeated */
void sender_free(struct sender *s);  /* after the loop has reaped */

#endif
