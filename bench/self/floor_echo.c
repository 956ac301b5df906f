/* The floor of latency: the one-way time of a bare C echo, at the spacing of the updates it is
 * compared with (an idle core takes its time to wake up, and so must the floor). The echo
 * carries the time at which it was received: both ends read one clock. Half the round trip
 * would flatter the floor, since the way back finds a core that is still awake.
 *
 *   floor_echo RATE_HZ COUNT BYTES       prints {"p50_ns":…,"half_rtt_p50_ns":…,"count":…}
 */
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "bench/self/floor.h"
#include "lib/base/clock.h"

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
    int epoll_fd = epoll_create1(0);

    floor_watch(epoll_fd, fd);
    return epoll_fd;
}

static void serve(int listen_fd)
{
    char buf[65536];
    int fd = accept(listen_fd, NULL, NULL);
    int epoll_fd = epoll_on(fd);
    ssize_t n;

    while ((n = read_when_ready(epoll_fd, fd, buf, sizeof buf)) > 0) {
        int64_t received_ns = clock_now_ns();

        memcpy(buf, &received_ns, sizeof received_ns);
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

static int connect_to(const struct sockaddr_in *addr)
{
    int fd = floor_socket(0);

    if (connect(fd, (const struct sockaddr *)addr, sizeof *addr) < 0)
        die("connect");
    return fd;
}

struct sample {
    int64_t one_way_ns, half_rtt_ns;
};

static struct sample measure_one(int epoll_fd, int fd, char *buf, size_t bytes)
{
    int64_t sent_ns = clock_now_ns(), received_ns;
    size_t got = 0;

    if (send(fd, buf, bytes, MSG_NOSIGNAL) != (ssize_t)bytes)
        die("send");
    while (got < bytes) {
        ssize_t n = read_when_ready(epoll_fd, fd, buf + got, bytes - got);

        if (n <= 0)
            die("recv");
        got += (size_t)n;
    }
    memcpy(&received_ns, buf, sizeof received_ns);
    return (struct sample){received_ns - sent_ns, (clock_now_ns() - sent_ns) / 2};
}

static int64_t median(int64_t *values, size_t n)
{
    qsort(values, n, sizeof *values, compare);
    return values[n / 2];
}

int main(int argc, char **argv)
{
    static char buf[65536];
    struct sockaddr_in addr;
    int listen_fd, fd, epoll_fd;
    int64_t gap_ns, due_ns, *one_way_ns, *half_rtt_ns;
    size_t bytes, count;
    pid_t server;

    if (argc != 4) {
        fprintf(stderr, "usage: floor_echo RATE_HZ COUNT BYTES\n");
        return 2;
    }
    gap_ns = (int64_t)(1e9 / atof(argv[1]));
    count = (size_t)atoi(argv[2]);
    bytes = (size_t)atoi(argv[3]) % sizeof buf;
    bytes = bytes < sizeof(int64_t) ? sizeof(int64_t) : bytes;
    one_way_ns = calloc(count, sizeof *one_way_ns);
    half_rtt_ns = calloc(count, sizeof *half_rtt_ns);
    if (one_way_ns == NULL || half_rtt_ns == NULL)
        die("calloc");
    listen_fd = floor_listen(&addr, 0);
    server = fork();
    if (server < 0)
        die("fork");
    pin(server == 0 ? 0 : 1);
    if (server == 0)
        serve(listen_fd);
    fd = connect_to(&addr);
    epoll_fd = epoll_on(fd);
    due_ns = clock_now_ns() + gap_ns;
    for (size_t i = 0; i < count; i++, due_ns += gap_ns) {
        struct sample s;

        sleep_until(due_ns);
        s = measure_one(epoll_fd, fd, buf, bytes);
        one_way_ns[i] = s.one_way_ns;
        half_rtt_ns[i] = s.half_rtt_ns;
    }
    printf("{\"p50_ns\":%lld,\"half_rtt_p50_ns\":%lld,\"count\":%zu}\n",
           (long long)median(one_way_ns, count), (long long)median(half_rtt_ns, count), count);
    kill(server, SIGTERM);
    free(one_way_ns);
    free(half_rtt_ns);
    return 0;
}
