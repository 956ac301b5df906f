#include "bench/link/tool/link_probe.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <linux/filter.h>

#include "lib/base/clock.h"

enum {
    PROBE_PORT = 7707,
    IP_UDP_HEADER_BYTES = 28,
    BATCH = 32,
    BULK_CHUNK_BYTES = 65536,
    QUIET_MS = 1000, /* nothing for so long: all that was sent has arrived or is lost */
};

#define BATCH_INTERVAL_NS (200 * NS_PER_US)
#define RTT_MOST_US       INT64_C(10000000)

/* Results come back from the children in memory that is shared with them. */
static void *shared_alloc(size_t len)
{
    void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

static void flag_raise(int *flag)
{
    __atomic_store_n(flag, 1, __ATOMIC_RELEASE);
}

static bool flag_raised(const int *flag)
{
    return __atomic_load_n(flag, __ATOMIC_ACQUIRE) != 0;
}

static struct sockaddr_in address_of(enum link_side side)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(PROBE_PORT)};

    inet_pton(AF_INET, side == LINK_CLIENT ? LINK_CLIENT_IPV4 : LINK_SERVER_IPV4, &a.sin_addr);
    return a;
}

/* Run body in a child on a side; a child exits with its errno. */
static pid_t run_on(const struct link *l, enum link_side side, int (*body)(void *), void *arg)
{
    pid_t child = link_fork(l, side);

    if (child == 0)
        _exit(body(arg) < 0 ? errno : 0);
    return child;
}

static int await_child(pid_t child)
{
    int status;

    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return PL_ESYS;
    }
    errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
    return errno == 0 ? PL_OK : PL_ESYS;
}

static void end_child(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

struct ping_job {
    uint32_t count;
    int64_t interval_ns;
    uint32_t sent, received;
    int64_t rtt_ns[]; /* count of them; the shared part */
};

struct echo {
    struct icmphdr head;
    int64_t sent_ns;
    uint8_t filling[40]; /* up to the usual 84 bytes of IP packet, nearly */
};

static uint16_t checksum(const void *data, size_t len) /* RFC 1071; len even */
{
    const uint8_t *p = data;
    uint32_t sum = 0;

    for (size_t i = 0; i + 1 < len; i += 2)
        sum += (uint32_t)(p[i] << 8 | p[i + 1]);
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return htons((uint16_t)~sum);
}

static void send_echo(int fd, struct ping_job *job, const struct sockaddr_in *to)
{
    struct echo e = {.head = {.type = ICMP_ECHO}};

    e.head.un.echo.sequence = htons((uint16_t)job->sent);
    e.sent_ns = clock_now_ns();
    e.head.checksum = checksum(&e, sizeof e);
    if (sendto(fd, &e, sizeof e, 0, (const struct sockaddr *)to, sizeof *to) == sizeof e)
        job->sent++;
}

/* When the kernel received the packet, before this process woke up: SO_TIMESTAMPNS,
 * converted from CLOCK_REALTIME to CLOCK_MONOTONIC. */
static int64_t received_ns(struct msghdr *message)
{
    int64_t now_ns = clock_now_ns();
    struct timespec wall, stamp;

    clock_gettime(CLOCK_REALTIME, &wall);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
            continue;
        memcpy(&stamp, CMSG_DATA(c), sizeof stamp);
        return now_ns - (wall.tv_sec - stamp.tv_sec) * NS_PER_S - (wall.tv_nsec - stamp.tv_nsec);
    }
    return now_ns;
}

static void receive_echo(int fd, struct ping_job *job)
{
    uint8_t packet[256], space[CMSG_SPACE(sizeof(struct timespec))];
    struct iovec part = {packet, sizeof packet};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
    ssize_t n = recvmsg(fd, &message, MSG_DONTWAIT);
    struct echo e;

    if (n != (ssize_t)(sizeof(struct iphdr) + sizeof e)) /* a raw socket shows the IP header */
        return;
    memcpy(&e, packet + sizeof(struct iphdr), sizeof e);
    if (e.head.type == ICMP_ECHOREPLY && job->received < job->count)
        job->rtt_ns[job->received++] = received_ns(&message) - e.sent_ns;
}

