#include "bench/page/run_words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "lib/proto/transport_info.h"

/* ---- ranges ---- */

struct facts_range run_words_range(const struct template_fill *t, const char *path)
{
    const cJSON *run;

    template_find(t, "rows", &run);
    return facts_range_of(run, path);
}

static double put_low(struct template_fill *t)
{
    return template_number(t, run_words_range(t, t->arg).low, facts_format_of(t->arg));
}

static double put_high(struct template_fill *t)
{
    return template_number(t, run_words_range(t, t->arg).high, facts_format_of(t->arg));
}

static const cJSON *find_low_row(struct template_fill *t)
{
    return run_words_range(t, t->arg).low_row;
}

static const cJSON *find_high_row(struct template_fill *t)
{
    return run_words_range(t, t->arg).high_row;
}

static double put_has(struct template_fill *t)
{
    return template_number(t, run_words_range(t, t->arg).n, units_format_count);
}

static double put_alike(struct template_fill *t)
{
    struct facts_range r = run_words_range(t, t->arg);

    return r.n > 0 && r.bottom >= r.top;
}

/* "1.00 ms", or where they are written differently "1.00 ms to 1.02 ms". */
static double put_figures(struct template_fill *t, double low, double high, const char *between)
{
    facts_format *format = facts_format_of(t->arg);
    char first[UNITS_TEXT_BYTES], last[UNITS_TEXT_BYTES];

    (t->format != NULL ? t->format : format)(first, low);
    (t->format != NULL ? t->format : format)(last, high);
    template_number(t, low, format);
    if (strcmp(first, last) == 0)
        return low;
    template_puts(t, between);
    return template_number(t, high, format);
}

static double put_range(struct template_fill *t)
{
    struct facts_range r = run_words_range(t, t->arg);

    put_figures(t, r.low, r.high, " to ");
    return r.n;
}

static double put_top(struct template_fill *t)
{
    struct facts_range r = run_words_range(t, t->arg);

    return put_figures(t, r.top, r.high, " to ");
}

static double put_bottom(struct template_fill *t)
{
    struct facts_range r = run_words_range(t, t->arg);

    return put_figures(t, r.low, r.bottom, " to ");
}

static double put_span(struct template_fill *t)
{
    struct facts_range r = run_words_range(t, t->arg);
    bool ordered = r.bottom < r.top;

    put_figures(t, r.low, ordered ? r.bottom : r.high, " – ");
    for (int end = 0; end < 2 && ordered; end++) {
        if (end == 1) {
            template_puts(t, " to ");
            put_figures(t, r.top, r.high, " – ");
        }
        template_puts(t, " (");
        run_words_names(t, &r, end == 0 ? r.low : r.top, end == 0 ? r.bottom : r.high);
        template_puts(t, ")");
    }
    return r.n;
}

static double put_spread(struct template_fill *t)
{
    struct facts_range r = run_words_range(t, t->arg);

    return template_number(t, r.high / r.low, units_format_times);
}

static double put_sum(struct template_fill *t)
{
    const cJSON *row;
    double sum = 0;

    cJSON_ArrayForEach(row, template_find(t, "rows", NULL))
    {
        double value = facts_value(row, t->arg);

        sum += isfinite(value) ? value : 0;
    }
    return template_number(t, sum, facts_format_of(t->arg));
}

/* ---- names ---- */

static bool is_meant(const struct facts_range *r, const cJSON *row, double from, double to)
{
    double value = facts_value(row, r->path);

    return isfinite(value) && value >= from && value <= to;
}

int run_words_names(struct template_fill *t, const struct facts_range *r, double from, double to)
{
    enum { NAMES_MAX = 6 };
    int n = 0, i = 0, total = cJSON_GetArraySize(r->rows);
    char word[UNITS_TEXT_BYTES], text[80] = "";
    const cJSON *row;

    cJSON_ArrayForEach(row, r->rows)
    {
        n += is_meant(r, row, from, to);
    }
    if (n == total && n > 2)
        snprintf(text, sizeof text, "all %s rows", facts_number_word(n, word));
    else if (n > NAMES_MAX)
        snprintf(text, sizeof text, "%d of the %d rows", n, total);
    template_puts(t, text);
    cJSON_ArrayForEach(row, r->rows)
    {
        if (text[0] != '\0' || !is_meant(r, row, from, to))
            continue;
        template_puts(t, i == 0 ? "" : i + 1 == n ? " and " : ", ");
        template_item(t, row);
        i++;
    }
    return n;
}

static double put_all_rows(struct template_fill *t)
{
    struct facts_range r = run_words_range(t, t->arg);

    return run_words_names(t, &r, -INFINITY, INFINITY);
}

static double put_top_rows(struct template_fill *t)
{
    struct facts_range r = run_words_range(t, t->arg);

    return run_words_names(t, &r, r.top, r.high);
}

static double put_bottom_rows(struct template_fill *t)
{
    struct facts_range r = run_words_range(t, t->arg);

    return run_words_names(t, &r, r.low, r.bottom);
}

const cJSON *run_words_row(const struct template_fill *t)
{
    const cJSON *row;

    return template_find(t, "id", &row) != NULL ? row : NULL;
}

static const cJSON *find_row(struct template_fill *t)
{
    return run_words_row(t);
}

/* ---- others ---- */

/* The text "compare" says it, with these words. */
static double put_compare(struct template_fill *t)
{
    static const char *const names[] = {"path", "one", "many", "thing", "least", "unit"};
    cJSON *words = cJSON_CreateObject();
    char word[96];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t len = strcspn(t->arg, "|");

        snprintf(word, sizeof word, "%.*s", (int)len, t->arg);
        cJSON_AddStringToObject(words, names[i], word);
        t->arg += len + (t->arg[len] == '|');
    }
    template_enter(t, words);
    template_put(t, "compare");
    template_leave(t);
    cJSON_Delete(words);
    return 1;
}

static double put_colours(struct template_fill *t)
{
    for (size_t i = 0; i < TRANSPORT_COUNT; i++)
        writer_printf(&t->w, ".t-%s{--c:#%06x}\n", transport_names[i],
                      (unsigned)transport_infos[i].rgb);
    return 1;
}

static double put_title(struct template_fill *t)
{
    const cJSON *run;

    template_find(t, "rows", &run);
    template_text(t, facts_title(run));
    return 1;
}

static double put_version(struct template_fill *t)
{
    template_puts(t, PUSHLAB_VERSION);
    return 1;
}

const struct template_word run_words[] = {
    {"low", put_low, NULL},
    {"high", put_high, NULL},
    {"low-row", NULL, find_low_row},
    {"high-row", NULL, find_high_row},
    {"has", put_has, NULL},
    {"alike", put_alike, NULL},
    {"range", put_range, NULL},
    {"span", put_span, NULL},
    {"top", put_top, NULL},
    {"bottom", put_bottom, NULL},
    {"spread", put_spread, NULL},
    {"sum", put_sum, NULL},
    {"all-rows", put_all_rows, NULL},
    {"top-rows", put_top_rows, NULL},
    {"bottom-rows", put_bottom_rows, NULL},
    {"compare", put_compare, NULL},
    {"row", NULL, find_row},
    {"colours", put_colours, NULL},
    {"title", put_title, NULL},
    {"version", put_version, NULL},
    {NULL, NULL, NULL},
};
