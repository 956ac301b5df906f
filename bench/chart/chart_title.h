/* The title of a chart of a run: what it found (titles.txt), with ties respected. */
#pragma once

#include <cjson/cJSON.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "bench/chart/chart_data.h"

enum { CHART_TITLE_COLUMNS = 170 }; /* a longer one can't be read at a glance */

/* Append the title of the chart of that name, plain text. Nothing where it has none, or a longer
 * one: then the script's question is the title. titles.txt finds
 *   chart.tail.path, chart.tail.share   the highest percentile that the rows have, "9 of 10"
 *   chart.upstream.middle, .mean        the path of what clients' messages are told by; is it the
 *                                       mean?
 *   {latency-finding} {cost-finding}    finding_latency() and finding_cost()
 * 0; PL_ENOMEM; PL_EINVAL (titles.txt is not well-formed), with the line in e. */
int chart_title(struct buf *out, const char *name, const cJSON *run, const struct chart_data *data,
                struct err_text *e);
