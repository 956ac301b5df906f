#include "bench/chart/chart_title.h"

#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/page/run_words.h"
#include "bench/page/template.h"
#include "bench/result/finding.h"
#include "bench/result/findings.h"

static double put_finding(struct template_fill *t, int finding(struct buf *out, const cJSON *run))
{
    struct buf text = {0};
    struct writer w = {.out = &text};
    const cJSON *run;

    template_find(t, "rows", &run);
    w.rc = finding(&text, run);
    template_text(t, writer_text(&w));
    buf_free(&text);
    return 1;
}

static double put_latency_finding(struct template_fill *t)
{
    return put_finding(t, finding_latency);
}

static double put_cost_finding(struct template_fill *t)
{
    return put_finding(t, finding_cost);
}

static const struct template_word title_words[] = {
    {"latency-finding", put_latency_finding, NULL},
    {"cost-finding", put_cost_finding, NULL},
    {NULL, NULL, NULL},
};

/* The sound run, with what titles.txt asks beside it. */
static cJSON *page_of(const cJSON *run, const struct chart_data *data)
{
    cJSON *page = findings_sound_run(run), *chart = cJSON_AddObjectToObject(page, "chart");
    bool mean = strcmp(data->upstream_middle, "mean") == 0;
    char path[64];

    snprintf(path, sizeof path, "latency_us.%s", data->tail->name);
    cJSON_AddItemToObject(chart, "tail", json_object("path:s share:s", path, data->tail->share));
    snprintf(path, sizeof path, "upstream.latency_us.%s", data->upstream_middle);
    cJSON_AddItemToObject(chart, "upstream", json_object("middle:s mean:b", path, mean));
    return page;
}

int chart_title(struct buf *out, const char *name, const cJSON *run, const struct chart_data *data,
                struct err_text *e)
{
    struct buf text = {0};
    struct template_fill t = {
        .w = {.out = &text}, .output = OUTPUT_TERMINAL, .words = {title_words, run_words}};
    char of[96];
    cJSON *page;
    int rc;

    snprintf(of, sizeof of, "title of %.80s", name);
    if (!template_has(of))
        return PL_OK;
    page = page_of(run, data);
    template_enter(&t, page);
    template_put_prose(&t, of);
    cJSON_Delete(page);
    rc = template_end(&t, of, e);
    if (rc == PL_OK && units_text_width(writer_text(&t.w)) <= CHART_TITLE_COLUMNS)
        rc = buf_add(out, text.data, text.len) < 0
                 ? err_set(e, PL_ENOMEM, "%s: %s", of, pl_strerror(PL_ENOMEM))
                 : PL_OK;
    buf_free(&text);
    return rc;
}
