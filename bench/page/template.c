#include "bench/page/template.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "bench/base/json.h"

enum { TAG_BYTES = 320 };

static double evaluate(struct template *t, const char *expression, const cJSON **item);

void template_fail(struct template *t)
{
    if (t->w.rc < 0)
        return;
    t->w.rc = PL_EINVAL;
    snprintf(t->fault, sizeof t->fault, "the text [%.60s] is not well-formed: {%.80s}", t->text,
             t->expression != NULL ? t->expression : "");
}

/* ---- texts ---- */

/* The next line that begins a text, or the end. */
static const char *next_heading(const char *text)
{
    const char *at = text;

    while ((at = strstr(at, "\n[")) != NULL) {
        const char *close = at + 2 + strcspn(at + 2, "]\n");

        if (strncmp(close, "]\n", 2) == 0)
            return at;
        at++;
    }
    return text + strlen(text);
}

/* A copy, with a line break in front of it, the caller's to free(); NULL: there is no such text. */
static char *text_called(const char *name)
{
    char heading[TAG_BYTES], *copy = NULL;

    snprintf(heading, sizeof heading, "\n[%s]\n", name);
    for (const struct template_file *f = template_files; copy == NULL && f->name != NULL; f++) {
        bool whole = strcmp(f->name, name) == 0;
        const char *at = whole ? f->text : strstr(f->text, heading);
        const char *end = at != NULL ? next_heading(at + !whole) : NULL;

        if (at == NULL)
            continue;
        at += whole ? 0 : strlen(heading);
        while (!whole && end > at && end[-1] == '\n')
            end--;
        if (asprintf(&copy, "\n%.*s", end > at ? (int)(end - at) : 0, at) < 0)
            return NULL;
    }
    return copy;
}

bool template_has(const char *name)
{
    char *text = text_called(name);
    bool found = text != NULL;

    free(text);
    return found;
}

/* ---- writing ---- */

/* The white space that was read since. */
static void put_gap(struct template *t)
{
    const struct buf *out = t->w.out;

    if (t->gap && out != NULL && out->len > 0 && out->data[out->len - 1] != ' ')
        writer_puts(&t->w, " ");
    t->gap = false;
}

static void copy_text(struct template *t, const char *text, size_t len)
{
    if (t->output != OUTPUT_PROSE) {
        writer_add(&t->w, text, len);
        return;
    }
    for (size_t i = 0; i < len; i++) {
        if (isspace((unsigned char)text[i])) {
            t->gap = true;
            continue;
        }
        if (t->gap && text[i] == '%')
            writer_puts(&t->w, "\u00a0");
        t->gap = t->gap && strchr(".,;:)%", text[i]) == NULL;
        put_gap(t);
        writer_add(&t->w, text + i, 1);
    }
}

void template_puts(struct template *t, const char *text)
{
    put_gap(t);
    writer_puts(&t->w, text);
}

void template_text(struct template *t, const char *text)
{
    put_gap(t);
    output_text(&t->w, t->output, text);
}

void template_strong(struct template *t, const char *text)
{
    const char *mark = t->output == OUTPUT_PROSE ? "**" : "";

    template_puts(t, mark);
    output_text(&t->w, t->output, text);
    writer_puts(&t->w, mark);
}

double template_number(struct template *t, double value, facts_format *format)
{
    char text[UNITS_TEXT_BYTES];

    (t->format != NULL ? t->format : format)(text, value);
    template_strong(t, text);
    return value;
}

