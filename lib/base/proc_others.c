#include "lib/base/proc_others.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/clock.h"

enum { TCP_LISTEN_STATE = 0x0A };

/* The group of a process, or -1. Its name, in parentheses, may hold anything (proc(5)). */
static pid_t group_of(pid_t pid)
{
    char path[64], line[512], *end;
    FILE *f;
    int group = -1;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    f = fopen(path, "re");
    if (f == NULL)
        return -1;
    end = fgets(line, sizeof line, f) != NULL ? strrchr(line, ')') : NULL;
    fclose(f);
    if (end == NULL || sscanf(end + 1, " %*c %*d %d", &group) != 1)
        return -1;
    return group;
}

static int64_t cpu_ns(pid_t pid)
{
    struct timespec used;
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) < 0)
        return 0;
    return (int64_t)used.tv_sec * NS_PER_S + used.tv_nsec;
}

int64_t proc_group_cpu_ns(pid_t group)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    int64_t sum_ns = 0;

    if (proc == NULL)
        return 0;
    while ((entry = readdir(proc)) != NULL) {
        pid_t pid = atoi(entry->d_name); /* 0 for what isn't a process */

        if (pid > 0 && group_of(pid) == group)
            sum_ns += cpu_ns(pid);
    }
    closedir(proc);
    return sum_ns;
}

/* (proc(5), /proc/net/tcp) */
static bool file_shows_listener(const char *path, uint16_t port)
{
    FILE *f = fopen(path, "re");
    char line[256];
    bool found = false;

    if (f == NULL)
        return false;
    while (!found && fgets(line, sizeof line, f) != NULL) {
        unsigned local, state;

        found = sscanf(line, "%*s %*[^:]:%x %*s %x", &local, &state) == 2 &&
                state == TCP_LISTEN_STATE && (port == 0 || local == port);
    }
    fclose(f);
    return found;
}

bool proc_listens(pid_t pid, uint16_t port)
{
    static const char *const tables[] = {"tcp", "tcp6"};
    char path[64];

    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "/proc/%d/net/%s", (int)pid, tables[i]);
        if (file_shows_listener(path, port))
            return true;
    }
    return false;
}
