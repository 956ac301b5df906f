#include "bench/advise/advise_html.h"

#include <stdlib.h>
#include <string.h>

#include "bench/page/html.h"
#include "bench/base/json.h"
#include "bench/page/report_table.h"

/* ---- prose ---- */

struct prose {
    struct writer *w;
    const struct advise *advise;
};

/* The name of a row wears its colour. */
static bool put_row_name(struct writer *w, const char *word, size_t len, const void *advise)
{
    const struct advise *a = advise;

    for (int i = 0; i < a->nrows; i++) {
        const char *id = json_text(a->rows[i].row, "id");

        if (strlen(id) == len && memcmp(id, word, len) == 0) {
            report_table_id(w, a->rows[i].row);
            return true;
        }
    }
    return false;
}

static void put_part(void *arg, const char *text, size_t len, int number)
{
    struct prose *p = arg;
    char *copy;

    if (number > 0) {
        writer_printf(p->w, "<sup class=\"cite\"><a href=\"#figure-%d\">%d</a></sup>", number,
                      number);
        return;
    }
    copy = strndup(text, len);
    if (copy == NULL)
        p->w->rc = PL_ENOMEM;
    else
        html_prose(p->w, copy, put_row_name, p->advise);
    free(copy);
}

void advise_html_prose(struct writer *w, const struct advise *a, const char *prose)
{
    struct prose p = {w, a};

    citations_each_part(prose, put_part, &p);
}

void advise_html_sign(struct writer *w, enum advise_fit fit)
{
    static const char *const signs[] = {"✓", "✗", "?"}, *const classes[] = {"fits", "fails",
                                                                            "unknown"};

    writer_printf(w, "<span class=\"sign %s\" aria-hidden=\"true\">%s</span>", classes[fit],
                  signs[fit]);
}

/* ---- parts ---- */

void advise_html_ask(struct writer *w, const struct advise_words *words)
{
    if (words->asked == NULL || words->asked[0] == '\0')
        return;
    writer_puts(w, "<p class=\"asked\">Asked: ");
    advise_html_prose(w, words->advise, words->asked);
    writer_puts(w, ".</p>\n");
}

static void put_answer(struct writer *w, const struct advise_words *words)
{
    bool first = true;

    for (size_t i = 0; i < words->n; i++) {
        if (words->sentences[i].part != ADVISE_PART_ANSWER)
            continue;
        writer_puts(w, first ? "<p class=\"answer\">" : "<p>");
        advise_html_prose(w, words->advise, words->sentences[i].text);
        writer_puts(w, "</p>\n");
        first = false;
    }
}

static void put_item(struct writer *w, const struct advise_words *words,
                     const struct advise_sentence *sentence)
{
    bool judged = sentence->part == ADVISE_PART_FIT && words->advise->verdict != ADVISE_NO_ASK;

    writer_puts(w, judged ? "<li class=\"judged\">" : "<li>");
    if (judged && sentence->row >= 0)
        advise_html_sign(w, words->advise->rows[sentence->row].fit);
    advise_html_prose(w, words->advise, sentence->text);
    writer_puts(w, "</li>\n");
}

static void put_part_list(struct writer *w, const struct advise_words *words, enum advise_part part)
{
    int n = 0;

    for (size_t i = 0; i < words->n; i++) {
        if (words->sentences[i].part != part)
            continue;
        if (n++ == 0)
            writer_printf(w, "<div>\n<h3>%s</h3>\n<ul>\n", advise_part_heading(part));
        put_item(w, words, &words->sentences[i]);
    }
    if (n > 0)
        writer_puts(w, "</ul>\n</div>\n");
}

void advise_html_words(struct writer *w, const struct advise_words *words)
{
    put_answer(w, words);
    writer_puts(w, "<div class=\"advice\">\n");
    for (int part = ADVISE_PART_FIT; part < ADVISE_PARTS; part++)
        put_part_list(w, words, part);
    writer_puts(w, "</div>\n");
}

void advise_html_references(struct writer *w, const struct citations *e)
{
    writer_puts(w, "<ol class=\"evidence\">\n");
    for (size_t i = 0; i < e->n; i++) {
        struct buf text = {0};
        struct writer words = {.out = &text};

        citations_describe(&words, e, &e->items[i]);
        writer_add(&words, "", 1);
        writer_printf(w, "<li id=\"figure-%zu\">", i + 1);
        if (words.rc < 0)
            w->rc = words.rc;
        else
            html_text(w, (const char *)text.data);
        writer_puts(w, "</li>\n");
        buf_free(&text);
    }
    writer_puts(w, "</ol>\n");
}

/* ---- the section ---- */

void advise_html_section(struct writer *w, const cJSON *run)
{
    static const char *const files[] = {"run.json"};
    struct citations e = {.files = files, .nfiles = 1};
    struct advise_words words = {0};
    struct advise *a = malloc(sizeof *a);

    if (a == NULL) {
        w->rc = PL_ENOMEM;
        return;
    }
    advise_run(a, run, &advise_ask_nothing);
    advise_words_make(&words, a, &e, 0);
    writer_puts(w, "<section id=\"choose\">\n<h2>What to choose</h2>\n");
    advise_html_ask(w, &words);
    advise_html_words(w, &words);
    writer_puts(w, "<h3>The figures behind these sentences</h3>\n");
    advise_html_references(w, &e);
    writer_puts(w, "</section>\n");
    if (words.rc < 0 || e.rc < 0)
        w->rc = PL_ENOMEM;
    advise_words_free(&words);
    citations_free(&e);
    free(a);
}
