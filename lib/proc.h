/* What the kernel says about this process and its network namespace (Linux /proc). */
#ifndef PUSHLAB_PROC_H
#define PUSHLAB_PROC_H

#include <stdint.h>

struct proc_usage {
    int64_t user_us, system_us; /* CPU time since the process began (getrusage) */
    int64_t rss_bytes;          /* resident set now (/proc/self/statm) */
    int64_t voluntary_switches, involuntary_switches;
};

struct proc_tcp { /* of the network namespace (/proc/net/snmp and /proc/net/netstat, RFC 4022 names)
                   */
    int64_t active_opens;  /* connections this side opened: SYN-SENT entered */
    int64_t passive_opens; /* connections accepted: SYN-RECEIVED entered */
    int64_t retrans_segs;
};

/* 0 or LAB_ESYS. */
int proc_usage_self(struct proc_usage *out);
int proc_tcp_self(struct proc_tcp *out);

/* Raise the soft limit of open files to want (as root the hard limit too) as far as allowed.
 * Returns the limit now in force, or LAB_ESYS. */
int64_t proc_raise_fd_limit(int64_t want);

/* Open /dev/null for each of descriptors 0, 1, 2 that the parent left closed, lest a socket
 * become standard output. First thing in main(). */
void proc_open_standard_fds(void);

/* Bind the process to one CPU core. 0, or LAB_ESYS (fewer cores, not permitted). */
int proc_pin_to_core(int core);

#endif
