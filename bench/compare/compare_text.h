/* What `pushlab compare` prints: the answer in a line, then the figures that differ, or all. */
#pragma once

#include <stdbool.h>

#include "bench/compare/comparison.h"
#include "bench/compare/settings.h"
#include "lib/base/buf.h"

struct compare_view {
    bool markdown;
    bool all; /* also figures without a difference */
};

/* Append it, aligned and at most 80 columns wide where names are not longer than ours, or as
 * Markdown. Rows are matched by their id; ids that only one run has are named below. The ratio is
 * b's value over a's, and absent where either is, or a's is zero. A row that was disturbed in
 * either is marked with '~', and its reasons stand below. 0 or PL_ENOMEM. */
int compare_write(struct buf *out, const struct comparison *c, const struct settings *s,
                  struct compare_view view);

/* Append why rows that are in both should not be compared: "A: sse was disturbed: ..." a line.
 * Nothing when there is no reason. 0 or PL_ENOMEM. */
int compare_disturbed(struct buf *out, const cJSON *a, const cJSON *b);
