/* One line that says how the run is doing, rewritten in place; nothing when stderr is not
 * a terminal. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct progress {
    bool shown;     /* stderr is a terminal */
    bool dirty;     /* there is text on the line */
    size_t i, n;    /* row i of n, from 1 */
    int attempt;    /* at this row, from 1 */
    const char *id; /* of the row */
};

void progress_open(struct progress *p);
/* A new row begins, or the same one once more. */
void progress_row(struct progress *p, const char *id, size_t i, size_t n, int attempt);
/* A line of pushlab-client's --progress-fd; anything else is ignored. */
void progress_line(struct progress *p, const char *line);
/* Wipe the line, so that something else can be printed. */
void progress_clear(struct progress *p);
