/* A connection to the server that may be opened again and again: connect(2) and, with TLS, the
 * handshake within one deadline, then use, loss, and back-off before the next attempt. Clients,
 * their senders and the control connection are built on it.
 *
 *   IDLE -> DIALING (-> SECURING) -> OPEN -> IDLE, on_lost()
 *              failed: IDLE, on_failed()
 *
 * All of it happens on the loop; nothing blocks.
 */
#pragma once

#include "clients/client/client_env.h"
#include "lib/net/conn.h"

enum connection_state {
    CONNECTION_IDLE,     /* none, and none on its way */
    CONNECTION_DIALING,  /* connecting */
    CONNECTION_SECURING, /* connected, the TLS handshake is under way */
    CONNECTION_OPEN,
    CONNECTION_CLOSING, /* connection_close() has been called; on_lost() follows */
    CONNECTION_BACKOFF, /* waiting before the next attempt: on_due() follows */
    CONNECTION_ENDED,   /* set by the owner: it will not be opened again */
};

struct connection;

struct connection_ops {
    /* The owner sets on_data and, if it wants, on_shut. */
    struct conn_ops conn;
    /* It is open, secured if the URL asks for that. */
    void (*on_open)(struct connection *c, int64_t now_ns);
    /* It could not be opened. for_good: the peer speaks no TLS that we accept, or is not trusted.
     */
    void (*on_failed)(struct connection *c, const char *why, bool for_good, int64_t now_ns);
    /* It was open and has ended; the state is IDLE, or still ENDED. */
    void (*on_lost)(struct connection *c, enum conn_end why, int sys_errno, int64_t now_ns);
    /* The timer ran out in IDLE, OPEN or BACKOFF. NULL if it is never set there. */
    void (*on_due)(struct connection *c, int64_t now_ns);
    bool resumes; /* remember the TLS session, if the options allow it */
};

#define CONNECTION_CONN_OPS .on_end = connection_on_end, .on_secured = connection_on_secured

struct connection {
    struct conn conn; /* first: the connection layer hands it back to us */
    struct client_env *env;
    const struct connection_ops *ops;
    struct event connecting;   /* holds the descriptor while DIALING */
    struct deadline timer;     /* DIALING, SECURING: until when; BACKOFF; else the owner's */
    struct tls_memory session; /* to resume when it is opened again; owner: tls_memory_forget() */
    uint32_t turn;             /* chooses the address; moves on when connecting fails */
    uint8_t state;             /* enum connection_state */
    uint8_t attempts;          /* back-offs in a row: the owner sets it to 0 when it works */
    uint8_t address, tried;    /* that is being dialled; how many before it failed just now */
};

/* c zeroed; env is borrowed. turn: see dial_start(). */
void connection_init(struct connection *c, struct client_env *env, const struct connection_ops *ops,
                     uint32_t turn);
/* Open it; c is IDLE or in BACKOFF. on_open() or on_failed() follows, the latter perhaps at once.
 */
void connection_dial(struct connection *c, int64_t now_ns);
/* The same with a socket that is connected already, and c's from now on. */
void connection_adopt(struct connection *c, int fd, int64_t now_ns);
/* Wait before the next attempt, floor_ns at least. Returns for how long. */
int64_t connection_back_off(struct connection *c, int64_t floor_ns, int64_t now_ns);
/* The same before the first attempt after a connection that worked: wait_ns, and the next time as
 * after a failed attempt. */
void connection_back_in(struct connection *c, int64_t wait_ns, int64_t now_ns);
/* Stop whatever is under way: DIALING and BACKOFF become IDLE; SECURING and OPEN become CLOSING,
 * and the loop must still reap. Cancels the timer. */
void connection_close(struct connection *c);

static inline bool connection_is_opening(const struct connection *c)
{
    return c->state == CONNECTION_DIALING || c->state == CONNECTION_SECURING;
}

/* How long to wait before the next attempt: capped exponential back-off with full jitter, so that
 * a fleet that lost its server together does not come back together. unit is uniform in [0, 1);
 * attempt counts the failures before this wait, from 0: unit * min(max_ns, min_ns * 2^attempt).
 * 0 <= min_ns <= max_ns. Pure. */
int64_t backoff_delay_ns(int64_t min_ns, int64_t max_ns, unsigned attempt, double unit);

/* ---- for CONNECTION_CONN_OPS ---- */
void connection_on_end(struct conn *conn, enum conn_end why, int sys_errno);
void connection_on_secured(struct conn *conn);
