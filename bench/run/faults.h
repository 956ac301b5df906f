/* The faults of a row, executed at their times while its clients run: what happens to server, link,
 * balancer and store is done here; what happens to clients they are told, and do themselves. A
 * small machine: faults_poll() does what is due and says nothing about when; faults_due_ns() does.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <cjson/cJSON.h>

#include "bench/base/child.h"
#include "bench/run/cluster.h"
#include "bench/run/machine_watch.h"
#include "bench/scenario/scenario.h"
#include "lib/base/err.h"

enum { FAULT_STEPS = 2 };

enum fault_state {
    FAULT_WAITS,    /* for its time */
    FAULT_LASTS_ON, /* it has begun, its end is due */
    FAULT_ENDING,   /* the server was asked to end, and has not yet */
    FAULT_STARTING, /* the server was started again, and does not listen yet */
    FAULT_OVER,
};

/* Zero-initialise; the cluster and the watch must outlive it. */
struct faults {
    struct cluster *cluster;
    struct machine_watch *watch;
    struct fault_run {
        const struct scenario_fault *fault;
        enum fault_state state;
        int64_t start_ns, end_ns;                     /* as planned */
        int64_t due_ns;                               /* of its next step */
        int64_t executed_ns[FAULT_STEPS], listens_ns; /* 0: not yet */
        double cpu_peak; /* share of a core that a server took for 100 ms; below 0: not known */
    } runs[FAULTS_MAX];
    size_t n; /* 0 until the window is known */
    int64_t window_end_ns;
    int64_t cpu_due_ns; /* of the next sample of the servers; INT64_MAX: none */
    struct fault_cpu {
        pid_t pid;
        int64_t at_ns; /* 0: not sampled yet */
        double cpu_ms;
    } cpu[HOSTS_SERVERS_MAX];
};

/* The window is known: plan the faults, and tell the clients of each in a line on their stdin,
 * "fault INDEX KIND START_NS END_NS PERCENT". */
void faults_set_window(struct faults *f, struct child *clients, int64_t start_ns, int64_t end_ns);

/* When faults_poll() is to be called next, at the latest; INT64_MAX: any time. It is to be called
 * whenever a child has changed, too. */
int64_t faults_due_ns(const struct faults *f);
/* 0, or negative with the line in e: something could not be done. */
int faults_poll(struct faults *f, int64_t now_ns, struct err_text *e);

/* "faults" of the row (docs/faults.md); NULL: it has none. The caller's. */
cJSON *faults_report(const struct faults *f);
