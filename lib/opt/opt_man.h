/* The man page of an option table, in the macros of mdoc(7), which mandoc and groff read. */
#ifndef PUSHLAB_OPT_MAN_H
#define PUSHLAB_OPT_MAN_H

#include <stdio.h>
#include <time.h>

#include "lib/opt/opt.h"

/* Print the page of p, in section 1, as of the day of date (UTC). "pushlab run" is described by
 * the page pushlab-run. ASCII only: other characters are written as \[uXXXX]. */
void opt_man(const struct opt_program *p, time_t date, FILE *out);

#endif
