/* `pushlab watch --verbose`: what the client notes down on its connections (transcript.h),
 * explained while it happens. */
#ifndef PUSHLAB_WATCH_VERBOSE_H
#define PUSHLAB_WATCH_VERBOSE_H

#include <stdbool.h>
#include <stdio.h>

#include "explain.h"

struct watch_verbose {
    struct explain_notes notes;
    struct explain *explain;
    int64_t begin_ns; /* of the first event; 0: none yet */
    bool colour;
};

/* 0 or LAB_ENOMEM. */
int watch_verbose_begin(struct watch_verbose *v, bool colour);
/* Explain a line of the transcript, which is used up, to out. 0, LAB_ENOMEM, or LAB_EPROTO. */
int watch_verbose_take(struct watch_verbose *v, char *line, FILE *out);
void watch_verbose_end(struct watch_verbose *v);

#endif
