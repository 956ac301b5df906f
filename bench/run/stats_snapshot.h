/* A server's /stats, asked for over a connection that stays open. */
#pragma once

#include <stdint.h>
#include <cjson/cJSON.h>

#include "lib/base/err.h"

/* Ask about at_ns, just past, and wait for the answer, a second at most. The object, the caller's;
 * NULL with the line in e. */
cJSON *stats_snapshot_read(int fd, int64_t at_ns, struct err_text *e);

/* Add to a /stats what the server that had its place before had counted when it ended. lives: each
 * such one's last /stats, itself added to this way; only those that ended before stats was asked
 * for count. What is no count (memory, open connections) stays. stats and lives may be NULL. */
void stats_add_lives(cJSON *stats, const cJSON *lives);
