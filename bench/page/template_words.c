#include "bench/page/template_words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"

void template_fail(struct template_fill *t)
{
    if (t->w.rc < 0)
        return;
    t->w.rc = PL_EINVAL;
    snprintf(t->fault, sizeof t->fault, "the text [%.60s] is not well-formed: {%.80s}", t->text,
             t->expression != NULL ? t->expression : "");
}

/* ---- writing ---- */

void template_gap(struct template_fill *t)
{
    const struct buf *out = t->w.out;

    if (t->gap && out != NULL && out->len > 0 && out->data[out->len - 1] != ' ')
        writer_puts(&t->w, " ");
    t->gap = false;
}

void template_puts(struct template_fill *t, const char *text)
{
    template_gap(t);
    writer_puts(&t->w, text);
}

void template_text(struct template_fill *t, const char *text)
{
    template_gap(t);
    output_text(&t->w, t->output, text);
}

void template_strong(struct template_fill *t, const char *text)
{
    const char *mark = t->output == OUTPUT_PROSE ? "**" : "";

    template_puts(t, mark);
    output_text(&t->w, t->output, text);
    writer_puts(&t->w, mark);
}

double template_number(struct template_fill *t, double value, facts_format *format)
{
    char text[UNITS_TEXT_BYTES];

    (t->format != NULL ? t->format : format)(text, value);
    template_strong(t, text);
    return value;
}

static void put_id(struct template_fill *t, const cJSON *item)
{
    template_gap(t);
    if (t->output == OUTPUT_HTML)
        output_row(&t->w, item);
    else
        output_name(&t->w, json_text(item, "id"));
}

static double number_in(const cJSON *item)
{
    if (item == NULL || cJSON_IsNull(item))
        return NAN;
    if (cJSON_IsNumber(item))
        return item->valuedouble;
    if (cJSON_IsString(item))
        return item->valuestring[0] != '\0';
    return cJSON_IsArray(item) ? cJSON_GetArraySize(item)
                               : cJSON_IsTrue(item) || cJSON_IsObject(item);
}

static double put_value(struct template_fill *t, const cJSON *scope, const char *path,
                        const cJSON *item)
{
    facts_format *format = t->format != NULL ? t->format : facts_format_of(path);
    char word[UNITS_TEXT_BYTES];

    if (t->w.out == NULL)
        return number_in(item);
    if (cJSON_IsArray(item))
        template_puts(t, facts_number_word(cJSON_GetArraySize(item), word));
    else if (cJSON_IsObject(item))
        put_id(t, item);
    else if (t->cite != NULL)
        t->cite(t, scope, path, item, format);
    else if (cJSON_IsString(item))
        template_strong(t, item->valuestring);
    else
        template_number(t, cJSON_IsNumber(item) ? item->valuedouble : NAN, format);
    return number_in(item);
}

double template_item(struct template_fill *t, const cJSON *item)
{
    if (item != NULL)
        return put_value(t, NULL, "", item);
    template_puts(t, UNITS_NONE);
    return NAN;
}

/* ---- items ---- */

void template_enter(struct template_fill *t, const cJSON *item)
{
    if (t->depth == TEMPLATE_DEPTH - 1) {
        template_fail(t);
        t->lost++;
        return;
    }
    t->depth++;
    t->scopes[t->depth].item = item;
    t->scopes[t->depth].index = 0;
    t->scopes[t->depth].n = 1;
}

void template_leave(struct template_fill *t)
{
    if (t->lost > 0)
        t->lost--;
    else
        t->depth--;
}

const cJSON *template_find(const struct template_fill *t, const char *path, const cJSON **scope)
{
    const cJSON *found = NULL;
    int i = t->depth + 1;

    if (strcmp(path, ".") == 0)
        return t->scopes[t->depth].item;
    while (found == NULL && --i > 0)
        found = facts_at(t->scopes[i].item, path);
    if (scope != NULL)
        *scope = t->scopes[found != NULL ? i : t->depth].item;
    return found;
}

const cJSON *template_own(struct template_fill *t, cJSON *item)
{
    if (t->owned == NULL)
        t->owned = cJSON_CreateArray();
    if (item == NULL || !cJSON_AddItemToArray(t->owned, item)) {
        cJSON_Delete(item);
        t->w.rc = PL_ENOMEM;
        return NULL;
    }
    return item;
}

/* ---- words that every vocabulary has ---- */

static double put_comma(struct template_fill *t)
{
    int index = t->scopes[t->depth].index;
    bool last = index + 1 == t->scopes[t->depth].n;
    const char *and = strcmp(t->arg, "and") == 0  ? " and "
                      : strcmp(t->arg, "or") == 0 ? " or "
                                                  : ", ";

    if (index > 0) {
        t->gap = false;
        template_puts(t, last ? and : ", ");
    }
    return index;
}

static double put_first(struct template_fill *t)
{
    return t->scopes[t->depth].index == 0;
}

static double put_render(struct template_fill *t)
{
    const cJSON *prose = template_find(t, t->arg, NULL);

    if (cJSON_IsString(prose))
        output_prose(&t->w, t->output, prose->valuestring, template_find(t, "rows", NULL));
    return number_in(prose);
}

static double put_words(struct template_fill *t)
{
    const cJSON *item = template_find(t, t->arg, NULL);
    char word[UNITS_TEXT_BYTES];

    template_text(t, cJSON_IsString(item)   ? item->valuestring
                     : cJSON_IsNumber(item) ? facts_number_word((int)item->valuedouble, word)
                                            : UNITS_NONE);
    return number_in(item);
}

static double put_code(struct template_fill *t)
{
    const cJSON *item = template_find(t, t->arg, NULL);

    template_gap(t);
    output_name(&t->w, cJSON_IsString(item) ? item->valuestring : UNITS_NONE);
    return number_in(item);
}

