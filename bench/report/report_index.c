#include "bench/report/report_index.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/result/facts.h"
#include "bench/base/file.h"
#include "bench/page/html.h"
#include "bench/base/json.h"
#include "bench/report/report.h"
#include "bench/page/report_page.h"
#include "bench/page/report_table.h"
#include "bench/report/trend.h"

enum { RUNS_MAX = 2000 };

struct entry {
    char folder[NAME_MAX + 1];
    cJSON *run;
    char *question; /* runs with the same one can be compared: scenario and link, without seed */
    size_t group;   /* runs of one question, numbered by their newest */
};

struct list {
    struct entry entries[RUNS_MAX];
    size_t n, ngroups;
};

/* ---- reading ---- */

static char *question_of(const cJSON *run)
{
    cJSON *copy = cJSON_Duplicate(json_at(run, "scenario"), true);
    char *text;

    cJSON_DeleteItemFromObjectCaseSensitive(copy, "seed");
    cJSON_DeleteItemFromObjectCaseSensitive(copy, "title");
    cJSON_DeleteItemFromObjectCaseSensitive(copy, "link");
    if (copy != NULL)
        json_add_text(copy, "link", json_text(run, "link"));
    text = cJSON_PrintUnformatted(copy);
    cJSON_Delete(copy);
    return text;
}

/* Rows keep what the clients reported, which is most of a run.json and of no use here. */
static void forget_raw(cJSON *run)
{
    cJSON *row;

    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(run, "rows"))
    {
        cJSON_DeleteItemFromObjectCaseSensitive(row, "raw");
        cJSON_DeleteItemFromObjectCaseSensitive(row, "commands");
    }
}

/* A folder of its own with a run.json that can be read; latest is a link to one of them. */
static void take(struct list *l, const char *results_dir, const char *name)
{
    struct entry *entry = &l->entries[l->n];
    char path[PATH_MAX];
    struct stat st;

    if (name[0] == '.' || l->n == RUNS_MAX ||
        snprintf(path, sizeof path, "%s/%s", results_dir, name) >= PATH_MAX ||
        lstat(path, &st) < 0 || !S_ISDIR(st.st_mode) ||
        report_read_run(&entry->run, path, NULL) < 0)
        return;
    forget_raw(entry->run);
    entry->question = question_of(entry->run);
    snprintf(entry->folder, sizeof entry->folder, "%s", name);
    if (entry->question == NULL)
        cJSON_Delete(entry->run);
    else
        l->n++;
}

static int newest_first(const void *a, const void *b)
{
    const struct entry *one = a, *other = b;
    int order = strcmp(json_text(other->run, "started"), json_text(one->run, "started"));

    return order != 0 ? order : strcmp(other->folder, one->folder);
}

static void find_groups(struct list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        size_t earlier = 0;

        while (strcmp(l->entries[earlier].question, l->entries[i].question) != 0)
            earlier++;
        l->entries[i].group = earlier == i ? l->ngroups++ : l->entries[earlier].group;
    }
}

static int read_list(struct list *l, const char *results_dir, struct err_text *e)
{
    DIR *dir = opendir(results_dir);
    struct dirent *d;

    if (dir == NULL)
        return err_set(e, PL_ESYS, "%.200s: %s", results_dir, strerror(errno));
    while ((d = readdir(dir)) != NULL)
        take(l, results_dir, d->d_name);
    closedir(dir);
    if (l->n == 0)
        return err_set(e, PL_EINVAL,
                       "%.200s: no run.json in it nor in its folders; accepted: the folder of a "
                       "run, such as results/latest, or of runs",
                       results_dir);
    qsort(l->entries, l->n, sizeof *l->entries, newest_first);
    find_groups(l);
    return PL_OK;
}

static void free_list(struct list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        cJSON_Delete(l->entries[i].run);
        cJSON_free(l->entries[i].question);
    }
    free(l);
}

static int write_missing_reports(const struct list *l, const char *results_dir, struct err_text *e)
{
    char dir[PATH_MAX - 32], path[PATH_MAX];
    int rc = PL_OK;

    for (size_t i = 0; rc == PL_OK && i < l->n; i++) {
        if (snprintf(dir, sizeof dir, "%s/%s", results_dir, l->entries[i].folder) >=
            (int)sizeof dir)
            return err_set(e, PL_EINVAL, "%.100s...: the path is too long", results_dir);
        snprintf(path, sizeof path, "%s/report.html", dir);
        if (access(path, F_OK) < 0)
            rc = report_write(dir, e);
    }
    return rc;
}

