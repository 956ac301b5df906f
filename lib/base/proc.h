/* What the kernel says about processes and their network namespaces (Linux, proc(5)), and what this
 * process asks of it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct proc_usage {
    int64_t user_us, system_us; /* CPU time since the process began (getrusage) */
    int64_t time_ns;            /* CLOCK_MONOTONIC when it was read */
    int64_t rss_bytes;          /* resident set now (/proc/self/statm) */
    int64_t heap_bytes;         /* what malloc has given out (mallinfo2), with its headers */
    int64_t voluntary_switches, involuntary_switches;
};

struct proc_tcp {          /* of the network namespace (/proc/net/snmp, names of RFC 4022) */
    int64_t active_opens;  /* connections this side opened: SYN-SENT entered */
    int64_t passive_opens; /* connections accepted: SYN-RECEIVED entered */
    int64_t retrans_segs;
};

struct proc_kernel {    /* memory of the kernel, for all processes of the machine */
    int64_t slab_bytes; /* its objects, such as sockets (/proc/meminfo) */
    int64_t tcp_bytes;  /* what waits in TCP's buffers (/proc/net/sockstat) */
};

/* Of this process, of its network namespace, and of the machine. 0 or PL_ESYS. */
int proc_usage_self(struct proc_usage *out);
int proc_tcp_self(struct proc_tcp *out);
int proc_kernel_memory(struct proc_kernel *out);

/* CPU time so far of all processes of a process group that still run; 0 when there are none. */
int64_t proc_group_cpu_ns(pid_t group);

/* Does anything listen on this TCP port (0: on any) in the network namespace of pid? */
bool proc_listens(pid_t pid, uint16_t port);

/* Raise the soft limit of open files to want (as root the hard limit too) as far as allowed.
 * Returns the limit now in force, or PL_ESYS. */
int64_t proc_raise_fd_limit(int64_t want);

/* Open /dev/null for each of descriptors 0, 1, 2 that the parent left closed, so that no socket
 * becomes standard output. First thing in main(). */
void proc_open_standard_fds(void);

/* SIGINT and SIGTERM end the process from now on, also where the parent had blocked or ignored
 * them (shells ignore SIGINT for background jobs): they were sent on purpose. */
void proc_hear_stop_signals(void);

/* Before a program ends: did all that it printed get out? 0 or PL_ESYS. */
int proc_finish_output(void);

/* Write text to a file under /proc or /sys with one write(2), as these need it. 0 or PL_ESYS. */
int proc_write(const char *path, const char *text);

/* In a new user namespace (user_namespaces(7)): let uid and gid inside stand for those outside, and
 * give up setgroups(2), without which gid_map may not be written. 0 or PL_ESYS. */
int proc_map_ids(uid_t uid, uid_t outside_uid, gid_t gid, gid_t outside_gid);

/* Set the congestion control of the network namespace, which must be the run's own, whatever the
 * host's is: CUBIC, the kernel's default (RFC 9438), or where the host does not allow that Reno
 * (RFC 5681), which does the same for so little data. BBR would pace a quiet
 * connection by the little it has sent so far. Where /proc is read-only nothing changes. */
void proc_set_congestion_control(void);

/* Bind the process to one CPU core. 0, or PL_ESYS (fewer cores, not permitted). */
int proc_pin_to_core(int core);
