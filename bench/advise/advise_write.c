#include "bench/advise/advise_write.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench/result/facts.h"
#include "bench/base/json.h"
#include "bench/report/report.h"
#include "bench/base/units.h"

enum { LINE_COLUMNS = 96 };

void advise_conditions(struct writer *w, const cJSON *run)
{
    char clients[UNITS_TEXT_BYTES], window_s[UNITS_TEXT_BYTES];

    units_format_count(clients, json_number(run, "scenario.clients"));
    facts_format_setting(window_s, json_number(run, "scenario.duration_s"));
    writer_printf(w, "link: %s · %s clients · window %s s · %.10s", json_text(run, "link"), clients,
                  window_s, json_text(run, "started"));
}

/* ---- one sentence, three ways ---- */

/* Prose for a terminal: no marks but [3]. */
static void put_plain(void *arg, const char *text, size_t len, int number)
{
    struct writer *w = arg;
    bool strong = false;

    if (number > 0)
        writer_printf(w, "\u00a0[%d]", number); /* it stays with its figure */
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '*' && i + 1 < len && text[i + 1] == '*') {
            strong = !strong;
            i++;
        } else if (strong && text[i] == ' ') {
            writer_puts(w, "\u00a0");
        } else if (text[i] != '`') {
            writer_add(w, &text[i], 1);
        }
    }
}

/* Footnotes, as GitHub's Markdown has them. */
static void put_footnote(void *arg, const char *text, size_t len, int number)
{
    struct writer *w = arg;

    if (number > 0)
        writer_printf(w, "[^%d]", number);
    writer_add(w, text, len);
}

static const char *sign_of(const struct advise_words *words, const struct advise_sentence *sentence)
{
    static const char *const signs[] = {"✓ ", "✗ ", "? "};

    if (sentence->part != ADVISE_PART_FIT || sentence->row < 0 ||
        words->advise->verdict == ADVISE_NO_ASK)
        return "- ";
    return signs[words->advise->rows[sentence->row].fit];
}

/* ---- for a terminal ---- */

/* Words up to the next space; a no-break space is part of one. */
static void put_wrapped(struct writer *w, const char *text, size_t indent)
{
    size_t column = indent;

    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        char word[400];
        size_t width;

        snprintf(word, sizeof word, "%.*s", (int)len, text);
        width = units_text_width(word);
        if (column > indent && column + 1 + width > LINE_COLUMNS) {
            writer_printf(w, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            writer_puts(w, " ");
            column++;
        }
        writer_add(w, text, len);
        column += width;
        text += len + (text[len] == ' ');
    }
    writer_puts(w, "\n");
}

static void put_prose_wrapped(struct writer *w, const char *prose, size_t indent)
{
    struct buf plain = {0};
    struct writer p = {.out = &plain};

    citations_each_part(prose, put_plain, &p);
    writer_add(&p, "", 1);
    if (p.rc < 0)
        w->rc = p.rc;
    else
        put_wrapped(w, (const char *)plain.data, indent);
    buf_free(&plain);
}

static void put_part_text(struct writer *w, const struct advise_words *words, enum advise_part part)
{
    int n = 0;

    for (size_t i = 0; i < words->n; i++) {
        const struct advise_sentence *sentence = &words->sentences[i];

        if (sentence->part != part)
            continue;
        if (n++ == 0)
            writer_printf(w, "\n%s\n", advise_part_heading(part));
        writer_printf(w, "  %s", sign_of(words, sentence));
        put_prose_wrapped(w, sentence->text, 4);
    }
}

static void put_words_text(struct writer *w, const struct advise_words *words)
{
    for (int part = 0; part < ADVISE_PARTS; part++)
        put_part_text(w, words, part);
}

static void put_run_text(struct writer *w, const struct advise_book *b, int i)
{
    const struct advise_entry *entry = &b->entries[i];

    writer_printf(w, "%s%s\n", i > 0 ? "\n\n" : "", report_title(entry->run));
    advise_conditions(w, entry->run);
    writer_printf(w, "\n%s\n", entry->file);
    if (entry->words.asked[0] != '\0') {
        writer_puts(w, "asked: ");
        put_prose_wrapped(w, entry->words.asked, 7);
    }
    put_words_text(w, &entry->words);
}

static void put_references_text(struct writer *w, const struct citations *e)
{
    writer_puts(w, "\nFigures\n");
    for (size_t i = 0; i < e->n; i++) {
        writer_printf(w, "  [%zu]%s ", i + 1, i + 1 < 10 ? " " : "");
        citations_describe(w, e, &e->items[i]);
        writer_puts(w, "\n");
    }
}

void advise_write_text(struct writer *w, const struct advise_book *b)
{
    for (int i = 0; i < b->n; i++)
        put_run_text(w, b, i);
    if (b->together.n > 0) {
        writer_puts(w, "\n\nAll links together\n");
        put_words_text(w, &b->together);
    }
    put_references_text(w, &b->citations);
}

/* ---- Markdown ---- */

static void put_words_markdown(struct writer *w, const struct advise_words *words)
{
    int last = -1;

    for (int part = 0; part < ADVISE_PARTS; part++) {
        for (size_t i = 0; i < words->n; i++) {
            const struct advise_sentence *sentence = &words->sentences[i];
            const char *sign = sign_of(words, sentence);

            if ((int)sentence->part != part)
                continue;
            if (last != part)
                writer_printf(w, "\n### %s\n\n", advise_part_heading(part));
            last = part;
            writer_printf(w, "- %s", sign[0] == '-' ? "" : sign);
            citations_each_part(sentence->text, put_footnote, w);
            writer_puts(w, "\n");
        }
    }
}

static void put_run_markdown(struct writer *w, const struct advise_book *b, int i)
{
    const struct advise_entry *entry = &b->entries[i];

    writer_printf(w, "%s## What to choose: %s\n\n", i > 0 ? "\n" : "", report_title(entry->run));
    advise_conditions(w, entry->run);
    writer_printf(w, " · `%s`\n", entry->file);
    if (entry->words.asked[0] != '\0') {
        writer_puts(w, "\nAsked: ");
        citations_each_part(entry->words.asked, put_footnote, w);
        writer_puts(w, "\n");
    }
    put_words_markdown(w, &entry->words);
}

void advise_write_markdown(struct writer *w, const struct advise_book *b)
{
    for (int i = 0; i < b->n; i++)
        put_run_markdown(w, b, i);
    if (b->together.n > 0) {
        writer_puts(w, "\n## All links together\n");
        put_words_markdown(w, &b->together);
    }
    writer_puts(w, "\n");
    for (size_t i = 0; i < b->citations.n; i++) {
        writer_printf(w, "[^%zu]: ", i + 1);
        citations_describe(w, &b->citations, &b->citations.items[i]);
        writer_puts(w, "\n");
    }
}
