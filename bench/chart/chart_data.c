#include "bench/chart/chart_data.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "bench/chart/chart_rows.h"
#include "bench/result/conditions.h"
#include "bench/base/file.h"
#include "lib/hdr/hdr_log.h"
#include "bench/base/json.h"
#include "bench/result/run_file.h"
#include "bench/result/samples.h"

enum {
    POINTS_PER_HALVING = 10, /* of the distance to 100 % */
    TIMELINE_SPAN_S = 10,
    TIMELINE_POINTS_MIN = 100,
    SERIES_BYTES_MAX = 512 << 20,
};

/* Ratios of neighbouring latencies: nearer ones are left out; across wider ones lies nothing. */
static const double CDF_STEP = 1.01, CDF_GAP = 1.05;

struct run {
    const char *run_dir, *data_dir;
    cJSON *json;       /* owned */
    const cJSON *rows; /* in json */
};

/* dir/prefix + id + suffix; false when too long. */
static bool path_make(char path[PATH_MAX], const char *dir, const char *prefix, const char *id,
                      const char *suffix)
{
    return snprintf(path, PATH_MAX, "%s/%s%s%s", dir, prefix, id, suffix) < PATH_MAX;
}

/* ---- run.json ---- */

/* Ids become file names and gnuplot strings. */
static int check_row(const cJSON *row, struct err_text *e)
{
    const char *id = json_text(row, "id");

    if (id[0] == '\0' || id[0] == '.')
        return err_set(e, PL_EINVAL, "run.json: a row has no usable id");
    if (strpbrk(id, "/\"\r\n") != NULL)
        return err_set(e, PL_EINVAL, "run.json: row id '%.64s' can't name a file", id);
    return PL_OK;
}

static int run_open(struct run *run, struct err_text *e)
{
    int rc = run_file_read(&run->json, run->run_dir, e);

    if (rc < 0)
        return rc;
    run->rows = json_at(run->json, "rows");
    if (cJSON_GetArraySize(run->rows) == 0)
        return err_set(e, PL_EINVAL, "%.200s: no measured rows in its run.json", run->run_dir);
    return PL_OK;
}

/* ---- rows.csv ---- */

static int write_rows(const struct run *run, struct err_text *e)
{
    struct buf out = {0};
    char path[PATH_MAX];
    int rc = chart_rows(&out, run->rows);

    if (rc < 0)
        err_set(e, rc, "rows.csv: %s", pl_strerror(rc));
    else if (!path_make(path, run->data_dir, "rows", "", ".csv"))
        rc = err_set(e, PL_EINVAL, "%.200s: path too long", run->data_dir);
    else
        rc = file_write(path, out.data, out.len, e);
    buf_free(&out);
    return rc;
}

/* ---- link.csv ---- */

static int write_link(const struct run *run, struct err_text *e)
{
    double half_rtt_us = 1e3 * json_number(run->json, "link_details.rtt_ms") / 2;
    char path[PATH_MAX], text[64];

    if (!path_make(path, run->data_dir, "link", "", ".csv"))
        return err_set(e, PL_EINVAL, "%.200s: path too long", run->data_dir);
    if (isfinite(half_rtt_us))
        snprintf(text, sizeof text, "half_rtt_us\n%.9g\n", half_rtt_us);
    else
        snprintf(text, sizeof text, "half_rtt_us\nNaN\n");
    return file_write(path, text, strlen(text), e);
}

static bool has_number(const struct run *run, const char *path)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, run->rows)
    {
        if (json_number(row, "delivered") > 0 && json_number(row, path) > 0)
            return true;
    }
    return false;
}

/* ---- distributions ---- */

int chart_data_percentiles(struct buf *out, const struct hdr *h)
{
    int rc = buf_printf(out, "percentile,tail,latency_us\n");
    double count = (double)h->total_count;
    double tail = 1;

    for (int i = 0; rc >= 0 && tail < count; tail = exp2((double)++i / POINTS_PER_HALVING)) {
        double percentile = 100 - 100 / tail;

        rc = buf_printf(out, "%.9g,%.9g,%" PRId64 "\n", percentile, tail,
                        hdr_value_at_percentile(h, percentile));
    }
    /* The largest of n values stands for the last 1/n of the distribution. */
    if (rc >= 0 && h->total_count > 0)
        rc = buf_printf(out, "100,%.9g,%" PRId64 "\n", count, hdr_max(h));
    return rc;
}

