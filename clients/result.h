/* What a run found: one JSON object for machines, an HdrHistogram log and a CSV of single
 * latencies, and a few lines for people. docs/metrics.md defines every number; the files are
 * described where they are written (files.c). */
#pragma once

#include <stdio.h>

#include "clients/fleet/fleet.h"

struct result {
    struct completeness sum;
    struct seq_range window; /* the sequence numbers of its updates */
    bool from_server;        /* window is by /stats; else as far as any client has seen */
};

/* Close the account of a run that has ended. */
void result_take(struct result *r, struct fleet *f);

/* What is wrong with the run, as one line; NULL when it is sound and proven. */
const char *result_fault(const struct result *r, const struct fleet *f);

/* Append the JSON object, one line. 0 or PL_ENOMEM. */
int result_json(const struct result *r, const struct fleet *f, struct buf *out);
/* Nothing when there was no window. */
void result_print(const struct result *r, const struct fleet *f, FILE *out);

/* Check that result_files() can write them, before the measurement. As result_files(). */
int result_files_try(const struct client_options *opt, struct err_text *e);

/* Write the files that the options ask for, each under a temporary name and then renamed.
 * 0, or negative with the line in e. */
int result_files(const struct fleet *f, struct err_text *e);
