#include "bench/advise/advise_brief.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/base/units.h"
#include "bench/page/output.h"
#include "bench/result/findings.h"
#include "bench/result/percentile.h"

/* ---- sentences ---- */

enum { WHY_MAX = 3 };

static void add_prose(cJSON *o, const char *name, const char *prose)
{
    struct buf text = {0};
    struct writer w = {.out = &text};

    output_uncited(&w, prose);
    if (cJSON_IsArray(o))
        json_append_text(o, writer_text(&w));
    else
        json_add_text(o, name, writer_text(&w));
    buf_free(&text);
}

/* The first sentence of that name, about that row if id is not NULL; or NULL. */
static const cJSON *sentence_called(const cJSON *page, const char *name, const char *id)
{
    const cJSON *part, *sentence;

    cJSON_ArrayForEach(part, json_at(page, "parts"))
    {
        cJSON_ArrayForEach(sentence, json_at(part, "sentences"))
        {
            if (strcmp(json_text(sentence, "text"), name) == 0 &&
                (id == NULL || strcmp(json_text(sentence, "row"), id) == 0))
                return sentence;
        }
    }
    return NULL;
}

static void add_why_sentence(cJSON *why, const cJSON *sentence)
{
    if (sentence != NULL && cJSON_GetArraySize(why) < WHY_MAX)
        add_prose(why, NULL, json_text(sentence, "prose"));
}

/* What tells most about the answer: one sentence of a kind, the first kinds first; but before all
 * what a number of clients that was typed would cost. */
static void add_why(cJSON *brief, const cJSON *page, const struct advise *a)
{
    static const char *const kinds[] = {"problems of a row", "problems of the run",
                                        "disturbed",         "next",
                                        "perhaps cheaper",   "would fit",
                                        "cheaper",           "more repeats",
                                        "longer window",     "stricter percentile",
                                        "round trip",        "round trip at least",
                                        "tighter",           "not known"};
    cJSON *why = cJSON_AddArrayToObject(brief, "why");

    for (int i = 0; a != NULL && (a->ask.typed & ADVISE_TYPED_CLIENTS) && i < a->nbest; i++)
        add_why_sentence(why,
                         sentence_called(page, "scale", json_text(a->rows[a->best[i]].row, "id")));
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        add_why_sentence(why, sentence_called(page, kinds[i], NULL));
}

/* ---- the table ---- */

/* Which rows are shown, in which order. */
struct shown {
    const struct advise *a;
    int row, place;
    double cost;
};

static bool is_in(const int *rows, int n, int row)
{
    for (int i = 0; i < n; i++)
        if (rows[i] == row)
            return true;
    return false;
}

/* A row that does not fit is left out, unless it is cheaper than the answer, or no row fits. */
static bool matters(const struct advise *a, int row)
{
    return a->verdict == ADVISE_NO_ASK || a->nfits == 0 || a->rows[row].fit != ADVISE_FAILS ||
           is_in(a->cheaper, a->ncheaper, row);
}

static double latency_of(const struct advise *a, const struct advise_row *r)
{
    char path[48];

    snprintf(path, sizeof path, "latency_us.%s", percentile_from(a->ask.percentile)->name);
    return facts_value(r->row, path);
}

static struct shown shown_of(const struct advise *a, int row)
{
    static const int places[] = {[ADVISE_FITS] = 1, [ADVISE_UNKNOWN] = 2, [ADVISE_FAILS] = 3};
    const struct advise_row *r = &a->rows[row];
    bool asked = a->verdict != ADVISE_NO_ASK;
    double order = asked ? advise_rate_of(r, a->order[0]) : latency_of(a, r);

    return (struct shown){.a = a,
                          .row = row,
                          .place = !asked                          ? 0
                                   : is_in(a->best, a->nbest, row) ? 0
                                                                   : places[r->fit],
                          .cost = isnan(order) ? INFINITY : order};
}

static int compare_shown(const void *x, const void *y)
{
    const struct shown *a = x, *b = y;

    if (a->place != b->place)
        return a->place - b->place;
    if (a->cost < b->cost || a->cost > b->cost)
        return a->cost < b->cost ? -1 : 1;
    return a->row - b->row;
}

static void add_column(cJSON *columns, const char *head, bool left)
{
    cJSON_AddItemToArray(columns, json_object("head:s left:b", head, left));
}

