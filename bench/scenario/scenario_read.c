/* From JSON to struct scenario, strictly, by the table of keys. */
#include "bench/scenario/scenario_keys.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "bench/link/link_spec.h"
#include "lib/base/name.h"
#include "bench/scenario/scenario.h"

static int refuse_value(const struct scenario_place *p, const struct scenario_key *k,
                        const cJSON *value, const char *what, struct err_text *e)
{
    char accepted[200], line[120];
    char *text = cJSON_PrintUnformatted(value); /* control characters come out escaped */
    size_t len = text != NULL ? strlen(text) : 0;

    scenario_describe_accepted(accepted, sizeof accepted, k);
    if (cJSON_IsString(value) && len >= 2)
        snprintf(line, sizeof line, "'%.*s' %s", (int)(len > 42 ? 40 : len - 2), text + 1, what);
    else
        snprintf(line, sizeof line, "'%.40s' %s", text != NULL ? text : "", what);
    cJSON_free(text);
    return scenario_refuse(p, line, accepted, e);
}

static int read_number(void *field, const struct scenario_place *p, const struct scenario_key *k,
                       const cJSON *value, struct err_text *e)
{
    double number = value->valuedouble;

    if (!cJSON_IsNumber(value))
        return refuse_value(p, k, value, "is not a number", e);
    if (k->kind == KEY_INT && number != trunc(number))
        return refuse_value(p, k, value, "is not a whole number", e);
    if (!(number >= k->min && number <= k->max))
        return refuse_value(p, k, value, "is out of range", e);
    if (k->kind == KEY_REAL)
        *(double *)field = number;
    else
        *(int64_t *)field = (int64_t)number;
    return PL_OK;
}

static int read_flag(bool *field, const struct scenario_place *p, const struct scenario_key *k,
                     const cJSON *value, struct err_text *e)
{
    if (!cJSON_IsBool(value))
        return refuse_value(p, k, value, "is neither true nor false", e);
    *field = cJSON_IsTrue(value);
    return PL_OK;
}

static int read_choice(int *field, const struct scenario_place *p, const struct scenario_key *k,
                       const cJSON *value, struct err_text *e)
{
    for (int i = 0; cJSON_IsString(value) && k->choices[i] != NULL; i++) {
        if (strcmp(value->valuestring, k->choices[i]) == 0) {
            *field = i;
            return PL_OK;
        }
    }
    return refuse_value(p, k, value, "is not one of the choices", e);
}

static bool is_line(const char *text)
{
    for (; *text != '\0'; text++)
        if (iscntrl((unsigned char)*text))
            return false;
    return true;
}

static int read_text(char *field, const struct scenario_place *p, const struct scenario_key *k,
                     const cJSON *value, struct err_text *e)
{
    const char *text = value->valuestring;
    size_t len = cJSON_IsString(value) ? strlen(text) : 0;

    if (!cJSON_IsString(value))
        return refuse_value(p, k, value, "is not text", e);
    if (len == 0 || len > (size_t)k->max)
        return refuse_value(p, k, value, len == 0 ? "is empty" : "is too long", e);
    if (k->kind == KEY_NAME ? !scenario_is_name(text) : !is_line(text))
        return refuse_value(p, k, value, "has characters that do not belong there", e);
    memcpy(field, text, len + 1);
    return PL_OK;
}

/* What link_spec_parse() says is "--link: WHAT; accepted: WHICH": put our place in front. */
static int refuse_link(const struct scenario_place *p, const struct scenario_key *k, char *said,
                       struct err_text *e)
{
    static const char option[] = "--link: ", mark[] = "; accepted: ";
    char *what = strncmp(said, option, sizeof option - 1) == 0 ? said + sizeof option - 1 : said;
    char *split = strstr(what, mark), accepted[200];

    scenario_describe_accepted(accepted, sizeof accepted, k);
    if (split != NULL)
        *split = '\0';
    return scenario_refuse(p, what, split != NULL ? split + sizeof mark - 1 : accepted, e);
}

