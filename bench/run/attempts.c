#include "bench/run/attempts.h"

#include <stdio.h>

#include "bench/base/json.h"
#include "bench/result/disturbed.h"

struct attempts {
    int count, kept;
    cJSON *best;      /* owned */
    cJSON *discarded; /* owned */
};

static int reasons(const cJSON *row)
{
    return cJSON_GetArraySize(json_at(row, "disturbed"));
}

static void discard(struct attempts *a, cJSON *row)
{
    cJSON_AddItemToArray(a->discarded, cJSON_DetachItemFromObjectCaseSensitive(row, "disturbed"));
    cJSON_Delete(row);
}

/* While an attempt is made the best one's files have another name. */
static int try_again(struct attempts *a, const struct row_setting *w,
                     const struct scenario_row *row, struct err_text *e)
{
    struct row_setting again_with = *w; /* another seed of the link */
    struct err_text why = {""};
    char aside[FOLDER_ID_BYTES];
    cJSON *again;
    int rc;

    snprintf(aside, sizeof aside, "%s~", w->files); /* no row is called so */
    rc = folder_move_row(w->folder, w->files, aside, e);
    if (rc < 0)
        return rc;
    again_with.attempt = (unsigned)a->count;
    rc = row_measure(&again_with, row, &again, &why);
    a->count += rc != PL_EINTR;
    if (rc == PL_OK && reasons(again) <= reasons(a->best)) {
        folder_drop_row(w->folder, aside);
        discard(a, a->best);
        a->best = again;
        a->kept = a->count;
        return PL_OK;
    }
    if (rc == PL_OK)
        discard(a, again);
    else if (rc != PL_EINTR)
        json_append_printf(cJSON_GetObjectItemCaseSensitive(a->best, "problems"), "attempt %d: %s",
                           a->count, why.text);
    if (folder_move_row(w->folder, aside, w->files, e) < 0)
        return PL_ESYS;
    return rc == PL_EINTR ? rc : PL_OK;
}

static void tell_progress(const struct row_setting *w, const struct scenario_row *row, int attempt)
{
    progress_measure(w->progress, row->id, w->repeat, (unsigned)w->scenario->repeat, attempt,
                     scenario_row_expected_s(w->scenario, row));
}

int attempts_measure(const struct row_setting *w, size_t i, int retries, cJSON **out,
                     struct err_text *e)
{
    const struct scenario_row *row = &w->scenario->rows[i];
    struct attempts a = {.count = 1, .kept = 1, .discarded = cJSON_CreateArray()};
    cJSON *o;
    int rc;

    tell_progress(w, row, 1);
    rc = row_measure(w, row, &a.best, e);
    for (int n = 0; rc == PL_OK && n < retries && disturbed_is(a.best); n++) {
        if (cJSON_GetArraySize(json_at(a.best, "problems")) > 0)
            break;
        tell_progress(w, row, n + 2);
        rc = try_again(&a, w, row, e);
    }
    if (rc == PL_OK)
        progress_measured(w->progress);
    *out = a.best;
    if (a.best == NULL || a.count == 1) {
        cJSON_Delete(a.discarded);
        return rc;
    }
    o = cJSON_AddObjectToObject(a.best, "attempts");
    cJSON_AddNumberToObject(o, "count", a.count);
    cJSON_AddNumberToObject(o, "kept", a.kept);
    cJSON_AddItemToObject(o, "discarded", a.discarded);
    return rc;
}
