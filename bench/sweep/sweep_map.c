#include "bench/sweep/sweep_map.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/base/units.h"
#include "bench/base/writer.h"
#include "bench/chart/chart.h"
#include "bench/model/predict.h"
#include "bench/result/disturbed.h"
#include "bench/result/metric.h"
#include "bench/result/percentile.h"
#include "bench/result/repeats.h"
#include "bench/result/run_file.h"
#include "bench/sweep/map.h"
#include "bench/sweep/sweep_chart.h"
#include "lib/proto/transport_info.h"

#define RATE "source.rate_hz"

/* STRIPES: across the picture. */
enum { RATES_MAX = VARY_VALUES_MAX, MODEL_COLUMNS = 241, STRIPES = 32 };

/* Rows whose costs are nearer than this are not told apart where the metric names no noise: they
 * are counted, but how many updates fall into a window is chance. */
#define COUNTED_NOISE 0.02

static const struct {
    const char *path, *words, *file;
} costs[MAP_COSTS] = {
    [MAP_REQUESTS] = {"requests_per_client_s", "HTTP requests", "requests"},
    [MAP_WIRE] = {"wire_bytes_per_client_s", "bytes on the wire", "wire"},
    [MAP_CPU] = {"server_cpu_us_per_client_s", "server CPU", "cpu"},
};

struct column {
    double rate_hz;
    struct map_point points[MAP_ROWS_MAX];
};

struct map {
    const struct sweep_cells *cells;
    const cJSON *rows; /* of the first cell: which row is which bit */
    size_t nrows;
    const char *latency; /* the metric's path: "latency_us.p50" */
    const char *figure;  /* "p50", "mean" */
    int left_out;        /* points of disturbed rows */
    struct column column[RATES_MAX];
    size_t columns;
    struct column *model;                    /* MODEL_COLUMNS of them */
    double low_us, high_us, low_hz, high_hz; /* the axes */
};

static const cJSON *row_of(const struct map *m, size_t i)
{
    return cJSON_GetArrayItem(m->rows, (int)i);
}

/* ---- from the sweep ---- */

static bool all_have(const struct sweep_cells *c, const char *path)
{
    const cJSON *row;

    for (size_t i = 0; i < c->n; i++)
        cJSON_ArrayForEach(row, json_at(c->cell[i].run, "rows"))
        {
            if (isnan(json_number(row, path)) && json_number(row, "delivered") > 0)
                return false;
        }
    return true;
}

static void choose_figure(struct map *m, const struct map_ask *ask)
{
    static const char *const paths[] = {"latency_us.p999", "latency_us.p99", "latency_us.p90"};
    char path[32];

    m->latency = sweep_cells_middle(m->cells);
    for (size_t i = 0; i < 3; i++)
        if (all_have(m->cells, paths[i])) {
            m->latency = paths[i];
            break;
        }
    if (!isnan(ask->percentile)) {
        snprintf(path, sizeof path, "latency_us.%s", percentile_from(ask->percentile)->name);
        m->latency = metric_find(path)->path;
    }
    m->figure = metric_find(m->latency)->name + strlen("latency ");
}

static void take_point(struct map_point *p, const struct map *m, const cJSON *row)
{
    p->latency_us = sweep_cells_value(row, m->latency, NULL);
    for (int cost = 0; cost < MAP_COSTS; cost++) {
        struct interval ci;

        p->cost[cost] = sweep_cells_value(row, costs[cost].path, &ci);
        p->low[cost] = ci.low;
        p->high[cost] = ci.high;
    }
}

static int by_rate(const void *a, const void *b)
{
    double x = ((const struct column *)a)->rate_hz, y = ((const struct column *)b)->rate_hz;

    return (x > y) - (x < y);
}

static void take_columns(struct map *m, bool anyway)
{
    for (size_t i = 0; i < m->cells->n && i < RATES_MAX; i++) {
        const struct sweep_cell *cell = &m->cells->cell[i];
        struct column *c = &m->column[m->columns++];

        c->rate_hz = cJSON_GetObjectItemCaseSensitive(cell->values, RATE)->valuedouble;
        for (size_t k = 0; k < m->nrows; k++) {
            const cJSON *row = run_file_row(cell->run, json_text(row_of(m, k), "id"));

            take_point(&c->points[k], m, row);
            if (disturbed_is(row) && !anyway) {
                c->points[k].latency_us = NAN;
                m->left_out++;
            }
        }
    }
    qsort(m->column, m->columns, sizeof *m->column, by_rate);
}

