/* The map of a sweep over source.rate_hz: update rate × tolerated latency, and the cheapest row
 * that meets it, by requests, bytes on the wire and server CPU per client and second; with the
 * borders that the model draws. docs/sweeps.md */
#pragma once

#include "bench/sweep/sweep_cells.h"
#include "lib/base/buf.h"
#include "lib/base/err.h"

struct map_ask {
    double percentile; /* of the latency that must be within the limit; NAN: the highest that all
                          rows have, or the mean */
    bool anyway;       /* also rows that were disturbed */
};

/* Append the map as tables, and draw DIR/charts/map.svg and .png with their numbers in
 * DIR/charts/data. 0; PL_EINVAL: it is no sweep of source.rate_hz alone; or another negative, with
 * the line in e. */
int sweep_map_make(struct buf *out, const struct sweep_cells *c, const struct map_ask *ask,
                   struct err_text *e);
