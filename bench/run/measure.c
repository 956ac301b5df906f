#include "bench/run/measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/base/json.h"
#include "bench/result/result.h"
#include "bench/run/attempts.h"
#include "bench/run/turns.h"

/* "sse", or "sse, repeat 2,". */
static void name_measurement(char *out, size_t cap, const cJSON *row)
{
    double repeat = json_number(row, "repeat");

    if (isnan(repeat))
        snprintf(out, cap, "%s", json_text(row, "id"));
    else
        snprintf(out, cap, "%s, repeat %.0f,", json_text(row, "id"), repeat);
}

static void note_disturbed(cJSON *run, const cJSON *row)
{
    const cJSON *reason;
    char note[400], name[80];

    name_measurement(name, sizeof name, row);
    cJSON_ArrayForEach(reason, json_at(row, "disturbed"))
    {
        snprintf(note, sizeof note, "%s is disturbed: %s", name, reason->valuestring);
        result_add_note(run, note);
    }
}

/* Otherwise nobody would see that a sound row had to be measured again. */
static void note_attempts(cJSON *run, const cJSON *row)
{
    const cJSON *kept = json_at(row, "attempts.kept"), *count = json_at(row, "attempts.count");
    char note[200], name[80];

    if (count == NULL)
        return;
    name_measurement(name, sizeof name, row);
    snprintf(note, sizeof note,
             "%s was disturbed and measured again: of %d attempts, number %d is kept", name,
             count->valueint, kept->valueint);
    result_add_note(run, note);
}

/* Measure a row in its turn, with the seed of its repeat. As attempts_measure(). */
static int measure_turn(const struct row_setting *w, struct scenario *s, const struct turn *turn,
                        size_t i, int retries, cJSON **row, struct err_text *e)
{
    const struct scenario *whole = w->scenario;
    const char *id = whole->rows[turn->row].id;
    char apart[FOLDER_ID_BYTES];
    struct row_setting one = *w;
    int rc;

    *s = *whole;
    s->seed = turns_seed(whole->seed, turn->repeat);
    folder_repeat_id(apart, id, turn->repeat);
    one.scenario = s;
    one.files = turn->repeat > 1 ? apart : id;
    one.repeat = whole->repeat > 1 ? turn->repeat : 0;
    one.position = i + 1;
    rc = attempts_measure(&one, turn->row, retries, row, e);
    if (*row != NULL && turn->repeat > 1 && folder_join_row(w->folder, apart, id, e) < 0)
        return PL_ESYS;
    return rc;
}

/* 0, or negative when it can't be saved. */
static int keep(cJSON *run, const struct row_setting *w, cJSON *row, const struct turn *turn,
                size_t i, struct err_text *e)
{
    result_add_row(run, row, turn->repeat, i + 1);
    note_disturbed(run, row);
    note_attempts(run, row);
    return folder_save(w->folder, run, e);
}

/* One measurement after the other, until there is none. s, turns: room for the work. */
static int measure_all(cJSON *run, const struct row_setting *w, int retries, bool *interrupted,
                       struct scenario *s, const struct turn *turns, size_t n, struct err_text *e)
{
    for (size_t i = 0; i < n; i++) {
        struct err_text why = {""};
        cJSON *row;
        int rc = measure_turn(w, s, &turns[i], i, retries, &row, &why), saved;

        *interrupted = rc == PL_EINTR;
        if (rc < 0 && !*interrupted)
            result_add_problem(run, why.text);
        if (row == NULL)
            return PL_OK;
        saved = keep(run, w, row, &turns[i], i, e);
        if (saved < 0 || rc < 0)
            return saved;
    }
    return PL_OK;
}

int measure_rows(cJSON *run, const struct row_setting *w, int retries, bool *interrupted,
                 struct err_text *e)
{
    const struct scenario *whole = w->scenario;
    size_t n = whole->nrows * (size_t)whole->repeat;
    struct turn *turns = malloc(n * sizeof *turns);
    struct scenario *s = malloc(sizeof *s);
    int rc = PL_ENOMEM;

    if (turns != NULL && s != NULL) {
        turns_make(turns, whole->nrows, (unsigned)whole->repeat, whole->order == ORDER_RANDOM,
                   w->order_seed);
        rc = measure_all(run, w, retries, interrupted, s, turns, n, e);
    } else {
        err_set(e, rc, "%s", pl_strerror(rc));
    }
    free(s);
    free(turns);
    return rc;
}
