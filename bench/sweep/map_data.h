/* What a map is made of: the points of a sweep over source.rate_hz, and those of the model. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <cjson/cJSON.h>

#include "bench/sweep/map.h"
#include "bench/sweep/sweep_cells.h"
#include "lib/base/err.h"

enum { MAP_RATES_MAX = VARY_VALUES_MAX, MAP_MODEL_COLUMNS = 241 };

struct map_cost_kind {
    const char *path;  /* of the metric */
    const char *words; /* "HTTP requests" */
    const char *file;  /* in file names: "requests" */
};
extern const struct map_cost_kind map_costs[MAP_COSTS];

/* The rows at one rate. */
struct map_column {
    double rate_hz;
    struct map_point points[MAP_ROWS_MAX];
};

struct map {
    const struct sweep_cells *cells; /* borrowed */
    const cJSON *rows;               /* of the first cell: which row is which bit */
    size_t nrows;
    const char *latency;                     /* the metric's path: "latency_us.p50" */
    const char *figure;                      /* "p50", "mean" */
    int left_out;                            /* points of disturbed rows */
    struct map_column column[MAP_RATES_MAX]; /* as measured, by rate */
    size_t columns;
    struct map_column *model;                /* MAP_MODEL_COLUMNS of them */
    double low_us, high_us, low_hz, high_hz; /* the axes */
};

/* percentile, anyway: as in sweep_map.h. *out is to be freed, before c. 0; PL_EINVAL: it is no
 * sweep of source.rate_hz alone; PL_ENOMEM; with the line in e. */
int map_data_make(struct map **out, const struct sweep_cells *c, double percentile, bool anyway,
                  struct err_text *e);
void map_data_free(struct map *m);

const cJSON *map_data_row(const struct map *m, size_t i);
/* Up to which share of each other costs can't be told apart. */
double map_data_noise(enum map_cost cost);
/* Has any point this cost? On loopback nothing was counted on the wire. */
bool map_data_has(const struct map *m, enum map_cost cost);
/* The transports among winners: a bit each. */
unsigned map_data_transports(const struct map *m, unsigned long long winners);
/* "sse, websocket"; UNITS_NONE for none. Returns out. */
const char *map_data_names(char *out, size_t cap, const struct map *m, unsigned long long winners);
