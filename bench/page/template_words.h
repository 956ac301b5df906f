/* What stands in the tags of a template (template.h): values, words, conditions; and what words are
 * made with. */
#pragma once

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "bench/base/writer.h"
#include "bench/page/output.h"
#include "bench/result/facts.h"

struct template_fill;

/* A word has its argument in t->arg. It either writes what it stands for, and returns the number
 * that if and a|b use (NAN: none), or finds an item (NULL: none). In an if it is only asked: then
 * w.out is NULL, and the functions below write nothing. */
struct template_word {
    const char *name;
    double (*put)(struct template_fill *t);
    const cJSON *(*find)(struct template_fill *t);
};

enum { TEMPLATE_DEPTH = 16, TEMPLATE_TABLES = 6 };

/* One filling. Zero-initialise the private part; template_end() ends it. */
struct template_fill {
    struct writer w; /* where to; its rc is also PL_EINVAL when a text is not well-formed */
    enum output output;
    const struct template_word
        *words[TEMPLATE_TABLES]; /* vocabularies, each ended by a NULL name */
    /* Writes a value of a run in prose, bold and with its citation. NULL: bold alone. item (NULL:
     * it is not there) is at path of scope. */
    void (*cite)(struct template_fill *t, const cJSON *scope, const char *path, const cJSON *item,
                 facts_format *format);
    void *context; /* the words' */
    const char *arg;

    /* private */
    struct {
        const cJSON *item;
        int index, n;                       /* in its each */
    } scopes[TEMPLATE_DEPTH];               /* from 1 on */
    const struct template_word *text_words; /* template.c's */
    int depth, lost;                        /* lost: entered beyond TEMPLATE_DEPTH */
    int nested;                             /* texts in texts */
    bool gap;                               /* prose: white space was read, and not yet written */
    double number;                          /* of the last value written */
    facts_format *format;                   /* asked for with "as" */
    cJSON *owned;                           /* template_own() */
    const char *text, *expression;          /* under way */
    char fault[200];                        /* the first */
};

/* Look in item first until template_leave(). */
void template_enter(struct template_fill *t, const cJSON *item);
void template_leave(struct template_fill *t);
/* What path leads to, from the innermost item that has it; NULL: none has. scope (may be NULL) is
 * set to that item, or to the innermost of all. */
const cJSON *template_find(const struct template_fill *t, const char *path, const cJSON **scope);
/* Keep an item that a word made until template_end(); returned. */
const cJSON *template_own(struct template_fill *t, cJSON *item);

/* A text is not well-formed, or asks for what there is not: w.rc becomes PL_EINVAL. */
void template_fail(struct template_fill *t);

/* For words that write. A text of ours; a text of others; a figure as it is quoted, in prose in
 * bold; a number in the format asked for with "as", or else in this one. */
void template_puts(struct template_fill *t, const char *text);
void template_text(struct template_fill *t, const char *text);
void template_strong(struct template_fill *t, const char *text);
double template_number(struct template_fill *t, double value, facts_format *format);
/* An item, as if a place held it: a row's id, a number of things in words. */
double template_item(struct template_fill *t, const cJSON *item);

/* ---- for template.c alone ---- */

enum { TAG_BYTES = 320 };

/* Write an expression, and return its number; or, where item is not NULL, only find the item that
 * it stands for. */
double template_evaluate(struct template_fill *t, const char *expression, const cJSON **item);
/* Does a condition hold? It is cut up on the way. */
bool template_is_true(struct template_fill *t, char *condition);
const struct template_word *template_word_called(const struct template_fill *t, const char *name);
/* Put in what stands for each @path. */
void template_substitute(const struct template_fill *t, char text[TAG_BYTES]);
/* In prose, write the white space that was read since the last text. */
void template_gap(struct template_fill *t);
