/* A server's /stats, asked for over a connection that stays open. */
#pragma once

#include <cjson/cJSON.h>

#include "lib/base/err.h"

/* Ask and wait for the answer, a second at most. The object, the caller's; NULL with the line in
 * e. */
cJSON *stats_snapshot_read(int fd, struct err_text *e);
