/* `pushlab watch --verbose`: what the client records on its connections (transcript.h), explained
 * while it happens. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "bench/explain/annotate/explain.h"

struct watch_verbose {
    struct explain_notes notes;
    struct explain *explain;
    FILE *out;        /* the caller's */
    int64_t begin_ns; /* of the first event; 0: none yet */
    size_t columns;
    bool colour;
};

/* Prints the legend. 0 or PL_ENOMEM. */
int watch_verbose_begin(struct watch_verbose *v, FILE *out);
/* Explain a line of the transcript, which is used up. 0, PL_ENOMEM, or PL_EPROTO. */
int watch_verbose_take(struct watch_verbose *v, char *line);
/* Print the totals, if there was anything. Does nothing if it has not begun. */
void watch_verbose_end(struct watch_verbose *v);
