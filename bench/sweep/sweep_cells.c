#include "bench/sweep/sweep_cells.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/base/units.h"
#include "bench/base/writer.h"
#include "bench/result/disturbed.h"
#include "bench/result/metric.h"
#include "bench/result/metric_text.h"
#include "bench/result/percentile.h"
#include "bench/result/repeats.h"
#include "bench/result/run_file.h"

/* What the server said of itself is nine tenths of a run, and nothing here needs it. */
static void slim(const cJSON *rows)
{
    cJSON *row;

    cJSON_ArrayForEach(row, rows)
    {
        cJSON_DeleteItemFromObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(row, "raw"),
                                                "server_stats");
    }
}

int sweep_cells_read(struct sweep_cells *out, const struct sweep *s, struct err_text *e)
{
    char path[PATH_MAX];
    int rc = PL_OK, i = 0;
    cJSON *cell;

    *out = (struct sweep_cells){.sweep = s};
    out->cell = calloc((size_t)s->plan.cells, sizeof *out->cell);
    if (out->cell == NULL)
        return err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM));
    cJSON_ArrayForEach(cell, json_at(s->json, "cells"))
    {
        struct sweep_cell *to = &out->cell[out->n];

        if (rc < 0 || !sweep_has_cell(s, i++))
            continue;
        sweep_cell_path(s, i - 1, path);
        to->values = cJSON_GetObjectItemCaseSensitive(cell, "values");
        rc = run_file_read(&to->run, path, e);
        slim(json_at(to->run, "rows"));
        slim(json_at(to->run, "repeats"));
        out->n += rc == PL_OK;
    }
    if (rc == PL_OK && out->n == 0)
        rc = err_set(e, PL_EINVAL,
                     "%.200s: no cell of it is finished yet; pushlab sweep --resume "
                     "goes on",
                     s->dir);
    if (rc < 0)
        sweep_cells_free(out);
    return rc;
}

void sweep_cells_free(struct sweep_cells *c)
{
    for (size_t i = 0; i < c->n; i++)
        cJSON_Delete(c->cell[i].run);
    free(c->cell);
    *c = (struct sweep_cells){.n = 0};
}

/* ---- values ---- */

double sweep_cells_value(const cJSON *row, const char *path, struct interval *out)
{
    const struct metric *m = metric_find(path);

    if (out != NULL && !repeats_interval(row, path, out))
        *out = (struct interval){NAN, NAN};
    return m == NULL ? NAN : metric_value(m, row);
}

/* Has every row of every cell that delivered something a number there? */
static bool all_have(const struct sweep_cells *c, const char *path)
{
    const cJSON *row;

    for (size_t i = 0; i < c->n; i++)
        cJSON_ArrayForEach(row, json_at(c->cell[i].run, "rows"))
        {
            if (json_number(row, "delivered") > 0 && isnan(json_number(row, path)))
                return false;
        }
    return true;
}

const char *sweep_cells_tail(const struct sweep_cells *c)
{
    static const char *const tails[] = {"latency_us.p999", "latency_us.p99", "latency_us.p90"};

    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
        if (all_have(c, tails[i]))
            return tails[i];
    return "latency_us.max";
}

const char *sweep_cells_middle(const struct sweep_cells *c)
{
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(percentile_middle(json_at(c->cell[i].run, "rows"), "latency_us"), "p50") != 0)
            return "latency_us.mean";
    return "latency_us.p50";
}

/* ---- the table ---- */

enum { COLUMNS_MAX = PLAN_KEYS_MAX + 7, CELL_BYTES = 96 };

struct column {
    const char *head;
    const char *path; /* of a metric; NULL: the row's id; the varied keys have their own */
};

struct table {
    struct column column[COLUMNS_MAX];
    size_t keys, n, width[COLUMNS_MAX];
    size_t lines;
    char (*cell)[COLUMNS_MAX][CELL_BYTES];
};

static bool any_has(const struct sweep_cells *c, const char *path)
{
    const cJSON *row;

    for (size_t i = 0; i < c->n; i++)
        cJSON_ArrayForEach(row, json_at(c->cell[i].run, "rows"))
        {
            if (!isnan(json_number(row, path)))
                return true;
        }
    return false;
}

static void choose_columns(struct table *t, const struct sweep_cells *c)
{
    const char *bytes = "bytes_per_update.wire";
    const cJSON *vary;

    cJSON_ArrayForEach(vary, c->sweep->plan.vary)
    {
        t->column[t->n++].head = json_text(vary, "key");
    }
    t->keys = t->n;
    if (!any_has(c, bytes))
        bytes = "bytes_per_update.framing";
    const struct column rest[] = {{"row", NULL},
                                  {NULL, sweep_cells_middle(c)},
                                  {NULL, sweep_cells_tail(c)},
                                  {NULL, "requests_per_update"},
                                  {NULL, bytes},
                                  {NULL, "server_cpu_us_per_update"}};
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        t->column[t->n++] = rest[i];
    for (size_t i = t->keys; i < t->n; i++)
        if (t->column[i].path != NULL)
            t->column[i].head = metric_find(t->column[i].path)->name;
}

