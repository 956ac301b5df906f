/* What event streams and WebSocket share: a connection that follows a subscription. First it
 * catches up: its opening goes out in parts, each when the socket has taken the one before and the
 * loop has served others meanwhile, so that a long history takes no more memory than a short one.
 * Then each update at once, while the socket takes them.
 *
 * For a reader that is slower than that, it depends on what it asked for. Of channels wanted whole,
 * every update is queued, up to the backlog limit (conn.h). Of the others, nothing is queued while
 * bytes are unsent: when the socket has drained, the newest value of each key that came meanwhile
 * is sent, and those between are superseded. So no value follows a newer one of its key, and a
 * reader of latest values alone is not dropped for being slow. */
#pragma once

#include <stdint.h>

#include "lib/base/buf.h"
#include "servers/hub/hub.h"
#include "servers/hub/selection.h"

struct http_context;
struct peer;
struct catch_up;

/* How a transport encodes. */
struct follower_encodings {
    const struct update_encoding *newer; /* its number is above all that were sent before */
    const struct update_encoding *older; /* it is not: the client's cursor must not go back to it */
    /* Append, with its framing, that updates after the reader's cursor are lost (missed > 0). 0 or
     * PL_ENOMEM. */
    int (*missed)(struct buf *out, const struct peer *p, const struct selection *part);
};

/* Part of a transport's state; all zero before follower_open(). Small, since ten thousand may be
 * idle. */
struct follower {
    uint64_t newest_seq; /* the highest number sent, or the cursor it began at */
    union {
        uint64_t held_after;     /* with nheld > 0: latest values above it are still to be sent */
        struct catch_up *behind; /* with catching_up: owned */
    };
    uint64_t nheld : 62;      /* latest updates that came meanwhile */
    uint64_t catching_up : 1; /* what is published is sent with a later part of the opening */
    uint64_t chunked : 1;     /* event_stream.c's: with chunk framing */
};

/* Append the first part of the opening to out, which holds what goes before it, send it and
 * subscribe p; p->sub.deliver is set and calls follower_deliver(). as: always the same for one
 * follower. 0, or negative with the connection ended. */
int follower_open(struct follower *f, struct peer *p, const struct follower_encodings *as,
                  struct subscription *to, const struct selection *opening, struct buf *out);

/* From the subscriber's deliver. */
void follower_deliver(struct follower *f, struct peer *p, const struct follower_encodings *as,
                      struct update *u, enum delivery how);

/* The socket has taken all there was. */
void follower_flushed(struct follower *f, struct peer *p, const struct follower_encodings *as,
                      int64_t now_ns);

/* Give back what f owns. */
void follower_release(struct follower *f);
/* And what all followers of a context share; they are gone. */
void follower_end(struct http_context *c);
