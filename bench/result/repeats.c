#include "bench/result/repeats.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/base/units.h"
#include "bench/result/disturbed.h"
#include "bench/result/merge.h"
#include "bench/result/percentile.h"
#include "bench/result/result_balancer.h"

/* Measurements of one row. */
struct set {
    const cJSON *rows[REPEATS_MAX];
    size_t n;
};

static bool is_of(const cJSON *row, const char *id)
{
    return strcmp(json_text(row, "id"), id) == 0;
}

static void find_all(struct set *set, const cJSON *run, const char *id)
{
    const cJSON *row;

    set->n = 0;
    cJSON_ArrayForEach(row, json_at(run, "repeats"))
    {
        if (set->n < REPEATS_MAX && is_of(row, id))
            set->rows[set->n++] = row;
    }
}

/* Those of which the summary is made. */
static void choose(struct set *used, const struct set *all)
{
    used->n = 0;
    for (size_t i = 0; i < all->n; i++)
        if (!disturbed_is(all->rows[i]))
            used->rows[used->n++] = all->rows[i];
    if (used->n < 2 || 2 * used->n < all->n)
        *used = *all;
}

/* ---- a metric's values ---- */

/* "latency_us" of "latency_us.p90", into out; the name of the figure is returned. */
static const char *split(char out[64], const char *path)
{
    const char *dot = strrchr(path, '.');

    snprintf(out, 64, "%.*s", dot == NULL ? 0 : (int)(dot - path), path);
    return dot == NULL ? "" : dot + 1;
}

static double value_of(const struct metric *m, const cJSON *row)
{
    double value = metric_value(m, row);
    char histogram[64];
    const char *name = split(histogram, m->path), *encoded = percentile_encoded(histogram);

    if (isfinite(value) || encoded == NULL || !(json_number(json_at(row, encoded), "count") > 0))
        return value;
    return json_number(json_at(row, encoded), name);
}

/* False when one has none. */
static bool take_values(double *out, const struct set *set, const struct metric *m)
{
    for (size_t i = 0; i < set->n; i++) {
        out[i] = value_of(m, set->rows[i]);
        if (!isfinite(out[i]))
            return false;
    }
    return true;
}

static const cJSON *find_row(const cJSON *run, const char *id)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (is_of(row, id))
            return row;
    }
    return NULL;
}

size_t repeats_values(const cJSON *run, const char *row_id, const struct metric *m, double *out,
                      size_t cap)
{
    double summary = metric_value(m, find_row(run, row_id)), values[REPEATS_MAX];
    struct set all, used;

    if (!isfinite(summary) || cap == 0)
        return 0;
    find_all(&all, run, row_id);
    choose(&used, &all);
    if (used.n == 0) {
        out[0] = summary;
        return 1;
    }
    if (!take_values(values, &used, m))
        return 0;
    used.n = used.n < cap ? used.n : cap;
    memcpy(out, values, used.n * sizeof *out);
    return used.n;
}

size_t repeats_left_out(const cJSON *run, const char *row_id, bool out[REPEATS_MAX])
{
    struct set all, used;
    size_t k = 0;

    find_all(&all, run, row_id);
    choose(&used, &all);
    for (size_t i = 0; i < all.n; i++) {
        out[i] = k == used.n || all.rows[i] != used.rows[k];
        k += !out[i];
    }
    return all.n;
}

double repeats_window_s(const cJSON *row)
{
    double repeats = json_number(row, "repeats");

    return json_number(row, "phases.window_ms") / 1e3 / (repeats > 0 ? repeats : 1);
}

const cJSON *repeats_measured(const cJSON *run, const cJSON *row)
{
    struct set all;

    find_all(&all, run, json_text(row, "id"));
    return all.n > 0 ? all.rows[0] : row;
}

/* ---- intervals ---- */

bool repeats_has_interval(const struct metric *m)
{
    char histogram[64];
    const char *name = split(histogram, m->path);
    bool is_end = percentile_encoded(histogram) != NULL &&
                  (strcmp(name, "min") == 0 || strcmp(name, "max") == 0);

    return m->format != NULL && m->merge == METRIC_MEAN && !is_end;
}

static void add_intervals(cJSON *summary, const struct set *used)
{
    cJSON *all = cJSON_AddObjectToObject(summary, "ci95"), *o;
    double values[REPEATS_MAX], estimate;
    struct interval ci;

    for (const struct metric *m = metrics; m->path != NULL; m++) {
        estimate = metric_value(m, summary);
        if (!repeats_has_interval(m) || !isfinite(estimate) || !take_values(values, used, m))
            continue;
        ci = interval_of(values, used->n, estimate);
        if (!isfinite(ci.low))
            continue;
        o = cJSON_AddObjectToObject(all, m->path);
        json_add_number(o, "low", ci.low);
        json_add_number(o, "high", ci.high);
    }
}

