/* The tables of a report: which columns they have, and their cells. Words for report.html and
 * report.md, beside report_words.h:
 *
 *   {each columns}        columns of the big table that the run has numbers for: group, head,
 *                         definition ("latency", in #def-latency), bar (has it bars?), cols (of the
 *                         first of a group: how many it has)
 *   {cell} {share-bar}    the value in a column of a row; a bar as long as its share of the largest
 *   {each count-tables}   title and heads: tables of counts, each with a head and a path
 *   {each between}        columns of the table of what stands in between: head and below
 *   {between-cell}        the value in a column of a row
 *   {each quantities}     what the model predicts: name, known (of any row)
 *   {each pair}           of a quantity and a row: measured, model, deviation, known, off (by more
 *                         than 10 %) */
#ifndef PUSHLAB_REPORT_TABLE_H
#define PUSHLAB_REPORT_TABLE_H

#include "bench/page/template.h"

extern const struct template_word report_table_words[];

#endif