/* A little beyond what was measured. */
static void choose_axes(struct map *m)
{
    double first = m->column[0].rate_hz, last = m->column[m->columns - 1].rate_hz;
    double step = m->columns > 1 ? pow(last / first, 0.5 / (double)(m->columns - 1)) : 2;

    m->low_us = INFINITY;
    for (size_t i = 0; i < m->columns; i++)
        for (size_t k = 0; k < m->nrows; k++) {
            double us = m->column[i].points[k].latency_us;

            m->low_us = us > 0 ? fmin(m->low_us, us) : m->low_us;
            m->high_us = us > 0 ? fmax(m->high_us, us) : m->high_us;
        }
    if (!(m->high_us > 0))
        m->low_us = 1e4, m->high_us = 1e6;
    m->low_us *= 0.6;
    m->high_us *= 2;
    m->low_hz = first / step;
    m->high_hz = last * step;
}

/* ---- from the model ---- */

static double predicted_latency(const struct map *m, const struct predict_answer *a)
{
    const struct {
        const char *path;
        double value;
    } figures[] = {
        {"latency_us.mean", a->latency_mean_us}, {"latency_us.p50", a->latency_p50_us},
        {"latency_us.p90", a->latency_p90_us},   {"latency_us.p99", a->latency_p99_us},
        {"latency_us.max", a->latency_max_us},
    };

    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        if (strcmp(figures[i].path, m->latency) == 0)
            return figures[i].value;
    return NAN;
}

/* Every client gets every update, so what an update costs a client it costs rate_hz times a
 * second. The model knows nothing of CPU. */
static struct map_point predicted_point(const struct map *m, const cJSON *row, double rate_hz)
{
    const cJSON *run = m->cells->cell[0].run;
    struct predict_question q = predict_question_of(run, repeats_measured(run, row));
    struct predict_answer a;
    struct map_point p = {.latency_us = NAN};

    q.rate_hz = rate_hz;
    a = predict(&q);
    p.latency_us = predicted_latency(m, &a);
    for (int cost = 0; cost < MAP_COSTS; cost++)
        p.low[cost] = p.high[cost] = p.cost[cost] = NAN;
    p.cost[MAP_REQUESTS] = q.way == PREDICT_PUSH ? 0 : a.requests_per_update * rate_hz;
    p.cost[MAP_WIRE] = a.wire_bytes_per_update * rate_hz;
    return p;
}

static int take_model(struct map *m, struct err_text *e)
{
    m->model = calloc(MODEL_COLUMNS, sizeof *m->model);
    if (m->model == NULL)
        return err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM));
    for (size_t i = 0; i < MODEL_COLUMNS; i++) {
        double share = ((double)i + 0.5) / MODEL_COLUMNS;
        struct column *c = &m->model[i];

        c->rate_hz = m->low_hz * pow(m->high_hz / m->low_hz, share);
        for (size_t k = 0; k < m->nrows; k++)
            c->points[k] = predicted_point(m, row_of(m, k), c->rate_hz);
    }
    return PL_OK;
}

/* ---- who wins ---- */

static double noise_of(enum map_cost cost)
{
    double noise = metric_find(costs[cost].path)->noise;

    return noise > 0 ? noise : COUNTED_NOISE;
}

static bool has_cost(const struct map *m, enum map_cost cost)
{
    for (size_t i = 0; i < m->columns; i++)
        for (size_t k = 0; k < m->nrows; k++)
            if (isfinite(m->column[i].points[k].cost[cost]))
                return true;
    return false;
}

/* The transports among winners: a bit each. */
static unsigned transports_of(const struct map *m, unsigned long long winners)
{
    unsigned bits = 0;

    for (size_t k = 0; k < m->nrows; k++) {
        const struct transport_info *t = transport_info_find(json_text(row_of(m, k), "transport"));

        if ((winners >> k & 1) != 0 && t != NULL)
            bits |= 1u << (t - transport_infos);
    }
    return bits;
}

/* "sse, websocket"; "–" for none. */
static const char *names_of(char *out, size_t cap, const struct map *m, unsigned long long winners)
{
    size_t len = 0;

    snprintf(out, cap, "%s", winners == 0 ? UNITS_NONE : "");
    for (size_t k = 0; k < m->nrows && len < cap; k++)
        if ((winners >> k & 1) != 0)
            len += (size_t)snprintf(out + len, cap - len, "%s%s", len > 0 ? ", " : "",
                                    json_text(row_of(m, k), "id"));
    return out;
}

/* ---- as tables ---- */

