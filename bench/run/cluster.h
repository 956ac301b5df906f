/* The servers of a row, what stands between them and its clients, and what they share: two
 * servers, a balancer, a store, each on a host of its own. The row asks here where its clients are
 * to go, and what became of it all.
 *
 * Each server's /stats is asked for at four moments, over a connection that begins on the
 * server's own host: no link sees it. */
#ifndef PUSHLAB_CLUSTER_H
#define PUSHLAB_CLUSTER_H

#include <stdbool.h>
#include <stdint.h>
#include <cjson/cJSON.h>

#include "bench/run/balancer.h"
#include "bench/base/child.h"
#include "lib/base/err.h"
#include "bench/network/network.h"
#include "bench/scenario/scenario.h"
#include "bench/scenario/scenario_args.h"

enum stats_snapshot {
    SNAPSHOT_START,
    SNAPSHOT_WINDOW_START,
    SNAPSHOT_WINDOW_END,
    SNAPSHOT_END,
    CLUSTER_LOOKS
};

struct cluster_server {
    struct child child;
    char address[LINK_ADDRESS_CHARS + 8]; /* "10.77.1.2:8080" */
    int stats_fd;                         /* -1: not connected */
    int64_t killed_ns;                    /* 0: it was not */
    cJSON *looks[CLUSTER_LOOKS];          /* owned; NULL: not asked yet */
};

/* Zero-initialise; it must stay where it is once opened. */
struct cluster {
    const struct scenario *scenario;
    const struct scenario_row *row;
    struct supervisor *supervisor;
    struct scenario_balancer plan;
    const struct balancer_kind *kind;
    struct network network;
    struct cluster_server servers[HOSTS_SERVERS_MAX];
    size_t nservers; /* started */
    struct service balancer, store;
    int64_t balancer_cpu_ns[CLUSTER_LOOKS], store_cpu_ns[CLUSTER_LOOKS];
    int64_t due_ns[CLUSTER_LOOKS]; /* of the looks at the window's borders; 0: not known or done */
    int64_t window_start_ns;       /* 0: not known yet */
    int64_t kill_due_ns;           /* 0: nobody is to be killed, or not yet known when */
    int client_fd;                 /* the clients' control connection; -1: none */
    struct child_place client_place;
};

/* Build the hosts and start store, servers and balancer. core: the servers', -1: any. commands gets
 * their command lines. 0, or negative with the line in e; to be closed in any case. */
int cluster_open(struct cluster *c, const struct scenario *s, const struct scenario_row *row,
                 struct supervisor *n, int core, cJSON *commands, struct err_text *e);

/* What the clients are started with, and where. 0 or PL_ELIMIT. */
int cluster_client_args(struct cluster *c, struct scenario_args *args);
const struct child_place *cluster_client_place(const struct cluster *c);
/* The clients have been started. */
void cluster_client_started(struct cluster *c);

/* The row begins; its window is known; its clients are gone. 0, or negative with the line in e. */
int cluster_begin(struct cluster *c, struct err_text *e);
void cluster_set_window(struct cluster *c, int64_t start_ns, int64_t end_ns);
int cluster_end(struct cluster *c, struct err_text *e);

/* When cluster_poll() has something to do; INT64_MAX: it hasn't. */
int64_t cluster_due_ns(const struct cluster *c);
/* Do what is due by now_ns, and see whether all that should run does. */
int cluster_poll(struct cluster *c, int64_t now_ns, struct err_text *e);

/* Put into the clients' report what all servers counted together, in place of what the first one
 * said, and under "balancer" what stood between (result_balancer.h). */
void cluster_report(const struct cluster *c, cJSON *report);

/* End servers, balancer and store; what went wrong with it is appended to problems, unless that is
 * NULL, and what they said to notes. */
void cluster_stop(struct cluster *c, cJSON *problems, cJSON *notes);
/* After cluster_stop(): the hosts are gone, too. Harmless on a zeroed c. */
void cluster_close(struct cluster *c);

#endif
