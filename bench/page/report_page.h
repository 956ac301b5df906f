/* What every page written here has around its contents. */
#ifndef PUSHLAB_REPORT_PAGE_H
#define PUSHLAB_REPORT_PAGE_H

#include "bench/base/writer.h"

/* From the doctype into <style>: css, and a class t-NAME per transport with its colour in --c.
 * More rules may be written before report_page_body() begins the body. */
void report_page_open(struct writer *w, const char *title, const char *css);
void report_page_body(struct writer *w);
/* The foot, naming the version that made the contents. */
void report_page_close(struct writer *w, const char *version);

#endif
