#include "lib/base/proc.h"

#include <dirent.h>
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"

#ifdef __SANITIZE_ADDRESS__
size_t __sanitizer_get_current_allocated_bytes(void); /* its header is not always installed */
#endif

enum { TCP_LISTEN_STATE = 0x0A };

static int64_t timeval_us(struct timeval tv)
{
    return (int64_t)tv.tv_sec * 1000000 + tv.tv_usec;
}

static int64_t rss_now_bytes(void)
{
    FILE *f = fopen("/proc/self/statm", "re");
    long long size, resident = -1;

    if (f == NULL)
        return PL_ESYS;
    if (fscanf(f, "%lld %lld", &size, &resident) != 2)
        resident = -1;
    fclose(f);
    return resident < 0 ? PL_ESYS : resident * sysconf(_SC_PAGESIZE);
}

/* ASan's allocator takes glibc's place, and mallinfo2() knows nothing of it. */
static int64_t heap_now_bytes(void)
{
#ifdef __SANITIZE_ADDRESS__
    return (int64_t)__sanitizer_get_current_allocated_bytes();
#else
    struct mallinfo2 now = mallinfo2();

    return (int64_t)(now.uordblks + now.hblkhd);
#endif
}

int proc_usage_self(struct proc_usage *out)
{
    struct rusage ru;

    out->time_ns = clock_now_ns();
    if (getrusage(RUSAGE_SELF, &ru) < 0)
        return PL_ESYS;
    out->user_us = timeval_us(ru.ru_utime);
    out->system_us = timeval_us(ru.ru_stime);
    out->voluntary_switches = ru.ru_nvcsw;
    out->involuntary_switches = ru.ru_nivcsw;
    out->heap_bytes = heap_now_bytes();
    out->rss_bytes = rss_now_bytes();
    return out->rss_bytes < 0 ? PL_ESYS : PL_OK;
}

/* Find value in the "Tcp:" pair of lines by the column's name. */
static int64_t snmp_column(const char *names, const char *values, const char *want)
{
    char n[1024], v[1024], *save_n = NULL, *save_v = NULL;
    char *name, *value;

    snprintf(n, sizeof n, "%s", names);
    snprintf(v, sizeof v, "%s", values);
    name = strtok_r(n, " \n", &save_n);
    value = strtok_r(v, " \n", &save_v);
    while (name != NULL && value != NULL) {
        if (strcmp(name, want) == 0)
            return strtoll(value, NULL, 10);
        name = strtok_r(NULL, " \n", &save_n);
        value = strtok_r(NULL, " \n", &save_v);
    }
    return PL_ESYS;
}

int proc_tcp_self(struct proc_tcp *out)
{
    char names[1024] = "", values[1024] = "";
    FILE *f = fopen("/proc/self/net/snmp", "re");

    if (f == NULL)
        return PL_ESYS;
    while (fgets(names, sizeof names, f) != NULL && strncmp(names, "Tcp:", 4) != 0)
        ;
    if (fgets(values, sizeof values, f) == NULL)
        values[0] = '\0';
    fclose(f);
    out->active_opens = snmp_column(names, values, "ActiveOpens");
    out->passive_opens = snmp_column(names, values, "PassiveOpens");
    out->retrans_segs = snmp_column(names, values, "RetransSegs");
    if (out->active_opens < 0 || out->passive_opens < 0 || out->retrans_segs < 0)
        return PL_ESYS;
    return PL_OK;
}

/* The number after the first line's part that prefix is, or PL_ESYS. */
static int64_t number_after(const char *path, const char *line_begins, const char *prefix)
{
    char line[256], *at = NULL;
    FILE *f = fopen(path, "re");

    if (f == NULL)
        return PL_ESYS;
    while (at == NULL && fgets(line, sizeof line, f) != NULL)
        at = strncmp(line, line_begins, strlen(line_begins)) == 0 ? strstr(line, prefix) : NULL;
    fclose(f);
    return at != NULL ? strtoll(at + strlen(prefix), NULL, 10) : PL_ESYS;
}

int proc_kernel_memory(struct proc_kernel *out)
{
    int64_t slab_kb = number_after("/proc/meminfo", "Slab:", "Slab:");
    int64_t tcp_pages = number_after("/proc/net/sockstat", "TCP:", " mem ");

    if (slab_kb < 0 || tcp_pages < 0)
        return PL_ESYS;
    out->slab_bytes = slab_kb * 1024;
    out->tcp_bytes = tcp_pages * sysconf(_SC_PAGESIZE);
    return PL_OK;
}

/* The group of a process, or -1. Its name, in parentheses, may contain any character (proc(5)). */
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

int64_t proc_raise_fd_limit(int64_t want)
{
    struct rlimit lim;

    if (getrlimit(RLIMIT_NOFILE, &lim) < 0)
        return PL_ESYS;
    if ((int64_t)lim.rlim_cur >= want)
        return (int64_t)lim.rlim_cur;
    if ((int64_t)lim.rlim_max < want) {
        struct rlimit more = {.rlim_cur = (rlim_t)want, .rlim_max = (rlim_t)want};

        if (setrlimit(RLIMIT_NOFILE, &more) == 0)
            return want;
    }
    lim.rlim_cur = (int64_t)lim.rlim_max < want ? lim.rlim_max : (rlim_t)want;
    if (setrlimit(RLIMIT_NOFILE, &lim) < 0)
        return PL_ESYS;
    return (int64_t)lim.rlim_cur;
}

void proc_open_standard_fds(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

void proc_hear_stop_signals(void)
{
    struct sigaction fallback = {.sa_handler = SIG_DFL};
    sigset_t stops;

    sigemptyset(&stops);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGTERM);
    sigaction(SIGINT, &fallback, NULL);
    sigaction(SIGTERM, &fallback, NULL);
    sigprocmask(SIG_UNBLOCK, &stops, NULL);
}

int proc_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        return PL_ESYS;
    n = write(fd, text, strlen(text));
    close(fd);
    return n == (ssize_t)strlen(text) ? PL_OK : PL_ESYS;
}

int proc_map_ids(uid_t uid, uid_t outside_uid, gid_t gid, gid_t outside_gid)
{
    char map[48];

    snprintf(map, sizeof map, "%u %u 1", (unsigned)uid, (unsigned)outside_uid);
    if (proc_write("/proc/self/uid_map", map) < 0 || proc_write("/proc/self/setgroups", "deny") < 0)
        return PL_ESYS;
    snprintf(map, sizeof map, "%u %u 1", (unsigned)gid, (unsigned)outside_gid);
    return proc_write("/proc/self/gid_map", map);
}

void proc_set_congestion_control(void)
{
    static const char path[] = "/proc/sys/net/ipv4/tcp_congestion_control";

    if (proc_write(path, "cubic") < 0)
        (void)proc_write(path, "reno");
}

int proc_pin_to_core(int core)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(core, &set);
    return sched_setaffinity(0, sizeof set, &set) < 0 ? PL_ESYS : PL_OK;
}

/* ferror() too: an earlier write may have failed, and what was buffered is gone then. */
int proc_finish_output(void)
{
    return fflush(stdout) != 0 || ferror(stdout) ? PL_ESYS : PL_OK;
}
