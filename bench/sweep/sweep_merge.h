/* A cell of a sweep out of its finished blocks. */
#pragma once

#include "bench/sweep/sweep_file.h"
#include "lib/base/err.h"

/* Make DIR/cells/K of the cell's blocks and remove them: one block as it is; several as a run with
 * repeats (bench/result/repeats.h), with an interval of each in latency-ROW.hlog and the first
 * one's timelines. May be called again after it was killed. 0, or negative with the line in e. */
int sweep_merge(const struct sweep *s, int cell, struct err_text *e);
