#include "bench/report/report.h"

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench/advise/advise_html.h"
#include "bench/chart/chart.h"
#include "bench/result/facts.h"
#include "bench/base/data_find.h"
#include "bench/base/file.h"
#include "bench/result/findings.h"
#include "bench/report/overview_svg.h"
#include "bench/page/html.h"
#include "bench/base/json.h"
#include "bench/report/report_balancer.h"
#include "bench/report/report_duplex.h"
#include "bench/report/report_method.h"
#include "bench/page/report_page.h"
#include "bench/page/report_table.h"
#include "bench/report/report_text.h"
#include "bench/result/result.h"
#include "bench/page/svg_inline.h"
#include "bench/base/units.h"

enum { RUN_MAX_BYTES = 64 << 20, SVG_MAX_BYTES = 16 << 20, CSS_MAX_BYTES = 1 << 20 };

const char *report_title(const cJSON *run)
{
    const char *title = json_text(run, "scenario.title"), *name = json_text(run, "scenario.name");

    if (title[0] != '\0')
        return title;
    return name[0] != '\0' ? name : "A run of pushlab";
}

/* ---- prose as paragraphs ---- */

/* The name of a row wears its colour. */
static bool put_row_name(struct writer *w, const char *word, size_t len, const void *run)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        const char *id = json_text(row, "id");

        if (strlen(id) == len && memcmp(id, word, len) == 0) {
            report_table_id(w, row);
            return true;
        }
    }
    return false;
}

typedef void prose_fn(struct writer *w, const cJSON *run);

static void put_prose(struct writer *w, prose_fn *write, const cJSON *run)
{
    struct buf text = {0};
    struct writer prose = {.out = &text};

    write(&prose, run);
    writer_add(&prose, "", 1);
    if (prose.rc < 0)
        w->rc = prose.rc;
    else
        html_prose(w, (const char *)text.data, put_row_name, run);
    buf_free(&text);
}

static void put_paragraph(struct writer *w, const char *class, prose_fn *write, const cJSON *run)
{
    writer_printf(w, class[0] != '\0' ? "<p class=\"%s\">" : "<p>", class);
    put_prose(w, write, run);
    writer_puts(w, "</p>\n");
}

/* ---- the head ---- */

static void put_problem(void *arg, const char *line)
{
    struct writer *w = arg;

    writer_puts(w, "<li>");
    html_text(w, line);
    writer_puts(w, "</li>\n");
}

static void count_problem(void *arg, const char *line)
{
    (void)arg;
    (void)line;
}

/* What must be known before any number is read. */
static void put_warning(struct writer *w, const cJSON *run)
{
    int rows = cJSON_GetArraySize(json_at(run, "rows"));
    int planned = cJSON_GetArraySize(json_at(run, "rows_planned"));
    int problems = result_each_problem(run, count_problem, NULL);
    bool interrupted = json_true(run, "interrupted"), partial = rows < planned;

    if (problems == 0 && !interrupted && !partial)
        return;
    writer_puts(w, "<div class=\"warning\">\n<p><strong>Read with care.</strong> ");
    if (interrupted)
        writer_puts(w, "The run was interrupted. ");
    if (partial)
        writer_printf(w, "%d of %d planned rows were measured. ", rows, planned);
    if (problems > 0)
        writer_puts(w, "Not everything adds up:");
    writer_puts(w, "</p>\n");
    if (problems > 0) {
        writer_puts(w, "<ul>\n");
        result_each_problem(run, put_problem, w);
        writer_puts(w, "</ul>\n");
    }
    writer_puts(w, "</div>\n");
}

static void put_chip(struct writer *w, const char *name, const char *value)
{
    if (value[0] == '\0')
        return;
    writer_puts(w, "<li>");
    html_textf(w, "%s%s", name, value);
    writer_puts(w, "</li>");
}

/* What an experimenter looks for first. */
static void put_chips(struct writer *w, const cJSON *run)
{
    char started[32], seed[UNITS_TEXT_BYTES] = "";

    snprintf(started, sizeof started, "%.20s", json_text(run, "started"));
    for (char *c = started; *c != '\0'; c++)
        if (*c == 'T')
            *c = ' ';
    if (json_number(run, "seed") >= 0)
        facts_format_setting(seed, json_number(run, "seed"));
    writer_puts(w, "<ul class=\"chips\">");
    put_chip(w, "link: ", json_text(run, "link"));
    put_chip(w, "", started);
    put_chip(w, "scenario: ", json_text(run, "scenario.name"));
    put_chip(w, "seed: ", seed);
    put_chip(w, "pushlab ", json_text(run, "pushlab"));
    writer_puts(w, "</ul>\n");
}

