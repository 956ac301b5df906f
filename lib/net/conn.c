#include "lib/net/conn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <event2/buffer.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"

/* A reference costs about 200 bytes of bookkeeping, in pieces: for small messages, the backlog
 * limit would bound a small part of what is really taken. Those are copied, side by side. */
enum { REFERENCE_MIN_BYTES = 4096 };

struct conn_out {
    struct event write_event;
    struct evbuffer *queue;
};

void conn_mark(struct conn *c, enum conn_end why, int sys_errno)
{
    struct conn_loop *l = c->loop;

    if (c->ended)
        return;
    c->ended = true;
    c->end = (uint8_t)why;
    c->sys_errno = sys_errno;
    event_del(&c->read_event);
    if (c->out != NULL)
        event_del(&c->out->write_event);
    if (c->tls != NULL)
        conn_tls_stop(c);
    else
        close(conn_fd(c));
    if (l->reap_head == NULL)
        event_active(&l->reap_event, EV_TIMEOUT, 0);
    c->reap_next = l->reap_head;
    l->reap_head = c;
}

static void conn_out_free(struct conn *c)
{
    if (c->out == NULL)
        return;
    event_del(&c->out->write_event);
    evbuffer_free(c->out->queue);
    free(c->out);
    c->out = NULL;
}

static void conn_reap(evutil_socket_t fd, short what, void *arg)
{
    struct conn_loop *l = arg;

    (void)fd;
    (void)what;
    while (l->reap_head != NULL) {
        struct conn *c = l->reap_head;
        struct conn_tls *tls = c->tls;

        l->reap_head = c->reap_next;
        conn_out_free(c);
        if (tls != NULL)
            conn_tls_close(c);
        c->ops->on_end(c, c->end, c->sys_errno);
        conn_tls_free(tls);
    }
}

int conn_loop_init(struct conn_loop *l, struct event_base *base, size_t read_buf_bytes)
{
    *l = (struct conn_loop){.base = base, .read_buf_bytes = read_buf_bytes};
    l->read_buf = malloc(read_buf_bytes);
    if (l->read_buf == NULL)
        return PL_ENOMEM;
    if (event_assign(&l->reap_event, base, -1, 0, conn_reap, l) < 0) {
        free(l->read_buf);
        return PL_ENOMEM;
    }
    return PL_OK;
}

void conn_loop_free(struct conn_loop *l)
{
    conn_reap(-1, 0, l);
    event_del(&l->reap_event);
    free(l->read_buf);
    l->read_buf = NULL;
}

static void on_eof(struct conn *c)
{
    bool sends_on = c->finishing && conn_queued_bytes(c) > 0;

    c->peer_ended = true;
    if (!c->finishing && c->ops->on_eof != NULL)
        sends_on = c->ops->on_eof(c);
    if (sends_on)
        event_del(&c->read_event); /* readable for ever */
    else
        conn_mark(c, c->finishing ? CONN_END_LOCAL : CONN_END_EOF, 0);
}

static void conn_on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct conn *c = arg;
    struct conn_loop *l = c->loop;
    ssize_t n = recv(fd, l->read_buf, l->read_buf_bytes, 0);
    int64_t now_ns = clock_now_ns();

    (void)what;
    if (n == 0) {
        on_eof(c);
        return;
    }
    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR)
            conn_mark(c, CONN_END_ERROR, errno);
        return;
    }
    if (!c->finishing)
        c->ops->on_data(c, l->read_buf, (size_t)n, now_ns);
}

int conn_init(struct conn *c, struct conn_loop *l, const struct conn_ops *ops, int fd,
              uint32_t backlog_limit_bytes)
{
    memset(c, 0, sizeof *c);
    c->loop = l;
    c->ops = ops;
    c->backlog_limit_bytes = backlog_limit_bytes;
    if (event_assign(&c->read_event, l->base, fd, EV_READ | EV_PERSIST, conn_on_readable, c) < 0)
        return PL_ENOMEM;
    return PL_OK;
}

int conn_attach(struct conn *c, struct conn_loop *l, const struct conn_ops *ops, int fd,
                uint32_t backlog_limit_bytes)
{
    if (conn_init(c, l, ops, fd, backlog_limit_bytes) < 0)
        return PL_ENOMEM;
    return event_add(&c->read_event, NULL) < 0 ? PL_ENOMEM : PL_OK;
}

void conn_drained(struct conn *c)
{
    conn_out_free(c); /* an idle connection owns no buffer */
    if (!c->finishing) {
        if (c->ops->on_flushed != NULL)
            c->ops->on_flushed(c);
        return;
    }
    if (c->tls != NULL && !conn_tls_say_goodbye(c))
        return;
    if (!c->lingering || c->peer_ended) {
        conn_mark(c, CONN_END_LOCAL, 0);
        return;
    }
    if (c->ops->on_shut != NULL)
        c->ops->on_shut(c);
    if (shutdown(conn_fd(c), SHUT_WR) < 0)
        conn_mark(c, CONN_END_ERROR, errno);
}

static void conn_on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct conn *c = arg;
    int n = evbuffer_write(c->out->queue, fd);

    (void)what;
    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR)
            conn_mark(c, CONN_END_ERROR, errno);
        return;
    }
    if (evbuffer_get_length(c->out->queue) == 0)
        conn_drained(c);
}

