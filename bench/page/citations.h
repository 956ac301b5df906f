/* References for the figures in sentences. Each figure that is quoted becomes an item with a
 * number, the same figure always with the same: "[3]", and later "[3] websocket latency_us.p99
 * = 26.1 ms, run.json rows[6]". Marks in the text are output_cite()'s. */
#pragma once

#include <stddef.h>
#include <cjson/cJSON.h>

#include "bench/base/writer.h"
#include "bench/result/facts.h"

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
    char text[CITATION_TEXT_BYTES];           /* as it is quoted: "26.1 ms" */
    double value;                             /* NAN where it is no number */
    int inputs[CITATION_INPUTS_MAX], ninputs; /* numbers of other items */
};

struct citations {
    struct citation *items; /* owned; number n is items[n - 1] */
    size_t n, cap;
    const char *const *files; /* names of the runs' files, borrowed */
    int nfiles;
    int rc; /* 0, or PL_ENOMEM for good */
};

/* The number, from 1, of an item like this one, which is added when there is none yet; 0 when
 * memory is out. Figures are alike when they stand at the same place, others when also their text
 * is. */
int citations_add(struct citations *e, const struct citation *item);

/* The same of the figure at path (facts_at()) of row, or of the run; format NULL: quoted as
 * run.json has it. */
int citations_figure(struct citations *e, int file, const cJSON *run, int row, const char *path,
                     facts_format *format);
/* The same of an option or a rule. */
int citations_other(struct citations *e, enum citation_kind kind, const char *path,
                    const char *text);

void citations_free(struct citations *e);

/* In prose: "websocket latency_us.p99 = 26.1 ms, run.json rows[6]" */
void citations_describe(struct writer *w, const struct citations *e, const struct citation *i);
/* Where a figure stands in its file, as RFC 6901 writes it: "/rows/6/latency_us/p99". */
void citations_pointer(struct writer *w, const struct citation *i);
