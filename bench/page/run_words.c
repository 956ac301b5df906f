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

static struct facts_order order_of(const struct template_fill *t)
{
    struct facts_range r = run_words_range(t, t->arg);

    return facts_order_of(&r, FACTS_LEVEL);
}

static double put_alike(struct template_fill *t)
{
    return run_words_range(t, t->arg).n > 0 && !order_of(t).ordered;
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

/* The figures of some rows. */
static double put_figures_of(struct template_fill *t, uint64_t rows, const char *between)
{
    struct facts_range r = run_words_range(t, t->arg);
    double low = INFINITY, high = -INFINITY;

    for (size_t i = 0; i < FACTS_ROWS_MAX; i++) {
        if (!facts_order_has(rows, i))
            continue;
        low = fmin(low, facts_value(cJSON_GetArrayItem(r.rows, (int)i), r.path));
        high = fmax(high, facts_value(cJSON_GetArrayItem(r.rows, (int)i), r.path));
    }
    return low <= high ? put_figures(t, low, high, between) : template_number(t, NAN, NULL);
}

static double put_top(struct template_fill *t)
{
    return put_figures_of(t, order_of(t).high, " to ");
}

static double put_bottom(struct template_fill *t)
{
    return put_figures_of(t, order_of(t).low, " to ");
}

static double put_span(struct template_fill *t)
{
    struct facts_range r = run_words_range(t, t->arg);
    struct facts_order o = order_of(t);
    const uint64_t ends[] = {o.low, o.high};

    if (!o.ordered) {
        put_figures(t, r.low, r.high, " – ");
        return r.n;
    }
    for (size_t i = 0; i < 2; i++) {
        template_puts(t, i == 1 ? " to " : "");
        put_figures_of(t, ends[i], " – ");
        template_puts(t, " (");
        run_words_names(t, ends[i]);
        template_puts(t, ")");
    }
    return r.n;
}

/* Of each of the highest rows to each of the lowest. */
static double put_spread(struct template_fill *t)
{
    struct facts_range r = run_words_range(t, t->arg);
    struct facts_order o = order_of(t);
    struct interval all = {INFINITY, -INFINITY};
    char low[UNITS_TEXT_BYTES], high[UNITS_TEXT_BYTES];

    for (size_t i = 0; i < o.n * o.n; i++) {
        struct interval ratio;

        if (!facts_order_has(o.low, i / o.n) || !facts_order_has(o.high, i % o.n))
            continue;
        ratio = facts_ratio_of(&r, cJSON_GetArrayItem(r.rows, (int)(i / o.n)),
                               cJSON_GetArrayItem(r.rows, (int)(i % o.n)));
        all.low = fmin(all.low, ratio.low);
        all.high = fmax(all.high, ratio.high);
    }
    units_format_times(low, all.low);
    units_format_times(high, all.high);
    low[strcspn(low, " ")] = '\0';
    if (strncmp(low, high, strlen(low)) != 0 || high[strlen(low)] != ' ') {
        template_strong(t, low);
        template_puts(t, " to ");
    }
    return template_number(t, all.high, units_format_times);
}

static double put_noise(struct template_fill *t)
{
    return template_number(t, 100 * metric_noise(metric_find(t->arg)), units_format_count);
}

static double put_margin(struct template_fill *t)
{
    double margin = metric_margin(metric_find(t->arg), INFINITY, INFINITY, NAN);

    return template_number(t, 100 * margin, units_format_count);
}

static double put_least_margin(struct template_fill *t)
{
    return template_number(t, metric_margin(metric_find(t->arg), 1, 1, NAN),
                           facts_format_of(t->arg));
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

int run_words_names(struct template_fill *t, uint64_t rows)
{
    enum { NAMES_MAX = 6 };
    int n = 0, i = 0, total = cJSON_GetArraySize(template_find(t, "rows", NULL));
    char word[UNITS_TEXT_BYTES], text[80] = "";
    const cJSON *row;

    for (size_t k = 0; k < FACTS_ROWS_MAX; k++)
        n += facts_order_has(rows, k);
    if (n == total && n > 2)
        snprintf(text, sizeof text, "all %s rows", facts_number_word(n, word));
    else if (n > NAMES_MAX)
        snprintf(text, sizeof text, "%d of the %d rows", n, total);
    template_puts(t, text);
    cJSON_ArrayForEach(row, template_find(t, "rows", NULL))
    {
        bool meant = (rows & 1) != 0;

        rows >>= 1;
        if (text[0] != '\0' || !meant)
            continue;
        template_puts(t, i == 0 ? "" : i + 1 == n ? " and " : ", ");
        template_item(t, row);
        i++;
    }
    return n;
}

static double put_all_rows(struct template_fill *t)
{
    const cJSON *row;
    uint64_t rows = 0, bit = 1;

    cJSON_ArrayForEach(row, template_find(t, "rows", NULL))
    {
        rows |= isfinite(facts_value(row, t->arg)) ? bit : 0;
        bit <<= 1;
    }
    return run_words_names(t, rows);
}

static double put_top_rows(struct template_fill *t)
{
    return run_words_names(t, order_of(t).high);
}

static double put_bottom_rows(struct template_fill *t)
{
    return run_words_names(t, order_of(t).low);
}

static double put_either_rows(struct template_fill *t)
{
    return run_words_names(t, order_of(t).either);
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
    {"noise", put_noise, NULL},
    {"margin", put_margin, NULL},
    {"least-margin", put_least_margin, NULL},
    {"sum", put_sum, NULL},
    {"all-rows", put_all_rows, NULL},
    {"top-rows", put_top_rows, NULL},
    {"bottom-rows", put_bottom_rows, NULL},
    {"either-rows", put_either_rows, NULL},
    {"compare", put_compare, NULL},
    {"row", NULL, find_row},
    {"colours", put_colours, NULL},
    {"title", put_title, NULL},
    {"version", put_version, NULL},
    {NULL, NULL, NULL},
};
