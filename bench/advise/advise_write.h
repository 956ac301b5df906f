/* Advice on one run or several, written out: for a terminal, as Markdown, as JSON. All three hold
 * the same sentences and the same references. */
#ifndef PUSHLAB_ADVISE_WRITE_H
#define PUSHLAB_ADVISE_WRITE_H

#include "bench/advise/advise.h"
#include "bench/advise/advise_text.h"
#include "lib/base/buf.h"
#include "bench/page/citations.h"

struct advise_entry {
    cJSON *run;            /* owned */
    char *file;            /* "results/latest/run.json", owned */
    struct advise *advise; /* owned */
    struct advise_words words;
};

/* What is said about some runs. Zero-initialise. */
struct advise_book {
    struct advise_entry *entries;
    int n;
    const char **files; /* for citations */
    struct citations citations;
    struct advise_words together; /* about all runs, when they are several */
};

/* Take over a run (on success and on failure); file is copied. 0 or PL_ENOMEM. */
int advise_book_add(struct advise_book *b, cJSON *run, const char *file);
/* Look at all of them, and put what is found into words. 0 or PL_ENOMEM. */
int advise_book_make(struct advise_book *b, const struct advise_ask *ask);
void advise_book_free(struct advise_book *b);

/* The line under a run's title: its file, link, clients, window, when. */
void advise_conditions(struct writer *w, const cJSON *run);

void advise_write_text(struct writer *w, const struct advise_book *b);
void advise_write_markdown(struct writer *w, const struct advise_book *b);
/* {"runs":[{"file","scenario","link","verdict","best":[ids],"rows":[{id,fit,checks[]}]}],
 *  "sentences":[{"run","part","row","text","references":[n]}],
 *  "references":[{"n","kind","file","pointer","row","path","value","text","inputs","words"}]}:
 * pointer is where the figure stands in file (RFC 6901). 0 or PL_ENOMEM. */
int advise_write_json(struct buf *out, const struct advise_book *b);

#endif
