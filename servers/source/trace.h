/* A recorded sequence of updates, as a model (servers/model/model.h): NDJSON, each line
 * {"at_ms":NUMBER,"data":VALUE}, at_ms counted from the start and never decreasing. The model
 * behind --source trace:FILE. */
#ifndef PUSHLAB_TRACE_H
#define PUSHLAB_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "servers/model/model.h"

struct trace_item {
    int64_t at_ns;
    size_t data, data_len; /* within text */
};

struct trace {
    struct model model;       /* first */
    struct trace_item *items; /* owned */
    size_t nitems;
    uint32_t capacity;
    struct buf text;
    size_t at;        /* the item that is next */
    int64_t round_ns; /* when this round began */
    bool loop;
};

/* Add one line (without its LF; blank lines are skipped). number is for the error line:
 * "line 17: ...". 0, PL_ENOMEM or PL_EINVAL with the reason in e. */
int trace_add_line(struct trace *t, const char *line, size_t len, uint64_t number,
                   struct err_text *e);
/* Read a whole file; loop: it begins again when it ends. NULL with "PATH: line 17: ..." in e. */
struct model *trace_load(const char *path, bool loop, struct err_text *e);
/* Give back what lines took; t is empty and usable again. */
void trace_free(struct trace *t);

/* How long one round of a looped trace lasts: the last offset plus the average gap. */
int64_t trace_period_ns(const struct trace *t);

#endif
