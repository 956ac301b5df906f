/* Two network namespaces of the run's own, each with a TUN device that leads to the other
 * one through whoever holds the two TUN descriptors. Namespaces live as long as a process or
 * a descriptor is in them: when the run's processes die, even by SIGKILL, nothing is left.
 *
 * Either side may be a namespace that another link has made: this makes a host with several links.
 * Each link is a subnet of its own: 10.77.N.1 on the client's side, 10.77.N.2 on the server's (and
 * fd77:N::1, fd77:N::2), its device pushlabN; number 0 is called as below. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"

enum link_side { LINK_CLIENT, LINK_SERVER, LINK_SIDES };

#define LINK_INTERFACE   "pushlab"
#define LINK_CLIENT_IPV4 "10.77.0.1"
#define LINK_SERVER_IPV4 "10.77.0.2"
#define LINK_CLIENT_IPV6 "fd77::1"
#define LINK_SERVER_IPV6 "fd77::2"

enum { LINK_NUMBER_MAX = 255, LINK_ADDRESS_CHARS = 24, LINK_INTERFACE_CHARS = 16 };

/* The names that belong to a link's number. */
void link_net_ipv4(char out[LINK_ADDRESS_CHARS], unsigned number, enum link_side side);
void link_net_ipv6(char out[LINK_ADDRESS_CHARS], unsigned number, enum link_side side);
void link_net_interface(char out[LINK_INTERFACE_CHARS], unsigned number);

/* Where a link is to run; LINK_BETWEEN_NEW_HOSTS: between two new namespaces. */
struct link_between {
    unsigned number;
    int user_fd;                  /* that owns the namespaces there are; -1: the initial one */
    int namespace_fd[LINK_SIDES]; /* -1: make one; never LINK_SERVER's alone */
};
#define LINK_BETWEEN_NEW_HOSTS ((struct link_between){.user_fd = -1, .namespace_fd = {-1, -1}})

enum { LINK_MTU_BYTES = 1500 };

/* Where it says which privileges a container needs. */
#define LINK_NET_CONTAINER "docs/doctor.md, \"In a container\""

/* What the kernel says about who may make namespaces; -1: there is no such setting. */
struct link_net_limits {
    int64_t unprivileged_userns; /* kernel.unprivileged_userns_clone; Debian's, older ones */
    int64_t max_user_namespaces, max_net_namespaces; /* user.max_... */
    int64_t apparmor_userns; /* kernel.apparmor_restrict_unprivileged_userns; Ubuntu's */
};
struct link_net_limits link_net_limits_read(void);
/* The setting that refuses namespaces, with a value that allows them ("user.max_net_namespaces=
 * 10000"), as sysctl(8) takes it; NULL: none of these. Pure. */
const char *link_net_refused_by(const struct link_net_limits *l);

struct link_net_side {
    int namespace_fd;
    bool made;      /* by this link: another may be older than it, and outlive it */
    int tun_fd;     /* non-blocking; reads and writes one IP packet each */
    int netlink_fd; /* asks this side's kernel for its counters */
    unsigned interface;
};

struct link_net {
    int user_fd; /* the user namespace that owns both; -1: the initial one (root) */
    bool ipv6;   /* both sides have their IPv6 address */
    struct link_net_side side[LINK_SIDES];
};

/* Make the namespaces that do not exist yet and leave the calling process in the server's. To be
 * called in a process of its own with one thread: without root it moves into the user namespace for
 * good. 0, or PL_ESYS with a line in e that says what is missing and how to allow it. */
int link_net_create(struct link_net *n, const struct link_between *between, struct err_text *e);

/* Kill every process in the network namespaces that the link has made, except the calling one: a
 * death signal reaches a child but not its children, and a namespace lives as long as any process
 * is in it. 0, or PL_ESYS when /proc can't be read or a process stays. */
int link_net_kill_inside(const struct link_net *n);

/* Close all descriptors. */
void link_net_free(struct link_net *n);
