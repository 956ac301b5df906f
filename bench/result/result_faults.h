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
