#include "bench/report/report.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/advise/advise_book.h"
#include "bench/base/file.h"
#include "bench/base/json.h"
#include "bench/chart/chart.h"
#include "bench/chart/chart_data.h"
#include "bench/model/predicted.h"
#include "bench/page/run_words.h"
#include "bench/page/svg_inline.h"
#include "bench/report/drawing.h"
#include "bench/report/report_words.h"
#include "bench/result/finding.h"
#include "bench/result/findings.h"
#include "bench/result/result.h"
#include "bench/result/result_faults.h"
#include "bench/result/run_file.h"
#include "bench/table/table.h"

enum { SVG_MAX_BYTES = 16 << 20 };

/* ---- words ---- */

/* "0 – 1.01" */
static double put_extent(struct template_fill *t)
{
    struct facts_range range = run_words_range(t, t->arg);
    char low[UNITS_TEXT_BYTES], high[UNITS_TEXT_BYTES];

    facts_format_of(t->arg)(low, range.low);
    facts_format_of(t->arg)(high, range.high);
    template_puts(t, low);
    if (strcmp(low, high) != 0) {
        template_puts(t, " – ");
        template_puts(t, high);
    }
    return range.n;
}

static double put_overview(struct template_fill *t)
{
    const struct report *r = t->context;

    drawing_overview(&t->w, r->run);
    return 1;
}

/* ---- what broke, and what cures it ---- */

static const cJSON *find_cures(struct template_fill *t)
{
    const struct report *r = t->context;
    const cJSON *row, *broken = run_words_row(t);
    cJSON *list = cJSON_CreateArray();

    cJSON_ArrayForEach(row, json_at(r->run, "rows"))
    {
        if (findings_cures(row, broken))
            cJSON_AddItemReferenceToArray(list, (cJSON *)row);
    }
    return template_own(t, list);
}

static double put_cure(struct template_fill *t)
{
    struct buf text = {0};
    struct writer w = {.out = &text, .rc = table_cure(&text, run_words_row(t))};

    template_text(t, writer_text(&w));
    if (w.rc < 0)
        t->w.rc = w.rc;
    buf_free(&text);
    return 1;
}

/* ---- pictures ---- */

/* Of a chart charts/NAME.svg, of a row's ladder charts/ladder-ID.svg. False: the path is too long.
 */
static bool picture_path(char path[PATH_MAX], const struct report *r, const char *prefix,
                         const char *name, const char *suffix)
{
    return r->dir != NULL &&
           snprintf(path, PATH_MAX, "%s/charts/%s%s%s", r->dir, prefix, name, suffix) < PATH_MAX;
}

/* The picture of a chart, or of a row's ladder, with its name for screen readers. */
static double put_picture(struct template_fill *t)
{
    const cJSON *item = template_find(t, ".", NULL);
    bool chart = json_text(item, "chart")[0] != '\0';
    const char *prefix = chart ? "" : "ladder-", *name = json_text(item, chart ? "chart" : "id");
    struct buf svg = {0}, id_text = {0}, title_text = {0};
    struct writer id = {.out = &id_text}, page = t->w;
    enum output output = t->output;
    char path[PATH_MAX];

    t->w = (struct writer){.out = &title_text};
    t->output = OUTPUT_TERMINAL; /* svg_inline() escapes it */
    template_put(t, "title of a picture");
    output_id(&id, prefix);
    output_id(&id, name);
    if (picture_path(path, t->context, prefix, name, ".svg") &&
        file_read(&svg, path, SVG_MAX_BYTES, NULL) == PL_OK &&
        svg_inline(&page, (const char *)svg.data, svg.len, writer_text(&id), writer_text(&t->w)) ==
            PL_EPROTO)
        svg_embed(&page, svg.data, svg.len, writer_text(&t->w));
    page.rc = id.rc < 0 ? id.rc : t->w.rc < 0 ? t->w.rc : page.rc;
    t->w = page;
    t->output = output;
    buf_free(&svg);
    buf_free(&id_text);
    buf_free(&title_text);
    return 1;
}

/* ---- Markdown ---- */

/* A chart as a link's destination. */
static double put_image(struct template_fill *t)
{
    const struct report *r = t->context;
    size_t len = strlen(r->images);

    output_url(&t->w, r->images, "/:?#[]@!$&*+,;=%");
    if (len > 0 && r->images[len - 1] != '/')
        writer_puts(&t->w, "/");
    writer_printf(&t->w, "charts/%s.png", json_text(template_find(t, ".", NULL), "chart"));
    return 1;
}

/* The table of all rows, in Markdown. */
static double put_numbers(struct template_fill *t)
{
    const struct report *r = t->context;

    if (t->w.rc == PL_OK)
        t->w.rc = table_markdown(t->w.out, r->run);
    return 1;
}

/* How clients came through the fault of that name. */
static double put_fault_finding(struct template_fill *t)
{
    const struct report *r = t->context;
    struct buf text = {0};
    struct writer w = {.out = &text};

    w.rc = finding_fault(&text, r->run, json_text(template_find(t, ".", NULL), "line"));
    template_text(t, writer_text(&w));
    buf_free(&text);
    return 1;
}

static const struct template_word words[] = {
    {"extent", put_extent, NULL},
    {"overview", put_overview, NULL},
    {"cures", NULL, find_cures},
    {"cure", put_cure, NULL},
    {"picture", put_picture, NULL},
    {"image", put_image, NULL},
    {"numbers", put_numbers, NULL},
    {"fault-finding", put_fault_finding, NULL},
    {NULL, NULL, NULL},
};

