#include "bench/chart/chart_data.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/file.h"
#include "bench/base/json.h"
#include "bench/base/writer.h"
#include "bench/chart/chart_series.h"
#include "bench/model/predicted.h"
#include "bench/result/conditions.h"
#include "bench/result/metric_text.h"
#include "bench/result/run_file.h"

enum { DATA_BYTES_MAX = 16 << 20 };

/* ---- rows.csv ---- */

int chart_data_field(struct buf *out, const char *text)
{
    struct writer w = {.out = out};

    if (strpbrk(text, ",\"\r\n") == NULL)
        return buf_add(out, text, strlen(text));
    writer_puts(&w, "\"");
    for (; *text != '\0'; text++)
        writer_printf(&w, *text == '"' ? "\"\"" : "%c", *text);
    writer_puts(&w, "\"");
    return w.rc;
}

/* Rows of the same transport and connection are told apart by their variant: 0, 1, 2, ... */
static int variant_of(const cJSON *rows, const cJSON *row)
{
    const cJSON *other;
    int variant = 0;

    cJSON_ArrayForEach(other, rows)
    {
        if (other == row)
            break;
        if (strcmp(json_text(other, "transport"), json_text(row, "transport")) == 0 &&
            strcmp(json_text(other, "connection"), json_text(row, "connection")) == 0)
            variant++;
    }
    return variant;
}

/* What the model says of metrics that have a column, as "latency_p50_us_predicted"; row NULL: the
 * columns' names. */
static void put_predicted(struct writer *w, const cJSON *row)
{
    for (const struct predicted_figure *f = predicted_figures; f->path != NULL; f++) {
        const struct metric *m = metric_find(f->path);
        double value = predicted_value(row, f->path);

        if (!(m->flags & METRIC_CHARTED))
            continue;
        if (row == NULL)
            writer_printf(w, ",%s_predicted", m->chart != NULL ? m->chart : m->csv);
        else if (isfinite(value))
            writer_printf(w, ",%.9g", value);
        else
            writer_puts(w, ",NaN");
    }
}

int chart_data_rows(struct buf *out, const cJSON *rows)
{
    static const char *const texts[] = {"id", "transport", "connection"};
    bool ends = metric_has_intervals(rows);
    struct writer w = {.out = out};
    const cJSON *row;

    writer_puts(&w, "row,transport,connection,variant");
    metric_put_csv(&w, NULL, true, ends);
    put_predicted(&w, NULL);
    cJSON_ArrayForEach(row, rows)
    {
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            writer_puts(&w, i == 0 ? "\n" : ",");
            w.rc = w.rc < 0 ? w.rc : chart_data_field(out, json_text(row, texts[i]));
        }
        writer_printf(&w, ",%d", variant_of(rows, row));
        metric_put_csv(&w, row, true, ends);
        put_predicted(&w, row);
    }
    writer_puts(&w, "\n");
    return w.rc;
}

/* ---- files ---- */

static int write_rows(const cJSON *run, const char *data_dir, struct err_text *e)
{
    struct buf out = {0};
    int rc = chart_data_rows(&out, json_at(run, "rows"));

    return run_file_write(data_dir, "rows", "", ".csv", &out, rc, e);
}

static int write_link(const cJSON *run, const char *data_dir, struct err_text *e)
{
    double half_rtt_us = 1e3 * json_number(run, "link_details.rtt_ms") / 2;
    struct buf out = {0};
    int rc = isfinite(half_rtt_us) ? buf_printf(&out, "half_rtt_us\n%.9g\n", half_rtt_us)
                                   : buf_printf(&out, "half_rtt_us\nNaN\n");

    return run_file_write(data_dir, "link", "", ".csv", &out, rc, e);
}

static int write_distribution(const cJSON *row, const char *run_dir, const char *data_dir,
                              struct err_text *e)
{
    const char *id = json_text(row, "id");
    struct buf percentiles = {0}, cdf = {0};
    struct latencies l;
    int rc = chart_series_read(&l, run_dir, row, e);

    if (rc == PL_OK) {
        rc = chart_series_percentiles(&percentiles, &l, percentile_updates(row, "latency_us"));
        rc = run_file_write(data_dir, "percentiles-", id, ".csv", &percentiles, rc, e);
    }
    if (rc == PL_OK) {
        rc = chart_series_cdf(&cdf, &l);
        rc = run_file_write(data_dir, "cdf-", id, ".csv", &cdf, rc, e);
    }
    chart_series_free(&l);
    return rc;
}

