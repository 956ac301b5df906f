#include "servers/http/connections.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/array.h"
#include "lib/base/clock.h"
#include "lib/proto/url.h"
#include "servers/http/http_session.h"

enum {
    ACCEPT_BATCH = 64,
    LISTEN_BACKLOG = 4096,
    RETRY_MS = 100,
    PACE_MS = 10, /* so that a high rate is paced in batches */
    READ_BUF_BYTES = 65536,
    TICK_MS = 50,
    ROUND_TICKS = 20 /* a round a second */
};
#define LINGER_MAX_NS (2 * NS_PER_S)

/* ---- room for connections ---- */

static void try_again_in(struct listener *l, int64_t wait_ns)
{
    struct timeval wait = {.tv_sec = wait_ns / NS_PER_S, .tv_usec = wait_ns % NS_PER_S / NS_PER_US};

    event_add(&l->retry_event, &wait);
}

/* Whoever connects meanwhile waits in the kernel's queue. */
static void accept_pause(struct http_context *c, int64_t wait_ns, uint64_t *count)
{
    if (c->connections.accept_paused)
        return;
    c->connections.accept_paused = true;
    (*count)++;
    event_del(&c->listener.accept_event);
    try_again_in(&c->listener, wait_ns);
}

/* How long until --accept-rate allows the next connection; 0: now. A second's worth may come at
 * once, then one per interval. */
static int64_t pace_wait_ns(const struct http_context *c, int64_t now_ns)
{
    int64_t rate = c->settings->accept_rate;
    int64_t wait_ns;

    if (rate == 0)
        return 0;
    wait_ns = c->listener.paced_until_ns - now_ns - (NS_PER_S - NS_PER_S / rate);
    if (wait_ns <= 0)
        return 0;
    return wait_ns > PACE_MS * NS_PER_MS ? wait_ns : PACE_MS * NS_PER_MS;
}

static void pace_count(struct http_context *c, int64_t now_ns)
{
    struct listener *l = &c->listener;

    if (c->settings->accept_rate == 0)
        return;
    if (l->paced_until_ns < now_ns)
        l->paced_until_ns = now_ns;
    l->paced_until_ns += NS_PER_S / c->settings->accept_rate;
}

static bool is_full(const struct http_context *c)
{
    return c->connections.open >= (uint64_t)c->settings->max_connections;
}

/* A connection has ended, or a moment has passed: there may be room again. */
static void accept_again(struct http_context *c)
{
    struct listener *l = &c->listener;
    int64_t wait_ns;

    if (!l->open || !c->connections.accept_paused)
        return;
    wait_ns = is_full(c) ? RETRY_MS * NS_PER_MS : pace_wait_ns(c, clock_now_ns());
    if (wait_ns > 0) {
        try_again_in(l, wait_ns);
        return;
    }
    c->connections.accept_paused = false;
    event_del(&l->retry_event);
    event_add(&l->accept_event, NULL);
}

static int add_peer(struct http_context *c, struct peer *p)
{
    if (array_reserve(&c->peers, &c->peers_room, c->npeers + 1, sizeof(struct peer *)) < 0)
        return PL_ENOMEM;
    p->slot = c->npeers;
    c->peers[c->npeers++] = p;
    return PL_OK;
}

static void remove_peer(struct http_context *c, struct peer *p)
{
    struct peer *last = c->peers[--c->npeers];

    c->peers[p->slot] = last;
    last->slot = p->slot;
}

/* ---- one connection ---- */

static struct peer *peer_from_conn(struct conn *c)
{
    return (struct peer *)c;
}

static void peer_on_data(struct conn *c, uint8_t *data, size_t len, int64_t recv_ns)
{
    struct peer *p = peer_from_conn(c);

    p->last_in_ns = recv_ns;
    if (p->http != NULL) {
        http_session_input(p, data, len, recv_ns);
        return;
    }
    if (p->tapped == NULL || !peer_context(p)->tap->hold_input(p, data, len))
        peer_input(p, data, len, recv_ns);
}

