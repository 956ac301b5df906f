#include "bench/sweep/map_picture.h"

#include <math.h>
#include <stdio.h>

#include "bench/base/json.h"
#include "bench/base/writer.h"
#include "bench/chart/chart.h"
#include "bench/result/run_file.h"
#include "bench/sweep/sweep_chart.h"
#include "lib/proto/transport_info.h"

enum { STRIPES = 32 }; /* across the picture */

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
            longest_ms = fmax(longest_ms, json_number(map_data_row(m, k), "interval_ms"));
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
    unsigned bits = map_data_transports(m, step->winners);
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
        size_t n = map_steps(steps, m->column[i].points, m->nrows, cost, map_data_noise(cost));

        for (size_t s = 0; s < n; s++) {
            double y1 = fmax(steps[s].from_us, m->low_us);
            double y2 = s + 1 < n ? fmax(steps[s + 1].from_us, m->low_us) : m->high_us;

            if (steps[s].winners == 0)
                continue;
            writer_printf(w, "\n%.9g,%.9g,%.9g,\"%s\",", m->column[i].rate_hz, y1, y2,
                          map_data_names(names, sizeof names, m, steps[s].winners));
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
    return map_data_transports(b->m, map_at(steps, n, limit_us));
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
        if (map_data_transports(b->m, steps[s].winners) !=
                map_data_transports(b->m, steps[s - 1].winners) &&
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
    double width = pow(m->high_hz / m->low_hz, 1.0 / MAP_MODEL_COLUMNS);

    writer_puts(w, "x1,y1,x2,y2");
    for (size_t i = 0; i < MAP_MODEL_COLUMNS; i++) {
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
        snprintf(name, sizeof name, "%s%s", map_costs[cost].file, suffixes[i]);
        if (rc == PL_OK)
            rc = write_file(m, name, &file[i], w[i].rc, e);
        buf_free(&file[i]);
    }
    return rc;
}

int map_picture_draw(const struct map *m, struct err_text *e)
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

        if (!map_data_has(m, (enum map_cost)cost))
            continue;
        rc = write_cost(m, (enum map_cost)cost, &areas, &borders, e);
        writer_printf(&w, "%s%s \"%s\" %d %d", cost > 0 ? " " : "", map_costs[cost].file,
                      map_costs[cost].words, areas, borders);
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
