#include "lib/net/conn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/net/tls.h"

struct conn_tls {
    struct bufferevent *bev;
    SSL *ssl;
    const char *plain_answer;
    bool secured; /* the handshake is complete */
    bool resumed;
    bool goodbye_sent; /* close_notify has been sent, or cannot be */
    char fault[160];   /* "" unless TLS went wrong */
};

/* ---- what went wrong ---- */

static void set_fault(struct conn_tls *t, const char *what, const char *why)
{
    snprintf(t->fault, sizeof t->fault, "%s%s%s", what, why[0] != '\0' ? ": " : "", why);
}

/* The oldest error in OpenSSL's queue is the cause; the others follow from it. libevent returns the
 * newest first, and last the SSL_get_error() code, which is no library's. */
static unsigned long oldest_error(struct bufferevent *bev)
{
    unsigned long err, oldest = 0;

    while ((err = bufferevent_get_openssl_error(bev)) != 0) {
        if (ERR_GET_LIB(err) != 0)
            oldest = err;
    }
    return oldest;
}

static bool is_cut(unsigned long err)
{
    return err == 0 || (ERR_GET_LIB(err) == ERR_LIB_SSL &&
                        ERR_GET_REASON(err) == SSL_R_UNEXPECTED_EOF_WHILE_READING);
}

/* What has failed is not resumed (RFC 8446 §6.2). */
static void forget_session(SSL *ssl)
{
    struct tls_memory *memory = SSL_get_app_data(ssl);

    if (memory != NULL)
        tls_memory_forget(memory);
}

static void describe_protocol_error(struct conn_tls *t, unsigned long err)
{
    long verdict = SSL_get_verify_result(t->ssl);
    const char *reason = ERR_reason_error_string(err);

    if (!SSL_is_server(t->ssl) && verdict != X509_V_OK)
        set_fault(t, "TLS: the server's certificate is not trusted",
                  X509_verify_cert_error_string(verdict));
    else
        set_fault(t, t->secured ? "TLS" : "TLS handshake", reason != NULL ? reason : "failed");
}

/* Put into words why it broke, and end. sys_errno is of the failed system call, if it was one. */
static void conn_tls_fail(struct conn *c, unsigned long err, int sys_errno)
{
    struct conn_tls *t = c->tls;

    if (ERR_SYSTEM_ERROR(err)) {
        sys_errno = ERR_GET_REASON(err);
        err = 0;
    }
    if (is_cut(err) && c->lingering && t->goodbye_sent) {
        conn_mark(c, CONN_END_LOCAL, 0); /* our close_notify went out before */
    } else if (err == 0 && sys_errno != 0 && sys_errno != EAGAIN) {
        conn_mark(c, CONN_END_ERROR, sys_errno);
    } else if (is_cut(err)) {
        set_fault(t, t->secured ? "TLS: cut off without close_notify" : "TLS handshake: cut off",
                  "");
        conn_mark(c, CONN_END_ERROR, ECONNABORTED);
    } else {
        describe_protocol_error(t, err);
        forget_session(t->ssl);
        conn_mark(c, CONN_END_ERROR, EPROTO);
    }
}

const char *conn_tls_strerror(const struct conn *c, int sys_errno)
{
    return c->tls != NULL && c->tls->fault[0] != '\0' ? c->tls->fault : strerror(sys_errno);
}

/* For a peer that speaks HTTP without TLS. What it sent is read first: a close with bytes unread
 * is a reset, which would destroy the answer. */
static void answer_plainly(struct conn *c)
{
    const char *answer = c->tls->plain_answer;

    if (answer == NULL)
        return;
    (void)!recv(conn_fd(c), c->loop->read_buf, c->loop->read_buf_bytes, 0);
    (void)!send(conn_fd(c), answer, strlen(answer), MSG_NOSIGNAL);
}

/* ---- the bufferevent's callbacks ---- */

/* Deliver what is decrypted, one piece of the buffer at a time. */
static void conn_tls_deliver(struct conn *c, int64_t recv_ns)
{
    struct evbuffer *input = bufferevent_get_input(c->tls->bev);
    struct evbuffer_iovec piece;

    while (!c->ended && evbuffer_get_length(input) > 0 &&
           evbuffer_peek(input, -1, NULL, &piece, 1) > 0) {
        if (!c->finishing)
            c->ops->on_data(c, piece.iov_base, piece.iov_len, recv_ns);
        evbuffer_drain(input, piece.iov_len);
    }
}

static void on_readable(struct bufferevent *bev, void *arg)
{
    (void)bev;
    conn_tls_deliver(arg, clock_now_ns());
}

/* Called late, from the loop: more may have been queued since. */
static void on_written(struct bufferevent *bev, void *arg)
{
    struct conn *c = arg;

    if (!c->ended && evbuffer_get_length(bufferevent_get_output(bev)) == 0)
        conn_drained(c);
}

static void conn_tls_secured(struct conn *c)
{
    struct conn_tls *t = c->tls;

    t->secured = true;
    t->resumed = SSL_session_reused(t->ssl);
    if (c->ops->on_secured != NULL)
        c->ops->on_secured(c);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    struct conn *c = arg;
    int sys_errno = errno; /* of the read or write that failed, if one did */
    unsigned long err;

    if (what & BEV_EVENT_CONNECTED) {
        conn_tls_secured(c);
        return;
    }
    if (what & BEV_EVENT_EOF) {
        c->peer_ended = true;
        conn_mark(c, c->finishing ? CONN_END_LOCAL : CONN_END_EOF, 0);
        return;
    }
    err = oldest_error(bev);
    if (ERR_GET_LIB(err) == ERR_LIB_SSL && ERR_GET_REASON(err) == SSL_R_HTTP_REQUEST)
        answer_plainly(c);
    conn_tls_fail(c, err, sys_errno);
}

