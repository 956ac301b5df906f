#include "bench/page/template.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

cJSON *template_table(struct template_fill *t, const char *name)
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

/* ---- tags ---- */

static const char *fill(struct template_fill *t, const char *p, bool live);

static void copy_text(struct template_fill *t, const char *text, size_t len)
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
        template_gap(t);
        writer_add(&t->w, text + i, 1);
    }
}

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
static void read_tag(struct template_fill *t, const char *p, const char *word, char out[TAG_BYTES])
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
    const char *from = tag;
    bool control = ends_block(tag) || is_tag(tag, "if") || is_tag(tag, "each");

    while (control && from[-1] == ' ')
        from--;
    if (!control || from[-1] != '\n' || (*behind(tag) != '\n' && *behind(tag) != '\0'))
        return -1;
    return (int)(tag - from);
}

/* Behind a tag of if or each, and its line break where it has the line to itself. */
static const char *next_line(const char *tag)
{
    const char *next = behind(tag);

    return next + (*next != '\0' && alone(tag) >= 0);
}

static void put_place(struct template_fill *t, const char *tag)
{
    bool capital = tag[1] == '^';
    char text[TAG_BYTES], name[TAG_BYTES];
    size_t at;

    read_tag(t, tag, capital ? "^" : "", text);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(text, " |"), text);
    if (strchr(text, '|') != NULL && template_word_called(t, name) == NULL) {
        const char *many;

        template_substitute(t, text);
        many = strchr(text, '|') + 1;
        copy_text(t, t->number == 1 ? text : many,
                  t->number == 1 ? (size_t)(many - text) - 1 : strlen(many));
        return;
    }
    if (capital)
        template_gap(t);
    at = t->w.out != NULL ? t->w.out->len : 0;
    t->number = template_evaluate(t, text, NULL);
    if (capital && t->w.out != NULL && at < t->w.out->len)
        t->w.out->data[at] = (uint8_t)toupper(t->w.out->data[at]);
}

static const char *end_block(struct template_fill *t, const char *p)
{
    if (!is_tag(p, "end"))
        template_fail(t);
    return next_line(p);
}

static const char *fill_if(struct template_fill *t, const char *p, bool live)
{
    bool done = !live, take;
    char condition[TAG_BYTES];

    do {
        read_tag(t, p, is_tag(p, "if") ? "if" : "elif", condition);
        take = !done && (is_tag(p, "else") || template_is_true(t, condition));
        done |= take;
        p = fill(t, next_line(p), take);
    } while (is_tag(p, "elif") || is_tag(p, "else"));
    return end_block(t, p);
}

static const char *fill_each(struct template_fill *t, const char *p, bool live)
{
    const cJSON *list = NULL, *item;
    const char *body = next_line(p);
    char expression[TAG_BYTES];
    int n;

    read_tag(t, p, "each", expression);
    if (live)
        template_evaluate(t, expression, &list);
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
static const char *fill(struct template_fill *t, const char *p, bool live)
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

/* ---- words about texts ---- */

static const cJSON *find_table(struct template_fill *t)
{
    return template_own(t, template_table(t, t->arg));
}

static double put_text(struct template_fill *t)
{
    template_put(t, t->arg);
    return 1;
}

static double put_prose(struct template_fill *t)
{
    template_put_prose(t, t->arg);
    return 1;
}

static double put_raw(struct template_fill *t)
{
    char *text = text_called(t->arg);

    if (text != NULL)
        writer_puts(&t->w, text + 1);
    else
        template_fail(t);
    free(text);
    return 1;
}

static const struct template_word text_words[] = {
    {"text", put_text, NULL},    {"prose", put_prose, NULL}, {"raw", put_raw, NULL},
    {"table", NULL, find_table}, {NULL, NULL, NULL},
};

void template_put(struct template_fill *t, const char *name)
{
    enum { NESTED_MAX = 16 };
    char *text = text_called(name);
    const char *outer = t->text;

    t->text = name;
    t->text_words = text_words;
    if (t->nested++ == NESTED_MAX || text == NULL || *fill(t, text + 1, true) != '\0')
        template_fail(t);
    t->nested--;
    t->text = outer;
    free(text);
}

void template_put_prose(struct template_fill *t, const char *name)
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
    t->gap = false;
    buf_free(&text);
}

int template_end(struct template_fill *t, const char *what, struct err_text *e)
{
    cJSON_Delete(t->owned);
    t->owned = NULL;
    return t->w.rc == PL_OK ? PL_OK
                            : err_set(e, t->w.rc, "%.200s: %s", what,
                                      t->fault[0] != '\0' ? t->fault : pl_strerror(t->w.rc));
}
