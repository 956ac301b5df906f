/* The end of a report: how the run was measured, on which machine, how to do it again.
 *
 *   {each facts-here}   name and value of the texts and numbers in the innermost item
 *   {command}           the command that made the run, with its seed, quoted for a shell
 *   {supplied}          the scenario file as it was */
#ifndef PUSHLAB_REPORT_METHOD_H
#define PUSHLAB_REPORT_METHOD_H

#include "bench/page/template.h"

extern const struct template_word report_method_words[];

/* Add all_notes[{of (a row's id, or ""), note}] and environment_groups[{heading, group (an object
 * in the run's environment)}], which borrow from run. */
void report_method_add(cJSON *page, const cJSON *run);

#endif
