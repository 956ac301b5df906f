/* rows.csv of chart_data.h: which numbers of a row of run.json a chart may need. */
#ifndef PUSHLAB_CHART_ROWS_H
#define PUSHLAB_CHART_ROWS_H

#include <cjson/cJSON.h>

#include "lib/base/buf.h"

/* Append the whole file. 0 or PL_ENOMEM. */
int chart_rows(struct buf *out, const cJSON *rows);

/* Append text as one CSV field (RFC 4180 §2): quoted when it holds a comma, a quote or a line
 * break, quotes doubled. 0 or PL_ENOMEM. */
int chart_rows_field(struct buf *out, const char *text);

#endif
