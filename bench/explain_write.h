/* An explanation as text for a terminal, as Markdown for a page, as JSON for a program. */
#ifndef PUSHLAB_EXPLAIN_WRITE_H
#define PUSHLAB_EXPLAIN_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "explain.h"

struct explain_report {
    const char *topic, *about;
    const char *road;  /* "over rtt=20ms": between which ends it happened */
    const char *times; /* where the times of packets come from */
    const struct explain_notes *notes;
    const struct explain *explain; /* for the account */
    bool wire;                     /* packets were seen */
    bool mask;                     /* times and counts of packets, too */
    int64_t begin_ns;              /* times count from here */
    size_t columns;                /* of text; 0: EXPLAIN_COLUMNS */
};

enum { EXPLAIN_COLUMNS = 100, EXPLAIN_COLUMNS_MIN = 60, EXPLAIN_COLUMNS_MAX = 120 };

/* What fits a terminal of that many; 0: there is none. */
static inline size_t explain_columns_for(size_t terminal_columns)
{
    if (terminal_columns < EXPLAIN_COLUMNS_MIN)
        return EXPLAIN_COLUMNS;
    return terminal_columns < EXPLAIN_COLUMNS_MAX ? terminal_columns : EXPLAIN_COLUMNS_MAX;
}

/* Append; 0 or LAB_ENOMEM. */
int explain_write_text(struct buf *out, const struct explain_report *r, bool colour);
int explain_write_markdown(struct buf *out, const struct explain_report *r);
int explain_write_json(struct buf *out, const struct explain_report *r);

/* What stands above the notes: how to read them. */
int explain_write_text_legend(struct buf *out, const struct explain_report *r);
/* What stands below them: the account, of all connections together. */
int explain_write_text_sum(struct buf *out, const struct explain_report *r, bool colour);
/* A part of the first: notes from first on, as they become known. */
int explain_write_text_notes(struct buf *out, const struct explain_report *r, bool colour,
                             size_t first);

/* ---- for those three ---- */

enum { EXPLAIN_TIME_CHARS = 24, EXPLAIN_SUM_LINES = 24 };

/* "12.3 ms"; "TIME" where masked; "" where not known. */
void explain_time(char out[EXPLAIN_TIME_CHARS], const struct explain_report *r, int64_t at_ns);

struct explain_sum_line {
    char name[24];
    char value[160];
};

/* What it adds up to, in lines. Returns how many. */
size_t explain_sum(struct explain_sum_line lines[EXPLAIN_SUM_LINES],
                   const struct explain_report *r);

#endif