/* What was measured for the latency asked; "≥" where the row has only a lower percentile. */
static void add_latency(cJSON *cells, const struct advise *a, const struct advise_row *r)
{
    const struct advise_check *c = advise_latency_check(r);
    double value = c != NULL ? c->value : a->verdict == ADVISE_NO_ASK ? latency_of(a, r) : NAN;
    bool lower = c != NULL && c->percent < percentile_from(a->ask.percentile)->percent;
    char number[UNITS_TEXT_BYTES], text[UNITS_TEXT_BYTES + 8];

    units_format_us(number, value);
    snprintf(text, sizeof text, "%s%s", lower && isfinite(value) ? "≥ " : "", number);
    json_append_text(cells, text);
}

static void add_figures(cJSON *cells, const struct advise *a, const struct advise_row *r)
{
    char text[UNITS_TEXT_BYTES];

    if (!isnan(a->ask.latency_us) || a->verdict == ADVISE_NO_ASK)
        add_latency(cells, a, r);
    if (!isnan(a->ask.on_time)) {
        units_format_share(text, facts_value(r->row, "deadline.share"));
        json_append_text(cells, text);
    }
    if (!isnan(a->ask.age_us)) {
        units_format_us(text, facts_value(r->row, "age_us.mean"));
        json_append_text(cells, text);
    }
    for (int i = 0; i < a->norder && i < 2; i++) {
        advise_costs[a->order[i]].format(text, a->by_time ? advise_rate_of(r, a->order[i])
                                                          : advise_cost_of(r->row, a->order[i]));
        json_append_text(cells, text);
    }
}

static void add_columns(cJSON *brief, const struct advise *a)
{
    cJSON *columns = cJSON_AddArrayToObject(brief, "columns");

    add_column(columns, "row", true);
    if (!isnan(a->ask.latency_us) || a->verdict == ADVISE_NO_ASK)
        add_column(columns, percentile_from(a->ask.percentile)->words, false);
    if (!isnan(a->ask.on_time))
        add_column(columns, "on time", false);
    if (!isnan(a->ask.age_us))
        add_column(columns, "mean age", false);
    for (int i = 0; i < a->norder && i < 2; i++)
        add_column(columns, advise_costs[a->order[i]].column, false);
    if (a->verdict != ADVISE_NO_ASK)
        add_column(columns, "fits", true);
}

/* "yes", or why not, where the table does not show that. */
static const char *verdict_on(const struct advise *a, const struct advise_row *r)
{
    const struct advise_check *c = &r->checks[r->deciding];

    if (r->disturbed)
        return "disturbed";
    if (cJSON_GetArraySize(json_at(r->row, "problems")) > 0)
        return "problems";
    if (findings_broke(r->row))
        return "broke";
    if (r->fit == ADVISE_UNKNOWN)
        return c->undecided ? "too close" : !isnan(c->samples_needed) ? "too few" : "not known";
    if (r->fit == ADVISE_FAILS && c->criterion == ADVISE_COMPLETE)
        return "no: lost";
    if (r->fit == ADVISE_FAILS && c->criterion == ADVISE_BUDGET && c->cost != a->order[0])
        return "no: cost";
    return r->fit == ADVISE_FITS ? "yes" : "no";
}

static void add_rows(cJSON *brief, const struct advise *a)
{
    cJSON *rows = cJSON_AddArrayToObject(brief, "listed"), *cells, *row;
    cJSON *left_out = cJSON_AddArrayToObject(brief, "left_out");
    struct shown shown[SCENARIO_MAX_ROWS];
    int n = 0;

    for (int i = 0; i < a->nrows; i++)
        if (matters(a, i))
            shown[n++] = shown_of(a, i);
        else
            cJSON_AddItemReferenceToArray(left_out, (cJSON *)a->rows[i].row);
    qsort(shown, (size_t)n, sizeof *shown, compare_shown);
    for (int i = 0; i < n; i++) {
        const struct advise_row *r = &a->rows[shown[i].row];

        row = json_object("sign:s", a->verdict != ADVISE_NO_ASK ? advise_fits[r->fit] : "");
        cells = cJSON_AddArrayToObject(row, "cells");
        json_append_text(cells, json_text(r->row, "id"));
        add_figures(cells, a, r);
        if (a->verdict != ADVISE_NO_ASK)
            json_append_text(cells, verdict_on(a, r));
        cJSON_AddItemToArray(rows, row);
    }
}

