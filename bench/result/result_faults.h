/* A row in whose window something was made to go wrong ("faults" of the row, or of what its clients
 * reported), and what that explains. */
#pragma once

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "lib/proto/fault_kinds.h"

/* Did any of its faults happen to that? row may be NULL. */
bool result_faults_hit(const cJSON *row, enum fault_actor actor);
