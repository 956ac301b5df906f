#include "bench/study/study.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/data_find.h"
#include "bench/base/json.h"
#include "bench/study/formula.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

enum { MAX_BYTES = 1 << 20 };

/* A member of an object: its name, cJSON's type, whether it must be there. */
struct member {
    const char *name;
    int type;
    bool required;
};

static const struct member study_members[] = {{"title", cJSON_String, true},
                                              {"citation", cJSON_Object, true},
                                              {"repeat", cJSON_Number, false},
                                              {"scenarios", cJSON_Object, true},
                                              {"claims", cJSON_Array, true}};
static const struct member citation_members[] = {
    {"authors", cJSON_String, true}, {"title", cJSON_String, true}, {"venue", cJSON_String, true},
    {"year", cJSON_Number, true},    {"doi", cJSON_String, false},  {"url", cJSON_String, false}};
static const struct member claim_members[] = {
    {"claim", cJSON_String, true},     {"where", cJSON_String, false},
    {"published", cJSON_String, true}, {"value", cJSON_String, true},
    {"unit", cJSON_String, false},     {"at_least", cJSON_Number, false},
    {"at_most", cJSON_Number, false},  {"computed", cJSON_True, false}};

/* ---- refusing ---- */

static int refuse(const struct study *s, const char *at, const char *what, const char *accepted,
                  struct err_text *e)
{
    return err_set(e, PL_EINVAL, "%.100s: %s%s%s%s%s", s->path, at, at[0] != '\0' ? ": " : "", what,
                   accepted[0] != '\0' ? "; accepted: " : "", accepted);
}

static const struct member *member_called(const struct member *m, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(m[i].name, name) == 0)
            return &m[i];
    return NULL;
}

static void list_members(char *out, size_t cap, const struct member *m, size_t n)
{
    size_t len = 0;

    for (size_t i = 0; i < n && len < cap; i++)
        len += (size_t)snprintf(out + len, cap - len, "%s%s", i > 0 ? ", " : "", m[i].name);
}

static const char *type_name(int type)
{
    return type == cJSON_String   ? "a text"
           : type == cJSON_Number ? "a number"
           : type == cJSON_Array  ? "a list"
           : type == cJSON_Object ? "an object"
                                  : "true";
}

/* Only known members, each once and of its type, and all that are required. */
static int check_members(const struct study *s, const cJSON *object, const char *at,
                         const struct member *m, size_t n, struct err_text *e)
{
    char accepted[160], place[120], what[80];
    const cJSON *item;

    list_members(accepted, sizeof accepted, m, n);
    if (!cJSON_IsObject(object))
        return refuse(s, at, "not an object", accepted, e);
    cJSON_ArrayForEach(item, object)
    {
        const struct member *known = member_called(m, n, item->string);

        snprintf(place, sizeof place, "%s%s%.30s", at, at[0] != '\0' ? "." : "", item->string);
        snprintf(what, sizeof what, "%s key '%.40s'",
                 known == NULL ? "unknown" : "given twice:", item->string);
        if (known == NULL || cJSON_GetObjectItemCaseSensitive(object, item->string) != item)
            return refuse(s, at, what, accepted, e);
        if ((item->type & 0xff) != known->type)
            return refuse(s, place, "of another type", type_name(known->type), e);
    }
    for (size_t i = 0; i < n; i++)
        if (m[i].required && cJSON_GetObjectItemCaseSensitive(object, m[i].name) == NULL) {
            snprintf(place, sizeof place, "%s%s%s", at, at[0] != '\0' ? "." : "", m[i].name);
            return refuse(s, place, "missing", type_name(m[i].type), e);
        }
    return PL_OK;
}

/* ---- scenarios ---- */

/* The member whole: what it says, over what the one that it is like says. */
static int whole_scenario(cJSON **out, const struct study *s, const cJSON *member, const char *at,
                          struct err_text *e)
{
    const cJSON *scenarios = json_at(s->json, "scenarios"), *item, *model = NULL;
    const cJSON *like = cJSON_GetObjectItemCaseSensitive(member, "like");

