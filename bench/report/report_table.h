/* The tables of a report: which columns they have, and their cells. Words for report.html and
 * report.md, beside report_words.h:
 *
 *   {shown}               has the run numbers for this column? It names a path, and in "shown" what
 *                         it takes: nothing, a value in any row, or one above 0
 *   {each columns}        those of the table "columns of all rows" that are shown, with cols: of
 * the first of a group how many it has {cell} {share-bar}    the value at the column's path of a
 * row; a bar as long as its share of the largest {each between}        columns of the table of what
 * stands in between: head and below {between-cell}        the value in a column of a row {each
 * quantities}     what the model predicts: name, known (of any row) {each pair}           of a
 * quantity and a row: measured, model, deviation, known, off (by more than 10 %) */
#ifndef PUSHLAB_REPORT_TABLE_H
#define PUSHLAB_REPORT_TABLE_H

#include "bench/page/template.h"

extern const struct template_word report_table_words[];

#endif
