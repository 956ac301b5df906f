#include "bench/doctor/doctor_probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/base/child.h"
#include "bench/base/file.h"
#include "bench/base/machine.h"
#include "bench/base/programs.h"
#include "lib/base/clock.h"
#include "lib/base/proc.h"

enum { CLOCK_READINGS = 1001, CLOCK_BATCH = 16, ANSWER_LIMIT_S = 5 };

/* ---- what is tried in a process of its own, and ends with it ---- */

enum { BY_USER = 1 << 16 }; /* added to an errno: it took a user namespace */

static int64_t try_namespaces(void)
{
    if (unshare(CLONE_NEWNET) == 0)
        return 0;
    return BY_USER + (unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 ? 0 : errno);
}

static int64_t try_link(void)
{
    struct link_net net;

    return link_net_create(&net, &LINK_BETWEEN_NEW_HOSTS, NULL) < 0 ? errno : 0;
}

/* Whether the hard limit can be raised as well depends on capabilities, not on the user. */
static int64_t try_files(void)
{
    return proc_raise_fd_limit(file_first_number("/proc/sys/fs/nr_open"));
}

/* What attempt() returns in a child that is gone afterwards; failed: there was no child. */
static int64_t try_apart(int64_t (*attempt)(void), int64_t failed)
{
    int64_t result = failed;
    int fds[2];
    pid_t pid;

    if (pipe(fds) < 0)
        return failed;
    pid = fork();
    if (pid == 0) {
        result = attempt();
        _exit(write(fds[1], &result, sizeof result) == (ssize_t)sizeof result ? 0 : 1);
    }
    close(fds[1]);
    if (pid > 0 && read(fds[0], &result, sizeof result) != (ssize_t)sizeof result)
        result = failed;
    close(fds[0]);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    return result;
}

static void probe_links(struct doctor_facts *f)
{
    int64_t namespaces = try_apart(try_namespaces, EAGAIN);

    f->namespaces_errno = (int)(namespaces % BY_USER);
    f->namespaces_by_user = namespaces >= BY_USER;
    f->link_errno = (int)try_apart(try_link, EAGAIN);
    f->limits = link_net_limits_read();
}

/* ---- limits and ports ---- */

static int64_t limit_of(rlim_t limit)
{
    return limit == RLIM_INFINITY || limit > INT64_MAX ? INT64_MAX : (int64_t)limit;
}

static void probe_files(struct doctor_facts *f)
{
    struct rlimit limit = {0, 0};

    getrlimit(RLIMIT_NOFILE, &limit);
    f->files_soft = limit_of(limit.rlim_cur);
    f->files_allowed = try_apart(try_files, 0);
}

/* Bound and let go, without listening: nobody can tell. SO_REUSEADDR as the server has it, so
 * that connections in TIME-WAIT don't count (RFC 9293 §3.6.1). */
static int probe_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(DOCTOR_PORT),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, error = 0;

    if (fd < 0)
        return errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
        error = errno;
    close(fd);
    return error;
}

static void probe_ports(struct doctor_facts *f)
{
    long long low = -1, high = -1;
    char line[64];

    f->port_errno = probe_port();
    file_first_line(line, sizeof line, "/proc/sys/net/ipv4/ip_local_port_range");
    if (sscanf(line, "%lld %lld", &low, &high) != 2)
        low = high = -1;
    f->port_low = low;
    f->port_high = high;
}

/* ---- processor and clock ---- */

