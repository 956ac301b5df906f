/* A folder of runs as one page (index.html): a list with a small picture of each, a filter that
 * needs no script, and for scenarios that were run more than once how their numbers changed. */
#pragma once

#include "lib/base/err.h"

/* Write results_dir/index.html, and report.html into each run's folder that lacks one. Folders
 * without a readable run.json are left out, links such as latest too.
 * 0, or a negative enum pl_err with the line in e: PL_EINVAL when there is no run at all. */
int index_write(const char *results_dir, struct err_text *e);
