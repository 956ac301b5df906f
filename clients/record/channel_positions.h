/* The position of each channel at a moment, from /stats?at=NS: how many of its updates (n) were
 * published before it. No I/O. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/name.h"

struct cJSON;

enum { CHANNEL_NAME_BYTES = NAME_MAX_BYTES + 1 }; /* with the NUL */

struct channel_position {
    char name[CHANNEL_NAME_BYTES];
    bool known; /* the server's history reaches back to that moment */
    uint64_t n;
};

/* Zero-initialise; end with channel_positions_free(). */
struct channel_positions {
    struct channel_position *all; /* owned; sorted by name */
    size_t n;
    bool told; /* the answer has a list of channels */
};

/* Take them from the object that /stats answers. 0 or PL_ENOMEM. */
int channel_positions_take(struct channel_positions *p, const struct cJSON *stats);
/* A channel that the server does not have yet is at 0. False: not known. */
bool channel_positions_find(const struct channel_positions *p, const char *name, uint64_t *n);
void channel_positions_free(struct channel_positions *p);