    for (item = scenarios->child; like != NULL && item != member; item = item->next)
        if (cJSON_IsString(like) && strcmp(item->string, like->valuestring) == 0)
            model = item;
    if (like != NULL && (model == NULL || cJSON_GetObjectItem(model, "like") != NULL))
        return refuse(s, at, "like names no scenario above it",
                      "the name of one that is not like another", e);
    *out = model != NULL ? cJSON_Duplicate(model, true) : cJSON_CreateObject();
    cJSON_ArrayForEach(item, member)
    {
        cJSON_DeleteItemFromObjectCaseSensitive(*out, item->string);
    }
    cJSON_ArrayForEach(item, member)
    {
        if (item != like)
            cJSON_AddItemToObject(*out, item->string, cJSON_Duplicate(item, true));
    }
    return PL_OK;
}

/* "FILE: rows[0]: ..." of a scenario's refusal gets the scenario's place behind the file. */
static int add_place(const struct study *s, const char *at, const struct err_text *why, int rc,
                     struct err_text *e)
{
    size_t len = strlen(s->path);
    const char *rest = strncmp(why->text, s->path, len) == 0 ? why->text + len : why->text;

    rest += strncmp(rest, ": ", 2) == 0 ? 2 : 0;
    return err_set(e, rc, "%.100s: %s: %.180s", s->path, at, rest);
}

int study_scenario(struct scenario *out, const struct study *s, const cJSON *member,
                   struct err_text *e)
{
    char at[80], *text;
    struct err_text why = {""};
    cJSON *whole = NULL;
    int rc;

    snprintf(at, sizeof at, "scenarios.%.47s", member->string);
    rc = whole_scenario(&whole, s, member, at, e);
    if (rc < 0)
        return rc;
    if (cJSON_GetObjectItemCaseSensitive(whole, "name") == NULL)
        cJSON_AddStringToObject(whole, "name", member->string);
    text = cJSON_PrintUnformatted(whole);
    cJSON_Delete(whole);
    rc = text == NULL ? PL_ENOMEM : scenario_parse(out, s->path, text, strlen(text), &why);
    cJSON_free(text);
    return rc < 0 ? add_place(s, at, &why, rc, e) : PL_OK;
}

static int check_scenario(struct study *s, const cJSON *member, struct err_text *e)
{
    struct scenario *scenario = calloc(1, sizeof *scenario);
    cJSON *ids;
    int rc;

    if (scenario == NULL)
        return err_set(e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM));
    rc = study_scenario(scenario, s, member, e);
    if (rc == PL_OK) {
        ids = cJSON_AddArrayToObject(s->row_ids, member->string);
        for (size_t i = 0; i < scenario->nrows; i++)
            json_append_text(ids, scenario->rows[i].id);
        scenario_free(scenario);
    }
    free(scenario);
    return rc;
}

/* ---- what formulas refer to ---- */

/* "a, b, c": the strings of an array, or the names of an object's members. */
static void list_items(char *out, size_t cap, const cJSON *items)
{
    size_t len = 0;
    const cJSON *item;

    out[0] = '\0';
    cJSON_ArrayForEach(item, items)
    {
        if (len < cap)
            len += (size_t)snprintf(out + len, cap - len, "%s%s", len > 0 ? ", " : "",
                                    item->string != NULL ? item->string : item->valuestring);
    }
}

static bool has_text(const cJSON *array, const char *text)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, array)
    {
        if (strcmp(item->valuestring, text) == 0)
            return true;
    }
    return false;
}

int study_ref(struct study_ref *out, const struct study *s, const char *ref, size_t len,
              struct err_text *e)
{
    char text[200], metric[100] = "", more[2], names[120];
    const cJSON *ids;

    snprintf(text, sizeof text, "%.*s", (int)len, ref);
    if (sscanf(text, "%47s %47s %99s %1s", out->scenario, out->row, metric, more) != 3)
        return err_set(e, PL_EINVAL, "[%.80s]: not a reference; accepted: [SCENARIO ROW METRIC]",
                       text);
    ids = cJSON_GetObjectItemCaseSensitive(s->row_ids, out->scenario);
    list_items(names, sizeof names, ids != NULL ? ids : s->row_ids);
    if (ids == NULL)
        return err_set(e, PL_EINVAL, "[%.80s]: no scenario '%s'; accepted: %s", text, out->scenario,
                       names);
    if (!has_text(ids, out->row))
        return err_set(e, PL_EINVAL, "[%.80s]: no row '%s'; accepted: %s", text, out->row, names);
    out->metric = metric_find(metric);
    if (out->metric == NULL || out->metric->format == NULL)
        return err_set(e, PL_EINVAL,
                       "[%.80s]: '%s' is not a number of a row; accepted: those of "
                       "docs/metrics.md, such as latency_us.mean",
                       text, metric);
    return PL_OK;
}

