#include "bench/model/predicted.h"

#include <math.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/result/metric.h"
#include "bench/result/repeats.h"

#define TOLERANCE 0.05

#define FIGURE(metric, field)                                                                      \
    {                                                                                              \
        metric, offsetof(struct predict_answer, field)                                             \
    }
const struct predicted_figure predicted_figures[] = {
    FIGURE("latency_us.p50", latency_p50_us),
    FIGURE("latency_us.p90", latency_p90_us),
    FIGURE("latency_us.p99", latency_p99_us),
    FIGURE("latency_us.mean", latency_mean_us),
    FIGURE("latency_us.max", latency_max_us),
    FIGURE("age_us.mean", age_mean_us),
    FIGURE("requests_per_update", requests_per_update),
    FIGURE("empty_response_ratio", empty_response_ratio),
    FIGURE("tcp_handshakes_per_update", handshakes_per_update),
    FIGURE("bytes_per_update.payload", payload_bytes_per_update),
    FIGURE("bytes_per_update.framing", framing_bytes_per_update),
    FIGURE("bytes_per_update.wire", wire_bytes_per_update),
    FIGURE("packets_per_update.total", packets_per_update),
    {NULL, 0},
};

static double figure_at(const struct predict_answer *a, const struct predicted_figure *f)
{
    double value;

    memcpy(&value, (const char *)a + f->at, sizeof value);
    return value;
}

double predicted_figure(const struct predict_answer *a, const char *path)
{
    for (const struct predicted_figure *f = predicted_figures; f->path != NULL; f++)
        if (strcmp(f->path, path) == 0)
            return figure_at(a, f);
    return NAN;
}

/* NULL when the model says nothing. */
static cJSON *predicted_of(const cJSON *run, const cJSON *row)
{
    struct predict_question question = predict_question_of(run, row);
    struct predict_answer answer = predict(&question);
    cJSON *o = cJSON_CreateObject();

    for (const struct predicted_figure *f = predicted_figures; f->path != NULL; f++) {
        double value = figure_at(&answer, f);

        if (isfinite(value))
            json_add_number(o, f->path, value);
    }
    if (answer.why != NULL)
        json_add_text(o, "why", answer.why);
    if (o != NULL && o->child != NULL)
        return o;
    cJSON_Delete(o);
    return NULL;
}

void predicted_add(cJSON *run)
{
    cJSON *rows = cJSON_GetObjectItemCaseSensitive(run, "rows"), *row, *o;

    cJSON_ArrayForEach(row, rows)
    {
        o = json_at(row, "predicted") == NULL ? predicted_of(run, row) : NULL;
        if (o != NULL)
            cJSON_AddItemToObject(row, "predicted", o);
    }
}

double predicted_value(const cJSON *row, const char *path)
{
    const cJSON *value =
        cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(row, "predicted"), path);

    return cJSON_IsNumber(value) ? value->valuedouble : NAN;
}

/* ---- measured ---- */

bool predicted_is_judged(const cJSON *row, const char *path)
{
    double model = predicted_value(row, path);
    struct interval ci95;

    return isfinite(model) && isfinite(metric_value(metric_find(path), row)) &&
           (model > 0 || strncmp(path, "latency_us.", 11) != 0) &&
           (json_at(row, "ci95") == NULL || repeats_interval(row, path, &ci95));
}

bool predicted_is_off(const cJSON *row, const char *path)
{
    const struct metric *m = metric_find(path);
    double seen = metric_value(m, row), model = predicted_value(row, path);
    bool share = strcmp(m->unit, "share") == 0;
    struct interval ci95;

    if (!predicted_is_judged(row, path) ||
        (repeats_interval(row, path, &ci95) && model >= ci95.low && model <= ci95.high))
        return false;
    return fabs(seen - model) > TOLERANCE * (share ? 1 : model);
}
