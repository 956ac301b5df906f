/* The table at the end of a run, out of its run.json: for a terminal and for Markdown. */
#ifndef PUSHLAB_TABLE_H
#define PUSHLAB_TABLE_H

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "lib/base/buf.h"

enum { TABLE_MAX_WIDTH = 120 };

/* Append the run's title and conditions, and one aligned line per row; at most TABLE_MAX_WIDTH
 * columns; over an emulated link with wire bytes and packets, as far as they fit. Where clients
 * send, a second table says how that went. A row with
 * problems is marked with '!'. colour: paint ids in the transports'
 * colours. 0 or PL_ENOMEM. */
int table_text(struct buf *out, const cJSON *run, bool colour);

/* The same as a Markdown table, for the README. 0 or PL_ENOMEM. */
int table_markdown(struct buf *out, const cJSON *run);

#endif