/* ---- the groups ---- */

static const struct entry *newest_of(const struct list *l, size_t group)
{
    const struct entry *entry = l->entries;

    while (entry->group != group)
        entry++;
    return entry;
}

static size_t count_runs(const struct list *l, size_t group)
{
    size_t n = 0;

    for (size_t i = 0; i < l->n; i++)
        n += l->entries[i].group == group;
    return n;
}

/* "standard, 50 clients, 6 s, loopback" */
static void put_group_name(struct writer *w, const struct entry *newest)
{
    char clients[UNITS_TEXT_BYTES], window_s[UNITS_TEXT_BYTES];

    units_format_count(clients, json_number(newest->run, "scenario.clients"));
    facts_format_setting(window_s, json_number(newest->run, "scenario.duration_s"));
    html_textf(w, "%s, %s clients, %s s, %s", json_text(newest->run, "scenario.name"), clients,
               window_s, json_text(newest->run, "link"));
}

/* ---- the filter: radio buttons and :has() ---- */

static void put_filter_rules(struct writer *w, const struct list *l)
{
    for (size_t g = 0; g < l->ngroups; g++)
        writer_printf(w, "body:has(#show-%zu:checked) .of:not(.of-%zu){display:none}\n", g, g);
    writer_puts(w, "body:has(#whole:checked) .run.broken{display:none}\n");
}

static void put_filter(struct writer *w, const struct list *l)
{
    writer_puts(w, "<fieldset class=\"filter\"><legend>Show</legend>\n"
                   "<input type=\"radio\" name=\"show\" id=\"show-all\" checked>"
                   "<label for=\"show-all\">all runs</label>\n");
    for (size_t g = 0; g < l->ngroups; g++) {
        writer_printf(w,
                      "<input type=\"radio\" name=\"show\" id=\"show-%zu\"><label "
                      "for=\"show-%zu\">",
                      g, g);
        put_group_name(w, newest_of(l, g));
        writer_printf(w, " <small>%zu</small></label>\n", count_runs(l, g));
    }
    writer_puts(w, "<input type=\"checkbox\" id=\"whole\"><label for=\"whole\">complete runs only"
                   "</label>\n</fieldset>\n");
}

/* ---- the list ---- */

static void put_extremes(struct writer *w, const cJSON *run)
{
    struct facts_range p50 = facts_range_of(run, "latency_us.p50");
    char low[UNITS_TEXT_BYTES], high[UNITS_TEXT_BYTES];

    if (p50.n == 0) {
        writer_puts(w, "<p>Nothing was delivered.</p>\n");
        return;
    }
    units_format_us(low, p50.low);
    units_format_us(high, p50.high);
    writer_puts(w, "<p>Median latency ");
    report_table_id(w, p50.low_row);
    writer_printf(w, " %s", low);
    if (p50.n > 1) {
        writer_puts(w, " to ");
        report_table_id(w, p50.high_row);
        writer_printf(w, " %s", high);
    }
    writer_puts(w, "</p>\n");
}

/* A folder's name as a part of a URL. */
static void put_folder(struct writer *w, const char *name)
{
    for (; *name != '\0'; name++) {
        bool plain = (*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
                     (*name >= '0' && *name <= '9') || strchr("-._~+@", *name) != NULL;

        if (plain)
            writer_add(w, name, 1);
        else
            writer_printf(w, "%%%02X", (unsigned char)*name);
    }
}

static void put_conditions(struct writer *w, const cJSON *run)
{
    char clients[UNITS_TEXT_BYTES], rate[UNITS_TEXT_BYTES], window_s[UNITS_TEXT_BYTES];

    units_format_count(clients, json_number(run, "scenario.clients"));
    facts_format_setting(rate, json_number(run, "scenario.source.rate_hz"));
    facts_format_setting(window_s, json_number(run, "scenario.duration_s"));
    writer_puts(w, "<p class=\"note\">");
    html_textf(w, "%.10s %.5s UTC · %s clients · %s updates/s · %s s window · link: %s · seed %.0f",
               json_text(run, "started"),
               strlen(json_text(run, "started")) > 16 ? json_text(run, "started") + 11 : "",
               clients, rate, window_s, json_text(run, "link"), json_number(run, "seed"));
    writer_puts(w, "</p>\n");
}

static void put_entry(struct writer *w, const struct entry *entry)
{
    const cJSON *run = entry->run;
    bool complete = json_true(run, "complete");

    writer_printf(w, "<li class=\"run of of-%zu%s\">\n", entry->group, complete ? "" : " broken");
    trend_thumbnail(w, run);
    writer_puts(w, "<div><h3><a href=\"");
    put_folder(w, entry->folder);
    writer_puts(w, "/report.html\">");
    html_text(w, report_title(run));
    writer_puts(w, "</a>");
    if (!complete)
        writer_printf(w, " <span class=\"mark\">%s</span>",
                      json_true(run, "interrupted") ? "interrupted" : "incomplete");
    writer_puts(w, "</h3>\n");
    put_conditions(w, run);
    put_extremes(w, run);
    writer_puts(w, "</div></li>\n");
}

/* ---- trends ---- */

static void put_legend(struct writer *w, const cJSON *run)
{
    const cJSON *row;

    writer_puts(w, "<p class=\"legend\">");
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        report_table_id(w, row);
        writer_puts(w, " ");
    }
    writer_puts(w, "</p>\n");
}

