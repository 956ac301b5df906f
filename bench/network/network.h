/* The network between server and clients: loopback, in a network namespace of the run's own, or
 * emulated links (bench/link) between hosts: one with a side for each, or with a balancer in
 * between (hosts.h). The runner learns here where to put its children and what was counted
 * on the wire; no other code needs to know which network it is. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <cjson/cJSON.h>

#include "bench/base/child.h"
#include "lib/base/err.h"
#include "bench/network/hosts.h"
#include "bench/network/netns.h"

#define NETWORK_LOOPBACK "loopback"

struct network {
    bool emulated;
    bool kernel_is_ours;   /* the kernel's counters see this run and nothing else */
    struct netns netns;    /* loopback */
    struct hosts hosts;    /* emulated */
    struct link_spec spec; /* emulated: of the clients' link */
    bool ipv6;             /* the server is reached at an IPv6 address */
    char why[320];         /* why no emulated link is permitted; "" */
    char note[400];        /* why it is another network than was asked for; "" */
};

/* What is wanted. */
struct network_wish {
    const char *link;  /* "loopback", "4g", "rtt=50ms,loss=1%" */
    uint64_t seed;     /* of its losses and its jitter until the first row */
    bool ipv6;         /* the server at ::1, or at the link's IPv6 address */
    bool host_network; /* loopback stays in the host's namespace */
};

/* Open it. Where an emulated link is not permitted the run goes on over loopback and note says why.
 * 0, PL_EINVAL (no such link) or PL_ESYS (no IPv6) with the line in e. */
int network_open(struct network *n, const struct network_wish *wish, struct err_text *e);
/* An emulated network with more than two hosts. 0, or as hosts_open(). */
int network_open_hosts(struct network *n, const struct hosts_plan *plan, struct err_text *e);
void network_close(struct network *n);

/* Keep what forwards the packets of emulated links on this core; -1: any. 0, or PL_ESYS with the
 * line in e. */
int network_pin(const struct network *n, int core, struct err_text *e);

/* What every table, chart and file calls it. */
const char *network_name(const struct network *n);
/* Where a child is to be started; NULL: here. */
const struct child_place *network_place(const struct network *n, enum link_side side);
/* What the server is to listen on: on an emulated link its side's address. */
const char *network_listen(const struct network *n);

/* For run.json: null on loopback, else as link_spec_describe(). */
cJSON *network_describe(const struct network *n);

/* A row begins: every counter to zero; connections that exist by now are not counted; link i loses
 * and delays by seed + i from here on. capture:
 * write packets to pcap_path, with label on each connection's first. window: packets that enter
 * the link in [start_ns, end_ns) of CLOCK_MONOTONIC are counted apart as well. All of these do
 * nothing on loopback. 0 or negative with the line in e. */
int network_row_begin(const struct network *n, uint64_t seed, struct err_text *e);
int network_capture(const struct network *n, const char *pcap_path, const char *label,
                    struct err_text *e);
int network_window(const struct network *n, int64_t start_ns, int64_t end_ns, struct err_text *e);
/* Something happens to the clients' links until until_ns. There must be some. 0 or negative with
 * the line in e. */
int network_disturb(const struct network *n, enum link_disturbance what, int64_t until_ns,
                    struct err_text *e);
/* What was counted on the wire (docs/link.md); null on loopback. Ends a capture. Of several links
 * the clients' own are added up; those behind a balancer are in "behind", and those to a store in
 * "beside", by server. NULL with the line in e when a link is gone. */
cJSON *network_row_end(const struct network *n, struct err_text *e);
