/* Run gnuplot once, and say in one line why it failed. */
#pragma once

#include "bench/base/child.h"
#include "bench/base/writer.h"
#include "lib/base/err.h"

enum { GNUPLOT_LIMIT_S = 60 };

/* Run argv (argv[0] is the program, looked up in PATH; NULL-terminated) as a child of sup, wait
 * for it and reap it. What it prints is only used to explain a failure.
 * 0; PL_EINTR after Ctrl-C; PL_ESYS when it can't be started (not installed), fails, is killed or
 * takes longer than GNUPLOT_LIMIT_S; PL_ENOMEM; with the line in e. */
int gnuplot_run(struct supervisor *sup, char *const argv[], struct err_text *e);

/* Text that may be somebody else's, inside a quoted string of a script, even one that is evaluated
 * once more: what would end the string or run a command becomes '?'. */
void gnuplot_text(struct writer *w, const char *text);

/* The last line of gnuplot's complaint: the cause, after the echo of the command and its
 * caret. Cut out of text in place; "" when there is none. */
const char *gnuplot_error_line(char *text);
