/* What the terminal of a stream can show. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* How many columns it has; 0: it is no terminal, or does not say. */
size_t terminal_columns(FILE *stream);

/* In how many columns text is to be written: COLUMNS, if that is 40 or more; else those of the
 * terminal; else 80. Never more than TERMINAL_WIDTH_MAX, as longer lines are hard to read. */
enum { TERMINAL_WIDTH_MIN = 40, TERMINAL_WIDTH_USUAL = 80, TERMINAL_WIDTH_MAX = 120 };
size_t terminal_width(FILE *stream);

/* Can a line of it be rewritten? On a terminal that TERM names, and not as dumb. */
bool terminal_rewrites(FILE *stream);

/* Is colour wanted? There too, but not with NO_COLOR (no-color.org). */
bool terminal_wants_colour(FILE *stream);