bool repeats_interval(const cJSON *row, const char *path, struct interval *out)
{
    const cJSON *ci = cJSON_GetObjectItemCaseSensitive(json_at(row, "ci95"), path);

    *out = (struct interval){json_number(ci, "low"), json_number(ci, "high")};
    return isfinite(out->low) && isfinite(out->high);
}

/* ---- what is said of the repeats ---- */

static void add_lines(cJSON *to, const cJSON *row, const char *list)
{
    const cJSON *line;

    cJSON_ArrayForEach(line, json_at(row, list))
    {
        json_append_printf(to, "repeat %.0f: %s", json_number(row, "repeat"),
                           cJSON_IsString(line) ? line->valuestring : "");
    }
}

static cJSON *all_lines(const struct set *all, const char *list)
{
    cJSON *lines = cJSON_CreateArray();

    for (size_t i = 0; i < all->n; i++)
        add_lines(lines, all->rows[i], list);
    return lines;
}

/* One line for each disturbed repeat: "repeat 2: the server was stopped for 1 s, and ...". */
static cJSON *all_reasons(const struct set *all)
{
    cJSON *lines = cJSON_CreateArray();

    for (size_t i = 0; i < all->n; i++) {
        const cJSON *reason;
        char text[600] = "";
        size_t len = 0;

        cJSON_ArrayForEach(reason, json_at(all->rows[i], "disturbed"))
        {
            if (cJSON_IsString(reason) && len < sizeof text)
                len += (size_t)snprintf(text + len, sizeof text - len, "%s%s",
                                        len > 0 ? ", and " : "", reason->valuestring);
        }
        if (len > 0)
            json_append_printf(lines, "repeat %.0f: %s", json_number(all->rows[i], "repeat"), text);
    }
    return lines;
}

static void add_all_lines(cJSON *summary, const struct set *all, const struct set *used)
{
    cJSON *reasons = all_reasons(all), *none = cJSON_CreateArray();
    cJSON *notes = all_lines(all, "notes");
    bool left_out = used->n < all->n;
    size_t n = all->n - used->n;

    if (left_out)
        json_append_printf(notes, "%zu of %zu repeats %s disturbed and left out", n, all->n,
                           n == 1 ? "was" : "were");
    cJSON_AddNumberToObject(summary, "repeats", (double)used->n);
    cJSON_AddItemToObject(summary, "repeats_left_out", left_out ? reasons : none);
    cJSON_AddItemToObject(summary, "disturbed", left_out ? none : reasons);
    cJSON_AddItemToObject(summary, "problems", all_lines(all, "problems"));
    if (json_at(all->rows[0], "findings") != NULL)
        cJSON_AddItemToObject(summary, "findings", all_lines(all, "findings"));
    cJSON_AddItemToObject(summary, "notes", notes);
}

/* ---- the summaries ---- */

static cJSON *summarise(const struct set *all)
{
    struct set used;
    cJSON *summary;

    choose(&used, all);
    summary = merge_rows(used.rows, used.n);
    percentile_prune(summary);
    add_all_lines(summary, all, &used);
    return summary;
}

static void add_all_intervals(const cJSON *run)
{
    struct set all, used;
    cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        find_all(&all, run, json_text(row, "id"));
        choose(&used, &all);
        add_intervals(row, &used);
    }
}

int repeats_summarise(cJSON *run, struct err_text *e)
{
    cJSON *repeats = cJSON_GetObjectItemCaseSensitive(run, "repeats"), *rows;
    const cJSON *planned;

    if (!cJSON_IsArray(repeats))
        return err_set(e, PL_EINVAL, "the run has no repeats");
    rows = cJSON_CreateArray();
    cJSON_ArrayForEach(planned, json_at(run, "rows_planned"))
    {
        struct set all;

        find_all(&all, run, cJSON_IsString(planned) ? planned->valuestring : "");
        if (all.n > 0)
            cJSON_AddItemToArray(rows, summarise(&all));
    }
    cJSON_ReplaceItemInObjectCaseSensitive(run, "rows", rows);
    result_balancer_compare(repeats);
    result_balancer_compare(rows);
    add_all_intervals(run);
    return PL_OK;
}
