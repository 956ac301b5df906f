#include "bench/sweep/sweep_chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/file.h"
#include "bench/base/gnuplot.h"
#include "bench/base/json.h"
#include "bench/base/writer.h"
#include "bench/chart/chart.h"
#include "bench/chart/chart_data.h"
#include "bench/result/disturbed.h"
#include "bench/result/metric.h"
#include "bench/result/run_file.h"

enum { PANELS_MAX = 12, CHARTS = 8 };

/* Values that span more than this stand on a log axis. */
#define LOG_SPAN 20

/* The x axis: the first varied key. What is no number has its values side by side. */
struct axis {
    const char *key;
    const cJSON *values;
    int n;
    bool numbers, log;
};

/* What a chart's numbers are like. */
struct extent {
    double low, high; /* of values above 0 and their intervals */
    bool disturbed;   /* some values are of disturbed rows */
};

static struct axis axis_of(const struct sweep_cells *c)
{
    const cJSON *vary = cJSON_GetArrayItem(c->sweep->plan.vary, 0), *value;
    struct axis a = {.key = json_text(vary, "key"), .values = json_at(vary, "values")};
    double low = INFINITY, high = 0;

    a.n = cJSON_GetArraySize(a.values);
    a.numbers = cJSON_IsNumber(cJSON_GetArrayItem(a.values, 0));
    cJSON_ArrayForEach(value, a.values)
    {
        low = fmin(low, value->valuedouble);
        high = fmax(high, value->valuedouble);
    }
    a.log = a.numbers && low > 0 && high > LOG_SPAN * low;
    return a;
}

/* Where a cell stands: its value, or the number of its word. */
static double place_of(const struct axis *a, const struct sweep_cell *cell)
{
    const cJSON *own = cJSON_GetObjectItemCaseSensitive(cell->values, a->key), *value;
    int i = 0;

    if (a->numbers)
        return own->valuedouble;
    cJSON_ArrayForEach(value, a->values)
    {
        if (cJSON_Compare(value, own, true))
            break;
        i++;
    }
    return i;
}

/* The values of all keys but the first: "link.rtt_ms=50". "" with one key. */
static void panel_of(char *out, size_t cap, const struct sweep_cell *cell)
{
    cJSON *rest = cJSON_Duplicate(cell->values, true);

    cJSON_Delete(cJSON_DetachItemFromArray(rest, 0));
    plan_name(out, cap, rest);
    for (; *out != '\0'; out++) /* gnuplot takes it as one word */
        if (*out == ' ')
            *out = ',';
    cJSON_Delete(rest);
}

/* ---- rows.csv ---- */

/* The rows of all cells as one: delivered by any; which cells were disturbed the points say. */
static cJSON *all_rows(const struct sweep_cells *c)
{
    cJSON *all = cJSON_Duplicate(json_at(c->cell[0].run, "rows"), true), *row;

    cJSON_ArrayForEach(row, all)
    {
        double delivered = 0;

        for (size_t i = 0; i < c->n; i++) {
            const cJSON *one = run_file_row(c->cell[i].run, json_text(row, "id"));

            delivered += fmax(0, json_number(one, "delivered"));
        }
        cJSON_ReplaceItemInObjectCaseSensitive(row, "disturbed", cJSON_CreateArray());
        cJSON_ReplaceItemInObjectCaseSensitive(row, "delivered", cJSON_CreateNumber(delivered));
    }
    return all;
}

int sweep_chart_rows(const struct sweep_cells *c, struct err_text *e)
{
    struct buf rows = {0}, link = {0};
    char data_dir[PATH_MAX];
    cJSON *all = all_rows(c);
    int rc = run_file_path(data_dir, c->sweep->dir, "charts/data", "", "", e);

    rc = rc < 0 ? rc : file_make_folders(data_dir, e);
    if (rc == PL_OK)
        rc = run_file_write(data_dir, "rows", "", ".csv", &rows, chart_data_rows(&rows, all), e);
    if (rc == PL_OK)
        rc = run_file_write(data_dir, "link", "", ".csv", &link,
                            buf_printf(&link, "half_rtt_us\nNaN\n"), e);
    cJSON_Delete(all);
    return rc;
}

/* Is the key, or a part of it, varied? */
static bool is_varied(const struct sweep_cells *c, const char *key)
{
    const cJSON *vary;
    size_t len = strlen(key);

    cJSON_ArrayForEach(vary, c->sweep->plan.vary)
    {
        const char *other = json_text(vary, "key");

        if (strncmp(other, key, len) == 0 && (other[len] == '\0' || other[len] == '.'))
            return true;
    }
    return false;
}

/* A number that is the same in all cells; format has a place for it. */
static void put_common(struct writer *w, const struct sweep_cells *c, const char *key,
                       const char *format)
{
    char path[80];
    double value;

    snprintf(path, sizeof path, "scenario.%s", key);
    value = json_number(c->sweep->json, path);
    if (!isnan(value) && !is_varied(c, key))
        writer_printf(w, format, value);
}

