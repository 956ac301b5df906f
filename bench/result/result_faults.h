/* A row in whose window something was made to go wrong ("faults" of the row, or of what its clients
 * reported), and what that explains. */
#pragma once

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "lib/proto/fault_kinds.h"

/* Did any of its faults happen to that? row may be NULL. */
bool result_faults_hit(const cJSON *row, enum fault_actor actor);

/* Move faults[] (what the runner did, and when) and recovery (what the clients measured) from the
 * report into the row; the highest server_cpu_peak of the faults becomes recovery's. */
void result_faults(cJSON *row, cJSON *report);

/* What rows with the same fault are called together: "server-kill" of server-kill.sse, the id
 * without the transport; where nothing else is in it, the kind of the first fault. "": the row has
 * no fault. Fit for a file's name, a field of CSV and gnuplot. */
enum { RESULT_FAULTS_NAME_BYTES = 64 };
void result_faults_name(char out[RESULT_FAULTS_NAME_BYTES], const cJSON *row);

/* A view of the run with the first row of each such name, or, name not NULL, with all rows of that;
 * the caller's to cJSON_Delete() before the run. */
cJSON *result_faults_rows(const cJSON *run, const char *name);
