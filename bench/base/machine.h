/* How busy this machine is, and how long processes waited for it: what the kernel has counted so
 * far. The difference of two samples says what happened between them. All of it costs a few dozen
 * microseconds. A number that can't be known here is NAN. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

struct machine_sample {
    int64_t at_ns;             /* CLOCK_MONOTONIC */
    double suspended_ms;       /* CLOCK_BOOTTIME - CLOCK_MONOTONIC: grows while it sleeps */
    double wall_ms;            /* CLOCK_REALTIME - CLOCK_MONOTONIC: changes when it is set */
    double pressure_ms;        /* something that could run had to wait (/proc/pressure/cpu) */
    double cgroup_pressure_ms; /* the same of this process's cgroup (v2) */
    double steal_ms;           /* the hypervisor ran others, summed over cores (/proc/stat) */
    double throttled_ms;       /* this cgroup had used up its quota, or one above it had */
};

/* Of all threads of a process (/proc/PID/task/TID/schedstat). */
struct machine_process {
    double cpu_ms;       /* it ran */
    double run_delay_ms; /* it could have run, but waited for a core */
    double turns;        /* it was given a core so many times */
};

void machine_read(struct machine_sample *out);
void machine_read_process(pid_t pid, struct machine_process *out);

/* The cores that CPU quotas leave to this process: the least of its cgroup's and of those above it
 * (v2 cpu.max, v1 cpu.cfs_quota_us); INFINITY: there is no quota. */
double machine_quota_cores(void);
/* The share of the last minute in which something waited for a core (/proc/pressure/cpu). */
double machine_pressure_last_minute(void);
