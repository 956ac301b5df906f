/* The floor of receiving: a bare epoll loop that reads and counts, for loading a server
 * without adding a driver's own cost, and for measuring what a driver costs above it.
 *
 *   floor_sink PORT CONNECTIONS MODE     MODE: websocket, stream, sse, long-poll
 *
 * Prints "ready" when every connection has had its first bytes; then, at end of standard
 * input, the number of reads and bytes since.
 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/self/floor.h"

enum { EVENTS = 256, READ_BYTES = 65536, CONNECTIONS_MAX = 70000 };

#define HOST_FIELD "Host: 127.0.0.1\r\n"

static const struct mode {
    const char *name, *request;
} modes[] = {
    {"websocket",
     "GET /ws HTTP/1.1\r\n" HOST_FIELD "Upgrade: websocket\r\nConnection: Upgrade\r\n"
     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"},
    {"stream", "GET /stream HTTP/1.1\r\n" HOST_FIELD "\r\n"},
    {"sse", "GET /events HTTP/1.1\r\n" HOST_FIELD "\r\n"},
    {"long-poll", "GET /longpoll HTTP/1.1\r\n" HOST_FIELD "\r\n"},
    {NULL, NULL},
};

struct sink {
    int epoll_fd;
    int connections, ready;
    const struct mode *mode;
    int long_poll;
    unsigned char greeted[CONNECTIONS_MAX];
    unsigned long long reads, bytes;
    char buf[READ_BYTES + 1];
};

/* 127.0.0.2, 127.0.0.3, ...: a local address has some 28,000 ports. */
static int connect_one(struct sink *s, int port, int number)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr =
                                   htonl(INADDR_LOOPBACK + 1 + (unsigned)number / 20000)};
    int fd = floor_socket(0), one = 1;

    if (fd >= CONNECTIONS_MAX)
        die("socket");
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
        die("connect");
    floor_watch(s->epoll_fd, fd);
    if (send(fd, s->mode->request, strlen(s->mode->request), MSG_NOSIGNAL) < 0)
        die("send");
    return fd;
}

/* Ask again from the cursor that the answer named. */
static void long_poll_again(struct sink *s, int fd)
{
    static const char name[] = "Pushlab-Cursor: ";
    const char *at = strstr(s->buf, name);
    char request[128];
    int len;

    if (at == NULL)
        return;
    len =
        snprintf(request, sizeof request, "GET /longpoll?since=%llu HTTP/1.1\r\n" HOST_FIELD "\r\n",
                 strtoull(at + sizeof name - 1, NULL, 10));
    if (send(fd, request, (size_t)len, MSG_NOSIGNAL) < 0)
        die("send");
}

static void receive(struct sink *s, int fd)
{
    ssize_t n = recv(fd, s->buf, READ_BYTES, MSG_DONTWAIT);

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0)
        die("the server closed a connection");
    s->reads++;
    s->bytes += (unsigned long long)n;
    if (!s->greeted[fd]) {
        s->greeted[fd] = 1;
        if (++s->ready == s->connections) {
            printf("ready\n");
            fflush(stdout);
            s->reads = s->bytes = 0;
        }
    }
    if (!s->long_poll)
        return;
    s->buf[n] = '\0';
    long_poll_again(s, fd);
}

static int pump(struct sink *s)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(s->epoll_fd, events, EVENTS, -1);

    for (int i = 0; i < n; i++) {
        if (events[i].data.fd == STDIN_FILENO)
            return 0;
        receive(s, events[i].data.fd);
    }
    return 1;
}

int main(int argc, char **argv)
{
    static struct sink s;
    struct rlimit files = {CONNECTIONS_MAX, CONNECTIONS_MAX};

    for (s.mode = modes; argc == 4 && s.mode->name != NULL; s.mode++) {
        if (strcmp(argv[3], s.mode->name) == 0)
            break;
    }
    if (argc != 4 || s.mode->name == NULL) {
        fprintf(stderr, "usage: floor_sink PORT CONNECTIONS websocket|stream|sse|long-poll\n");
        return 2;
    }
    setrlimit(RLIMIT_NOFILE, &files);
    s.long_poll = strcmp(s.mode->name, "long-poll") == 0;
    s.connections = atoi(argv[2]);
    s.epoll_fd = epoll_create1(0);
    for (int i = 0; i < s.connections; i++)
        connect_one(&s, atoi(argv[1]), i);
    floor_watch(s.epoll_fd, STDIN_FILENO);
    while (pump(&s))
        ;
    printf("{\"reads\":%llu,\"bytes\":%llu}\n", s.reads, s.bytes);
    return 0;
}
