/* The servers of a row, what is between them and its clients, and what they share. Most rows
 * have one server on the row's own network. A scenario with balancers has one or two servers, a
 * balancer and perhaps a store, each on a host of its own, and the /stats of each server are then
 * asked for at four moments, over a connection that begins on the server's own host: no link sees
 * it. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <cjson/cJSON.h>

#include "bench/run/balancer.h"
#include "bench/base/child.h"
#include "lib/base/err.h"
#include "bench/network/network.h"
#include "bench/scenario/scenario.h"
#include "bench/scenario/scenario_args.h"

/* When the servers of balanced rows are asked for their /stats. */
enum cluster_moment {
    CLUSTER_START,
    CLUSTER_WINDOW_START,
    CLUSTER_WINDOW_END,
    CLUSTER_END,
    CLUSTER_MOMENTS
};

struct cluster_server {
    struct child child;
    char address[128];                /* "10.77.1.2:8080" */
    int stats_fd;                     /* -1: not connected */
    bool down;                        /* a fault has ended it */
    int64_t down_ns;                  /* since when; 0: it never was */
    cJSON *lives;                     /* the last /stats of each that was ended; owned; or NULL */
    cJSON *snapshot[CLUSTER_MOMENTS]; /* its /stats; owned; NULL: not asked yet */
};

struct cluster_setting {
    const struct scenario *scenario;
    const struct scenario_row *row;
    struct supervisor *supervisor;
    const struct network *network; /* of a row without balancers */
    const char *cert;              /* where a TLS server writes its certificate */
    int core, forwarder_core;      /* of the servers, of the hosts' links; -1: any */
    cJSON *commands;               /* gets the servers' command lines */
};

/* Zero-initialise; it must stay where it is once opened. */
struct cluster {
    const struct cluster_setting *w;
    bool balanced; /* with hosts of its own; else one server on the row's network */
    struct scenario_balancer plan;
    const struct balancer_kind *kind;
    const struct network *network; /* the row's, or hosts */
    struct network hosts;          /* balanced */
    struct cluster_server servers[HOSTS_SERVERS_MAX];
    size_t nservers; /* started */
    struct service balancer, store;
    int64_t balancer_cpu_ns[CLUSTER_MOMENTS], store_cpu_ns[CLUSTER_MOMENTS];
    int64_t taken_ns[CLUSTER_MOMENTS]; /* when these were read */
    int64_t due_ns[CLUSTER_MOMENTS];   /* of the window's two snapshots; 0: not known or done */
    int64_t window_start_ns;           /* 0: not known yet */
    int64_t source_start_ns;           /* when the servers' sources began */
    bool mortal;                       /* a fault will end a server */
    bool store_down;                   /* a fault has ended it */
    char history_folder[PATH_MAX];     /* of the server that may be started again; "": none */
    int history_lock_fd;               /* says that the folder is in use; with history_folder */
    cJSON *earlier;                    /* "notes" of servers that were ended; owned; or NULL */
    int client_fd;                     /* the clients' control connection; -1: none */
    struct child_place client_place;
};

/* Build the hosts, if any, and start store, servers and balancer. w must outlive c.
 * 0; PL_EINTR after Ctrl-C; or negative with the line in e. To be closed in any case. */
int cluster_open(struct cluster *c, const struct cluster_setting *w, struct err_text *e);

/* Add the options that say where the clients connect; args->rc says whether they fitted. 0, or
 * PL_ESYS with the line in e. */
int cluster_client_args(struct cluster *c, struct scenario_args *args, struct err_text *e);
/* Where the clients are to be started; NULL: here. */
const struct child_place *cluster_client_place(const struct cluster *c);
/* To be called after the clients were started: closes what they inherited. */
void cluster_client_started(struct cluster *c);

/* The row begins; its window is known; its clients have ended. 0, or negative with the line in e.
 */
int cluster_begin(struct cluster *c, struct err_text *e);
void cluster_set_window(struct cluster *c, int64_t start_ns, int64_t end_ns);
int cluster_end(struct cluster *c, struct err_text *e);

/* When cluster_poll() is to be called next, at the latest; INT64_MAX: any time. */
int64_t cluster_due_ns(const struct cluster *c);
/* Do what is due by now_ns, and check that all that should run does. 0, or negative with the line
 * in e. */
int cluster_poll(struct cluster *c, int64_t now_ns, struct err_text *e);

/* ---- for faults.h: they happen to the last server ---- */

static inline struct cluster_server *cluster_victim(struct cluster *c)
{
    return &c->servers[c->nservers - 1];
}
/* It is about to be ended: keep its counters. 0, or PL_ESYS with the line in e. */
int cluster_server_leaves(struct cluster *c, struct err_text *e);
/* It has ended: start another one in its place. 0, or negative with the line in e. */
int cluster_server_returns(struct cluster *c, struct err_text *e);
/* Does that listen? 1, 0: not yet, or negative with the line in e. */
int cluster_server_listens(struct cluster *c, struct err_text *e);
/* 0, or negative with the line in e. */
int cluster_store_leaves(struct cluster *c);
int cluster_store_returns(struct cluster *c, struct err_text *e);
int cluster_balancer_reloads(struct cluster *c);

/* End servers, balancer and store. Failures become problems of the row, what they said on standard
 * error becomes notes; row may be NULL. */
void cluster_stop(struct cluster *c, cJSON *row);
/* After cluster_stop(): the hosts are gone, too. Harmless on a zeroed c. */
void cluster_close(struct cluster *c);
