#include "bench/run/turns.h"

#include "lib/base/rng.h"

/* Fisher and Yates. */
static void shuffle(struct turn *turns, size_t n, struct rng *rng)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)(rng_uniform(rng) * (double)i);
        struct turn one = turns[i - 1];

        turns[i - 1] = turns[j];
        turns[j] = one;
    }
}

void turns_make(struct turn *out, size_t rows, unsigned repeats, bool shuffled, uint64_t seed)
{
    struct rng rng;

    rng_seed(&rng, seed);
    for (unsigned k = 0; k < repeats; k++, out += rows) {
        for (size_t i = 0; i < rows; i++)
            out[i] = (struct turn){i, k + 1};
        if (shuffled)
            shuffle(out, rows, &rng);
    }
}

int64_t turns_seed(int64_t seed, unsigned repeat)
{
    struct rng rng;

    if (repeat <= 1)
        return seed;
    rng_seed(&rng, (uint64_t)seed + ((uint64_t)repeat << 53));
    return (int64_t)(rng_next(&rng) >> 12);
}