static void probe_cores(struct doctor_facts *f)
{
    char line[64];
    cpu_set_t cores;

    CPU_ZERO(&cores);
    f->cores = sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : -1;
    f->quota = machine_quota_cores();
    f->waited = machine_pressure_last_minute();
    file_first_line(line, sizeof line, "/proc/loadavg");
    f->load = line[0] == '\0' ? NAN : strtod(line, NULL);
    file_first_line(f->governor, sizeof f->governor,
                    "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
}

static int compare_ns(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* The median, so that being interrupted now and then costs nothing. */
static int64_t clock_reading_ns(void)
{
    static const size_t middle = CLOCK_READINGS / 2;
    int64_t took_ns[CLOCK_READINGS];

    for (size_t i = 0; i < CLOCK_READINGS; i++) {
        int64_t begin_ns = clock_now_ns();

        for (int k = 1; k < CLOCK_BATCH; k++)
            (void)clock_now_ns();
        took_ns[i] = (clock_now_ns() - begin_ns) / CLOCK_BATCH;
    }
    qsort(took_ns, CLOCK_READINGS, sizeof *took_ns, compare_ns);
    return took_ns[middle];
}

static void probe_clock(struct doctor_facts *f)
{
    struct timespec step = {0, 0};

    file_first_line(f->clock_source, sizeof f->clock_source,
                    "/sys/devices/system/clocksource/clocksource0/current_clocksource");
    f->clock_step_ns = clock_getres(CLOCK_MONOTONIC, &step) == 0
                           ? (int64_t)step.tv_sec * NS_PER_S + step.tv_nsec
                           : -1;
    f->clock_read_ns = clock_reading_ns();
}

/* ---- disk ---- */

/* Cut the last part off a path that is not there yet: "results" leaves ".", "/x" leaves "/". */
static void go_up(char *path)
{
    char *slash = strrchr(path, '/');

    if (slash == NULL)
        snprintf(path, 2, ".");
    else if (slash == path)
        path[1] = '\0';
    else
        *slash = '\0';
}

/* The folder is made when it is needed: what counts is the nearest one that is there. */
static void probe_results(struct doctor_facts *f, const char *results)
{
    char path[sizeof f->results];
    struct statvfs disk;

    snprintf(f->results, sizeof f->results, "%s", results);
    snprintf(path, sizeof path, "%s", results[0] != '\0' ? results : ".");
    while (access(path, F_OK) < 0 && errno == ENOENT && strcmp(path, ".") != 0 &&
           strcmp(path, "/") != 0)
        go_up(path);
    f->results_errno = access(path, W_OK | X_OK) < 0 ? errno : 0;
    f->free_bytes =
        statvfs(path, &disk) == 0 ? (int64_t)disk.f_bavail * (int64_t)disk.f_frsize : -1;
}

/* ---- programs ---- */

/* Run it and keep what it says on stdout, or else on stderr. False when it fails, or takes
 * longer than ANSWER_LIMIT_S. */
static bool ask(struct supervisor *sup, char *const argv[], struct buf *said)
{
    struct child c = {0};
    bool has_succeeded = supervisor_run(sup, &c, argv, ANSWER_LIMIT_S, NULL) == 0;
    const char *text = child_text(&c, CHILD_OUT);

    if (*text == '\0')
        text = child_text(&c, CHILD_ERR);
    has_succeeded =
        has_succeeded && child_succeeded(&c) && buf_add(said, text, strlen(text) + 1) == 0;
    child_free(sup, &c);
    return has_succeeded;
}

/* Its version, as the first line of what it says; "" when it says nothing. */
static void ask_version(struct supervisor *sup, struct doctor_program *p, const char *asked)
{
    char option[16];
    char *argv[] = {p->path, option, NULL};
    struct buf said = {0};

    snprintf(option, sizeof option, "%s", asked);
    if (p->path[0] != '\0' && asked[0] != '\0' && ask(sup, argv, &said))
        snprintf(p->version, sizeof p->version, "%.*s", (int)strcspn((const char *)said.data, "\n"),
                 (const char *)said.data);
    buf_free(&said);
}

static bool is_proven(struct supervisor *sup, struct doctor_program *p, const char *proof)
{
    static char shell[] = "/bin/sh", option[] = "-c";
    char command[200];
    char *argv[] = {shell, option, command, p->path, NULL};
    struct buf said = {0};
    bool proven;

    if (p->path[0] == '\0' || proof[0] == '\0')
        return true;
    snprintf(command, sizeof command, "%s", proof);
    proven = ask(sup, argv, &said);
    buf_free(&said);
    return proven;
}

static void probe_tool(struct supervisor *sup, struct doctor_program *p,
                       const struct doctor_tool *t)
{
    char names[100], *rest = names, *name;

    snprintf(names, sizeof names, "%s", t->programs);
    while (p->path[0] == '\0' && (name = strsep(&rest, " ")) != NULL)
        program_find_of_others(name, p->path, sizeof p->path);
    ask_version(sup, p, t->version_option);
    p->unproven = !is_proven(sup, p, t->proof);
}

static void probe_own(struct supervisor *sup, struct doctor_facts *f)
{
    static const struct program *const own[] = {&program_server, &program_client};

    for (size_t i = 0; i < DOCTOR_OWN; i++) {
        struct doctor_program *p = &f->own[i];
        char path[PATH_MAX];

        program_find(own[i], path);
        if (strchr(path, '/') == NULL)
            program_find_in(getenv("PATH"), path, p->path, sizeof p->path);
        else if (access(path, X_OK) == 0)
            snprintf(p->path, sizeof p->path, "%.*s", (int)sizeof p->path - 1, path);
        ask_version(sup, p, "--version");
    }
}

static int probe_programs(struct doctor_facts *f, struct err_text *e)
{
    struct supervisor sup;

    if (supervisor_open(&sup) < 0)
        return err_set(e, PL_ESYS, "doctor: no programs can be started: %s", pl_strerror(PL_ESYS));
    probe_own(&sup, f);
    for (size_t i = 0; i < DOCTOR_TOOLS_MAX && doctor_tools[i].check.name != NULL; i++)
        probe_tool(&sup, &f->tools[i], &doctor_tools[i]);
    supervisor_close(&sup);
    f->has_apt = access("/usr/bin/apt-get", X_OK) == 0;
    return PL_OK;
}

int doctor_probe(struct doctor_facts *f, const char *results, struct err_text *e)
{
    *f = (struct doctor_facts){.is_root = geteuid() == 0};
    probe_links(f);
    probe_files(f);
    probe_ports(f);
    probe_cores(f);
    probe_clock(f);
    probe_results(f, results);
    return probe_programs(f, e);
}
