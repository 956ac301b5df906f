#include "bench/sweep/sweep_merge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/file.h"
#include "bench/base/json.h"
#include "bench/result/folder.h"
#include "bench/result/repeats.h"
#include "bench/result/run_file.h"
#include "lib/hdr/hdr_log.h"

enum { LOG_MAX_BYTES = 64 << 20 };

/* ---- run.json ---- */

static int by_position(const void *a, const void *b)
{
    double x = json_number(*(cJSON *const *)a, "position");
    double y = json_number(*(cJSON *const *)b, "position");

    return (x > y) - (x < y);
}

/* The rows of a block in the order in which they were measured, behind those of earlier ones. */
static void add_repeats(cJSON *run, cJSON *block, int repeat)
{
    cJSON *repeats = cJSON_GetObjectItemCaseSensitive(run, "repeats");
    cJSON *rows = cJSON_GetObjectItemCaseSensitive(block, "rows"), *row[SCENARIO_MAX_ROWS];
    size_t n = 0;

    while (n < SCENARIO_MAX_ROWS && (row[n] = cJSON_DetachItemFromArray(rows, 0)) != NULL)
        n++;
    qsort(row, n, sizeof *row, by_position);
    for (size_t i = 0; i < n; i++) {
        cJSON_DeleteItemFromObjectCaseSensitive(row[i], "position");
        cJSON_AddNumberToObject(row[i], "repeat", repeat + 1);
        cJSON_AddItemToArray(repeats, row[i]);
        cJSON_AddNumberToObject(row[i], "position", cJSON_GetArraySize(repeats));
    }
}

/* Lines that are not there yet. */
static void add_lines(cJSON *run, const cJSON *block, const char *name)
{
    cJSON *to = cJSON_GetObjectItemCaseSensitive(run, name);
    const cJSON *line;

    cJSON_ArrayForEach(line, json_at(block, name))
    {
        if (!json_any_quotes(to, cJSON_GetStringValue(line)))
            json_append_text(to, cJSON_GetStringValue(line));
    }
}

static void replace(cJSON *object, const char *name, cJSON *value)
{
    cJSON_ReplaceItemInObjectCaseSensitive(object, name, value);
}

static int add_block(cJSON **run, const struct sweep *s, struct block b, struct err_text *e)
{
    char path[PATH_MAX];
    cJSON *block;
    int rc;

    sweep_block_path(s, b, path);
    rc = run_file_read(&block, path, e);
    if (rc < 0)
        return rc;
    if (*run == NULL) {
        *run = cJSON_Duplicate(block, true);
        replace(*run, "rows", cJSON_CreateArray());
        cJSON_AddArrayToObject(*run, "repeats");
        replace(cJSON_GetObjectItemCaseSensitive(*run, "scenario"), "repeat",
                cJSON_CreateNumber(s->plan.repeat));
    }
    add_repeats(*run, block, b.repeat);
    add_lines(*run, block, "notes");
    add_lines(*run, block, "problems");
    if (!json_true(block, "complete"))
        replace(*run, "complete", cJSON_CreateFalse());
    replace(*run, "finished", cJSON_Duplicate(json_at(block, "finished"), true));
    cJSON_Delete(block);
    return PL_OK;
}

/* ---- files beside it ---- */

/* Append the log of a block; a row that broke may have none. */
static int add_log(struct buf *all, const struct sweep *s, struct block b, const char *id,
                   struct err_text *e)
{
    char dir[PATH_MAX], path[PATH_MAX];
    struct buf one = {0};
    int rc;

    sweep_block_path(s, b, dir);
    rc = run_file_path(path, dir, "latency-", id, ".hlog", e);
    if (rc < 0 || access(path, F_OK) < 0)
        return rc;
    rc = file_read(&one, path, LOG_MAX_BYTES, e);
    if (rc == PL_OK && all->len == 0)
        rc = buf_add(all, one.data, one.len);
    else if (rc == PL_OK)
        rc = hdr_log_join(all, (const char *)one.data, one.len);
    buf_free(&one);
    return rc;
}

static int merge_logs(const struct sweep *s, int cell, const char *to, const char *id,
                      struct err_text *e)
{
    struct buf all = {0};
    int rc = PL_OK;

