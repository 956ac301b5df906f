/* Two runs side by side: for every row that both measured, each metric of the one, of the other,
 * and how many times the first the second is. */
#pragma once

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "lib/base/buf.h"

/* Append the comparison, aligned, or as a Markdown table. Rows are matched by their id; ids that
 * only one run has are named below. The ratio is b's value over a's, and absent where either is, or
 * a's is zero. A row that was disturbed in either is marked with '~', and its reasons stand below.
 * 0 or PL_ENOMEM. */
int compare_write(struct buf *out, const cJSON *a, const cJSON *b, bool markdown);

/* Append why rows that are in both should not be compared: "A: sse was disturbed: ..." a line.
 * Nothing when there is no reason. 0 or PL_ENOMEM. */
int compare_disturbed(struct buf *out, const cJSON *a, const cJSON *b);
