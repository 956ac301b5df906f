/* What a server says of itself: GET /stats over a connection that stands. */
#ifndef PUSHLAB_CLUSTER_LOOK_H
#define PUSHLAB_CLUSTER_LOOK_H

#include <cjson/cJSON.h>

#include "lib/base/err.h"

/* Ask and wait for the answer (a second at most). The object, the caller's; NULL with the line in
 * e. */
cJSON *cluster_look_at(int fd, struct err_text *e);

#endif