static void put_padded(struct writer *w, const char *text, size_t width)
{
    size_t own = units_text_width(text);

    writer_printf(w, "%s%*s", text, own < width ? (int)(width - own) : 0, "");
}

static double limit_after(double us)
{
    double decade = pow(10, floor(log10(us) + 1e-9)), digit = us / decade;

    return decade * (digit < 1.5 ? 2 : digit < 4 ? 5 : 10);
}

static void put_cost(struct writer *w, const struct map *m, enum map_cost cost)
{
    struct map_step steps[MAP_ROWS_MAX + 1];
    size_t width[RATES_MAX];
    char names[160], word[UNITS_TEXT_BYTES + 4];
    double first = pow(10, floor(log10(m->low_us)));

    writer_printf(w, "\nby %s\nlimit   ", costs[cost].words);
    for (size_t i = 0; i < m->columns; i++) {
        size_t n = map_steps(steps, m->column[i].points, m->nrows, cost, noise_of(cost));

        width[i] = 0;
        for (size_t s = 0; s < n; s++) {
            size_t own = units_text_width(names_of(names, sizeof names, m, steps[s].winners));

            width[i] = own > width[i] ? own : width[i];
        }
        snprintf(word, sizeof word, "%.4g/s", m->column[i].rate_hz);
        width[i] = strlen(word) > width[i] ? strlen(word) : width[i];
        writer_puts(w, "  ");
        put_padded(w, word, i + 1 < m->columns ? width[i] : 0);
    }
    writer_puts(w, "\n");
    for (double us = first; us <= m->high_us; us = limit_after(us)) {
        if (us < m->low_us)
            continue;
        snprintf(word, sizeof word, us < 1e6 ? "%.4g ms" : "%.4g s", us / (us < 1e6 ? 1e3 : 1e6));
        put_padded(w, word, 8);
        for (size_t i = 0; i < m->columns; i++) {
            size_t n = map_steps(steps, m->column[i].points, m->nrows, cost, noise_of(cost));

            writer_puts(w, "  ");
            put_padded(w, names_of(names, sizeof names, m, map_at(steps, n, us)),
                       i + 1 < m->columns ? width[i] : 0);
        }
        writer_puts(w, "\n");
    }
}

static void put_tables(struct writer *w, const struct map *m)
{
    writer_printf(w,
                  "The cheapest row whose latency (%s) is within the limit, by updates a second\n",
                  m->figure);
    for (int cost = 0; cost < MAP_COSTS; cost++)
        if (has_cost(m, (enum map_cost)cost))
            put_cost(w, m, (enum map_cost)cost);
    writer_puts(w, "\n" UNITS_NONE ": no row meets it. Several names: they can't be told apart.\n");
    if (m->left_out > 0)
        writer_printf(w,
                      "%d of %zu measurements were disturbed and are left out; --anyway takes "
                      "them in.\n",
                      m->left_out, m->columns * m->nrows);
}

/* ---- as a picture ---- */

/* Where a column of the picture begins and ends: half way to its neighbours. */
static double left_of(const struct map *m, size_t i)
{
    return i == 0 ? m->low_hz : sqrt(m->column[i].rate_hz * m->column[i - 1].rate_hz);
}

static double right_of(const struct map *m, size_t i)
{
    return i + 1 == m->columns ? m->high_hz : left_of(m, i + 1);
}

/* The interval of the short poll that wins, the longest of several; "-": none does. */
static void put_label(struct writer *w, const struct map *m, unsigned long long winners)
{
    double longest_ms = 0;

    for (size_t k = 0; k < m->nrows; k++)
        if ((winners >> k & 1) != 0)
            longest_ms = fmax(longest_ms, json_number(row_of(m, k), "interval_ms"));
    if (longest_ms <= 0)
        writer_puts(w, "-");
    else if (longest_ms < 1000)
        writer_printf(w, "%.4g ms", longest_ms);
    else
        writer_printf(w, "%.4g s", longest_ms / 1e3);
}

/* What to paint: one area, or stripes in turn of the transports that can't be told apart. */
static void put_boxes(struct writer *w, const struct map *m, size_t column,
                      const struct map_step *step, double y1, double y2)
{
    double x1 = left_of(m, column), x2 = right_of(m, column);
    unsigned bits = transports_of(m, step->winners);
    int colour[TRANSPORT_COUNT], n = 0, boxes;

    for (size_t t = 0; t < TRANSPORT_COUNT; t++)
        if ((bits >> t & 1) != 0)
            colour[n++] = (int)transport_infos[t].rgb;
    boxes = n == 1 ? 1 : n * (1 + STRIPES / n / (int)m->columns);
    for (int i = 0; i < boxes; i++)
        writer_printf(w, "\n%.9g,%.9g,%.9g,%.9g,%d", x1 * pow(x2 / x1, (double)i / boxes),
                      x1 * pow(x2 / x1, (i + 1.0) / boxes), y1, y2, colour[i % n]);
}

