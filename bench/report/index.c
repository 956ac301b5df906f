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
#include "bench/page/run_words.h"
#include "bench/report/drawing.h"
#include "bench/report/report.h"
#include "bench/result/run_file.h"

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
        lstat(path, &st) < 0 || !S_ISDIR(st.st_mode) || run_file_read(&entry->run, path, NULL) < 0)
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

/* ---- the page ---- */

/* Items that templates read: {runs, groups[{group, runs, newest}], entries[{group, folder, run}]};
 * newest and run are the runs themselves. */
static cJSON *page_of(const struct list *l)
{
    cJSON *page = cJSON_CreateObject(), *groups, *entries, *o;
    char group[24];

    cJSON_AddNumberToObject(page, "runs", (double)l->n);
    groups = cJSON_AddArrayToObject(page, "groups");
    entries = cJSON_AddArrayToObject(page, "entries");
    for (size_t i = 0; i < l->n; i++) {
        const struct entry *entry = &l->entries[i];

        snprintf(group, sizeof group, "%zu", entry->group);
        o = cJSON_CreateObject();
        cJSON_AddItemToArray(entries, o);
        cJSON_AddStringToObject(o, "group", group);
        cJSON_AddStringToObject(o, "folder", entry->folder);
        cJSON_AddItemReferenceToObject(o, "run", entry->run);
        o = cJSON_GetArrayItem(groups, (int)entry->group);
        if (o == NULL) { /* runs are numbered by the first of their group */
            o = cJSON_CreateObject();
            cJSON_AddItemToArray(groups, o);
            cJSON_AddStringToObject(o, "group", group);
            cJSON_AddNumberToObject(o, "runs", 0);
            cJSON_AddItemReferenceToObject(o, "newest", entry->run);
        }
        cJSON_SetNumberValue(cJSON_GetObjectItem(o, "runs"), json_number(o, "runs") + 1);
    }
    return page;
}

/* "2026-11-23 06:16" */
static double put_minute(struct template *t)
{
    const char *started = json_text(template_find(t, ".", NULL), "started");
    char text[32];

    snprintf(text, sizeof text, "%.10s %.5s", started, strlen(started) > 16 ? started + 11 : "");
    template_text(t, text);
    return 1;
}

static double put_thumbnail(struct template *t)
{
    drawing_thumbnail(&t->w, template_find(t, ".", NULL));
    return 1;
}

/* {trend PATH|TITLE} of a group. */
static double put_trend(struct template *t)
{
    const struct list *l = t->context;
    const cJSON *runs[RUNS_MAX];
    const char *group = json_text(template_find(t, ".", NULL), "group");
    struct drawing_trend trend = {.runs = runs, .title = strchr(t->arg, '|') + 1};
    char path[64], id[128];

    snprintf(path, sizeof path, "%.*s", (int)strcspn(t->arg, "|"), t->arg);
    snprintf(id, sizeof id, "trend-%.20s-%s", group, path);
    for (char *c = id; *c != '\0'; c++)
        *c = *c == '.' ? '-' : *c;
    for (size_t i = l->n; i-- > 0;)
        if (l->entries[i].group == strtoul(group, NULL, 10))
            runs[trend.n++] = l->entries[i].run;
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
    struct template t = {
        .w = {.out = &html}, .output = OUTPUT_HTML, .words = {words, run_words}, .context = l};
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
