#include "bench/result/merge.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/result/metric.h"
#include "bench/result/percentile.h"
#include "bench/result/result_balancer.h"
#include "bench/scenario/scenario.h"
#include "lib/hdr/hdr.h"

enum { PATH_BYTES = 128, ROWS_MAX = SCENARIO_MAX_REPEATS };

struct group {
    const cJSON *const *rows;
    size_t n;
};

/* Of single measurements; and what is put together from the table of metrics alone. */
static const char single[] =
    " seed problems notes disturbed findings attempts commands repeat position ";
static const char metrics_only[] = " raw wire machine ";

/* Numbers that are no metrics, nor means. */
static const struct {
    const char *path;
    enum metric_merge merge;
} others[] = {
    {"deliveries", METRIC_SUM},
    {"whole_run.deliveries", METRIC_SUM},
    {"handshakes.given_up", METRIC_SUM},
    {"handshakes.upstream", METRIC_SUM},
    {"age_us.max", METRIC_MAX},
    {"phases.setup_ms", METRIC_SUM},
    {"phases.warmup_ms", METRIC_SUM},
    {"phases.window_ms", METRIC_SUM},
    {"phases.drain_ms", METRIC_SUM},
    {"balancer.payload_bytes.front", METRIC_SUM},
    {"balancer.payload_bytes.behind", METRIC_SUM},
    {"balancer.served.handshakes", METRIC_SUM},
    {"balancer.served.requests", METRIC_SUM},
    {"balancer.served.updates_sent", METRIC_SUM},
    {"balancer.served.cpu_us", METRIC_SUM},
    {"balancer.sequence_errors.duplicated", METRIC_SUM},
    {"balancer.sequence_errors.out_of_order", METRIC_SUM},
    {"balancer.sequence_errors.cursors_back", METRIC_SUM},
};

static enum metric_merge rule_of(const char *path)
{
    const struct metric *m = metric_find(path);

    for (size_t i = 0; m == NULL && i < sizeof others / sizeof *others; i++)
        if (strcmp(others[i].path, path) == 0)
            return others[i].merge;
    return m != NULL ? m->merge : METRIC_MEAN;
}

static bool is_one_of(const char *name, const char *words)
{
    char word[PATH_BYTES + 2];

    snprintf(word, sizeof word, " %s ", name);
    return strstr(words, word) != NULL;
}

/* ---- numbers, texts, yes and no ---- */

static double merge_numbers(const cJSON *const *items, size_t n, enum metric_merge merge)
{
    double sum = 0, most = -INFINITY;
    bool same = true;

    for (size_t i = 0; i < n; i++) {
        if (!cJSON_IsNumber(items[i]))
            return NAN;
        sum += items[i]->valuedouble;
        most = fmax(most, items[i]->valuedouble);
        same = same && items[i]->valuedouble == items[0]->valuedouble;
    }
    switch (merge) {
    case METRIC_SUM:
        return sum;
    case METRIC_MAX:
        return most;
    case METRIC_SAME:
        return same ? most : NAN;
    default:
        return sum / (double)n;
    }
}

static void add_same(cJSON *to, const char *name, const cJSON *const *items, size_t n)
{
    bool same = items[0] != NULL, all = true;

    for (size_t i = 0; i < n; i++) {
        same = same && cJSON_Compare(items[0], items[i], true);
        all = all && cJSON_IsTrue(items[i]);
    }
    if (cJSON_IsBool(items[0]))
        cJSON_AddBoolToObject(to, name, all);
    else
        cJSON_AddItemToObject(to, name,
                              same ? cJSON_Duplicate(items[0], true) : cJSON_CreateNull());
}

/* ---- histograms ---- */

static bool is_histogram(const cJSON *item)
{
    return cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(item, "count")) &&
           cJSON_HasObjectItem(item, "p50");
}

/* Add what the repeats have recorded; one without this histogram (items[i] is null) has recorded
 * nothing. False when one can't be read. The caller frees sum in any case. */
static bool add_histograms(struct hdr *sum, const struct group *g, const char *path,
                           const cJSON *const *items)
{
    const char *encoded = percentile_encoded(path);

    *sum = (struct hdr){0};
    for (size_t i = 0; encoded != NULL && i < g->n; i++) {
        const char *text = json_text(json_at(g->rows[i], encoded), "hdr");
        struct hdr one;
        int rc;

        if (!cJSON_IsObject(items[i]))
            continue;
        if (hdr_decode_base64(&one, text, strlen(text)) < 0)
            return false;
        if (sum->counts == NULL) {
            *sum = one;
            continue;
        }
        rc = hdr_add(sum, &one);
        hdr_free(&one);
        if (rc < 0)
            return false;
    }
    return sum->counts != NULL;
}

static double figure_of(const struct hdr *h, const char *name)
{
    const struct percentile *p = percentile_named(name);

    if (strcmp(name, "count") == 0)
        return (double)h->total_count;
    if (strcmp(name, "mean") == 0)
        return hdr_mean(h);
    if (strcmp(name, "min") == 0)
        return (double)hdr_min(h);
    return p != NULL ? (double)hdr_value_at_percentile(h, p->percent) : NAN;
}

/* What can be said without the histograms. Those that recorded nothing have no min. */
static double figure_without(const cJSON *const *items, size_t n, const char *name)
{
    double count = 0, sum = 0, least = NAN, most = NAN;

    for (size_t i = 0; i < n; i++) {
        double of = json_number(items[i], "count"), value = json_number(items[i], name);

        if (!(of > 0))
            continue;
        count += of;
        sum += of * value;
        least = fmin(least, value);
        most = fmax(most, value);
    }
    if (strcmp(name, "count") == 0)
        return count;
    if (strcmp(name, "mean") == 0)
        return sum / count;
    return strcmp(name, "min") == 0 ? least : strcmp(name, "max") == 0 ? most : NAN;
}

