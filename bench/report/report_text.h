/* The sentences of a report, computed from one run's numbers: true for any run, whatever its
 * rows measured. Prose in the sense of html_prose(): `row ids` and **figures**.
 *
 * Rows that delivered nothing have no latency and no ratio; they are left out of comparisons,
 * and named as silent once. Values that differ by less than 5 % count as equal. */
#ifndef PUSHLAB_REPORT_TEXT_H
#define PUSHLAB_REPORT_TEXT_H

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "bench/base/writer.h"

/* What was compared and on what network: two or three sentences. */
void report_text_setting(struct writer *w, const cJSON *run);

/* The verdict in three sentences: how late, at what price in requests and handshakes, at what
 * price in bytes and CPU. */
enum { REPORT_VERDICTS = 3 };
void report_text_verdict(struct writer *w, const cJSON *run, int which);

/* Can the numbers be believed? One or two sentences on completeness and witnesses. */
void report_text_trust(struct writer *w, const cJSON *run);
/* Did client, server, kernel (in a namespace of the run's own) and wire count the same? */
bool report_text_witnesses_agree(const cJSON *run);
/* Is there nothing to doubt: all delivered once, in order, and the witnesses agree? */
bool report_text_trusted(const cJSON *run);

/* report_readings.c: the heading of a chart (by its name in chart.h), and what this run's numbers
 * say about it. A chart unknown here gets a heading made of its name and a general sentence. */
void report_text_chart_heading(struct writer *w, const char *chart);
void report_text_chart(struct writer *w, const cJSON *run, const char *chart);

/* How well the model (predict.h) did, and what it leaves out. */
void report_text_model(struct writer *w, const cJSON *run);

#endif