/* Is a sentence of that name a line below the answer? */
static bool is_line(const char *name)
{
    return strcmp(name, "limit") == 0 || strcmp(name, "row together") == 0;
}

void advise_brief_add(struct advise_words *w, const struct advise *a)
{
    cJSON *page = w->page, *brief = cJSON_AddObjectToObject(page, "brief"), *lines;
    const cJSON *part, *sentence;

    part = cJSON_GetArrayItem(json_at(page, "parts"), 0);
    sentence = cJSON_GetArrayItem(json_at(part, "sentences"), 0);
    add_prose(brief, "answer", json_text(sentence, "prose"));
    lines = cJSON_AddArrayToObject(brief, "lines");
    cJSON_ArrayForEach(part, json_at(page, "parts"))
    {
        cJSON_ArrayForEach(sentence, json_at(part, "sentences"))
        {
            if (is_line(json_text(sentence, "text")))
                add_prose(lines, NULL, json_text(sentence, "prose"));
        }
    }
    add_why(brief, page, a);
    if (a == NULL)
        return;
    if (json_at(page, "asked") != NULL)
        add_prose(brief, "asked", json_text(page, "asked"));
    add_prose(brief, "source", advise_words_prose(w, "brief source"));
    if (a->verdict == ADVISE_NO_TRUST || a->nrows == 0)
        return;
    add_columns(brief, a);
    add_rows(brief, a);
    add_prose(brief, "note", advise_words_prose(w, "brief note"));
}

/* ---- the table for a terminal ---- */

enum { COLUMNS_MAX = 8, ID_WIDTH_MAX = 30 };

/* A cell as it is printed, valid until the next. */
static const char *cell_text(struct buf *text, const cJSON *cell)
{
    struct writer w = {.out = text};

    text->len = 0;
    output_text(&w, OUTPUT_TERMINAL, cJSON_GetStringValue(cell));
    return writer_text(&w);
}

static void measure(size_t widths[COLUMNS_MAX], struct buf *text, const cJSON *brief)
{
    const cJSON *item, *cell;
    size_t i = 0, width;

    cJSON_ArrayForEach(item, json_at(brief, "columns"))
    {
        widths[i++] = units_text_width(json_text(item, "head"));
    }
    cJSON_ArrayForEach(item, json_at(brief, "listed"))
    {
        i = 0;
        cJSON_ArrayForEach(cell, json_at(item, "cells"))
        {
            width = units_text_width(cell_text(text, cell));
            if (width > widths[i] && (i > 0 || width <= ID_WIDTH_MAX))
                widths[i] = width;
            i++;
        }
    }
}

static void pad(struct writer *w, size_t width, size_t used)
{
    writer_printf(w, "%*s", width > used ? (int)(width - used) : 0, "");
}

/* A row's name that is too long for its column has a line to itself. */
static void put_cell(struct writer *w, const char *text, const cJSON *column, size_t width)
{
    size_t used = units_text_width(text);
    bool left = json_true(column, "left");

    if (!left)
        pad(w, width, used);
    writer_puts(w, text);
    if (used > width) {
        writer_puts(w, "\n    ");
        used = 0;
    }
    if (left && column->next != NULL)
        pad(w, width, used);
    writer_puts(w, column->next != NULL ? "  " : "\n");
}

void advise_brief_table(struct writer *w, const cJSON *brief)
{
    static const char *const signs[] = {"fits", "\u2713", "fails", "\u2717", "unknown", "?"};
    const cJSON *columns = json_at(brief, "columns"), *column, *row, *cell;
    size_t widths[COLUMNS_MAX] = {0}, i = 0;
    struct buf text = {0};

    measure(widths, &text, brief);
    writer_puts(w, "    ");
    cJSON_ArrayForEach(column, columns)
    {
        put_cell(w, json_text(column, "head"), column, widths[i++]);
    }
    cJSON_ArrayForEach(row, json_at(brief, "listed"))
    {
        const char *sign = " ";

        for (i = 0; i < sizeof signs / sizeof *signs; i += 2)
            sign = strcmp(json_text(row, "sign"), signs[i]) == 0 ? signs[i + 1] : sign;
        writer_printf(w, "  %s ", sign);
        column = columns->child;
        i = 0;
        cJSON_ArrayForEach(cell, json_at(row, "cells"))
        {
            put_cell(w, cell_text(&text, cell), column, widths[i++]);
            column = column->next;
        }
    }
    buf_free(&text);
}
