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
#include "bench/stats/interval.h"
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

/* Each interval of the log whose text was read as a whole is that of a repeat. 0 or PL_ENOMEM. */
static int read_repeats(struct latencies *l, const char *text, size_t len)
{
    const char *end = text + len, *line_end;
    struct buf read = {0};
    int rc = PL_OK;

    for (const char *line = text; rc >= 0 && line < end; line = line_end + 1) {
        struct hdr h = {0};

        line_end = memchr(line, '\n', (size_t)(end - line));
        if (line_end == NULL)
            line_end = end;
        rc = hdr_log_read(&h, line, (size_t)(line_end - line), NULL);
        if (rc == PL_OK && h.total_count > 0)
            rc = buf_add(&read, &h, sizeof h);
        if (rc < 0 || h.total_count == 0)
            hdr_free(&h);
    }
    l->repeats = (struct hdr *)(void *)read.data;
    l->n = read.len / sizeof *l->repeats;
    return rc < 0 ? rc : PL_OK;
}

int chart_series_read(struct latencies *l, const char *run_dir, const cJSON *row,
                      struct err_text *e)
{
    char path[PATH_MAX];
    struct err_text why = {""};
    struct buf text = {0};
    bool from_samples;
    int rc = read_file(&text, path, run_dir, "latency-", ".hlog", row, &from_samples, e);

    *l = (struct latencies){0};
    if (rc == PL_OK && from_samples)
        return histogram_of_samples(&l->all, row, e);
    if (rc == PL_OK) {
        rc = hdr_log_read(&l->all, (const char *)text.data, text.len, &why);
        rc = rc < 0 ? rc : read_repeats(l, (const char *)text.data, text.len);
        rc = name_file(path, rc, &why, e);
    }
    buf_free(&text);
    return rc;
}

void chart_series_free(struct latencies *l)
{
    for (size_t i = 0; i < l->n; i++)
        hdr_free(&l->repeats[i]);
    free(l->repeats);
    hdr_free(&l->all);
    *l = (struct latencies){0};
}

static int put_percentile(struct buf *out, const struct latencies *l, double percentile,
                          double *values)
{
    int64_t value = hdr_value_at_percentile(&l->all, percentile);
    struct interval i;
    int rc = buf_printf(out, "%.9g,%.9g,%" PRId64, percentile, 100 / (100 - percentile), value);

    if (l->n < 2 || rc < 0)
        return rc;
    for (size_t k = 0; k < l->n; k++)
        values[k] = (double)hdr_value_at_percentile(&l->repeats[k], percentile);
    i = interval_of(values, l->n, (double)value);
    return buf_printf(out, ",%.9g,%.9g", i.low, i.high);
}

int chart_series_percentiles(struct buf *out, const struct latencies *l, double updates)
{
    double tail = 1, *values = calloc(l->n + 1, sizeof *values);
    int rc = values == NULL ? PL_ENOMEM
                            : buf_printf(out, "percentile,tail,latency_us%s\n",
                                         l->n > 1 ? ",low_us,high_us" : "");

    for (int i = 0; rc >= 0 && l->all.total_count > 0 &&
                    (tail <= 2 || updates >= hdr_percentile_needs(100 - 100 / tail));
         tail = exp2((double)++i / POINTS_PER_HALVING)) {
        rc = put_percentile(out, l, 100 - 100 / tail, values);
        rc = rc < 0 ? rc : buf_printf(out, "\n");
    }
    free(values);
    return rc < 0 ? rc : PL_OK;
}

/* The percentage of a histogram's values up to one, asked for in rising order. */
struct rising {
    const struct hdr *h;
    struct hdr_iter next;
    int64_t below;
    bool over; /* next is none */
};

static double percent_up_to(struct rising *r, int64_t value)
{
    while (!r->over && r->next.value <= value) {
        r->below = r->next.cumulative;
        r->over = !hdr_iter_next(r->h, &r->next);
    }
    return 100 * (double)r->below / (double)r->h->total_count;
}

/* A point of the distribution. */
struct cdf_point {
    double percent, low, high;
};

static struct cdf_point cdf_point_at(const struct hdr_iter *it, const struct latencies *l,
                                     struct rising *repeats, double *values)
{
    double percent = 100 * (double)it->cumulative / (double)l->all.total_count;
    struct interval i;

    for (size_t k = 0; k < l->n; k++)
        values[k] = percent_up_to(&repeats[k], it->value);
    i = interval_of(values, l->n, percent);
    return (struct cdf_point){percent, fmax(i.low, 0), fmin(i.high, 100)};
}

static int put_cdf_point(struct buf *out, double latency_us, struct cdf_point p, bool repeated)
{
    if (repeated)
        return buf_printf(out, "%.9g,%.7g,%.7g,%.7g\n", latency_us, p.percent, p.low, p.high);
    return buf_printf(out, "%.9g,%.7g\n", latency_us, p.percent);
}

static int put_cdf(struct buf *out, const struct latencies *l, struct rising *repeats,
                   double *values)
{
    struct cdf_point drawn = {0, 0, 0}, here;
    struct hdr_iter it = {0};
    double drawn_us = 0;
    int rc = PL_OK;

    while (rc >= 0 && hdr_iter_next(&l->all, &it)) {
        double value_us = (double)it.value;

        if (value_us < drawn_us * CDF_STEP && it.cumulative < l->all.total_count)
            continue;
        here = cdf_point_at(&it, l, repeats, values);
        /* Nothing lies in a gap: go along it, then up, and not across. */
        if (value_us > drawn_us * CDF_GAP)
            rc = put_cdf_point(out, value_us, drawn, l->n > 1);
        rc = rc < 0 ? rc : put_cdf_point(out, value_us, here, l->n > 1);
        drawn_us = value_us;
        drawn = here;
    }
    return rc;
}

int chart_series_cdf(struct buf *out, const struct latencies *l)
{
    struct rising *repeats = calloc(l->n + 1, sizeof *repeats);
    double *values = calloc(l->n + 1, sizeof *values);
    int rc = repeats == NULL || values == NULL
                 ? PL_ENOMEM
                 : buf_printf(out, "latency_us,percent%s\n",
                              l->n > 1 ? ",low_percent,high_percent" : "");

    for (size_t k = 0; rc >= 0 && k < l->n; k++) {
        repeats[k] = (struct rising){.h = &l->repeats[k]};
        hdr_iter_next(repeats[k].h, &repeats[k].next); /* none is empty */
    }
    rc = rc < 0 ? rc : put_cdf(out, l, repeats, values);
    free(repeats);
    free(values);
    return rc < 0 ? rc : PL_OK;
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
