/* What the terminal of a stream can show. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* How many columns it has; 0: it is no terminal, or does not say. */
size_t terminal_columns(FILE *stream);

/* Is colour wanted? On a terminal, not with TERM=dumb, and not with NO_COLOR (no-color.org). */
bool terminal_wants_colour(FILE *stream);
