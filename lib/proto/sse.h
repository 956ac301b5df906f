/* Server-sent events (WHATWG HTML §9.2): the text/event-stream format, written and read. No I/O. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/buf.h"
#include "lib/proto/cursor.h"

/* Append "id: SEQ-EPOCH\ndata: LINE\n\n": the id is a cursor (cursor.h). data must not hold line
 * breaks (compact JSON does not). 0 or PL_ENOMEM, with nothing appended; so do all encoders here.
 */
int sse_encode(struct buf *out, uint64_t seq, const char *epoch, const char *data, size_t len);

/* Append "data: LINE\n\n": the reader's last event ID stays. */
int sse_encode_data(struct buf *out, const char *data, size_t len);

/* Append "event: NAME\nid: SEQ-EPOCH\ndata: LINE\n\n" / "retry: MS\n\n" / ": TEXT\n\n". name, data
 * and text must not hold line breaks. */
int sse_encode_event(struct buf *out, const char *name, const struct cursor *id, const char *data,
                     size_t len);
int sse_encode_retry(struct buf *out, int64_t retry_ms);
int sse_encode_comment(struct buf *out, const char *text);

struct sse_event {
    const char *type;          /* "message" unless the stream said otherwise */
    const char *data;          /* data lines joined by \n; NUL-terminated */
    size_t data_len;           /* without the NUL */
    const char *last_event_id; /* "" until the stream sets one */
};

struct sse_parser {
    size_t max_event_bytes;
    int64_t retry_ms;         /* -1 until the stream sets one */
    struct buf line;          /* unfinished line */
    struct buf type, data;    /* of the event being read; every data line ends in \n */
    struct buf id;            /* the standard's "last event ID buffer" */
    struct buf last_event_id; /* what id was at the last blank line; NUL-terminated */
    bool started;             /* the first line, which may begin with a BOM, has been read */
    bool skip_lf;             /* the last line ended in CR: an LF now belongs to it */
};

/* Start a stream. A reconnection is a new stream: free, and init again. */
void sse_parser_init(struct sse_parser *p, size_t max_event_bytes);

/* Consume bytes up to and including the blank line that dispatches the next event. Accepts
 * CR, LF and CRLF, a leading BOM, and any split. *got says whether an event came. Bytes
 * are handed on as they are: text that is not UTF-8 is not repaired.
 * Returns bytes consumed (all of them when !*got), PL_ENOMEM, or PL_ELIMIT for a line, or an
 * event's joined data, of more than max_event_bytes. After an error the parser is only to be freed.
 * ev points into the parser, valid until the next feed. */
ssize_t sse_parser_feed(struct sse_parser *p, const uint8_t *data, size_t len, struct sse_event *ev,
                        bool *got);

void sse_parser_free(struct sse_parser *p);
