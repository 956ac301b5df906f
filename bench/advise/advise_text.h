/* Findings in plain words: sentences of prose (html_prose(): `row ids`, **figures**) in which each
 * figure is followed by a mark of its citations (citations.h). */
#ifndef PUSHLAB_ADVISE_TEXT_H
#define PUSHLAB_ADVISE_TEXT_H

#include <stddef.h>

#include "bench/advise/advise.h"
#include "bench/page/citations.h"

enum advise_part {
    ADVISE_PART_ANSWER,
    ADVISE_PART_FIT,    /* a sentence per row */
    ADVISE_PART_COST,   /* a sentence per row that fits */
    ADVISE_PART_SCALE,  /* this number of clients, and more */
    ADVISE_PART_CHANGE, /* what would change the answer */
    ADVISE_PARTS
};

struct advise_sentence {
    enum advise_part part;
    int row;    /* of advise.rows, or -1 */
    char *text; /* owned */
};

struct advise_words {
    const struct advise *advise; /* borrowed */
    char *asked;                 /* "99 of 100 updates within 200 ms", "" when nothing is; owned */
    struct advise_sentence *sentences;
    size_t n, cap;
    int rc; /* 0, or PL_ENOMEM */
};

/* Put a into words; its citations is added to e, as of e->files[file]. a must outlive out. */
void advise_words_make(struct advise_words *out, const struct advise *a, struct citations *e,
                       int file);
void advise_words_free(struct advise_words *words);

/* "What meets it" */
const char *advise_part_heading(enum advise_part part);

#endif
