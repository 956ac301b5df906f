#include "bench/run/cluster_report.h"

#include "bench/base/json.h"
#include "bench/run/stats_snapshot.h"
#include "lib/base/clock.h"

static const char *const moments[CLUSTER_MOMENTS] = {"start", "window_start", "window_end", "end"};

static void add_or_null(cJSON *o, const char *name, cJSON *item)
{
    cJSON_AddItemToObject(o, name, item != NULL ? item : cJSON_CreateNull());
}

/* What can be added up, of all servers; the rest as the first one says it. NULL: not asked. */
static cJSON *sum_snapshots(const struct cluster *c, enum cluster_moment which)
{
    static const char *const parts[] = {"process", "connections", "transports"};
    cJSON *sum = cJSON_Duplicate(c->servers[0].snapshot[which], true);

    for (size_t i = 1; sum != NULL && i < c->nservers; i++)
        for (size_t p = 0; p < sizeof parts / sizeof *parts; p++)
            json_sum(cJSON_GetObjectItemCaseSensitive(sum, parts[p]),
                     json_at(c->servers[i].snapshot[which], parts[p]));
    return sum;
}

static cJSON *sum_all(const struct cluster *c)
{
    cJSON *all = cJSON_CreateObject();

    for (int i = 0; i < CLUSTER_MOMENTS; i++)
        add_or_null(all, moments[i], sum_snapshots(c, (enum cluster_moment)i));
    return all;
}

static cJSON *describe_server(const struct cluster *c, const struct cluster_server *s)
{
    cJSON *o = cJSON_CreateObject(), *stats = cJSON_AddObjectToObject(o, "stats");

    cJSON_AddStringToObject(o, "address", s->address);
    if (s->down) /* since the window opened */
        json_add_number(o, "killed_after_s",
                        (double)(s->down_ns - c->window_start_ns) / (double)NS_PER_S);
    for (int i = 0; i < CLUSTER_MOMENTS; i++)
        add_or_null(stats, moments[i], cJSON_Duplicate(s->snapshot[i], true));
    return o;
}

/* A number of nanoseconds at each moment, in microseconds. */
static void add_moments(cJSON *to, const char *name, const int64_t ns[CLUSTER_MOMENTS])
{
    cJSON *o = cJSON_AddObjectToObject(to, name);

    for (int i = 0; i < CLUSTER_MOMENTS; i++)
        json_add_number(o, moments[i], (double)(ns[i] / NS_PER_US));
}

static void add_store(cJSON *to, const struct cluster *c)
{
    cJSON *store;

    if (c->store.name == NULL)
        return;
    store = cJSON_AddObjectToObject(to, "store");
    json_add_text(store, "program", c->store.version);
    add_moments(store, "cpu_us", c->store_cpu_ns);
    add_moments(store, "time_us", c->taken_ns);
}

static cJSON *describe(const struct cluster *c)
{
    cJSON *o = cJSON_CreateObject(), *servers;

    cJSON_AddStringToObject(o, "kind", scenario_balancer_kinds[c->plan.kind]);
    json_add_number(o, "layer", c->kind->layer);
    json_add_text(o, "program", c->balancer.version);
    json_add_text(o, "config",
                  c->plan.config[0] != '\0' ? c->plan.config
                  : c->kind->config != NULL ? c->kind->config
                                            : "");
    json_add_text(o, "source", scenario_servers_sources[c->plan.source]);
    json_add_text(o, "link", c->plan.link);
    add_moments(o, "cpu_us", c->balancer_cpu_ns);
    add_moments(o, "time_us", c->taken_ns);
    add_store(o, c);
    servers = cJSON_AddArrayToObject(o, "servers");
    for (size_t i = 0; i < c->nservers; i++)
        cJSON_AddItemToArray(servers, describe_server(c, &c->servers[i]));
    return o;
}

/* The one server of a row answers the clients itself; what had its place before is added here. */
static void add_lives(const struct cluster *c, cJSON *report)
{
    cJSON *stats;

    cJSON_ArrayForEach(stats, json_at(report, "server_stats"))
    {
        stats_add_lives(stats, c->servers[0].lives);
    }
}

void cluster_report(const struct cluster *c, cJSON *report)
{
    if (!c->balanced) {
        add_lives(c, report);
        return;
    }
    cJSON_DeleteItemFromObjectCaseSensitive(report, "server_stats");
    cJSON_AddItemToObject(report, "server_stats", sum_all(c));
    cJSON_AddItemToObject(report, "balancer", describe(c));
}
