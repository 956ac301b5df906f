/* Reading run.json, and the names of the files beside it. The one place where a run's schema is
 * checked: every command that reads runs reads them here. */
#pragma once

#include <limits.h>
#include <cjson/cJSON.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* Read a run: path is its folder, or its run.json under any name (the live page saves such). *run
 * is the caller's to cJSON_Delete(), and NULL on failure. Schema 1 and runs without "schema" are
 * read; the run is returned as result_settle_row() leaves its rows, which are an array, perhaps an
 * empty one.
 * 0; PL_ESYS (it can't be read), PL_ELIMIT (above 512 MiB), PL_EINVAL (no JSON, a newer schema, no
 * rows) or PL_ENOMEM, with one line in e that names the file. e may be NULL. */
int run_file_read(cJSON **run, const char *path, struct err_text *e);

/* The row of that id, or NULL. */
const cJSON *run_file_row(const cJSON *run, const char *id);

/* The path of a row's file: run_file_path(out, dir, "latency-", "sse", ".hlog", e).
 * 0, or PL_EINVAL when it is too long, with the line in e. */
int run_file_path(char out[PATH_MAX], const char *dir, const char *prefix, const char *id,
                  const char *suffix, struct err_text *e);

/* Write a file there, as a whole or not at all, and free it. rc is how its making ended: when
 * negative nothing is written. 0, rc, PL_EINVAL or PL_ESYS, with the line in e. */
int run_file_write(const char *dir, const char *prefix, const char *id, const char *suffix,
                   struct buf *file, int rc, struct err_text *e);
