#include "bench/sweep/sweep_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/base/file.h"
#include "bench/base/json.h"
#include "bench/result/run_file.h"

enum { SWEEP_MAX_BYTES = 16 << 20 };

static bool exists(const char *dir, const char *name)
{
    char path[PATH_MAX];

    return snprintf(path, sizeof path, "%s/%s", dir, name) < PATH_MAX && access(path, F_OK) == 0;
}

bool sweep_is_folder(const char *dir)
{
    return exists(dir, "sweep.json");
}

/* ---- paths ---- */

void sweep_cell_path(const struct sweep *s, int cell, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/cells/%d", s->dir, cell + 1);
}

void sweep_block_path(const struct sweep *s, struct block b, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/blocks/%d-%d", s->dir, b.cell + 1, b.repeat + 1);
}

bool sweep_has_cell(const struct sweep *s, int cell)
{
    char path[PATH_MAX];

    sweep_cell_path(s, cell, path);
    return access(path, F_OK) == 0;
}

bool sweep_has_block(const struct sweep *s, struct block b)
{
    char path[PATH_MAX];

    sweep_block_path(s, b, path);
    return sweep_has_cell(s, b.cell) || access(path, F_OK) == 0;
}

/* ---- making one ---- */

static void describe(struct sweep *w, const struct scenario *s, int retries)
{
    cJSON *json = w->json, *file, *cells, *supplied = NULL;

    cJSON_AddNumberToObject(json, "schema", SWEEP_SCHEMA);
    cJSON_AddStringToObject(json, "pushlab", PUSHLAB_VERSION);
    cJSON_AddItemToObject(json, "started", json_time_now());
    cJSON_AddNullToObject(json, "finished");
    cJSON_AddFalseToObject(json, "complete");
    cJSON_AddItemToObject(json, "scenario", scenario_effective(s));
    cJSON_ReplaceItemInObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(json, "scenario"),
                                           "repeat", cJSON_CreateNumber(w->plan.repeat));
    file = cJSON_AddObjectToObject(json, "scenario_file");
    json_add_text(file, "path", s->path);
    /* As it is without what the command line said. */
    if (json_read_file(&supplied, s->path, SCENARIO_MAX_FILE_BYTES, NULL) == PL_OK)
        cJSON_AddItemToObject(file, "supplied", supplied);
    cJSON_AddItemToObject(json, "base", cJSON_Duplicate(w->plan.file, true));
    cJSON_AddItemToObject(json, "vary", cJSON_Duplicate(w->plan.vary, true));
    cJSON_AddNumberToObject(json, "repeat", w->plan.repeat);
    cJSON_AddNumberToObject(json, "seed", (double)w->plan.seed);
    cJSON_AddNumberToObject(json, "retries", retries);
    cells = cJSON_AddArrayToObject(json, "cells");
    for (int i = 0; i < w->plan.cells; i++) {
        cJSON *cell = cJSON_CreateObject();
        char path[32];

        snprintf(path, sizeof path, "cells/%d", i + 1);
        cJSON_AddItemToObject(cell, "values", plan_values(&w->plan, i));
        cJSON_AddStringToObject(cell, "path", path);
        cJSON_AddNumberToObject(cell, "blocks", 0);
        cJSON_AddItemToArray(cells, cell);
    }
}

/* RESULTS/<time>-sweep-NAME, "-2" and so on appended when that is taken. */
static int make_folder(struct sweep *w, const char *results, const char *name, struct err_text *e)
{
    char stamp[FILE_STAMP_BYTES];

    file_stamp(stamp);
    if (results[0] == '\0' || strlen(results) + 128 >= sizeof w->dir)
        return err_set(e, PL_EINVAL, "--out: '%.40s' is not a path; accepted: a folder", results);
    if (file_make_folders(results, e) < 0)
        return PL_ESYS;
    for (int i = 1; i < 1000; i++) {
        int len = snprintf(w->dir, sizeof w->dir, "%s/%s-sweep-%s", results, stamp, name);

        if (i > 1)
            snprintf(w->dir + len, sizeof w->dir - (size_t)len, "-%d", i);
        if (mkdir(w->dir, 0777) == 0)
            return PL_OK;
        if (errno != EEXIST)
            break;
    }
    return err_set(e, PL_ESYS, "mkdir %.200s: %s", w->dir, strerror(errno));
}

int sweep_create(struct sweep *out, const char *results, struct plan *plan,
                 const struct scenario *s, int retries, struct err_text *e)
{
    int rc;

    *out = (struct sweep){.json = cJSON_CreateObject(), .plan = *plan, .lock_fd = -1};
    *plan = (struct plan){.file = NULL};
    describe(out, s, retries);
    rc = make_folder(out, results, s->name, e);
    rc = rc < 0 ? rc : sweep_save(out, e);
    if (rc < 0)
        sweep_free(out);
    return rc;
}

/* ---- reading one ---- */

