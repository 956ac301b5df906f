/* The floor of fan-out: a bare epoll loop that does one send(2) per delivery and nothing
 * else. No framework, no statistics, no protocol beyond a canned greeting. What a server
 * costs above this is the server's own doing.
 *
 *   floor_fanout RATE_HZ FRAME_BYTES     serves on 127.0.0.1, prints "listening on ADDR:PORT"
 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "bench/self/floor.h"

enum { SUBSCRIBERS_MAX = 65536, EVENTS = 256 };

static const char greeting[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                               "Connection: Upgrade\r\n\r\n";

struct floor {
    int epoll_fd, listen_fd, timer_fd;
    int subscribers[SUBSCRIBERS_MAX];
    int nsubscribers;
    char frame[65536];
    size_t frame_bytes;
};

static void start_listening(struct floor *f)
{
    struct sockaddr_in addr;

    f->listen_fd = floor_listen(&addr, SOCK_NONBLOCK);
    floor_watch(f->epoll_fd, f->listen_fd);
    printf("listening on 127.0.0.1:%d\n", ntohs(addr.sin_port));
    fflush(stdout);
}

static void start_timer(struct floor *f, double rate_hz)
{
    long gap_ns = (long)(1e9 / rate_hz);
    struct itimerspec every = {
        .it_interval = {.tv_sec = gap_ns / 1000000000, .tv_nsec = gap_ns % 1000000000},
        .it_value = {.tv_sec = gap_ns / 1000000000, .tv_nsec = gap_ns % 1000000000}};

    f->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    if (f->timer_fd < 0 || timerfd_settime(f->timer_fd, 0, &every, NULL) < 0)
        die("timerfd");
    floor_watch(f->epoll_fd, f->timer_fd);
}

static void accept_all(struct floor *f)
{
    int fd;

    while ((fd = accept4(f->listen_fd, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (f->nsubscribers == SUBSCRIBERS_MAX)
            die("too many subscribers");
        floor_watch(f->epoll_fd, fd);
    }
}

/* Any first bytes are taken for the request. */
static void greet(struct floor *f, int fd)
{
    char discard[4096];
    ssize_t n = recv(fd, discard, sizeof discard, 0);

    if (n <= 0) {
        if (n == 0 || errno != EAGAIN)
            exit(0); /* the measurement is over */
        return;
    }
    if (send(fd, greeting, sizeof greeting - 1, MSG_NOSIGNAL) < 0)
        die("send");
    f->subscribers[f->nsubscribers++] = fd;
}

static void fan_out(struct floor *f)
{
    unsigned long long expirations;

    if (read(f->timer_fd, &expirations, sizeof expirations) < 0)
        return;
    for (int i = 0; i < f->nsubscribers; i++) {
        if (send(f->subscribers[i], f->frame, f->frame_bytes, MSG_NOSIGNAL) < 0)
            exit(0);
    }
}

int main(int argc, char **argv)
{
    static struct floor f;
    struct epoll_event events[EVENTS];
    struct rlimit files = {70000, 70000};

    if (argc != 3) {
        fprintf(stderr, "usage: floor_fanout RATE_HZ FRAME_BYTES\n");
        return 2;
    }
    setrlimit(RLIMIT_NOFILE, &files);
    f.frame_bytes = (size_t)atoi(argv[2]) % sizeof f.frame;
    memset(f.frame, 'x', f.frame_bytes);
    f.epoll_fd = epoll_create1(0);
    start_listening(&f);
    start_timer(&f, atof(argv[1]));
    for (;;) {
        int n = epoll_wait(f.epoll_fd, events, EVENTS, -1);

        for (int i = 0; i < n; i++) {
            if (events[i].data.fd == f.listen_fd)
                accept_all(&f);
            else if (events[i].data.fd == f.timer_fd)
                fan_out(&f);
            else
                greet(&f, events[i].data.fd);
        }
    }
}
