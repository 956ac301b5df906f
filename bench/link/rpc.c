#include "bench/link/rpc.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "lib/base/err.h"

union fd_space { /* aligned room for the descriptors' control message (cmsg(3)) */
    struct cmsghdr align;
    char bytes[CMSG_SPACE(RPC_MAX_FDS * sizeof(int))];
};

static int send_all(int socket, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t n = send(socket, data, len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return PL_ESYS;
        data += n;
        len -= (size_t)n;
    }
    return PL_OK;
}

static int send_head(int socket, struct rpc_message *m)
{
    size_t fd_bytes = m->head.fd_count * sizeof(int);
    struct iovec part = {&m->head, sizeof m->head};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    union fd_space space = {.bytes = {0}};

    if (fd_bytes > 0) {
        struct cmsghdr *c = &space.align;

        message.msg_control = space.bytes;
        message.msg_controllen = CMSG_SPACE(fd_bytes);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(fd_bytes);
        memcpy(CMSG_DATA(c), m->fds, fd_bytes);
    }
    /* A head is far smaller than any socket buffer: it goes whole or not at all. */
    return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)sizeof m->head ? PL_OK : PL_ESYS;
}

int rpc_send(int socket, struct rpc_message *m)
{
    m->head.bytes = (uint32_t)m->data.len;
    if (send_head(socket, m) < 0)
        return PL_ESYS;
    return send_all(socket, m->data.data, m->data.len);
}

static int wait_readable(int socket, int timeout_ms)
{
    struct pollfd p = {.fd = socket, .events = POLLIN};
    int n;

    do
        n = poll(&p, 1, timeout_ms);
    while (n < 0 && errno == EINTR);
    if (n == 0)
        errno = ETIMEDOUT;
    return n <= 0 ? PL_ESYS : PL_OK;
}

static void take_fds(struct rpc_message *m, struct msghdr *message)
{
    uint32_t taken = 0;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        size_t bytes = c->cmsg_len - CMSG_LEN(0);

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS || bytes > sizeof m->fds)
            continue;
        memcpy(m->fds, CMSG_DATA(c), bytes);
        taken = (uint32_t)(bytes / sizeof(int));
    }
    m->head.fd_count = taken;
}

static int receive_head(int socket, struct rpc_message *m)
{
    struct iovec part = {&m->head, sizeof m->head};
    union fd_space space;
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = space.bytes,
                             .msg_controllen = sizeof space.bytes};
    ssize_t n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL);

    if (n == 0)
        return PL_EOF;
    if (n != (ssize_t)sizeof m->head)
        return n < 0 && errno != ECONNRESET ? PL_ESYS : PL_EOF;
    take_fds(m, &message);
    return PL_OK;
}

static int receive_data(int socket, struct rpc_message *m, int timeout_ms)
{
    if (buf_reserve(&m->data, m->head.bytes) < 0)
        return PL_ENOMEM;
    while (m->data.len < m->head.bytes) {
        ssize_t n;

        if (wait_readable(socket, timeout_ms) < 0)
            return PL_ESYS;
        n = recv(socket, m->data.data + m->data.len, m->head.bytes - m->data.len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 ? PL_EOF : PL_ESYS;
        m->data.len += (size_t)n;
    }
    return PL_OK;
}

int rpc_receive(int socket, struct rpc_message *m, int timeout_ms)
{
    int rc;

    buf_drain(&m->data, m->data.len);
    if (wait_readable(socket, timeout_ms) < 0)
        return PL_ESYS;
    rc = receive_head(socket, m);
    return rc < 0 ? rc : receive_data(socket, m, timeout_ms);
}
