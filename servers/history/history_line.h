/* One line of a history file (history_file.h): what it is, its length and its checksum, so that a
 * line that was not written whole is known as such. Text, so that it can be read with less. No I/O.
 *
 *   CRC32 LENGTH TYPE CONTENT\n     the checksum (zlib's, 8 hexadecimal digits) is of TYPE and what
 *                                   follows, without the line's end; LENGTH is of CONTENT
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/buf.h"

enum history_type {
    HISTORY_HEAD = 'h',    /* version, epoch, boot */
    HISTORY_BEGIN = 'b',   /* the highest number that was dropped from any ring */
    HISTORY_CHANNEL = 'c', /* a channel whose ring does not begin at its first update */
    HISTORY_SENDER = 's',  /* who has sent to a channel, up to which of its numbers */
    HISTORY_LATEST = 'l',  /* a value that is older than its channel's ring */
    HISTORY_UPDATE = 'u',
    HISTORY_END = 'e', /* the server was stopped in order: nothing is missing */
};

struct history_line {
    char type;
    const char *content; /* borrowed */
    size_t len;
};

/* 0 or PL_ENOMEM. */
int history_line_put(struct buf *out, char type, const void *content, size_t len);

/* The line at the front of text. Returns its length, or PL_EPROTO when it is not whole, or not as
 * it was written. */
ssize_t history_line_read(struct history_line *out, const char *text, size_t len);
