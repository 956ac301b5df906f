/* The floor of latency: the one-way time of a bare C echo, half its round trip, at the
 * spacing of the updates it is compared with (an idle core takes its time to wake up, and
 * so must the floor).
 *
 *   floor_echo RATE_HZ COUNT BYTES       prints {"p50_ns":…,"count":…}
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

static int die(const char *what)
{
    perror(what);
    exit(1);
}

static void pin(int core)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(core, &set);
    sched_setaffinity(0, sizeof set, &set); /* one core only: then both share it */
}

/* Wait with epoll, as every event loop does. */
static ssize_t read_when_ready(int epoll_fd, int fd, char *buf, size_t len)
{
    struct epoll_event ev;

    if (epoll_wait(epoll_fd, &ev, 1, -1) != 1)
        die("epoll_wait");
    return recv(fd, buf, len, 0);
}

static int epoll_on(int fd)
{
    struct epoll_event ev = {.events = EPOLLIN};
    int epoll_fd = epoll_create1(0);

    if (epoll_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0)
        die("epoll");
    return epoll_fd;
}

static void serve(int listen_fd)
{
    char buf[65536];
    int fd = accept(listen_fd, NULL, NULL);
    int epoll_fd = epoll_on(fd);
    ssize_t n;

    while ((n = read_when_ready(epoll_fd, fd, buf, sizeof buf)) > 0) {
        if (send(fd, buf, (size_t)n, MSG_NOSIGNAL) != n)
            die("send");
    }
    exit(0);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void sleep_until(int64_t at_ns)
{
    struct timespec at = {.tv_sec = at_ns / NS_PER_S, .tv_nsec = at_ns % NS_PER_S};

    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

int main(int argc, char **argv)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t addr_len = sizeof addr;
    int listen_fd = socket(AF_INET, SOCK_STREAM, 0), fd, epoll_fd, one = 1, count;
    static char buf[65536];
    int64_t *one_way_ns, gap_ns, due_ns;
    size_t bytes;
    pid_t server;

    if (argc != 4) {
        fprintf(stderr, "usage: floor_echo RATE_HZ COUNT BYTES\n");
        return 2;
    }
    gap_ns = (int64_t)(1e9 / atof(argv[1]));
    count = atoi(argv[2]);
    bytes = (size_t)atoi(argv[3]) % sizeof buf;
    one_way_ns = calloc((size_t)count, sizeof *one_way_ns);
    if (one_way_ns == NULL ||
        setsockopt(listen_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0 ||
        bind(listen_fd, (struct sockaddr *)&addr, sizeof addr) < 0 || listen(listen_fd, 1) < 0 ||
        getsockname(listen_fd, (struct sockaddr *)&addr, &addr_len) < 0)
        die("listen");
    server = fork();
    if (server == 0) {
        pin(0);
        serve(listen_fd);
    }
    pin(1);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (server < 0 || connect(fd, (struct sockaddr *)&addr, sizeof addr) < 0)
        die("connect");
    epoll_fd = epoll_on(fd);
    due_ns = clock_now_ns() + gap_ns;
    for (int i = 0; i < count; i++, due_ns += gap_ns) {
        int64_t sent_ns;
        size_t got = 0;

        sleep_until(due_ns);
        sent_ns = clock_now_ns();
        if (send(fd, buf, bytes, MSG_NOSIGNAL) != (ssize_t)bytes)
            die("send");
        while (got < bytes) {
            ssize_t n = read_when_ready(epoll_fd, fd, buf, sizeof buf);

            if (n <= 0)
                die("recv");
            got += (size_t)n;
        }
        one_way_ns[i] = (clock_now_ns() - sent_ns) / 2;
    }
    qsort(one_way_ns, (size_t)count, sizeof *one_way_ns, compare);
    printf("{\"p50_ns\":%lld,\"count\":%d}\n", (long long)one_way_ns[count / 2], count);
    kill(server, SIGTERM);
    free(one_way_ns);
    return 0;
}
