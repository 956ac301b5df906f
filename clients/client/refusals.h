/* Answers that refused, counted by their status code (RFC 9110 §15). */
#ifndef PUSHLAB_REFUSALS_H
#define PUSHLAB_REFUSALS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"

enum { REFUSALS_MAX = 16 };

/* Zero-initialise. */
struct refusals {
    struct refusal {
        int status;
        uint64_t count;
    } of[REFUSALS_MAX]; /* in the order of their first appearance */
    size_t n;
};

/* Statuses beyond REFUSALS_MAX different ones are not kept. */
void refusals_add(struct refusals *r, int status);

/* Append {"504":10,"502":60}. 0 or PL_ENOMEM. */
int refusals_json(const struct refusals *r, struct buf *out);

#endif