static int ping_body(void *arg)
{
    struct ping_job *job = arg;
    struct sockaddr_in to = address_of(LINK_SERVER);
    int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
    int64_t next_ns = clock_now_ns(), quiet_ns = INT64_MAX;
    uint32_t tried = 0;
    int yes = 1;

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof yes) < 0)
        return PL_ESYS;
    while (job->received < job->count && clock_now_ns() < quiet_ns) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int64_t wait_ns = next_ns - clock_now_ns();
        struct timespec timeout = {.tv_nsec = wait_ns > 0 ? wait_ns % NS_PER_S : 0};

        if (ppoll(&p, 1, &timeout, NULL) > 0)
            receive_echo(fd, job);
        if (clock_now_ns() < next_ns)
            continue;
        next_ns += job->interval_ns;
        if (tried < job->count) {
            send_echo(fd, job, &to);
            tried++;
        } else if (quiet_ns == INT64_MAX) {
            quiet_ns = clock_now_ns() + QUIET_MS * NS_PER_MS;
        }
    }
    return PL_OK;
}

int link_probe_ping(const struct link *l, uint32_t count, int64_t interval_ns,
                    struct link_probe_ping *out)
{
    size_t len = sizeof(struct ping_job) + count * sizeof(int64_t);
    struct ping_job *job = shared_alloc(len);
    int rc;

    if (job == NULL)
        return PL_ESYS;
    job->count = count;
    job->interval_ns = interval_ns;
    rc = await_child(run_on(l, LINK_CLIENT, ping_body, job));
    if (rc == PL_OK)
        rc = hdr_init(&out->rtt_us, 1, RTT_MOST_US, 5);
    if (rc == PL_OK) {
        out->sent = job->sent;
        out->received = job->received;
        for (uint32_t i = 0; i < job->received; i++)
            hdr_record(&out->rtt_us, (job->rtt_ns[i] + NS_PER_US / 2) / NS_PER_US, 1);
    }
    munmap(job, len);
    return rc;
}

struct blast_job {
    uint64_t count;
    double packets_per_s;
    uint32_t payload_bytes;
    int sink_ready, all_sent; /* flags */
    uint64_t sent, arrived;
    int64_t elapsed_ns;
};

static int send_batch(int fd, struct blast_job *job, uint64_t count)
{
    static const uint8_t payload[65536]; /* zeros */
    struct iovec part = {(void *)(uintptr_t)payload, job->payload_bytes};
    struct mmsghdr messages[BATCH];
    int n;

    memset(messages, 0, sizeof messages);
    for (int i = 0; i < BATCH; i++)
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1};
    n = sendmmsg(fd, messages, count < BATCH ? (unsigned)count : BATCH, 0);
    if (n < 0)
        return errno == ENOBUFS || errno == EAGAIN ? 0 : PL_ESYS;
    job->sent += (uint64_t)n;
    return PL_OK;
}

/* Keep to the schedule in small batches: 100,000 packets a second leave no time to sleep for each.
 */
static int blast_body(void *arg)
{
    struct blast_job *job = arg;
    struct sockaddr_in to = address_of(LINK_SERVER);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int64_t began_ns = clock_now_ns();

    if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) < 0)
        return PL_ESYS;
    while (job->sent < job->count) {
        double elapsed_s = (double)(clock_now_ns() - began_ns) / (double)NS_PER_S;
        uint64_t due = (uint64_t)(elapsed_s * job->packets_per_s);

        due = due < job->count ? due : job->count;
        if (due > job->sent) {
            if (send_batch(fd, job, due - job->sent) < 0)
                return PL_ESYS;
            continue;
        }
        nanosleep(&(struct timespec){.tv_nsec = BATCH_INTERVAL_NS}, NULL);
    }
    job->elapsed_ns = clock_now_ns() - began_ns;
    return PL_OK;
}

/* UDP packets that reached this namespace and that no socket wanted (proc(5)). */
static uint64_t udp_refused(void)
{
    FILE *f = fopen("/proc/self/net/snmp", "re");
    char line[512];
    unsigned long long errors = 0;

    if (f == NULL)
        return 0;
    while (fgets(line, sizeof line, f) != NULL)
        (void)sscanf(line, "Udp: %*u %*u %llu", &errors);
    fclose(f);
    return errors;
}

/* A socket that refuses all, so that the kernel counts what arrives and no process must be
 * woken to read it: that would measure the sink. */
static int bind_sink(void)
{
    struct sockaddr_in own = address_of(LINK_SERVER);
    struct sock_filter refuse = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = {.len = 1, .filter = &refuse};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0 ||
        bind(fd, (const struct sockaddr *)&own, sizeof own) < 0)
        return PL_ESYS;
    return fd;
}

