/* The sending side of one client: messages wait in an uplink until the server has them, and are
 * sent on the transport's own connection, if the driver can post, or by POST /publish
 * (uplink_http.h).
 *
 * On the transport's own connection a message has arrived when it comes back down to its sender;
 * where its channel is not received, a mark is posted, and the peer's answer confirms it.
 */
#pragma once

#include "clients/client/client.h"
#include "clients/send/uplink_http.h"

struct sender {
    struct client *client;            /* borrowed */
    struct upstream_account *account; /* borrowed */
    struct uplink uplink;             /* upstream.c adds messages */
    struct uplink_http *http;         /* owned; NULL: the driver posts */
    uint32_t echoed;                  /* bit i: what it sends to channel i comes back to it */
    uint64_t marked; /* uplink.acknowledged as the answer to a mark would make it; 0: none asked */
};

/* s zeroed; the loop's clients must outlive it. dials: by POST /publish. 0 or PL_ENOMEM. */
int sender_init(struct sender *s, struct client *c, struct upstream_account *account, bool dials);

/* Send what waits in the uplink, if that is possible now. */
void sender_flush(struct sender *s, int64_t now_ns);

/* For drivers that post. A connection is open: what was under way on the last one is sent again. */
void sender_opened(struct sender *s);
/* The peer has read what was posted before the mark. */
void sender_read_up_to(struct sender *s, uint64_t mark);
/* Its own message has come back: the server has it. */
void sender_echoed(struct sender *s, unsigned channel, uint64_t n);

/* It failed for good. */
bool sender_gave_up(const struct sender *s);
void sender_leave(struct sender *s); /* harmless when repeated */
void sender_free(struct sender *s);  /* after the loop has reaped */
