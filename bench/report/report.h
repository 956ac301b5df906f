/* The report of a run: one HTML file that holds everything, without scripts or anything fetched,
 * charts inside; or Markdown for a blog. What it says and how it is built up is in report.html,
 * report.md and sentences.txt, how it looks in report.css. */
#pragma once

#include <cjson/cJSON.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "bench/page/template.h"

/* What a report is made of; all borrowed. */
struct report {
    cJSON *run;         /* run.json, whole; gets what predicted_add() adds */
    const char *dir;    /* the run's folder, for charts/; NULL: no charts */
    const char *images; /* Markdown: where charts/ will lie: "", a path or a URL */
};

/* Append the text of that name, report.html or report.md, filled. Charts that are not there are
 * left out, and that is said; a picture that can't stand inside a page safely (svg_inline.h) is
 * embedded apart. 0, or as template_end(). */
int report_fill(struct buf *out, const struct report *r, enum output output, const char *text,
                struct err_text *e);

/* (Re)write dir/report.html, as a whole or not at all. 0, or a negative enum pl_err with the line
 * in e, as run_file_read() and file_write(). */
int report_write(const char *dir, struct err_text *e);
