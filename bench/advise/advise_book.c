/* Runs, what is found in each, and what they say together. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/advise/advise_say.h"
#include "bench/advise/advise_write.h"
#include "bench/base/json.h"

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

static const struct advise_row *row_called(const struct advise *a, const char *id)
{
    for (int i = 0; i < a->nrows; i++)
        if (strcmp(json_text(a->rows[i].row, "id"), id) == 0)
            return &a->rows[i];
    return NULL;
}

/* In how many runs a row fits; -1 when one does not have it. */
static int count_fits(const struct advise_book *b, const char *id)
{
    int n = 0;

    for (int i = 0; i < b->n; i++) {
        const struct advise_row *r = row_called(b->entries[i].advise, id);

        if (r == NULL)
            return -1;
        n += r->fit == ADVISE_FITS;
    }
    return n;
}

/* "on 4g (1.2 s[9] of 200 ms[2])" for each run in which the row's fit is as wanted. */
static int say_links(struct advise_say *s, const struct advise_book *b, const char *id, bool fits)
{
    int n = 0;

    for (int i = 0; i < b->n; i++) {
        const struct advise *a = b->entries[i].advise;
        const struct advise_row *r = row_called(a, id);
        const struct advise_check *c = &r->checks[r->deciding];

        if ((r->fit == ADVISE_FITS) != fits)
            continue;
        s->a = a;
        s->file = i;
        writer_puts(&s->w, n++ > 0 ? ", " : "on ");
        advise_say_figure(s, CITATION_RUN, "link", NULL);
        writer_puts(&s->w, " (");
        if (r->fit == ADVISE_UNKNOWN)
            writer_puts(&s->w, "not known: ");
        if (c->criterion == ADVISE_COMPLETE)
            advise_say_figure(s, r->index, "delivered", units_format_count);
        else
            advise_say_value(s, r->index, c);
        writer_puts(&s->w, c->criterion == ADVISE_COMPLETE ? " delivered)" : ")");
    }
    return n;
}

static void say_row_together(struct advise_say *s, const struct advise_book *b, int row)
{
    const char *id = json_text(b->entries[0].advise->rows[row].row, "id");
    int fits = count_fits(b, id);

    if (fits < 0)
        return;
    s->a = b->entries[0].advise;
    advise_say_begin(s, ADVISE_PART_FIT, row);
    advise_say_name(s, row);
    if (fits > 0) {
        writer_puts(&s->w, fits == b->n ? " fits everywhere: " : " fits ");
        say_links(s, b, id, true);
    }
    if (fits < b->n) {
        writer_puts(&s->w, fits > 0 ? "; not " : " does not fit: ");
        say_links(s, b, id, false);
    }
    writer_puts(&s->w, ".");
    advise_say_end(s);
}

static void say_verdict_together(struct advise_say *s, const struct advise_book *b)
{
    const struct advise *first = b->entries[0].advise;
    int everywhere[SCENARIO_MAX_ROWS], n = 0;

    for (int i = 0; i < first->nrows; i++)
        if (count_fits(b, json_text(first->rows[i].row, "id")) == b->n)
            everywhere[n++] = i;
    s->a = first;
    advise_say_begin(s, ADVISE_PART_ANSWER, -1);
    if (n == 0)
        writer_printf(&s->w, "No row fits on all **%d** links", b->n);
    else
        advise_say_names(s, everywhere, n);
    if (n > 0)
        writer_printf(&s->w, " %s on all **%d** links", n == 1 ? "fits" : "fit", b->n);
    for (int i = 0; i < b->n; i++) {
        s->a = b->entries[i].advise;
        s->file = i;
        advise_say_cite(s, CITATION_RUN, "link", NULL);
    }
    writer_puts(&s->w, ".");
    advise_say_end(s);
}

/* Links are compared within one scenario only, and where every run can be believed. */
static bool belong_together(const struct advise_book *b)
{
    for (int i = 0; i < b->n; i++)
        if (b->entries[i].advise->verdict == ADVISE_NO_TRUST ||
            b->entries[i].advise->verdict == ADVISE_NO_ASK ||
            strcmp(json_text(b->entries[i].run, "scenario.name"),
                   json_text(b->entries[0].run, "scenario.name")) != 0)
            return false;
    return b->n > 1;
}

static void make_together(struct advise_book *b)
{
    struct buf text = {0};
    struct advise_say s = {.words = &b->together, .e = &b->citations, .w = {.out = &text}};

    b->together.advise = b->entries[0].advise;
    say_verdict_together(&s, b);
    for (int i = 0; i < b->entries[0].advise->nrows; i++)
        say_row_together(&s, b, i);
    buf_free(&text);
}

int advise_book_make(struct advise_book *b, const struct advise_ask *ask)
{
    int rc = PL_OK;

    b->files = calloc((size_t)b->n, sizeof *b->files);
    if (b->files == NULL)
        return PL_ENOMEM;
    for (int i = 0; i < b->n; i++)
        b->files[i] = b->entries[i].file;
    b->citations = (struct citations){.files = b->files, .nfiles = b->n};
    for (int i = 0; i < b->n; i++) {
        struct advise_entry *entry = &b->entries[i];

        advise_run(entry->advise, entry->run, ask);
        advise_words_make(&entry->words, entry->advise, &b->citations, i);
        rc = entry->words.rc < 0 ? entry->words.rc : rc;
    }
    if (rc == PL_OK && belong_together(b)) {
        make_together(b);
        rc = b->together.rc;
    }
    return rc;
}

void advise_book_free(struct advise_book *b)
{
    for (int i = 0; i < b->n; i++) {
        cJSON_Delete(b->entries[i].run);
        free(b->entries[i].file);
        free(b->entries[i].advise);
        advise_words_free(&b->entries[i].words);
    }
    advise_words_free(&b->together);
    citations_free(&b->citations);
    free(b->files);
    free(b->entries);
    *b = (struct advise_book){0};
}
