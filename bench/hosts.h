/* Hosts of the lab: network namespaces, and the emulated links between them. The two ends of a
 * road are the smallest such network; with a balancer there are four hosts, and a link and a
 * referee on each side of it.
 *
 *     HOSTS_PAIR      client ═ server 1
 *     HOSTS_BALANCED  client ═ balancer ─ server 1, and balancer ─ server 2
 *     HOSTS_FANNED    client ═ server 1, and client ═ server 2
 *
 * ═ is the road that the scenario asks for, ─ the one behind the balancer. What counts as the
 * front are the links that the client is on. */
#ifndef PUSHLAB_HOSTS_H
#define PUSHLAB_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cjson/cJSON.h>

#include "child.h"
#include "err.h"
#include "link.h"

enum { HOSTS_SERVERS_MAX = 2, HOSTS_LINKS_MAX = 1 + HOSTS_SERVERS_MAX };

enum hosts_shape { HOSTS_PAIR, HOSTS_BALANCED, HOSTS_FANNED };

enum hosts_name { HOST_CLIENT, HOST_BALANCER, HOST_SERVER_1, HOST_SERVER_2, HOSTS_NAMES };

struct hosts_plan {
    enum hosts_shape shape;
    size_t servers;          /* 1 or 2; PAIR: 1 */
    struct link_spec front;  /* the client's links */
    struct link_spec behind; /* the balancer's links to its servers */
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

/* Where a child is to live that runs there; NULL: no such host. Valid as long as h. */
const struct child_place *hosts_place(const struct hosts *h, enum hosts_name host);
/* The address under which from reaches to over the link between them (IPv4); false: there is no
 * link. */
bool hosts_address(const struct hosts *h, enum hosts_name from, enum hosts_name to,
                   char out[LINK_ADDRESS_CHARS]);
/* A TCP socket that belongs to a host, whoever uses it: so one process can speak on all of them.
 * Its descriptor, or LAB_ESYS. */
int hosts_socket(const struct hosts *h, enum hosts_name host);
/* The link between a server and whoever is in front of it, or NULL. */
const struct link *hosts_link_to(const struct hosts *h, enum hosts_name to);
/* Is the client on link number i? */
bool hosts_is_front(const struct hosts *h, size_t i);

#endif
