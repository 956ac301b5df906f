/* In what order the rows of a scenario and their repeats are measured. Pure.
 *
 * Each repeat measures every row once before the next repeat begins, and has the rows in an order
 * of its own, drawn by seed (a randomised complete block design). A machine that gets slower, or
 * hotter, or busier in the course of a run then harms no row more than the others, and the repeats
 * of a row lie as far apart as the run allows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct turn {
    size_t row;      /* from 0, in the scenario's order */
    unsigned repeat; /* from 1 */
};

/* Fill rows * repeats turns. shuffled: each repeat in an order that follows from seed; otherwise
 * in the scenario's. */
void turns_make(struct turn *out, size_t rows, unsigned repeats, bool shuffled, uint64_t seed);

/* The seed of a repeat's source, clients and links, below 2^52: the run's own for the first. */
int64_t turns_seed(int64_t seed, unsigned repeat);
