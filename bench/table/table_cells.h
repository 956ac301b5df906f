/* Which columns of a table a run needs, and what stands in a cell: for the terminal, Markdown and
 * HTML alike. Private to what sets tables. */
#ifndef PUSHLAB_TABLE_CELLS_H
#define PUSHLAB_TABLE_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <cjson/cJSON.h>

#include "bench/table/table_columns.h"

enum { TABLE_CELL_BYTES = 80 };

/* The columns of one table. */
struct table_choice {
    const struct column *column[TABLE_COLUMNS_MAX];
    size_t n;
};

/* Has any row a number above 0 there, yes or no, or a text? */
bool table_has_value(const cJSON *rows, const char *path);
/* Is table_balancer about this run? */
bool table_has_balancers(const cJSON *run);

/* without: SPARE and the like, to be left out. */
struct table_choice table_choose(const struct table_source *from, const cJSON *run,
                                 enum selection selection, unsigned without);

void table_format_cell(char out[TABLE_CELL_BYTES], const struct column *c, const cJSON *row);

#endif
