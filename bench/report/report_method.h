/* The end of a report: how it was measured, what the words mean, on which machine, and how to
 * do it again. Four sections. */
#ifndef PUSHLAB_REPORT_METHOD_H
#define PUSHLAB_REPORT_METHOD_H

#include <cjson/cJSON.h>

#include "bench/base/writer.h"

void report_method(struct writer *w, const cJSON *run);

/* The command that made the run, with its seed, quoted for a shell. Plain text. */
void report_method_command(struct writer *w, const cJSON *run);

#endif
