#include "bench/chart/chart_rows.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "lib/base/err.h"
#include "bench/base/json.h"
#include "bench/result/metric.h"

int chart_rows_field(struct buf *out, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL)
        return buf_add(out, text, strlen(text));
    if (buf_add(out, "\"", 1) < 0)
        return PL_ENOMEM;
    for (; *text != '\0'; text++)
        if (buf_add(out, "\"\"", *text == '"' ? 2 : 0) < 0 ||
            (*text != '"' && buf_add(out, text, 1) < 0))
            return PL_ENOMEM;
    return buf_add(out, "\"", 1);
}

/* Rows of the same transport and connection are told apart by their variant: 0, 1, 2, ... */
static int variant_of(const cJSON *rows, const cJSON *row)
{
    const cJSON *other;
    int variant = 0;

    cJSON_ArrayForEach(other, rows)
    {
        if (other == row)
            break;
        if (strcmp(json_text(other, "transport"), json_text(row, "transport")) == 0 &&
            strcmp(json_text(other, "connection"), json_text(row, "connection")) == 0)
            variant++;
    }
    return variant;
}

static int add_row(struct buf *out, const cJSON *rows, const cJSON *row)
{
    bool delivered = json_number(row, "delivered") > 0;
    int rc = chart_rows_field(out, json_text(row, "id"));

    rc = rc < 0 ? rc : buf_printf(out, ",");
    rc = rc < 0 ? rc : chart_rows_field(out, json_text(row, "transport"));
    rc = rc < 0 ? rc : buf_printf(out, ",");
    rc = rc < 0 ? rc : chart_rows_field(out, json_text(row, "connection"));
    rc = rc < 0 ? rc : buf_printf(out, ",%d", variant_of(rows, row));
    for (const struct metric *m = NULL; rc >= 0 && (m = metric_next(m)) != NULL;) {
        bool known = delivered || !(m->flags & METRIC_PER_UPDATE);
        double v = known ? metric_value(m, row) : NAN;

        if (m->flags & METRIC_CHARTED)
            rc = isfinite(v) ? buf_printf(out, ",%.9g", v) : buf_printf(out, ",NaN");
    }
    return rc < 0 ? rc : buf_printf(out, "\n");
}

int chart_rows(struct buf *out, const cJSON *rows)
{
    int rc = buf_printf(out, "row,transport,connection,variant");
    const cJSON *row;

    for (const struct metric *m = NULL; rc >= 0 && (m = metric_next(m)) != NULL;)
        if (m->flags & METRIC_CHARTED)
            rc = buf_printf(out, ",%s", m->chart != NULL ? m->chart : m->csv);
    rc = rc < 0 ? rc : buf_printf(out, "\n");
    cJSON_ArrayForEach(row, rows)
    {
        rc = rc < 0 ? rc : add_row(out, rows, row);
    }
    return rc;
}