static void put_id(struct template *t, const cJSON *item)
{
    put_gap(t);
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

static double put_value(struct template *t, const cJSON *scope, const char *path, const cJSON *item)
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

double template_item(struct template *t, const cJSON *item)
{
    if (item != NULL)
        return put_value(t, NULL, "", item);
    template_puts(t, UNITS_NONE);
    return NAN;
}

/* ---- items ---- */

void template_enter(struct template *t, const cJSON *item)
{
    if (t->depth == TEMPLATE_DEPTH - 1)
        template_fail(t);
    else
        t->depth++;
    t->scopes[t->depth].item = item;
    t->scopes[t->depth].index = 0;
    t->scopes[t->depth].n = 1;
}

void template_leave(struct template *t)
{
    t->depth--;
}

const cJSON *template_find(const struct template *t, const char *path, const cJSON **scope)
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

const cJSON *template_own(struct template *t, cJSON *item)
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

int template_end(struct template *t, const char *what, struct err_text *e)
{
    cJSON_Delete(t->owned);
    t->owned = NULL;
    return t->w.rc == PL_OK ? PL_OK
                            : err_set(e, t->w.rc, "%.200s: %s", what,
                                      t->fault[0] != '\0' ? t->fault : pl_strerror(t->w.rc));
}

/* ---- tables ---- */

/* The next of the cells in *line, which have | between them, without the blanks around it. */
static char *next_cell(char **line)
{
    char *cell = strsep(line, "|"), *end;

    if (cell == NULL)
        return NULL;
    cell += strspn(cell, " ");
    for (end = cell + strlen(cell); end > cell && end[-1] == ' ';)
        *--end = '\0';
    return cell;
}

cJSON *template_table(struct template *t, const char *name)
{
    char *text = text_called(name), *rest = text != NULL ? text + 1 : NULL, *line;
    char *heads = strsep(&rest, "\n"), head[TAG_BYTES], *names, *cell;
    cJSON *table = cJSON_CreateArray(), *row;

    if (text == NULL)
        template_fail(t);
    while ((line = strsep(&rest, "\n")) != NULL) {
        row = cJSON_CreateObject();
        snprintf(head, sizeof head, "%s", heads);
        names = head;
        while ((cell = next_cell(&line)) != NULL)
            cJSON_AddStringToObject(row, next_cell(&names), cell);
        cJSON_AddItemToArray(table, row);
    }
    free(text);
    return table;
}

static const cJSON *find_table(struct template *t)
{
    return template_own(t, template_table(t, t->arg));
}

/* ---- words that every vocabulary has ---- */

static double put_separator(struct template *t, const char *last)
{
    int index = t->scopes[t->depth].index;

    if (index > 0) {
        t->gap = false;
        template_puts(t, index + 1 == t->scopes[t->depth].n ? last : ", ");
    }
    return index;
}

static double put_comma(struct template *t)
{
    return put_separator(t, ", ");
}

static double put_and(struct template *t)
{
    return put_separator(t, " and ");
}

static double put_first(struct template *t)
{
    return t->scopes[t->depth].index == 0;
}

static double put_text(struct template *t)
{
    template_put(t, t->arg);
    return 1;
}

static double put_prose(struct template *t)
{
    template_put_prose(t, t->arg);
    return 1;
}

static double put_render(struct template *t)
{
    const cJSON *prose = template_find(t, t->arg, NULL);

    if (cJSON_IsString(prose))
        output_prose(&t->w, t->output, prose->valuestring, template_find(t, "rows", NULL));
    return number_in(prose);
}

static double put_words(struct template *t)
{
    const cJSON *item = template_find(t, t->arg, NULL);
    char word[UNITS_TEXT_BYTES];

    template_text(t, cJSON_IsString(item)   ? item->valuestring
                     : cJSON_IsNumber(item) ? facts_number_word((int)item->valuedouble, word)
                                            : UNITS_NONE);
    return number_in(item);
}

static double put_code(struct template *t)
{
    const cJSON *item = template_find(t, t->arg, NULL);

    put_gap(t);
    output_name(&t->w, cJSON_IsString(item) ? item->valuestring : UNITS_NONE);
    return number_in(item);
}

static double put_url(struct template *t)
{
    const cJSON *item = template_find(t, t->arg, NULL);

    if (cJSON_IsString(item))
        output_url(&t->w, item->valuestring, "/@+");
    return number_in(item);
}

static double put_raw(struct template *t)
{
    char *text = text_called(t->arg);

    if (text != NULL)
        writer_puts(&t->w, text + 1);
    else
        template_fail(t);
    free(text);
    return 1;
}

static const struct template_word builtins[] = {
    {"comma", put_comma, NULL},   {"and", put_and, NULL},      {"first", put_first, NULL},
    {"text", put_text, NULL},     {"prose", put_prose, NULL},  {"raw", put_raw, NULL},
    {"render", put_render, NULL}, {"words", put_words, NULL},  {"url", put_url, NULL},
    {"code", put_code, NULL},     {"table", NULL, find_table}, {NULL, NULL, NULL},
};

/* ---- expressions ---- */

static void format_plain(char out[UNITS_TEXT_BYTES], double value)
{
    snprintf(out, UNITS_TEXT_BYTES, "%.0f", value);
}

static facts_format *format_called(struct template *t, const char *name)
{
    static const struct {
        const char *name;
        facts_format *format;
    } formats[] = {
        {"us", units_format_us},           {"ms", units_format_ms},
        {"count", units_format_count},     {"ratio", units_format_ratio},
        {"percent", units_format_percent}, {"share", units_format_share},
        {"times", units_format_times},     {"kb", units_format_kb},
        {"kib", units_format_kib},         {"plain", format_plain},
    };

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, name) == 0)
            return formats[i].format;
    template_fail(t);
    return NULL;
}