/* ---- the page ---- */

static void add_line(void *list, const char *line)
{
    json_append_text(list, line);
}

/* The charts that have a picture. */
static void add_charts(cJSON *page, const char *name, const struct report *r, const char *suffix)
{
    cJSON *list = cJSON_AddArrayToObject(page, name);
    char path[PATH_MAX];

    for (size_t i = 0; chart_names[i] != NULL; i++)
        if (picture_path(path, r, "", chart_names[i], suffix) && access(path, R_OK) == 0)
            cJSON_AddItemToArray(list, json_object("chart:s", chart_names[i]));
}

/* Do the pictures show other numbers than the run has? Then no sentence is about them. */
static void add_stale(cJSON *page, const struct report *r)
{
    char path[PATH_MAX];
    bool known = picture_path(path, r, "", "data", "");

    cJSON_AddBoolToObject(page, "stale_charts", known && !chart_data_is_of(r->run, path));
}

/* Each name of faults that rows had, and the picture of it. */
static void add_faults(cJSON *page, const struct report *r)
{
    cJSON *list = cJSON_AddArrayToObject(page, "faults"), *item;
    cJSON *firsts = result_faults_rows(r->run, NULL);
    char path[PATH_MAX], of[RESULT_FAULTS_NAME_BYTES], name[RESULT_FAULTS_NAME_BYTES + 32];
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(firsts, "rows"))
    {
        result_faults_name(of, row);
        item = json_object("line:s", of);
        snprintf(name, sizeof name, "%s%s", CHART_RECOVERY_PREFIX, of);
        if (picture_path(path, r, "", name, ".svg") && access(path, R_OK) == 0)
            json_add_text(item, "chart", name);
        cJSON_AddItemToArray(list, item);
    }
    cJSON_Delete(firsts);
}

/* The rows that have a ladder diagram. */
static void add_ladders(cJSON *page, const struct report *r)
{
    cJSON *list = cJSON_AddArrayToObject(page, "ladders");
    char path[PATH_MAX];
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(r->run, "rows"))
    {
        if (picture_path(path, r, "ladder-", json_text(row, "id"), ".svg") &&
            access(path, R_OK) == 0)
            cJSON_AddItemReferenceToArray(list, (cJSON *)row);
    }
}

/* What report.html and report.md need beside the run itself: facts (report_facts_of()), sound (the
 * run as sentences are to see it, findings_sound_run(), with its facts), disturbed_rows, advice,
 * stale_charts, and what is listed here. */
static cJSON *page_of(const struct report *r)
{
    int rows = cJSON_GetArraySize(json_at(r->run, "rows"));
    int planned = cJSON_GetArraySize(json_at(r->run, "rows_planned"));
    cJSON *page = cJSON_CreateObject(), *sound = findings_sound_run(r->run);
    char when[32], measured[80];

    snprintf(when, sizeof when, "%.20s", json_text(r->run, "started"));
    if (strlen(when) > 10 && when[10] == 'T')
        when[10] = ' ';
    snprintf(measured, sizeof measured, "%d of %d planned rows were measured", rows, planned);
    json_add_text(page, "when", when); /* "2026-11-23 06:16:48Z" */
    json_add_text(page, "measured", measured);
    cJSON_AddBoolToObject(page, "missing_rows", rows < planned);
    cJSON_AddNumberToObject(page, "broken_rows", findings_count_broken(r->run));
    result_each_problem(r->run, add_line, cJSON_AddArrayToObject(page, "all_problems"));
    add_charts(page, "charts", r, ".svg");
    add_charts(page, "images", r, ".png");
    add_stale(page, r);
    add_ladders(page, r);
    add_faults(page, r);
    cJSON_AddItemReferenceToObject(page, "disturbed_rows",
                                   cJSON_GetObjectItemCaseSensitive(sound, "disturbed"));
    report_method_add(page, r->run);
    cJSON_AddItemToObject(page, "facts", report_facts_of(r->run));
    cJSON_AddItemToObject(sound, "facts", report_facts_of(sound));
    cJSON_AddItemToObject(page, "sound", sound);
    cJSON_AddItemToObject(page, "advice", advise_book_page_of_run(r->run));
    return page;
}

int report_fill(struct buf *out, const struct report *r, enum output output, const char *text,
                struct err_text *e)
{
    struct report context = *r;
    cJSON *page;
    struct template_fill t = {
        .w = {.out = out},
        .output = output,
        .words = {words, report_words, report_table_words, report_method_words, run_words},
        .context = &context};

    predicted_add(r->run);
    page = page_of(r);
    if (json_at(page, "advice") == NULL)
        t.w.rc = PL_ENOMEM;
    template_enter(&t, page);
    template_enter(&t, r->run);
    template_put(&t, text);
    cJSON_Delete(page);
    return template_end(&t, text, e);
}

/* ---- files ---- */

int report_write(const char *dir, struct err_text *e)
{
    struct report r = {.dir = dir};
    struct buf html = {0};
    char path[PATH_MAX];
    cJSON *run;
    int rc = run_file_read(&run, dir, e);

    if (rc < 0)
        return rc;
    r.run = run;
    rc = run_file_path(path, dir, "report", "", ".html", e);
    if (rc == PL_OK) {
        rc = report_fill(&html, &r, OUTPUT_HTML, "report.html", e);
        rc = rc < 0 ? rc : file_write(path, html.data, html.len, e);
    }
    buf_free(&html);
    cJSON_Delete(run);
    return rc;
}
