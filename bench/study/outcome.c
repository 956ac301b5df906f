#include "bench/study/outcome.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/result/disturbed.h"
#include "bench/result/repeats.h"
#include "bench/result/run_file.h"
#include "bench/stats/interval.h"
#include "bench/study/formula.h"

/* ---- values ---- */

/* The repeats of a row that count, and what there is of them. */
struct lookup {
    const struct study *study;
    const cJSON *runs;
    bool anyway;
    size_t k;       /* which repeat is asked for */
    size_t repeats; /* the fewest that any row has */
    bool measured;  /* something measured was asked for */
    char why[200];  /* something is missing; "" */
};

static void say_why(struct lookup *l, const struct study_ref *ref, const char *what)
{
    if (l->why[0] == '\0')
        snprintf(l->why, sizeof l->why, "%s, %s: %s", ref->scenario, ref->row, what);
}

/* The metric's values in the repeats that count; 0, and why, when there are none. */
static size_t find_values(struct lookup *l, const struct study_ref *ref, double *out)
{
    const cJSON *run = cJSON_GetObjectItemCaseSensitive(l->runs, ref->scenario);
    const cJSON *row = run_file_row(run, ref->row);
    char unknown[100];
    size_t n = 0;

    if (cJSON_IsString(run)) {
        say_why(l, ref, run->valuestring);
    } else if (row == NULL) {
        say_why(l, ref, "not measured");
    } else if (disturbed_is(row) && !l->anyway) {
        say_why(l, ref, "too many repeats were disturbed");
    } else {
        n = repeats_values(run, ref->row, ref->metric, out, REPEATS_MAX);
        snprintf(unknown, sizeof unknown, "%s is not known", ref->metric->path);
        if (n == 0)
            say_why(l, ref, unknown);
    }
    return n;
}

static int value_of(void *arg, const char *text, size_t len, double *out, struct err_text *e)
{
    struct lookup *l = arg;
    struct study_ref ref;
    double values[REPEATS_MAX];
    int rc = study_ref(&ref, l->study, text, len, e);
    size_t n;

    *out = NAN;
    if (rc < 0)
        return rc;
    n = find_values(l, &ref, values);
    l->measured = true;
    if (n < l->repeats)
        l->repeats = n;
    if (l->k < n)
        *out = values[l->k];
    return PL_OK;
}

/* ---- judging ---- */

static const char *verdict_of(struct interval i, double low, double high)
{
    if (isnan(i.low) || isnan(i.high))
        return "can't be told";
    if ((isnan(low) || i.low >= low) && (isnan(high) || i.high <= high))
        return "holds";
    return i.high < low || i.low > high ? "does not hold" : "can't be told";
}

static const char *why_unknown(const struct lookup *l, size_t n, double value)
{
    if (l->why[0] != '\0')
        return l->why;
    if (!isfinite(value))
        return "it has no value";
    return n < 2 ? "one repeat has no interval" : "the interval reaches over the limit";
}

static void add_interval(cJSON *claim, struct interval i, size_t n)
{
    cJSON *ci95 = cJSON_AddObjectToObject(claim, "ci95");

    json_add_number(ci95, "low", i.low);
    json_add_number(ci95, "high", i.high);
    cJSON_AddNumberToObject(claim, "repeats", (double)n);
}

static void judge(cJSON *claim, struct lookup *l)
{
    const char *formula = json_text(claim, "formula"), *verdict;
    double values[REPEATS_MAX] = {NAN}, value;
    struct interval i;
    size_t n = 0;

    l->repeats = REPEATS_MAX;
    for (l->k = 0; l->k < l->repeats; l->k++) {
        /* It was evaluated when the study was read. */
        if (formula_eval(&values[n], formula, value_of, l, NULL) < 0 || !l->measured)
            break;
        n += l->k < l->repeats;
    }
    value = l->measured && n > 0 ? interval_mean(values, n) : values[0];
    i = l->measured ? interval_of(values, n, value) : (struct interval){value, value};
    json_add_number(claim, "value", value);
    if (l->measured)
        add_interval(claim, i, n);
    verdict = verdict_of(i, json_number(claim, "at_least"), json_number(claim, "at_most"));
    cJSON_AddStringToObject(claim, "verdict", verdict);
    if (strcmp(verdict, "can't be told") == 0)
        json_add_text(claim, "why", why_unknown(l, n, value));
}

static cJSON *claim_of(const struct study *s, const cJSON *claim, const cJSON *runs, bool anyway)
{
    static const char *const kept[] = {"claim", "where",    "published",
                                       "unit",  "at_least", "at_most"};
    struct lookup l = {.study = s, .runs = runs, .anyway = anyway};
    cJSON *out = cJSON_CreateObject();

    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (json_at(claim, kept[i]) != NULL)
            cJSON_AddItemToObject(out, kept[i], cJSON_Duplicate(json_at(claim, kept[i]), true));
    json_add_text(out, "formula", json_text(claim, "value"));
    judge(out, &l);
    cJSON_AddStringToObject(out, "kind",
                            l.measured && !json_true(claim, "computed") ? "measured" : "computed");
    return out;
}

/* ---- the whole ---- */

static void add_machine(cJSON *outcome, const cJSON *runs)
{
    const cJSON *run, *last = NULL;

    cJSON_ArrayForEach(run, runs)
    {
        if (cJSON_IsObject(run))
            last = run;
    }
    json_add_text(outcome, "measured", json_text(last, "started"));
    json_add_text(outcome, "cpu_model", json_text(last, "environment.cpu_model"));
    json_add_text(outcome, "kernel", json_text(last, "environment.kernel"));
}

cJSON *outcome_of(const struct study *s, const cJSON *runs, bool anyway)
{
    cJSON *out = cJSON_CreateObject(), *claims;
    const cJSON *claim;

    cJSON_AddNumberToObject(out, "schema", OUTCOME_SCHEMA);
    cJSON_AddStringToObject(out, "pushlab", PUSHLAB_VERSION);
    json_add_text(out, "study", s->name);
    json_add_text(out, "title", json_text(s->json, "title"));
    cJSON_AddItemToObject(out, "citation", cJSON_Duplicate(json_at(s->json, "citation"), true));
    add_machine(out, runs);
    cJSON_AddBoolToObject(out, "anyway", anyway);
    claims = cJSON_AddArrayToObject(out, "claims");
    cJSON_ArrayForEach(claim, json_at(s->json, "claims"))
    {
        cJSON_AddItemToArray(claims, claim_of(s, claim, runs, anyway));
    }
    return out;
}
