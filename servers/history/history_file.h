/* What the hub has published, kept in a file (--history-file), so that a server that is started
 * again goes on with the same numbers, in the same epoch: cursors stay valid, and nobody loses
 * anything.
 *
 * Each update is appended before any reader can see it, in one write(2). A killed process loses
 * nothing, as the kernel has the bytes; a machine that loses its power loses what --history-sync
 * allows. When that may have happened (another boot, and the file does not end in order), the
 * numbers go on in another epoch, so that clients are told.
 *
 * The file is rewritten, beside the old one and then renamed, when it is twice as long as what the
 * hub remembers: never more than that and a megabyte. An update that can't be written is not
 * published.
 *
 * SQLite was weighed: in WAL mode a commit is two writes and more code on the path of each update,
 * for what is here one sequential file with one writer and one reader, at the start. */
#pragma once

#include <stdint.h>
#include <event2/event.h>

#include "lib/base/err.h"
#include "servers/hub/hub.h"

enum history_sync {
    HISTORY_SYNC_ALWAYS, /* fdatasync(2) before an update is published */
    HISTORY_SYNC_SECOND, /* at most once a second */
    HISTORY_SYNC_NEVER,  /* the kernel's choice */
};
extern const char *const history_sync_words[]; /* in that order; NULL ends them */

struct history_file;

/* Open or make the file, lock it, and give the hub, which is new and has its epoch, what is in
 * it; then the hub's journal is this file. Borrowed: path, h. What was cut off is said on stderr.
 * 0; PL_EINVAL (another server has it, or it is no such file, or of a newer version), PL_ESYS or
 * PL_ENOMEM, with the line in e. */
int history_file_open(struct history_file **out, const char *path, int sync, struct hub *h,
                      struct err_text *e);

/* Sync it on this loop, if it is to be once a second. 0 or PL_ENOMEM. */
int history_file_start(struct history_file *f, struct event_base *base);

/* The newest time of what was restored; 0: nothing was, or it was of another boot. */
int64_t history_file_newest_ns(const struct history_file *f);

/* End it in order and give it back. NULL is ignored. */
void history_file_close(struct history_file *f);
