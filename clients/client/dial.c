#include "clients/client/dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

/* Add what is found, as far as there is room. 0, or getaddrinfo()'s error. */
static int look_up(struct dial_target *t, const char *host, uint16_t number, int flags)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags};
    struct addrinfo *found = NULL;
    char port[8];
    int failed;

    snprintf(port, sizeof port, "%u", number);
    failed = getaddrinfo(host, port, &hints, &found);
    if (failed)
        return failed;
    for (const struct addrinfo *a = found; a != NULL && t->addresses < DIAL_ADDRESSES_MAX;
         a = a->ai_next) {
        struct dial_address *to = &t->to[t->addresses++];

        memcpy(&to->addr, a->ai_addr, a->ai_addrlen);
        to->len = a->ai_addrlen;
    }
    freeaddrinfo(found);
    return 0;
}

static int take_answer(struct dial_target *t, const struct url *u, const char *answer,
                       struct err_text *e)
{
    char address[64];

    for (const char *at = answer; at != NULL; at = strchr(at, ',')) {
        at += *at == ',';
        snprintf(address, sizeof address, "%.*s", (int)strcspn(at, ","), at);
        if (t->addresses == DIAL_ADDRESSES_MAX)
            return err_set(e, PL_EINVAL, "--resolve: too many; accepted: up to %d addresses",
                           DIAL_ADDRESSES_MAX);
        if (look_up(t, address, u->port, AI_NUMERICHOST) != 0)
            return err_set(e, PL_EINVAL,
                           "--resolve: '%s' is not an address; e.g. 192.0.2.1,192.0.2.2", address);
    }
    return PL_OK;
}

int dial_resolve(struct dial_target *t, const struct url *u, const char *answer, struct err_text *e)
{
    int failed;

    t->addresses = t->current = 0;
    t->in_turn = answer != NULL;
    if (answer != NULL)
        return take_answer(t, u, answer, e);
    failed = look_up(t, u->host, u->port, 0);
    if (failed)
        return err_set(e, PL_EINVAL, "--url: look up %s: %s", u->host, gai_strerror(failed));
    return PL_OK;
}

static bool is_loopback4(const struct dial_address *to)
{
    const struct sockaddr_in *in = (const struct sockaddr_in *)&to->addr;

    return in->sin_family == AF_INET && ntohl(in->sin_addr.s_addr) >> 24 == 127;
}

bool dial_target_is_loopback4(const struct dial_target *t)
{
    for (uint32_t i = 0; i < t->addresses; i++) {
        if (is_loopback4(&t->to[i]))
            return true;
    }
    return false;
}

uint32_t dial_choose(const struct dial_target *t, uint32_t turn)
{
    return t->in_turn ? turn % t->addresses : t->current;
}

void dial_move_on(struct dial_target *t, uint32_t address)
{
    if (t->current == address)
        t->current = (address + 1) % t->addresses;
}

void dial_target_text(char out[DIAL_TEXT_BYTES], const struct dial_target *t, uint32_t address)
{
    const struct dial_address *to = &t->to[address];
    char host[INET6_ADDRSTRLEN] = "?", port[8] = "?";

    getnameinfo((const struct sockaddr *)&to->addr, to->len, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(out, DIAL_TEXT_BYTES, to->addr.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
             port);
}

/* Choose the address now but the port only at connect(2), when the kernel knows the whole
 * four-tuple: a port is then taken per destination, not per machine (ip(7)). */
static int bind_source(int fd, const struct dial_target *t, uint32_t address, uint32_t turn)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    int on = 1;

    if (t->source_addresses == 0 || !is_loopback4(&t->to[address]))
        return PL_OK;
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + turn % t->source_addresses);
    if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) < 0)
        return PL_ESYS;
    return bind(fd, (struct sockaddr *)&from, sizeof from) < 0 ? PL_ESYS : PL_OK;
}

static int set_options(int fd, const struct dial_target *t)
{
    int on = 1;

    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0)
        return PL_ESYS;
    if (t->sndbuf_bytes > 0 &&
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &t->sndbuf_bytes, sizeof t->sndbuf_bytes) < 0)
        return PL_ESYS;
    if (t->rcvbuf_bytes > 0 &&
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &t->rcvbuf_bytes, sizeof t->rcvbuf_bytes) < 0)
        return PL_ESYS;
    return PL_OK;
}

int dial_start(const struct dial_target *t, uint32_t address, uint32_t turn)
{
    const struct dial_address *to = &t->to[address];
    int fd = socket(to->addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int saved_errno;

    if (fd < 0)
        return PL_ESYS;
    if (set_options(fd, t) == PL_OK && bind_source(fd, t, address, turn) == PL_OK &&
        (connect(fd, (const struct sockaddr *)&to->addr, to->len) == 0 || errno == EINPROGRESS))
        return fd;
    saved_errno = errno;
    close(fd);
    errno = saved_errno;
    return PL_ESYS;
}
