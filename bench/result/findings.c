#include "bench/result/findings.h"

#include <string.h>

#include "bench/base/json.h"
#include "bench/result/disturbed.h"

bool findings_broke(const cJSON *row)
{
    return cJSON_GetArraySize(json_at(row, "findings")) > 0;
}

bool findings_cures(const cJSON *row, const cJSON *broken)
{
    const char *name = json_text(row, "id"), *like = json_text(broken, "id");
    size_t len = strlen(like);

    return row != broken && !findings_broke(row) &&
           cJSON_GetArraySize(json_at(row, "problems")) == 0 && strncmp(name, like, len) == 0 &&
           name[len] == '+';
}

int findings_count_broken(const cJSON *run)
{
    const cJSON *row;
    int n = 0;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        n += findings_broke(row);
    }
    return n;
}

static bool is_sound(const cJSON *row)
{
    return !findings_broke(row) && !disturbed_is(row);
}

static bool is_calm(const cJSON *row)
{
    return !disturbed_is(row);
}

static cJSON *rows_that(const cJSON *run, bool (*are)(const cJSON *row))
{
    cJSON *some = cJSON_CreateArray(), *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (are(row))
            cJSON_AddItemReferenceToArray(some, row);
    }
    return some;
}

cJSON *findings_sound_run(const cJSON *run)
{
    cJSON *sound = rows_that(run, is_sound);
    bool all_broke = cJSON_GetArraySize(sound) == 0;
    cJSON *view = cJSON_CreateObject(), *item;

    cJSON_ArrayForEach(item, run)
    {
        if (strcmp(item->string, "rows") != 0)
            cJSON_AddItemReferenceToObject(view, item->string, item);
    }
    if (all_broke) {
        cJSON_Delete(sound);
        sound = rows_that(run, is_calm);
    }
    cJSON_AddItemToObject(view, "rows", sound);
    cJSON_AddNumberToObject(view, "left_out", all_broke ? 0 : findings_count_broken(run));
    cJSON_AddItemToObject(view, "disturbed", rows_that(run, disturbed_is));
    return view;
}
