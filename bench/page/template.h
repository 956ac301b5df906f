/* Sentences and pages as text files that a writer can edit, filled with a run's values. The files
 * (*.txt, *.html and *.md in bench/page, bench/chart, bench/advise and bench/report) are embedded
 * at build time. A file is one text, named like the file; "[name]" on a line of its own begins
 * another, which is a comment if nothing asks for it.
 *
 *   {latency_us.p99}        the value at a path, looked up in the innermost item first
 *   {deadline_ms as ms}     a number in another format than its metric's (template_words.c)
 *   {low latency_us.p50}    a word of the vocabulary, with its argument; "@a.b" in an argument
 *                           stands for the text at a.b, which must be one of ours
 *   {^rows} {way|ways}      ^: begun with a capital letter; a|b: a when the last value was 1
 *   {if X} {elif X} {else} {end}
 *                           no are 0, "", false, null and what is not there; also: not X,
 *                           X and Y, X or Y, X = word, X > 1, X < 1
 *   {each X} {else} {end}   for each item of a list, or once for one item, in which paths are
 *                           looked up first; else: there is none
 *   {comma} {comma and} {comma or}
 *                           in each: what goes in front of an item of "a, b, c", of "a, b and c"
 *   {first}                 in each: is it the first?
 *   {text name}             another text, here
 *   {prose name}            another text as prose (output.h), then written for this output
 *   {raw name}              another text as it is
 *   {table name}            another text as a list: each line is an item, with | between its
 *                           values, whose names are in the first line
 *   {words path}            a text that is not in bold in prose; a number as a word, "three"
 *   {code path}             in prose and Markdown: a text in code style
 *   {url path}              a text as a URL's path, percent-encoded
 *   {render path}           prose that is there, written for this output
 *   {{                      a brace
 *
 * Values are escaped for the output (output.h). A path that leads nowhere is written as "–". A
 * list is written as the number of its items, in words; an item that has an id, as that.
 *
 * In prose, white space counts as one space, with none at the ends and in front of .,;:) and a
 * no-break space in front of %. Values of a run are written in bold, and cited where cite is set.
 * Elsewhere white space stays, but for lines that hold nothing but if, elif, else, each or end:
 * they leave no line. */
#pragma once

#include <stdbool.h>

#include "lib/base/err.h"
#include "bench/page/template_words.h"

/* An embedded file; a NULL name ends the list. */
struct template_file {
    const char *name, *text;
};
extern const struct template_file template_files[];

/* Write a text. What t holds in the end is given back with template_end(), which returns 0,
 * PL_ENOMEM or PL_EINVAL (a text is not well-formed), with the line in e: "WHAT: ...". Buf and
 * items stay their owners'. */
void template_put(struct template_fill *t, const char *name);
/* The same as prose, then written for t's output, as {prose name} does. */
void template_put_prose(struct template_fill *t, const char *name);
/* Is there a text of that name? */
bool template_has(const char *name);
int template_end(struct template_fill *t, const char *what, struct err_text *e);

/* What {table name} stands for, the caller's. */
cJSON *template_table(struct template_fill *t, const char *name);
