#include "bench/result/samples.h"

#include <math.h>

#include "bench/base/json.h"

/* A day is longer than any latency and any run of a page. */
static const double LATENCY_MAX_US = 86400e6, PUBLISHED_MAX_S = 86400;

bool samples_present(const cJSON *row)
{
    return cJSON_IsObject(json_at(row, "samples"));
}

static bool is_within(const cJSON *item, double max)
{
    return cJSON_IsNumber(item) && fabs(item->valuedouble) <= max;
}

static int refuse(const cJSON *row, struct err_text *e)
{
    return err_set(e, PL_EPROTO, "row %.64s: samples are not pairs of published_s and latency_us",
                   json_text(row, "id"));
}

int samples_histogram(struct hdr *h, const cJSON *row, struct err_text *e)
{
    const cJSON *latencies = json_at(row, "samples.latency_us"), *item;
    int rc = cJSON_IsArray(latencies)
                 ? hdr_init(h, HDR_LATENCY_LOWEST_US, HDR_LATENCY_HIGHEST_US, HDR_LATENCY_FIGURES)
                 : PL_EPROTO;

    if (rc == PL_EPROTO) {
        *h = (struct hdr){0};
        return refuse(row, e);
    }
    if (rc < 0)
        return err_set(e, rc, "row %.64s: %s", json_text(row, "id"), pl_strerror(rc));
    cJSON_ArrayForEach(item, latencies)
    {
        if (!is_within(item, LATENCY_MAX_US)) {
            hdr_free(h);
            return refuse(row, e);
        }
        hdr_record(h, (int64_t)item->valuedouble, 1);
    }
    return PL_OK;
}

int samples_timeline(struct buf *out, const cJSON *row, struct err_text *e)
{
    const cJSON *published = json_at(row, "samples.published_s");
    const cJSON *latencies = json_at(row, "samples.latency_us");
    const cJSON *latency = cJSON_IsArray(latencies) ? latencies->child : NULL, *item;
    int rc = buf_printf(out, "published_s,latency_us,client\n");

    if (!cJSON_IsArray(published) || cJSON_GetArraySize(published) != cJSON_GetArraySize(latencies))
        return refuse(row, e);
    cJSON_ArrayForEach(item, published)
    {
        if (!is_within(item, PUBLISHED_MAX_S) || !is_within(latency, LATENCY_MAX_US))
            return refuse(row, e);
        rc =
            rc < 0 ? rc : buf_printf(out, "%.6f,%.0f,0\n", item->valuedouble, latency->valuedouble);
        latency = latency->next;
    }
    return rc < 0 ? err_set(e, rc, "row %.64s: %s", json_text(row, "id"), pl_strerror(rc)) : PL_OK;
}
