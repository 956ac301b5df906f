/* The parts of a report about what stands between clients and servers; each writes nothing where a
 * run has nothing of the kind. */
#ifndef PUSHLAB_REPORT_BALANCER_H
#define PUSHLAB_REPORT_BALANCER_H

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "bench/base/writer.h"

/* Is there anything to say? */
bool report_balancer_has(const cJSON *run);

/* What the two sides are: a sentence or two of prose, behind report_text_setting()'s. */
void report_balancer_setting(struct writer *w, const cJSON *run);
/* Why rows are missing from what is compared, in a view of findings_sound_run(): a sentence of
 * prose. */
void report_balancer_left_out(struct writer *w, const cJSON *view);

/* What the chart in-between shows. */
void report_balancer_read(struct writer *w, const cJSON *run);

/* The section "In between": both sides of each row, and what broke beside what cures it. */
void report_balancer_section(struct writer *w, const cJSON *run);

#endif
