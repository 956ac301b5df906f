/* Traffic for measuring the link: each probe runs in processes of its own at the two ends and
 * measures from outside, with the kernel's own TCP, UDP and ICMP. */
#pragma once

#include <stdint.h>

#include "lib/hdr/hdr.h"
#include "bench/link/link.h"

struct link_probe_ping {
    uint32_t sent, received;
    struct hdr rtt_us; /* owned by the caller: hdr_free */
};

/* Echo requests (RFC 792) from client to server, count of them every interval_ns; the
 * server's kernel answers. 0, or PL_ESYS (errno). */
int link_probe_ping(const struct link *l, uint32_t count, int64_t interval_ns,
                    struct link_probe_ping *out);

struct link_probe_blast {
    uint64_t sent, arrived;
    int64_t elapsed_ns; /* of the sending */
};

/* UDP packets of packet_bytes (with IP and UDP headers), count of them, at packets_per_s,
 * from client to server. arrived is what the server's kernel counted. 0, or PL_ESYS (errno). */
int link_probe_blast(const struct link *l, uint64_t count, double packets_per_s,
                     uint32_t packet_bytes, struct link_probe_blast *out);

/* One TCP connection sends from server to client as fast as it can. After warmup_ns the client
 * counts payload for window_ns. Returns payload bits per second, or PL_ESYS (errno). */
double link_probe_bulk(const struct link *l, int64_t warmup_ns, int64_t window_ns);