static cJSON *merge_histogram(const struct group *g, const char *path, const cJSON *const *items,
                              const cJSON *lead)
{
    cJSON *out = cJSON_CreateObject();
    struct hdr sum;
    bool known = add_histograms(&sum, g, path, items);
    const cJSON *member;

    cJSON_ArrayForEach(member, lead)
    {
        const char *name = member->string;

        if (strcmp(name, "hdr") == 0)
            continue;
        if (known && (sum.total_count > 0 || strcmp(name, "count") == 0))
            json_add_number(out, name, figure_of(&sum, name));
        else if (known) /* nothing was recorded: 0, or null */
            cJSON_AddItemToObject(out, name, cJSON_Duplicate(member, true));
        else
            json_add_number(out, name, figure_without(items, g->n, name));
    }
    hdr_free(&sum);
    return out;
}

/* ---- the tree ---- */

static void merge_members(cJSON *out, const struct group *g, const char *path,
                          const cJSON *const *items, const cJSON *lead);

/* The one that has most members, if any is an object or a list. */
static const cJSON *find_lead(const cJSON *const *items, size_t n)
{
    const cJSON *lead = NULL;

    for (size_t i = 0; i < n; i++)
        if (cJSON_IsObject(items[i]) || cJSON_IsArray(items[i]))
            lead = lead == NULL || cJSON_GetArraySize(items[i]) > cJSON_GetArraySize(lead)
                       ? items[i]
                       : lead;
    return lead;
}

static void merge_item(cJSON *out, const struct group *g, const char *path, const char *name,
                       const cJSON *const *items)
{
    const cJSON *lead = find_lead(items, g->n);

    if (is_histogram(lead)) {
        cJSON_AddItemToObject(out, name, merge_histogram(g, path, items, lead));
    } else if (cJSON_IsObject(lead)) {
        merge_members(cJSON_AddObjectToObject(out, name), g, path, items, lead);
    } else if (cJSON_IsNumber(items[0])) {
        json_add_number(out, name, merge_numbers(items, g->n, rule_of(path)));
    } else {
        add_same(out, name, items, g->n);
    }
}

/* Lists of objects, such as the servers of a row: the first ones together, and so on. */
static void merge_list(cJSON *out, const struct group *g, const char *path, const char *name,
                       const cJSON *const *items, const cJSON *lead)
{
    cJSON *list = cJSON_AddArrayToObject(out, name);
    const cJSON *at[ROWS_MAX];

    for (int k = 0; k < cJSON_GetArraySize(lead); k++) {
        cJSON *one = cJSON_CreateObject();

        for (size_t i = 0; i < g->n; i++)
            at[i] = cJSON_GetArrayItem(items[i], k);
        merge_members(one, g, path, at, cJSON_GetArrayItem(lead, k));
        cJSON_AddItemToArray(list, one);
    }
}

static void merge_members(cJSON *out, const struct group *g, const char *path,
                          const cJSON *const *items, const cJSON *lead)
{
    const cJSON *member, *at[ROWS_MAX];
    char below[PATH_BYTES];

    cJSON_ArrayForEach(member, lead)
    {
        const char *name = member->string;

        if (path[0] == '\0' && (is_one_of(name, single) || is_one_of(name, metrics_only)))
            continue;
        snprintf(below, sizeof below, "%s%s%s", path, path[0] != '\0' ? "." : "", name);
        for (size_t i = 0; i < g->n; i++)
            at[i] = cJSON_GetObjectItemCaseSensitive(items[i], name);
        if (cJSON_IsArray(member) && cJSON_IsObject(member->child))
            merge_list(out, g, below, name, at, member);
        else
            merge_item(out, g, below, name, at);
    }
}

/* ---- raw, wire and machine: metrics alone ---- */

static void put_at(cJSON *out, const char *path, double value)
{
    char name[PATH_BYTES];
    const char *dot;

    while ((dot = strchr(path, '.')) != NULL) {
        cJSON *inner;

        snprintf(name, sizeof name, "%.*s", (int)(dot - path), path);
        inner = cJSON_GetObjectItemCaseSensitive(out, name);
        out = inner != NULL ? inner : cJSON_AddObjectToObject(out, name);
        path = dot + 1;
    }
    json_add_number(out, path, value);
}

static void add_metrics(cJSON *out, const struct group *g)
{
    for (const struct metric *m = metrics; m->path != NULL; m++) {
        const cJSON *at[ROWS_MAX];
        char root[PATH_BYTES];
        double value;

        snprintf(root, sizeof root, "%.*s", (int)strcspn(m->path, "."), m->path);
        if (!is_one_of(root, metrics_only))
            continue;
        for (size_t i = 0; i < g->n; i++)
            at[i] = json_at(g->rows[i], m->path);
        value = merge_numbers(at, g->n, m->merge);
        if (isfinite(value))
            put_at(out, m->path, value);
    }
    if (cJSON_GetObjectItemCaseSensitive(out, "wire") == NULL)
        cJSON_AddNullToObject(out, "wire");
}

cJSON *merge_rows(const cJSON *const *rows, size_t n)
{
    const struct group g = {rows, n < ROWS_MAX ? n : ROWS_MAX};
    cJSON *out = cJSON_CreateObject();

    merge_members(out, &g, "", rows, find_lead(rows, g.n));
    add_metrics(out, &g);
    result_balancer_describe(cJSON_GetObjectItemCaseSensitive(out, "balancer"));
    return out;
}
