/* Updates of one size in the default channel, at the moments that arrivals.h gives: a share's
 * price, its change and news, as JSON; below 48 bytes without news, below 32 without the change,
 * below 16 the price alone, as many of its digits as fit. The model behind --source generator. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "servers/model/arrivals.h"
#include "servers/model/model.h"

/* The list of texts.txt. */
extern const char *const generator_news[12];

/* data_bytes (>= 1) of JSON in each post. NULL: no memory. */
struct model *generator_new(uint64_t seed, const struct arrivals *arrivals, size_t data_bytes);
/* Begin again with these, due_ns counted from now; the random numbers go on. 0 or PL_ENOMEM: as
 * before. */
int generator_restart(struct model *m, const struct arrivals *arrivals, size_t data_bytes);
