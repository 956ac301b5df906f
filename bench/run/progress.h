/* What a command that measures says on stderr while it works. On a terminal that is one line,
 * rewritten in place: what is done right now, and about how long everything still takes. Elsewhere
 * (a pipe, TERM=dumb or none) it is a plain line for each measurement that was made and each other
 * step that begins.
 *
 *   [14 of 24, about 50 s left] sse, repeat 2 of 3: measuring, p50 25.4 ms
 *   measured sse, repeat 2 of 3: 14 of 24 done, about 50 s left
 *
 * The time left is what is planned for all that is not done, as much longer or shorter as the
 * measurements before took. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

/* Two options of every command that measures, of whose config at is a struct progress_wish. */
struct progress_wish {
    bool quiet, verbose;
};
#define PROGRESS_OPTS(at)                                                                          \
    HEADING("Progress"), FLAG("quiet", at.quiet, "print errors and the result, and nothing else"), \
        FLAG("verbose", at.verbose, "print each step: programs and their command lines, phases")

enum progress_form {
    PROGRESS_NONE,
    PROGRESS_LINE, /* rewritten in place */
    PROGRESS_LINES,
};

struct progress {
    enum progress_form form;
    bool verbose;             /* every step has lines of its own */
    bool dirty;               /* there is text on the terminal's line */
    bool warned;              /* that the network is not the one that was asked for */
    size_t done, n;           /* measurements that were made, of all of the command */
    char part[160];           /* what the measurements are part of; "" */
    char step[160];           /* in progress: "sse, repeat 2 of 3"; "" */
    bool measures;            /* the step is a measurement */
    char phase[32];           /* of the measurement; "" */
    double p50_us;            /* of it, so far; NAN: not known */
    double left_s;            /* planned, of all that is not done, with the whole of the step */
    double step_s;            /* planned, of the step */
    int64_t step_ns;          /* when it began */
    double planned_s, took_s; /* of the measurements that were made */
};

/* How much is to be said, by the options and what stderr is. 0, or PL_EINVAL with the line in e:
 * both options are given. */
int progress_open(struct progress *p, const struct progress_wish *wish, struct err_text *e);

/* What follows is part of the whole: "4g" of several links; NULL: it has no name. done:
 * measurements made before, of n in all; left_s: planned, of all that is not done. */
void progress_part(struct progress *p, const char *name, size_t done, size_t n, double left_s);

/* A measurement begins that takes planned_s, or the same one once more. repeat, attempt: from 1. */
void progress_measure(struct progress *p, const char *id, unsigned repeat, unsigned repeats,
                      int attempt, double planned_s);
/* It was made. */
void progress_measured(struct progress *p);
/* Another step begins, "drawing charts". */
void progress_step(struct progress *p, const char *what, double planned_s);

/* A line of pushlab-client's --progress-fd; anything else is ignored. */
void progress_line(struct progress *p, const char *line);
/* A program is started; for supervisor.on_start. */
void progress_started(void *progress, char *const argv[]);
/* Print "pushlab: LINE", also with --quiet. */
void progress_warn(struct progress *p, const char *line);
/* Wipe the terminal's line, so that something else can be printed. */
void progress_clear(struct progress *p);

/* The texts above, of at most cap - 1 bytes. */
void progress_text_now(char *out, size_t cap, const struct progress *p, int64_t now_ns);
void progress_text_measured(char *out, size_t cap, const struct progress *p);
