/* Advice as HTML: in a run's report, and below the matrix (matrix.h). */
#ifndef PUSHLAB_ADVISE_HTML_H
#define PUSHLAB_ADVISE_HTML_H

#include <cjson/cJSON.h>

#include "bench/advise/advise_text.h"
#include "bench/page/citations.h"
#include "bench/base/writer.h"

/* The section "What to choose" of a run's report, id choose. */
void advise_html_section(struct writer *w, const cJSON *run);

/* Parts of it: what is asked, the sentences under their headings (h3), the references, to which the
 * sentences link. */
void advise_html_ask(struct writer *w, const struct advise_words *words);
void advise_html_words(struct writer *w, const struct advise_words *words);
void advise_html_references(struct writer *w, const struct citations *e);

/* ✓, ✗ or ?, in a colour of its own. */
void advise_html_sign(struct writer *w, enum advise_fit fit);

/* A sentence's prose, with row names of advise in their colours and marks as links. */
void advise_html_prose(struct writer *w, const struct advise *a, const char *prose);

#endif
