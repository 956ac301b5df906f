/* The table at the end of a run, out of its run.json: for a terminal and for Markdown. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <cjson/cJSON.h>

#include "bench/base/writer.h"
#include "bench/table/table_cells.h"
#include "lib/base/buf.h"

/* Append the run's title and conditions, and one aligned line per row, in at most width columns
 * (60 at least). A table that is too wide for that is cut into one for each question that its
 * columns answer; no column is left out. A table of what a client and a second cost follows, and
 * more where clients send, and where something stands between clients and servers; below them what
 * rows that were expected to break have shown. A row with problems is marked with '!', one that was
 * disturbed with '~', and its reasons stand below. What the run found (bench/result/finding.h) ends
 * it. colour: paint ids in the transports' colours. 0
 * or PL_ENOMEM. */
int table_text(struct buf *out, const cJSON *run, size_t width, bool colour);

/* The same as a Markdown table, for the README. 0 or PL_ENOMEM. */
int table_markdown(struct buf *out, const cJSON *run);

/* "all 150 updates, in order, p50 12.3 ms" of a row that cures one that broke. 0 or PL_ENOMEM. */
int table_cure(struct buf *out, const cJSON *row);

/* In place of a width: as Markdown. */
#define TABLE_MARKDOWN SIZE_MAX

/* One table alone: the columns of from over the rows of run, for a terminal of so many columns as
 * above, or as Markdown. */
void table_put(struct writer *w, const struct table_source *from, const cJSON *run, size_t width);
