/* What rows that were expected to break have shown, below their table. */
#ifndef PUSHLAB_TABLE_FINDINGS_H
#define PUSHLAB_TABLE_FINDINGS_H

#include <cjson/cJSON.h>

#include "buf.h"

/* Append "ROW broke, as expected: ..." for each, begun by lead, each line by bullet, ended by tail;
 * nothing when there are none. 0 or LAB_ENOMEM. */
int table_findings(struct buf *out, const cJSON *run, const char *lead, const char *bullet,
                   const char *tail);

#endif
