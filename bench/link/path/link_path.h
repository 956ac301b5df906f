/* One direction of the link: loss, then rate, then delay. No I/O, no clock. */
#pragma once

#include "bench/link/path/stage_delay.h"
#include "bench/link/path/stage_loss.h"
#include "bench/link/path/stage_rate.h"

struct link_model {
    struct loss_model loss;
    int64_t rate_bps;     /* 0: not limited */
    uint64_t queue_bytes; /* waiting for the transmitter, when there is a rate */
    struct delay_model delay;
    /* So many of these side by side, which share no transmitter and no order: the rate and the
     * queue are as many times as large, and packets keep their order within a connection only.
     * 0 and 1: one. */
    int64_t lines;
};

enum { LINK_PATH_MAX_STAGES = 3 };

struct link_path {
    struct stage down; /* what is sent before down_until_ns ends here */
    int64_t down_until_ns;
    struct stage_loss loss;
    struct stage_rate rate;
    struct stage_delay delay;
    struct stage *stages[LINK_PATH_MAX_STAGES]; /* those in use; the delay is always the last */
    int stage_count;
    uint64_t packets_in, bytes_in, packets_out, bytes_out; /* in: the lost ones too */
};

/* Start empty. The seed decides every loss and every jitter. */
void link_path_init(struct link_path *l, const struct link_model *m, uint64_t limit_bytes,
                    uint64_t seed);
/* From the next packet on lose and delay as a new path of this seed does; what is under way goes
 * on.
 */
void link_path_seed(struct link_path *l, uint64_t seed);
void link_path_free(struct link_path *l);

/* Send f, which is now the path's. Returns NULL, or the stage that dropped it: then f still
 * belongs to the caller. */
const struct stage *link_path_put(struct link_path *l, struct frame *f, int64_t now_ns);

/* The next frame to arrive at or before now_ns (f->due_ns: exactly when), owned by the caller;
 * NULL when there is none yet. */
struct frame *link_path_take(struct link_path *l, int64_t now_ns);

/* When link_path_take will have work to do; STAGE_NEVER when nothing is under way. */
int64_t link_path_due_ns(const struct link_path *l);

/* What is under way. */
uint64_t link_path_held_packets(const struct link_path *l);
uint64_t link_path_held_bytes(const struct link_path *l);

/* Set all counters to zero; what is under way goes on. */
void link_path_reset_counters(struct link_path *l);
