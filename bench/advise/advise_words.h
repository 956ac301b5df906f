/* Findings in plain words: sentences of prose (bench/page/output.h), each value of a run followed
 * by the mark of its citation. The sentences are in sentences.txt; this is what they can ask of the
 * findings, and where they go. */
#pragma once

#include <cjson/cJSON.h>

#include "bench/advise/advise.h"
#include "bench/page/citations.h"
#include "bench/page/template.h"

enum advise_part {
    ADVISE_PART_ANSWER,
    ADVISE_PART_FIT,    /* a sentence per row */
    ADVISE_PART_COST,   /* a sentence per row that fits */
    ADVISE_PART_SCALE,  /* this number of clients, and more */
    ADVISE_PART_CHANGE, /* what would change the answer */
};

/* Zero-initialise; advise_words_begin() does the rest. */
struct advise_words {
    const struct advise *const *runs; /* borrowed; as many as citations has files */
    struct citations *citations;      /* borrowed */
    int file;                         /* which run the sentences are about */
    cJSON *page;
    struct template_fill t;
    struct buf text;
};

/* Begin a page: {asked (prose, absent where nothing is), parts[{part ("answer" ...), heading,
 * sentences[{prose, row (its id), sign ("fits", "fails" or "unknown")}]}], rows (the run's,
 * borrowed) and more that sentences need}. Each sentence also has text, the name it was said by.
 * row and sign are absent of a sentence about no row, sign also where nothing was judged. */
void advise_words_begin(struct advise_words *w, const struct advise *const *runs,
                        struct citations *citations, int file);
/* Add the text of that name as a sentence of part, about a row (of advise.rows) or -1. */
void advise_words_say(struct advise_words *w, enum advise_part part, int row, const char *text);
/* The same of the text "limit", for each of advise.limits. */
void advise_words_say_limits(struct advise_words *w);
/* The text of that name as prose, about no row; valid until the next. */
const char *advise_words_prose(struct advise_words *w, const char *text);
/* The page, the caller's; NULL when memory is out. Where a text is not well-formed, the sentences
 * from there on say so. */
cJSON *advise_words_end(struct advise_words *w);

/* ---- advise_model.c ---- */

/* {model NAME}: what is computed for a row, cited with its formula and inputs. */
extern const struct template_word advise_model_words[];
/* Its value; NAN where there is nothing to say. */
double advise_model_value(const struct advise *a, int row, const char *name);

/* ---- advise_checks.c: what is asked of rows, and what they measured ---- */

extern const struct template_word advise_check_words[];

/* A check as an item: criterion, path, limit, percent and quantile ("p90") of path, not_measured;
 * too_few, needed, supported ("p90" or ""), seconds (of a window that suffices), samples_path; and
 * for a budget cost, name, each ("update") and limit_text; low and high of its interval, undecided:
 * does the limit lie within? */
cJSON *advise_check_item(const struct advise_row *r, const struct advise_check *c);
/* Add asks[], all that is asked, as checks that were not measured; again: not the first budget. */
void advise_checks_add(cJSON *page, const struct advise_ask *ask);
/* Add what a row's checks came to: deciding, latency (or null), reasons[], failing[], faults[] and
 * offer (or null). */
void advise_checks_add_row(cJSON *o, const struct advise_row *r);

/* ---- for words: what the sentence is about, and its citations ---- */

const struct advise *advise_words_run(const struct template_fill *t);
int advise_words_row(const struct template_fill *t); /* of advise.rows; -1: none */
const struct advise_row *advise_words_this_row(const struct template_fill *t);

/* The mark of a citation; the figure at a path, of the row if it has it, else of the run. */
void advise_words_cite(struct template_fill *t, int number);
int advise_words_figure(struct template_fill *t, const char *path, facts_format *format);
/* A text in bold, with the mark of an option or a rule. */
void advise_words_cited(struct template_fill *t, const char *text, enum citation_kind kind,
                        const char *path, const char *quoted);
/* The same of what a model computed from inputs: paths, with spaces between them. */
void advise_words_modelled(struct template_fill *t, const char *text, const char *formula,
                           const char *inputs, double value);
