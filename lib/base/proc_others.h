/* What the kernel says about other processes (Linux /proc). */
#ifndef PUSHLAB_PROC_OTHERS_H
#define PUSHLAB_PROC_OTHERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* CPU time so far of all processes of a process group that still run; 0 when there are none. */
int64_t proc_group_cpu_ns(pid_t group);

/* Does anything listen on this TCP port (0: on any) in the network namespace of pid? */
bool proc_listens(pid_t pid, uint16_t port);

#endif
