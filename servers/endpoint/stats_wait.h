/* Questions about a moment that is still to come: held until then, so that what is read is read at
 * that moment, however long the question was on the way. */
#pragma once

#include <stdint.h>

struct http_context;
struct peer;

/* Call answer when CLOCK_MONOTONIC has reached at_ns, unless p's connection ends before. 0, PL_ESYS
 * or PL_ENOMEM. */
int stats_wait_hold(struct peer *p, int64_t at_ns, void (*answer)(struct peer *p, int64_t at_ns));
/* When no connection is left. */
void stats_wait_free(struct http_context *c);
