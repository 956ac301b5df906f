/* Lines out of a byte stream in any split: NDJSON on both sides, trace files, stdin. No I/O. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "lib/base/buf.h"

struct line_reader {
    struct buf partial; /* the beginning of a line whose end has not been fed */
    size_t max_line_bytes;
    bool release; /* partial was handed out by the last call */
};

/* Lines longer than max_line_bytes, without their ending, are refused. */
void line_reader_init(struct line_reader *r, size_t max_line_bytes);

/* Consume bytes up to and including the next LF. *line (without LF and a CR before it; not
 * NUL-terminated; empty lines too) lies in data where it can, else in the reader, and is valid
 * until the next feed; NULL if none ended.
 * Returns bytes consumed, PL_ELIMIT (line too long) or PL_ENOMEM, which end this reader. */
ssize_t line_reader_feed(struct line_reader *r, const uint8_t *data, size_t len, const char **line,
                         size_t *line_len);

/* The input has ended: 1 with the last line if it lacked its LF, 0 if nothing is left, PL_ELIMIT.
 */
int line_reader_eof(struct line_reader *r, const char **line, size_t *line_len);

void line_reader_free(struct line_reader *r);
