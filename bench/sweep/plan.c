#include "bench/sweep/plan.h"

#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "lib/base/rng.h"

static const char *key_of(const cJSON *vary)
{
    return json_text(vary, "key");
}

static const cJSON *values_of(const cJSON *vary)
{
    return cJSON_GetObjectItemCaseSensitive(vary, "values");
}

/* ---- cells ---- */

cJSON *plan_values(const struct plan *p, int cell)
{
    cJSON *values = cJSON_CreateObject();
    const cJSON *vary;
    int below = p->cells;

    cJSON_ArrayForEach(vary, p->vary)
    {
        int n = cJSON_GetArraySize(values_of(vary));

        below /= n;
        cJSON_AddItemToObject(
            values, key_of(vary),
            cJSON_Duplicate(cJSON_GetArrayItem(values_of(vary), cell / below % n), true));
    }
    return values;
}

void plan_format_value(char *out, size_t cap, const cJSON *value)
{
    if (cJSON_IsNumber(value))
        snprintf(out, cap, "%.10g", value->valuedouble);
    else
        snprintf(out, cap, "%s",
                 cJSON_IsString(value) ? value->valuestring
                 : cJSON_IsTrue(value) ? "true"
                                       : "false");
}

const char *plan_name(char *out, size_t cap, const cJSON *values)
{
    const cJSON *value;
    size_t len = 0;

    out[0] = '\0';
    cJSON_ArrayForEach(value, values)
    {
        char word[VARY_WORD_BYTES];

        plan_format_value(word, sizeof word, value);
        if (len < cap)
            len += (size_t)snprintf(out + len, cap - len, "%s%s=%s", len > 0 ? " " : "",
                                    value->string, word);
    }
    return out;
}

static int parse(struct scenario *out, const struct plan *p, const cJSON *file, struct err_text *e)
{
    char *text = cJSON_PrintUnformatted(file);
    int rc = text == NULL ? err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM))
                          : scenario_parse(out, p->path, text, strlen(text), e);

    cJSON_free(text);
    return rc;
}

/* base: the scenario that p->file says. */
static int make_scenario(struct scenario *out, const struct plan *p, const struct scenario *base,
                         int cell, struct err_text *e)
{
    cJSON *values = plan_values(p, cell), *file = cJSON_Duplicate(p->file, true);
    char word[VARY_WORD_BYTES];
    const cJSON *value;
    int rc = PL_OK;

    cJSON_ArrayForEach(value, values)
    {
        plan_format_value(word, sizeof word, value);
        rc = rc < 0 ? rc : scenario_put(file, base, value->string, value->string, word, NULL, e);
    }
    rc = rc < 0 ? rc : parse(out, p, file, e);
    cJSON_Delete(values);
    cJSON_Delete(file);
    return rc;
}

int plan_scenario(struct scenario *out, const struct plan *p, int cell, struct err_text *e)
{
    struct scenario base;
    int rc = parse(&base, p, p->file, e);

    if (rc < 0)
        return rc;
    rc = make_scenario(out, p, &base, cell, e);
    scenario_free(&base);
    return rc;
}

/* ---- a plan ---- */

static int check_cells(const struct plan *p, const struct scenario *base, struct err_text *e)
{
    struct scenario s;

    for (int cell = 0; cell < p->cells; cell++) {
        struct err_text why;
        int rc = make_scenario(&s, p, base, cell, &why);

        if (rc < 0) {
            cJSON *values = plan_values(p, cell);
            char name[160];

            err_set(e, rc, "cell %d (%s): %.300s", cell + 1, plan_name(name, sizeof name, values),
                    why.text);
            cJSON_Delete(values);
            return rc;
        }
        scenario_free(&s);
    }
    return PL_OK;
}

/* Each value as the key's own in JSON; refused here, where the option's name is known. */
static int take_key(struct plan *p, const struct scenario *base, const struct vary *v,
                    struct err_text *e)
{
    cJSON *vary = cJSON_CreateObject(), *values, *file = cJSON_Duplicate(p->file, true), *value;
    const cJSON *other;
    char option[VARY_WORD_BYTES + 16];
    int rc = PL_OK;

