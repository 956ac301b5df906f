#include "bench/chart/chart_series.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/file.h"
#include "bench/base/json.h"
#include "bench/result/run_file.h"
#include "lib/hdr/hdr_log.h"

enum {
    POINTS_PER_HALVING = 10, /* of the distance to 100 % */
    TIMELINE_SPAN_S = 10,
    TIMELINE_POINTS_MIN = 100,
    SERIES_BYTES_MAX = 512 << 20,
};

/* Ratios of neighbouring latencies: nearer ones are left out; across wider ones lies nothing. */
static const double CDF_STEP = 1.01, CDF_GAP = 1.05;

/* A day is longer than any latency and any run of a page. */
static const double LATENCY_MAX_US = 86400e6, PUBLISHED_MAX_S = 86400;

/* ---- samples in the row ---- */

static bool is_within(const cJSON *item, double max)
{
    return cJSON_IsNumber(item) && fabs(item->valuedouble) <= max;
}

static int refuse_samples(const cJSON *row, int rc, struct err_text *e)
{
    const char *what =
        rc == PL_EPROTO ? "samples are not pairs of published_s and latency_us" : pl_strerror(rc);

    return err_set(e, rc, "row %.64s: %s", json_text(row, "id"), what);
}

static int histogram_of_samples(struct hdr *h, const cJSON *row, struct err_text *e)
{
    const cJSON *latencies = json_at(row, "samples.latency_us"), *item;
    int rc = hdr_init(h, HDR_LATENCY_LOWEST_US, HDR_LATENCY_HIGHEST_US, HDR_LATENCY_FIGURES);

    if (rc == PL_OK && !cJSON_IsArray(latencies))
        rc = PL_EPROTO;
    cJSON_ArrayForEach(item, latencies)
    {
        if (rc == PL_OK && !is_within(item, LATENCY_MAX_US))
            rc = PL_EPROTO;
        if (rc == PL_OK)
            hdr_record(h, (int64_t)item->valuedouble, 1);
    }
    if (rc == PL_OK)
        return PL_OK;
    hdr_free(h);
    *h = (struct hdr){0};
    return refuse_samples(row, rc, e);
}

/* The text that timeline-<row>.csv would hold. */
static int timeline_of_samples(struct buf *out, const cJSON *row, struct err_text *e)
{
    const cJSON *published = json_at(row, "samples.published_s"), *item;
    const cJSON *latencies = json_at(row, "samples.latency_us");
    const cJSON *latency = cJSON_IsArray(latencies) ? latencies->child : NULL;
    int rc = buf_printf(out, "published_s,latency_us,client\n");

    if (!cJSON_IsArray(published) || cJSON_GetArraySize(published) != cJSON_GetArraySize(latencies))
        return refuse_samples(row, PL_EPROTO, e);
    cJSON_ArrayForEach(item, published)
    {
        if (rc == PL_OK &&
            (!is_within(item, PUBLISHED_MAX_S) || !is_within(latency, LATENCY_MAX_US)))
            rc = PL_EPROTO;
        if (rc == PL_OK)
            rc = buf_printf(out, "%.6f,%.0f,0\n", item->valuedouble, latency->valuedouble);
        latency = latency->next;
    }
    return rc < 0 ? refuse_samples(row, rc, e) : PL_OK;
}

/* Find the row's file and read it; *from_samples when the row has its samples instead. */
static int read_file(struct buf *text, char path[PATH_MAX], const char *run_dir, const char *prefix,
                     const char *suffix, const cJSON *row, bool *from_samples, struct err_text *e)
{
    int rc = run_file_path(path, run_dir, prefix, json_text(row, "id"), suffix, e);

    *from_samples =
        rc == PL_OK && cJSON_IsObject(json_at(row, "samples")) && access(path, F_OK) < 0;
    return rc < 0 || *from_samples ? rc : file_read(text, path, SERIES_BYTES_MAX, e);
}

static int name_file(const char *path, int rc, const struct err_text *why, struct err_text *e)
{
    if (rc < 0)
        err_set(e, rc, "%s: %s", path, why->text[0] != '\0' ? why->text : pl_strerror(rc));
    return rc;
}

/* ---- distributions ---- */

int chart_series_read(struct hdr *h, const char *run_dir, const cJSON *row, struct err_text *e)
{
    char path[PATH_MAX];
    struct err_text why = {""};
    struct buf text = {0};
    bool from_samples;
    int rc = read_file(&text, path, run_dir, "latency-", ".hlog", row, &from_samples, e);

    *h = (struct hdr){0};
    if (rc == PL_OK && from_samples)
        return histogram_of_samples(h, row, e);
    if (rc == PL_OK)
        rc = name_file(path, hdr_log_read(h, (const char *)text.data, text.len, &why), &why, e);
    buf_free(&text);
    return rc;
}

int chart_series_percentiles(struct buf *out, const struct hdr *h, double updates)
{
    int rc = buf_printf(out, "percentile,tail,latency_us\n");
    double tail = 1;

    for (int i = 0; rc >= 0 && h->total_count > 0 &&
                    (tail <= 2 || updates >= hdr_percentile_needs(100 - 100 / tail));
         tail = exp2((double)++i / POINTS_PER_HALVING)) {
        double percentile = 100 - 100 / tail;

        rc = buf_printf(out, "%.9g,%.9g,%" PRId64 "\n", percentile, tail,
                        hdr_value_at_percentile(h, percentile));
    }
    return rc < 0 ? rc : PL_OK;
}

int chart_series_cdf(struct buf *out, const struct hdr *h)
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

/* Append the points of text's lines after the header to points, an array. */
static int parse_points(struct buf *points, const char *text, size_t len, struct err_text *e)
{
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
            rc = buf_add(points, &p, sizeof p);
    }
    return rc;
}

int chart_series_timeline_of(struct buf *out, const char *text, size_t len, struct err_text *e)
{
    struct buf b = {0};
    int rc = parse_points(&b, text, len, e);
    struct point *points = (struct point *)(void *)b.data;
    size_t n = b.len / sizeof *points;

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
    buf_free(&b);
    return rc < 0 ? rc : PL_OK;
}

int chart_series_timeline(struct buf *out, const char *run_dir, const cJSON *row,
                          struct err_text *e)
{
    char path[PATH_MAX];
    struct err_text why = {""};
    struct buf text = {0};
    bool from_samples;
    int rc = read_file(&text, path, run_dir, "timeline-", ".csv", row, &from_samples, e);

    if (rc == PL_OK && from_samples)
        rc = timeline_of_samples(&text, row, e);
    if (rc == PL_OK)
        rc = name_file(path, chart_series_timeline_of(out, (const char *)text.data, text.len, &why),
                       &why, e);
    buf_free(&text);
    return rc;
}