static int conn_out_make(struct conn *c)
{
    struct conn_out *out = calloc(1, sizeof *out);

    if (out == NULL)
        return PL_ENOMEM;
    out->queue = evbuffer_new();
    if (out->queue == NULL)
        goto fail;
    if (event_assign(&out->write_event, c->loop->base, conn_fd(c), EV_WRITE | EV_PERSIST,
                     conn_on_writable, c) < 0)
        goto fail;
    if (event_add(&out->write_event, NULL) < 0)
        goto fail;
    c->out = out;
    return PL_OK;
fail:
    if (out->queue != NULL)
        evbuffer_free(out->queue);
    free(out);
    return PL_ENOMEM;
}

static void release_shared(const void *data, size_t len, void *arg)
{
    (void)data;
    (void)len;
    shared_unref(arg);
}

int conn_enqueue(struct conn *c, struct evbuffer *queue, const void *data, size_t len,
                 struct shared *owner)
{
    size_t queued = evbuffer_get_length(queue);
    int failed;

    if (queued > 0 && queued + len > c->backlog_limit_bytes) {
        conn_mark(c, CONN_END_BACKLOG, 0);
        return PL_ELIMIT;
    }
    if (owner == NULL || len < REFERENCE_MIN_BYTES) {
        failed = evbuffer_add(queue, data, len);
    } else {
        failed = evbuffer_add_reference(queue, data, len, release_shared, owner);
        if (!failed)
            shared_ref(owner);
    }
    if (!failed)
        return PL_OK;
    conn_mark(c, CONN_END_NOMEM, ENOMEM);
    return PL_ENOMEM;
}

/* What the socket takes right now: bytes written, 0 when full, negative when broken. */
static ssize_t conn_try(struct conn *c, const void *data, size_t len)
{
    ssize_t sent;

    do {
        sent = send(conn_fd(c), data, len, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return sent;
    if (errno == EAGAIN)
        return 0;
    conn_mark(c, CONN_END_ERROR, errno);
    return PL_ESYS;
}

static int conn_send_owned(struct conn *c, const uint8_t *data, size_t len, struct shared *owner)
{
    ssize_t sent = 0;

    if (c->ended || c->finishing)
        return PL_EOF;
    if (c->tls != NULL)
        return conn_tls_send(c, data, len, owner);
    if (c->out == NULL) {
        sent = conn_try(c, data, len);
        if (sent < 0)
            return (int)sent;
    }
    if ((size_t)sent == len)
        return PL_OK;
    if (c->out == NULL && conn_out_make(c) < 0) {
        conn_mark(c, CONN_END_NOMEM, ENOMEM);
        return PL_ENOMEM;
    }
    return conn_enqueue(c, c->out->queue, data + sent, len - (size_t)sent, owner);
}

int conn_send(struct conn *c, const void *data, size_t len)
{
    return conn_send_owned(c, data, len, NULL);
}

int conn_send_shared(struct conn *c, struct shared *s)
{
    return conn_send_owned(c, s->data, s->len, s);
}

size_t conn_queued_bytes(const struct conn *c)
{
    if (c->tls != NULL)
        return conn_tls_queued_bytes(c);
    return c->out == NULL ? 0 : evbuffer_get_length(c->out->queue);
}

void conn_close(struct conn *c)
{
    conn_mark(c, CONN_END_LOCAL, 0);
}

void conn_cut(struct conn *c, enum conn_cut how)
{
    struct linger at_once = {.l_onoff = 1};

    if (how == CONN_CUT_RESET) /* closing sends RST (socket(7), SO_LINGER) */
        (void)setsockopt(conn_fd(c), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    conn_mark(c, CONN_END_ERROR, how == CONN_CUT_RESET ? ECONNRESET : ECONNABORTED);
}

void conn_hold(struct conn *c, bool hold)
{
    if (c->ended || c->peer_ended)
        return;
    if (c->tls != NULL)
        conn_tls_hold(c, hold);
    else if (hold)
        event_del(&c->read_event);
    else if (event_add(&c->read_event, NULL) < 0)
        conn_mark(c, CONN_END_NOMEM, ENOMEM);
}

void conn_finish(struct conn *c, bool linger)
{
    if (c->ended || c->finishing)
        return;
    c->finishing = true;
    c->lingering = linger;
    if (conn_queued_bytes(c) == 0)
        conn_drained(c);
}

int conn_tcp_text(char out[CONN_TCP_TEXT_BYTES], int fd, bool counts_only)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof info;
    int n = 0;

    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
        return PL_ESYS;
    if (!counts_only)
        n = snprintf(out, CONN_TCP_TEXT_BYTES, "rtt_us=%u mss=%u cwnd=%u again=%u ", info.tcpi_rtt,
                     info.tcpi_snd_mss, info.tcpi_snd_cwnd, info.tcpi_total_retrans);
    snprintf(out + n, CONN_TCP_TEXT_BYTES - (size_t)n, "segs_out=%u segs_in=%u", info.tcpi_segs_out,
             info.tcpi_segs_in);
    return PL_OK;
}
