/* Reading and writing whole files, with a line for every failure: "write PATH: No space left". */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

/* Append the file to out, with a NUL after it that len does not count.
 * 0, PL_ESYS, PL_ELIMIT (longer than max_bytes) or PL_ENOMEM. */
int file_read(struct buf *out, const char *path, size_t max_bytes, struct err_text *e);

/* Write path as a whole or not at all (lib/base/file_put.h). 0 or PL_ESYS. */
int file_write(const char *path, const void *data, size_t len, struct err_text *e);

/* Check that file_write() can write there, before work whose result would be lost. 0 or PL_ESYS,
 * with the same line. */
int file_try(const char *path, struct err_text *e);

/* Make the folder pushlab-NAME-XXXXXX where TMPDIR says, or in /tmp; its path goes to out, "" on
 * failure. A file in it is locked, so that the next call removes what processes that were killed
 * have left. Returns the lock: a descriptor to close when the folder has been removed; or PL_ESYS.
 */
int file_make_temporary(char *out, size_t cap, const char *name, struct err_text *e);

/* Close a descriptor unless it is -1, and make it -1. errno stays. */
void file_close(int *fd);

enum { FILE_STAMP_BYTES = 20 };
/* Now, in UTC, as folders are named: "20261123T061400Z". */
void file_stamp(char out[FILE_STAMP_BYTES]);

/* Make a folder and its parents. 0 or PL_ESYS. */
int file_make_folders(const char *path, struct err_text *e);

/* Remove a folder and all below it; symbolic links are not followed. 0 or PL_ESYS. */
int file_remove_folder(const char *path);

/* The first line of a small file such as /proc/sys/..., without its line break, into out;
 * "" when it can't be read. */
void file_first_line(char *out, size_t cap, const char *path);
/* The number that it begins with; -1 when it can't be read. */
int64_t file_first_number(const char *path);
