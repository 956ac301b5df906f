/* What sentences stand on. Each figure that is quoted becomes an item with a number, the same
 * figure always with the same: "[3]", and later "[3] websocket latency_us.p99 = 26.1 ms, run.json
 * rows[6]". A sentence without an item is a sentence that should not be there. */
#ifndef PUSHLAB_EVIDENCE_H
#define PUSHLAB_EVIDENCE_H

#include <stddef.h>
#include <cjson/cJSON.h>

#include "bench/result/facts.h"
#include "bench/base/writer.h"

enum {
    EVIDENCE_PATH_BYTES = 96,
    EVIDENCE_TEXT_BYTES = 160,
    EVIDENCE_INPUTS_MAX = 6,
    EVIDENCE_RUN = -1 /* in place of a row's index: of the run itself */
};

enum evidence_kind {
    EVIDENCE_FIGURE, /* in a run.json: path says where */
    EVIDENCE_OPTION, /* typed: path is the option */
    EVIDENCE_MODEL,  /* computed: path is the formula, from inputs */
    EVIDENCE_RULE,   /* how pushlab decides: path is a section of docs/advise.md */
};

struct evidence_item {
    enum evidence_kind kind;
    int file, row;  /* of a figure: which run; which of its rows, or EVIDENCE_RUN */
    const char *id; /* the row's, or of a model the row it is about, or ""; borrowed */
    char path[EVIDENCE_PATH_BYTES];
    char text[EVIDENCE_TEXT_BYTES]; /* as it is quoted: "26.1 ms" */
    double value;                   /* NAN where it is no number */
    int inputs[EVIDENCE_INPUTS_MAX], ninputs;
};

struct evidence {
    struct evidence_item *items; /* owned; number n is items[n - 1] */
    size_t n, cap;
    const char *const *files; /* names of the runs' files, borrowed */
    int nfiles;
    int rc; /* 0, or PL_ENOMEM for good */
};

/* All return the item's number, from 1; 0 when memory is out. */

/* The figure at path ("latency_us.p99", "problems.0") of row, or of the run. format may be NULL:
 * then it is quoted as run.json has it. */
int evidence_figure(struct evidence *e, int file, const cJSON *run, int row, const char *path,
                    facts_format *format);
int evidence_option(struct evidence *e, const char *option, const char *text);
/* text is the result as it is quoted; inputs are numbers of items, ended by 0. */
int evidence_model(struct evidence *e, const char *id, const char *formula, double value,
                   const char *text, const int *inputs);
int evidence_rule(struct evidence *e, const char *section, const char *text);

void evidence_free(struct evidence *e);

/* Mark the place where item number is quoted; 0 marks nothing. What writes the sentence in the
 * end replaces the mark with evidence_each_part(). */
void evidence_cite(struct writer *w, int number);

/* Cut prose with marks into its parts, in order: text with number 0, or a mark's number with
 * text "". */
typedef void evidence_part_fn(void *arg, const char *text, size_t len, int number);
void evidence_each_part(const char *prose, evidence_part_fn *visit, void *arg);

/* "websocket latency_us.p99 = 26.1 ms, run.json rows[6]" */
void evidence_describe(struct writer *w, const struct evidence *e, const struct evidence_item *i);
/* Where a figure stands in its file, as RFC 6901 writes it: "/rows/6/latency_us/p99". */
void evidence_pointer(struct writer *w, const struct evidence_item *i);

#endif
