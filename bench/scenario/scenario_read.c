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
#include "lib/base/duration.h"
#include "lib/base/name.h"
#include "lib/base/spelling.h"

/* What is being read: a value, the key that it is for, and where it stands. */
struct input {
    struct scenario_place at;
    const struct scenario_key *key;
    const cJSON *value;
    struct err_text *e;
};

/* Read the value into the key's field. 0, or PL_EINVAL with the line in e. */
typedef int read_fn(void *field, const struct input *in);

/* ---- values ---- */

/* The choice that was probably meant, or NULL. */
static const char *nearest_choice(const struct input *in)
{
    if (in->key->kind != KEY_CHOICE || !cJSON_IsString(in->value))
        return NULL;
    return spelling_nearest(in->value->valuestring, in->key->choices);
}

static int refuse(const struct input *in, const char *what)
{
    char accepted[200], line[120];
    char *text = cJSON_PrintUnformatted(in->value); /* control characters come out escaped */
    size_t len = text != NULL ? strlen(text) : 0;

    scenario_describe_accepted(accepted, sizeof accepted, in->key);
    if (scenario_key_is_time(in->key) && !cJSON_IsNumber(in->value))
        strcat(accepted, ", or a time such as \"2s\"");
    if (cJSON_IsString(in->value) && len >= 2)
        snprintf(line, sizeof line, "'%.*s' %s", (int)(len > 42 ? 40 : len - 2), text + 1, what);
    else
        snprintf(line, sizeof line, "'%.40s' %s", text != NULL ? text : "", what);
    cJSON_free(text);
    return scenario_refuse_near(&in->at, line, nearest_choice(in), accepted, in->e);
}

/* "500ms" in the unit of the key's name. False: the key is no time, or the text is none. */
static bool take_time(double *number, const struct scenario_key *k, const cJSON *value)
{
    double unit_ns = scenario_key_is_time(k) ? duration_unit_of(k->name) : 0, ns;

    if (unit_ns == 0 || !cJSON_IsString(value) || !duration_read(&ns, value->valuestring, unit_ns))
        return false;
    *number = ns / unit_ns;
    return true;
}

static int read_number(void *field, const struct input *in)
{
    double number = in->value->valuedouble;

    if (!cJSON_IsNumber(in->value) && !take_time(&number, in->key, in->value))
        return refuse(in, "is not a number");
    if (in->key->kind == KEY_INT && number != trunc(number))
        return refuse(in, "is not a whole number");
    if (!(number >= in->key->min && number <= in->key->max))
        return refuse(in, "is out of range");
    if (in->key->kind == KEY_REAL)
        *(double *)field = number;
    else
        *(int64_t *)field = (int64_t)number;
    return PL_OK;
}

static int read_flag(void *field, const struct input *in)
{
    if (!cJSON_IsBool(in->value))
        return refuse(in, "is neither true nor false");
    *(bool *)field = cJSON_IsTrue(in->value);
    return PL_OK;
}

static int read_choice(void *field, const struct input *in)
{
    const char *const *choices = in->key->choices;

    for (int i = 0; cJSON_IsString(in->value) && choices[i] != NULL; i++) {
        if (strcmp(in->value->valuestring, choices[i]) == 0) {
            *(int *)field = i;
            return PL_OK;
        }
    }
    return refuse(in, "is not valid");
}

static bool is_line(const char *text)
{
    for (; *text != '\0'; text++)
        if (iscntrl((unsigned char)*text))
            return false;
    return true;
}

static int read_text(void *field, const struct input *in)
{
    const char *text = in->value->valuestring;
    size_t len = cJSON_IsString(in->value) ? strlen(text) : 0;

    if (!cJSON_IsString(in->value))
        return refuse(in, "is not text");
    if (len == 0 || len > (size_t)in->key->max)
        return refuse(in, len == 0 ? "is empty" : "is too long");
    if (in->key->kind == KEY_NAME ? !scenario_is_name(text) : !is_line(text))
        return refuse(in, "has characters that are not allowed");
    memcpy(field, text, len + 1);
    return PL_OK;
}

