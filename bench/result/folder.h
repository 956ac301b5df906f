/* The folder of a run: filled under a temporary name, saved after each row, renamed when the
 * run is over. After a crash no incomplete run looks complete, and no finished row is lost. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <cjson/cJSON.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

struct folder {
    char results[PATH_MAX - 300]; /* the folder that holds all runs */
    char path[PATH_MAX];          /* .tmp-... in it, then the final name */
    char name[160];               /* the final name: 20261123T061400Z-standard */
    int lock_fd;                  /* of path, locked: its run is alive; -1: none */
};

/* Make RESULTS and the temporary folder in it, which is locked until it gets its final name: what
 * runs that were killed have left there is known by that nobody holds its lock. Rows that they had
 * finished are published, marked as interrupted; the rest is removed. 0, PL_ESYS or PL_EINVAL, with
 * the line in e. */
int folder_open(struct folder *f, const char *results, const char *scenario_name,
                struct err_text *e);

enum { FOLDER_ID_BYTES = 64 };
/* What the files of a row's later repeats are called while they are apart; no row is called so. */
void folder_repeat_id(char out[FOLDER_ID_BYTES], const char *id, unsigned repeat);

/* The path of a row's file: folder_row_file(f, out, "latency-", "sse", ".hlog"). */
void folder_row_file(const struct folder *f, char out[PATH_MAX], const char *prefix, const char *id,
                     const char *suffix);
/* Forget what a row that did not finish has written. */
void folder_drop_row(const struct folder *f, const char *id);
/* Give a row's files to another id, in place of what that one has written. 0, or PL_ESYS with the
 * line in e. */
int folder_move_row(const struct folder *f, const char *from, const char *to, struct err_text *e);

/* Add to a row's files what a later repeat has written under an id of its own: its latencies become
 * a line of the row's log, its packets stay as they are, its timeline is left out. 0, or PL_ESYS,
 * PL_ELIMIT or PL_ENOMEM with the line in e. */
int folder_join_row(const struct folder *f, const char *repeat_id, const char *id,
                    struct err_text *e);

/* Make comments of those lines of a row's log that are of repeats which its summary leaves out: out
 * as repeats_left_out() has it. 0, or as folder_join_row(). */
int folder_leave_out(const struct folder *f, const char *id, const bool *out, size_t n,
                     struct err_text *e);

/* Append the text of summary.csv, the rows of run.json for spreadsheets: a line for each row, below
 * a line that names every column with its unit; empty where there is no value. Every run has the
 * same columns, and its link, source, date and version in each line, so that the files of several
 * runs can be put together (docs/metrics.md). 0 or PL_ENOMEM. */
int folder_summary(struct buf *out, const cJSON *run);

/* (Re)write run.json and summary.csv. 0, PL_ESYS or PL_ENOMEM with the line in e; what was
 * saved before is unharmed. */
int folder_save(const struct folder *f, const cJSON *run, struct err_text *e);

/* Give the folder its final name ("-2", "-3" ... is appended when that is taken). latest: point
 * RESULTS/latest at it. 0, or PL_ESYS with the line in e. */
int folder_publish(struct folder *f, bool latest, struct err_text *e);

/* The path of the newest run of the same scenario before this one, once that is published. False:
 * RESULTS has none. */
bool folder_before(const struct folder *f, char out[PATH_MAX]);

/* Remove it, when no row was measured. */
void folder_discard(struct folder *f);
