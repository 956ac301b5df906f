/* Loss at random or in bursts: the Gilbert-Elliott model (Gilbert 1960, Elliott 1963).
 * A chain with a good and a bad state moves once per packet, and each state loses packets
 * with its own probability. Independent loss is the chain that never leaves the good state.
 * The fate of the n-th packet depends on the seed and n alone, never on time. */
#pragma once

#include <stdbool.h>

#include "lib/base/rng.h"
#include "bench/link/path/stage.h"

struct loss_model { /* probabilities, 0..1 */
    double good_to_bad, bad_to_good;
    double good_loss, bad_loss;
};

struct stage_loss {
    struct stage stage; /* first: a struct stage * is one of these */
    struct loss_model model;
    struct rng rng;
    bool bad;
};

/* Independent loss of this ratio. */
struct loss_model loss_model_random(double ratio);

/* Loss of this ratio (0 <= ratio < 1) in bursts of burst_packets (>= 1) on average: the
 * simple Gilbert model, in which the bad state loses all and the good state nothing. */
struct loss_model loss_model_burst(double ratio, double burst_packets);

/* The share of packets that the model loses in the long run. */
double loss_model_ratio(const struct loss_model *m);

void stage_loss_init(struct stage_loss *s, const struct loss_model *m, uint64_t seed);
/* Begin the sequence of another seed: the next packet is its first. */
void stage_loss_seed(struct stage_loss *s, uint64_t seed);
