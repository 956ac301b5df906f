/* summary.csv: the rows of run.json for spreadsheets. One line per row; a header names
 * every column with its unit; empty where there is no value. */
#ifndef PUSHLAB_SUMMARY_H
#define PUSHLAB_SUMMARY_H

#include <cjson/cJSON.h>

#include "lib/base/buf.h"

/* Append the file's text. 0 or PL_ENOMEM. */
int summary_csv(struct buf *out, const cJSON *run);

#endif
