/* A connected socket on a libevent loop, in the clear or over TLS: the connection layer of every
 * transport, on both sides. Fairness is settled here: the read buffer, the direct send and the
 * backlog limit are the same for all.
 *
 * Sending: while nothing is queued, a send is one send(2). Only what the socket did not
 * take is queued in an evbuffer and watched with EV_WRITE. (bufferevents pay a writev and
 * two epoll_ctl per delivery for the same work; docs/architecture.md has the figures.)
 *
 * Life: conn_attach() adopts a connected descriptor. The owner embeds struct conn as its
 * first member. Every way to end (the peer's EOF, an error, a full backlog, conn_close())
 * only marks; once the current callbacks have returned the loop reaps: on_end() is called
 * exactly once, and what it leaves is the owner's to free. So a loop over connections may end
 * the very connection that it is at.
 *
 * TLS: conn_attach_tls() instead of conn_attach(); all else is the same. libevent's
 * bufferevent_openssl does the handshake, the reading and the queued writing; while nothing is
 * queued, a send is one SSL_write(3), one record, one write(2). Bytes are counted before
 * encryption. The backlog limit counts a message that the socket took in part as a whole. The
 * peer's close_notify is CONN_END_EOF; a connection cut without one (a truncation attack, RFC 8446
 * §6.1) is CONN_END_ERROR. conn_finish() and conn_close() send close_notify.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <event2/event.h>
#include <event2/event_struct.h>

#include "lib/base/buf.h"

struct conn;
struct evbuffer;
struct tls;        /* tls.h */
struct tls_memory; /* tls.h */

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
    /* The peer has sent its last byte, which does not mean that it has left (RFC 9112 §9.6). True:
     * something is still to be sent; conn_finish() follows. False, or NULL: the connection is over.
     * Not asked over TLS, where the peer's close_notify ends it. */
    bool (*on_eof)(struct conn *c);
    /* The queue has emptied after being used. May be NULL. */
    void (*on_flushed)(struct conn *c);
    /* The connection is over and off the loop; c may be freed here. */
    void (*on_end)(struct conn *c, enum conn_end why, int sys_errno);
    /* TLS only: the handshake is complete. May be NULL. */
    void (*on_secured)(struct conn *c);
    /* conn_finish() that lingers: our FIN is about to be sent, then the peer's is waited for.
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
    uint32_t backlog_limit_bytes;
    uint8_t end; /* enum conn_end, once ended */
    bool ended, finishing, lingering;
    bool peer_ended; /* its FIN or close_notify has been read */
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

/* The same with a handshake first, as the side that tls is for: ops->on_secured() follows, or
 * on_end(). What is sent until then waits in the queue. tls is borrowed. memory: the session to
 * resume, and where the next is kept; it must outlive the connection; NULL: do not resume. */
int conn_attach_tls(struct conn *c, struct conn_loop *l, const struct conn_ops *ops, int fd,
                    uint32_t backlog_limit_bytes, struct tls *tls, struct tls_memory *memory);

/* The backlog limit: a send that finds bytes still queued and would take the queue past the limit
 * ends the connection (CONN_END_BACKLOG). One message on an empty queue always fits, so the bound
 * is the limit or one message, whichever is larger. */

/* Send a copy of data. 0, or a negative enum pl_err when the connection has ended (also if just
 * now). */
int conn_send(struct conn *c, const void *data, size_t len);
/* The same for shared bytes: of what the socket does not take, large pieces are queued by
 * reference. */
int conn_send_shared(struct conn *c, struct shared *s);

/* Bytes queued and not yet taken by the socket. */
size_t conn_queued_bytes(const struct conn *c);

/* End now; queued bytes are lost. */
void conn_close(struct conn *c);
/* End as a fault would, without TLS's close_notify: by a TCP reset, or as the kernel ends what
 * belonged to a process that died. on_end() says CONN_END_ERROR. */
enum conn_cut { CONN_CUT_RESET, CONN_CUT_DIED };
void conn_cut(struct conn *c, enum conn_cut how);
/* Stop reading, or go on: what arrives meanwhile fills the socket's buffer, and then the peer's. */
void conn_hold(struct conn *c, bool hold);
/* End once the queue is flushed. linger: the peer may still be sending (an error answer to
 * a half-read request), so send FIN and discard input until its EOF, since a reset would destroy
 * the answer on its way (RFC 9112 §9.6); the caller bounds the time. */
void conn_finish(struct conn *c, bool linger);

static inline int conn_fd(const struct conn *c)
{
    return (int)c->read_event.ev_fd;
}

enum { CONN_TCP_TEXT_BYTES = 160 };

/* What the kernel says about fd's TCP connection (TCP_INFO, tcp(7)), in a transcript's words:
 * "rtt_us=20311 mss=1448 cwnd=10 again=0 segs_out=5 segs_in=4", or the counts, the last two, only.
 * 0 or PL_ESYS. */
int conn_tcp_text(char out[CONN_TCP_TEXT_BYTES], int fd, bool counts_only);

/* ---- TLS ---- */

enum conn_tls_handshake {
    CONN_TLS_NONE,    /* in the clear */
    CONN_TLS_PENDING, /* under way, or ended before it was complete */
    CONN_TLS_FULL,
    CONN_TLS_RESUMED, /* with a session that the memory held (RFC 8446 §2.2, RFC 5077) */
};

/* Until on_end() has returned. */
enum conn_tls_handshake conn_tls_handshake(const struct conn *c);

/* In on_end(), why CONN_END_ERROR: what happened, on one line; strerror() in the clear. With TLS,
 * sys_errno is EPROTO when the peer's TLS or certificate is not accepted (trying again will not
 * help), ECONNABORTED when the connection was cut off. */
const char *conn_tls_strerror(const struct conn *c, int sys_errno);

/* ---- shared by conn.c and conn_tls.c only ---- */

/* Zero c and give it its descriptor, without reading from it yet. 0 or PL_ENOMEM. */
int conn_init(struct conn *c, struct conn_loop *l, const struct conn_ops *ops, int fd,
              uint32_t backlog_limit_bytes);
/* Mark c as over, take it off the loop at once, and let the loop call on_end() later. */
void conn_mark(struct conn *c, enum conn_end why, int sys_errno);
/* The queue has gone out: tell the owner, or go on with the end that waited for it. */
void conn_drained(struct conn *c);
/* Append len bytes to queue: by reference when owner is not NULL, else as a copy. 0; PL_ELIMIT or
 * PL_ENOMEM when that ends the connection. */
int conn_enqueue(struct conn *c, struct evbuffer *queue, const void *data, size_t len,
                 struct shared *owner);

/* The same verbs for a connection with c->tls. */
int conn_tls_send(struct conn *c, const void *data, size_t len, struct shared *owner);
size_t conn_tls_queued_bytes(const struct conn *c);
void conn_tls_hold(struct conn *c, bool hold);
/* Send close_notify. False: the socket is full, conn_drained() is called again later. */
bool conn_tls_say_goodbye(struct conn *c);
/* c has been marked: no callback from now on; send close_notify if that is still possible. */
void conn_tls_stop(struct conn *c);
/* Reaping, before on_end(): free the TLS and close the descriptor. And after it: the rest. */
void conn_tls_close(struct conn *c);
void conn_tls_free(struct conn_tls *t); /* NULL is ignored */
