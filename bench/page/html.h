/* HTML out of words that anybody may have written: whatever is not markup of ours is escaped.
 * Markup itself is written with writer_puts() and writer_printf(). */
#ifndef PUSHLAB_HTML_H
#define PUSHLAB_HTML_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/base/writer.h"

/* Text for content and for quoted attributes: & < > " ' become references; what may not stand
 * in an HTML document (control characters, broken UTF-8) becomes U+FFFD. */
void html_text(struct writer *w, const char *text);
void html_textf(struct writer *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Prose: text with **strong** and `code`, which is Markdown as well. A mark that nobody closes
 * stands for itself. on_code (may be NULL) may write something better than <code> for a word
 * (not NUL-terminated) and then returns true. */
typedef bool html_code_fn(struct writer *w, const char *word, size_t len, const void *arg);
void html_prose(struct writer *w, const char *prose, html_code_fn *on_code, const void *arg);

/* Only A-Z a-z 0-9 and -, everything else becomes -: for ids, classes and fragments. */
void html_name(struct writer *w, const char *text);

#endif
