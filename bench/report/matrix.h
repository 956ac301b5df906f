/* The matrix: use cases and links down, transports across, and in each cell whether it fits, by
 * which figure, and what it costs. One HTML file, no script, nothing fetched; below the matrix
 * each run's advice with its references, and a link to its own report. */
#ifndef PUSHLAB_MATRIX_H
#define PUSHLAB_MATRIX_H

#include "bench/advise/advise_write.h"
#include "lib/base/buf.h"
#include "lib/base/err.h"

/* Append the document; path is where it will lie, for links to the runs' reports. 0 or
 * PL_ENOMEM. */
int matrix_html(struct buf *out, const struct advise_book *b, const char *path, const char *css);

/* Write it, whole or not at all. 0, or negative with the line in e. */
int matrix_write(const char *path, const struct advise_book *b, struct err_text *e);

#endif