    for (int r = 0; rc == PL_OK && r < s->plan.repeat; r++)
        rc = add_log(&all, s, (struct block){cell, r}, id, e);
    if (rc == PL_OK && all.len > 0)
        return run_file_write(to, "latency-", id, ".hlog", &all, rc, e);
    buf_free(&all);
    return rc;
}

static int copy_timeline(const struct sweep *s, int cell, const char *to, const char *id,
                         struct err_text *e)
{
    char dir[PATH_MAX], path[PATH_MAX];
    struct buf file = {0};
    int rc;

    sweep_block_path(s, (struct block){cell, 0}, dir);
    rc = run_file_path(path, dir, "timeline-", id, ".csv", e);
    if (rc < 0 || access(path, F_OK) < 0)
        return rc;
    rc = file_read(&file, path, LOG_MAX_BYTES, e);
    return run_file_write(to, "timeline-", id, ".csv", &file, rc, e);
}

/* A log has what the summary is made of. */
static int settle_log(const cJSON *run, const struct folder *to, const char *id, struct err_text *e)
{
    bool left_out[REPEATS_MAX];
    size_t n = repeats_left_out(run, id, left_out);

    for (size_t i = 0; i < n; i++)
        if (left_out[i])
            return folder_leave_out(to, id, left_out, n, e);
    return PL_OK;
}

static int merge_files(const struct sweep *s, int cell, const cJSON *run, const struct folder *to,
                       struct err_text *e)
{
    const cJSON *row;
    int rc = PL_OK;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        rc = rc < 0 ? rc : merge_logs(s, cell, to->path, json_text(row, "id"), e);
        rc = rc < 0 ? rc : settle_log(run, to, json_text(row, "id"), e);
        rc = rc < 0 ? rc : copy_timeline(s, cell, to->path, json_text(row, "id"), e);
    }
    return rc;
}

/* ---- a cell ---- */

static int merge(const struct sweep *s, int cell, struct folder *to, struct err_text *e)
{
    cJSON *run = NULL;
    int rc = PL_OK;

    for (int r = 0; rc == PL_OK && r < s->plan.repeat; r++)
        rc = add_block(&run, s, (struct block){cell, r}, e);
    rc = rc < 0 ? rc : repeats_summarise(run, e);
    rc = rc < 0 ? rc : merge_files(s, cell, run, to, e);
    rc = rc < 0 ? rc : folder_save(to, run, e);
    cJSON_Delete(run);
    return rc;
}

/* The only block of a cell is the cell. */
static int rename_block(const struct sweep *s, int cell, struct err_text *e)
{
    char block[PATH_MAX], path[PATH_MAX];
    int rc;

    snprintf(path, sizeof path, "%s/cells", s->dir);
    rc = file_make_folders(path, e);
    sweep_cell_path(s, cell, path);
    sweep_block_path(s, (struct block){cell, 0}, block);
    if (rc == PL_OK && rename(block, path) < 0)
        rc = err_set(e, PL_ESYS, "rename %.250s: %s", block, strerror(errno));
    return rc;
}

int sweep_merge(const struct sweep *s, int cell, struct err_text *e)
{
    struct folder half = {.lock_fd = -1};
    char path[PATH_MAX], block[PATH_MAX];
    int rc;

    if (s->plan.repeat == 1)
        return sweep_has_cell(s, cell) ? PL_OK : rename_block(s, cell, e);
    sweep_cell_path(s, cell, path);
    snprintf(half.path, sizeof half.path, "%s/cells/.%d", s->dir, cell + 1);
    if (!sweep_has_cell(s, cell)) {
        file_remove_folder(half.path);
        rc = file_make_folders(half.path, e);
        rc = rc < 0 ? rc : merge(s, cell, &half, e);
        if (rc == PL_OK && rename(half.path, path) < 0)
            rc = err_set(e, PL_ESYS, "rename %.250s: %s", half.path, strerror(errno));
        if (rc < 0)
            return rc;
    }
    for (int r = 0; r < s->plan.repeat; r++) {
        sweep_block_path(s, (struct block){cell, r}, block);
        file_remove_folder(block);
    }
    return PL_OK;
}
