#include "servers/http/http_context.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/proto/url.h"
#include "servers/http/peer.h"

enum { ACCEPT_BATCH = 64, LISTEN_BACKLOG = 4096, RETRY_MS = 100 };

static void listener_pause(struct http_context *c)
{
    struct listener *l = &c->listener;
    struct timeval retry = {.tv_usec = RETRY_MS * 1000};

    if (c->connections.accept_paused)
        return;
    c->connections.accept_paused = true;
    c->connections.accept_pauses++;
    event_del(&l->accept_event);
    event_add(&l->retry_event, &retry);
}

static bool listener_full(const struct http_context *c)
{
    return c->connections.open >= (uint64_t)c->settings->max_connections;
}

/* Out of descriptors or memory: trying again at once would fail again. */
static bool is_exhaustion(int err)
{
    return err == EMFILE || err == ENFILE || err == ENOBUFS || err == ENOMEM;
}

static void listener_on_accept(evutil_socket_t listen_fd, short what, void *arg)
{
    struct http_context *c = arg;

    (void)what;
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        int fd;

        if (listener_full(c)) {
            listener_pause(c);
            return;
        }
        fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            if (peer_accept(c, fd, clock_now_ns()) < 0)
                c->connections.accept_errors++;
            continue;
        }
        if (errno == EAGAIN)
            return;
        if (is_exhaustion(errno)) {
            c->connections.accept_errors++;
            listener_pause(c);
            return;
        }
        /* ECONNABORTED and the like are errors of one connection. */
        c->connections.accept_errors++;
    }
}

static void listener_on_retry(evutil_socket_t fd, short what, void *arg)
{
    struct http_context *c = arg;

    (void)fd;
    (void)what;
    listener_room(c);
}

void listener_room(struct http_context *c)
{
    struct listener *l = &c->listener;
    struct timeval retry = {.tv_usec = RETRY_MS * 1000};

    if (!l->open || !c->connections.accept_paused)
        return;
    if (listener_full(c)) {
        event_add(&l->retry_event, &retry);
        return;
    }
    c->connections.accept_paused = false;
    event_del(&l->retry_event);
    event_add(&l->accept_event, NULL);
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
        return err_set(e, PL_ESYS, "--listen: bind %s: %s", o->listen, strerror(errno));
    return fd;
}

int listener_start(struct http_context *c, struct err_text *e)
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
    if (event_assign(&l->accept_event, base, fd, EV_READ | EV_PERSIST, listener_on_accept, c) < 0 ||
        event_assign(&l->retry_event, base, -1, 0, listener_on_retry, c) < 0 ||
        event_add(&l->accept_event, NULL) < 0) {
        close(fd);
        return err_set(e, PL_ENOMEM, "--listen: %s", pl_strerror(PL_ENOMEM));
    }
    l->open = true;
    return PL_OK;
}

void listener_stop(struct http_context *c)
{
    struct listener *l = &c->listener;

    if (!l->open)
        return;
    l->open = false;
    event_del(&l->accept_event);
    event_del(&l->retry_event);
    close((int)l->accept_event.ev_fd);
}
