/* The report for a blog: Markdown with image links, the same sentences as the HTML. */
#include "bench/report/report.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/chart/chart.h"
#include "bench/result/findings.h"
#include "bench/base/json.h"
#include "bench/report/report_duplex.h"
#include "bench/report/report_method.h"
#include "bench/page/report_table.h"
#include "bench/report/report_text.h"
#include "bench/result/result.h"
#include "bench/table/table.h"
#include "bench/base/writer.h"

/* Text of others: what Markdown or HTML would act upon is escaped. */
static void put_text(struct writer *w, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '<')
            writer_puts(w, "&lt;");
        else if (*text == '&')
            writer_puts(w, "&amp;");
        else if (strchr("\\`*_[]#|!", *text) != NULL)
            writer_printf(w, "\\%c", *text);
        else
            writer_add(w, (unsigned char)*text < ' ' ? " " : text, 1);
    }
}

static bool has_chart(const char *run_dir, const char *chart)
{
    char path[PATH_MAX];

    return snprintf(path, sizeof path, "%s/charts/%s.png", run_dir, chart) < PATH_MAX &&
           access(path, R_OK) == 0;
}

/* A path as a link's destination: spaces and brackets would end it. */
static void put_destination(struct writer *w, const char *images, const char *chart)
{
    for (const char *c = images; *c != '\0'; c++) {
        if (strchr(" ()<>\"'", *c) != NULL || (unsigned char)*c < ' ')
            writer_printf(w, "%%%02X", (unsigned char)*c);
        else
            writer_add(w, c, 1);
    }
    if (images[0] != '\0' && images[strlen(images) - 1] != '/')
        writer_puts(w, "/");
    writer_printf(w, "charts/%s.png", chart);
}

static void put_chart(struct writer *w, const cJSON *run, const char *images, const char *chart)
{
    writer_puts(w, "### ");
    report_text_chart_heading(w, chart);
    writer_puts(w, "\n\n![");
    report_text_chart_heading(w, chart);
    writer_puts(w, "](");
    put_destination(w, images, chart);
    writer_puts(w, ")\n\n");
    report_text_chart(w, run, chart);
    writer_puts(w, "\n\n");
}

static void put_charts(struct writer *w, const cJSON *run, const char *run_dir, const char *images)
{
    int n = 0;

    writer_puts(w, "## The charts, read\n\n");
    for (size_t i = 0; chart_names[i] != NULL; i++) {
        if (!has_chart(run_dir, chart_names[i]))
            continue;
        put_chart(w, run, images, chart_names[i]);
        n++;
    }
    if (n == 0)
        writer_puts(w, "No charts were drawn for this run.\n\n");
}

static void put_problem(void *arg, const char *line)
{
    writer_puts(arg, "> - ");
    put_text(arg, line);
    writer_puts(arg, "\n");
}

static void put_warning(struct writer *w, const cJSON *run)
{
    if (json_true(run, "complete"))
        return;
    writer_printf(w, "> **Read with care.** %d of %d planned rows were measured%s.\n",
                  cJSON_GetArraySize(json_at(run, "rows")),
                  cJSON_GetArraySize(json_at(run, "rows_planned")),
                  json_true(run, "interrupted") ? "; the run was interrupted" : "");
    result_each_problem(run, put_problem, w);
    writer_puts(w, "\n");
}

static void put_verdicts(struct writer *w, const cJSON *sound)
{
    for (int i = 0; i < REPORT_VERDICTS; i++) {
        report_text_verdict(w, sound, i);
        writer_puts(w, i + 1 < REPORT_VERDICTS ? " " : "\n\n");
    }
    if (report_duplex_has_verdict(sound)) {
        report_duplex_verdict(w, sound);
        writer_puts(w, "\n\n");
    }
    report_text_trust(w, sound);
}

/* sound: what sentences compare, findings_sound_run(). */
static void put_report(struct writer *w, const cJSON *run, const cJSON *sound, const char *run_dir,
                       const char *images)
{
    writer_puts(w, "# ");
    put_text(w, report_title(run));
    writer_puts(w, "\n\n");
    report_text_setting(w, run);
    writer_puts(w, "\n\n");
    put_warning(w, run);
    put_verdicts(w, sound);
    writer_puts(w, "\n\n## The numbers\n\n");
    if (w->rc == PL_OK)
        w->rc = table_markdown(w->out, run);
    writer_puts(w, "\n");
    put_charts(w, sound, run_dir, images);
    writer_puts(w, "## Measured against predicted\n\n");
    report_text_model(w, sound);
    writer_puts(w, "\n\n");
    report_table_model_markdown(w, sound);
    writer_puts(w, "\n## Do it again\n\n    ");
    report_method_command(w, run);
    writer_puts(w, "\n");
}

int report_markdown(struct buf *out, const cJSON *run, const char *run_dir, const char *images)
{
    struct writer w = {.out = out};
    cJSON *sound = findings_sound_run(run);

    put_report(&w, run, sound, run_dir, images);
    cJSON_Delete(sound);
    return w.rc;
}
