/* The tables of a report, as HTML. */
#ifndef PUSHLAB_REPORT_TABLE_H
#define PUSHLAB_REPORT_TABLE_H

#include <cjson/cJSON.h>

#include "bench/base/writer.h"

/* Every number of every row, with bars to see by and links from the heads to the definitions
 * ("#def-latency"). Columns that no row has a number for are left out,
 * and that of empty responses when there were none. */
void report_table_rows(struct writer *w, const cJSON *run);

/* One small table for each quantity that the model names: measured, model, deviation. */
void report_table_model(struct writer *w, const cJSON *run);
/* The same for Markdown: one table, "measured (model)" in its cells. */
void report_table_model_markdown(struct writer *w, const cJSON *run);

/* Published, delivered, missed ...; and who counted how many TCP handshakes. */
void report_table_completeness(struct writer *w, const cJSON *run);
void report_table_witnesses(struct writer *w, const cJSON *run);

/* A row's id with its colour in front: <span class="row t-sse">sse</span>; rows with a new
 * connection per request are marked by class closes. */
void report_table_id(struct writer *w, const cJSON *row);

#endif
