/* The conditions of a run in a few words, for the head of a table and the foot of a chart. */
#pragma once

#include <cjson/cJSON.h>

#include "bench/base/writer.h"

/* Append clients, source, window and link: "50 clients · 25 updates/s of 128 bytes, fixed · 6 s
 * window · link: rtt=50ms", or with "game, 30 ticks/s in 4 rooms · 20 inputs/s up from each" for a
 * source. Where rows achieved another rate than what was due, that follows the source: "100
 * updates/s of 128 bytes, fixed · achieved: 25–100 updates/s". With repeats it is "3 × 6 s window".
 * What the run does not say is left out; a link's text ends at link_max_bytes. */
void conditions_put(struct writer *w, const cJSON *run, int link_max_bytes);
