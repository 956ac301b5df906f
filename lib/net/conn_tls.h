/* A connection over TLS: the same struct conn, ops and verbs as in conn.h, with libevent's
 * bufferevent_openssl underneath. Handshake, reading and queued writing are the bufferevent's;
 * while nothing is queued, a send is one SSL_write, one record, one write(2): the same direct
 * road as in the clear, so that what TLS costs is TLS.
 *
 * Ends: the peer's close_notify is CONN_END_EOF. A connection cut without one (a truncation
 * attack looks so, RFC 8446 §6.1) and everything that goes wrong in TLS is CONN_END_ERROR, and
 * conn_tls_strerror() has the words. conn_finish() and conn_close() send close_notify.
 *
 * Bytes are counted before encryption. The backlog limit counts a message that the socket took
 * in part as a whole.
 */
#ifndef PUSHLAB_CONN_TLS_H
#define PUSHLAB_CONN_TLS_H

#include "lib/net/conn.h"
#include "lib/net/tls.h"

enum conn_tls_handshake {
    CONN_TLS_NONE,    /* in the clear */
    CONN_TLS_PENDING, /* under way, or ended before it was complete */
    CONN_TLS_FULL,
    CONN_TLS_RESUMED, /* with a session that the memory held (RFC 8446 §2.2, RFC 5077) */
};

/* conn_attach() with a handshake first, as tls's side of it: ops->on_secured() follows, or
 * on_end(). What is sent until then waits in the queue. memory: the session to resume, and where
 * to keep the next; it must outlive the connection; NULL: do not resume. tls is borrowed.
 * 0, or PL_ENOMEM with fd still the caller's. */
int conn_attach_tls(struct conn *c, struct conn_loop *l, const struct conn_ops *ops, int fd,
                    uint32_t backlog_limit_bytes, struct tls *tls, struct tls_memory *memory);

/* Until on_end() has returned. */
enum conn_tls_handshake conn_tls_handshake(const struct conn *c);

/* In on_end(), why CONN_END_ERROR: what happened, on one line; strerror() in the clear. With TLS,
 * sys_errno is EPROTO when the peer speaks no TLS that we accept or is not trusted (trying again
 * will not help), ECONNABORTED when it was cut off. */
const char *conn_tls_strerror(const struct conn *c, int sys_errno);

#endif