static int write_timeline(const cJSON *row, const char *run_dir, const char *data_dir,
                          struct err_text *e)
{
    struct buf out = {0};
    int rc = chart_series_timeline(&out, run_dir, row, e);

    if (rc == PL_OK)
        return run_file_write(data_dir, "timeline-", json_text(row, "id"), ".csv", &out, rc, e);
    buf_free(&out);
    return rc;
}

/* Ids become file names and gnuplot strings. */
static int check_id(const char *id, struct err_text *e)
{
    if (id[0] == '\0' || id[0] == '.')
        return err_set(e, PL_EINVAL, "run.json: a row has no usable id");
    if (strpbrk(id, "/\"\r\n") != NULL)
        return err_set(e, PL_EINVAL, "run.json: row id '%.64s' can't name a file", id);
    return PL_OK;
}

static int write_series(const cJSON *run, const char *run_dir, const char *data_dir,
                        struct err_text *e)
{
    const cJSON *row;
    int rc = PL_OK;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        rc = rc < 0 ? rc : check_id(json_text(row, "id"), e);
        if (!(json_number(row, "delivered") > 0))
            continue;
        rc = rc < 0 ? rc : write_distribution(row, run_dir, data_dir, e);
        rc = rc < 0 ? rc : write_timeline(row, run_dir, data_dir, e);
    }
    return rc;
}

/* ---- the subtitle, and which charts there are numbers for ---- */

static void describe(struct chart_data *out, const cJSON *run)
{
    struct buf b = {0};
    struct writer w = {.out = &b};

    conditions_put(&w, run, 32); /* as much as fits into the picture */
    writer_printf(&w, " · %.10s · pushlab %.16s%s", json_text(run, "started"),
                  json_text(run, "pushlab"),
                  cJSON_IsFalse(json_at(run, "complete")) ? " · INCOMPLETE" : "");
    snprintf(out->conditions, sizeof out->conditions, "%s", writer_text(&w));
    b.len = 0;
    if (metric_has_intervals(json_at(run, "rows")))
        metric_put_interval_words(&w, json_at(run, "rows"));
    snprintf(out->interval_words, sizeof out->interval_words, "%s", writer_text(&w));
    buf_free(&b);
}

/* Has a row that delivered something a number above 0 there? */
static bool has_number(const cJSON *run, const char *path)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (json_number(row, "delivered") > 0 && json_number(row, path) > 0)
            return true;
    }
    return false;
}

bool chart_data_has_wire(const cJSON *run)
{
    return has_number(run, "bytes_per_update.wire");
}

bool chart_data_is_of(const cJSON *run, const char *data_dir)
{
    struct buf drawn = {0}, now = {0};
    char path[PATH_MAX];
    bool same = run_file_path(path, data_dir, "rows", "", ".csv", NULL) < 0 ||
                file_read(&drawn, path, DATA_BYTES_MAX, NULL) < 0 ||
                (chart_data_rows(&now, json_at(run, "rows")) == PL_OK && drawn.len == now.len &&
                 memcmp(drawn.data, now.data, now.len) == 0);

    buf_free(&drawn);
    buf_free(&now);
    return same;
}

int chart_data_write(const cJSON *run, const char *run_dir, const char *data_dir,
                     struct chart_data *out, struct err_text *e)
{
    int rows = cJSON_GetArraySize(json_at(run, "rows"));
    int rc = rows == 0 ? err_set(e, PL_EINVAL, "%.200s: no measured rows in its run.json", run_dir)
                       : file_make_folders(data_dir, e);

    rc = rc < 0 ? rc : write_series(run, run_dir, data_dir, e);
    rc = rc < 0 ? rc : write_rows(run, data_dir, e);
    rc = rc < 0 ? rc : write_link(run, data_dir, e);
    if (rc < 0)
        return rc;
    describe(out, run);
    rc = chart_faults_write(&out->faults, run, run_dir, data_dir, e);
    if (rc < 0)
        return rc;
    out->has_wire = chart_data_has_wire(run);
    out->has_upstream = has_number(run, "upstream.latency_us.count");
    out->has_deadline = has_number(run, "deadline.expected");
    out->has_balancers = has_number(run, "balancer.connections_per_client.front");
    out->rows = rows;
    out->tail = percentile_of_rows(json_at(run, "rows"), "latency_us");
    out->middle = percentile_middle(json_at(run, "rows"), "latency_us");
    out->upstream_middle = percentile_middle(json_at(run, "rows"), "upstream.latency_us");
    out->upstream_tail = percentile_of_rows(json_at(run, "rows"), "upstream.latency_us");
    return PL_OK;
}
