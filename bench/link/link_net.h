/* Two network namespaces of the run's own, each with a TUN device that leads to the other
 * one through whoever holds the two TUN descriptors. Namespaces live as long as a process or
 * a descriptor is in them: when the run's processes die, even by SIGKILL, nothing is left. */
#ifndef PUSHLAB_LINK_NET_H
#define PUSHLAB_LINK_NET_H

#include <stdbool.h>

#include "err.h"

enum link_side { LINK_CLIENT, LINK_SERVER, LINK_SIDES };

#define LINK_INTERFACE   "pushlab"
#define LINK_CLIENT_IPV4 "10.77.0.1"
#define LINK_SERVER_IPV4 "10.77.0.2"
#define LINK_CLIENT_IPV6 "fd77::1"
#define LINK_SERVER_IPV6 "fd77::2"

enum { LINK_MTU_BYTES = 1500 };

struct link_net_side {
    int namespace_fd;
    int tun_fd;     /* non-blocking; reads and writes one IP packet each */
    int netlink_fd; /* asks this side's kernel for its counters */
    unsigned interface;
};

struct link_net {
    int user_fd; /* the user namespace that owns both; -1: the initial one (root) */
    bool ipv6;   /* both sides have their IPv6 address */
    struct link_net_side side[LINK_SIDES];
};

/* Make both and leave the calling process in the server's. To be called in a process of its
 * own with one thread: without root it moves into a new user namespace for good.
 * 0, or LAB_ESYS with a line in e that says what is missing and how to allow it. */
int link_net_create(struct link_net *n, struct err_text *e);

/* Close all descriptors. */
void link_net_free(struct link_net *n);

#endif
