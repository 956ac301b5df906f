/* What templates can say about the rows of a run: the vocabulary that all of them share. P is a
 * path as facts_value() takes it; the run is the innermost item that has rows.
 *
 *   {low P} {high P}          the lowest and the highest number over the rows that have it
 *   {low-row P} {high-row P}  their rows
 *   {has P}                   how many rows have it
 *   {alike P}                 can the rows not be put in order (struct facts_order)?
 *   {range P} {span P}        "1 ms to 3 ms", "1 ms (`a`) to 3 ms (`b` and `c`)"; no names where
 *                             the rows can't be put in order
 *   {top P} {bottom P}        the figures of {top-rows P}, "3 ms" or "2.9 ms to 3 ms"
 *   {spread P}                "19 to 21 times": what those of {top-rows P} divided by those of
 *                             {bottom-rows P} may be (facts_ratio_of())
 *   {noise P} {margin P}      metric_noise() and, of large values, metric_margin() in percent
 *   {least-margin P}          metric_margin() of small values, in their unit
 *   {sum P}                   over all rows
 *   {all-rows P}              the rows that have it: "`a` and `b`", "all seven rows"
 *   {top-rows P} {bottom-rows P} {either-rows P}   those that can't be told from the highest,
 *                             from the lowest, or from neither of both; without an order the first
 *                             two are all, the third none
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

/* For words of others: the range of P in that run; and some of its rows, as {all-rows} writes them.
 * Returns their number. */
struct facts_range run_words_range(const struct template_fill *t, const char *path);
int run_words_names(struct template_fill *t, uint64_t rows);
/* The row that it is about: the innermost item with an id. */
const cJSON *run_words_row(const struct template_fill *t);
