/* A probe's findings, for people and as JSON: the answer first, the evidence below. */
#pragma once

#include <cjson/cJSON.h>

#include "bench/probe/probe_judge.h"
#include "lib/base/buf.h"

/* Append the answer, and a line for each finding. 0 or PL_ENOMEM. */
int probe_write_text(struct buf *out, const char *url, const struct probe_facts *f,
                     const struct probe_finding *findings, size_t n, size_t columns, bool colour);

/* The same, with what was seen of each connection; the caller's. NULL: out of memory. */
cJSON *probe_write_json(const char *url, const struct probe_facts *f,
                        const struct probe_finding *findings, size_t n);

/* How many of the findings are in the way. */
size_t probe_obstacles(const struct probe_finding *findings, size_t n);
