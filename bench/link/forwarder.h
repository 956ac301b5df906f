/* The forwarder: the one file of the link that reads the clock and moves packets. It takes them
 * from one side's TUN device, has the wire counter count them, sends them down the path, and writes
 * them to the other side's TUN device when they are due. It answers the requests of rpc.h.
 *
 * Sleeping until a due time is precise to some 50 us at best: the timer fires late, and an
 * idle core wakes up late. So the forwarder sleeps until a little before (lead_ns, learnt from
 * how late it was lately), and spins for the rest. */
#pragma once

#include <signal.h>

#include "bench/link/capture.h"
#include "bench/link/cpu_meter.h"
#include "bench/link/queue_age.h"
#include "lib/hdr/hdr.h"
#include "bench/link/path/link_path.h"
#include "bench/link/link_spec.h"
#include "bench/link/link_net.h"
#include "bench/link/wire_counter.h"

struct forwarder {
    struct link_spec spec;
    uint64_t seed;
    struct link_net net;
    struct link_path path[LINK_DIRECTIONS];
    struct wire_counter wire_counter;
    struct capture capture;
    struct queue_age queue_age;
    struct cpu_meter cpu;
    struct hdr queued_us; /* how long each packet waited to be read, at most */
    struct hdr late_us;   /* how long after its due time each was handed over, that wait included */
    int epoll_fd, timer_fd, signal_fd, control_fd;
    int64_t armed_ns; /* what the timer is set to; STAGE_NEVER: off */
    int64_t lead_ns;
    int64_t spin_credit_ns, spin_counted_ns; /* processor time that spinning may take */
    bool spinning;
    int64_t stall_until_ns; /* 0: it does not stall */
    int64_t stalled_ns;     /* when the last stall ended */
    uint64_t next_id;
    uint64_t write_failures[LINK_DIRECTIONS];  /* the kernel did not take the packet */
    uint64_t memory_failures[LINK_DIRECTIONS]; /* no memory to hold it */
    int64_t tun_drops_before[LINK_DIRECTIONS]; /* at the last reset */
    bool stop;
};

/* The signal that means that the parent is gone: blocked, and read from a signalfd, so that a
 * capture is still written out. */
#define FORWARDER_PARENT_DIED SIGUSR1

/* net's namespaces must exist; fwd takes net over. control_fd stays the caller's.
 * FORWARDER_PARENT_DIED must be blocked.
 * 0, PL_ENOMEM or PL_ESYS. */
int forwarder_init(struct forwarder *fwd, const struct link_spec *spec, uint64_t seed,
                   const struct link_net *net, int control_fd);
void forwarder_free(struct forwarder *fwd);

/* Move packets and answer requests until the parent or the other end of control_fd is gone. */
void forwarder_run(struct forwarder *fwd);