static int read_link(struct scenario_links *links, const struct scenario_place *p,
                     const struct scenario_key *k, const cJSON *value, struct err_text *e)
{
    const struct scenario_key line = {.kind = KEY_TEXT, .max = SCENARIO_TEXT_BYTES - 1};
    struct link_spec spec;
    struct err_text why = {""};
    int rc = read_text(links->text[links->n], p, &line, value, e);

    if (rc < 0)
        return rc;
    rc = strcmp(value->valuestring, "loopback") == 0
             ? PL_OK
             : link_spec_parse(&spec, value->valuestring, &why);
    if (rc < 0)
        return refuse_link(p, k, why.text, e);
    links->n++;
    return PL_OK;
}

static int read_links(struct scenario_links *links, const struct scenario_place *p,
                      const struct scenario_key *k, const cJSON *value, struct err_text *e)
{
    const cJSON *item;
    int n = cJSON_GetArraySize(value);

    links->n = 0;
    if (!cJSON_IsArray(value))
        return read_link(links, p, k, value, e);
    if (n < 1 || n > SCENARIO_MAX_LINKS)
        return refuse_value(p, k, value, "will not do", e);
    cJSON_ArrayForEach(item, value)
    {
        struct scenario_place at = {.path = p->path};
        int rc;

        snprintf(at.at, sizeof at.at, "%.60s[%zu]", p->at, links->n);
        rc = read_link(links, &at, k, item, e);
        if (rc < 0)
            return rc;
    }
    return PL_OK;
}

/* Is it a name when the room's number stands in it? */
static bool is_channel(const char *text, size_t len)
{
    static const char mark[] = "{room}";
    char name[SCENARIO_TEXT_BYTES];
    size_t n = 0;

    for (size_t i = 0; i < len; n++) {
        bool room = strncmp(text + i, mark, sizeof mark - 1) == 0;

        if (n == sizeof name)
            return false;
        name[n] = room ? '0' : text[i];
        i += room ? sizeof mark - 1 : 1;
    }
    return name_valid(name, n);
}

/* One text: a name, or several with commas between them. Appended to the field. */
static int read_channel(char *field, const struct scenario_place *p, const struct scenario_key *k,
                        const cJSON *value, struct err_text *e)
{
    const char *text = cJSON_IsString(value) ? value->valuestring : "";
    size_t used = strlen(field);

    if (!cJSON_IsString(value))
        return refuse_value(p, k, value, "is not text", e);
    for (const char *name = text;; name++) {
        size_t len = strcspn(name, ",");

        if (!is_channel(name, len))
            return refuse_value(p, k, value, "is no channel", e);
        name += len;
        if (*name == '\0')
            break;
    }
    if (used + strlen(text) + 1 > (size_t)k->max)
        return refuse_value(p, k, value, "is too long", e);
    sprintf(field + used, "%s%s", used > 0 ? "," : "", text);
    return PL_OK;
}

static int read_channels(char *field, const struct scenario_place *p, const struct scenario_key *k,
                         const cJSON *value, struct err_text *e)
{
    const cJSON *item;
    size_t i = 0;

    field[0] = '\0';
    if (!cJSON_IsArray(value))
        return read_channel(field, p, k, value, e);
    if (cJSON_GetArraySize(value) == 0)
        return refuse_value(p, k, value, "is empty", e);
    cJSON_ArrayForEach(item, value)
    {
        struct scenario_place at = {.path = p->path};
        int rc;

        snprintf(at.at, sizeof at.at, "%.60s[%zu]", p->at, i++);
        rc = read_channel(field, &at, k, item, e);
        if (rc < 0)
            return rc;
    }
    return PL_OK;
}

static int read_rows(struct scenario *s, const struct scenario_place *p,
                     const struct scenario_key *k, const cJSON *value, struct err_text *e)
{
    const struct scenario_key row = {.kind = KEY_OBJECT, .inner = k->inner};
    const cJSON *item;
    int n = cJSON_GetArraySize(value);

    if (!cJSON_IsArray(value) || n < (int)k->min || n > (int)k->max)
        return refuse_value(p, k, value, "will not do", e);
    cJSON_ArrayForEach(item, value)
    {
        struct scenario_place at = {.path = p->path};
        int rc;

        snprintf(at.at, sizeof at.at, "%.60s[%zu]", p->at, s->nrows);
        if (!cJSON_IsObject(item))
            return refuse_value(&at, &row, item, "is not an object", e);
        rc = scenario_read_object(&s->rows[s->nrows], s, &at, k->inner, item, e);
        if (rc < 0)
            return rc;
        s->nrows++;
    }
    return PL_OK;
}

