#include "bench/link/link_sweep.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <sys/stat.h>

#include "lib/base/clock.h"

enum { PASSES = 200, PASS_MS = 5 };

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

/* (namespaces(7): what /proc/PID/ns/net leads to is the same file for all inside) */
static bool is_inside(pid_t pid, const struct stat *sides, int n)
{
    struct stat its;
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/ns/net", (int)pid);
    if (stat(path, &its) < 0)
        return false; /* gone, a zombie, or none of our business */
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

int link_sweep(const struct link_net *n)
{
    struct stat sides[LINK_SIDES];
    int made = 0;

    for (int i = 0; i < LINK_SIDES; i++) {
        if (n->side[i].made && fstat(n->side[i].namespace_fd, &sides[made++]) < 0)
            return PL_ESYS;
    }
    /* Again until a pass finds nobody: they may have had children meanwhile. */
    for (int i = 0; i < PASSES; i++) {
        int killed = kill_inside(sides, made);

        if (killed <= 0)
            return killed;
        nanosleep(&(struct timespec){.tv_nsec = PASS_MS * NS_PER_MS}, NULL);
    }
    return PL_ESYS;
}
