#include "bench/result/facts.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/result/metric.h"
#include "bench/result/repeats.h"
#include "bench/stats/difference.h"
#include "lib/base/err.h"

enum { PATH_BYTES = 96 };

const cJSON *facts_at(const cJSON *item, const char *path)
{
    char first[PATH_BYTES];
    const char *index = strrchr(path, '.');

    if (index == NULL || !isdigit((unsigned char)index[1]))
        return json_at(item, path);
    snprintf(first, sizeof first, "%.*s", (int)(index - path), path);
    return cJSON_GetArrayItem(json_at(item, first), atoi(index + 1));
}

static double term_value(const cJSON *row, const char *term)
{
    const struct metric *m = metric_find(term);
    const cJSON *item;
    char *end;
    double number = strtod(term, &end);

    if (*end == '\0')
        return number;
    if (m != NULL && m->format != NULL)
        return metric_value(m, row);
    item = facts_at(row, term);
    return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

/* The first term of a path, and what stands behind it: +, *, / or nothing more. */
static char next_term(char term[PATH_BYTES], const char **path)
{
    size_t len = strcspn(*path, "+*/");
    char how = (*path)[len];

    snprintf(term, PATH_BYTES, "%.*s", (int)len, *path);
    *path += len + (how != '\0');
    return how;
}

static double combine(double a, char how, double b)
{
    return how == '+' ? a + b : how == '*' ? a * b : a / b;
}

double facts_value(const cJSON *row, const char *path)
{
    char term[PATH_BYTES], how = next_term(term, &path);
    double value = term_value(row, term);

    while (how != '\0') {
        char next = next_term(term, &path);

        value = combine(value, how, term_value(row, term));
        how = next;
    }
    return value;
}

static const struct metric *metric_of(const char *path)
{
    char first[PATH_BYTES];

    snprintf(first, sizeof first, "%.*s", (int)strcspn(path, "+*/"), path);
    return metric_find(first);
}

struct facts_range facts_range_of(const cJSON *run, const char *path)
{
    struct facts_range r = {
        .path = path, .run = run, .rows = json_at(run, "rows"), .low = NAN, .high = NAN};
    const cJSON *row;

    cJSON_ArrayForEach(row, r.rows)
    {
        double value = facts_value(row, path);

        if (!isfinite(value))
            continue;
        if (r.n == 0 || value < r.low) {
            r.low = value;
            r.low_row = row;
        }
        if (r.n == 0 || value > r.high) {
            r.high = value;
            r.high_row = row;
        }
        r.n++;
    }
    return r;
}

/* ---- order ---- */

/* A row's number in each of its repeats, or its only one. */
struct sample {
    double value; /* the row's */
    double values[SCENARIO_MAX_REPEATS];
    size_t n; /* 0: some repeat lacks it */
};

/* The values of a metric, or a constant. */
static size_t term_values(const cJSON *run, const cJSON *row, const char *term,
                          double values[SCENARIO_MAX_REPEATS])
{
    const struct metric *m = metric_find(term);

    if (m != NULL)
        return repeats_values(run, json_text(row, "id"), m, values, SCENARIO_MAX_REPEATS);
    values[0] = term_value(row, term);
    return 1;
}

static struct sample sample_of(const cJSON *run, const cJSON *row, const char *path)
{
    struct sample s = {.value = facts_value(row, path)};
    double others[SCENARIO_MAX_REPEATS];
    char term[PATH_BYTES], how = next_term(term, &path);

    s.n = term_values(run, row, term, s.values);
    while (how != '\0') {
        char next = next_term(term, &path);
        size_t n = term_values(run, row, term, others);

        s.n = n == s.n || n == 1 ? s.n : 0;
        for (size_t i = 0; i < s.n; i++)
            s.values[i] = combine(s.values[i], how, others[n == 1 ? 0 : i]);
        how = next;
    }
    return s;
}

static bool has_repeats(const cJSON *run)
{
    return cJSON_GetArraySize(json_at(run, "repeats")) > 0;
}

/* What rows may differ by whatever their repeats say. Of a ratio of times it is no time itself. */
static double margin_of(const char *path, double a, double b)
{
    const struct metric *m = metric_of(path);
    bool plain = metric_find(path) != NULL;

    if (m == NULL)
        return 0;
    return metric_margin(m, plain ? a : INFINITY, plain ? b : INFINITY, NAN);
}

/* That a and b differ by chance. A rule of thumb, without repeats: it does or does not. */
static double chance_of(const struct sample *a, const struct sample *b, const char *path,
                        bool repeats)
{
    double most = fmax(fabs(a->value), fabs(b->value));

    if (!isfinite(a->value) || !isfinite(b->value))
        return NAN;
    if (!repeats)
        return fabs(a->value - b->value) <= metric_noise(metric_of(path)) * most ? 1 : 0;
    return difference_of(a->values, a->n, b->values, b->n, margin_of(path, a->value, b->value)).p;
}

/* Where the corrected chance, in the order of pairs, is small enough. */
static void mark_apart(struct facts_order *o, const double *chances, double level)
{
    for (size_t i = 0; i < o->n; i++)
        for (size_t k = 0; k < i; k++, chances++) {
            if (!(*chances <= level))
                continue;
            o->apart[i] |= UINT64_C(1) << k;
            o->apart[k] |= UINT64_C(1) << i;
        }
}

static uint64_t bit_of(const struct facts_range *r, const cJSON *row)
{
    uint64_t bit = 1;

    for (const cJSON *at = r->rows->child; at != row; at = at->next)
        bit <<= 1;
    return bit;
}

static void split(struct facts_order *o, const struct facts_range *r)
{
    uint64_t lowest = 0, highest = 0;

    for (size_t i = 0; r->n > 0 && i < o->n; i++) {
        if (!isfinite(facts_value(cJSON_GetArrayItem(r->rows, (int)i), r->path)))
            continue;
        lowest |= o->apart[i] & bit_of(r, r->low_row) ? 0 : UINT64_C(1) << i;
        highest |= o->apart[i] & bit_of(r, r->high_row) ? 0 : UINT64_C(1) << i;
    }
    o->ordered = r->n > 0 && (lowest & bit_of(r, r->high_row)) == 0;
    o->either = o->ordered ? lowest & highest : 0;
    o->low = o->ordered ? lowest & ~highest : lowest | highest;
    o->high = o->ordered ? highest & ~lowest : lowest | highest;
}

struct facts_order facts_order_of(const struct facts_range *r, double level)
{
    int rows = cJSON_GetArraySize(r->rows);
    struct facts_order o = {.n = rows < FACTS_ROWS_MAX ? (size_t)rows : FACTS_ROWS_MAX};
    size_t pairs = o.n * (o.n - 1) / 2, pair = 0;
    struct sample *samples = calloc(o.n + 1, sizeof *samples);
    double *chances = calloc(pairs + 1, sizeof *chances);

    for (size_t i = 0; samples != NULL && i < o.n; i++)
        samples[i] = sample_of(r->run, cJSON_GetArrayItem(r->rows, (int)i), r->path);
    for (size_t i = 0; samples != NULL && chances != NULL && i < o.n; i++)
        for (size_t k = 0; k < i; k++)
            chances[pair++] = chance_of(&samples[i], &samples[k], r->path, has_repeats(r->run));
    if (pair == pairs && difference_correct(chances, pairs) == PL_OK)
        mark_apart(&o, chances, level);
    split(&o, r);
    free(samples);
    free(chances);
    return o;
}

bool facts_order_has(uint64_t rows, size_t i)
{
    return i < FACTS_ROWS_MAX && (rows >> i & 1) != 0;
}

/* ---- how sure a number is ---- */

struct interval facts_ratio_of(const struct facts_range *r, const cJSON *a, const cJSON *b)
{
    struct sample low = sample_of(r->run, a, r->path), high = sample_of(r->run, b, r->path);
    double ratio = high.value / low.value, noise = 1 + metric_noise(metric_of(r->path));

    if (!has_repeats(r->run))
        return (struct interval){ratio / noise, ratio * noise};
    return difference_of(low.values, low.n, high.values, high.n, 0).ratio95;
}

struct interval facts_interval_of(const cJSON *run, const cJSON *row, const char *path)
{
    size_t rows = (size_t)cJSON_GetArraySize(json_at(run, "rows"));
    struct sample s = sample_of(run, row, path);
    const struct metric *m = metric_find(path);
    struct interval i;

    if (!has_repeats(run) || !isfinite(s.value))
        return (struct interval){s.value, s.value};
    if (s.n < 2)
        return (struct interval){-INFINITY, INFINITY};
    i = interval_among(s.values, s.n, s.value, rows > 0 ? rows : 1);
    if (s.value >= 0) /* what is measured here is never less than nothing, nor more than all */
        i.low = fmax(i.low, 0);
    if (m != NULL && strcmp(m->unit, "share") == 0)
        i.high = fmin(i.high, 1);
    return i;
}

enum facts_side facts_side_of(struct interval i, double limit, bool above)
{
    bool lower = above ? i.high < limit : i.high <= limit;
    bool higher = above ? i.low >= limit : i.low > limit;

    if (isnan(i.low) || isnan(i.high))
        return FACTS_UNKNOWN;
    if (!lower && !higher)
        return FACTS_ASTRIDE;
    return lower != above ? FACTS_WITHIN : FACTS_BEYOND;
}

const char *facts_title(const cJSON *run)
{
    const char *title = json_text(run, "scenario.title"), *name = json_text(run, "scenario.name");

    if (title[0] != '\0')
        return title;
    return name[0] != '\0' ? name : "A run of pushlab";
}

const char *facts_number_word(int n, char out[UNITS_TEXT_BYTES])
{
    static const char *const words[] = {"no",    "one",   "two",  "three", "four",   "five",  "six",
                                        "seven", "eight", "nine", "ten",   "eleven", "twelve"};

    if (n >= 0 && n <= 12)
        return words[n];
    snprintf(out, UNITS_TEXT_BYTES, "%d", n);
    return out;
}

void facts_format_setting(char out[UNITS_TEXT_BYTES], double value)
{
    if (!isfinite(value))
        snprintf(out, UNITS_TEXT_BYTES, "%s", UNITS_NONE);
    else if (fabs(value) >= 1000 && value == trunc(value))
        units_format_count(out, value);
    else
        snprintf(out, UNITS_TEXT_BYTES, "%.6g", value);
}

void facts_format_setting_ms(char out[UNITS_TEXT_BYTES], double ms)
{
    static const char *const units[] = {"µs", "ms", "s"};
    char number[UNITS_TEXT_BYTES];
    size_t i = ms < 1 ? 0 : ms < 1000 ? 1 : 2;

    facts_format_setting(number, i == 0 ? ms * 1e3 : i == 1 ? ms : ms / 1e3);
    snprintf(out, UNITS_TEXT_BYTES, isfinite(ms) ? "%.20s %s" : "%.20s", number, units[i]);
}

facts_format *facts_format_of(const char *path)
{
    const struct metric *m = metric_of(path);

    if (m != NULL && m->format != NULL)
        return m->format;
    return strstr(path, "_us.") != NULL ? units_format_us : facts_format_setting;
}