void sweep_chart_conditions(char *out, size_t cap, const struct sweep_cells *c)
{
    const cJSON *json = c->sweep->json;
    struct buf text = {0};
    struct writer w = {.out = &text};

    put_common(&w, c, "clients", "%.10g clients · ");
    put_common(&w, c, "source.rate_hz", "%.10g updates/s · ");
    put_common(&w, c, "source.payload_bytes", "%.10g bytes · ");
    put_common(&w, c, "duration_s", "window %.10g s · ");
    if (!is_varied(c, "link"))
        writer_printf(&w, "link: %.40s · ", json_text(json, "scenario.link"));
    writer_printf(&w, "%zu of %d cells × %d · %.10s · pushlab %.16s", c->n, c->sweep->plan.cells,
                  c->sweep->plan.repeat, json_text(json, "started"), json_text(json, "pushlab"));
    snprintf(out, cap, "%s", writer_text(&w));
    buf_free(&text);
}

/* ---- one chart's numbers ---- */

static void extend(struct extent *x, double value)
{
    if (isnan(value))
        return;
    if (value > 0) {
        x->low = fmin(x->low, value);
        x->high = fmax(x->high, value);
    }
}

static void put_number(struct writer *w, double value)
{
    if (isfinite(value))
        writer_printf(w, ",%.9g", value);
    else
        writer_puts(w, ",NaN");
}

/* The points of a row in a panel, in the order of the axis. */
static void put_points(struct writer *w, const struct sweep_cells *c, const struct axis *a,
                       const char *panel, int panel_number, const cJSON *row, int row_number,
                       const char *path, struct extent *x)
{
    char name[160];

    for (size_t i = 0; i < c->n; i++) {
        const cJSON *one = run_file_row(c->cell[i].run, json_text(row, "id"));
        struct interval ci;
        double value = sweep_cells_value(one, path, &ci);

        panel_of(name, sizeof name, &c->cell[i]);
        if (strcmp(name, panel) != 0)
            continue;
        extend(x, value);
        if (ci.low > 0)
            extend(x, ci.low);
        extend(x, ci.high);
        writer_printf(w, "\n%d,%d", panel_number, row_number);
        put_number(w, place_of(a, &c->cell[i]));
        put_number(w, value);
        put_number(w, ci.low);
        put_number(w, ci.high);
        writer_printf(w, ",%d", disturbed_is(one));
        x->disturbed |= disturbed_is(one);
    }
}

/* The panels' names in the order of the cells; their number, or more than there may be. */
static int name_panels(char panels[PANELS_MAX][160], const struct sweep_cells *c)
{
    char name[160];
    int n = 0;

    for (size_t i = 0; i < c->n; i++) {
        int p = 0;

        panel_of(name, sizeof name, &c->cell[i]);
        while (p < n && strcmp(panels[p], name) != 0)
            p++;
        if (p < n)
            continue;
        if (n == PANELS_MAX)
            return PANELS_MAX + 1;
        strcpy(panels[n++], name);
    }
    return n;
}

/* ---- what the script is told ---- */

/* x_ticks = '("50" 50, "200" 200)': the values themselves, of those too near to each other the
 * first. */
static void put_ticks(struct writer *w, const struct axis *a, int panels)
{
    const cJSON *value;
    double first = 0, last = 0, shown = -1, apart = panels == 1 ? 0.07 : 0.16;
    char word[VARY_WORD_BYTES];
    int i = 0;

    cJSON_ArrayForEach(value, a->values)
    {
        double at = a->numbers ? value->valuedouble : i;

        first = i == 0 ? at : fmin(first, at);
        last = i++ == 0 ? at : fmax(last, at);
    }
    writer_puts(w, "x_ticks = '(");
    i = 0;
    cJSON_ArrayForEach(value, a->values)
    {
        double at = a->numbers ? value->valuedouble : i;
        double share = last <= first ? 0
                       : a->log      ? log(at / first) / log(last / first)
                                     : (at - first) / (last - first);
        bool near = shown >= 0 && fabs(share - shown) < apart;

        plan_format_value(word, sizeof word, value);
        writer_puts(w, i++ > 0 ? ", \"" : "\"");
        gnuplot_text(w, near ? "" : word);
        writer_printf(w, "\" %.10g", at);
        shown = near ? shown : share;
    }
    writer_printf(w, ")'; x_first = %.10g; x_last = %.10g; x_log = %d; ", first, last, a->log);
}

/* Rows whose value is 0 somewhere have no point there on a log axis. */
static void put_zeros(struct writer *w, const struct sweep_cells *c, const char *path)
{
    const cJSON *row;
    int n = 0;

    cJSON_ArrayForEach(row, json_at(c->cell[0].run, "rows"))
    {
        bool zero = false;

        for (size_t i = 0; i < c->n; i++)
            zero |= sweep_cells_value(run_file_row(c->cell[i].run, json_text(row, "id")), path,
                                      NULL) == 0;
        if (!zero)
            continue;
        writer_puts(w, n++ == 0 ? "0, and so not on the log axis: " : ", ");
        gnuplot_text(w, json_text(row, "id"));
    }
    writer_puts(w, n > 0 ? "." : "");
}

