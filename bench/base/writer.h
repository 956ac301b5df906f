/* Text that is appended to a buf. After a failure everything further is ignored, so rc need only be
 * checked at the end. */
#pragma once

#include "lib/base/buf.h"

/* {.out = &buf} makes one; the buf stays the caller's. Without out, nothing is kept. */
struct writer {
    struct buf *out;
    int rc; /* 0, or PL_ENOMEM for good */
};

void writer_puts(struct writer *w, const char *text);
void writer_add(struct writer *w, const char *text, size_t len);
void writer_printf(struct writer *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A word of a command line, quoted where a POSIX shell would not take it as it is. */
void writer_shell_word(struct writer *w, const char *word);

/* The same of text in lines of so many columns at most, from the second on indented; the first
 * begins at indent. A no-break space is part of a word. */
void writer_wrap(struct writer *w, const char *text, size_t indent, size_t columns);

/* The whole text, with a NUL that out->len does not count; "" after a failure. Valid until more is
 * written. */
const char *writer_text(struct writer *w);
