#include "bench/link/link_net.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <linux/if_tun.h>

#include "bench/base/file.h"
#include "bench/link/netlink.h"
#include "lib/base/clock.h"
#include "lib/base/proc.h"

/* The kernel's queue in front of the reader of a TUN: deep enough that 300 ms without
 * the processor at 100,000 packets/s lose nothing. */
enum { TUN_QUEUE_PACKETS = 32768, LOOPBACK_INDEX = 1 };

enum { KILL_PASSES = 200, KILL_PASS_MS = 5 };

struct link_net_limits link_net_limits_read(void)
{
    return (struct link_net_limits){
        .unprivileged_userns = file_first_number("/proc/sys/kernel/unprivileged_userns_clone"),
        .max_user_namespaces = file_first_number("/proc/sys/user/max_user_namespaces"),
        .max_net_namespaces = file_first_number("/proc/sys/user/max_net_namespaces"),
        .apparmor_userns =
            file_first_number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
    };
}

const char *link_net_refused_by(const struct link_net_limits *l)
{
    if (l->max_net_namespaces == 0) /* refuses root as well */
        return "user.max_net_namespaces=10000";
    if (l->unprivileged_userns == 0)
        return "kernel.unprivileged_userns_clone=1";
    if (l->max_user_namespaces == 0)
        return "user.max_user_namespaces=10000";
    return l->apparmor_userns == 1 ? "kernel.apparmor_restrict_unprivileged_userns=0" : NULL;
}

static int refuse_namespaces(int error, struct err_text *e)
{
    struct link_net_limits limits = link_net_limits_read();
    const char *setting = link_net_refused_by(&limits);

    errno = error;
    if (setting != NULL)
        return err_set(e, PL_ESYS,
                       "emulated link: no network namespaces (%s); run as root, or: sysctl %s",
                       strerror(error), setting);
    return err_set(e, PL_ESYS,
                   "emulated link: no network namespaces (%s); run as root; in a "
                   "container: " LINK_NET_CONTAINER,
                   strerror(error));
}

static int refuse_tun(int error, struct err_text *e)
{
    const char *remedy = "load the module (modprobe tun); in a container: " LINK_NET_CONTAINER;

    if (error == EACCES || error == EPERM)
        remedy = "allow it: chmod 0666 /dev/net/tun (the usual mode), or run as root";
    errno = error;
    return err_set(e, PL_ESYS, "emulated link: /dev/net/tun: %s; %s", strerror(error), remedy);
}

/* Become root of a new user namespace, in which root stands for this user. */
static int enter_user_namespace(void)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();

    return unshare(CLONE_NEWUSER) < 0 ? PL_ESYS : proc_map_ids(0, uid, 0, gid);
}

void link_net_ipv4(char out[LINK_ADDRESS_CHARS], unsigned number, enum link_side side)
{
    snprintf(out, LINK_ADDRESS_CHARS, "10.77.%u.%u", number % 256, (unsigned)side + 1);
}

void link_net_ipv6(char out[LINK_ADDRESS_CHARS], unsigned number, enum link_side side)
{
    if (number == 0)
        snprintf(out, LINK_ADDRESS_CHARS, "fd77::%u", (unsigned)side + 1);
    else
        snprintf(out, LINK_ADDRESS_CHARS, "fd77:%x::%u", number % 256, (unsigned)side + 1);
}

void link_net_interface(char out[LINK_INTERFACE_CHARS], unsigned number)
{
    if (number == 0)
        snprintf(out, LINK_INTERFACE_CHARS, "%s", LINK_INTERFACE);
    else
        snprintf(out, LINK_INTERFACE_CHARS, "%s%u", LINK_INTERFACE, number % 256);
}

/* A network namespace for this process; inside a new user namespace where root's rights are
 * missing. */
static int enter_first_namespace(struct link_net *n, struct err_text *e)
{
    if (unshare(CLONE_NEWNET) == 0)
        return PL_OK;
    if (errno != EPERM)
        return refuse_namespaces(errno, e);
    if (enter_user_namespace() < 0 || unshare(CLONE_NEWNET) < 0)
        return refuse_namespaces(errno, e);
    n->user_fd = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
    return n->user_fd < 0 ? refuse_namespaces(errno, e) : PL_OK;
}

static int open_tun(unsigned number, struct err_text *e)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return refuse_tun(errno, e);
    link_net_interface(request.ifr_name, number);
    if (ioctl(fd, TUNSETIFF, &request) < 0) {
        int error = errno;

        close(fd);
        return refuse_tun(error, e);
    }
    return fd;
}

static int add_address(const struct link_net_side *s, int family, unsigned number,
                       enum link_side side)
{
    void (*const name)(char *out, unsigned number, enum link_side side) =
        family == AF_INET ? link_net_ipv4 : link_net_ipv6;
    char own_text[LINK_ADDRESS_CHARS], peer_text[LINK_ADDRESS_CHARS];
    struct in6_addr own, peer; /* room for either family's */

    name(own_text, number, side);
    name(peer_text, number, !side);
    inet_pton(family, own_text, &own);
    inet_pton(family, peer_text, &peer);
    return netlink_add_address(s->netlink_fd, s->interface, family, &own, &peer);
}

/* For measuring: a row must not start with what the last row's connections taught the kernel
 * about this path, and rows with a connection for each request need ports, which on loopback
 * are reused early by default. Where /proc is read-only, nothing changes. */