/* Who wins where, for people and the picture's labels, into w; what to paint into boxes. Returns
 * how many areas there are. */
static int put_areas(struct writer *w, struct writer *boxes, const struct map *m,
                     enum map_cost cost)
{
    struct map_step steps[MAP_ROWS_MAX + 1];
    char names[160];
    int areas = 0;

    writer_puts(w, "rate_hz,from_us,to_us,rows,label");
    writer_puts(boxes, "x1,x2,y1,y2,colour");
    for (size_t i = 0; i < m->columns; i++) {
        size_t n = map_steps(steps, m->column[i].points, m->nrows, cost, noise_of(cost));

        for (size_t s = 0; s < n; s++) {
            double y1 = fmax(steps[s].from_us, m->low_us);
            double y2 = s + 1 < n ? fmax(steps[s + 1].from_us, m->low_us) : m->high_us;

            if (steps[s].winners == 0)
                continue;
            writer_printf(w, "\n%.9g,%.9g,%.9g,\"%s\",", m->column[i].rate_hz, y1, y2,
                          names_of(names, sizeof names, m, steps[s].winners));
            put_label(w, m, steps[s].winners);
            put_boxes(boxes, m, i, &steps[s], y1, y2);
            areas++;
        }
    }
    writer_puts(w, "\n");
    writer_puts(boxes, "\n");
    return areas;
}

/* Lines where the model says that another transport becomes the cheapest: within a column where a
 * limit is passed, a little into the next one so that they join, and between two columns where they
 * differ. */
struct border {
    struct writer *w;
    const struct map *m;
    enum map_cost cost;
    int lines;
};

static unsigned winner_at(const struct border *b, const struct map_step *steps, size_t n,
                          double limit_us)
{
    return transports_of(b->m, map_at(steps, n, limit_us));
}

static void put_line(struct border *b, double x1, double y1, double x2, double y2)
{
    writer_printf(b->w, "\n%.9g,%.9g,%.9g,%.9g", x1, y1, x2, y2);
    b->lines++;
}

static void put_column_borders(struct border *b, const struct map_step *steps, size_t n, double x1,
                               double x2)
{
    for (size_t s = 1; s < n; s++)
        if (transports_of(b->m, steps[s].winners) != transports_of(b->m, steps[s - 1].winners) &&
            steps[s].from_us > b->m->low_us && steps[s].from_us < b->m->high_us)
            put_line(b, x1, steps[s].from_us, x2 * sqrt(x2 / x1), steps[s].from_us);
}

/* The parts of the border between two columns where their winners differ. */
static void put_side_borders(struct border *b, const struct map_step *left, size_t nleft,
                             const struct map_step *right, size_t nright, double x)
{
    double from = b->m->low_us;

    while (from < b->m->high_us) {
        double to = b->m->high_us;

        for (size_t s = 0; s < nleft; s++)
            to = left[s].from_us > from ? fmin(to, left[s].from_us) : to;
        for (size_t s = 0; s < nright; s++)
            to = right[s].from_us > from ? fmin(to, right[s].from_us) : to;
        if (winner_at(b, left, nleft, from) != winner_at(b, right, nright, from))
            put_line(b, x, from, x, to);
        from = to;
    }
}

/* Returns how many lines there are. */
static int put_borders(struct writer *w, const struct map *m, enum map_cost cost)
{
    struct map_step steps[2][MAP_ROWS_MAX + 1];
    size_t n[2] = {0, 0};
    struct border b = {w, m, cost, 0};
    double width = pow(m->high_hz / m->low_hz, 1.0 / MODEL_COLUMNS);

    writer_puts(w, "x1,y1,x2,y2");
    for (size_t i = 0; i < MODEL_COLUMNS; i++) {
        double x1 = m->low_hz * pow(width, (double)i);
        int now = i % 2, before = 1 - now;

        n[now] = map_steps(steps[now], m->model[i].points, m->nrows, cost, 0);
        put_column_borders(&b, steps[now], n[now], x1, x1 * width);
        if (i > 0)
            put_side_borders(&b, steps[before], n[before], steps[now], n[now], x1);
    }
    writer_puts(w, "\n");
    return b.lines;
}

