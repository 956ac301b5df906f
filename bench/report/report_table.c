#include "bench/report/report_words.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/page/run_words.h"
#include "bench/model/predicted.h"
#include "bench/result/metric_text.h"
#include "bench/table/table_cells.h"

static const cJSON *run_of(const struct template_fill *t)
{
    const cJSON *run;

    template_find(t, "rows", &run);
    return run;
}

/* The number that a list gave its item: {"column": 3}. */
static size_t index_of(const struct template_fill *t, const char *name)
{
    const cJSON *item = template_find(t, name, NULL);

    return cJSON_IsNumber(item) ? (size_t)item->valuedouble : 0;
}

/* ---- the tables that report.html lists ---- */

static const char *path_of(const struct template_fill *t)
{
    return json_text(template_find(t, ".", NULL), "path");
}

/* Has the run numbers for a column that is there "with a value", or with one "above 0"; or is it
 * the figure of a histogram that the rows can "name"? */
static bool is_shown(const cJSON *run, const cJSON *column)
{
    struct facts_range r = facts_range_of(run, json_text(column, "path"));
    const char *shown = json_text(column, "shown");

    if (strcmp(shown, "named") == 0)
        return table_is_named(json_at(run, "rows"), r.path);
    return shown[0] == '\0' || (r.n > 0 && (strcmp(shown, "above 0") != 0 || r.high > 0));
}

static double put_shown(struct template_fill *t)
{
    return is_shown(run_of(t), template_find(t, ".", NULL));
}

static bool is_same(const cJSON *a, const cJSON *b, const char *name)
{
    return a != NULL && strcmp(json_text(a, name), json_text(b, name)) == 0;
}

/* One table would be wider than any screen. */
static const cJSON *find_tables(struct template_fill *t)
{
    cJSON *all = template_table(t, "columns of all rows"), *list = cJSON_CreateArray();
    cJSON *table = NULL, *first = NULL, *o;

    while ((o = cJSON_DetachItemFromArray(all, 0)) != NULL) {
        if (!is_shown(run_of(t), o)) {
            cJSON_Delete(o);
            continue;
        }
        if (!is_same(table, o, "about")) {
            table = json_object("about:s", json_text(o, "about"));
            cJSON_AddArrayToObject(table, "columns");
            cJSON_AddItemToArray(list, table);
            first = NULL;
        }
        if (!is_same(first, o, "group")) {
            cJSON_AddNumberToObject(o, "cols", 0);
            first = o;
        }
        cJSON_SetNumberValue(cJSON_GetObjectItem(first, "cols"), json_number(first, "cols") + 1);
        cJSON_AddItemToArray(cJSON_GetObjectItem(table, "columns"), o);
    }
    cJSON_Delete(all);
    return template_own(t, list);
}

static double put_cell(struct template_fill *t)
{
    const struct metric *m = metric_find(path_of(t));
    char text[UNITS_TEXT_BYTES];

    metric_text(text, m, run_words_row(t));
    template_strong(t, text);
    return metric_value(m, run_words_row(t));
}

static double put_intervals(struct template_fill *t)
{
    const cJSON *rows = json_at(run_of(t), "rows");
    struct buf words = {0};
    struct writer w = {.out = &words};

    if (!metric_has_intervals(rows))
        return 0;
    metric_put_interval_words(&w, rows);
    template_text(t, writer_text(&w));
    buf_free(&words);
    return 1;
}

static double put_share_bar(struct template_fill *t)
{
    double high = facts_range_of(run_of(t), path_of(t)).high;
    double share = facts_value(run_words_row(t), path_of(t)) / high;

    if (!(high > 0))
        return 0;
    writer_puts(&t->w, "<svg class=\"bar ");
    output_row_class(&t->w, run_words_row(t));
    writer_printf(&t->w,
                  "\" viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
                  "<rect width=\"%.1f\" height=\"1\"/></svg>",
                  share > 0 ? fmin(share, 1) * 100 : 0);
    return share;
}

/* ---- in between ---- */

static struct table_choice choice_of(const struct template_fill *t)
{
    return table_choose(&table_balancer, run_of(t), WIRE);
}

static const cJSON *find_between(struct template_fill *t)
{
    struct table_choice c = choice_of(t);
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 1; i < c.n; i++) { /* the first is the id */
        cJSON *o = cJSON_CreateObject();

        cJSON_AddStringToObject(o, "head", c.column[i]->head[0]);
        cJSON_AddStringToObject(o, "below", c.column[i]->head[1]);
        cJSON_AddNumberToObject(o, "column", (double)i);
        cJSON_AddItemToArray(list, o);
    }
    return template_own(t, list);
}

