/* A recorded sequence of updates: NDJSON, each line {"at_ms":NUMBER,"data":VALUE}, at_ms
 * counted from the start and never decreasing. Parsing only; no clock, no loop. */
#ifndef PUSHLAB_TRACE_H
#define PUSHLAB_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"

struct trace_item {
    int64_t at_ns;
    size_t data, data_len; /* within text */
};

struct trace {
    struct trace_item *items; /* owned */
    size_t nitems, capacity;
    struct buf text;
};

/* Add one line (without its LF; blank lines are skipped). number is for the error line:
 * "line 17: ...". 0, PL_ENOMEM or PL_EINVAL with the reason in e. */
int trace_add_line(struct trace *t, const char *line, size_t len, uint64_t number,
                   struct err_text *e);
/* Read a whole file. 0 or negative with "PATH: line 17: ..." in e. */
int trace_load(struct trace *t, const char *path, struct err_text *e);
void trace_free(struct trace *t);

/* How long one round of a looped trace lasts: the last offset plus the average gap. */
int64_t trace_period_ns(const struct trace *t);

#endif
