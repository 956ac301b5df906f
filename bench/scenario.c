#include "scenario.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "json.h"
#include "scenario_keys.h"

int scenario_parse(struct scenario *s, const char *path, const char *text, size_t len,
                   struct err_text *e)
{
    struct scenario_place p = {.path = path};
    int rc;

    *s = (struct scenario){0};
    if ((size_t)snprintf(s->path, sizeof s->path, "%s", path) >= sizeof s->path)
        return err_set(e, LAB_EINVAL, "%.100s...: the path is too long; accepted: up to %zu bytes",
                       path, sizeof s->path - 1);
    rc = json_parse(&s->supplied, path, text, len, e);
    if (rc < 0)
        return rc;
    if (!cJSON_IsObject(s->supplied)) {
        char accepted[200];

        scenario_list_keys(accepted, sizeof accepted, scenario_keys);
        rc = scenario_refuse(&p, "not an object", accepted, e);
    }
    if (rc == LAB_OK)
        rc = scenario_read_object(s, s, &p, scenario_keys, s->supplied, e);
    if (rc == LAB_OK)
        rc = scenario_complete(s, e);
    if (rc < 0)
        scenario_free(s);
    return rc;
}

int scenario_load(struct scenario *s, const char *path, struct err_text *e)
{
    struct buf text = {0};
    int rc = file_read(&text, path, SCENARIO_MAX_FILE_BYTES, e);

    if (rc == LAB_OK)
        rc = scenario_parse(s, path, (const char *)text.data, text.len, e);
    buf_free(&text);
    return rc;
}

void scenario_free(struct scenario *s)
{
    cJSON_Delete(s->supplied);
    s->supplied = NULL;
}

int scenario_override(struct scenario *s, const char *key, const char *option, const char *text,
                      struct err_text *e)
{
    const struct scenario_key *k = scenario_key_find(scenario_keys, key);
    struct scenario_place p = {.path = ""};
    cJSON *value;
    char *end;
    double number;
    int rc;

    snprintf(p.at, sizeof p.at, "%s", option);
    number = strtod(text, &end);
    value = end == text || *end != '\0' || !isfinite(number) || strpbrk(text, "xXpP \t") != NULL
                ? cJSON_CreateString(text)
                : cJSON_CreateNumber(number);
    rc = value == NULL ? LAB_ENOMEM : scenario_read_value(s, s, &p, k, value, e);
    cJSON_Delete(value);
    return rc;
}

static bool list_has(const char *list, const char *word)
{
    size_t len = strlen(word);

    for (const char *p = list; p != NULL; p = strchr(p, ',')) {
        p += *p == ',';
        if (strncmp(p, word, len) == 0 && (p[len] == ',' || p[len] == '\0'))
            return true;
    }
    return false;
}

static void list_ids(char *out, size_t cap, const struct scenario *s)
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < s->nrows && len < cap; i++)
        len += (size_t)snprintf(out + len, cap - len, "%s%s", i > 0 ? ", " : "", s->rows[i].id);
}

static bool has_row(const struct scenario *s, const char *id)
{
    for (size_t i = 0; i < s->nrows; i++)
        if (strcmp(s->rows[i].id, id) == 0)
            return true;
    return false;
}

int scenario_keep_rows(struct scenario *s, const char *ids, struct err_text *e)
{
    struct scenario_place p = {.path = "", .at = "--rows"};
    size_t kept = 0;

    for (const char *word = ids; word != NULL; word = strchr(word, ',')) {
        char id[SCENARIO_NAME_BYTES + 1], accepted[200], what[160];
        size_t len;

        word += *word == ',';
        len = strcspn(word, ",");
        snprintf(id, sizeof id, "%.*s", (int)len, word);
        if (has_row(s, id))
            continue;
        list_ids(accepted, sizeof accepted, s);
        snprintf(what, sizeof what, "'%s' is not a row of %.40s", id, s->name);
        return scenario_refuse(&p, what, accepted, e);
    }
    for (size_t i = 0; i < s->nrows; i++)
        if (list_has(ids, s->rows[i].id))
            s->rows[kept++] = s->rows[i];
    s->nrows = kept;
    return LAB_OK;
}

static cJSON *effective_object(const void *base, const struct scenario *s,
                               const struct scenario_key *keys);

static cJSON *effective_rows(const struct scenario *s, const struct scenario_key *k)
{
    cJSON *rows = cJSON_CreateArray();

    for (size_t i = 0; i < s->nrows; i++)
        cJSON_AddItemToArray(rows, effective_object(&s->rows[i], s, k->inner));
    return rows;
}

/* The value that holds, or NULL where there is none. */
static cJSON *effective_value(const void *base, const struct scenario *s,
                              const struct scenario_key *k)
{
    const void *field = (const char *)base + k->offset;

    switch (k->kind) {
    case KEY_INT:
        if (*(const int64_t *)field == SCENARIO_UNSET)
            return NULL;
        return cJSON_CreateNumber((double)*(const int64_t *)field);
    case KEY_REAL:
        return cJSON_CreateNumber(*(const double *)field);
    case KEY_FLAG:
        return cJSON_CreateBool(*(const bool *)field);
    case KEY_CHOICE:
        return cJSON_CreateString(k->choices[*(const int *)field]);
    case KEY_TEXT:
    case KEY_NAME:
        return *(const char *)field == '\0' ? NULL : cJSON_CreateString(field);
    case KEY_LINKS: /* of this run */
        return cJSON_CreateString(s->links.text[s->link]);
    case KEY_OBJECT:
        return effective_object(base, s, k->inner);
    case KEY_ROWS:
        return effective_rows(s, k);
    }
    return NULL;
}

static cJSON *effective_object(const void *base, const struct scenario *s,
                               const struct scenario_key *keys)
{
    cJSON *object = cJSON_CreateObject();

    for (const struct scenario_key *k = keys; k->name != NULL; k++) {
        cJSON *value = effective_value(base, s, k);

        if (value != NULL)
            cJSON_AddItemToObject(object, k->name, value);
    }
    return object;
}

cJSON *scenario_effective(const struct scenario *s)
{
    return effective_object(s, s, scenario_keys);
}