/* What link_spec_parse() says is "--link: ...": put our place in its stead. */
static int refuse_link(const struct input *in, const char *said)
{
    static const char option[] = "--link: ";
    const char *what =
        strncmp(said, option, sizeof option - 1) == 0 ? said + sizeof option - 1 : said;
    char accepted[200];

    if (strstr(what, "accepted: ") != NULL)
        return scenario_refuse_line(&in->at, what, in->e);
    scenario_describe_accepted(accepted, sizeof accepted, in->key);
    return scenario_refuse(&in->at, what, accepted, in->e);
}

static int read_link(void *field, const struct input *in)
{
    const struct scenario_key line = {.kind = KEY_TEXT, .max = SCENARIO_TEXT_BYTES - 1};
    const struct input text = {in->at, &line, in->value, in->e};
    struct scenario_links *links = field;
    struct err_text why = {""};
    struct link_spec spec;
    int rc = read_text(links->text[links->n], &text);

    if (rc < 0)
        return rc;
    if (strcmp(in->value->valuestring, "loopback") != 0 &&
        link_spec_parse(&spec, in->value->valuestring, &why) < 0)
        return refuse_link(in, why.text);
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
static int read_channel(void *field, const struct input *in)
{
    const char *text = cJSON_IsString(in->value) ? in->value->valuestring : "";
    char *list = field;
    size_t used = strlen(list);

    if (!cJSON_IsString(in->value))
        return refuse(in, "is not text");
    for (const char *name = text; name != NULL; name = strchr(name, ',')) {
        name += name > text; /* the comma */
        if (!is_channel(name, strcspn(name, ",")))
            return refuse(in, "is not a channel");
    }
    if (used + strlen(text) + 1 > (size_t)in->key->max)
        return refuse(in, "is too long");
    sprintf(list + used, "%s%s", used > 0 ? "," : "", text);
    return PL_OK;
}

/* One value, or a list of 1 to most of them, each read by read_one(). */
static int read_list(void *field, const struct input *in, int most, read_fn *read_one)
{
    int n = cJSON_GetArraySize(in->value), i = 0, rc = PL_OK;
    struct input one = *in;

    if (!cJSON_IsArray(in->value))
        return read_one(field, in);
    if (n < 1 || n > most)
        return refuse(in, n < 1 ? "is empty" : "is too long");
    cJSON_ArrayForEach(one.value, in->value)
    {
        snprintf(one.at.at, sizeof one.at.at, "%.60s[%d]", in->at.at, i++);
        rc = rc < 0 ? rc : read_one(field, &one);
    }
    return rc;
}

/* ---- objects ---- */

static void set_defaults(void *base, const struct scenario_key *keys, bool unset);
static int read_object(void *base, const struct input *in);

static int read_row(void *field, const struct input *in)
{
    const struct scenario_key object = {.kind = KEY_OBJECT, .inner = in->key->inner};
    const struct input row = {in->at, &object, in->value, in->e};
    struct scenario *s = field;

    if (!cJSON_IsObject(in->value))
        return refuse(&row, "is not an object");
    set_defaults(&s->rows[s->nrows], in->key->inner, false);
    return read_object(&s->rows[s->nrows++], &row);
}

static int read_fault(void *field, const struct input *in)
{
    const struct scenario_key object = {.kind = KEY_OBJECT, .inner = in->key->inner};
    const struct input fault = {in->at, &object, in->value, in->e};
    struct scenario_faults *f = field;

    if (!cJSON_IsObject(in->value))
        return refuse(&fault, "is not an object");
    set_defaults(&f->list[f->n], in->key->inner, true);
    return read_object(&f->list[f->n++], &fault);
}

static int read_faults(void *field, const struct input *in)
{
    *(struct scenario_faults *)field = (struct scenario_faults){.given = true};
    if (!cJSON_IsArray(in->value))
        return refuse(in, "is not a list");
    return cJSON_GetArraySize(in->value) == 0 ? PL_OK
                                              : read_list(field, in, (int)in->key->max, read_fault);
}

/* base: what the key's offset counts from. */
static int read_value(void *base, const struct input *in)
{
    static read_fn *const readers[] = {
        [KEY_INT] = read_number,    [KEY_REAL] = read_number, [KEY_FLAG] = read_flag,
        [KEY_CHOICE] = read_choice, [KEY_TEXT] = read_text,   [KEY_NAME] = read_text,
    };
    void *field = (char *)base + in->key->offset;

    switch (in->key->kind) {
    case KEY_LINKS:
        ((struct scenario_links *)field)->n = 0;
        return read_list(field, in, SCENARIO_MAX_LINKS, read_link);
    case KEY_CHANNELS:
        *(char *)field = '\0';
        return read_list(field, in, (int)in->key->max, read_channel);
    case KEY_OBJECT:
        return cJSON_IsObject(in->value) ? read_object(field, in) : refuse(in, "is not an object");
    case KEY_ROWS:
        return cJSON_IsArray(in->value) ? read_list(base, in, (int)in->key->max, read_row)
                                        : refuse(in, "is not a list");
    case KEY_FAULTS:
        return read_faults(field, in);
    default:
        return readers[in->key->kind](field, in);
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
    case KEY_FAULTS:
        *(struct scenario_faults *)field = (struct scenario_faults){.given = false};
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

static int refuse_key(const struct input *in, bool unknown, const char *key)
{
    char accepted[400], line[100];
    const char *near = unknown ? scenario_key_nearest(in->key->inner, key) : NULL;

    scenario_list_keys(accepted, sizeof accepted, in->key->inner);
    snprintf(line, sizeof line, "%s key '%.43s'", unknown ? "unknown" : "given twice:", key);
    return scenario_refuse_near(&in->at, line, near, accepted, in->e);
}

/* The value is an object with the key's inner keys, which goes into the struct at base. */
static int read_object(void *base, const struct input *in)
{
    const char *dot = in->at.at[0] != '\0' ? "." : "";
    struct input one = *in;
    int rc = PL_OK;

    cJSON_ArrayForEach(one.value, in->value)
    {
        const char *key = one.value->string;

        if (rc < 0)
            return rc;
        if (in->at.at[0] == '\0' && strcmp(key, SCENARIO_SCHEMA_KEY) == 0 &&
            cJSON_IsString(one.value))
            continue;
        one.key = scenario_key_find(in->key->inner, key);
        if (one.key == NULL)
            return refuse_key(in, true, key);
        if (cJSON_GetObjectItemCaseSensitive(in->value, key) != one.value)
            return refuse_key(in, false, key);
        snprintf(one.at.at, sizeof one.at.at, "%.60s%s%.30s", in->at.at, dot, key);
        rc = read_value(base, &one);
    }
    return rc;
}

/* ---- files ---- */

void scenario_find(char *path, size_t cap, const char *word)
{
    data_find_word(path, cap, DATA_SCENARIOS, word);
}

int scenario_parse(struct scenario *s, const char *path, const char *text, size_t len,
                   struct err_text *e)
{
    const struct scenario_key whole = {.kind = KEY_OBJECT, .inner = scenario_keys};
    struct input in = {.at = {.path = path}, .key = &whole, .e = e};
    char accepted[400];
    int rc;

    *s = (struct scenario){0};
    if ((size_t)snprintf(s->path, sizeof s->path, "%s", path) >= sizeof s->path)
        return err_set(e, PL_EINVAL, "%.100s...: the path is too long; accepted: up to %zu bytes",
                       path, sizeof s->path - 1);
    rc = json_parse(&s->supplied, path, text, len, e);
    if (rc < 0)
        return rc;
    in.value = s->supplied;
    set_defaults(s, scenario_keys, false);
    scenario_list_keys(accepted, sizeof accepted, scenario_keys);
    rc = cJSON_IsObject(s->supplied) ? read_object(s, &in)
                                     : scenario_refuse(&in.at, "not an object", accepted, e);
    rc = rc < 0 ? rc : scenario_complete(s, e);
    if (rc < 0)
        scenario_free(s);
    return rc;
}

int scenario_load(struct scenario *s, const char *path, struct err_text *e)
{
    char hint[DATA_HINT_BYTES];
    struct buf text = {0};
    int rc;

    if (access(path, F_OK) < 0)
        return err_set(e, PL_EINVAL, "no scenario '%.150s'%s(pushlab scenarios lists them)", path,
                       data_hint(hint, DATA_SCENARIOS, path));
    rc = file_read(&text, path, SCENARIO_MAX_FILE_BYTES, e);
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
    cJSON *value = cJSON_CreateString(text);
    double number;
    const char *rest = duration_take_number(&number, text);

    if (k->kind == KEY_FLAG && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)) {
        cJSON_Delete(value);
        return cJSON_CreateBool(text[0] == 't');
    }
    if ((k->kind != KEY_INT && k->kind != KEY_REAL) ||
        ((rest == NULL || *rest != '\0') && !take_time(&number, k, value)))
        return value;
    cJSON_Delete(value);
    return cJSON_CreateNumber(number);
}

cJSON *scenario_read_word(const struct scenario_key *k, const char *place, const char *word,
                          struct err_text *e)
{
    struct scenario *scratch = calloc(1, sizeof *scratch); /* no key's offset is beyond it */
    struct input in = {.at = {.path = ""}, .key = k, .e = e};
    cJSON *value = value_of_word(k, word);

    snprintf(in.at.at, sizeof in.at.at, "%.90s", place);
    in.value = value;
    if (scratch == NULL || read_value(scratch, &in) < 0) {
        cJSON_Delete(value);
        value = NULL;
    }
    free(scratch);
    return value;
}

int scenario_override(struct scenario *s, const char *key, const char *option, const char *text,
                      struct err_text *e)
{
    void *base;
    struct input in = {.at = {.path = ""}, .key = find_by_path(s, key, &base), .e = e};
    char what[120], near[SCENARIO_NAME_BYTES];
    cJSON *value;
    int rc;

    snprintf(in.at.at, sizeof in.at.at, "%.90s", option);
    snprintf(what, sizeof what, "unknown key '%.60s'", key);
    if (in.key == NULL)
        return scenario_refuse_near(
            &in.at, what, scenario_nearest_key(near, key),
            "those of pushlab help scenarios but rows, such as source.rate_hz", e);
    in.value = value = value_of_word(in.key, text);
    rc = value == NULL ? PL_ENOMEM : read_value(base, &in);
    cJSON_Delete(value);
    return rc;
}

/* No row has the id that word begins with: say which there are. */
static int refuse_id(const struct scenario *s, const char *word, struct err_text *e)
{
    struct scenario_place p = {.path = "", .at = "--rows"};
    char accepted[200] = "", what[160];
    struct spelling_guess g;
    size_t len = 0;

    spelling_guess_begin(&g, word, strcspn(word, ","));
    for (size_t i = 0; i < s->nrows; i++)
        spelling_guess_try(&g, s->rows[i].id);
    for (size_t i = 0; i < s->nrows && len < sizeof accepted; i++)
        len += (size_t)snprintf(accepted + len, sizeof accepted - len, "%s%s", i > 0 ? ", " : "",
                                s->rows[i].id);
    snprintf(what, sizeof what, "'%.*s' is not a row of %.40s",
             (int)fmin(strcspn(word, ","), SCENARIO_NAME_BYTES), word, s->name);
    return scenario_refuse_near(&p, what, g.nearest, accepted, e);
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