static double put_url(struct template_fill *t)
{
    const cJSON *item = template_find(t, t->arg, NULL);

    if (cJSON_IsString(item))
        output_url(&t->w, item->valuestring, "/@+");
    return number_in(item);
}

static const struct template_word builtins[] = {
    {"comma", put_comma, NULL}, {"first", put_first, NULL}, {"render", put_render, NULL},
    {"words", put_words, NULL}, {"url", put_url, NULL},     {"code", put_code, NULL},
    {NULL, NULL, NULL},
};

/* ---- expressions ---- */

static void format_plain(char out[UNITS_TEXT_BYTES], double value)
{
    snprintf(out, UNITS_TEXT_BYTES, "%.0f", value);
}

static facts_format *format_called(struct template_fill *t, const char *name)
{
    static const struct {
        const char *name;
        facts_format *format;
    } formats[] = {
        {"us", units_format_us},           {"ms", facts_format_setting_ms},
        {"count", units_format_count},     {"ratio", units_format_ratio},
        {"percent", units_format_percent}, {"share", units_format_share},
        {"times", units_format_times},     {"kb", units_format_kb},
        {"plain", format_plain},
    };

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, name) == 0)
            return formats[i].format;
    template_fail(t);
    return NULL;
}

const struct template_word *template_word_called(const struct template_fill *t, const char *name)
{
    const struct template_word *const own[] = {builtins, t->text_words};

    for (size_t i = 0; i < 2 + TEMPLATE_TABLES; i++) {
        const struct template_word *w = i < 2 ? own[i] : t->words[i - 2];

        for (; w != NULL && w->name != NULL; w++)
            if (strcmp(w->name, name) == 0)
                return w;
    }
    return NULL;
}

void template_substitute(const struct template_fill *t, char text[TAG_BYTES])
{
    char path[TAG_BYTES], rest[TAG_BYTES];

    for (char *at = strchr(text, '@'); at != NULL; at = strchr(at, '@')) {
        size_t len = strcspn(at, " |");
        const cJSON *item;

        snprintf(path, sizeof path, "%.*s", (int)len - 1, at + 1);
        snprintf(rest, sizeof rest, "%s", at + len);
        item = template_find(t, path, NULL);
        snprintf(at, (size_t)(text + TAG_BYTES - at), "%s",
                 cJSON_IsString(item) ? item->valuestring : "");
        at += strlen(at);
        snprintf(at, (size_t)(text + TAG_BYTES - at), "%s", rest);
    }
}

static double put_path(struct template_fill *t, const char *path)
{
    const cJSON *scope, *item = template_find(t, path, &scope);

    if (item == NULL && strpbrk(path, "+*/") != NULL)
        return template_number(t, facts_value(scope, path), facts_format_of(path));
    return put_value(t, scope, path, item);
}

double template_evaluate(struct template_fill *t, const char *expression, const cJSON **item)
{
    facts_format *outer_format = t->format;
    const char *outer_arg = t->arg, *outer_expression = t->expression;
    const struct template_word *word;
    char name[TAG_BYTES], text[TAG_BYTES], *as;
    double number = NAN;

    t->expression = expression;
    snprintf(text, sizeof text, "%s", expression);
    as = strstr(text, " as ");
    t->format = as != NULL ? format_called(t, as + 4) : NULL;
    if (as != NULL)
        *as = '\0';
    template_substitute(t, text);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(expression, " "), expression);
    word = template_word_called(t, name);
    t->arg = text + strcspn(text, " ");
    t->arg += *t->arg != '\0';
    if (word == NULL && *t->arg != '\0')
        template_fail(t);
    if (item != NULL)
        *item = word == NULL         ? template_find(t, text, NULL)
                : word->find != NULL ? word->find(t)
                                     : NULL;
    else if (word == NULL)
        number = put_path(t, text);
    else
        number = word->put != NULL ? word->put(t) : template_item(t, word->find(t));
    t->format = outer_format;
    t->arg = outer_arg;
    t->expression = outer_expression;
    return number;
}

/* The number of an expression, with nothing written. */
static double number_of(struct template_fill *t, const char *expression)
{
    struct buf *out = t->w.out;
    bool gap = t->gap;
    double number;

    t->w.out = NULL;
    number = template_evaluate(t, expression, NULL);
    t->w.out = out;
    t->gap = gap;
    return number;
}

static bool compares(struct template_fill *t, const char *left, char how, const char *right)
{
    const cJSON *item = NULL;
    double number, other;
    char *end;

    template_evaluate(t, left, &item);
    if (cJSON_IsString(item))
        return how == '=' && strcmp(item->valuestring, right) == 0;
    number = number_of(t, left);
    other = strtod(right, &end);
    if (*end != '\0')
        other = how == '=' ? NAN : number_of(t, right);
    return how == '=' ? number == other : how == '>' ? number > other : number < other;
}

bool template_is_true(struct template_fill *t, char *condition)
{
    char *at;
    double number;

    if ((at = strstr(condition, " or ")) != NULL) {
        *at = '\0';
        return template_is_true(t, condition) || template_is_true(t, at + 4);
    }
    if ((at = strstr(condition, " and ")) != NULL) {
        *at = '\0';
        return template_is_true(t, condition) && template_is_true(t, at + 5);
    }
    if (strncmp(condition, "not ", 4) == 0)
        return !template_is_true(t, condition + 4);
    at = strpbrk(condition, "=<>");
    if (at != NULL && at > condition && at[-1] == ' ' && at[1] == ' ') {
        at[-1] = '\0';
        return compares(t, condition, *at, at + 2);
    }
    number = number_of(t, condition);
    return number != 0 && !isnan(number);
}