static void put_header(struct writer *w, const cJSON *run)
{
    writer_puts(w, "<header class=\"hero\">\n<div>\n<p class=\"kicker\">pushlab report</p>\n<h1>");
    html_text(w, report_title(run));
    writer_puts(w, "</h1>\n");
    put_paragraph(w, "lead", report_text_setting, run);
    put_chips(w, run);
    put_warning(w, run);
    writer_puts(w, "</div>\n");
    overview_svg_draw(w, run);
    writer_puts(w, "</header>\n");
}

/* ---- the verdict ---- */

static void put_tile(struct writer *w, const char *name, const char *value, const cJSON *row,
                     const char *note)
{
    writer_printf(w, "<div><dt>%s</dt><dd><b>%s</b> ", name, value);
    if (row != NULL)
        report_table_id(w, row);
    if (note[0] != '\0')
        writer_printf(w, "<span class=\"note\">%s</span>", note);
    writer_puts(w, "</dd></div>\n");
}

/* A tile for a number that spreads: "0 – 1.01". */
static void put_span_tile(struct writer *w, const cJSON *run, const char *name, const char *path,
                          const char *note)
{
    struct facts_range r = facts_range_of(run, path);
    char low[UNITS_TEXT_BYTES], high[UNITS_TEXT_BYTES], text[2 * UNITS_TEXT_BYTES + 8];

    units_format_ratio(low, r.low);
    units_format_ratio(high, r.high);
    snprintf(text, sizeof text, strcmp(low, high) == 0 ? "%s" : "%s – %s", low, high);
    put_tile(w, name, text, NULL, note);
}

static void put_tiles(struct writer *w, const cJSON *run)
{
    struct facts_range p50 = facts_range_of(run, "latency_us.p50");
    char text[UNITS_TEXT_BYTES];

    if (p50.n == 0)
        return;
    writer_puts(w, "<dl class=\"tiles\">\n");
    units_format_us(text, p50.low);
    put_tile(w, p50.n > 1 ? "Fastest median" : "Median latency", text, p50.low_row, "");
    units_format_us(text, p50.high);
    if (p50.n > 1)
        put_tile(w, "Slowest median", text, p50.high_row, "");
    put_span_tile(w, run, "Requests per update", "requests_per_update", "HTTP, in the window");
    put_span_tile(w, run, "Handshakes per update", "tcp_handshakes_per_update",
                  "TCP, in the window");
    put_span_tile(w, run, "Framing per update", "bytes_per_update.framing", "bytes, both ways");
    writer_puts(w, "</dl>\n");
}

static void verdict_0(struct writer *w, const cJSON *run)
{
    report_text_verdict(w, run, 0);
}
static void verdict_1(struct writer *w, const cJSON *run)
{
    report_text_verdict(w, run, 1);
}
static void verdict_2(struct writer *w, const cJSON *run)
{
    report_text_verdict(w, run, 2);
}

/* ---- pictures ---- */

/* The picture at charts/PREFIX<name>.svg. False when there is none. */
static bool put_picture(struct writer *w, const struct report_source *s, const char *prefix,
                        const char *name, const char *title)
{
    struct buf svg = {0}, id = {0};
    struct writer id_writer = {.out = &id};
    char path[PATH_MAX];
    bool found;

    if (s->run_dir == NULL ||
        snprintf(path, sizeof path, "%s/charts/%s%s.svg", s->run_dir, prefix, name) >= PATH_MAX)
        return false;
    found = file_read(&svg, path, SVG_MAX_BYTES, NULL) == PL_OK;
    html_name(&id_writer, prefix);
    html_name(&id_writer, name);
    writer_add(&id_writer, "", 1);
    if (id_writer.rc < 0)
        w->rc = id_writer.rc;
    else if (found && svg_inline(w, (const char *)svg.data, svg.len, (const char *)id.data,
                                 title) == PL_EPROTO)
        svg_embed(w, svg.data, svg.len, title);
    buf_free(&svg);
    buf_free(&id);
    return found;
}

static bool has_picture(const struct report_source *s, const char *prefix, const char *name)
{
    struct buf nowhere = {0};
    struct writer w = {.out = &nowhere};
    bool found = put_picture(&w, s, prefix, name, "");

    buf_free(&nowhere);
    return found;
}

