/* The short form of advice, for people: the answer, a table of the rows that matter, and why. */
#pragma once

#include <cjson/cJSON.h>

#include "bench/advise/advise_words.h"
#include "bench/base/writer.h"

/* When all has been said, add to w's page brief: {answer, lines[], why[], asked, note, source
 * (prose without citations), columns[{head, left (a text, not a number)}], listed[{sign ("fits",
 * "fails", "unknown" or ""), cells[]}], left_out[] (borrowed rows)}. The rows are in this order:
 * the best, others that fit, those that are not judged, those that do not fit. a NULL: about
 * several runs, without a table. */
void advise_brief_add(struct advise_words *w, const struct advise *a);
/* Its table for a terminal, each line indented by two. */
void advise_brief_table(struct writer *w, const cJSON *brief);