static void tune_kernel(void)
{
    (void)proc_write("/proc/sys/net/ipv4/tcp_no_metrics_save", "1");
    (void)proc_write("/proc/sys/net/ipv4/tcp_tw_reuse", "1");
    proc_set_congestion_control();
    (void)proc_write("/proc/sys/net/ipv4/ip_local_port_range", "10240 65535");
}

static int set_up_side(struct link_net_side *s, unsigned number, enum link_side side, bool *ipv6)
{
    char interface[LINK_INTERFACE_CHARS];

    link_net_interface(interface, number);
    s->namespace_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    s->netlink_fd = netlink_open();
    s->interface = if_nametoindex(interface);
    if (s->namespace_fd < 0 || s->netlink_fd < 0 || s->interface == 0)
        return PL_ESYS;
    if (netlink_set_up(s->netlink_fd, LOOPBACK_INDEX, 0, 0) < 0 ||
        netlink_set_up(s->netlink_fd, s->interface, LINK_MTU_BYTES, TUN_QUEUE_PACKETS) < 0)
        return PL_ESYS;
    tune_kernel();
    if (add_address(s, AF_INET6, number, side) < 0)
        *ipv6 = false;
    return add_address(s, AF_INET, number, side);
}

/* Enter the user namespace that another link has made, and keep a copy of its descriptor. */
static int join_user_namespace(struct link_net *n, int user_fd)
{
    if (user_fd < 0)
        return PL_OK;
    if (setns(user_fd, CLONE_NEWUSER) < 0)
        return PL_ESYS;
    n->user_fd = fcntl(user_fd, F_DUPFD_CLOEXEC, 0);
    return n->user_fd < 0 ? PL_ESYS : PL_OK;
}

static int enter_side(struct link_net *n, const struct link_between *between, enum link_side side,
                      struct err_text *e)
{
    int there = between->namespace_fd[side];

    n->side[side].made = there < 0;
    if (side == LINK_CLIENT && there < 0)
        return enter_first_namespace(n, e);
    if (side == LINK_CLIENT && join_user_namespace(n, between->user_fd) < 0)
        return refuse_namespaces(errno, e);
    if (there < 0 ? unshare(CLONE_NEWNET) < 0 : setns(there, CLONE_NEWNET) < 0)
        return refuse_namespaces(errno, e);
    return PL_OK;
}

static int create_side(struct link_net *n, const struct link_between *between, enum link_side side,
                       struct err_text *e)
{
    struct link_net_side *s = &n->side[side];
    int rc = enter_side(n, between, side, e);

    if (rc < 0)
        return rc;
    s->tun_fd = open_tun(between->number, e);
    if (s->tun_fd < 0)
        return PL_ESYS;
    if (set_up_side(s, between->number, side, &n->ipv6) < 0)
        return err_set(e, PL_ESYS, "emulated link: set up network: %s", strerror(errno));
    return PL_OK;
}

int link_net_create(struct link_net *n, const struct link_between *between, struct err_text *e)
{
    int rc;

    *n = (struct link_net){.user_fd = -1, .ipv6 = true};
    for (int i = 0; i < LINK_SIDES; i++)
        n->side[i] = (struct link_net_side){.namespace_fd = -1, .tun_fd = -1, .netlink_fd = -1};
    rc = create_side(n, between, LINK_CLIENT, e);
    if (rc == PL_OK)
        rc = create_side(n, between, LINK_SERVER, e);
    if (rc < 0)
        link_net_free(n);
    return rc;
}

void link_net_free(struct link_net *n)
{
    file_close(&n->user_fd);
    for (int i = 0; i < LINK_SIDES; i++) {
        file_close(&n->side[i].namespace_fd);
        file_close(&n->side[i].tun_fd);
        file_close(&n->side[i].netlink_fd);
    }
}

/* ---- ending what runs inside ---- */

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

/* What /proc/PID/ns/net leads to is the same file for all inside (namespaces(7)). */
static bool is_inside(pid_t pid, const struct stat *sides, int n)
{
    struct stat its;
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/ns/net", (int)pid);
    if (stat(path, &its) < 0)
        return false; /* gone, a zombie, or not ours to see */
    for (int i = 0; i < n; i++) {
        if (is_same_file(&its, &sides[i]))
            return true;
    }
    return false;
}

/* Returns how many were killed, or PL_ESYS. */
static int kill_inside(const struct stat *sides, int n)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    int killed = 0;

    if (proc == NULL)
        return PL_ESYS;
    while ((entry = readdir(proc)) != NULL) {
        pid_t pid = atoi(entry->d_name); /* 0 for what isn't a process */

        if (pid > 0 && pid != getpid() && is_inside(pid, sides, n))
            killed += kill(pid, SIGKILL) == 0;
    }
    closedir(proc);
    return killed;
}

int link_net_kill_inside(const struct link_net *n)
{
    struct stat sides[LINK_SIDES];
    int made = 0;

    for (int i = 0; i < LINK_SIDES; i++) {
        if (n->side[i].made && fstat(n->side[i].namespace_fd, &sides[made++]) < 0)
            return PL_ESYS;
    }
    /* Repeat until a pass finds no process: they may have forked meanwhile. */
    for (int i = 0; i < KILL_PASSES; i++) {
        int killed = kill_inside(sides, made);

        if (killed <= 0)
            return killed;
        nanosleep(&(struct timespec){.tv_nsec = KILL_PASS_MS * NS_PER_MS}, NULL);
    }
    return PL_ESYS;
}
