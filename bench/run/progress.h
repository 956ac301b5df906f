/* One line that says how the run is doing, rewritten in place; nothing when stderr is not
 * a terminal. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    bool shown;      /* stderr is a terminal */
    bool dirty;      /* there is text on the line */
    size_t i, n;     /* measurement i of n, from 1 */
    unsigned repeat; /* of the row, of repeats, from 1; 0: not said */
    unsigned repeats;
    int attempt;              /* at this repeat, from 1 */
    const char *before, *id;  /* what stands in front of the line; the row's id */
    double each_s;            /* what a measurement takes, before one was made; NAN: not known */
    int64_t begun_ns, row_ns; /* with the first measurement, with this one */
};

/* before: what stands in front of the line, NULL: nothing. */
void progress_open(struct progress *p, const char *before);
/* n measurements are to come; repeats: of each row; each_s: see above. */
void progress_plan(struct progress *p, size_t n, unsigned repeats, double each_s);
/* A measurement begins, or the same one once more. repeat: 0 where rows are measured once. */
void progress_row(struct progress *p, const char *id, size_t i, unsigned repeat, int attempt);
/* A line of pushlab-client's --progress-fd; anything else is ignored. */
void progress_line(struct progress *p, const char *line);
/* Wipe the line, so that something else can be printed. */
void progress_clear(struct progress *p);
