#include "bench/advise/advise_book.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/advise/advise_brief.h"
#include "bench/advise/advise_text.h"
#include "bench/base/json.h"
#include "bench/page/run_words.h"

int advise_book_add(struct advise_book *b, cJSON *run, const char *file)
{
    struct advise_entry *entries = realloc(b->entries, ((size_t)b->n + 1) * sizeof *entries);
    struct advise_entry entry = {
        .run = run, .file = strdup(file), .advise = malloc(sizeof(struct advise))};

    if (entries != NULL)
        b->entries = entries;
    if (entries == NULL || entry.file == NULL || entry.advise == NULL) {
        cJSON_Delete(run);
        free(entry.file);
        free(entry.advise);
        return PL_ENOMEM;
    }
    b->entries[b->n++] = entry;
    return PL_OK;
}

int advise_book_make(struct advise_book *b, const struct advise_ask *ask)
{
    const struct advise **runs = calloc((size_t)b->n, sizeof *runs);
    int rc = PL_OK;

    b->files = calloc((size_t)b->n, sizeof *b->files);
    if (b->files == NULL || runs == NULL) {
        free(runs);
        return PL_ENOMEM;
    }
    for (int i = 0; i < b->n; i++) {
        b->files[i] = b->entries[i].file;
        advise_run(b->entries[i].advise, b->entries[i].run, ask);
        runs[i] = b->entries[i].advise;
    }
    b->citations = (struct citations){.files = b->files, .nfiles = b->n};
    for (int i = 0; rc == PL_OK && i < b->n; i++) {
        b->entries[i].page = advise_text_of(runs, &b->citations, i);
        rc = b->entries[i].page != NULL ? PL_OK : PL_ENOMEM;
    }
    if (rc == PL_OK)
        b->together = advise_text_together(runs, &b->citations);
    free(runs);
    return rc < 0 ? rc : b->citations.rc;
}

void advise_book_free(struct advise_book *b)
{
    for (int i = 0; i < b->n; i++) {
        cJSON_Delete(b->entries[i].page);
        cJSON_Delete(b->entries[i].run);
        free(b->entries[i].file);
        free(b->entries[i].advise);
    }
    cJSON_Delete(b->together);
    citations_free(&b->citations);
    free(b->files);
    free(b->entries);
    *b = (struct advise_book){0};
}

/* ---- pages ---- */

static void add_references(cJSON *page, const struct citations *citations)
{
    cJSON *list = cJSON_AddArrayToObject(page, "references");

    for (size_t i = 0; i < citations->n; i++) {
        struct buf text = {0};
        struct writer w = {.out = &text};

        citations_describe(&w, citations, &citations->items[i]);
        cJSON_AddItemToArray(list, json_object("n:d says:s", (int)i + 1, writer_text(&w)));
        buf_free(&text);
    }
}

/* The members of from also in to, by reference. */
static void add_members(cJSON *to, const cJSON *from)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, from)
    {
        cJSON_AddItemReferenceToObject(to, item->string, (cJSON *)item);
    }
}

cJSON *advise_book_page(const struct advise_book *b)
{
    cJSON *page = json_object("several:b", b->n > 1), *o;
    cJSON *entries = cJSON_AddArrayToObject(page, "entries");
    char date[16];

    for (int i = 0; i < b->n; i++) {
        snprintf(date, sizeof date, "%.10s", json_text(b->entries[i].run, "started"));
        o = json_object("file:s date:s run:r", b->entries[i].file, date, b->entries[i].run);
        add_members(o, b->entries[i].page);
        cJSON_AddItemToArray(entries, o);
    }
    if (b->together != NULL) {
        o = json_object("heading:s", "All links together");
        add_members(o, b->together);
        cJSON_AddItemToArray(entries, o);
    }
    add_references(page, &b->citations);
    return page;
}

cJSON *advise_book_page_of_run(const cJSON *run)
{
    static const char *const files[] = {"run.json"};
    struct citations citations = {.files = files, .nfiles = 1};
    struct advise *a = malloc(sizeof *a);
    cJSON *page;

    if (a == NULL)
        return NULL;
    advise_run(a, run, &advise_ask_nothing);
    page = advise_text_of((const struct advise *const *)&a, &citations, 0);
    if (page != NULL)
        add_references(page, &citations);
    citations_free(&citations);
    free(a);
    return page;
}

/* ---- for a terminal, and Markdown ---- */

/* {wrapped PATH|INDENT}: prose in lines for a terminal, from the second on indented. */
static double put_wrapped_prose(struct template_fill *t)
{
    const struct advise_form *form = t->context;
    struct buf text = {0};
    struct writer w = {.out = &text};
    const char *prose;
    char path[64];

    snprintf(path, sizeof path, "%.*s", (int)strcspn(t->arg, "|"), t->arg);
    prose = cJSON_GetStringValue(template_find(t, path, NULL));
    if (prose == NULL) {
        template_fail(t);
        return NAN;
    }
    output_prose(&w, OUTPUT_TERMINAL, prose, NULL);
    writer_wrap(&t->w, writer_text(&w), strtoul(t->arg + strlen(path) + 1, NULL, 10),
                form->columns);
    buf_free(&text);
    return 1;
}

/* {brief-table}: brief.listed in columns. */
static double put_brief_table(struct template_fill *t)
{
    advise_brief_table(&t->w, template_find(t, "brief", NULL));
    return 1;
}

static const struct template_word words[] = {
    {"wrapped", put_wrapped_prose, NULL},
    {"brief-table", put_brief_table, NULL},
    {NULL, NULL, NULL},
};

int advise_book_write(struct buf *out, const struct advise_book *b, const struct advise_form *form)
{
    struct template_fill t = {.w = {.out = out},
                              .output = form->output,
                              .words = {words, run_words},
                              .context = (void *)(uintptr_t)form};
    const char *name = form->output == OUTPUT_MARKDOWN ? form->figures ? "advice.md" : "brief.md"
                       : form->figures                 ? "terminal.txt"
                                                       : "brief.txt";
    cJSON *page = advise_book_page(b);

    template_enter(&t, page);
    template_put(&t, name);
    cJSON_Delete(page);
    return template_end(&t, "advice", NULL);
}
