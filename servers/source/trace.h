/* A recorded sequence of updates, as a model (servers/model/model.h): NDJSON, each line
 * {"at_ms":NUMBER,"data":VALUE}, at_ms counted from the start and never decreasing; blank lines
 * are skipped. The model behind --source trace:FILE. */
#pragma once

#include <stdbool.h>

#include "lib/base/err.h"
#include "servers/model/model.h"

/* Read a whole file. loop: it begins again when it ends, as long after its last update as its
 * updates are apart on average (1 ms at least; a single one comes once a second).
 * NULL with "PATH: line 17: ..." in e. */
struct model *trace_load(const char *path, bool loop, struct err_text *e);