static void put_figure(struct writer *w, const struct report_source *s, const cJSON *sound,
                       const char *chart, const char *class)
{
    struct buf heading = {0}, reading = {0};
    struct writer h = {.out = &heading}, r = {.out = &reading};

    report_text_chart_heading(&h, chart);
    writer_add(&h, "", 1);
    report_text_chart(&r, sound, chart);
    writer_add(&r, "", 1);
    if (h.rc < 0 || r.rc < 0) {
        w->rc = PL_ENOMEM;
    } else {
        writer_printf(w, "<figure class=\"%s\">\n<figcaption><h3>", class);
        html_text(w, (const char *)heading.data);
        writer_puts(w, "</h3>\n<p>");
        html_prose(w, (const char *)reading.data, put_row_name, s->run);
        writer_puts(w, "</p></figcaption>\n<div class=\"picture\" tabindex=\"0\" role=\"group\" "
                       "aria-label=\"Chart\">");
        put_picture(w, s, "", chart, (const char *)heading.data);
        writer_puts(w, "</div>\n</figure>\n");
    }
    buf_free(&heading);
    buf_free(&reading);
}

static int put_charts(struct writer *w, const struct report_source *s, const cJSON *sound)
{
    int n = 0;

    for (size_t i = 0; chart_names[i] != NULL; i++) {
        if (!has_picture(s, "", chart_names[i]))
            continue;
        put_figure(w, s, sound, chart_names[i], i == 0 ? "wide" : "beside");
        n++;
    }
    return n;
}

static void put_charts_section(struct writer *w, const struct report_source *s, const cJSON *sound)
{
    writer_puts(w, "<section id=\"charts\">\n<h2>The charts, read</h2>\n");
    if (put_charts(w, s, sound) == 0)
        writer_puts(w, "<p class=\"missing\">This report has no charts: none were drawn for the "
                       "run. With gnuplot installed, <code>pushlab chart DIR</code> draws them and "
                       "puts them in here.</p>\n");
    writer_puts(w, "</section>\n");
}

static bool has_ladders(const struct report_source *s)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(s->run, "rows"))
    {
        if (has_picture(s, "ladder-", json_text(row, "id")))
            return true;
    }
    return false;
}

static void put_ladders(struct writer *w, const struct report_source *s)
{
    const cJSON *row;
    char title[128];

    writer_puts(w, "<section id=\"ladders\">\n<h2>On the wire</h2>\n<p>The first exchanges of one "
                   "client of each row, from the captured packets: client on the left, server on "
                   "the right, time downwards.</p>\n<div class=\"ladders\">\n");
    cJSON_ArrayForEach(row, json_at(s->run, "rows"))
    {
        const char *id = json_text(row, "id");

        if (!has_picture(s, "ladder-", id))
            continue;
        snprintf(title, sizeof title, "Packets of %.60s between client and server", id);
        writer_puts(w, "<figure class=\"ladder\">\n<figcaption><h3>");
        report_table_id(w, row);
        writer_puts(w, "</h3></figcaption>\n<div class=\"picture\" tabindex=\"0\" role=\"group\" "
                       "aria-label=\"Ladder diagram\">");
        put_picture(w, s, "ladder-", id, title);
        writer_puts(w, "</div>\n</figure>\n");
    }
    writer_puts(w, "</div>\n</section>\n");
}

/* ---- the document ---- */

static void put_contents(struct writer *w, bool between, bool ladders)
{
    writer_puts(w, "<nav aria-label=\"Contents\"><a href=\"#verdict\">Verdict</a> "
                   "<a href=\"#choose\">What to choose</a> "
                   "<a href=\"#numbers\">Numbers</a> ");
    if (between)
        writer_puts(w, "<a href=\"#between\">In between</a> ");
    writer_puts(w, "<a href=\"#charts\">Charts</a> ");
    if (ladders)
        writer_puts(w, "<a href=\"#ladders\">On the wire</a> ");
    writer_puts(w, "<a href=\"#model\">Model</a> <a href=\"#method\">Method</a> "
                   "<a href=\"#definitions\">Definitions</a> "
                   "<a href=\"#environment\">Environment</a> "
                   "<a href=\"#reproduce\">Reproduce</a></nav>\n");
}

