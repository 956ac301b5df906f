/* One accepted connection, from the server's point of view: the socket (lib/net/conn.h), the
 * accounts that its bytes are counted on, and who reads its bytes: the HTTP session until a
 * transport takes the connection over. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net/conn.h"
#include "servers/hub/hub.h"
#include "servers/http/http_context.h"

struct http_session;

/* Embedded in what waits for something on behalf of a peer, and must know when that ends. */
struct peer_hook {
    struct peer_hook *next, **link;
    void (*ended)(struct peer *p, struct peer_hook *hook); /* the hook is off the list by then */
};

/* Counts and delays what passes between connections and those who use them (servers/demo). With
 * one in the context, each peer calls these; without, it pays one comparison with NULL. */
struct tap {
    /* Set p->tapped. 0 or PL_ENOMEM. */
    int (*start)(struct peer *p);
    void (*end)(struct peer *p);
    /* A request has been read. True: it is delayed, http_session_arrive() follows. */
    bool (*hold_request)(struct peer *p, const struct http_request *req);
    /* It is being routed to t, or to no transport (NULL). */
    void (*count_request)(struct peer *p, const struct http_request *req,
                          const struct transport *t);
    /* Bytes for a transport that has taken the connection over. True: peer_input() follows. */
    bool (*hold_input)(struct peer *p, const void *data, size_t len);
    void (*count_input)(struct peer *p, const uint8_t *data, size_t len);
    /* In place of conn_send(), conn_send_shared() and conn_finish(). */
    int (*send)(struct peer *p, const void *data, size_t len, size_t payload_bytes,
                uint64_t updates);
    int (*send_shared)(struct peer *p, struct shared *s, size_t payload_bytes, uint64_t updates);
    void (*finish)(struct peer *p, bool linger);
};

/* Small, since ten thousand may be idle. */
struct peer {
    struct conn conn;                  /* first: conn's callbacks cast back */
    struct subscriber sub;             /* used by transports that wait for updates */
    const struct transport *transport; /* of the newest request; NULL: not an update transport */
    struct account *account;           /* of the current request; NULL: there was none */
    void *state;                       /* the transport's, released by transport->release */
    struct http_session *http;         /* NULL once a transport has taken over */
    void *tapped;                      /* the tap's state; NULL without a tap */
    struct peer_hook *hooks;
    int64_t last_in_ns, last_out_ns; /* the latter also when queued bytes have gone */
    size_t queued_bytes;             /* at the last tick */
    uint32_t slot;                   /* in the context's array */
    uint8_t drop;    /* enum drop_reason + 1 when the server ended it; 0: in order */
    uint8_t home;    /* 1 + the index of the first request's account (open, accepted); 0: none */
    uint16_t beat_s; /* heartbeats, as the request asks; 0: it does not; PEER_NO_BEAT: none */
};

/* After how much silence this peer is to get a heartbeat: as it asked, or usual_ns; INT64_MAX:
 * never. */
#define PEER_NO_BEAT UINT16_MAX
static inline int64_t peer_beat_ns(const struct peer *p, int64_t usual_ns)
{
    if (p->beat_s == PEER_NO_BEAT)
        return INT64_MAX;
    return p->beat_s != 0 ? p->beat_s * INT64_C(1000000000) : usual_ns;
}

static inline struct http_context *peer_context(const struct peer *p)
{
    return (struct http_context *)p->conn.loop;
}

static inline struct peer *peer_from_subscriber(struct subscriber *s)
{
    return (struct peer *)((char *)s - offsetof(struct peer, sub));
}

/* End the connection now and count why. */
void peer_drop(struct peer *p, enum drop_reason why);

/* End it once what was sent has gone out, but in at most 2 s; linger as in conn_finish(). */
void peer_finish(struct peer *p, bool linger);

/* Send, and put the bytes on the current account: payload_bytes of them are updates' JSON,
 * the rest is framing; updates counts the deliveries. 0, or negative when the peer is gone. */
int peer_send(struct peer *p, const void *data, size_t len, size_t payload_bytes, uint64_t updates);
int peer_send_shared(struct peer *p, struct shared *s, size_t payload_bytes, uint64_t updates);

/* Bytes of a connection that a transport has taken over. */
void peer_input(struct peer *p, uint8_t *data, size_t len, int64_t now_ns);

/* Make this account (http_context.h) the current one, and the home if it is the first. */
void peer_charge(struct peer *p, size_t whose);

/* ended() is called if p ends before the hook is removed. */
void peer_hook_add(struct peer *p, struct peer_hook *hook);
void peer_hook_remove(struct peer_hook *hook);
