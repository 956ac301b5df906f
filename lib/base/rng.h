/* Seeded randomness: the same seed gives the same run. xoshiro256** by Blackman and Vigna
 * (2018, public domain), seeded through splitmix64. Not for secrets. */
#pragma once

#include <stdint.h>

struct rng {
    uint64_t s[4];
};

void rng_seed(struct rng *r, uint64_t seed);

/* 64 uniform bits. */
uint64_t rng_next(struct rng *r);

/* Uniform in [0, 1), 53 bits. */
double rng_uniform(struct rng *r);

/* Exponential with the given mean: the gaps of a Poisson process. */
double rng_exponential(struct rng *r, double mean);

/* Normal with mean 0 and standard deviation 1 (Box and Muller 1958). */
double rng_normal(struct rng *r);
