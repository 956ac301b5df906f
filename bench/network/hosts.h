/* Hosts of the lab: network namespaces, and the emulated links between them, each with its own wire
 * counter. The smallest network has a client and a server; with a balancer there are four hosts;
 * servers may share a store.
 *
 *     HOSTS_PAIR      client ═ server 1
 *     HOSTS_BALANCED  client ═ balancer ─ server 1, and balancer ─ server 2
 *     HOSTS_FANNED    client ═ server 1, and client ═ server 2
 *
 *     with a store    the same, and each server ─ store
 *
 * ═ is the network that the scenario asks for, ─ the one behind the balancer. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cjson/cJSON.h>

#include "bench/base/child.h"
#include "lib/base/err.h"
#include "bench/link/link.h"

enum { HOSTS_SERVERS_MAX = 2, HOSTS_LINKS_MAX = 1 + 2 * HOSTS_SERVERS_MAX };

enum hosts_shape { HOSTS_PAIR, HOSTS_BALANCED, HOSTS_FANNED };

enum hosts_name {
    HOST_CLIENT,
    HOST_BALANCER,
    HOST_SERVER_1,
    HOST_SERVER_2,
    HOST_STORE,
    HOSTS_NAMES
};

/* Which part of the network a link is. */
enum hosts_part {
    HOSTS_FRONT,  /* the client is on it */
    HOSTS_BEHIND, /* from a balancer to a server */
    HOSTS_BESIDE, /* from a server to the store */
};

struct hosts_plan {
    enum hosts_shape shape;
    size_t servers;          /* 1 or 2; PAIR: 1 */
    bool store;              /* there is a host that all servers reach */
    struct link_spec front;  /* the client's links */
    struct link_spec behind; /* the servers' other links */
    uint64_t seed;           /* link i has seed + i */
};

/* One end of a link, as a place to put a child. */
struct hosts_end {
    const struct link *link; /* NULL: there is no such host */
    enum link_side side;
    struct child_place place;
};

struct hosts {
    struct hosts_plan plan;
    struct hosts_link {
        struct link link;
        enum hosts_name ends[LINK_SIDES];
    } links[HOSTS_LINKS_MAX]; /* in the order in which they were made; number i is subnet i */
    size_t nlinks;
    struct hosts_end at[HOSTS_NAMES];
};

/* Which hosts link number i of a plan joins; false: the plan has no such link. Pure. */
bool hosts_plan_link(const struct hosts_plan *p, size_t i, enum hosts_name ends[LINK_SIDES]);

/* Build it all; h must stay where it is. 0, or as link_open() with the line in e; on failure
 * nothing is left. */
int hosts_open(struct hosts *h, const struct hosts_plan *plan, struct err_text *e);
/* Ends whatever still runs on any of them. Harmless on a zeroed h. */
void hosts_close(struct hosts *h);

/* Where a child is to be started that runs on that host; NULL: no such host. Valid as long as h. */
const struct child_place *hosts_place(const struct hosts *h, enum hosts_name host);
/* The IPv4 address of to on the link from from to to; false: there is no such link. */
bool hosts_address(const struct hosts *h, enum hosts_name from, enum hosts_name to,
                   char out[LINK_ADDRESS_CHARS]);
/* A TCP socket in a host's network namespace, for use from here: one process can have sockets on
 * all hosts. Its descriptor, the caller's, or PL_ESYS. */
int hosts_socket(const struct hosts *h, enum hosts_name host);
/* Which part link number i is. */
enum hosts_part hosts_part_of(const struct hosts *h, size_t i);
