/* What the floors share: bare sockets on loopback. A failed call ends the program. */
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

static inline int die(const char *what)
{
    perror(what);
    exit(1);
}

/* A TCP socket with TCP_NODELAY; flags: SOCK_NONBLOCK or 0. */
static inline int floor_socket(int flags)
{
    int fd = socket(AF_INET, SOCK_STREAM | flags, 0), one = 1;

    if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0)
        die("socket");
    return fd;
}

/* Listen on a free port of 127.0.0.1, which addr gets. */
static inline int floor_listen(struct sockaddr_in *addr, int flags)
{
    socklen_t len = sizeof *addr;
    int fd = floor_socket(flags);

    *addr = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(fd, (struct sockaddr *)addr, sizeof *addr) < 0 || listen(fd, 4096) < 0 ||
        getsockname(fd, (struct sockaddr *)addr, &len) < 0)
        die("listen");
    return fd;
}

static inline void floor_watch(int epoll_fd, int fd)
{
    struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};

    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0)
        die("epoll_ctl");
}
