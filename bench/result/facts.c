#include "bench/result/facts.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/result/metric.h"

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

double facts_value(const cJSON *row, const char *path)
{
    double value = 0;
    char how = '+', term[PATH_BYTES];

    for (size_t len;; path += len + 1) {
        double other;

        len = strcspn(path, "+*/");
        snprintf(term, sizeof term, "%.*s", (int)len, path);
        other = term_value(row, term);
        value = how == '+' ? value + other : how == '*' ? value * other : value / other;
        how = path[len];
        if (how == '\0')
            return value;
    }
}

static const struct metric *metric_of(const char *path)
{
    char first[PATH_BYTES];

    snprintf(first, sizeof first, "%.*s", (int)strcspn(path, "+*/"), path);
    return metric_find(first);
}

static bool are_alike(const char *path, double a, double b)
{
    const struct metric *m = metric_of(path);
    double noise = m == NULL ? 0 : m->noise > 0 ? m->noise : strcmp(m->unit, "µs") == 0 ? 0.05 : 0;
    char one[UNITS_TEXT_BYTES], other[UNITS_TEXT_BYTES];

    if (noise > 0)
        return fabs(a - b) <= noise * fmax(fabs(a), fabs(b));
    facts_format_of(path)(one, a);
    facts_format_of(path)(other, b);
    return strcmp(one, other) == 0;
}

/* The limits of those that are alike with an end; where they meet, all are. */
static void find_alike(struct facts_range *r)
{
    const cJSON *row;

    r->bottom = r->low;
    r->top = r->high;
    cJSON_ArrayForEach(row, r->rows)
    {
        double value = facts_value(row, r->path);

        if (isfinite(value) && are_alike(r->path, value, r->low))
            r->bottom = fmax(r->bottom, value);
        if (isfinite(value) && are_alike(r->path, value, r->high))
            r->top = fmin(r->top, value);
    }
    if (r->bottom < r->top)
        return;
    r->bottom = r->high;
    r->top = r->low;
}

struct facts_range facts_range_of(const cJSON *run, const char *path)
{
    struct facts_range r = {.path = path, .rows = json_at(run, "rows"), .low = NAN, .high = NAN};
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
    find_alike(&r);
    return r;
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

facts_format *facts_format_of(const char *path)
{
    const struct metric *m = metric_of(path);

    if (m != NULL && m->format != NULL)
        return m->format;
    return strstr(path, "_us.") != NULL ? units_format_us : facts_format_setting;
}
