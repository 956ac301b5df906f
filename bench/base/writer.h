/* Text that grows into a buf, with one look at the end for whether all of it fitted into
 * memory: after a failure everything further is ignored. */
#ifndef PUSHLAB_WRITER_H
#define PUSHLAB_WRITER_H

#include "lib/base/buf.h"

/* {.out = &buf} makes one. */
struct writer {
    struct buf *out;
    int rc; /* 0, or PL_ENOMEM for good */
};

void writer_puts(struct writer *w, const char *text);
void writer_add(struct writer *w, const char *text, size_t len);
void writer_printf(struct writer *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
