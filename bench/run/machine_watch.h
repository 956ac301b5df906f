/* What the machine did to a row while its window was open: whether each of its processes got a core
 * when it wanted one, whether it was stopped, and what else the kernel counted
 * (bench/base/machine.h). disturbed.h judges it. The runner sleeps while nothing happens: two
 * samples, and a wake-up when a process is stopped (waitid(2) tells its parent). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <cjson/cJSON.h>

#include "bench/base/machine.h"
#include "lib/base/proc.h"

enum { MACHINE_WATCH_MAX = 12, MACHINE_KEY_CHARS = 40 };

enum machine_border { MACHINE_WINDOW_START, MACHINE_WINDOW_END, MACHINE_BORDERS };

/* Zero-initialise. */
struct machine_watch {
    struct watched_process {
        char key[MACHINE_KEY_CHARS]; /* "server", "forwarder2" */
        pid_t pid;                   /* a child of this process */
        bool on_forwarders_core;
        int64_t stopped_since_ns; /* 0: it is not */
        int64_t stopped_ns;       /* in the window so far */
        bool stop_meant;          /* that it is stopped is a fault of the row's */
        struct machine_process at[MACHINE_BORDERS];
    } processes[MACHINE_WATCH_MAX];
    size_t n;
    int64_t window_ns[MACHINE_BORDERS]; /* 0: not known yet */
    size_t taken;                       /* samples */
    struct machine_sample at[MACHINE_BORDERS];
    struct proc_usage own[MACHINE_BORDERS]; /* the runner's */
};

/* Watch a child from now on. number 0: there is one such process; else from 1. */
void machine_watch_add(struct machine_watch *w, const char *key, size_t number, pid_t pid);
/* The processes of that key were given the core on which the links' forwarders are: while those
 * forward, they wait, and that is the lab's own doing. */
void machine_watch_beside_forwarders(struct machine_watch *w, const char *key);
/* A fault of the row's is about to stop this process, or has let it go on. */
void machine_watch_mean_stop(struct machine_watch *w, pid_t pid, bool stop);
/* This process is about to be ended; another one goes on in its place. */
void machine_watch_leave(struct machine_watch *w, pid_t pid);
void machine_watch_replace(struct machine_watch *w, pid_t pid, pid_t by);
void machine_watch_set_window(struct machine_watch *w, int64_t start_ns, int64_t end_ns);

/* When machine_watch_poll() is to be called next, at the latest; it is to be called whenever a
 * child has changed, too. */
int64_t machine_watch_due_ns(const struct machine_watch *w);
void machine_watch_poll(struct machine_watch *w, int64_t now_ns);

/* "machine" of the row (docs/metrics.md, "Disturbed rows"); null when the window did not end. */
cJSON *machine_watch_report(const struct machine_watch *w);