static int check_ref(void *arg, const char *ref, size_t len, double *out, struct err_text *e)
{
    struct study_ref found;

    *out = 1;
    return study_ref(&found, arg, ref, len, e);
}

static int check_claim(struct study *s, const cJSON *claim, const char *at, struct err_text *e)
{
    double low = json_number(claim, "at_least"), high = json_number(claim, "at_most"), value;
    struct err_text why = {""};
    char place[100];
    int rc = check_members(s, claim, at, claim_members, COUNT_OF(claim_members), e);

    if (rc < 0)
        return rc;
    if (isnan(low) && isnan(high))
        return refuse(s, at, "no limits", "at_least, at_most or both", e);
    if (low > high)
        return refuse(s, at, "at_least is above at_most", "a range", e);
    if (formula_eval(&value, json_text(claim, "value"), check_ref, s, &why) == PL_OK)
        return PL_OK;
    snprintf(place, sizeof place, "%s.value", at);
    return refuse(s, place, why.text, "", e);
}

/* ---- the file ---- */

static int check(struct study *s, struct err_text *e)
{
    double repeat = json_number(s->json, "repeat");
    int rc = check_members(s, s->json, "", study_members, COUNT_OF(study_members), e), i = 0;
    const cJSON *item;
    char at[40], accepted[24];

    snprintf(accepted, sizeof accepted, "1 to %d", SCENARIO_MAX_REPEATS);
    rc = rc < 0 ? rc
                : check_members(s, json_at(s->json, "citation"), "citation", citation_members,
                                COUNT_OF(citation_members), e);
    if (rc == PL_OK && !isnan(repeat) &&
        (repeat < 1 || repeat > SCENARIO_MAX_REPEATS || repeat != trunc(repeat)))
        rc = refuse(s, "repeat", "out of range", accepted, e);
    cJSON_ArrayForEach(item, json_at(s->json, "scenarios"))
    {
        rc = rc < 0 ? rc : check_scenario(s, item, e);
    }
    cJSON_ArrayForEach(item, json_at(s->json, "claims"))
    {
        snprintf(at, sizeof at, "claims[%d]", i++);
        rc = rc < 0 ? rc : check_claim(s, item, at, e);
    }
    return rc;
}

static void name_from_path(struct study *s)
{
    const char *slash = strrchr(s->path, '/'), *base = slash != NULL ? slash + 1 : s->path;
    size_t len = strlen(base);

    if (len > 5 && strcmp(base + len - 5, ".json") == 0)
        len -= 5;
    snprintf(s->name, sizeof s->name, "%.*s", (int)len, base);
}

int study_read(struct study *s, const char *path, struct err_text *e)
{
    char hint[DATA_HINT_BYTES];
    int rc;

    *s = (struct study){.json = NULL};
    if (access(path, F_OK) < 0)
        return err_set(e, PL_EINVAL, "no study '%.150s'%s(pushlab reproduce lists them)", path,
                       data_hint(hint, DATA_STUDIES, path));
    *s = (struct study){.row_ids = cJSON_CreateObject()};
    snprintf(s->path, sizeof s->path, "%s", path);
    name_from_path(s);
    rc = json_read_file(&s->json, path, MAX_BYTES, e);
    rc = rc < 0 ? rc : check(s, e);
    if (rc < 0)
        study_free(s);
    return rc;
}

void study_free(struct study *s)
{
    cJSON_Delete(s->json);
    cJSON_Delete(s->row_ids);
    *s = (struct study){.json = NULL};
}

void study_find(char *path, size_t cap, const char *word)
{
    data_find_word(path, cap, DATA_STUDIES, word);
}
