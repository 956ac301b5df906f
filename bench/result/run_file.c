#include "bench/result/run_file.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/base/file.h"
#include "bench/base/json.h"
#include "bench/result/result.h"
#include "bench/scenario/scenario.h"

enum { RUN_MAX_BYTES = 512 << 20 }; /* 64 rows, 100 times, at 65 KB */

/* A list of objects, not more than most. */
static int check_rows(const cJSON *list, const char *name, int most, const char *file,
                      struct err_text *e)
{
    const cJSON *row;
    int n = 0;

    cJSON_ArrayForEach(row, list)
    {
        if (!cJSON_IsObject(row))
            return err_set(e, PL_EINVAL, "%.200s: %s[%d] is not an object", file, name, n);
        if (++n > most)
            return err_set(e, PL_EINVAL, "%.200s: more than %d %s", file, most, name);
    }
    return PL_OK;
}

static int check(const cJSON *run, const char *file, struct err_text *e)
{
    double schema = json_number(run, "schema");
    int rc;

    if (schema > RESULT_SCHEMA)
        return err_set(e, PL_EINVAL, "%.200s: schema %g is newer than this program reads (%d)",
                       file, schema, RESULT_SCHEMA);
    if (!cJSON_IsArray(json_at(run, "rows")))
        return err_set(e, PL_EINVAL, "%.200s: no measured rows in it", file);
    rc = check_rows(json_at(run, "rows"), "rows", SCENARIO_MAX_ROWS, file, e);
    return rc < 0 ? rc
                  : check_rows(json_at(run, "repeats"), "repeats",
                               SCENARIO_MAX_ROWS * SCENARIO_MAX_REPEATS, file, e);
}

static void settle(const cJSON *run)
{
    cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        result_settle_row(row);
    }
    cJSON_ArrayForEach(row, json_at(run, "repeats"))
    {
        result_settle_row(row);
    }
}

int run_file_read(cJSON **run, const char *path, struct err_text *e)
{
    char file[PATH_MAX];
    struct stat st;
    bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    int rc = folder ? run_file_path(file, path, "run", "", ".json", e) : PL_OK;

    *run = NULL;
    if (rc == PL_OK)
        rc = json_read_file(run, folder ? file : path, RUN_MAX_BYTES, e);
    json_clean(*run);
    if (rc == PL_OK)
        rc = check(*run, folder ? file : path, e);
    if (rc == PL_OK)
        settle(*run);
    if (rc < 0) {
        cJSON_Delete(*run);
        *run = NULL;
    }
    return rc;
}

const cJSON *run_file_row(const cJSON *run, const char *id)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (strcmp(json_text(row, "id"), id) == 0)
            return row;
    }
    return NULL;
}

int run_file_path(char out[PATH_MAX], const char *dir, const char *prefix, const char *id,
                  const char *suffix, struct err_text *e)
{
    if (snprintf(out, PATH_MAX, "%s/%s%s%s", dir, prefix, id, suffix) < PATH_MAX)
        return PL_OK;
    return err_set(e, PL_EINVAL, "%.100s...: the path is too long", dir);
}

int run_file_write(const char *dir, const char *prefix, const char *id, const char *suffix,
                   struct buf *file, int rc, struct err_text *e)
{
    char path[PATH_MAX];
    int named = run_file_path(path, dir, prefix, id, suffix, e);

    if (named < 0)
        rc = named;
    else if (rc < 0)
        err_set(e, rc, "write %.250s: %s", path, pl_strerror(rc));
    else
        rc = file_write(path, file->data, file->len, e);
    buf_free(file);
    return rc;
}
