#include "bench/base/machine.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench/base/machine_text.h"
#include "lib/base/clock.h"

enum { TEXT_BYTES = 4096, CLOCK_TRIES = 10 };

/* The first bytes of a file, all that is needed of these; "" when there is none. */
static const char *read_text(char out[TEXT_BYTES], const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, out, TEXT_BYTES - 1);

    if (fd >= 0)
        close(fd);
    out[n > 0 ? n : 0] = '\0';
    return out;
}

static double number_in(const char *path, const char *line, const char *key, int n)
{
    char text[TEXT_BYTES];

    return machine_text_number(read_text(text, path), line, key, n);
}

/* ---- cgroups: the own one, and those above it ---- */

/* Where v2 and v1 are mounted; on hosts with both, quotas are v1's. */
static const struct cgroup_base {
    const char *controller, *folder;
} cgroup_bases[] = {
    {"", "/sys/fs/cgroup"},
    {"", "/sys/fs/cgroup/unified"},
    {"cpu", "/sys/fs/cgroup/cpu"},
};
enum { CGROUP_BASES = sizeof cgroup_bases / sizeof *cgroup_bases };

static void own_folder(char out[PATH_MAX], const struct cgroup_base *base)
{
    char text[TEXT_BYTES], path[PATH_MAX - 64];

    if (!machine_text_cgroup(read_text(text, "/proc/self/cgroup"), base->controller, path,
                             sizeof path) ||
        strcmp(path, "/") == 0)
        path[0] = '\0';
    snprintf(out, PATH_MAX, "%s%s", base->folder, path);
}

static double number_of(const char *folder, const char *file, const char *line)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/%s", folder, file) >= (int)sizeof path)
        return NAN;
    return number_in(path, line, "", 1);
}

/* NAN: no quota can be set here. */
static double quota_of(const char *folder)
{
    char path[PATH_MAX], text[TEXT_BYTES];
    double quota_us = number_of(folder, "cpu.cfs_quota_us", "");

    if (quota_us > 0)
        return quota_us / number_of(folder, "cpu.cfs_period_us", "");
    if (snprintf(path, sizeof path, "%s/cpu.max", folder) >= (int)sizeof path)
        return NAN;
    return machine_text_quota(read_text(text, path));
}

/* v2 counts microseconds, v1 nanoseconds. */
static double throttled_ms_of(const char *folder)
{
    double v2_us = number_of(folder, "cpu.stat", "throttled_usec ");

    return isnan(v2_us) ? number_of(folder, "cpu.stat", "throttled_time ") / 1e6 : v2_us / 1e3;
}

/* The smaller one of two of which each may be unknown. */
static double least(double a, double b)
{
    return isnan(a) || b < a ? b : a;
}

static double sum(double a, double b)
{
    return isnan(a) ? b : isnan(b) ? a : a + b;
}

/* of() of the own cgroup and all above it, put together. */
static double over_cgroups(double (*of)(const char *folder), double (*put)(double a, double b))
{
    double all = NAN;

    for (int i = 0; i < CGROUP_BASES; i++) {
        size_t base_len = strlen(cgroup_bases[i].folder);
        char folder[PATH_MAX];

        own_folder(folder, &cgroup_bases[i]);
        for (char *end = folder; end != NULL; *end = '\0') {
            all = put(all, of(folder));
            end = strrchr(folder + base_len, '/');
            if (end == NULL)
                break;
        }
    }
    return all;
}

double machine_quota_cores(void)
{
    double cores = over_cgroups(quota_of, least);

    return isnan(cores) ? INFINITY : cores;
}

static double cgroup_pressure_ms(void)
{
    double us = NAN;

    for (int i = 0; isnan(us) && i < CGROUP_BASES; i++) {
        char path[PATH_MAX];

        own_folder(path, &cgroup_bases[i]);
        strncat(path, "/cpu.pressure", sizeof path - strlen(path) - 1);
        us = number_in(path, "some ", "total=", 1);
    }
    return us / 1e3;
}

/* ---- the machine ---- */

static double clock_ms(clockid_t clock)
{
    struct timespec ts = {0, 0};

    clock_gettime(clock, &ts);
    return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

/* How far a clock is ahead of CLOCK_MONOTONIC: of several tries, the one that took least. */
static double ahead_ms(clockid_t clock)
{
    double best_ms = INFINITY, ahead = NAN;

    for (int i = 0; i < CLOCK_TRIES; i++) {
        double before_ms = clock_ms(CLOCK_MONOTONIC), at_ms = clock_ms(clock);
        double took_ms = clock_ms(CLOCK_MONOTONIC) - before_ms;

        if (took_ms < best_ms)
            ahead = at_ms - before_ms - took_ms / 2;
        best_ms = fmin(best_ms, took_ms);
    }
    return ahead;
}

void machine_read(struct machine_sample *out)
{
    *out = (struct machine_sample){
        .at_ns = clock_now_ns(),
        .suspended_ms = ahead_ms(CLOCK_BOOTTIME),
        .wall_ms = ahead_ms(CLOCK_REALTIME),
        .pressure_ms = number_in("/proc/pressure/cpu", "some ", "total=", 1) / 1e3,
        .cgroup_pressure_ms = cgroup_pressure_ms(),
        .steal_ms = number_in("/proc/stat", "cpu ", "", 8) * 1e3 / (double)sysconf(_SC_CLK_TCK),
        .throttled_ms = over_cgroups(throttled_ms_of, sum),
    };
}

double machine_pressure_last_minute(void)
{
    return number_in("/proc/pressure/cpu", "some ", "avg60=", 1) / 100;
}

/* ---- a process ---- */

void machine_read_process(pid_t pid, struct machine_process *out)
{
    char path[64 + NAME_MAX], text[TEXT_BYTES];
    struct dirent *task;
    DIR *tasks;

    *out = (struct machine_process){NAN, NAN, NAN};
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    tasks = opendir(path);
    while (tasks != NULL && (task = readdir(tasks)) != NULL) {
        if (task->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", (int)pid, task->d_name);
        read_text(text, path);
        out->cpu_ms = sum(out->cpu_ms, machine_text_number(text, "", "", 1) / 1e6);
        out->run_delay_ms = sum(out->run_delay_ms, machine_text_number(text, "", "", 2) / 1e6);
        out->turns = sum(out->turns, machine_text_number(text, "", "", 3));
    }
    if (tasks != NULL)
        closedir(tasks);
}
