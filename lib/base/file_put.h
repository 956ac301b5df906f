/* Writing a whole file: all of it, or what was there before. */
#pragma once

#include <stddef.h>

/* Write a neighbour with a fresh name (O_EXCL: a link that somebody has planted is not followed),
 * sync it and rename it to path. What is no file, as a pipe or /dev/stdout, is written to as it is.
 * 0 or PL_ESYS with errno; then path is unchanged, and the neighbour gone. */
int file_put(const char *path, const void *data, size_t len);

/* Write it to fd, in as many steps as it takes; nothing is synced. 0 or PL_ESYS with errno. */
int file_put_all(int fd, const void *data, size_t len);

/* Can file_put() write there? Leaves nothing behind. 0 or PL_ESYS with errno. */
int file_put_try(const char *path);
