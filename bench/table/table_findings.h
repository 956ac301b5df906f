/* What rows that were expected to break have shown, and what cures them, below their table. */
#ifndef PUSHLAB_TABLE_FINDINGS_H
#define PUSHLAB_TABLE_FINDINGS_H

#include <cjson/cJSON.h>

#include "lib/base/buf.h"
#include "bench/base/writer.h"

/* Append "ROW broke, as expected: ..." for each, and "ROW+CURE: all 150 updates, in order, ..." for
 * what cures it; begun by lead, each line by bullet, ended by tail; nothing when there are none. */
void table_findings(struct writer *w, const cJSON *run, const char *lead, const char *bullet,
                    const char *tail);

/* "all 150 updates, in order, p50 12.3 ms" of a cure. 0 or PL_ENOMEM. */
int table_findings_cure(struct buf *out, const cJSON *row);

#endif
