/* What a run found, in one sentence each: for titles of charts, and for the end of a run. Rows that
 * can't be told apart (facts.h) are never put in order; rows that broke as expected or were
 * disturbed are left out. A sentence is plain text without a final period, usually in 80 columns,
 * at most in 160.
 *
 * Rows are named by their transport where all of its rows are meant ("long polling"; "pushing" for
 * all that push), else by id, as
 * run.json has it: who prints it to a terminal cleans it first. */
#pragma once

#include <cjson/cJSON.h>

#include "lib/base/buf.h"

/* Append how the rows differ in latency: "Long polling doubles the delay of pushing; short polling
 * multiplies it by 20". A factor is given where all of its interval is within a tenth of it,
 * else as the interval: "by 15 to 24". Where the rows are in no order, or nothing was delivered,
 * that is said; rows that are level with both ends are named at neither. 0 or PL_ENOMEM. */
int finding_latency(struct buf *out, const cJSON *run);

/* Append which rows send the most and the fewest requests for an update: "long-poll sends the most
 * requests per update (0.761), pushing the fewest (0)". The same. */
int finding_cost(struct buf *out, const cJSON *run);

/* Append how the clients of the rows with one fault (result_faults_name()) came through it: "Server
 * killed: after 0.81 s half of the clients of SSE have their next update, after 1.9 s those of
 * short polling; nothing was lost". 0 or PL_ENOMEM. */
int finding_fault(struct buf *out, const cJSON *run, const char *name);
