#include "bench/scenario/scenario.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/file.h"
#include "bench/base/json.h"
#include "bench/scenario/scenario_keys.h"

int scenario_parse(struct scenario *s, const char *path, const char *text, size_t len,
                   struct err_text *e)
{
    struct scenario_place p = {.path = path};
    int rc;

    *s = (struct scenario){0};
    if ((size_t)snprintf(s->path, sizeof s->path, "%s", path) >= sizeof s->path)
        return err_set(e, PL_EINVAL, "%.100s...: the path is too long; accepted: up to %zu bytes",
                       path, sizeof s->path - 1);
    rc = json_parse(&s->supplied, path, text, len, e);
    if (rc < 0)
        return rc;
    if (!cJSON_IsObject(s->supplied)) {
        char accepted[280];

        scenario_list_keys(accepted, sizeof accepted, scenario_keys);
        rc = scenario_refuse(&p, "not an object", accepted, e);
    }
    if (rc == PL_OK)
        rc = scenario_read_object(s, s, &p, scenario_keys, s->supplied, e);
    if (rc == PL_OK)
        rc = scenario_complete(s, e);
    if (rc < 0)
        scenario_free(s);
    return rc;
}

int scenario_load(struct scenario *s, const char *path, struct err_text *e)
{
    struct buf text = {0};
    int rc = file_read(&text, path, SCENARIO_MAX_FILE_BYTES, e);

    if (rc == PL_OK)
        rc = scenario_parse(s, path, (const char *)text.data, text.len, e);
    buf_free(&text);
    return rc;
}

const char *scenario_link(char *out, size_t cap, const struct scenario *s)
{
    const char *link = s->links.text[s->link];

    if (s->line_per_client && strcmp(link, "loopback") != 0)
        snprintf(out, cap, "%s,lines=%lld", link, (long long)s->clients);
    else
        snprintf(out, cap, "%s", link);
    return out;
}

void scenario_free(struct scenario *s)
{
    cJSON_Delete(s->supplied);
    s->supplied = NULL;
}

/* "source.rate_hz" of the sections with fields of the scenario's own; NULL: no such key. */
static const struct scenario_key *find_by_path(const char *path)
{
    const struct scenario_key *k;
    char section[SCENARIO_NAME_BYTES];
    size_t len = strcspn(path, ".");

    if (len >= sizeof section)
        return NULL;
    snprintf(section, sizeof section, "%.*s", (int)len, path);
    k = scenario_key_find(scenario_keys, section);
    if (path[len] == '.')
        k = k != NULL && k->kind == KEY_OBJECT ? scenario_key_find(k->inner, path + len + 1) : NULL;
    return k == NULL || k->inner != NULL ? NULL : k;
}

static int refuse_path(const struct scenario_place *p, const char *key, struct err_text *e)
{
    char what[120];

    snprintf(what, sizeof what, "unknown key '%.60s'", key);
    return scenario_refuse(p, what,
                           "those of pushlab help scenarios but rows, such as source.rate_hz", e);
}

/* A word of the command line as the JSON value that it would be in a file. */
static cJSON *value_of_word(const struct scenario_key *k, const char *text)
{
    char *end;
    double number = strtod(text, &end);

    if (k->kind == KEY_FLAG && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
        return cJSON_CreateBool(text[0] == 't');
    if ((k->kind != KEY_INT && k->kind != KEY_REAL) || end == text || *end != '\0' ||
        !isfinite(number) || strpbrk(text, "xXpP \t") != NULL)
        return cJSON_CreateString(text);
    return cJSON_CreateNumber(number);
}

int scenario_override(struct scenario *s, const char *key, const char *option, const char *text,
                      struct err_text *e)
{
    const struct scenario_key *k = find_by_path(key);
    struct scenario_place p = {.path = ""};
    cJSON *value;
    int rc;

    snprintf(p.at, sizeof p.at, "%.90s", option);
    if (k == NULL)
        return refuse_path(&p, key, e);
    value = value_of_word(k, text);
    rc = value == NULL ? PL_ENOMEM : scenario_read_value(s, s, &p, k, value, e);
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
    return PL_OK;
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

/* NULL when nothing in it is in effect. */
static cJSON *effective_section(const void *base, const struct scenario *s,
                                const struct scenario_key *keys)
{
    cJSON *object = effective_object(base, s, keys);

    if (object == NULL || object->child != NULL)
        return object;
    cJSON_Delete(object);
    return NULL;
}

/* The value that holds, or NULL where there is none. */
static cJSON *effective_value(const void *base, const struct scenario *s,
                              const struct scenario_key *k)
{
    const void *field = (const char *)base + k->offset;

    if (!scenario_key_applies(s, k))
        return NULL;
    switch (k->kind) {
    case KEY_INT:
        if (*(const int64_t *)field == SCENARIO_UNSET)
            return NULL;
        return cJSON_CreateNumber((double)*(const int64_t *)field);
    case KEY_REAL:
        if (*(const double *)field <= SCENARIO_UNSET)
            return NULL;
        return cJSON_CreateNumber(*(const double *)field);
    case KEY_FLAG:
        return cJSON_CreateBool(*(const bool *)field);
    case KEY_CHOICE:
        if (*(const int *)field < 0)
            return NULL;
        return cJSON_CreateString(k->choices[*(const int *)field]);
    case KEY_TEXT:
    case KEY_NAME:
    case KEY_CHANNELS:
        return *(const char *)field == '\0' ? NULL : cJSON_CreateString(field);
    case KEY_LINKS: /* of this run */
        return cJSON_CreateString(s->links.text[s->link]);
    case KEY_OBJECT:
        return effective_section(base, s, k->inner);
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
    struct scenario whole = *s;

    whole.source.rooms = scenario_rooms(s);
    return effective_object(&whole, &whole, scenario_keys);
}
