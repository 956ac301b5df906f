/* Raw samples in a row of run.json, where a run has no log and timeline beside it: the live page in
 * a browser measures so. samples{published_s[], latency_us[]}: equally long, one pair per update.
 */
#ifndef PUSHLAB_SAMPLES_H
#define PUSHLAB_SAMPLES_H

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/hdr/hdr.h"

/* Does the row bring its samples? */
bool samples_present(const cJSON *row);

/* All latencies as a histogram (initialised here, owned by the caller), as latency-<row>.hlog would
 * give it. 0, PL_ENOMEM, or PL_EPROTO (not numbers) with the line in e; h is zeroed on failure.
 */
int samples_histogram(struct hdr *h, const cJSON *row, struct err_text *e);

/* The text that timeline-<row>.csv would hold. The same returns. */
int samples_timeline(struct buf *out, const cJSON *row, struct err_text *e);

#endif
