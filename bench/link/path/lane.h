/* One direction of the link: loss, then rate, then delay. No I/O, no clock. */
#ifndef PUSHLAB_LINK_LANE_H
#define PUSHLAB_LINK_LANE_H

#include "bench/link/path/stage_delay.h"
#include "bench/link/path/stage_loss.h"
#include "bench/link/path/stage_rate.h"

struct lane_model {
    struct loss_model loss;
    int64_t rate_bps;     /* 0: not limited */
    uint64_t queue_bytes; /* waiting for the transmitter, when there is a rate */
    struct delay_model delay;
    /* So many of these side by side, which share no transmitter and no order: the rate and the
     * queue are as many times as large, and packets keep their order within a connection only.
     * 0 and 1: one. */
    int64_t lines;
};

enum { LANE_MAX_STAGES = 3 };

struct lane {
    struct stage_loss loss;
    struct stage_rate rate;
    struct stage_delay delay;
    struct stage *stages[LANE_MAX_STAGES]; /* those in use; the delay is always the last */
    int stage_count;
    uint64_t packets_in, bytes_in, packets_out, bytes_out; /* in: the lost ones too */
};

/* Start empty. The seed decides every loss and every jitter. */
void lane_init(struct lane *l, const struct lane_model *m, uint64_t limit_bytes, uint64_t seed);
void lane_free(struct lane *l);

/* Send f, which is now the lane's. Returns NULL, or the stage that dropped it: then f still
 * belongs to the caller. */
const struct stage *lane_put(struct lane *l, struct frame *f, int64_t now_ns);

/* The next frame to arrive at or before now_ns (f->due_ns: exactly when), owned by the caller;
 * NULL when there is none yet. */
struct frame *lane_take(struct lane *l, int64_t now_ns);

/* When lane_take will have work to do; STAGE_NEVER when nothing is under way. */
int64_t lane_due_ns(const struct lane *l);

/* What is under way. */
uint64_t lane_held_packets(const struct lane *l);
uint64_t lane_held_bytes(const struct lane *l);

/* Set all counters to zero; what is under way goes on. */
void lane_reset_counters(struct lane *l);

#endif
