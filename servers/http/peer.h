/* One accepted connection, from the server's point of view: the socket (lib/net/conn), whose
 * account its bytes go on, and who is in charge of it: the HTTP session until a transport
 * takes the connection over. */
#ifndef PUSHLAB_PEER_H
#define PUSHLAB_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net/conn.h"
#include "servers/hub/hub.h"
#include "servers/http/stats.h"
#include "servers/http/transport.h"

struct server;
struct http_session;
struct demo_peer;
struct held_request;
struct intake;

struct peer {
    struct conn conn;      /* first: conn's callbacks cast back */
    struct subscriber sub; /* used by transports that wait for updates */
    struct server *server;
    const struct transport *transport; /* of the newest request; NULL: not an update transport */
    struct transport_stats *home;      /* the account of the first request: open, accepted */
    struct transport_stats *account;   /* the account of the current request */
    void *state;                       /* the transport's, released by transport->release */
    struct http_session *http;         /* NULL once a transport has taken over */
    struct demo_peer *demo;            /* NULL without --demo */
    struct intake *intakes;            /* what it has sent up and was not told of yet */
    struct held_request *held;         /* cursor_wait.h; NULL: none */
    int64_t last_in_ns, last_out_ns;
    uint32_t slot; /* in the janitor's rounds */
    uint8_t drop;  /* enum drop_reason + 1 when the server ended it; 0: in order */
};

/* Adopt an accepted socket. 0, or PL_ENOMEM with fd closed. */
int peer_accept(struct server *s, int fd, int64_t now_ns);

/* End the connection now and count why. */
void peer_drop(struct peer *p, enum drop_reason why);

/* End it once what was sent has gone out; linger as in conn_finish(). The janitor bounds the wait.
 */
void peer_finish(struct peer *p, bool linger);

/* The janitor's visit. */
void peer_tick(struct peer *p, int64_t now_ns);

/* Send, and put the bytes on the current account: payload_bytes of them are updates' JSON,
 * the rest is framing; updates counts the deliveries. 0, or negative when the peer is gone. */
int peer_send(struct peer *p, const void *data, size_t len, size_t payload_bytes, uint64_t updates);
int peer_send_shared(struct peer *p, struct shared *s, size_t payload_bytes, uint64_t updates);

/* Bytes of a connection that a transport has taken over. */
void peer_input(struct peer *p, uint8_t *data, size_t len, int64_t now_ns);

/* Make account the current one, and the home if it is the first. */
void peer_charge(struct peer *p, struct transport_stats *account);

/* Did this connection come from this machine? (publishing needs no token then) */
bool peer_is_loopback(const struct peer *p);

static inline struct peer *peer_from_subscriber(struct subscriber *s)
{
    return (struct peer *)((char *)s - offsetof(struct peer, sub));
}

#endif
