/* A whole experiment: all rows one after the other, and a folder that holds what came out. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <cjson/cJSON.h>

#include "lib/base/err.h"
#include "bench/result/folder.h"
#include "bench/run/progress.h"
#include "bench/scenario/scenario.h"

struct run_options {
    const char *results; /* the folder that holds all runs */
    bool host_network;   /* don't make a network namespace */
    bool ladders; /* capture an exchange of each row for its ladder diagram (emulated links) */
    bool pcap;    /* write each row's packets (emulated links) */
    uint64_t order_seed;       /* of the rows' random order; 0: the scenario's seed */
    struct progress *progress; /* says how far it is; of all runs of a command */
    int retries;               /* measure a disturbed row again, up to so many times */
    int argc;                  /* the command line, for the record */
    char *const *argv;
};

struct run_outcome {
    cJSON *run;           /* run.json, perhaps without rows; owned by the caller; may be NULL */
    struct folder folder; /* where it is, when saved */
    bool saved;           /* the folder has its final name */
    bool interrupted;
    bool stop;         /* Ctrl-C came, perhaps only when all was measured */
    char skipped[400]; /* why nothing was measured: emulated hosts are not permitted; "" */
    bool good;         /* every planned row was measured and saved, and its counts agree */
};

/* About how long that takes, without charts. */
double run_expected_s(const struct scenario *s, const struct run_options *o);

/* Measure. Finished rows are saved as they come, so a failure, Ctrl-C or a crash costs the
 * row in progress and nothing else. out is filled in any case; without a finished row no
 * folder is left. RESULTS/latest is moved to the folder when the run is good, and to no other. Why
 * a row failed or is not valid is in out->run (result_each_problem()); everything else comes back
 * as a negative enum pl_err, with the line in e. The process stays in the run's network namespace.
 */
int run_scenario(struct run_outcome *out, const struct scenario *s, const struct run_options *o,
                 struct err_text *e);
