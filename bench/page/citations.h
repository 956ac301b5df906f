/* What sentences stand on. Each figure that is quoted becomes an item with a number, the same
 * figure always with the same: "[3]", and later "[3] websocket latency_us.p99 = 26.1 ms, run.json
 * rows[6]". A sentence without an item is a sentence that should not be there. */
#ifndef PUSHLAB_CITATIONS_H
#define PUSHLAB_CITATIONS_H

#include <stddef.h>
#include <cjson/cJSON.h>

#include "bench/result/facts.h"
#include "bench/base/writer.h"

enum {
    CITATION_PATH_BYTES = 96,
    CITATION_TEXT_BYTES = 160,
    CITATION_INPUTS_MAX = 6,
    CITATION_RUN = -1 /* in place of a row's index: of the run itself */
};

enum citation_kind {
    CITATION_FIGURE, /* in a run.json: path says where */
    CITATION_OPTION, /* typed: path is the option */
    CITATION_MODEL,  /* computed: path is the formula, from inputs */
    CITATION_RULE,   /* how pushlab decides: path is a section of docs/advise.md */
};

struct citation {
    enum citation_kind kind;
    int file, row;  /* of a figure: which run; which of its rows, or CITATION_RUN */
    const char *id; /* the row's, or of a model the row it is about, or ""; borrowed */
    char path[CITATION_PATH_BYTES];
    char text[CITATION_TEXT_BYTES]; /* as it is quoted: "26.1 ms" */
    double value;                   /* NAN where it is no number */
    int inputs[CITATION_INPUTS_MAX], ninputs;
};

struct citations {
    struct citation *items; /* owned; number n is items[n - 1] */
    size_t n, cap;
    const char *const *files; /* names of the runs' files, borrowed */
    int nfiles;
    int rc; /* 0, or PL_ENOMEM for good */
};

/* All return the item's number, from 1; 0 when memory is out. */

/* The figure at path ("latency_us.p99", "problems.0") of row, or of the run. format may be NULL:
 * then it is quoted as run.json has it. */
int citations_figure(struct citations *e, int file, const cJSON *run, int row, const char *path,
                     facts_format *format);
int citations_option(struct citations *e, const char *option, const char *text);
/* text is the result as it is quoted; inputs are numbers of items, ended by 0. */
int citations_model(struct citations *e, const char *id, const char *formula, double value,
                    const char *text, const int *inputs);
int citations_rule(struct citations *e, const char *section, const char *text);

void citations_free(struct citations *e);

/* Mark the place where item number is quoted; 0 marks nothing. What writes the sentence in the
 * end replaces the mark with citations_each_part(). */
void citations_cite(struct writer *w, int number);

/* Cut prose with marks into its parts, in order: text with number 0, or a mark's number with
 * text "". */
typedef void citations_part_fn(void *arg, const char *text, size_t len, int number);
void citations_each_part(const char *prose, citations_part_fn *visit, void *arg);

/* "websocket latency_us.p99 = 26.1 ms, run.json rows[6]" */
void citations_describe(struct writer *w, const struct citations *e, const struct citation *i);
/* Where a figure stands in its file, as RFC 6901 writes it: "/rows/6/latency_us/p99". */
void citations_pointer(struct writer *w, const struct citation *i);

#endif
