/* What a run found, for machines: one JSON object, an HdrHistogram log, a CSV of single
 * latencies; and a few lines for people. The formats are described where they are written. */
#ifndef PUSHLAB_CLIENT_RESULT_H
#define PUSHLAB_CLIENT_RESULT_H

#include <stdio.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "clients/fleet/fleet.h"

struct client_result {
    struct completeness sum;
    uint64_t first_seq, last_seq;
    bool from_server; /* the server told what was published; else it was observed */
};

/* Close the account of a run that has ended. 0 or PL_ENOMEM. */
int client_result_take(struct client_result *r, struct fleet *f);

/* What is wrong with the run, as one line; NULL when it is sound and proven. */
const char *client_result_fault(const struct client_result *r, const struct fleet *f);

/* Append the JSON object, one line. 0 or PL_ENOMEM. */
int client_result_json(const struct client_result *r, const struct fleet *f, struct buf *out);
/* Nothing when there was no window. */
void client_result_print(const struct client_result *r, const struct fleet *f, FILE *out);

/* Write the files that the options ask for, each under a temporary name and then renamed.
 * 0, or negative with the line in e. */
int client_result_files(const struct fleet *f, struct err_text *e);

#endif
