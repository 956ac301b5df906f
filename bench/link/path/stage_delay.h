/* Propagation delay with jitter. Packets keep their order unless asked otherwise: a packet
 * whose jitter would let it overtake waits for the one before it, as on most real paths. */
#pragma once

#include <stdbool.h>

#include "lib/base/rng.h"
#include "bench/link/path/stage.h"

enum jitter_shape {
    JITTER_UNIFORM, /* delay - jitter .. delay + jitter */
    JITTER_NORMAL,  /* jitter is the standard deviation; cut at +-4 of them */
};

struct delay_model {
    int64_t delay_ns, jitter_ns; /* one way; a delay below zero becomes zero */
    enum jitter_shape shape;
    bool reorder;        /* let packets overtake */
    bool per_connection; /* order is kept within a connection, not among all */
};

/* Where order is kept per connection: groups of connections, so many that two which send at the
 * same time are rarely in one. */
enum { STAGE_DELAY_GROUPS = 8192 };

struct stage_delay {
    struct stage stage; /* first: a struct stage * is one of these */
    struct delay_model model;
    struct rng rng;
    int64_t last_due_ns[STAGE_DELAY_GROUPS];
    struct frame **heap; /* the earliest due first, then the lowest id */
    uint64_t packets, bytes;
    uint32_t capacity;
    uint64_t limit_bytes;
};

/* limit_bytes bounds the memory of what is under way: beyond it, or when memory runs out,
 * packets are dropped, which counts as the emulator's own fault. */
void stage_delay_init(struct stage_delay *s, const struct delay_model *m, uint64_t limit_bytes,
                      uint64_t seed);
void stage_delay_free(struct stage_delay *s);
