/* The command line of `pushlab advise`. */
#pragma once

#include <stdbool.h>

#include "bench/advise/advise.h"
#include "lib/base/err.h"

struct advise_options {
    struct advise_ask ask;
    bool figures, markdown, json, matrix, map;
    const char *results, *out;
};

/* Parse; operands are moved to argv[1..*nargs]. As opt_parse(). */
int advise_options_parse(struct advise_options *o, int argc, char **argv, int *nargs,
                         struct err_text *e);

/* "cpu=20us,bytes=600" into ask's budget and order. 0, or PL_EINVAL with the line in e. */
int advise_budget_parse(struct advise_ask *ask, const char *text, struct err_text *e);