    snprintf(option, sizeof option, "--vary %s", v->key);
    if (strcmp(v->key, "repeat") == 0)
        rc = err_set(e, PL_EINVAL, "%s: the same in all cells; accepted: --repeat N", option);
    cJSON_ArrayForEach(other, p->vary)
    {
        if (strcmp(key_of(other), v->key) == 0)
            rc = err_set(e, PL_EINVAL, "%s: given twice; accepted: all its values in one list",
                         option);
        if (strcmp(v->key, "link") == 0 && strncmp(key_of(other), "link.", 5) == 0)
            rc = err_set(e, PL_EINVAL, "%s: would replace %s; accepted: link before its parts",
                         option, key_of(other));
    }
    json_add_text(vary, "key", v->key);
    values = cJSON_AddArrayToObject(vary, "values");
    for (size_t i = 0; rc == PL_OK && i < v->n; i++) {
        rc = scenario_put(file, base, v->key, option, v->word[i], &value, e);
        if (rc == PL_OK)
            cJSON_AddItemToArray(values, value);
    }
    cJSON_AddItemToArray(p->vary, vary);
    cJSON_Delete(file);
    return rc;
}

static int check_size(struct plan *p, const struct vary *vary, size_t n, struct err_text *e)
{
    double cells = 1;

    for (size_t i = 0; i < n; i++)
        cells *= (double)vary[i].n;
    p->cells = (int)cells;
    if (cells > PLAN_CELLS_MAX)
        return err_set(e, PL_EINVAL, "--vary: %.0f cells; accepted: up to %d", cells,
                       PLAN_CELLS_MAX);
    if (cells * p->repeat > PLAN_BLOCKS_MAX)
        return err_set(e, PL_EINVAL, "--repeat: %d times %.0f cells; accepted: up to %d in all",
                       p->repeat, cells, PLAN_BLOCKS_MAX);
    return PL_OK;
}

/* A list of links is a run for each, unless it is replaced. */
static int check_link(const struct scenario *s, const struct vary *vary, size_t n,
                      struct err_text *e)
{
    bool varied = s->links.n == 1;

    for (size_t i = 0; i < n; i++)
        varied |= strcmp(vary[i].key, "link") == 0;
    return varied ? PL_OK
                  : err_set(e, PL_EINVAL,
                            "%.100s: link: a list; accepted: one link, or --vary link=LINK,...",
                            s->path);
}

int plan_make(struct plan *out, const struct scenario *s, const struct vary *vary, size_t n,
              int repeat, uint64_t seed, struct err_text *e)
{
    int rc;

    *out = (struct plan){
        .repeat = repeat, .seed = seed, .file = scenario_file(s), .vary = cJSON_CreateArray()};
    snprintf(out->path, sizeof out->path, "%s", s->path);
    rc = check_size(out, vary, n, e);
    rc = rc < 0 ? rc : check_link(s, vary, n, e);
    for (size_t i = 0; rc == PL_OK && i < n; i++)
        rc = take_key(out, s, &vary[i], e);
    rc = rc < 0 ? rc : check_cells(out, s, e);
    if (rc < 0)
        plan_free(out);
    return rc;
}

void plan_free(struct plan *p)
{
    cJSON_Delete(p->file);
    cJSON_Delete(p->vary);
    *p = (struct plan){.file = NULL};
}

/* ---- order and time ---- */

void plan_order(const struct plan *p, struct block *out)
{
    struct rng rng;

    rng_seed(&rng, p->seed);
    for (int repeat = 0; repeat < p->repeat; repeat++) {
        struct block *round = out + repeat * p->cells;

        for (int cell = 0; cell < p->cells; cell++) { /* Fisher and Yates, inside out */
            int at = (int)(rng_next(&rng) % (uint64_t)(cell + 1));

            round[cell] = round[at];
            round[at] = (struct block){cell, repeat};
        }
    }
}

double plan_block_s(const struct plan *p, int cell)
{
    struct scenario s;
    struct err_text e;
    double block_s;

    if (plan_scenario(&s, p, cell, &e) < 0)
        return 0;
    s.repeat = 1;
    block_s = scenario_expected_s(&s);
    scenario_free(&s);
    return block_s;
}
