#include "bench/network/netns.h"

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/err.h"
#include "lib/base/proc.h"

/* user_namespaces(7): an unprivileged process may map its own ids, once, after giving up
 * setgroups(2). Files made in results/ then belong to whom they should. */
static int map_own_ids(uid_t uid, gid_t gid)
{
    char map[48];

    snprintf(map, sizeof map, "%u %u 1", (unsigned)uid, (unsigned)uid);
    if (proc_write("/proc/self/uid_map", map) < 0)
        return PL_ESYS;
    if (proc_write("/proc/self/setgroups", "deny") < 0)
        return PL_ESYS;
    snprintf(map, sizeof map, "%u %u 1", (unsigned)gid, (unsigned)gid);
    return proc_write("/proc/self/gid_map", map);
}

/* A new namespace's loopback exists but is down; up, the kernel gives it 127.0.0.1/8 and ::1. */
static int loopback_up(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int rc;

    if (fd < 0)
        return PL_ESYS;
    rc = ioctl(fd, SIOCSIFFLAGS, &request);
    close(fd);
    return rc < 0 ? PL_ESYS : PL_OK;
}

static int enter(void)
{
    uid_t uid = getuid();
    gid_t gid = getgid();

    if (unshare(CLONE_NEWNET) < 0) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
            return PL_ESYS;
        if (map_own_ids(uid, gid) < 0)
            return PL_ESYS;
    }
    proc_set_congestion_control();
    return loopback_up();
}

/* A namespace entered halfway (ids unmapped, loopback down) can't be left again, so a child
 * goes first. Returns 0, or PL_ESYS with errno as the child met it. */
static int rehearse(void)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0)
        _exit(enter() < 0 ? errno : 0);
    if (pid < 0 || waitpid(pid, &status, 0) < 0)
        return PL_ESYS;
    errno = WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
    return errno != 0 ? PL_ESYS : PL_OK;
}

void netns_enter(struct netns *out)
{
    *out = (struct netns){0};
    if (rehearse() < 0 || enter() < 0) {
        snprintf(out->note, sizeof out->note,
                 "no network namespace of its own (%s): the kernel's TCP counters are the host's",
                 strerror(errno));
        return;
    }
    out->own = true;
}

void netns_stay(struct netns *out)
{
    *out = (struct netns){.note = "in the host's network namespace, as asked: the kernel's TCP "
                                  "counters are the host's"};
}
