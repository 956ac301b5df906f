#include "bench/page/citations.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"
#include "bench/base/json.h"
#include "bench/page/output.h"

static int number_of(const struct citations *e, const struct citation *like)
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

int citations_add(struct citations *e, const struct citation *item)
{
    int found = number_of(e, item);

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

static void quote_json(char out[CITATION_TEXT_BYTES], const cJSON *item)
{
    char *text = item != NULL && !cJSON_IsString(item) ? cJSON_PrintUnformatted(item) : NULL;

    if (cJSON_IsString(item))
        snprintf(out, CITATION_TEXT_BYTES, "%.*s", CITATION_TEXT_BYTES - 1, item->valuestring);
    else
        snprintf(out, CITATION_TEXT_BYTES, "%.*s%s", CITATION_TEXT_BYTES - 8,
                 text != NULL ? text : "not there",
                 text != NULL && strlen(text) > CITATION_TEXT_BYTES - 8 ? "..." : "");
    cJSON_free(text);
}

int citations_figure(struct citations *e, int file, const cJSON *run, int row, const char *path,
                     facts_format *format)
{
    const cJSON *root = row == CITATION_RUN ? run : cJSON_GetArrayItem(json_at(run, "rows"), row);
    const cJSON *at = facts_at(root, path);
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
    return citations_add(e, &item);
}

int citations_other(struct citations *e, enum citation_kind kind, const char *path,
                    const char *text)
{
    struct citation item = {
        .kind = kind, .file = CITATION_RUN, .row = CITATION_RUN, .id = "", .value = NAN};

    snprintf(item.path, sizeof item.path, "%s", path);
    snprintf(item.text, sizeof item.text, "%s", text);
    return citations_add(e, &item);
}

void citations_free(struct citations *e)
{
    free(e->items);
    *e = (struct citations){0};
}

/* ---- words ---- */

void citations_describe(struct writer *w, const struct citations *e, const struct citation *i)
{
    output_text(w, OUTPUT_PROSE, i->id);
    writer_puts(w, i->id[0] != '\0' ? " " : "");
    if (i->kind == CITATION_RULE) {
        writer_printf(w, "%s (docs/advise.md, \"%s\")", i->text, i->path);
        return;
    }
    writer_printf(w, "%s%s%s", i->kind == CITATION_MODEL ? "model: " : "", i->path,
                  i->kind == CITATION_OPTION ? " " : " = ");
    output_text(w, OUTPUT_PROSE, i->text);
    writer_puts(w, i->kind == CITATION_OPTION ? ", as asked" : "");
    for (int k = 0; k < i->ninputs; k++)
        writer_printf(w, "%s[%d]", k == 0 ? ", from " : " ", i->inputs[k]);
    if (i->kind != CITATION_FIGURE)
        return;
    writer_puts(w, ", ");
    output_text(w, OUTPUT_PROSE, i->file < e->nfiles ? e->files[i->file] : "run.json");
    if (i->row != CITATION_RUN)
        writer_printf(w, " rows[%d]", i->row);
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
