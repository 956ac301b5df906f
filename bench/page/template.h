/* Sentences and pages as text files that a writer can edit, filled with a run's values. The files
 * (*.txt, *.html and *.md in bench/page, bench/advise and bench/report) are embedded at build time.
 * A file is one text, named like the file; "[name]" on a line of its own begins another, which is a
 * comment if nothing asks for it.
 *
 *   {latency_us.p99}           the value at a path, looked up in the innermost item first
 *   {deadline_ms as ms}        a number in another format than its metric's (template.c has them)
 *   {low latency_us.p50}       a word of the vocabulary, with its argument; "@a.b" in an argument
 *                              stands for the text at a.b
 *   {^rows} {way|ways}         ^: begun with a capital letter; a|b: a when the last value was 1
 *   {if X} {elif X} {else} {end}     X: 0, "", false, null and what is not there are no;
 *                              not X, X and Y, X or Y, X = word, X > 1, X < 1
 *   {each X} {else} {end}      for each item of a list, or once for one item; paths look there
 * first; else: there is none {comma} {and} {first}      in each: what goes in front of an item of
 * "a, b, c", of "a, b and c"; is it the first? {text name}                another text, here {prose
 * name}               another text as prose (output.h), then written for this output {words path}
 * a text that is not in bold in prose {number path}              a number as a word: "three"
 *   {code path}                in prose and Markdown: a text in code style
 *   {url path}                 a text as a URL's path, percent-encoded
 *   {render X}                 the same for prose that X holds
 *   {raw name}                 another text as it is
 *   {table name}               another text as a list: a line is an item, with | between its
 * values, and the first line has their names
 *   {{                         a brace
 *
 * Values are escaped for the output (output.h). A path that leads nowhere is written as "–". A list
 * is written as the number of its items, in words; an item with an id as that.
 *
 * In prose, white space counts as one space, and none in front of .,;:) and at the ends. In
 * front of % it is a no-break space. Values of a run are written in bold, and cited where cite is
 * set. Elsewhere white space stays, but for lines that hold nothing but if, elif, else, each or
 * end: these leave no line. */
#ifndef PUSHLAB_TEMPLATE_H
#define PUSHLAB_TEMPLATE_H

#include <stdbool.h>
#include <cjson/cJSON.h>

#include "lib/base/err.h"
#include "bench/base/writer.h"
#include "bench/page/output.h"
#include "bench/result/facts.h"

struct template;

/* A word has its argument in t->arg. It either writes what it stands for, and returns the number
 * that if and a|b go by (NAN: none), or finds an item (NULL: none). Neither may write when it is
 * only asked, in an if: then w.out is NULL, and the functions below write nothing. */
struct template_word {
    const char *name;
    double (*put)(struct template *t);
    const cJSON *(*find)(struct template *t);
};

enum { TEMPLATE_DEPTH = 16, TEMPLATE_TABLES = 6 };

struct template
{
    struct writer w; /* where to; its rc is also PL_EINVAL when a text is not well-formed */
    enum output output;
    const struct template_word
        *words[TEMPLATE_TABLES]; /* vocabularies, each ended by a NULL name */
    /* Writes a value of a run in prose, bold and with its citation. NULL: bold alone. item (NULL:
     * it is not there) is at path of scope. */
    void (*cite)(struct template * t, const cJSON *scope, const char *path, const cJSON *item,
                 facts_format *format);
    void *context; /* the words' */
    const char *arg;

    /* private */
    struct {
        const cJSON *item;
        int index, n;         /* in its each */
    } scopes[TEMPLATE_DEPTH]; /* from 1 on */
    int depth;
    bool gap;                      /* prose: white space was read, and not yet written */
    double number;                 /* of the last value written */
    facts_format *format;          /* asked for with "as" */
    cJSON *owned;                  /* template_own() */
    const char *text, *expression; /* under way */
    char fault[200];               /* the first */
};

/* An embedded file; a NULL name ends the list. */
struct template_file {
    const char *name, *text;
};
extern const struct template_file template_files[];

/* Write a text. What t holds in the end is given back with template_end(), which returns 0,
 * PL_ENOMEM or PL_EINVAL (a text is not well-formed), with the line in e: "WHAT: ...". Buf and
 * items stay their owners'. */
void template_put(struct template *t, const char *name);
/* The same as prose, then written for t's output, as {prose name} does. */
void template_put_prose(struct template *t, const char *name);
/* Is there a text of that name? */
bool template_has(const char *name);
int template_end(struct template *t, const char *what, struct err_text *e);

/* Look in item first until template_leave(). */
void template_enter(struct template *t, const cJSON *item);
void template_leave(struct template *t);
/* What path leads to, from the innermost item that has it; NULL: none has. scope (may be NULL) is
 * set to that item, or to the innermost of all. */
const cJSON *template_find(const struct template *t, const char *path, const cJSON **scope);
/* Keep an item that a word made until template_free(); returned. */
const cJSON *template_own(struct template *t, cJSON *item);

/* What {table name} stands for, the caller's. */
cJSON *template_table(struct template *t, const char *name);

/* A text is not well-formed, or asks for what there is not: w.rc becomes PL_EINVAL. */
void template_fail(struct template *t);

/* For words that write. A text of ours; a text of others; a figure as it is quoted, in prose in
 * bold; a number in the format asked for with "as", or else in this one. */
void template_puts(struct template *t, const char *text);
void template_text(struct template *t, const char *text);
void template_strong(struct template *t, const char *text);
double template_number(struct template *t, double value, facts_format *format);
/* An item, as if a place held it: a row's id, a number of things in words. */
double template_item(struct template *t, const cJSON *item);

#endif
