/* Measuring a sweep, from its beginning or from where it was left. */
#pragma once

#include <stdbool.h>

#include "bench/run/progress.h"
#include "bench/sweep/sweep_file.h"
#include "lib/base/err.h"

struct sweep_outcome {
    bool interrupted;
    int problems; /* lines that say what went wrong in rows that were measured */
};

struct sweep_options {
    bool host_network;
    struct progress *progress; /* says how far it is */
    int argc;                  /* the command line, for the record */
    char *const *argv;
};

/* Measure the blocks that are not there yet, each as a run of its own, and make each cell when its
 * last block is there. Ctrl-C ends the block in progress and keeps
 * those before it; so does a failure, and a crash at any moment. s must be locked.
 * 0 when all is there, or after Ctrl-C; else negative with the line in e. */
int sweep_measure(struct sweep *s, const struct sweep_options *o, struct sweep_outcome *out,
                  struct err_text *e);
