/* The conditions of a run in a few words, for the head of a table and the foot of a chart. */
#ifndef PUSHLAB_CONDITIONS_H
#define PUSHLAB_CONDITIONS_H

#include <cjson/cJSON.h>

#include "bench/base/writer.h"

/* Append where a scenario's updates come from, each part with " · " behind it:
 * "25 updates/s of 128 bytes, fixed · ", "game, 30 ticks/s in 4 rooms · 20 inputs/s up from
 * each · "; nothing when the scenario doesn't say. */
void conditions_put_source(struct writer *w, const cJSON *scenario);

#endif