static void put_points(struct writer *w, const struct map *m)
{
    writer_puts(w, "rate_hz,row,latency_us");
    for (size_t i = 0; i < m->columns; i++)
        for (size_t k = 0; k < m->nrows; k++)
            if (isfinite(m->column[i].points[k].latency_us))
                writer_printf(w, "\n%.9g,%zu,%.9g", m->column[i].rate_hz, k + 1,
                              m->column[i].points[k].latency_us);
    writer_puts(w, "\n");
}

static int write_file(const struct map *m, const char *name, struct buf *file, int rc,
                      struct err_text *e)
{
    char dir[PATH_MAX];
    int named = run_file_path(dir, m->cells->sweep->dir, "charts/data", "", "", e);

    return run_file_write(dir, "map-", name, ".csv", file, named < 0 ? named : rc, e);
}

static int write_cost(const struct map *m, enum map_cost cost, int *areas, int *borders,
                      struct err_text *e)
{
    enum { AREAS, BOXES, MODEL, FILES };
    static const char *const suffixes[FILES] = {"", "-boxes", "-model"};
    struct buf file[FILES] = {{0}};
    struct writer w[FILES];
    char name[32];
    int rc = PL_OK;

    for (int i = 0; i < FILES; i++)
        w[i] = (struct writer){.out = &file[i]};
    *areas = put_areas(&w[AREAS], &w[BOXES], m, cost);
    *borders = put_borders(&w[MODEL], m, cost);
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof name, "%s%s", costs[cost].file, suffixes[i]);
        if (rc == PL_OK)
            rc = write_file(m, name, &file[i], w[i].rc, e);
        buf_free(&file[i]);
    }
    return rc;
}

static int draw(const struct map *m, struct err_text *e)
{
    struct buf variables = {0}, points = {0};
    struct writer w = {.out = &variables}, p = {.out = &points};
    char conditions[256];
    struct chart_picture picture = {"map", "map", conditions, NULL};
    int rc = sweep_chart_rows(m->cells, e);

    put_points(&p, m);
    if (rc == PL_OK)
        rc = write_file(m, "points", &points, p.rc, e);
    else
        buf_free(&points);
    writer_puts(&w, "panels = '");
    for (int cost = 0; rc == PL_OK && cost < MAP_COSTS; cost++) {
        int areas = 0, borders = 0;

        if (!has_cost(m, (enum map_cost)cost))
            continue;
        rc = write_cost(m, (enum map_cost)cost, &areas, &borders, e);
        writer_printf(&w, "%s%s \"%s\" %d %d", cost > 0 ? " " : "", costs[cost].file,
                      costs[cost].words, areas, borders);
    }
    writer_printf(&w, "'; figure = '%s'; left_out = %d; x_low = %.9g; x_high = %.9g; ", m->figure,
                  m->left_out, m->low_hz, m->high_hz);
    writer_printf(&w, "y_low = %.9g; y_high = %.9g; ", m->low_us, m->high_us);
    writer_add(&w, "", 1);
    sweep_chart_conditions(conditions, sizeof conditions, m->cells);
    picture.variables = (const char *)variables.data;
    rc = rc < 0 ? rc : w.rc;
    rc = rc < 0 ? rc : chart_draw_pictures(m->cells->sweep->dir, &picture, 1, e);
    buf_free(&variables);
    return rc;
}

int sweep_map_make(struct buf *out, const struct sweep_cells *c, const struct map_ask *ask,
                   struct err_text *e)
{
    const cJSON *vary = c->sweep->plan.vary;
    struct writer w = {.out = out};
    struct map *m;
    int rc;

    if (cJSON_GetArraySize(vary) != 1 ||
        strcmp(json_text(cJSON_GetArrayItem(vary, 0), "key"), RATE) != 0)
        return err_set(e, PL_EINVAL,
                       "--map: %.200s is no sweep of " RATE " alone; accepted: such "
                       "as make map leaves",
                       c->sweep->dir);
    m = calloc(1, sizeof *m);
    if (m == NULL)
        return err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM));
    m->cells = c;
    m->rows = json_at(c->cell[0].run, "rows");
    m->nrows = (size_t)cJSON_GetArraySize(m->rows);
    choose_figure(m, ask);
    take_columns(m, ask->anyway);
    choose_axes(m);
    rc = take_model(m, e);
    if (rc == PL_OK)
        put_tables(&w, m);
    rc = rc < 0 ? rc : w.rc;
    rc = rc < 0 ? rc : draw(m, e);
    free(m->model);
    free(m);
    return rc;
}