static int check(const struct sweep *w, const char *file, struct err_text *e)
{
    double schema = json_number(w->json, "schema"), repeat = json_number(w->json, "repeat");
    int cells = 1;
    const cJSON *vary;

    if (schema > SWEEP_SCHEMA)
        return err_set(e, PL_EINVAL, "%.200s: schema %g is newer than this program reads (%d)",
                       file, schema, SWEEP_SCHEMA);
    cJSON_ArrayForEach(vary, json_at(w->json, "vary"))
    {
        int n = cJSON_GetArraySize(json_at(vary, "values"));

        cells = n > 0 && cells <= PLAN_CELLS_MAX ? cells * n : PLAN_CELLS_MAX + 1;
    }
    if (!(repeat >= 1 && repeat <= PLAN_BLOCKS_MAX) || cells > PLAN_CELLS_MAX ||
        cells != cJSON_GetArraySize(json_at(w->json, "cells")) ||
        !cJSON_IsObject(json_at(w->json, "base")))
        return err_set(e, PL_EINVAL, "%.200s: no plan of a sweep in it", file);
    return PL_OK;
}

static void take_plan(struct sweep *w)
{
    struct plan *p = &w->plan;

    snprintf(p->path, sizeof p->path, "%s", json_text(w->json, "scenario_file.path"));
    p->file = cJSON_Duplicate(json_at(w->json, "base"), true);
    p->vary = cJSON_Duplicate(json_at(w->json, "vary"), true);
    p->cells = cJSON_GetArraySize(json_at(w->json, "cells"));
    p->repeat = (int)json_number(w->json, "repeat");
    p->seed = (uint64_t)json_number(w->json, "seed");
}

int sweep_read(struct sweep *out, const char *dir, struct err_text *e)
{
    char file[PATH_MAX];
    int rc = run_file_path(file, dir, "sweep", "", ".json", e);

    *out = (struct sweep){.lock_fd = -1};
    if (strlen(dir) >= sizeof out->dir)
        return err_set(e, PL_EINVAL, "%.100s...: the path is too long", dir);
    strcpy(out->dir, dir);
    rc = rc < 0 ? rc : json_read_file(&out->json, file, SWEEP_MAX_BYTES, e);
    json_clean(out->json);
    rc = rc < 0 ? rc : check(out, file, e);
    if (rc == PL_OK)
        take_plan(out);
    else
        sweep_free(out);
    return rc;
}

/* A lock of fcntl(2) is this process's alone: children do not hold it when it is killed. */
int sweep_lock(struct sweep *s, struct err_text *e)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/.lock", s->dir);
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (s->lock_fd < 0)
        return err_set(e, PL_ESYS, "open %.250s: %s", path, strerror(errno));
    if (fcntl(s->lock_fd, F_SETLK, &whole) < 0)
        return err_set(e, PL_EAWAY, "%.250s: another pushlab is measuring it", s->dir);
    return PL_OK;
}

void sweep_free(struct sweep *s)
{
    cJSON_Delete(s->json);
    plan_free(&s->plan);
    file_close(&s->lock_fd);
    s->json = NULL;
}

bool sweep_scenario_changed(const struct sweep *s)
{
    const char *path = json_text(s->json, "scenario_file.path");
    cJSON *now = NULL;
    bool changed = access(path, F_OK) == 0 &&
                   (json_read_file(&now, path, SCENARIO_MAX_FILE_BYTES, NULL) < 0 ||
                    !cJSON_Compare(now, json_at(s->json, "scenario_file.supplied"), true));

    cJSON_Delete(now);
    return changed;
}

/* ---- saving ---- */

static int count_blocks(const struct sweep *s, int cell)
{
    int n = 0;

    for (int r = 0; r < s->plan.repeat; r++)
        n += sweep_has_block(s, (struct block){cell, r});
    return n;
}

static void note_blocks(struct sweep *s)
{
    bool complete = true;
    int i = 0;
    cJSON *cell;

    cJSON_ArrayForEach(cell, json_at(s->json, "cells"))
    {
        cJSON_ReplaceItemInObjectCaseSensitive(cell, "blocks",
                                               cJSON_CreateNumber(count_blocks(s, i)));
        complete = complete && sweep_has_cell(s, i++);
    }
    if (complete && !json_true(s->json, "complete"))
        cJSON_ReplaceItemInObjectCaseSensitive(s->json, "finished", json_time_now());
    cJSON_ReplaceItemInObjectCaseSensitive(s->json, "complete", cJSON_CreateBool(complete));
}

int sweep_save(struct sweep *s, struct err_text *e)
{
    struct buf file = {0};
    char *text;
    int rc;

    note_blocks(s);
    text = cJSON_Print(s->json);
    rc = text == NULL ? PL_ENOMEM : buf_printf(&file, "%s\n", text);
    cJSON_free(text);
    return run_file_write(s->dir, "sweep", "", ".json", &file, rc, e);
}