/* What was asked is answered still. A stream has no end that could be waited for. */
static bool peer_on_eof(struct conn *c)
{
    struct peer *p = peer_from_conn(c);

    return p->http != NULL && http_session_on_eof(p);
}

static void peer_on_flushed(struct conn *c)
{
    struct peer *p = peer_from_conn(c);

    if (p->http == NULL && p->transport != NULL && p->transport->flushed != NULL)
        p->transport->flushed(p, clock_now_ns());
}

static void peer_count_end(const struct peer *p, enum conn_end why)
{
    static const uint8_t drops[] = {[CONN_END_LOCAL] = 0,
                                    [CONN_END_EOF] = 0,
                                    [CONN_END_ERROR] = DROP_IO_ERROR + 1,
                                    [CONN_END_BACKLOG] = DROP_SLOW_READER + 1,
                                    [CONN_END_NOMEM] = DROP_NO_MEMORY + 1};
    struct account *account =
        p->account != NULL ? p->account : &peer_context(p)->accounts[ACCOUNT_OTHER];
    uint8_t drop = drops[why] != 0 ? drops[why] : p->drop;

    if (drop != 0)
        account->drops[drop - 1]++;
}

static void peer_on_end(struct conn *conn, enum conn_end why, int sys_errno)
{
    struct peer *p = peer_from_conn(conn);
    struct http_context *c = peer_context(p);

    (void)sys_errno;
    peer_count_end(p, why);
    c->connections.unused += p->home == 0;
    c->connections.tls_failed += conn_tls_handshake(conn) == CONN_TLS_PENDING;
    hub_unsubscribe(c->hub, &p->sub);
    while (p->hooks != NULL) {
        struct peer_hook *hook = p->hooks;

        peer_hook_remove(hook);
        hook->ended(p, hook);
    }
    if (p->transport != NULL && p->transport->release != NULL)
        p->transport->release(p);
    http_session_free(p);
    if (p->tapped != NULL)
        c->tap->end(p);
    if (p->home != 0)
        c->accounts[p->home - 1].open--;
    remove_peer(c, p);
    c->connections.open--;
    free(p);
    accept_again(c);
    if (c->stopping && c->connections.open == 0)
        event_base_loopbreak(c->loop.base);
}

static const struct conn_ops peer_ops = {
    .on_data = peer_on_data,
    .on_eof = peer_on_eof,
    .on_flushed = peer_on_flushed,
    .on_end = peer_on_end,
};

static int peer_attach(struct peer *p, struct http_context *c, int fd)
{
    uint32_t backlog_bytes = (uint32_t)c->settings->backlog_bytes;

    if (c->tls == NULL)
        return conn_attach(&p->conn, &c->loop, &peer_ops, fd, backlog_bytes);
    return conn_attach_tls(&p->conn, &c->loop, &peer_ops, fd, backlog_bytes, c->tls, NULL);
}

static int peer_accept(struct http_context *c, int fd, int64_t now_ns)
{
    struct peer *p = calloc(1, sizeof *p);

    if (p == NULL)
        goto fail;
    p->last_in_ns = p->last_out_ns = now_ns;
    if (http_session_start(p, c) < 0 || add_peer(c, p) < 0)
        goto fail;
    if (peer_attach(p, c, fd) < 0) {
        remove_peer(c, p);
        goto fail;
    }
    c->connections.open++;
    c->connections.accepted++;
    if (c->tap != NULL && c->tap->start(p) < 0)
        peer_drop(p, DROP_NO_MEMORY);
    return PL_OK;
fail:
    if (p != NULL)
        http_session_free(p);
    free(p);
    close(fd);
    return PL_ENOMEM;
}

/* A TLS handshake has as much time as a request; until it is complete nothing counts as received.
 */
