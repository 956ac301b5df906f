#include "bench/network/netns.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/base/file.h"
#include "bench/link/netlink.h"
#include "lib/base/err.h"
#include "lib/base/proc.h"

enum { LOOPBACK_INDEX = 1 };

/* A new namespace's loopback exists but is down; up, the kernel gives it 127.0.0.1/8 and ::1. */
static int loopback_up(void)
{
    int fd = netlink_open();
    int rc = fd < 0 ? PL_ESYS : netlink_set_up(fd, LOOPBACK_INDEX, 0, 0);

    file_close(&fd);
    return rc;
}

static int enter(void)
{
    uid_t uid = getuid();
    gid_t gid = getgid();

    if (unshare(CLONE_NEWNET) < 0) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
            return PL_ESYS;
        /* Files made in results/ then belong to whom they should. */
        if (proc_map_ids(uid, uid, gid, gid) < 0)
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
