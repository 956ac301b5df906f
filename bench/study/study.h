/* A published study, to be rerun: what it claims, and the scenarios that are measured to see
 * whether that holds here. A JSON file; docs/studies/README.md is its manual.
 *
 * A claim's value is a formula (formula.h) over metrics of rows, "[SCENARIO ROW METRIC]", where
 * METRIC is a path of bench/result/metric.h. It holds where the value lies between at_least and
 * at_most. */
#pragma once

#include <limits.h>
#include <stddef.h>
#include <cjson/cJSON.h>

#include "bench/result/metric.h"
#include "bench/scenario/scenario.h"
#include "lib/base/err.h"

struct study {
    char path[PATH_MAX];
    char name[SCENARIO_NAME_BYTES]; /* the file's, without ".json" */
    cJSON *json;                    /* the file, checked */
    cJSON *row_ids;                 /* scenario -> the ids of its rows */
};

/* The path of what the user typed: a file, or the name of a study that comes with pushlab. */
void study_find(char *path, size_t cap, const char *word);

/* Read and check all of it: its scenarios as scenario_load() does, its formulas, and that what they
 * refer to will be there. The message names file, place, what was wrong and what is accepted. On
 * failure there is nothing to free. 0, PL_EINVAL, PL_ESYS or PL_ENOMEM. */
int study_read(struct study *s, const char *path, struct err_text *e);
void study_free(struct study *s);

/* One of its scenarios, a member of "scenarios" of s->json; to be freed as any other. */
int study_scenario(struct scenario *out, const struct study *s, const cJSON *member,
                   struct err_text *e);

struct study_ref {
    char scenario[SCENARIO_NAME_BYTES], row[SCENARIO_NAME_BYTES];
    const struct metric *metric;
};

/* What "SCENARIO ROW METRIC" names. 0, or PL_EINVAL with the reason in e. */
int study_ref(struct study_ref *out, const struct study *s, const char *ref, size_t len,
              struct err_text *e);