static void fill_line(struct table *t, const struct sweep_cell *cell, const cJSON *row)
{
    char(*line)[CELL_BYTES] = t->cell[t->lines++];

    for (size_t i = 0; i < t->keys; i++)
        plan_format_value(line[i], CELL_BYTES,
                          cJSON_GetObjectItemCaseSensitive(cell->values, t->column[i].head));
    for (size_t i = t->keys; i < t->n; i++)
        if (t->column[i].path == NULL)
            snprintf(line[i], CELL_BYTES, "%s%.60s", disturbed_is(row) ? DISTURBED_MARK " " : "",
                     json_text(row, "id"));
        else
            metric_text(line[i], metric_find(t->column[i].path), row);
}

static void measure_width(struct table *t)
{
    for (size_t i = 0; i < t->n; i++) {
        t->width[i] = units_text_width(t->column[i].head);
        for (size_t l = 0; l < t->lines; l++) {
            size_t width = units_text_width(t->cell[l][i]);

            if (width > t->width[i])
                t->width[i] = width;
        }
    }
}

/* The row's name stands left, all others right. */
static void put_cell(struct writer *w, const struct table *t, size_t i, const char *text)
{
    int pad = (int)(t->width[i] - units_text_width(text));

    writer_puts(w, i > 0 ? "  " : "");
    if (i == t->keys)
        writer_printf(w, "%s%*s", text, pad, "");
    else
        writer_printf(w, "%*s%s", pad, "", text);
}

static void put_table(struct writer *w, struct table *t)
{
    bool shaken = false;

    measure_width(t);
    for (size_t i = 0; i < t->n; i++)
        put_cell(w, t, i, t->column[i].head);
    writer_puts(w, "\n");
    for (size_t l = 0; l < t->lines; l++) {
        for (size_t i = 0; i < t->n; i++)
            put_cell(w, t, i, t->cell[l][i]);
        writer_puts(w, "\n");
        shaken |= strncmp(t->cell[l][t->keys], DISTURBED_MARK, strlen(DISTURBED_MARK)) == 0;
    }
    if (shaken)
        writer_puts(w,
                    "\n" DISTURBED_MARK " disturbed, and not to be compared: the cell's run.json "
                    "has the reasons\n");
}

int sweep_cells_table(struct buf *out, const struct sweep_cells *c)
{
    struct writer w = {.out = out};
    struct table t = {.n = 0};
    const cJSON *row;
    size_t rows = 0;

    for (size_t i = 0; i < c->n; i++)
        rows += (size_t)cJSON_GetArraySize(json_at(c->cell[i].run, "rows"));
    choose_columns(&t, c);
    t.cell = calloc(rows, sizeof *t.cell);
    if (t.cell == NULL && rows > 0)
        return PL_ENOMEM;
    for (size_t i = 0; i < c->n; i++)
        cJSON_ArrayForEach(row, json_at(c->cell[i].run, "rows"))
        {
            fill_line(&t, &c->cell[i], row);
        }
    put_table(&w, &t);
    if (metric_has_intervals(json_at(c->cell[0].run, "rows"))) {
        writer_puts(&w, "\n± ");
        metric_put_interval_words(&w, json_at(c->cell[0].run, "rows"));
        writer_puts(&w, "\n");
    }
    free(t.cell);
    return w.rc;
}

/* ---- sweep.csv ---- */

static void put_csv_row(struct writer *w, const struct sweep_cell *cell, const cJSON *row,
                        bool repeated)
{
    const cJSON *value;
    char word[CELL_BYTES];

    cJSON_ArrayForEach(value, cell->values)
    {
        plan_format_value(word, sizeof word, value);
        writer_printf(w, strchr(word, ',') == NULL ? "%s," : "\"%s\",", word);
    }
    writer_printf(w, "%s,%s,%s", json_text(row, "id"), json_text(row, "transport"),
                  json_text(row, "connection"));
    metric_put_csv(w, row, false, repeated);
    writer_puts(w, "\n");
}

int sweep_cells_csv(const struct sweep_cells *c, struct err_text *e)
{
    bool repeated = c->sweep->plan.repeat > 1;
    struct buf file = {0};
    struct writer w = {.out = &file};
    const cJSON *vary, *row;

    cJSON_ArrayForEach(vary, c->sweep->plan.vary)
    {
        writer_printf(&w, "%s,", json_text(vary, "key"));
    }
    writer_puts(&w, "row,transport,connection");
    metric_put_csv(&w, NULL, false, repeated);
    writer_puts(&w, "\n");
    for (size_t i = 0; i < c->n; i++)
        cJSON_ArrayForEach(row, json_at(c->cell[i].run, "rows"))
        {
            put_csv_row(&w, &c->cell[i], row, repeated);
        }
    return run_file_write(c->sweep->dir, "sweep", "", ".csv", &file, w.rc, e);
}
