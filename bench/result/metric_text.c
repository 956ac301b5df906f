#include "bench/result/metric_text.h"

#include <math.h>

#include "bench/base/json.h"
#include "bench/result/repeats.h"

void metric_text(char out[UNITS_TEXT_BYTES], const struct metric *m, const cJSON *row)
{
    struct interval i = {NAN, NAN};

    repeats_interval(row, m->path, &i);
    units_format_within(out, m->format, metric_value(m, row), i.low, i.high);
}

static bool has_interval(const cJSON *row)
{
    return cJSON_GetArraySize(json_at(row, "ci95")) > 0;
}

bool metric_has_intervals(const cJSON *rows)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, rows)
    {
        if (has_interval(row))
            return true;
    }
    return false;
}

void metric_put_interval_words(struct writer *w, const cJSON *rows)
{
    double least = INFINITY, most = 0;
    const cJSON *row;

    cJSON_ArrayForEach(row, rows)
    {
        if (!has_interval(row))
            continue;
        least = fmin(least, json_number(row, "repeats"));
        most = fmax(most, json_number(row, "repeats"));
    }
    writer_puts(w, "95 % confidence interval over ");
    if (least < most)
        writer_printf(w, "%.0f to ", least);
    writer_printf(w, "%.0f repeats", most);
}

static void put_number(struct writer *w, double value, bool charted)
{
    if (isfinite(value))
        writer_printf(w, ",%.9g", value);
    else
        writer_puts(w, charted ? ",NaN" : ",");
}

void metric_put_csv(struct writer *w, const cJSON *row, bool charted, bool ends)
{
    for (const struct metric *m = NULL; (m = metric_next(m)) != NULL;) {
        const char *chart = m->flags & METRIC_CHARTED ? m->chart != NULL ? m->chart : m->csv : NULL;
        const char *column = charted ? chart : m->csv;
        struct interval i = {NAN, NAN};

        if (column == NULL)
            continue;
        if (row == NULL)
            writer_printf(w, ",%s", column);
        else
            put_number(w, metric_value(m, row), charted);
        if (!ends || (!charted && !repeats_has_interval(m)))
            continue;
        if (row == NULL) {
            writer_printf(w, ",%s_low,%s_high", column, column);
            continue;
        }
        repeats_interval(row, m->path, &i);
        put_number(w, i.low, charted);
        put_number(w, i.high, charted);
    }
}