static bool peer_handshakes_too_long(const struct peer *p, int64_t now_ns)
{
    return conn_tls_handshake(&p->conn) == CONN_TLS_PENDING &&
           now_ns - p->last_in_ns >= peer_context(p)->settings->request_timeout_ns;
}

/* An answer that is still being sent has as much time without progress as an idle connection. */
static int64_t finish_limit_ns(const struct peer *p)
{
    return p->queued_bytes > 0 ? peer_context(p)->settings->idle_timeout_ns : LINGER_MAX_NS;
}

static void peer_tick(struct peer *p, int64_t now_ns)
{
    if (p->conn.ended)
        return;
    if (peer_handshakes_too_long(p, now_ns)) {
        peer_drop(p, DROP_SLOW_REQUEST);
        return;
    }
    if (conn_queued_bytes(&p->conn) != p->queued_bytes) { /* it is being read, however slowly */
        p->queued_bytes = conn_queued_bytes(&p->conn);
        p->last_out_ns = now_ns;
    }
    if (p->conn.finishing) {
        if (now_ns - p->last_out_ns > finish_limit_ns(p))
            conn_close(&p->conn);
        return;
    }
    if (p->http != NULL)
        http_session_tick(p, now_ns);
    if (p->transport != NULL && p->transport->tick != NULL && !p->conn.ended)
        p->transport->tick(p, now_ns);
}

/* ---- the listening socket ---- */

/* Out of descriptors or memory: trying again at once would fail again. */
static bool is_exhaustion(int err)
{
    return err == EMFILE || err == ENFILE || err == ENOBUFS || err == ENOMEM;
}

static void on_accept(evutil_socket_t listen_fd, short what, void *arg)
{
    struct http_context *c = arg;
    struct connection_stats *stats = &c->connections;

    (void)what;
    for (int i = 0; i < ACCEPT_BATCH && !stats->accept_paused; i++) {
        int64_t now_ns = clock_now_ns(), pace_ns = pace_wait_ns(c, now_ns);
        int fd;

        if (is_full(c)) {
            accept_pause(c, RETRY_MS * NS_PER_MS, &stats->accept_pauses);
            return;
        }
        if (pace_ns > 0) {
            accept_pause(c, pace_ns, &stats->accept_paced);
            return;
        }
        fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && errno == EAGAIN)
            return;
        if (fd < 0 && is_exhaustion(errno))
            accept_pause(c, RETRY_MS * NS_PER_MS, &stats->accept_pauses);
        if (fd >= 0)
            pace_count(c, now_ns);
        /* ECONNABORTED and the like are errors of one connection. */
        if (fd < 0 || peer_accept(c, fd, now_ns) < 0)
            stats->accept_errors++;
    }
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
    struct http_context *c = arg;

    (void)fd;
    (void)what;
    accept_again(c);
}

/* Accepted sockets inherit these on Linux, so they cost nothing per connection. */
static int set_options(int fd, const struct http_settings *o)
{
    int one = 1, snd = (int)o->sndbuf_bytes, rcv = (int)o->rcvbuf_bytes;

    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0)
        return PL_ESYS;
    if (snd > 0 && setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &snd, sizeof snd) < 0)
        return PL_ESYS;
    if (rcv > 0 && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcv, sizeof rcv) < 0)
        return PL_ESYS;
    return PL_OK;
}