int chart_data_cdf(struct buf *out, const struct hdr *h)
{
    int rc = buf_printf(out, "latency_us,percent\n");
    struct hdr_iter it = {0};
    double drawn_us = 0, drawn_percent = 0;

    while (rc >= 0 && hdr_iter_next(h, &it)) {
        double value_us = (double)it.value;
        double percent = 100 * (double)it.cumulative / (double)h->total_count;

        if (value_us < drawn_us * CDF_STEP && it.cumulative < h->total_count)
            continue;
        /* Nothing lies in a gap: go along it, then up, and not across. */
        if (value_us > drawn_us * CDF_GAP)
            rc = buf_printf(out, "%.9g,%.7g\n", value_us, drawn_percent);
        rc = rc < 0 ? rc : buf_printf(out, "%.9g,%.7g\n", value_us, percent);
        drawn_us = value_us;
        drawn_percent = percent;
    }
    return rc;
}

static int write_distribution(const struct run *run, const char *id, const struct hdr *h,
                              struct err_text *e)
{
    struct buf percentiles = {0}, cdf = {0};
    char path[PATH_MAX];
    int rc = chart_data_percentiles(&percentiles, h);

    if (rc >= 0)
        rc = chart_data_cdf(&cdf, h);
    if (rc < 0)
        err_set(e, rc, "row %s: %s", id, pl_strerror(rc));
    if (rc >= 0 && path_make(path, run->data_dir, "percentiles-", id, ".csv"))
        rc = file_write(path, percentiles.data, percentiles.len, e);
    if (rc >= 0 && path_make(path, run->data_dir, "cdf-", id, ".csv"))
        rc = file_write(path, cdf.data, cdf.len, e);
    buf_free(&percentiles);
    buf_free(&cdf);
    return rc;
}

/* The row brings its samples with it instead. */
static bool lacks_file(const char *path, const cJSON *row)
{
    return samples_present(row) && access(path, F_OK) < 0;
}

static int row_distribution(const struct run *run, const cJSON *row, struct err_text *e)
{
    const char *id = json_text(row, "id");
    struct err_text why = {""};
    struct buf text = {0};
    char path[PATH_MAX];
    struct hdr h = {0};
    int rc;

    if (!path_make(path, run->run_dir, "latency-", id, ".hlog"))
        return err_set(e, PL_EINVAL, "row %s: path too long", id);
    if (lacks_file(path, row)) {
        rc = samples_histogram(&h, row, e);
        rc = rc < 0 ? rc : write_distribution(run, id, &h, e);
        hdr_free(&h);
        return rc;
    }
    rc = file_read(&text, path, SERIES_BYTES_MAX, e);
    if (rc == PL_OK) {
        rc = hdr_log_read(&h, (const char *)text.data, text.len, &why);
        if (rc < 0)
            err_set(e, rc, "%s: %s", path, why.text[0] != '\0' ? why.text : pl_strerror(rc));
    }
    if (rc == PL_OK)
        rc = write_distribution(run, id, &h, e);
    buf_free(&text);
    hdr_free(&h);
    return rc;
}

/* ---- timeline ---- */

struct point {
    double published_s, latency_us;
    unsigned long client;
};

static int point_compare(const void *a, const void *b)
{
    const struct point *p = a, *q = b;

    if (p->client != q->client)
        return p->client < q->client ? -1 : 1;
    return (p->published_s > q->published_s) - (p->published_s < q->published_s);
}

/* Parse text's lines after the header into *points (owned by the caller, also on failure). */
static int parse_points(const char *text, size_t len, struct point **points, size_t *npoints,
                        struct err_text *e)
{
    struct buf b = {0};
    const char *end = text + len, *line_end;
    int line_number = 1, rc = PL_OK;

    for (const char *line = text; rc >= 0 && line < end; line = line_end + 1, line_number++) {
        char copy[96];
        struct point p;

        line_end = memchr(line, '\n', (size_t)(end - line));
        if (line_end == NULL)
            line_end = end;
        if (line_number == 1)
            continue;
        snprintf(copy, sizeof copy, "%.*s", (int)(line_end - line), line);
        if (sscanf(copy, "%lf,%lf,%lu", &p.published_s, &p.latency_us, &p.client) != 3)
            rc = err_set(e, PL_EPROTO, "line %d: not published_s,latency_us,client", line_number);
        else
            rc = buf_add(&b, &p, sizeof p);
    }
    *points = (struct point *)(void *)b.data;
    *npoints = b.len / sizeof **points;
    return rc;
}