static const struct template_word *word_called(const struct template *t, const char *name)
{
    const struct template_word *w = builtins;

    for (size_t table = 0; w != NULL; w = table < TEMPLATE_TABLES ? t->words[table++] : NULL)
        for (; w->name != NULL; w++)
            if (strcmp(w->name, name) == 0)
                return w;
    return NULL;
}

/* What stands for each @path. */
static void substitute(const struct template *t, char text[TAG_BYTES])
{
    char path[TAG_BYTES], rest[TAG_BYTES], *at;

    while ((at = strchr(text, '@')) != NULL) {
        size_t len = strcspn(at, " |");
        const cJSON *item;

        snprintf(path, sizeof path, "%.*s", (int)len - 1, at + 1);
        snprintf(rest, sizeof rest, "%s", at + len);
        item = template_find(t, path, NULL);
        snprintf(at, (size_t)(text + TAG_BYTES - at), "%s%s",
                 cJSON_IsString(item) ? item->valuestring : "", rest);
    }
}

static double put_path(struct template *t, const char *path)
{
    const cJSON *scope, *item = template_find(t, path, &scope);

    if (item == NULL && strpbrk(path, "+*/") != NULL)
        return template_number(t, facts_value(scope, path), facts_format_of(path));
    return put_value(t, scope, path, item);
}

/* Writes an expression, and returns its number; or, where item is not NULL, only finds the item
 * that it stands for. */
static double evaluate(struct template *t, const char *expression, const cJSON **item)
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
    substitute(t, text);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(expression, " "), expression);
    word = word_called(t, name);
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
static double number_of(struct template *t, const char *expression)
{
    struct buf *out = t->w.out;
    bool gap = t->gap;
    double number;

    t->w.out = NULL;
    number = evaluate(t, expression, NULL);
    t->w.out = out;
    t->gap = gap;
    return number;
}

static bool compares(struct template *t, const char *left, char how, const char *right)
{
    const cJSON *item = NULL;
    double number, other;
    char *end;

    evaluate(t, left, &item);
    if (cJSON_IsString(item))
        return how == '=' && strcmp(item->valuestring, right) == 0;
    number = number_of(t, left);
    other = strtod(right, &end);
    if (*end != '\0')
        other = how == '=' ? NAN : number_of(t, right);
    return how == '=' ? number == other : how == '>' ? number > other : number < other;
}

static bool is_true(struct template *t, char *condition)
{
    char *at;
    double number;

    if ((at = strstr(condition, " or ")) != NULL) {
        *at = '\0';
        return is_true(t, condition) || is_true(t, at + 4);
    }
    if ((at = strstr(condition, " and ")) != NULL) {
        *at = '\0';
        return is_true(t, condition) && is_true(t, at + 5);
    }
    if (strncmp(condition, "not ", 4) == 0)
        return !is_true(t, condition + 4);
    at = strpbrk(condition, "=<>");
    if (at != NULL && at > condition && at[-1] == ' ' && at[1] == ' ') {
        at[-1] = '\0';
        return compares(t, condition, *at, at + 2);
    }
    number = number_of(t, condition);
    return number != 0 && !isnan(number);
}

/* ---- tags ---- */

static const char *fill(struct template *t, const char *p, bool live);

static bool is_tag(const char *p, const char *word)
{
    size_t len = strlen(word);

    return *p == '{' && strncmp(p + 1, word, len) == 0 && strchr(" \n}", p[1 + len]) != NULL;
}

static bool ends_block(const char *p)
{
    return is_tag(p, "end") || is_tag(p, "else") || is_tag(p, "elif");
}

/* What is in a tag, from behind its first word on, or all of it. */
static void read_tag(struct template *t, const char *p, const char *word, char out[TAG_BYTES])
{
    const char *from = p + 1 + strlen(word);
    size_t len;

    from += strspn(from, " \n");
    len = strcspn(from, "}");
    if (from[len] != '}' || len >= TAG_BYTES) {
        template_fail(t);
        len = 0;
    }
    snprintf(out, TAG_BYTES, "%.*s", (int)len, from);
    for (char *c = out; *c != '\0'; c++)
        *c = *c == '\n' ? ' ' : *c;
}

static const char *behind(const char *tag)
{
    tag += strcspn(tag, "}");
    return tag + (*tag != '\0');
}

