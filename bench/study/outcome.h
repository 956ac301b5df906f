/* What a rerun of a study found: each claim's value here, and whether the claim holds. */
#pragma once

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "bench/base/writer.h"
#include "bench/study/study.h"

enum { OUTCOME_SCHEMA = 1 };

/* A new object:
 *
 *   schema pushlab study title citation{as in the file}
 *   measured         when the last of its runs began; cpu_model, kernel: of the machine
 *   claims[]         claim where published unit at_least at_most, as in the file; formula
 *     kind           "measured", or "computed": from no measured value, or so marked
 *     value ci95{low high} repeats   the mean over the repeats and its 95 % interval (Student's t);
 *                    of what is computed from no measured value neither interval nor repeats
 *     verdict        "holds", "does not hold", "can't be told"
 *     why            the last of these: the reason
 *
 * runs: of each scenario its run.json, or a text: why there is none. Rows that are disturbed
 * (repeats.h) are left out unless anyway. A claim holds where its whole interval lies within the
 * limits, and does not where all of it lies outside. */
cJSON *outcome_of(const struct study *s, const cJSON *runs, bool anyway);

/* Append it for a terminal, or as a Markdown table. */
void outcome_put_text(struct writer *w, const cJSON *outcome);
void outcome_put_markdown(struct writer *w, const cJSON *outcome);
