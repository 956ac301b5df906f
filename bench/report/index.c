#include "bench/report/index.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/base/file.h"
#include "bench/base/json.h"
#include "bench/compare/settings.h"
#include "bench/page/run_words.h"
#include "bench/report/drawing.h"
#include "bench/report/report.h"
#include "bench/result/result_source.h"
#include "bench/result/findings.h"
#include "bench/result/run_file.h"

enum { RUNS_MAX = 2000 };

struct list {
    struct entry {
        char folder[NAME_MAX + 1];
        cJSON *run; /* owned */
    } entries[RUNS_MAX];
    int n;
};

/* ---- reading ---- */

/* What was measured, repeat by repeat, and what the clients reported is most of a run.json and of
 * no use here. */
static void forget_raw(cJSON *run)
{
    cJSON *row;

    cJSON_DeleteItemFromObjectCaseSensitive(run, "repeats");
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
        lstat(path, &st) < 0 || !S_ISDIR(st.st_mode) || run_file_read(&entry->run, path, NULL) < 0)
        return;
    if (!cJSON_IsObject(json_at(entry->run, "scenario"))) {
        cJSON_Delete(entry->run);
        return;
    }
    forget_raw(entry->run);
    snprintf(entry->folder, sizeof entry->folder, "%s", name);
    l->n++;
}

static int newest_first(const void *a, const void *b)
{
    const struct entry *one = a, *other = b;
    int order = strcmp(json_text(other->run, "started"), json_text(one->run, "started"));

    return order != 0 ? order : strcmp(other->folder, one->folder);
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
    qsort(l->entries, (size_t)l->n, sizeof *l->entries, newest_first);
    return PL_OK;
}

static void free_list(struct list *l)
{
    for (int i = 0; i < l->n; i++)
        cJSON_Delete(l->entries[i].run);
    free(l);
}

static int write_missing_reports(const struct list *l, const char *results_dir, struct err_text *e)
{
    char dir[PATH_MAX - 32], path[PATH_MAX];
    int rc = PL_OK;

    for (int i = 0; rc == PL_OK && i < l->n; i++) {
        if (snprintf(dir, sizeof dir, "%s/%s", results_dir, l->entries[i].folder) >=
            (int)sizeof dir)
            return err_set(e, PL_EINVAL, "%.100s...: the path is too long", results_dir);
        snprintf(path, sizeof path, "%s/report.html", dir);
        if (access(path, F_OK) < 0)
            rc = report_write(dir, e);
    }
    return rc;
}

/* ---- the page ---- */

/* Runs of which this is the same can be compared: scenario and link, without the seed. */
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

/* The group of runs that a run belongs to, which is added when it is the first. */
static cJSON *group_of(cJSON *groups, const cJSON *run)
{
    char *question = question_of(run), name[24];
    cJSON *group;

    cJSON_ArrayForEach(group, groups)
    {
        if (question != NULL && strcmp(json_text(group, "question"), question) == 0)
            break;
    }
    if (group == NULL) {
        snprintf(name, sizeof name, "%d", cJSON_GetArraySize(groups));
        group = json_object("group:s question:s newest:r runs:d", name,
                            question != NULL ? question : "", run, 0);
        cJSON_AddItemToArray(groups, group);
    }
    cJSON_SetNumberValue(cJSON_GetObjectItem(group, "runs"), json_number(group, "runs") + 1);
    cJSON_free(question);
    return group;
}

/* ---- the names of groups ---- */

/* What index.html calls every group by. */
static void short_name(struct buf *out, const cJSON *group)
{
    const cJSON *run = json_at(group, "newest");
    struct writer w = {.out = out};

    writer_printf(&w, "%s, %g, %g, %s", json_text(run, "scenario.name"),
                  json_number(run, "scenario.clients"), json_number(run, "scenario.duration_s"),
                  json_text(run, "link"));
}

static bool is_called_alike(const cJSON *a, const cJSON *b)
{
    struct buf one = {0}, other = {0};
    bool alike;

    short_name(&one, a);
    short_name(&other, b);
    alike = one.len == other.len && (one.len == 0 || memcmp(one.data, other.data, one.len) == 0);
    buf_free(&one);
    buf_free(&other);
    return alike;
}

static void add_word(cJSON *words, const char *text)
{
    const cJSON *word;

    cJSON_ArrayForEach(word, words)
    {
        if (strcmp(word->valuestring, text) == 0)
            return;
    }
    json_append_text(words, text);
}

/* "with sse": the rows of one that the other lacks. Returns how many. */
static size_t add_rows(cJSON *words, const char *with, const cJSON *one, const cJSON *other)
{
    char text[SETTING_KEY_BYTES];
    const cJSON *row;
    size_t n = 0;

    cJSON_ArrayForEach(row, json_at(one, "scenario.rows"))
    {
        const char *id = json_text(row, "id");
        const cJSON *there;

        cJSON_ArrayForEach(there, json_at(other, "scenario.rows"))
        {
            if (strcmp(json_text(there, "id"), id) == 0)
                break;
        }
        snprintf(text, sizeof text, "%s %s", with, id);
        if (there == NULL)
            add_word(words, text);
        n += there == NULL;
    }
    return n;
}

