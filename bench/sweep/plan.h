/* What a sweep measures: cells, the product of the varied keys' values, each several times; and in
 * which order. Pure: nothing is measured and no file is read here, but what a scenario names. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <cjson/cJSON.h>

#include "bench/scenario/scenario.h"
#include "bench/sweep/vary.h"
#include "lib/base/err.h"

enum { PLAN_CELLS_MAX = 1000, PLAN_BLOCKS_MAX = 10000, PLAN_KEYS_MAX = 8 };

struct plan {
    char path[SCENARIO_PATH_BYTES]; /* of the scenario's file */
    cJSON *file;                    /* what the cells' scenarios are made from: scenario_file() */
    cJSON *vary;                    /* [{"key": "clients", "values": [50, 200]}, ...] */
    int cells, repeat;
    uint64_t seed; /* of the order */
};

/* A cell's blocks: one for each repeat. All rows are measured once in each. From 0. */
struct block {
    int cell, repeat;
};

/* s is the scenario with what is the same in all cells; it is not needed afterwards. Refuses what a
 * cell's scenario does not accept, with the cell and the key in the line. 0, PL_EINVAL or
 * PL_ENOMEM; there is nothing to free then. */
int plan_make(struct plan *out, const struct scenario *s, const struct vary *vary, size_t n,
              int repeat, uint64_t seed, struct err_text *e);
void plan_free(struct plan *p);

/* The cell's values, {"clients": 50, "link.rtt_ms": 5}: the last key's change first. The caller's.
 */
cJSON *plan_values(const struct plan *p, int cell);
/* One as it was typed. */
void plan_format_value(char *out, size_t cap, const cJSON *value);
/* All as text: "clients=50 link.rtt_ms=5". Returns out. */
const char *plan_name(char *out, size_t cap, const cJSON *values);

/* The cell's scenario, to be freed. 0, PL_EINVAL or PL_ENOMEM. */
int plan_scenario(struct scenario *out, const struct plan *p, int cell, struct err_text *e);

/* All cells × repeat blocks in the order in which they are measured: a round of all cells after the
 * other, each in random order, so that a cell's repeats lie apart and a drift of the machine
 * favours none. out has room for them. Of equal plans it is the same. */
void plan_order(const struct plan *p, struct block *out);

/* About how long a cell's block takes: its rows' phases, and what starting processes takes. */
double plan_block_s(const struct plan *p, int cell);