int chart_data_timeline(struct buf *out, const char *text, size_t len, struct err_text *e)
{
    struct point *points = NULL;
    size_t n = 0;
    int rc = parse_points(text, len, &points, &n, e);

    if (rc >= 0)
        rc = buf_printf(out, "published_s,latency_us\n");
    if (n > 0)
        qsort(points, n, sizeof *points, point_compare);
    for (size_t i = 0; rc >= 0 && i < n && points[i].client == points[0].client; i++) {
        if (points[i].published_s - points[0].published_s > TIMELINE_SPAN_S &&
            i >= TIMELINE_POINTS_MIN)
            break;
        rc = buf_printf(out, "%.6f,%.9g\n", points[i].published_s, points[i].latency_us);
    }
    free(points);
    return rc < 0 ? rc : PL_OK;
}

static int row_timeline(const struct run *run, const cJSON *row, struct err_text *e)
{
    const char *id = json_text(row, "id");
    struct buf text = {0}, out = {0};
    struct err_text why = {""};
    char path[PATH_MAX];
    int rc;

    if (!path_make(path, run->run_dir, "timeline-", id, ".csv"))
        return err_set(e, PL_EINVAL, "row %s: path too long", id);
    rc = lacks_file(path, row) ? samples_timeline(&text, row, e)
                               : file_read(&text, path, SERIES_BYTES_MAX, e);
    if (rc == PL_OK) {
        rc = chart_data_timeline(&out, (const char *)text.data, text.len, &why);
        if (rc < 0)
            err_set(e, rc, "%s: %s", path, why.text[0] != '\0' ? why.text : pl_strerror(rc));
    }
    if (rc == PL_OK && path_make(path, run->data_dir, "timeline-", id, ".csv"))
        rc = file_write(path, out.data, out.len, e);
    buf_free(&text);
    buf_free(&out);
    return rc;
}

/* ---- the subtitle ---- */

static void add_clients(struct buf *b, const cJSON *rows)
{
    double least = NAN, most = NAN;
    const cJSON *row;

    cJSON_ArrayForEach(row, rows)
    {
        least = fmin(least, json_number(row, "clients"));
        most = fmax(most, json_number(row, "clients"));
    }
    if (least == most)
        buf_printf(b, "%.0f %s · ", most, most == 1 ? "client" : "clients");
    else if (least < most)
        buf_printf(b, "%.0f–%.0f clients · ", least, most);
}

static void write_conditions(const struct run *run, struct chart_data *out)
{
    double duration_s = json_number(run->json, "scenario.duration_s");
    const cJSON *complete = json_at(run->json, "complete");
    const char *link = json_text(run->json, "link");
    struct buf b = {0};

    add_clients(&b, run->rows);
    conditions_put_source(&(struct writer){.out = &b}, json_at(run->json, "scenario"));
    if (duration_s > 0)
        buf_printf(&b, "%.4g s window · ", duration_s);
    buf_printf(&b, "link: %.32s%s · %.10s · pushlab %.16s", link[0] != '\0' ? link : "unknown",
               json_true(run->json, "scenario.tls") ? " · TLS" : "",
               json_text(run->json, "started"), json_text(run->json, "pushlab"));
    if (cJSON_IsFalse(complete))
        buf_printf(&b, " · INCOMPLETE");
    snprintf(out->conditions, sizeof out->conditions, "%.*s", (int)b.len, (const char *)b.data);
    buf_free(&b);
}

int chart_data_write(const char *run_dir, const char *data_dir, struct chart_data *out,
                     struct err_text *e)
{
    struct run run = {.run_dir = run_dir, .data_dir = data_dir};
    const cJSON *row;
    int rc = run_open(&run, e);

    if (rc == PL_OK)
        rc = file_make_folders(data_dir, e);
    if (rc == PL_OK) {
        cJSON_ArrayForEach(row, run.rows)
        {
            rc = rc < 0 ? rc : check_row(row, e);
            if (json_number(row, "delivered") > 0) {
                rc = rc < 0 ? rc : row_distribution(&run, row, e);
                rc = rc < 0 ? rc : row_timeline(&run, row, e);
            }
        }
    }
    if (rc == PL_OK)
        rc = write_rows(&run, e);
    if (rc == PL_OK)
        rc = write_link(&run, e);
    if (rc == PL_OK) {
        write_conditions(&run, out);
        out->has_wire = has_number(&run, "bytes_per_update.wire");
        out->has_upstream = has_number(&run, "upstream.latency_us.count");
        out->has_balancers = has_number(&run, "balancer.connections_per_client.front");
        out->rows = cJSON_GetArraySize(run.rows);
        out->has_deadline = has_number(&run, "deadline.expected");
    }
    cJSON_Delete(run.json);
    return rc;
}
