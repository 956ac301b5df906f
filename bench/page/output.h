/* What is written for each output, and the one place where text that somebody else wrote (all of
 * run.json) is escaped for it.
 *
 * Prose is what sentences are made of before an output is chosen, a small part of Markdown:
 * **strong**, `code`, a backslash before a punctuation mark that is meant as itself, and the marks
 * of citations (output_cite()). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <cjson/cJSON.h>

#include "bench/base/writer.h"

enum output {
    OUTPUT_PROSE,
    OUTPUT_HTML,     /* citations are links to "#figure-3" */
    OUTPUT_MARKDOWN, /* citations are footnotes, "[^3]" */
    OUTPUT_TERMINAL, /* no marks; a citation "[3]" stays on the line of its figure */
    OUTPUT_JSON,     /* for programs: prose as it is, citations as "[3]" */
};

/* Text as content (in HTML also for quoted attributes): nothing in it acts as markup. Control
 * characters and broken UTF-8 become U+FFFD; outside HTML, line breaks and tabs become spaces. */
void output_text(struct writer *w, enum output o, const char *text);
void output_printf(struct writer *w, enum output o, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Text that may be somebody else's as a whole, in code style where that can hold it. */
void output_code(struct writer *w, enum output o, const char *text);

/* Prose for an output. In HTML a `word` that is the id of one of rows (may be NULL) is written as
 * output_row() writes it. A mark that nobody closes stands for itself. */
void output_prose(struct writer *w, enum output o, const char *prose, const cJSON *rows);

/* Prose without the marks of citations. */
void output_uncited(struct writer *w, const char *prose);

/* In prose: name in code style; and the mark of citation number (0: none). */
void output_name(struct writer *w, const char *name);
void output_cite(struct writer *w, int number);
/* The next mark from *prose on: its number, and *prose is behind it; 0 when there is none. */
int output_next_citation(const char **prose);

/* In HTML: a row's id with its colour in front, <span class="row t-sse">sse</span>; and those
 * classes alone, "t-sse": the transport's, with "closes" when each request has a new connection. */
void output_row(struct writer *w, const cJSON *row);
void output_row_class(struct writer *w, const cJSON *row);

/* Text as a part of an id, a class or a fragment: only A-Z a-z 0-9 and -, all else becomes -. */
void output_id(struct writer *w, const char *text);
/* Text in a URL, percent-encoded (RFC 3986 §2.1) but for letters, digits, -._~ and those in keep.
 */
void output_url(struct writer *w, const char *text, const char *keep);
