/* The report of a run: one HTML file that tells the whole story and can be mailed as it is. No
 * script, nothing fetched; charts inside. report.css is its look, report_text.h its words. */
#ifndef PUSHLAB_REPORT_H
#define PUSHLAB_REPORT_H

#include <cjson/cJSON.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* What a report is made of. All borrowed. */
struct report_source {
    const cJSON *run;    /* run.json, whole */
    const char *run_dir; /* its folder, for charts/NAME.svg and charts/ladder-ROW.svg */
    const char *css;
};

/* Append the document. Charts that are not there are left out, and that is said; a picture that
 * can't stand inside a page safely (svg_inline.h) is embedded apart. 0 or PL_ENOMEM. */
int report_html(struct buf *out, const struct report_source *s);

/* The same in Markdown, for a blog: tables, and charts as images under images/ ("" or a path or
 * URL that ends where charts/NAME.png begins). 0 or PL_ENOMEM. */
int report_markdown(struct buf *out, const cJSON *run, const char *run_dir, const char *images);

/* The name for people: the scenario's title, or its name; never empty. */
const char *report_title(const cJSON *run);

/* Read run_dir/run.json; the caller's to delete. 0, or as json_read_file(), or PL_EINVAL when
 * it has no rows or a newer schema, with the line in e. */
int report_read_run(cJSON **run, const char *run_dir, struct err_text *e);

/* Read report.css (data_find.h). With a NUL that len does not count. 0, or a negative enum pl_err
 * with the line in e. */
int report_read_css(struct buf *css, struct err_text *e);

/* (Re)write run_dir/report.html, as a whole or not at all. 0, or a negative enum pl_err with
 * the line in e. */
int report_write(const char *run_dir, struct err_text *e);

#endif
