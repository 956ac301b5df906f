/* The map: for each limit of latency, which row is the cheapest that meets it. Pure: points in,
 * steps out; sweep_map.h fills it from a sweep and from the model. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum map_cost { MAP_REQUESTS, MAP_WIRE, MAP_CPU, MAP_COSTS };
enum { MAP_ROWS_MAX = 64 }; /* at most: winners are bits */

/* A row at one rate of updates. */
struct map_point {
    double latency_us;                      /* what must be within the limit; NAN: not known */
    double cost[MAP_COSTS];                 /* per client and second; NAN: not known */
    double low[MAP_COSTS], high[MAP_COSTS]; /* of its 95 % interval; NAN: not known */
};

/* Between two limits the same rows win: bit i is point i. */
struct map_step {
    double from_us;             /* up to the next step's, the last one without end */
    unsigned long long winners; /* 0: none meets it */
};

/* The cheapest of n points (up to MAP_ROWS_MAX) for each limit from 0 on: n + 1 steps at most, with
 * different winners each. Those that can't be told from the cheapest win with it: their costs are
 * within the share noise of each other, or both have intervals that overlap. A point without
 * latency or cost never wins. Returns how many steps. */
size_t map_steps(struct map_step *out, const struct map_point *points, size_t n, enum map_cost cost,
                 double noise);

/* Who wins at a limit. */
unsigned long long map_at(const struct map_step *steps, size_t n, double limit_us);