static void put_verdict(struct writer *w, const cJSON *run)
{
    writer_puts(w, "<section id=\"verdict\">\n<h2>Verdict</h2>\n<div class=\"verdict\">\n");
    put_paragraph(w, "sentence", verdict_0, run);
    put_paragraph(w, "sentence", verdict_1, run);
    put_paragraph(w, "sentence", verdict_2, run);
    if (report_duplex_has_verdict(run))
        put_paragraph(w, "sentence", report_duplex_verdict, run);
    writer_puts(w, "</div>\n");
    put_tiles(w, run);
    put_paragraph(w, report_text_trusted(run) ? "trust" : "trust doubt", report_text_trust, run);
    writer_puts(w, "</section>\n");
}

/* sound: what sentences compare, findings_sound_run(). */
static void put_body(struct writer *w, const struct report_source *s, const cJSON *sound)
{
    bool ladders = has_ladders(s);

    put_header(w, s->run);
    put_contents(w, report_balancer_has(s->run), ladders);
    writer_puts(w, "<main>\n");
    put_verdict(w, sound);
    advise_html_section(w, s->run);
    writer_puts(w, "<section id=\"numbers\">\n<h2>The numbers</h2>\n");
    report_table_rows(w, s->run);
    writer_puts(w, "</section>\n");
    report_balancer_section(w, s->run);
    put_charts_section(w, s, sound);
    if (ladders)
        put_ladders(w, s);
    writer_puts(w, "<section id=\"model\">\n<h2>Measured against predicted</h2>\n");
    put_paragraph(w, "", report_text_model, sound);
    report_table_model(w, sound);
    writer_puts(w, "</section>\n");
    report_method(w, s->run);
    writer_puts(w, "</main>\n");
}

int report_html(struct buf *out, const struct report_source *s)
{
    struct writer w = {.out = out};
    cJSON *sound = findings_sound_run(s->run);

    report_page_open(&w, report_title(s->run), s->css);
    report_page_body(&w);
    put_body(&w, s, sound);
    cJSON_Delete(sound);
    report_page_close(&w, json_text(s->run, "pushlab"));
    return w.rc;
}

/* ---- files ---- */

int report_read_run(cJSON **run, const char *run_dir, struct err_text *e)
{
    char path[PATH_MAX];
    int rc;

    *run = NULL;
    if (snprintf(path, sizeof path, "%s/run.json", run_dir) >= PATH_MAX)
        return err_set(e, PL_EINVAL, "%.100s...: the path is too long", run_dir);
    rc = json_read_file(run, path, RUN_MAX_BYTES, e);
    if (rc < 0)
        return rc;
    if (!cJSON_IsArray(json_at(*run, "rows")))
        rc = err_set(e, PL_EINVAL, "%.200s: it has no rows", path);
    else if (json_number(*run, "schema") > RESULT_SCHEMA)
        rc = err_set(e, PL_EINVAL, "%.200s: schema %g; this pushlab reads up to %d", path,
                     json_number(*run, "schema"), RESULT_SCHEMA);
    if (rc < 0) {
        cJSON_Delete(*run);
        *run = NULL;
    }
    return rc;
}

int report_read_css(struct buf *css, struct err_text *e)
{
    char path[PATH_MAX];

    data_find(path, sizeof path, DATA_REPORT, "report.css"); /* file_read() says where not */
    return file_read(css, path, CSS_MAX_BYTES, e);
}

static int write_html(const char *path, const struct report_source *s, struct err_text *e)
{
    struct buf html = {0};
    int rc = report_html(&html, s);

    if (rc < 0)
        err_set(e, rc, "%.200s: %s", path, pl_strerror(rc));
    else
        rc = file_write(path, html.data, html.len, e);
    buf_free(&html);
    return rc;
}

int report_write(const char *run_dir, struct err_text *e)
{
    struct buf css = {0};
    char path[PATH_MAX];
    cJSON *run;
    int rc = report_read_run(&run, run_dir, e);

    if (rc < 0)
        return rc;
    rc = report_read_css(&css, e);
    if (rc == PL_OK && snprintf(path, sizeof path, "%s/report.html", run_dir) >= PATH_MAX)
        rc = err_set(e, PL_EINVAL, "%.100s...: the path is too long", run_dir);
    if (rc == PL_OK) {
        struct report_source s = {run, run_dir, (const char *)css.data};

        rc = write_html(path, &s, e);
    }
    buf_free(&css);
    cJSON_Delete(run);
    return rc;
}
