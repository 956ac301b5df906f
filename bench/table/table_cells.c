#include "bench/table/table_cells.h"

#include <stdio.h>
#include <string.h>

#include "bench/result/facts.h"
#include "bench/base/json.h"

bool table_has_value(const cJSON *rows, const char *path)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, rows)
    {
        if (json_number(row, path) > 0 || cJSON_IsBool(json_at(row, path)) ||
            json_text(row, path)[0] != '\0')
            return true;
    }
    return false;
}

struct table_choice table_choose(const struct table_source *from, const cJSON *run,
                                 enum selection selection, unsigned without)
{
    bool tls = json_true(run, "scenario.tls");
    struct table_choice c = {.n = 0};

    for (size_t i = 0; i < from->n; i++) {
        const struct column *column = &from->columns[i];

        if ((column->shown & selection) && !(column->shown & without) &&
            (tls || !(column->shown & TLS_ONLY)) &&
            (!(column->shown & VALUE_ONLY) || table_has_value(json_at(run, "rows"), column->path)))
            c.column[c.n++] = column;
    }
    return c;
}

static bool has_problems(const cJSON *row)
{
    return cJSON_GetArraySize(json_at(row, "problems")) > 0;
}

static void format_words(char out[TABLE_CELL_BYTES], const struct column *c, const cJSON *row)
{
    const cJSON *item = json_at(row, c->path);

    if (cJSON_IsString(item) && item->valuestring[0] != '\0')
        snprintf(out, TABLE_CELL_BYTES, "%s%.47s", has_problems(row) ? "! " : "",
                 item->valuestring);
    else
        snprintf(out, TABLE_CELL_BYTES, "%s",
                 cJSON_IsTrue(item)    ? "yes"
                 : cJSON_IsFalse(item) ? "NO"
                                       : UNITS_NONE);
}

void table_format_cell(char out[TABLE_CELL_BYTES], const struct column *c, const cJSON *row)
{
    char first[UNITS_TEXT_BYTES], second[UNITS_TEXT_BYTES];
    double value;

    if (c->format == NULL) {
        format_words(out, c, row);
        return;
    }
    value = facts_value(row, c->path);
    c->format(first, c->over_path != NULL ? value + facts_value(row, c->plus_path) : value);
    if (c->plus_path == NULL) {
        snprintf(out, TABLE_CELL_BYTES, "%s", first);
        return;
    }
    c->format(second, facts_value(row, c->over_path != NULL ? c->over_path : c->plus_path));
    if (strcmp(first, UNITS_NONE) == 0 && strcmp(second, UNITS_NONE) == 0)
        snprintf(out, TABLE_CELL_BYTES, UNITS_NONE);
    else
        snprintf(out, TABLE_CELL_BYTES, "%s %c %s", first, c->over_path != NULL ? '/' : '+',
                 second);
}

bool table_has_balancers(const cJSON *run)
{
    return table_has_value(json_at(run, "rows"), "balancer.connections_per_client.front");
}
