#include "bench/page/citations.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "bench/base/json.h"

/* Marks in prose: bytes that no name and no figure has (facts_name() replaces them). */
static const char mark_open = '\x01', mark_close = '\x02';

static int find(const struct citations *e, const struct citation *like)
{
    for (size_t i = 0; i < e->n; i++) {
        const struct citation *item = &e->items[i];

        if (item->kind == like->kind && item->file == like->file && item->row == like->row &&
            strcmp(item->path, like->path) == 0 && strcmp(item->id, like->id) == 0 &&
            (like->kind == CITATION_FIGURE || strcmp(item->text, like->text) == 0))
            return (int)i + 1;
    }
    return 0;
}

/* The number of an item like this one, which is added when there is none yet. */
static int number_of(struct citations *e, const struct citation *item)
{
    int found = find(e, item);

    if (found > 0 || e->rc < 0)
        return e->rc < 0 ? 0 : found;
    if (e->n == e->cap) {
        size_t cap = e->cap > 0 ? e->cap * 2 : 64;
        struct citation *items = realloc(e->items, cap * sizeof *items);

        if (items == NULL) {
            e->rc = PL_ENOMEM;
            return 0;
        }
        e->items = items;
        e->cap = cap;
    }
    e->items[e->n++] = *item;
    return (int)e->n;
}

/* ---- figures ---- */

/* As json_at(), and a number is an index: "problems.0". */
static const cJSON *item_at(const cJSON *root, const char *path)
{
    char step[CITATION_PATH_BYTES];

    while (root != NULL && *path != '\0') {
        size_t len = strcspn(path, ".");

        snprintf(step, sizeof step, "%.*s", (int)len, path);
        root = cJSON_IsArray(root) ? cJSON_GetArrayItem(root, atoi(step))
                                   : cJSON_GetObjectItemCaseSensitive(root, step);
        path += len + (path[len] == '.');
    }
    return root;
}

static void quote_json(char out[CITATION_TEXT_BYTES], const cJSON *item)
{
    char *text = item != NULL && !cJSON_IsString(item) ? cJSON_PrintUnformatted(item) : NULL;

    if (cJSON_IsString(item)) {
        snprintf(out, CITATION_TEXT_BYTES, "%.*s", CITATION_TEXT_BYTES - 1, item->valuestring);
        return;
    }
    snprintf(out, CITATION_TEXT_BYTES, "%.*s%s", CITATION_TEXT_BYTES - 8,
             text != NULL ? text : "not there",
             text != NULL && strlen(text) > CITATION_TEXT_BYTES - 8 ? "..." : "");
    cJSON_free(text);
}

int citations_figure(struct citations *e, int file, const cJSON *run, int row, const char *path,
                     facts_format *format)
{
    const cJSON *root = row == CITATION_RUN ? run : cJSON_GetArrayItem(json_at(run, "rows"), row);
    const cJSON *at = item_at(root, path);
    struct citation item = {.kind = CITATION_FIGURE, .file = file, .row = row, .value = NAN};
    char text[UNITS_TEXT_BYTES];

    item.id = row == CITATION_RUN ? "" : json_text(root, "id");
    snprintf(item.path, sizeof item.path, "%s", path);
    if (cJSON_IsNumber(at))
        item.value = at->valuedouble;
    if (cJSON_IsNumber(at) && format != NULL) {
        format(text, item.value);
        snprintf(item.text, sizeof item.text, "%s", text);
    } else {
        quote_json(item.text, at);
    }
    return number_of(e, &item);
}

/* ---- others ---- */

static int add_other(struct citations *e, struct citation *item, const char *path, const char *text)
{
    item->file = item->row = CITATION_RUN;
    snprintf(item->path, sizeof item->path, "%s", path);
    snprintf(item->text, sizeof item->text, "%s", text);
    return number_of(e, item);
}

int citations_option(struct citations *e, const char *option, const char *text)
{
    struct citation item = {.kind = CITATION_OPTION, .id = "", .value = NAN};

    return add_other(e, &item, option, text);
}

int citations_rule(struct citations *e, const char *section, const char *text)
{
    struct citation item = {.kind = CITATION_RULE, .id = "", .value = NAN};

    return add_other(e, &item, section, text);
}

int citations_model(struct citations *e, const char *id, const char *formula, double value,
                    const char *text, const int *inputs)
{
    struct citation item = {.kind = CITATION_MODEL, .id = id, .value = value};

    while (item.ninputs < CITATION_INPUTS_MAX && inputs[item.ninputs] != 0) {
        item.inputs[item.ninputs] = inputs[item.ninputs];
        item.ninputs++;
    }
    return add_other(e, &item, formula, text);
}

void citations_free(struct citations *e)
{
    free(e->items);
    *e = (struct citations){0};
}

/* ---- marks ---- */

void citations_cite(struct writer *w, int number)
{
    if (number > 0)
        writer_printf(w, "%c%d%c", mark_open, number, mark_close);
}

void citations_each_part(const char *prose, citations_part_fn *visit, void *arg)
{
    while (*prose != '\0') {
        const char *open = strchr(prose, mark_open);
        size_t len = open != NULL ? (size_t)(open - prose) : strlen(prose);

        if (len > 0)
            visit(arg, prose, len, 0);
        if (open == NULL)
            return;
        visit(arg, "", 0, atoi(open + 1));
        prose = open + 1 + strcspn(open + 1, "\x02");
        prose += *prose != '\0';
    }
}

/* ---- words ---- */

static void put_inputs(struct writer *w, const struct citation *item)
{
    for (int i = 0; i < item->ninputs; i++)
        writer_printf(w, "%s[%d]", i == 0 ? ", from " : " ", item->inputs[i]);
}

void citations_describe(struct writer *w, const struct citations *e, const struct citation *i)
{
    switch (i->kind) {
    case CITATION_FIGURE:
        writer_printf(w, "%s%s%s = %s, %s", i->id, i->id[0] != '\0' ? " " : "", i->path, i->text,
                      i->file < e->nfiles ? e->files[i->file] : "run.json");
        if (i->row != CITATION_RUN)
            writer_printf(w, " rows[%d]", i->row);
        break;
    case CITATION_OPTION:
        writer_printf(w, "%s %s, as asked", i->path, i->text);
        break;
    case CITATION_MODEL:
        writer_printf(w, "%s%smodel: %s = %s", i->id, i->id[0] != '\0' ? " " : "", i->path,
                      i->text);
        put_inputs(w, i);
        break;
    case CITATION_RULE:
        writer_printf(w, "%s (docs/advise.md, \"%s\")", i->text, i->path);
        break;
    }
}

/* RFC 6901 §3: ~ and / in a name are escaped; ours have neither. */
void citations_pointer(struct writer *w, const struct citation *i)
{
    if (i->row != CITATION_RUN)
        writer_printf(w, "/rows/%d", i->row);
    writer_puts(w, "/");
    for (const char *c = i->path; *c != '\0'; c++)
        writer_add(w, *c == '.' ? "/" : c, 1);
}
