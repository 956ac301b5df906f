/* A connected socket on a libevent loop: the one road that every transport, server and
 * driver, travels. This is where fairness lives: socket options, the read buffer, the
 * direct send and the backlog limit are the same for all.
 *
 * Sending: while nothing is queued, a send is one send(2). Only what the socket did not
 * take is queued in an evbuffer and watched with EV_WRITE. (bufferevents pay a writev and
 * two epoll_ctl per delivery for the same work; docs/architecture.md has the figures.)
 *
 * Life: conn_attach() adopts a connected descriptor. The owner embeds struct conn as its
 * first member. Every way to end (peer's EOF, an error, a full backlog, conn_close())
 * only marks; once the current callbacks have returned the loop reaps: on_end() is called
 * exactly once, and what it leaves is the owner's to free. So nothing is freed under
 * anybody's feet, and a fan-out loop may drop the very peer it stands on.
 *
 * TLS: conn_attach_tls() (conn_tls.h) instead of conn_attach(), and a bufferevent takes the
 * role of event and evbuffer; nothing else above this interface notices.
 */
#ifndef PUSHLAB_CONN_H
#define PUSHLAB_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <event2/event.h>
#include <event2/event_struct.h>

#include "lib/base/shared.h"

struct conn;

enum conn_end {
    CONN_END_LOCAL,   /* conn_close() or conn_finish() */
    CONN_END_EOF,     /* the peer closed its side */
    CONN_END_ERROR,   /* sys_errno says which, conn_tls_strerror() more */
    CONN_END_BACKLOG, /* a slow reader: queued bytes passed the limit */
    CONN_END_NOMEM,
};

struct conn_ops {
    /* Bytes arrived. data lies in the loop's shared read buffer and may be changed in
     * place; it is gone when the callback returns. recv_ns: the clock right after recv(2), or
     * right after the decryption. */
    void (*on_data)(struct conn *c, uint8_t *data, size_t len, int64_t recv_ns);
    /* The queue has emptied after being used. May be NULL. */
    void (*on_flushed)(struct conn *c);
    /* The connection is over and off the loop; c may be freed here. */
    void (*on_end)(struct conn *c, enum conn_end why, int sys_errno);
    /* TLS only: the handshake is complete. May be NULL. */
    void (*on_secured)(struct conn *c);
    /* Our FIN is about to be sent, and the peer's to be waited for (conn_finish() that lingers).
     * May be NULL. */
    void (*on_shut)(struct conn *c);
};

/* One per event loop. */
struct conn_loop {
    struct event_base *base;
    uint8_t *read_buf; /* owned, shared by all connections of the loop */
    size_t read_buf_bytes;
    struct conn *reap_head; /* ended, waiting for on_end() */
    struct event reap_event;
};

struct conn_out; /* queue and EV_WRITE event; exists only while something is queued */
struct conn_tls; /* the bufferevent and its TLS */

struct conn {
    struct event read_event; /* EV_READ|EV_PERSIST; holds the descriptor */
    struct conn_loop *loop;
    const struct conn_ops *ops;
    struct conn_out *out;
    struct conn_tls *tls; /* NULL: in the clear */
    struct conn *reap_next;
    uint64_t in_bytes,
        out_bytes; /* application bytes read from and accepted by the socket or queue */
    uint32_t backlog_limit_bytes;
    uint8_t end; /* enum conn_end, once ended */
    bool ended, finishing, lingering;
    bool peer_ended; /* its FIN has been read */
    int sys_errno;
};

/* base is borrowed. 0 or PL_ENOMEM. */
int conn_loop_init(struct conn_loop *l, struct event_base *base, size_t read_buf_bytes);
/* Reap what is still marked, then give the memory back. All connections must have ended. */
void conn_loop_free(struct conn_loop *l);

/* Adopt fd (connected, non-blocking; closed by conn from now on) and start reading.
 * 0, or PL_ENOMEM with fd still the caller's. */
int conn_attach(struct conn *c, struct conn_loop *l, const struct conn_ops *ops, int fd,
                uint32_t backlog_limit_bytes);

/* The backlog limit: a send that finds bytes still queued and would take the queue past the limit
 * ends the connection (CONN_END_BACKLOG). One message on an empty queue always fits, so the bound
 * is the limit or one message, whichever is larger. */

/* Send a copy of data. 0, or negative when the connection has ended (also if just now). */
int conn_send(struct conn *c, const void *data, size_t len);
/* The same for shared bytes: what the socket does not take is queued by reference. */
int conn_send_shared(struct conn *c, struct shared *s);
/* Two pieces, one system call (a head and a shared body). */
int conn_send_two(struct conn *c, const void *head, size_t head_len, struct shared *body);

/* Bytes queued and not yet taken by the socket. */
size_t conn_queued_bytes(const struct conn *c);

/* Stop and restart reading (back-pressure on a peer that talks too much). */
void conn_pause(struct conn *c);
void conn_resume(struct conn *c);

/* End now; queued bytes are lost. */
void conn_close(struct conn *c);
/* End once the queue is flushed. linger: the peer may still be talking (an error answer to
 * a half-read request), so send FIN and discard input until its EOF, lest a reset destroy the
 * answer on its way (RFC 9112 §9.6); the caller bounds the time. */
void conn_finish(struct conn *c, bool linger);

static inline int conn_fd(const struct conn *c)
{
    return (int)c->read_event.ev_fd;
}

#endif