static double put_between_cell(struct template_fill *t)
{
    char cell[TABLE_CELL_BYTES];

    table_format_cell(cell, choice_of(t).column[index_of(t, "column")], run_words_row(t));
    template_text(t, cell);
    return 1;
}

/* ---- measured against predicted ---- */

/* How far off, as a share of the model's figure, or of the whole; NAN: of 0. */
static double share_off(const struct metric *m, double off, double model)
{
    return strcmp(m->unit, "share") == 0 ? off : model > 0 ? off / model : NAN;
}

/* In percent (of a share: in points) where the model does not say 0, else in the figure's own
 * unit. */
static void format_deviation(char out[UNITS_TEXT_BYTES], const struct metric *m, double seen,
                             double model)
{
    double off = seen - model, share = share_off(m, off, model);
    const char *sign = off > 0 ? "+" : "−";
    char amount[UNITS_TEXT_BYTES];

    if (!isfinite(off)) {
        snprintf(out, UNITS_TEXT_BYTES, "%s", UNITS_NONE);
    } else if (off == 0 || fabs(share) < 5e-4) {
        snprintf(out, UNITS_TEXT_BYTES, "0");
    } else if (isfinite(share)) {
        units_format_ratio(amount, fabs(share) * 100);
        snprintf(out, UNITS_TEXT_BYTES, "%s%.16s %s", sign, amount,
                 strcmp(m->unit, "share") == 0 ? "points" : "%");
    } else {
        m->format(amount, fabs(off));
        snprintf(out, UNITS_TEXT_BYTES, "%s%.26s", sign, amount);
    }
}

/* Has any row both? */
static bool is_compared(const char *path, const cJSON *run)
{
    const struct metric *m = metric_find(path);
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (isfinite(predicted_value(row, path)) && isfinite(metric_value(m, row)))
            return true;
    }
    return false;
}

static const cJSON *find_quantities(struct template_fill *t)
{
    cJSON *list = cJSON_CreateArray();

    for (const struct predicted_figure *f = predicted_figures; f->path != NULL; f++)
        cJSON_AddItemToArray(
            list, json_object("name:s known:b quantity:d", metric_find(f->path)->name,
                              is_compared(f->path, run_of(t)), (int)(f - predicted_figures)));
    return template_own(t, list);
}

static cJSON *pair_of(const cJSON *row, const char *path)
{
    const struct metric *m = metric_find(path);
    double seen = metric_value(m, row), model = predicted_value(row, path);
    char measured[UNITS_TEXT_BYTES], predicted[UNITS_TEXT_BYTES], deviation[UNITS_TEXT_BYTES];

    metric_text(measured, m, row);
    m->format(predicted, model);
    format_deviation(deviation, m, seen, model);
    return json_object("name:s known:b off:b measured:s model:s deviation:s", m->name,
                       isfinite(model), predicted_is_off(row, path), measured, predicted,
                       deviation);
}

static const cJSON *find_pair(struct template_fill *t)
{
    const char *path = predicted_figures[index_of(t, "quantity")].path;

    return template_own(t, pair_of(run_words_row(t), path));
}

static const cJSON *find_differences(struct template_fill *t)
{
    const cJSON *row = run_words_row(t);
    cJSON *list = cJSON_CreateArray();

    for (const struct predicted_figure *f = predicted_figures; f->path != NULL; f++)
        if (predicted_is_off(row, f->path))
            cJSON_AddItemToArray(list, pair_of(row, f->path));
    return template_own(t, list);
}

/* Why the row has no latency to compare; nothing where it has. */
static double put_no_prediction(struct template_fill *t)
{
    const char *why = json_text(run_words_row(t), "predicted.why");

    template_text(t, why);
    return why[0] != '\0';
}

const struct template_word report_table_words[] = {
    {"tables", NULL, find_tables},
    {"cell", put_cell, NULL},
    {"intervals", put_intervals, NULL},
    {"share-bar", put_share_bar, NULL},
    {"shown", put_shown, NULL},
    {"between", NULL, find_between},
    {"between-cell", put_between_cell, NULL},
    {"quantities", NULL, find_quantities},
    {"pair", NULL, find_pair},
    {"differences", NULL, find_differences},
    {"no-prediction", put_no_prediction, NULL},
    {NULL, NULL, NULL},
};