/* The blanks in front of a tag of if or each that has a line to itself; -1: it has not. */
static int alone(const char *tag)
{
    int blanks = 0;

    if ((!ends_block(tag) && !is_tag(tag, "if") && !is_tag(tag, "each")) ||
        strchr("\n", *behind(tag)) == NULL)
        return -1;
    while (tag[-1 - blanks] == ' ')
        blanks++;
    return tag[-1 - blanks] == '\n' ? blanks : -1;
}

/* Behind a tag of if or each, and its line break where it has the line to itself. */
static const char *next_line(const char *tag)
{
    const char *next = behind(tag);

    return next + (*next != '\0' && alone(tag) >= 0);
}

static void put_place(struct template *t, const char *tag)
{
    bool capital = tag[1] == '^';
    char text[TAG_BYTES], name[TAG_BYTES];
    size_t at;

    read_tag(t, tag, capital ? "^" : "", text);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(text, " |"), text);
    if (strchr(text, '|') != NULL && word_called(t, name) == NULL) {
        const char *many;

        substitute(t, text);
        many = strchr(text, '|') + 1;
        copy_text(t, t->number == 1 ? text : many,
                  t->number == 1 ? (size_t)(many - text) - 1 : strlen(many));
        return;
    }
    if (capital)
        put_gap(t);
    at = t->w.out != NULL ? t->w.out->len : 0;
    t->number = evaluate(t, text, NULL);
    if (capital && t->w.out != NULL && at < t->w.out->len)
        t->w.out->data[at] = (uint8_t)toupper(t->w.out->data[at]);
}

static const char *end_block(struct template *t, const char *p)
{
    if (!is_tag(p, "end"))
        template_fail(t);
    return next_line(p);
}

static const char *fill_if(struct template *t, const char *p, bool live)
{
    bool done = !live, take;
    char condition[TAG_BYTES];

    do {
        read_tag(t, p, is_tag(p, "if") ? "if" : "elif", condition);
        take = !done && (is_tag(p, "else") || is_true(t, condition));
        done |= take;
        p = fill(t, next_line(p), take);
    } while (is_tag(p, "elif") || is_tag(p, "else"));
    return end_block(t, p);
}

static const char *fill_each(struct template *t, const char *p, bool live)
{
    const cJSON *list = NULL, *item;
    const char *body = next_line(p);
    char expression[TAG_BYTES];
    int n;

    read_tag(t, p, "each", expression);
    if (live)
        evaluate(t, expression, &list);
    n = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : list != NULL && !cJSON_IsNull(list);
    p = n > 0 ? body : fill(t, body, false);
    item = cJSON_IsArray(list) ? list->child : list;
    for (int i = 0; i < n; i++, item = item->next) {
        template_enter(t, item);
        t->scopes[t->depth].index = i;
        t->scopes[t->depth].n = n;
        p = fill(t, body, true);
        template_leave(t);
    }
    if (is_tag(p, "else"))
        p = fill(t, next_line(p), live && n == 0);
    return end_block(t, p);
}

/* Writes the text, if it is live, up to the tag that ends its block: that is returned. */
static const char *fill(struct template *t, const char *p, bool live)
{
    for (;;) {
        size_t len = strcspn(p, "{");
        const char *tag = p + len;
        int blanks = *tag != '\0' ? alone(tag) : 0;

        if (live)
            copy_text(t, p, blanks > 0 ? len - (size_t)blanks : len);
        if (*tag == '\0' || ends_block(tag))
            return tag;
        if (is_tag(tag, "if")) {
            p = fill_if(t, tag, live);
        } else if (is_tag(tag, "each")) {
            p = fill_each(t, tag, live);
        } else if (tag[1] == '{') {
            copy_text(t, tag, live);
            p = tag + 2;
        } else {
            if (live)
                put_place(t, tag);
            p = behind(tag);
        }
    }
}

void template_put(struct template *t, const char *name)
{
    char *text = text_called(name);
    const char *outer = t->text;

    t->text = name;
    if (text == NULL || *fill(t, text + 1, true) != '\0')
        template_fail(t);
    t->text = outer;
    free(text);
}

void template_put_prose(struct template *t, const char *name)
{
    struct buf text = {0};
    struct writer page = t->w;
    enum output output = t->output;

    if (output == OUTPUT_PROSE || page.out == NULL) {
        template_put(t, name);
        return;
    }
    t->w.out = &text;
    t->output = OUTPUT_PROSE;
    t->gap = false;
    template_put(t, name);
    page.rc = t->w.rc;
    output_prose(&page, output, writer_text(&t->w), template_find(t, "rows", NULL));
    t->w = page;
    t->output = output;
    buf_free(&text);
}
