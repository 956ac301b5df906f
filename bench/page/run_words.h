/* What templates can say about the rows of a run: the vocabulary that all of them share. P is a
 * path as facts_value() takes it; the run is the innermost item that has rows.
 *
 *   {low P} {high P}          the lowest and the highest number over the rows that have it
 *   {low-row P} {high-row P}  their rows
 *   {has P}                   how many rows have it
 *   {alike P}                 can the rows not be put in order (struct facts_range)?
 *   {range P} {span P}        "1 ms to 3 ms", "1 ms (`a`) to 3 ms (`b` and `c`)"; no names where
 *                             the rows can't be put in order
 *   {top P} {bottom P}        the highest figure with those that can't be told apart from it, "3
 * ms" or "2.9 ms to 3 ms"; the lowest {spread P}                the highest divided by the lowest
 *   {sum P}                   over all rows
 *   {all-rows P}              the rows that have it: "`a` and `b`", "all seven rows"
 *   {top-rows P}, {bottom-rows P}   whose figures those of {top P} and {bottom P} are
 *   {compare P|one|many|thing|least|unit}
 *                             "`a` sends the most requests (1.01), `b` and `c` the fewest (0)";
 *                             true for one row, for many, and for rows that are all alike
 *   {row}                     the row that it is about
 *   {title}                   of the run, for people
 *   {version}                 of this program
 *   {colours}                 in CSS: a class t-NAME for each transport, with its colour in --c */
#pragma once

#include "bench/page/template.h"

extern const struct template_word run_words[];

/* For words of others: the range of P in that run; and the rows whose number lies in [from, to],
 * as {all-rows} writes them. Returns their number. */
struct facts_range run_words_range(const struct template_fill *t, const char *path);
int run_words_names(struct template_fill *t, const struct facts_range *r, double from, double to);
/* The row that it is about: the innermost item with an id. */
const cJSON *run_words_row(const struct template_fill *t);
