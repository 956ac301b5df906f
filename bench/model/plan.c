#include "bench/model/plan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/link/link_spec.h"
#include "bench/model/predicted.h"
#include "bench/result/disturbed.h"
#include "bench/result/result.h"

/* ---- a run that nobody has measured ---- */

/* Set the number at a path, such as "latency_us.p50". */
static void put_at(cJSON *o, const char *path, double value)
{
    char name[64];
    size_t len;

    for (; path[len = strcspn(path, ".")] == '.'; path += len + 1) {
        cJSON *inner;

        snprintf(name, sizeof name, "%.*s", (int)len, path);
        inner = cJSON_GetObjectItemCaseSensitive(o, name);
        o = inner != NULL ? inner : cJSON_AddObjectToObject(o, name);
    }
    json_add_number(o, path, value);
}

/* The figures at the places of measured ones; delivered, without which a row has none, is at least
 * an update. */
static void put_figures(const cJSON *run, cJSON *row)
{
    double window_s = json_number(row, "phases.window_ms") / 1e3;
    double published = predict_question_of(run, row).rate_hz * window_s;
    double deliveries = published * json_number(row, "clients");

    json_add_number(row, "published", published);
    json_add_number(row, "deliveries", deliveries);
    json_add_number(row, "delivered", fmax(deliveries, 1));
    for (const struct predicted_figure *f = predicted_figures; f->path != NULL; f++)
        put_at(row, f->path, predicted_value(row, f->path));
}

static cJSON *row_of(const struct scenario *s, const struct scenario_row *row)
{
    cJSON *o = result_row_new(row, NULL);

    json_add_number(o, "clients", (double)s->clients);
    put_at(o, "phases.window_ms", s->duration_s * 1e3);
    return o;
}

int plan_new(cJSON **run, const struct scenario *s, struct err_text *e)
{
    char link[SCENARIO_TEXT_BYTES + 32];
    struct link_spec spec;
    cJSON *rows, *row;

    *run = NULL;
    scenario_link(link, sizeof link, s);
    if (strcmp(link, "loopback") != 0 && link_spec_parse(&spec, link, e) < 0)
        return PL_EINVAL;
    *run = result_new(s, cJSON_CreateObject());
    if (strcmp(link, "loopback") != 0)
        cJSON_AddItemToObject(*run, "link_details", link_spec_describe(&spec));
    rows = cJSON_GetObjectItemCaseSensitive(*run, "rows");
    for (size_t i = 0; i < s->nrows; i++)
        cJSON_AddItemToArray(rows, row_of(s, &s->rows[i]));
    predicted_add(*run);
    cJSON_ArrayForEach(row, rows)
    {
        put_figures(*run, row);
    }
    return PL_OK;
}

/* ---- what a measured run adds ---- */

/* The row with the same transport and connection, and the same id where there is one. */
static const cJSON *like(const cJSON *measured, const cJSON *row)
{
    const cJSON *other, *found = NULL;

    cJSON_ArrayForEach(other, json_at(measured, "rows"))
    {
        if (disturbed_is(other) ||
            strcmp(json_text(other, "transport"), json_text(row, "transport")) != 0 ||
            strcmp(json_text(other, "connection"), json_text(row, "connection")) != 0)
            continue;
        if (found == NULL || strcmp(json_text(other, "id"), json_text(row, "id")) == 0)
            found = other;
    }
    return found;
}

void plan_take_costs(cJSON *run, const cJSON *measured)
{
    static const char *const memory[] = {"server_heap_bytes_per_client",
                                         "server_memory.start_rss_bytes",
                                         "kernel_bytes_per_connection"};
    cJSON *row;

    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(run, "rows"))
    {
        const cJSON *from = like(measured, row);
        double cpu_us = json_number(from, "server_cpu_us_per_update");
        double requests = json_number(row, "requests_per_update");

        if (from == NULL)
            continue;
        json_add_text(row, "measured_row", json_text(from, "id"));
        for (size_t i = 0; i < sizeof memory / sizeof *memory; i++)
            put_at(row, memory[i], json_number(from, memory[i]));
        if (requests > 0)
            cpu_us *= requests / json_number(from, "requests_per_update");
        json_add_number(row, "server_cpu_us_per_update", cpu_us);
    }
}

struct capacity_model_at plan_of(const cJSON *run, const cJSON *row, double clients)
{
    struct capacity_model_load load = capacity_model_load_of(run, row);

    return capacity_model_at(&load, clients);
}
