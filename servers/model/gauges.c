#include "servers/model/gauges.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From a temperature every five seconds to a price 20 times a second: 47.4 updates a second in all.
 */
const struct gauge_kind gauge_kinds[GAUGES] = {
    {"metric/temperature", "env.temperature", "celsius", "rack-4", 0.2, 24, 0.8, 600, 60, 1},
    {"metric/disk", "system.disk.used", "percent", "db-1", 0.2, 71, 0.5, 3600, 100, 2},
    {"metric/memory", "system.mem.used", "percent", "db-1", 0.5, 62, 3, 120, 100, 1},
    {"metric/load", "system.load.1", "processes", "web-3", 0.5, 2.4, 0.4, 60, 64, 2},
    {"metric/cpu", "system.cpu.user", "percent", "web-3", 1, 45, 8, 20, 100, 1},
    {"metric/connections", "nginx.connections", "connections", "web-3", 1, 1800, 150, 60, 65535, 0},
    {"metric/errors", "http.errors", "per_second", "web-3", 2, 3, 0.6, 10, 1000, 1},
    {"metric/queue", "jobs.waiting", "jobs", "worker-2", 2, 240, 40, 30, 100000, 0},
    {"metric/latency", "http.latency.p95", "milliseconds", "web-3", 5, 87, 12, 5, 60000, 1},
    {"metric/requests", "http.requests", "per_second", "web-3", 5, 1250, 110, 15, 100000, 0},
    {"metric/network", "system.net.out", "megabits_per_second", "web-3", 10, 312, 45, 3, 10000, 1},
    {"metric/price", "market.last", "usd", "feed-1", 20, 184.5, 2.5, 300, 10000, 2},
};

static struct gauge *gauges_earliest(struct gauges *g)
{
    struct gauge *earliest = &g->gauges[0];

    for (int i = 1; i < GAUGES; i++) {
        if (g->gauges[i].due_ns < earliest->due_ns)
            earliest = &g->gauges[i];
    }
    return earliest;
}

static size_t gauge_text(char *text, const struct gauge_kind *k, double value)
{
    int len = snprintf(text, GAUGES_TEXT_BYTES,
                       "{\"metric\":\"%s\",\"type\":\"gauge\",\"value\":%.*f,\"unit\":\"%s\","
                       "\"tags\":{\"host\":\"%s\",\"env\":\"production\"}}",
                       k->metric, k->decimals, fmin(fmax(value, 0), k->max), k->unit, k->host);

    return (size_t)len;
}

static void gauges_next(struct model *model, struct post *out)
{
    struct gauges *g = (struct gauges *)model;
    struct gauge *gauge = gauges_earliest(g);
    const struct gauge_kind *kind = &gauge_kinds[gauge - g->gauges];

    *out = (struct post){
        .channel = {kind->channel, strlen(kind->channel)},
        .key = MODEL_NAME("value"),
        .data = g->text,
        .data_len = gauge_text(g->text, kind, gauge->value),
    };
    gauge->value =
        kind->mean + (gauge->value - kind->mean) * gauge->keep + gauge->shake * rng_normal(&g->rng);
    gauge->due_ns += gauge->period_ns;
    model->due_ns = gauges_earliest(g)->due_ns;
}

/* Begins with a value from the stationary distribution, at a random phase. */
static void gauge_init(struct gauge *gauge, const struct gauge_kind *k, struct rng *r)
{
    gauge->keep = exp(-1 / (k->rate_hz * k->settle_s));
    gauge->shake = k->sd * sqrt(1 - gauge->keep * gauge->keep);
    gauge->value = k->mean + k->sd * rng_normal(r);
    gauge->period_ns = llround(1e9 / k->rate_hz);
    gauge->due_ns = (int64_t)(rng_uniform(r) * (double)gauge->period_ns);
}

struct model *gauges_new(uint64_t seed)
{
    struct gauges *g = calloc(1, sizeof *g);

    if (g == NULL)
        return NULL;
    g->model.next = gauges_next;
    rng_seed(&g->rng, seed);
    for (int i = 0; i < GAUGES; i++)
        gauge_init(&g->gauges[i], &gauge_kinds[i], &g->rng);
    g->model.due_ns = gauges_earliest(g)->due_ns;
    return &g->model;
}