/* base: what the key's offset counts from. */
int scenario_read_value(void *base, struct scenario *s, const struct scenario_place *p,
                        const struct scenario_key *k, const cJSON *value, struct err_text *e)
{
    void *field = (char *)base + k->offset;

    switch (k->kind) {
    case KEY_INT:
    case KEY_REAL:
        return read_number(field, p, k, value, e);
    case KEY_FLAG:
        return read_flag(field, p, k, value, e);
    case KEY_CHOICE:
        return read_choice(field, p, k, value, e);
    case KEY_TEXT:
    case KEY_NAME:
        return read_text(field, p, k, value, e);
    case KEY_LINKS:
        return read_links(field, p, k, value, e);
    case KEY_CHANNELS:
        return read_channels(field, p, k, value, e);
    case KEY_OBJECT:
        if (!cJSON_IsObject(value))
            return refuse_value(p, k, value, "is not an object", e);
        return scenario_read_object(base, s, p, k->inner, value, e);
    case KEY_ROWS:
        return read_rows(s, p, k, value, e);
    }
    return PL_EINVAL;
}

static void set_fallback(void *base, const struct scenario_key *k)
{
    void *field = (char *)base + k->offset;

    switch (k->kind) {
    case KEY_INT:
        *(int64_t *)field = (int64_t)k->fallback;
        return;
    case KEY_REAL:
        *(double *)field = k->fallback;
        return;
    case KEY_FLAG:
        *(bool *)field = k->fallback != 0;
        return;
    case KEY_CHOICE:
        *(int *)field = (int)k->fallback;
        return;
    case KEY_TEXT:
        strcpy(field, k->fallback_text != NULL ? k->fallback_text : "");
        return;
    case KEY_CHANNELS:
    case KEY_NAME: /* depends on other keys: scenario_complete() fills it in */
        *(char *)field = '\0';
        return;
    case KEY_LINKS:
        strcpy(((struct scenario_links *)field)->text[0], k->fallback_text);
        ((struct scenario_links *)field)->n = 1;
        return;
    case KEY_OBJECT:
        for (const struct scenario_key *inner = k->inner; inner->name != NULL; inner++)
            set_fallback(base, inner);
        return;
    case KEY_ROWS:
        return;
    }
}

static int refuse_key(const struct scenario_place *p, const char *what, const cJSON *item,
                      const struct scenario_key *keys, struct err_text *e)
{
    char accepted[280], line[100], name[44];
    size_t len = 0;

    scenario_list_keys(accepted, sizeof accepted, keys);
    for (const char *c = item->string; *c != '\0' && len + 1 < sizeof name; c++)
        name[len++] = iscntrl((unsigned char)*c) ? '?' : *c;
    name[len] = '\0';
    snprintf(line, sizeof line, "%s '%s'", what, name);
    return scenario_refuse(p, line, accepted, e);
}

int scenario_read_object(void *base, struct scenario *s, const struct scenario_place *p,
                         const struct scenario_key *keys, const cJSON *object, struct err_text *e)
{
    const cJSON *item;

    for (const struct scenario_key *k = keys; k->name != NULL; k++)
        set_fallback(base, k);
    cJSON_ArrayForEach(item, object)
    {
        const struct scenario_key *k = scenario_key_find(keys, item->string);
        struct scenario_place at = scenario_place_below(p, item->string);
        int rc;

        if (k == NULL)
            return refuse_key(p, "unknown key", item, keys, e);
        if (cJSON_GetObjectItemCaseSensitive(object, item->string) != item)
            return refuse_key(p, "given twice: key", item, keys, e);
        rc = scenario_read_value(base, s, &at, k, item, e);
        if (rc < 0)
            return rc;
    }
    return PL_OK;
}
