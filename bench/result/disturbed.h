/* A row is disturbed when the machine, the driver, the link or the server could not keep up: its
 * figures are shown and marked, and ranked nowhere. "disturbed" of a row lists why, in plain words;
 * it is empty when nothing is known against the row. docs/metrics.md has the limits. */
#pragma once

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "bench/base/writer.h"

/* In front of such a row's name in tables. */
#define DISTURBED_MARK "~"

bool disturbed_is(const cJSON *row);

/* Append the reasons, with "; " between them. */
void disturbed_put(struct writer *w, const cJSON *row);

/* Add a reason: "the server was stopped for 1.02 s". */
void disturbed_add(cJSON *row, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Add a reason for each limit that "machine" of a row (bench/run/machine_watch.h), or what its
 * instruments say of themselves, passes. What is not known passes none; a row that was not measured
 * (without "disturbed") stays as it is. */
void disturbed_judge(cJSON *row);