/* ---- attaching ---- */

static struct conn_tls *conn_tls_new(struct conn_loop *l, int fd, struct tls *tls,
                                     struct tls_memory *memory)
{
    enum bufferevent_ssl_state state =
        tls_is_server(tls) ? BUFFEREVENT_SSL_ACCEPTING : BUFFEREVENT_SSL_CONNECTING;
    struct conn_tls *t = calloc(1, sizeof *t);

    if (t == NULL)
        return NULL;
    t->plain_answer = tls_plain_answer(tls);
    t->ssl = tls_new_connection(tls, memory);
    if (t->ssl != NULL)
        t->bev = bufferevent_openssl_socket_new(l->base, fd, t->ssl, state, 0);
    if (t->bev != NULL)
        return t;
    SSL_free(t->ssl);
    free(t);
    return NULL;
}

int conn_attach_tls(struct conn *c, struct conn_loop *l, const struct conn_ops *ops, int fd,
                    uint32_t backlog_limit_bytes, struct tls *tls, struct tls_memory *memory)
{
    if (conn_init(c, l, ops, fd, backlog_limit_bytes) < 0)
        return PL_ENOMEM;
    c->tls = conn_tls_new(l, fd, tls, memory);
    if (c->tls == NULL)
        return PL_ENOMEM;
    bufferevent_setcb(c->tls->bev, on_readable, on_written, on_event, c);
    bufferevent_enable(c->tls->bev, EV_READ | EV_WRITE);
    return PL_OK;
}

enum conn_tls_handshake conn_tls_handshake(const struct conn *c)
{
    if (c->tls == NULL)
        return CONN_TLS_NONE;
    if (!c->tls->secured)
        return CONN_TLS_PENDING;
    return c->tls->resumed ? CONN_TLS_RESUMED : CONN_TLS_FULL;
}

/* ---- sending ---- */

size_t conn_tls_queued_bytes(const struct conn *c)
{
    return evbuffer_get_length(bufferevent_get_output(c->tls->bev));
}

/* All at once or not at all: 1 sent, 0 the socket is full, negative broken. After 0, OpenSSL may
 * hold a part of it already, and must be given the same bytes again (SSL_write(3)): so all of it
 * is queued in one piece, and the bufferevent goes on where this stopped. */
static int conn_tls_try(struct conn *c, const void *data, size_t len)
{
    SSL *ssl = c->tls->ssl;
    size_t written;
    int sys_errno, code;

    ERR_clear_error();
    if (SSL_write_ex(ssl, data, len, &written) == 1)
        return 1;
    sys_errno = errno;
    code = SSL_get_error(ssl, 0);
    if (code == SSL_ERROR_WANT_WRITE || code == SSL_ERROR_WANT_READ)
        return 0;
    conn_tls_fail(c, ERR_peek_error(), sys_errno);
    ERR_clear_error();
    return PL_ESYS;
}

int conn_tls_send(struct conn *c, const void *data, size_t len, struct shared *owner)
{
    struct evbuffer *output = bufferevent_get_output(c->tls->bev);
    int sent = 0;

    if (len == 0)
        return PL_OK;
    if (evbuffer_get_length(output) == 0 && c->tls->secured)
        sent = conn_tls_try(c, data, len);
    if (sent == 0)
        sent = conn_enqueue(c, output, data, len, owner);
    if (sent < 0)
        return sent;
    return PL_OK;
}

void conn_tls_hold(struct conn *c, bool hold)
{
    if (hold)
        bufferevent_disable(c->tls->bev, EV_READ);
    else
        bufferevent_enable(c->tls->bev, EV_READ);
}

/* ---- ending ---- */

static void on_room_for_goodbye(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    conn_drained(arg);
}

/* read_event, which connections in the clear read with, is free for this. */
static bool wait_for_room(struct conn *c)
{
    return event_assign(&c->read_event, c->loop->base, conn_fd(c), EV_WRITE, on_room_for_goodbye,
                        c) == 0 &&
           event_add(&c->read_event, NULL) == 0;
}

bool conn_tls_say_goodbye(struct conn *c)
{
    struct conn_tls *t = c->tls;
    int said, code;

    if (t->goodbye_sent || !t->secured)
        return true;
    ERR_clear_error();
    said = SSL_shutdown(t->ssl);
    code = said < 0 ? SSL_get_error(t->ssl, said) : SSL_ERROR_NONE;
    ERR_clear_error();
    if (code == SSL_ERROR_WANT_WRITE && !c->ended && wait_for_room(c))
        return false;
    t->goodbye_sent = true;
    return true;
}

/* Bytes that are still queued are lost. close_notify is sent only if the socket takes it at once.
 */
void conn_tls_stop(struct conn *c)
{
    struct conn_tls *t = c->tls;

    bufferevent_setcb(t->bev, NULL, NULL, NULL, NULL);
    bufferevent_disable(t->bev, EV_READ | EV_WRITE);
    if (c->end != CONN_END_ERROR)
        conn_tls_say_goodbye(c);
}

/* Not at once: a callback of the bufferevent may be where the end was decided. */
void conn_tls_close(struct conn *c)
{
    struct conn_tls *t = c->tls;
    struct evbuffer *output = bufferevent_get_output(t->bev);

    evbuffer_drain(output, evbuffer_get_length(output)); /* libevent would free it later */
    bufferevent_free(t->bev);
    SSL_free(t->ssl);
    close(conn_fd(c));
}

void conn_tls_free(struct conn_tls *t)
{
    free(t);
}