static int sink_body(void *arg)
{
    struct blast_job *job = arg;
    uint64_t before = udp_refused(), last = before;
    int64_t changed_ns;

    if (bind_sink() < 0)
        return PL_ESYS;
    flag_raise(&job->sink_ready);
    changed_ns = clock_now_ns();
    while (!flag_raised(&job->all_sent) || clock_now_ns() < changed_ns + QUIET_MS * NS_PER_MS) {
        uint64_t now = udp_refused();

        if (now != last || !flag_raised(&job->all_sent))
            changed_ns = clock_now_ns();
        last = now;
        nanosleep(&(struct timespec){.tv_nsec = 20 * NS_PER_MS}, NULL);
    }
    job->arrived = last - before;
    return PL_OK;
}

/* Wait until the child on the other side is ready, or gone. */
static bool await_flag(const int *flag, pid_t child)
{
    while (!flag_raised(flag)) {
        siginfo_t info = {.si_pid = 0};

        if (waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid != 0)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, NULL);
    }
    return true;
}

static int blast(const struct link *l, struct blast_job *job)
{
    return await_child(run_on(l, LINK_CLIENT, blast_body, job));
}

int link_probe_blast(const struct link *l, uint64_t count, double packets_per_s,
                     uint32_t packet_bytes, struct link_probe_blast *out)
{
    struct blast_job *job = shared_alloc(sizeof *job);
    pid_t sink;
    int rc;

    if (job == NULL)
        return PL_ESYS;
    *job = (struct blast_job){.count = count,
                              .packets_per_s = packets_per_s,
                              .payload_bytes = packet_bytes - IP_UDP_HEADER_BYTES};
    sink = run_on(l, LINK_SERVER, sink_body, job);
    rc = await_flag(&job->sink_ready, sink) ? blast(l, job) : PL_OK;
    flag_raise(&job->all_sent);
    if (await_child(sink) < 0)
        rc = PL_ESYS;
    *out = (struct link_probe_blast){
        .sent = job->sent, .arrived = job->arrived, .elapsed_ns = job->elapsed_ns};
    munmap(job, sizeof *job);
    return rc;
}

struct bulk_job {
    int64_t warmup_ns, window_ns;
    int listening;
    uint64_t window_bytes;
    int64_t elapsed_ns; /* of the window, from one arrival to another */
};

static int bulk_server_body(void *arg)
{
    struct bulk_job *job = arg;
    struct sockaddr_in own = address_of(LINK_SERVER);
    static const uint8_t chunk[BULK_CHUNK_BYTES];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1, c;

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 ||
        bind(fd, (const struct sockaddr *)&own, sizeof own) < 0 || listen(fd, 1) < 0)
        return PL_ESYS;
    flag_raise(&job->listening);
    c = accept(fd, NULL, NULL);
    if (c < 0)
        return PL_ESYS;
    while (send(c, chunk, sizeof chunk, MSG_NOSIGNAL) > 0)
        ;
    return PL_OK;
}

static int bulk_client_body(void *arg)
{
    struct bulk_job *job = arg;
    struct sockaddr_in to = address_of(LINK_SERVER);
    uint8_t *chunk = malloc(BULK_CHUNK_BYTES);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int64_t window_ns, first_ns = 0, now_ns = 0;
    ssize_t n;

    if (chunk == NULL || fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) < 0)
        return PL_ESYS;
    window_ns = clock_now_ns() + job->warmup_ns;
    while ((n = recv(fd, chunk, BULK_CHUNK_BYTES, 0)) > 0) {
        now_ns = clock_now_ns();
        if (now_ns < window_ns)
            continue;
        if (first_ns == 0) {
            /* These bytes, and all that waited in the socket, came before the window. */
            while (recv(fd, chunk, BULK_CHUNK_BYTES, MSG_DONTWAIT) > 0)
                ;
            first_ns = clock_now_ns();
            continue;
        }
        job->window_bytes += (uint64_t)n;
        if (now_ns - first_ns >= job->window_ns)
            break;
    }
    job->elapsed_ns = now_ns - first_ns;
    free(chunk);
    return PL_OK;
}

double link_probe_bulk(const struct link *l, int64_t warmup_ns, int64_t window_ns)
{
    struct bulk_job *job = shared_alloc(sizeof *job);
    double bps = PL_ESYS;
    pid_t server;

    if (job == NULL)
        return PL_ESYS;
    *job = (struct bulk_job){.warmup_ns = warmup_ns, .window_ns = window_ns};
    server = run_on(l, LINK_SERVER, bulk_server_body, job);
    if (await_flag(&job->listening, server) &&
        await_child(run_on(l, LINK_CLIENT, bulk_client_body, job)) == PL_OK && job->elapsed_ns > 0)
        bps = (double)job->window_bytes * 8 * (double)NS_PER_S / (double)job->elapsed_ns;
    end_child(server);
    munmap(job, sizeof *job);
    return bps;
}