static void put_variables(struct writer *w, const struct sweep_cells *c, const struct axis *a,
                          const char *name, const struct metric *m, const struct extent *x,
                          char panels[PANELS_MAX][160], int npanels)
{
    bool log_y = x->high > LOG_SPAN * x->low;

    writer_printf(w, "chart = '%s'; question = 'How does %s change with ", name, m->name);
    gnuplot_text(w, a->key);
    writer_puts(w, "?'; ");
    writer_printf(w, "note = '%s%s", c->sweep->plan.repeat > 1 ? "Bands: 95 % intervals. " : "",
                  x->disturbed ? "Open points: disturbed, not to be compared. " : "");
    if (log_y)
        put_zeros(w, c, m->path);
    writer_printf(w, "'; what = '%s'; x_name = '", m->name);
    gnuplot_text(w, a->key);
    writer_printf(w, "'; tick_words = '%s'; ",
                  strcmp(m->unit, "µs") == 0 ? "tick_us" : "tick_count");
    writer_printf(w, "y_log = %d; y_low = %.9g; y_high = %.9g; ", log_y, log_y ? x->low * 0.75 : 0,
                  x->high > 0 ? x->high * (log_y ? 1.35 : 1.06) : 1);
    put_ticks(w, a, npanels);
    writer_printf(w, "panels = %d; panel_names = '", npanels);
    for (int p = 0; p < npanels; p++) {
        writer_puts(w, p > 0 ? " " : "");
        gnuplot_text(w, panels[p][0] != '\0' ? panels[p] : "-");
    }
    writer_puts(w, "'; ");
    writer_add(w, "", 1);
}

/* ---- all charts ---- */

struct job {
    char name[CHARTS][64], conditions[256];
    struct buf variables[CHARTS];
    struct chart_picture picture[CHARTS];
    size_t n;
};

static int prepare(struct job *job, const struct sweep_cells *c, const char *name, const char *path,
                   struct err_text *e)
{
    struct axis a = axis_of(c);
    char panels[PANELS_MAX][160], data_dir[PATH_MAX];
    int npanels = name_panels(panels, c), rc;
    struct extent x = {INFINITY, 0, false};
    struct buf data = {0};
    struct writer w = {.out = &data}, variables = {.out = &job->variables[job->n]};
    const cJSON *row;

    if (npanels > PANELS_MAX)
        return err_set(e, PL_EINVAL,
                       "more than %d panels: the first varied key is the x axis, and every "
                       "combination of the others a panel; sweep.csv has all numbers",
                       PANELS_MAX);
    writer_puts(&w, "panel,row,x,value,low,high,disturbed");
    for (int p = 0; p < npanels; p++) {
        int number = 1;

        cJSON_ArrayForEach(row, json_at(c->cell[0].run, "rows"))
        {
            put_points(&w, c, &a, panels[p], p + 1, row, number++, path, &x);
        }
    }
    writer_puts(&w, "\n");
    rc = run_file_path(data_dir, c->sweep->dir, "charts/data", "", "", e);
    rc = rc < 0 ? rc : run_file_write(data_dir, "sweep-", name, ".csv", &data, w.rc, e);
    if (rc < 0 || !(x.high > 0)) /* no numbers: no picture */
        return rc;
    put_variables(&variables, c, &a, name, metric_find(path), &x, panels, npanels);
    snprintf(job->name[job->n], sizeof job->name[0], "sweep-%s", name);
    job->picture[job->n] = (struct chart_picture){"sweep", job->name[job->n], job->conditions,
                                                  (const char *)job->variables[job->n].data};
    job->n++;
    return variables.rc;
}

int sweep_chart_draw(const struct sweep_cells *c, struct err_text *e)
{
    const char *charts[][2] = {
        {"latency", sweep_cells_middle(c)},
        {"latency-tail", sweep_cells_tail(c)},
        {"requests-per-update", "requests_per_update"},
        {"requests-per-client", "requests_per_client_s"},
        {"wire-bytes-per-update", "bytes_per_update.wire"},
        {"wire-bytes-per-client", "wire_bytes_per_client_s"},
        {"cpu-per-update", "server_cpu_us_per_update"},
        {"cpu-per-client", "server_cpu_us_per_client_s"},
    };
    struct job job = {.n = 0};
    int rc = sweep_chart_rows(c, e);

    sweep_chart_conditions(job.conditions, sizeof job.conditions, c);
    for (size_t i = 0; rc == PL_OK && i < CHARTS; i++)
        rc = prepare(&job, c, charts[i][0], charts[i][1], e);
    rc = rc < 0 ? rc : chart_draw_pictures(c->sweep->dir, job.picture, job.n, e);
    for (size_t i = 0; i < CHARTS; i++)
        buf_free(&job.variables[i]);
    return rc;
}
