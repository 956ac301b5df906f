/* Saying what doctor.h has found. */
#pragma once

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "lib/base/buf.h"
#include "bench/doctor/doctor.h"

/* A line for each check, under it what to do. 0 or PL_ENOMEM. */
int doctor_write_text(struct buf *out, const struct doctor_facts *f, bool colour);

/* {"pushlab","fit","checks":[{"name","verdict","main_job","purpose","found","fix"}]}; fix is null
 * where there is nothing to do. */
cJSON *doctor_write_json(const struct doctor_facts *f);