/* In what a run differs from another of the same short name. */
static void add_differences(cJSON *words, const cJSON *run, const cJSON *other)
{
    char text[SETTING_KEY_BYTES + 2 * SETTING_TEXT_BYTES];
    double repeat = json_number(run, "scenario.repeat");
    bool repeated = repeat != json_number(other, "scenario.repeat");
    struct settings s;
    size_t rows;

    settings_compare(&s, run, other, NULL);
    for (size_t i = 0; i < s.n; i++) {
        const struct setting *one = &s.list[i];

        snprintf(text, sizeof text, "%s%s%s %s", one->row, one->row[0] != '\0' ? ": " : "",
                 one->key, one->a[0] != '\0' ? one->a : "none");
        add_word(words, text);
    }
    snprintf(text, sizeof text, "repeat %g", repeat);
    if (repeated)
        add_word(words, text);
    rows = add_rows(words, "with", run, other) + add_rows(words, "without", other, run);
    snprintf(text, sizeof text, "newest of %s", json_text(run, "started"));
    if (s.n + rows == 0 && !repeated)
        add_word(words, text);
}

/* Give each group differs[]: what its name must say beside the short one. */
static void tell_apart(const cJSON *groups)
{
    cJSON *group, *other;

    cJSON_ArrayForEach(group, groups)
    {
        cJSON *words = cJSON_AddArrayToObject(group, "differs");

        cJSON_ArrayForEach(other, groups)
        {
            if (other != group && is_called_alike(group, other))
                add_differences(words, json_at(group, "newest"), json_at(other, "newest"));
        }
    }
}

/* {runs, groups[{group, runs, newest, differs}], entries[{group, folder, achieved, run, sound}]}:
 * newest and run are runs, sound is findings_sound_run(). */
static cJSON *page_of(const struct list *l)
{
    cJSON *page = json_object("runs:d", l->n), *groups = cJSON_AddArrayToObject(page, "groups");
    cJSON *entries = cJSON_AddArrayToObject(page, "entries"), *o;

    for (int i = 0; i < l->n; i++) {
        const struct entry *entry = &l->entries[i];
        const cJSON *group = group_of(groups, entry->run);
        char achieved[RESULT_SOURCE_RATES_BYTES];

        result_source_achieved(achieved, entry->run);
        o = json_object("group:s folder:s achieved:s run:r", json_text(group, "group"),
                        entry->folder, achieved, entry->run);
        cJSON_AddItemToObject(o, "sound", findings_sound_run(entry->run));
        cJSON_AddItemToArray(entries, o);
    }
    tell_apart(groups);
    return page;
}

/* "2026-11-23 06:16" */
static double put_minute(struct template_fill *t)
{
    const char *started = json_text(template_find(t, ".", NULL), "started");
    char text[32];

    snprintf(text, sizeof text, "%.10s %.5s", started, strlen(started) > 16 ? started + 11 : "");
    template_text(t, text);
    return 1;
}

static double put_thumbnail(struct template_fill *t)
{
    drawing_thumbnail(&t->w, template_find(t, ".", NULL));
    return 1;
}

/* {trend PATH|TITLE} of a group. */
static double put_trend(struct template_fill *t)
{
    const char *group = json_text(template_find(t, ".", NULL), "group");
    const cJSON *runs[RUNS_MAX], *entry;
    struct drawing_trend trend = {.title = strchr(t->arg, '|') + 1};
    char path[64], id[128];
    size_t from = RUNS_MAX;

    cJSON_ArrayForEach(entry, template_find(t, "entries", NULL)) /* newest first */
    {
        if (strcmp(json_text(entry, "group"), group) == 0)
            runs[--from] = json_at(entry, "run");
    }
    trend.runs = runs + from;
    trend.n = RUNS_MAX - from;
    snprintf(path, sizeof path, "%.*s", (int)strcspn(t->arg, "|"), t->arg);
    snprintf(id, sizeof id, "trend-%.20s-%s", group, path);
    for (char *c = id; *c != '\0'; c++)
        *c = *c == '.' ? '-' : *c;
    trend.path = path;
    trend.id = id;
    drawing_trend(&t->w, &trend);
    return (double)trend.n;
}

static const struct template_word words[] = {
    {"minute", put_minute, NULL},
    {"thumbnail", put_thumbnail, NULL},
    {"trend", put_trend, NULL},
    {NULL, NULL, NULL},
};

static int write_page(struct list *l, const char *results_dir, struct err_text *e)
{
    struct buf html = {0};
    struct template_fill t = {
        .w = {.out = &html}, .output = OUTPUT_HTML, .words = {words, run_words}};
    cJSON *page = page_of(l);
    char path[PATH_MAX];
    int rc;

    template_enter(&t, page);
    template_put(&t, "index.html");
    rc = template_end(&t, "index.html", e);
    if (rc == PL_OK)
        rc = run_file_path(path, results_dir, "index", "", ".html", e);
    if (rc == PL_OK)
        rc = file_write(path, html.data, html.len, e);
    cJSON_Delete(page);
    buf_free(&html);
    return rc;
}

int index_write(const char *results_dir, struct err_text *e)
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
