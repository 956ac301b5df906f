#include "bench/chart/chart_ladders.h"

#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "bench/base/json.h"
#include "bench/ladder/ladder_svg.h"

enum { RUN_JSON_MAX_BYTES = 256 << 20 };

static int draw_row(const char *run_dir, const char *id, const char *link, struct err_text *e)
{
    struct ladder_about about = {.row = id, .link = link, .clients = 1};
    char from[PATH_MAX], to[PATH_MAX];

    if (snprintf(from, sizeof from, "%s/ladder-%s.pcapng", run_dir, id) >= PATH_MAX ||
        snprintf(to, sizeof to, "%s/charts/ladder-%s.svg", run_dir, id) >= PATH_MAX)
        return err_set(e, PL_EINVAL, "%.200s: path too long", run_dir);
    return access(from, F_OK) < 0 ? PL_OK : ladder_draw(from, to, &about, e);
}

int chart_draw_ladders(const char *run_dir, struct err_text *e)
{
    char path[PATH_MAX];
    const cJSON *row;
    cJSON *run;
    int rc;

    if (snprintf(path, sizeof path, "%s/run.json", run_dir) >= PATH_MAX)
        return err_set(e, PL_EINVAL, "%.200s: path too long", run_dir);
    rc = json_read_file(&run, path, RUN_JSON_MAX_BYTES, e);
    if (rc < 0)
        return rc;
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (rc == PL_OK)
            rc = draw_row(run_dir, json_text(row, "id"), json_text(run, "link"), e);
    }
    cJSON_Delete(run);
    return rc;
}