static void put_trend(struct writer *w, const struct list *l, size_t group)
{
    static const struct {
        const char *title, *path;
        facts_format *format;
    } metrics[] = {
        {"Median latency", "latency_us.p50", units_format_us},
        {"99th percentile of latency", "latency_us.p99", units_format_us},
        {"Server CPU per update", "server_cpu_us_per_update", units_format_us},
        {"Requests per update", "requests_per_update", units_format_ratio},
    };
    const cJSON *runs[RUNS_MAX];
    size_t n = 0;
    char id[48];

    for (size_t i = l->n; i-- > 0;)
        if (l->entries[i].group == group)
            runs[n++] = l->entries[i].run;
    writer_printf(w, "<section class=\"of of-%zu\"><h2>", group);
    put_group_name(w, newest_of(l, group));
    writer_printf(w, ": %zu runs</h2>\n", n);
    put_legend(w, runs[n - 1]);
    writer_puts(w, "<div class=\"trends\">\n");
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
        struct trend t = {runs, n, metrics[i].title, metrics[i].path, metrics[i].format, id};

        snprintf(id, sizeof id, "trend-%zu-%zu", group, i);
        trend_draw(w, &t);
    }
    writer_puts(w, "</div></section>\n");
}

/* ---- the page ---- */

static void put_page(struct writer *w, const struct list *l, const char *css)
{
    report_page_open(w, "Runs", css);
    put_filter_rules(w, l);
    report_page_body(w);
    writer_printf(w,
                  "<header><p class=\"kicker\">pushlab results</p>\n<h1>%zu run%s</h1>\n"
                  "<p class=\"lead\">Newest first. The small bars are median latencies from 10 µs "
                  "to 10 s, on a logarithmic scale.</p>\n",
                  l->n, l->n == 1 ? "" : "s");
    put_filter(w, l);
    writer_puts(w, "</header>\n<main>\n<section><h2>List</h2>\n<ol class=\"runs\">\n");
    for (size_t i = 0; i < l->n; i++)
        put_entry(w, &l->entries[i]);
    writer_puts(w, "</ol></section>\n");
    for (size_t g = 0; g < l->ngroups; g++)
        if (count_runs(l, g) > 1)
            put_trend(w, l, g);
    writer_puts(w, "</main>\n");
    report_page_close(w, PUSHLAB_VERSION);
}

static int write_page(const struct list *l, const char *results_dir, struct err_text *e)
{
    struct buf css = {0}, html = {0};
    struct writer w = {.out = &html};
    char path[PATH_MAX];
    int rc = report_read_css(&css, e);

    if (rc < 0)
        return rc;
    put_page(&w, l, (const char *)css.data);
    if (w.rc < 0)
        rc = err_set(e, w.rc, "index.html: %s", pl_strerror(w.rc));
    else if (snprintf(path, sizeof path, "%s/index.html", results_dir) >= PATH_MAX)
        rc = err_set(e, PL_EINVAL, "%.100s...: the path is too long", results_dir);
    else
        rc = file_write(path, html.data, html.len, e);
    buf_free(&css);
    buf_free(&html);
    return rc;
}

int report_index_write(const char *results_dir, struct err_text *e)
{
    struct list *l = calloc(1, sizeof *l);
    int rc;

    if (l == NULL)
        return err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM));
    rc = read_list(l, results_dir, e);
    rc = rc < 0 ? rc : write_missing_reports(l, results_dir, e);
    rc = rc < 0 ? rc : write_page(l, results_dir, e);
    free_list(l);
    return rc;
}
