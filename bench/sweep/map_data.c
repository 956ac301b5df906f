#include "bench/sweep/map_data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/base/units.h"
#include "bench/model/predicted.h"
#include "bench/result/disturbed.h"
#include "bench/result/metric.h"
#include "bench/result/percentile.h"
#include "bench/result/repeats.h"
#include "bench/result/run_file.h"
#include "lib/proto/transport_info.h"

#define RATE "source.rate_hz"

/* Rows whose costs are nearer than this are not told apart where the metric names no noise: they
 * are counted, but how many updates fall into a window is chance. */
#define COUNTED_NOISE 0.02

const struct map_cost_kind map_costs[MAP_COSTS] = {
    [MAP_REQUESTS] = {"requests_per_client_s", "HTTP requests", "requests"},
    [MAP_WIRE] = {"wire_bytes_per_client_s", "bytes on the wire", "wire"},
    [MAP_CPU] = {"server_cpu_us_per_client_s", "server CPU", "cpu"},
};

const cJSON *map_data_row(const struct map *m, size_t i)
{
    return cJSON_GetArrayItem(m->rows, (int)i);
}

/* ---- from the sweep ---- */

static void choose_figure(struct map *m, double percentile)
{
    const char *tail = sweep_cells_tail(m->cells);
    char path[32];

    m->latency = strcmp(tail, "latency_us.max") != 0 ? tail : sweep_cells_middle(m->cells);
    if (!isnan(percentile)) {
        snprintf(path, sizeof path, "latency_us.%s", percentile_from(percentile)->name);
        m->latency = metric_find(path)->path;
    }
    m->figure = metric_find(m->latency)->name + strlen("latency ");
}

static void take_point(struct map_point *p, const struct map *m, const cJSON *row)
{
    p->latency_us = sweep_cells_value(row, m->latency, NULL);
    for (int cost = 0; cost < MAP_COSTS; cost++) {
        struct interval ci;

        p->cost[cost] = sweep_cells_value(row, map_costs[cost].path, &ci);
        p->low[cost] = ci.low;
        p->high[cost] = ci.high;
    }
}

static int by_rate(const void *a, const void *b)
{
    double x = ((const struct map_column *)a)->rate_hz, y = ((const struct map_column *)b)->rate_hz;

    return (x > y) - (x < y);
}

static void take_columns(struct map *m, bool anyway)
{
    for (size_t i = 0; i < m->cells->n && i < MAP_RATES_MAX; i++) {
        const struct sweep_cell *cell = &m->cells->cell[i];
        struct map_column *c = &m->column[m->columns++];

        c->rate_hz = cJSON_GetObjectItemCaseSensitive(cell->values, RATE)->valuedouble;
        for (size_t k = 0; k < m->nrows; k++) {
            const cJSON *row = run_file_row(cell->run, json_text(map_data_row(m, k), "id"));

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
    p.latency_us = predicted_figure(&a, m->latency);
    for (int cost = 0; cost < MAP_COSTS; cost++)
        p.low[cost] = p.high[cost] = p.cost[cost] = NAN;
    p.cost[MAP_REQUESTS] = q.way == PREDICT_PUSH ? 0 : a.requests_per_update * rate_hz;
    p.cost[MAP_WIRE] = a.wire_bytes_per_update * rate_hz;
    return p;
}

static int take_model(struct map *m, struct err_text *e)
{
    m->model = calloc(MAP_MODEL_COLUMNS, sizeof *m->model);
    if (m->model == NULL)
        return err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM));
    for (size_t i = 0; i < MAP_MODEL_COLUMNS; i++) {
        double share = ((double)i + 0.5) / MAP_MODEL_COLUMNS;
        struct map_column *c = &m->model[i];

        c->rate_hz = m->low_hz * pow(m->high_hz / m->low_hz, share);
        for (size_t k = 0; k < m->nrows; k++)
            c->points[k] = predicted_point(m, map_data_row(m, k), c->rate_hz);
    }
    return PL_OK;
}

int map_data_make(struct map **out, const struct sweep_cells *c, double percentile, bool anyway,
                  struct err_text *e)
{
    const cJSON *vary = c->sweep->plan.vary;
    struct map *m;
    int rc;

    *out = NULL;
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
    choose_figure(m, percentile);
    take_columns(m, anyway);
    choose_axes(m);
    rc = take_model(m, e);
    *out = m;
    if (rc < 0) {
        map_data_free(m);
        *out = NULL;
    }
    return rc;
}

void map_data_free(struct map *m)
{
    free(m->model);
    free(m);
}

/* ---- who wins ---- */

double map_data_noise(enum map_cost cost)
{
    double noise = metric_find(map_costs[cost].path)->noise;

    return noise > 0 ? noise : COUNTED_NOISE;
}

bool map_data_has(const struct map *m, enum map_cost cost)
{
    for (size_t i = 0; i < m->columns; i++)
        for (size_t k = 0; k < m->nrows; k++)
            if (isfinite(m->column[i].points[k].cost[cost]))
                return true;
    return false;
}

unsigned map_data_transports(const struct map *m, unsigned long long winners)
{
    unsigned bits = 0;

    for (size_t k = 0; k < m->nrows; k++) {
        const struct transport_info *t =
            transport_info_find(json_text(map_data_row(m, k), "transport"));

        if ((winners >> k & 1) != 0 && t != NULL)
            bits |= 1u << (t - transport_infos);
    }
    return bits;
}

const char *map_data_names(char *out, size_t cap, const struct map *m, unsigned long long winners)
{
    size_t len = 0;

    snprintf(out, cap, "%s", winners == 0 ? UNITS_NONE : "");
    for (size_t k = 0; k < m->nrows && len < cap; k++)
        if ((winners >> k & 1) != 0)
            len += (size_t)snprintf(out + len, cap - len, "%s%s", len > 0 ? ", " : "",
                                    json_text(map_data_row(m, k), "id"));
    return out;
}
