/* The emulated link: two network namespaces and a process between them, the forwarder, that moves
 * their packets, counts them and can write them to a file. Without root it needs a user namespace
 * and permission to open /dev/net/tun (docs/link.md).
 *
 *     struct link l;
 *     rc = link_open(&l, &spec, seed, &e);          PL_ESYS: go on over loopback, print e
 *     pid = link_fork(&l, LINK_SERVER);             in the child: exec the server
 *     pid = link_fork(&l, LINK_CLIENT);             in the child: exec the client
 *     link_reset(&l, seed); link_capture(&l, "row.pcapng", LINK_CAPTURE_CLIENT, "sse", &e);
 *     ... the row ...
 *     link_counters(&l, &json, 0); link_capture_end(&l, &e);
 *     link_close(&l);
 *
 * This header, with those that it includes, is what bench/network opens links through; scenarios
 * need link_spec.h only. The server listens on LINK_SERVER_IPV4 or LINK_SERVER_IPV6 (link_net.h).
 * All calls block, for milliseconds. When the caller dies, however it dies, the forwarder kills the
 * processes inside, whoever started them, and ends; the namespaces go with the last process. */
#pragma once

#include <stdint.h>
#include <sys/types.h>
#include <cjson/cJSON.h>

#include "lib/base/buf.h"
#include "bench/link/capture.h"
#include "bench/link/link_spec.h"
#include "bench/link/link_net.h"

struct link {
    pid_t forwarder; /* -1: none; its /proc/PID/ns/net is the server's namespace */
    int control_fd;
    int user_fd; /* -1 when root made the namespaces */
    bool ipv6;   /* both ends have their IPv6 address, too */
    int namespace_fd[LINK_SIDES];
};

/* Make the namespaces and start the forwarder. The calling thread must live as long as the link.
 * 0, PL_ESYS (not permitted, or the kernel cannot: e says what is missing and how to allow
 * it) or PL_ENOMEM. Nothing is left behind on failure. */
int link_open(struct link *l, const struct link_spec *spec, uint64_t seed, struct err_text *e);

/* The same between namespaces that may exist already: this makes a host with several links. Each
 * link has a wire counter of its own. between's descriptors stay the caller's. Close the newest
 * first: a link ends only the namespaces that it made. */
int link_open_between(struct link *l, const struct link_between *between,
                      const struct link_spec *spec, uint64_t seed, struct err_text *e);

/* Stop the forwarder, after ending a capture; processes that are still inside the
 * namespaces that it made are killed. */
void link_close(struct link *l);

/* Move the calling process to a side, for good: for a child between fork and exec, with one
 * thread. 0, or PL_ESYS with errno. */
int link_enter(const struct link *l, enum link_side side);

/* Fork a child on that side which is killed when the calling thread dies. Returns 0 in the
 * child, its process id in the parent, or PL_ESYS. A child that cannot enter exits with 127. */
pid_t link_fork(const struct link *l, enum link_side side);

/* A TCP socket in that side's namespace, for use from here: one process can have sockets on many
 * sides. Its descriptor, the caller's, or PL_ESYS. */
int link_socket(const struct link *l, enum link_side side);

/* Append a snapshot of all counters since the last reset as one JSON object (docs/link.md);
 * with max_connections > 0 it lists so many connections. 0, PL_EOF (the forwarder died),
 * PL_ESYS or PL_ENOMEM. */
int link_counters(const struct link *l, struct buf *json, uint32_t max_connections);

/* The same, parsed: the caller's to delete; NULL with the line in e. */
cJSON *link_account(const struct link *l, struct err_text *e);

/* 0, or PL_ESYS with the line in e: its ends have IPv4 addresses only. */
int link_need_ipv6(const struct link *l, struct err_text *e);

/* Keep the forwarder on this core. 0, or PL_ESYS (there is no such core, or it may not be used). */
int link_pin(const struct link *l, int core);

/* Begin a new row: all counters to zero, and losses and jitter from the start of this seed's
 * sequence. Connections there are now count as the last row's: what they still send is kept apart
 * as "stale". 0, PL_EOF, PL_ENOMEM or PL_ESYS. */
int link_reset(const struct link *l, uint64_t seed);

/* What enters the link in [start_ns, end_ns) (CLOCK_MONOTONIC) is counted apart as well, until
 * the next reset: tell it before it begins. 0, PL_EOF, PL_ENOMEM or PL_ESYS. */
int link_window(const struct link *l, int64_t start_ns, int64_t end_ns);

/* From now on, until until_ns of CLOCK_MONOTONIC. 0, PL_EOF, PL_ENOMEM or PL_ESYS. */
int link_disturb(const struct link *l, enum link_disturbance what, int64_t until_ns);

/* Write packets to a pcapng file at path (replaced if it is there) from now on, after ending
 * the one before. label names the transport; it is in the comment of each connection's first
 * packet. 0, PL_EOF, PL_ENOMEM or PL_ESYS, with the line in e. */
int link_capture(const struct link *l, const char *path, enum link_capture_at at, const char *label,
                 struct err_text *e);

/* End the capture and write out the rest. 0 (also when there was none), PL_EOF, or PL_ESYS
 * when any of it could not be written; the line is in e. */
int link_capture_end(const struct link *l, struct err_text *e);