/* The address as bound, with the port that 0 became. */
static int name_address(struct listener *l, int fd)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof addr;
    char host[48], port[8];

    if (getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
        return PL_ESYS;
    if (getnameinfo((struct sockaddr *)&addr, len, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return PL_ESYS;
    snprintf(l->address, sizeof l->address, strchr(host, ':') != NULL ? "[%s]:%s" : "%s:%s", host,
             port);
    return PL_OK;
}

static int open_socket(const struct addrinfo *ai, const struct http_settings *o)
{
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int saved;

    if (fd < 0)
        return -1;
    if (set_options(fd, o) == 0 && bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 &&
        listen(fd, LISTEN_BACKLOG) == 0)
        return fd;
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static int bind_address(const struct http_settings *o, struct err_text *e)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *list = NULL;
    struct err_text reason;
    char host[256], port[8];
    uint16_t port_number;
    int fd, err;

    if (url_parse_host_port(host, &port_number, o->listen, &reason) < 0)
        return err_set(e, PL_EINVAL, "--listen: %.300s", reason.text);
    snprintf(port, sizeof port, "%u", port_number);
    err = getaddrinfo(host, port, &hints, &list);
    if (err != 0)
        return err_set(e, PL_EINVAL, "--listen: %s: %s", o->listen, gai_strerror(err));
    fd = open_socket(list, o);
    freeaddrinfo(list);
    if (fd < 0)
        return err_set(e, PL_ESYS, "--listen: bind %s: %s%s", o->listen, strerror(errno),
                       errno == EADDRINUSE ? "; --port 0 takes a free port" : "");
    return fd;
}

int connections_listen(struct http_context *c, struct err_text *e)
{
    struct event_base *base = c->loop.base;
    struct listener *l = &c->listener;
    int fd = bind_address(c->settings, e);

    if (fd < 0)
        return fd;
    if (name_address(l, fd) < 0) {
        close(fd);
        return err_set(e, PL_ESYS, "--listen: %s: %s", c->settings->listen, strerror(errno));
    }
    if (event_assign(&l->accept_event, base, fd, EV_READ | EV_PERSIST, on_accept, c) < 0 ||
        event_assign(&l->retry_event, base, -1, 0, on_retry, c) < 0 ||
        event_add(&l->accept_event, NULL) < 0) {
        close(fd);
        return err_set(e, PL_ENOMEM, "--listen: %s", pl_strerror(PL_ENOMEM));
    }
    l->open = true;
    return PL_OK;
}

static void stop_listening(struct http_context *c)
{
    struct listener *l = &c->listener;

    if (!l->open)
        return;
    l->open = false;
    event_del(&l->accept_event);
    event_del(&l->retry_event);
    close((int)l->accept_event.ev_fd);
}

/* ---- all connections ---- */

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    struct http_context *c = arg;
    uint32_t visits = (c->npeers + ROUND_TICKS - 1) / ROUND_TICKS;
    int64_t now_ns = clock_now_ns();

    (void)fd;
    (void)what;
    while (visits-- > 0) {
        if (c->next_visited >= c->npeers)
            c->next_visited = 0;
        peer_tick(c->peers[c->next_visited++], now_ns);
    }
}

int connections_start(struct http_context *c, struct event_base *base)
{
    struct timeval tick = {.tv_usec = TICK_MS * 1000};

    if (conn_loop_init(&c->loop, base, READ_BUF_BYTES) < 0 ||
        event_assign(&c->tick, base, -1, EV_PERSIST, on_tick, c) < 0 ||
        event_add(&c->tick, &tick) < 0)
        return PL_ENOMEM;
    return PL_OK;
}

static void stop_peer(struct peer *p)
{
    if (p->conn.ended || p->conn.finishing)
        return;
    if (p->transport != NULL && p->transport->stop != NULL)
        p->transport->stop(p);
    else
        conn_close(&p->conn);
}

void connections_stop(struct http_context *c)
{
    c->stopping = true;
    stop_listening(c);
    for (uint32_t i = 0; i < c->npeers; i++)
        stop_peer(c->peers[i]);
    if (c->connections.open == 0)
        event_base_loopbreak(c->loop.base);
}

void connections_free(struct http_context *c)
{
    stop_listening(c);
    for (uint32_t i = 0; i < c->npeers; i++)
        conn_close(&c->peers[i]->conn);
    if (c->loop.read_buf != NULL) {
        conn_loop_free(&c->loop);
        event_del(&c->tick);
    }
    free(c->peers);
    buf_free(&c->scratch);
}
