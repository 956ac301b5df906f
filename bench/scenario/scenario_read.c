/* From JSON, a file's or the command line's, to struct scenario: strictly, by the table of keys. */
#include "bench/scenario/scenario.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/base/data_find.h"
#include "bench/base/file.h"
#include "bench/base/json.h"
#include "bench/link/link_spec.h"
#include "bench/scenario/scenario_keys.h"
#include "lib/base/name.h"

/* ---- values ---- */

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

/* Read a value into the key's field. 0, or PL_EINVAL with the line in e. */
typedef int read_fn(void *field, const struct scenario_place *p, const struct scenario_key *k,
                    const cJSON *value, struct err_text *e);

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

static int read_flag(void *field, const struct scenario_place *p, const struct scenario_key *k,
                     const cJSON *value, struct err_text *e)
{
    if (!cJSON_IsBool(value))
        return refuse_value(p, k, value, "is neither true nor false", e);
    *(bool *)field = cJSON_IsTrue(value);
    return PL_OK;
}

static int read_choice(void *field, const struct scenario_place *p, const struct scenario_key *k,
                       const cJSON *value, struct err_text *e)
{
    for (int i = 0; cJSON_IsString(value) && k->choices[i] != NULL; i++) {
        if (strcmp(value->valuestring, k->choices[i]) == 0) {
            *(int *)field = i;
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

static int read_text(void *field, const struct scenario_place *p, const struct scenario_key *k,
                     const cJSON *value, struct err_text *e)
{
    const char *text = value->valuestring;
    size_t len = cJSON_IsString(value) ? strlen(text) : 0;

    if (!cJSON_IsString(value))
        return refuse_value(p, k, value, "is not text", e);
    if (len == 0 || len > (size_t)k->max)
        return refuse_value(p, k, value, len == 0 ? "is empty" : "is too long", e);
    if (k->kind == KEY_NAME ? !scenario_is_name(text) : !is_line(text))
        return refuse_value(p, k, value, "has characters that are not allowed", e);
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

static int read_link(void *field, const struct scenario_place *p, const struct scenario_key *k,
                     const cJSON *value, struct err_text *e)
{
    const struct scenario_key line = {.kind = KEY_TEXT, .max = SCENARIO_TEXT_BYTES - 1};
    struct scenario_links *links = field;
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
static int read_channel(void *field, const struct scenario_place *p, const struct scenario_key *k,
                        const cJSON *value, struct err_text *e)
{
    const char *text = cJSON_IsString(value) ? value->valuestring : "";
    char *list = field;
    size_t used = strlen(list);

    if (!cJSON_IsString(value))
        return refuse_value(p, k, value, "is not text", e);
    for (const char *name = text;; name++) {
        size_t len = strcspn(name, ",");

        if (!is_channel(name, len))
            return refuse_value(p, k, value, "is not a channel", e);
        name += len;
        if (*name == '\0')
            break;
    }
    if (used + strlen(text) + 1 > (size_t)k->max)
        return refuse_value(p, k, value, "is too long", e);
    sprintf(list + used, "%s%s", used > 0 ? "," : "", text);
    return PL_OK;
}

/* One value, or a list of 1 to most of them, each read by read_one(). */
static int read_list(void *field, const struct scenario_place *p, const struct scenario_key *k,
                     const cJSON *value, int most, read_fn *read_one, struct err_text *e)
{
    int n = cJSON_GetArraySize(value), i = 0, rc = PL_OK;
    const cJSON *item;

    if (!cJSON_IsArray(value))
        return read_one(field, p, k, value, e);
    if (n < 1 || n > most)
        return refuse_value(p, k, value, n < 1 ? "is empty" : "is too long", e);
    cJSON_ArrayForEach(item, value)
    {
        struct scenario_place at = {.path = p->path};

        snprintf(at.at, sizeof at.at, "%.60s[%d]", p->at, i++);
        rc = rc < 0 ? rc : read_one(field, &at, k, item, e);
    }
    return rc;
}

/* ---- objects ---- */

static void set_defaults(void *base, const struct scenario_key *keys, bool unset);
static int read_object(void *base, struct scenario *s, const struct scenario_place *p,
                       const struct scenario_key *keys, const cJSON *object, struct err_text *e);

static int read_rows(struct scenario *s, const struct scenario_place *p,
                     const struct scenario_key *k, const cJSON *value, struct err_text *e)
{
    const struct scenario_key row = {.kind = KEY_OBJECT, .inner = k->inner};
    int n = cJSON_GetArraySize(value), rc = PL_OK;
    const cJSON *item;

    if (!cJSON_IsArray(value))
        return refuse_value(p, k, value, "is not a list", e);
    if (n < (int)k->min || n > (int)k->max)
        return refuse_value(p, k, value, n < (int)k->min ? "is empty" : "is too long", e);
    cJSON_ArrayForEach(item, value)
    {
        struct scenario_place at = {.path = p->path};

        snprintf(at.at, sizeof at.at, "%.60s[%zu]", p->at, s->nrows);
        if (rc == PL_OK && !cJSON_IsObject(item))
            rc = refuse_value(&at, &row, item, "is not an object", e);
        if (rc < 0)
            return rc;
        set_defaults(&s->rows[s->nrows], k->inner, false);
        rc = read_object(&s->rows[s->nrows++], s, &at, k->inner, item, e);
    }
    return rc;
}

/* base: what the key's offset counts from. */
static int read_value(void *base, struct scenario *s, const struct scenario_place *p,
                      const struct scenario_key *k, const cJSON *value, struct err_text *e)
{
    static read_fn *const readers[] = {
        [KEY_INT] = read_number,    [KEY_REAL] = read_number, [KEY_FLAG] = read_flag,
        [KEY_CHOICE] = read_choice, [KEY_TEXT] = read_text,   [KEY_NAME] = read_text,
    };
    void *field = (char *)base + k->offset;

    switch (k->kind) {
    case KEY_LINKS:
        ((struct scenario_links *)field)->n = 0;
        return read_list(field, p, k, value, SCENARIO_MAX_LINKS, read_link, e);
    case KEY_CHANNELS:
        *(char *)field = '\0';
        return read_list(field, p, k, value, (int)k->max, read_channel, e);
    case KEY_OBJECT:
        if (!cJSON_IsObject(value))
            return refuse_value(p, k, value, "is not an object", e);
        return read_object(field, s, p, k->inner, value, e);
    case KEY_ROWS:
        return read_rows(s, p, k, value, e);
    default:
        return readers[k->kind](field, p, k, value, e);
    }
}

static void set_default(void *base, const struct scenario_key *k, bool unset)
{
    double value = unset ? SCENARIO_UNSET : k->fallback;
    const char *text = unset || k->fallback_text == NULL ? "" : k->fallback_text;
    void *field = (char *)base + k->offset;

    switch (k->kind) {
    case KEY_INT:
        *(int64_t *)field = (int64_t)value;
        return;
    case KEY_REAL:
        *(double *)field = value;
        return;
    case KEY_FLAG:
        *(bool *)field = value > 0;
        return;
    case KEY_CHOICE:
        *(int *)field = (int)value;
        return;
    case KEY_TEXT:
        strcpy(field, text);
        return;
    case KEY_CHANNELS:
    case KEY_NAME: /* depends on other keys: scenario_complete() fills it in */
        *(char *)field = '\0';
        return;
    case KEY_LINKS:
        strcpy(((struct scenario_links *)field)->text[0], text);
        ((struct scenario_links *)field)->n = 1;
        return;
    case KEY_OBJECT:
        set_defaults(field, k->inner, k->unset);
        return;
    case KEY_ROWS:
        return;
    }
}

static void set_defaults(void *base, const struct scenario_key *keys, bool unset)
{
    for (const struct scenario_key *k = keys; k->name != NULL; k++)
        set_default(base, k, unset);
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

static int read_object(void *base, struct scenario *s, const struct scenario_place *p,
                       const struct scenario_key *keys, const cJSON *object, struct err_text *e)
{
    const cJSON *item;
    int rc = PL_OK;

    cJSON_ArrayForEach(item, object)
    {
        const struct scenario_key *k = scenario_key_find(keys, item->string);
        struct scenario_place at = {.path = p->path};

        if (rc < 0)
            return rc;
        if (k == NULL)
            return refuse_key(p, "unknown key", item, keys, e);
        if (cJSON_GetObjectItemCaseSensitive(object, item->string) != item)
            return refuse_key(p, "given twice: key", item, keys, e);
        snprintf(at.at, sizeof at.at, "%.60s%s%.30s", p->at, p->at[0] != '\0' ? "." : "", k->name);
        rc = read_value(base, s, &at, k, item, e);
    }
    return rc;
}

/* ---- files ---- */

void scenario_find(char *path, size_t cap, const char *word)
{
    size_t len = strlen(word);
    bool has_suffix = len > 5 && strcmp(word + len - 5, ".json") == 0;
    char file[SCENARIO_PATH_BYTES];

    snprintf(file, sizeof file, "%s%s", word, has_suffix ? "" : ".json");
    if (word[0] == '/' || access(word, F_OK) == 0 || !data_find(path, cap, DATA_SCENARIOS, file))
        snprintf(path, cap, "%s", word);
}

int scenario_parse(struct scenario *s, const char *path, const char *text, size_t len,
                   struct err_text *e)
{
    struct scenario_place p = {.path = path};
    char accepted[280];
    int rc;

    *s = (struct scenario){0};
    if ((size_t)snprintf(s->path, sizeof s->path, "%s", path) >= sizeof s->path)
        return err_set(e, PL_EINVAL, "%.100s...: the path is too long; accepted: up to %zu bytes",
                       path, sizeof s->path - 1);
    rc = json_parse(&s->supplied, path, text, len, e);
    if (rc < 0)
        return rc;
    set_defaults(s, scenario_keys, false);
    scenario_list_keys(accepted, sizeof accepted, scenario_keys);
    rc = cJSON_IsObject(s->supplied) ? read_object(s, s, &p, scenario_keys, s->supplied, e)
                                     : scenario_refuse(&p, "not an object", accepted, e);
    rc = rc < 0 ? rc : scenario_complete(s, e);
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

/* ---- the command line ---- */

/* "source.rate_hz" of the scenario's own sections, and what its offset counts from; NULL: no such
 * key. */
static const struct scenario_key *find_by_path(struct scenario *s, const char *path, void **base)
{
    char section[SCENARIO_NAME_BYTES];
    size_t len = strcspn(path, ".");
    const struct scenario_key *k;

    *base = s;
    snprintf(section, sizeof section, "%.*s", (int)len, path);
    k = scenario_key_find(scenario_keys, section);
    if (k != NULL && path[len] == '.') {
        *base = (char *)s + k->offset;
        k = k->kind == KEY_OBJECT ? scenario_key_find(k->inner, path + len + 1) : NULL;
    }
    return k == NULL || k->inner != NULL ? NULL : k;
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
    void *base;
    const struct scenario_key *k = find_by_path(s, key, &base);
    struct scenario_place p = {.path = ""};
    char what[120];
    cJSON *value;
    int rc;

    snprintf(p.at, sizeof p.at, "%.90s", option);
    snprintf(what, sizeof what, "unknown key '%.60s'", key);
    if (k == NULL)
        return scenario_refuse(
            &p, what, "those of pushlab help scenarios but rows, such as source.rate_hz", e);
    value = value_of_word(k, text);
    rc = value == NULL ? PL_ENOMEM : read_value(base, s, &p, k, value, e);
    cJSON_Delete(value);
    return rc;
}

/* No row has the id that word begins with: say which there are. */
static int refuse_id(const struct scenario *s, const char *word, struct err_text *e)
{
    struct scenario_place p = {.path = "", .at = "--rows"};
    char accepted[200] = "", what[160];
    size_t len = 0;

    for (size_t i = 0; i < s->nrows && len < sizeof accepted; i++)
        len += (size_t)snprintf(accepted + len, sizeof accepted - len, "%s%s", i > 0 ? ", " : "",
                                s->rows[i].id);
    snprintf(what, sizeof what, "'%.*s' is not a row of %.40s",
             (int)fmin(strcspn(word, ","), SCENARIO_NAME_BYTES), word, s->name);
    return scenario_refuse(&p, what, accepted, e);
}

int scenario_keep_rows(struct scenario *s, const char *ids, struct err_text *e)
{
    bool wanted[SCENARIO_MAX_ROWS] = {false};
    size_t kept = 0;

    for (const char *word = ids; word != NULL; word = strchr(word, ',')) {
        size_t len, i = 0;

        word += *word == ',';
        len = strcspn(word, ",");
        while (i < s->nrows &&
               (strncmp(s->rows[i].id, word, len) != 0 || s->rows[i].id[len] != '\0'))
            i++;
        if (i == s->nrows)
            return refuse_id(s, word, e);
        wanted[i] = true;
    }
    for (size_t i = 0; i < s->nrows; i++)
        if (wanted[i])
            s->rows[kept++] = s->rows[i];
    s->nrows = kept;
    return PL_OK;
}
