#include "bench/sweep/sweep_map.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/units.h"
#include "bench/base/writer.h"
#include "bench/sweep/map_data.h"
#include "bench/sweep/map_picture.h"

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
    size_t width[MAP_RATES_MAX];
    char names[160], word[UNITS_TEXT_BYTES + 4];
    double first = pow(10, floor(log10(m->low_us)));

    writer_printf(w, "\nby %s\nlimit   ", map_costs[cost].words);
    for (size_t i = 0; i < m->columns; i++) {
        size_t n = map_steps(steps, m->column[i].points, m->nrows, cost, map_data_noise(cost));

        width[i] = 0;
        for (size_t s = 0; s < n; s++) {
            size_t own = units_text_width(map_data_names(names, sizeof names, m, steps[s].winners));

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
            size_t n = map_steps(steps, m->column[i].points, m->nrows, cost, map_data_noise(cost));

            writer_puts(w, "  ");
            put_padded(w, map_data_names(names, sizeof names, m, map_at(steps, n, us)),
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
        if (map_data_has(m, (enum map_cost)cost))
            put_cost(w, m, (enum map_cost)cost);
    writer_puts(w, "\n" UNITS_NONE ": no row meets it. Several names: they can't be told apart.\n");
    if (m->left_out > 0)
        writer_printf(w,
                      "%d of %zu measurements were disturbed and are left out; --anyway takes "
                      "them in.\n",
                      m->left_out, m->columns * m->nrows);
}

int sweep_map_make(struct buf *out, const struct sweep_cells *c, const struct map_ask *ask,
                   struct err_text *e)
{
    struct writer w = {.out = out};
    struct map *m;
    int rc = map_data_make(&m, c, ask->percentile, ask->anyway, e);

    if (rc < 0)
        return rc;
    put_tables(&w, m);
    rc = w.rc < 0 ? err_set(e, w.rc, "%s", pl_strerror(w.rc)) : map_picture_draw(m, e);
    map_data_free(m);
    return rc;
}
