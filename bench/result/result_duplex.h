/* A row's numbers where clients choose channels and send: deadline, upstream, convergence_us and
 * documents of run.json, out of pushlab-client's report. docs/metrics.md defines them.
 *
 *   deadline{ms expected within share}    null without one
 *   upstream{workload senders messages requests_per_message handshakes_per_message
 *            bytes_per_message{payload framing} latency_us echo_us late_us
 *            order{lost doubled reordered}}    null unless clients send
 *   documents{identical documents editors edits bytes hash}
 *
 * A histogram is null where nothing was recorded. Lost, doubled and reordered messages, documents
 * that differ or are empty, and an older value after a newer one are problems of the row. */
#pragma once

#include <cjson/cJSON.h>

#include "lib/base/err.h"

/* 0, or PL_EPROTO when the report says that clients sent but not what: the line in e. */
int result_duplex_check(const cJSON *report, struct err_text *e);

/* row: a row of run.json with its "problems" and "notes"; report as checked above. */
void result_duplex(cJSON *row, const cJSON *report);

/* Connections that carried messages up and nothing down, in the whole run: those that were made,
 * and attempts that were not. 0 when no client sends, or when messages go where updates come. */
double result_duplex_connects(const cJSON *report);
double result_duplex_given_up(const cJSON *report);
