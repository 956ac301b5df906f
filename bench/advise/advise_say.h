/* Sentences with their citations: the few ways in which advise_text.c and advise_capacity_model.c
 * put a figure into words. Every figure is quoted through one of these, so none lacks its
 * reference. */
#ifndef PUSHLAB_ADVISE_SAY_H
#define PUSHLAB_ADVISE_SAY_H

#include "bench/advise/advise.h"
#include "bench/advise/advise_text.h"
#include "bench/page/citations.h"
#include "bench/base/writer.h"

struct advise_say {
    const struct advise *a;
    struct advise_words *words;
    struct citations *e;
    int file;        /* the run's, in e->files */
    struct writer w; /* of the sentence under way */
};

/* A sentence of part, about row (of a->rows) or -1; what is written to s->w in between is it. */
void advise_say_begin(struct advise_say *s, enum advise_part part, int row);
void advise_say_end(struct advise_say *s);
/* What was written, as a text that the caller owns; NULL when memory is out. */
char *advise_say_take(struct advise_say *s);

const char *advise_say_id(const struct advise_say *s, int row);
void advise_say_name(struct advise_say *s, int row);
/* "`a` and `b`" */
void advise_say_names(struct advise_say *s, const int *rows, int n);

/* **26.1 ms**[3]; the last without the bold text. row: of a->rows, or CITATION_RUN. */
void advise_say_figure(struct advise_say *s, int row, const char *path, facts_format *format);
int advise_say_number(struct advise_say *s, int row, const char *path, facts_format *format);
void advise_say_cite(struct advise_say *s, int row, const char *path, facts_format *format);
/* A text that is no figure, with its item. */
void advise_say_strong(struct advise_say *s, const char *text, int number);

/* A cost of a row: "**9.33 µs**[3]", and the same with " server CPU" after it. */
void advise_say_cost_value(struct advise_say *s, int row, enum advise_cost cost);
void advise_say_cost(struct advise_say *s, int row, enum advise_cost cost);

/* A cost as rows are compared by it: the same per update, or where they delivered different
 * numbers of updates the rate, "**108 µs**[7]"; and what to say after it: " per client and
 * second". */
void advise_say_price(struct advise_say *s, int row, enum advise_cost cost);
const char *advise_say_per(const struct advise_say *s, enum advise_cost cost);

/* "; less than 25 % apart is a tie", with its rule. */
void advise_say_noise(struct advise_say *s, enum advise_cost cost);

/* The number of the deliveries that rates are made of. */
int advise_say_deliveries(struct advise_say *s, int row);

/* What a check measured, and what was allowed: "**200 ms**[1]". */
void advise_say_value(struct advise_say *s, int row, const struct advise_check *c);
void advise_say_limit(struct advise_say *s, const struct advise_check *c);

/* "99 of 100", "half" */
const char *advise_say_share(double percentile);

void advise_format_share(char out[UNITS_TEXT_BYTES], double share); /* "95.2 %" */
void advise_format_ms(char out[UNITS_TEXT_BYTES], double ms);       /* "33.0 ms" */
void advise_format_bytes(char out[UNITS_TEXT_BYTES], double bytes); /* "5.41 kB" */

#endif
