/* Which reconnect window is best (docs/storm.md): of the rows of one transport that differ in it,
 * the smallest with which everybody's return does not take up the server. Pure. */
#pragma once

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "lib/base/buf.h"

/* More of a core than this for 100 ms, and the server has no time left for others; what it needs
 * for what it does besides is then late. */
#define STORM_CPU_LIMIT 0.7

/* Do rows of one transport with faults differ in their window? */
bool storm_is(const cJSON *run);

/* Append for each transport with such rows a line: the best window, and why. A window whose figure
 * may lie on either side of the limit is said to be perhaps enough. Names as in finding.h: who
 * prints them to a terminal cleans them. 0 or PL_ENOMEM. */
int storm_findings(struct buf *out, const cJSON *run);
