/* The matrix: use cases and links down, transports across, and in each cell whether it fits, by
 * which figure, and what it costs. One HTML file (matrix.html), no script, nothing fetched; below
 * the matrix each run's advice with its references, and a link to its own report. */
#pragma once

#include "bench/advise/advise_book.h"
#include "lib/base/err.h"

/* Write it to path, whole or not at all; the links to the runs' reports lead there from path. 0, or
 * negative with the line in e. */
int matrix_write(const char *path, const struct advise_book *b, struct err_text *e);
