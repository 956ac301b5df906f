/* A row's numbers where clients choose channels and send: what pushlab-client's report adds to
 * run.json then, and whether it holds. docs/metrics.md.
 *
 *   deadline        {ms expected within share} of the source's own updates; null without one
 *   upstream        null unless clients send; of the window, per message sent:
 *                     workload senders messages
 *                     requests_per_message handshakes_per_message
 *                     bytes_per_message{payload framing}  framing: all other bytes, both ways
 *                     latency_us  from a client's sending to everybody else's receipt
 *                     echo_us     to its own
 *                     late_us     from when a message was due to when it left
 *                     order{lost doubled reordered}  of the whole run, as receivers saw it
 *   convergence_us  from an edit's sending to when the last client of its room had applied it
 *   documents       {identical documents editors edits bytes hash} at the end
 *
 * A histogram is null where nothing was recorded.
 *
 * Lost, doubled and reordered messages, documents that differ or hold nothing, an older value after
 * a newer one: each is a problem of the row. */
#ifndef PUSHLAB_RESULT_DUPLEX_H
#define PUSHLAB_RESULT_DUPLEX_H

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

#endif
