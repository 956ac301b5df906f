/* What a server says of itself: GET /stats over a connection that stands. */
#ifndef PUSHLAB_STATS_SNAPSHOT_H
#define PUSHLAB_STATS_SNAPSHOT_H

#include <cjson/cJSON.h>

#include "lib/base/err.h"

/* Ask and wait for the answer (a second at most). The object, the caller's; NULL with the line in
 * e. */
cJSON *stats_snapshot_read(int fd, struct err_text *e);

#endif
