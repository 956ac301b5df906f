/* The few rtnetlink requests that set up a network namespace (rtnetlink(7)). A socket stays
 * with the namespace in which it was opened. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* A socket for the current namespace: its descriptor, or PL_ESYS. */
int netlink_open(void);

/* Bring interface up; mtu_bytes and queue_packets 0: leave as they are. Without IPv6
 * link-local addresses, so that only the experiment's own packets travel.
 * 0, or PL_ESYS with errno. */
int netlink_set_up(int fd, unsigned interface, uint32_t mtu_bytes, uint32_t queue_packets);

/* Give interface an address, with the peer's as a host route (family AF_INET or AF_INET6;
 * both addresses in network byte order). 0, or PL_ESYS with errno. */
int netlink_add_address(int fd, unsigned interface, int family, const void *own, const void *peer);

/* Packets that the interface refused to queue for its reader (tx_dropped), or PL_ESYS. */
int64_t netlink_tx_dropped(int fd, unsigned interface);
