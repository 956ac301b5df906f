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
    const cJSON *item;
    char *end;
    double number = strtod(term, &end);

    if (*end == '\0')
        return number;
    if (strncmp(term, "latency_us.", 11) == 0 && !(json_number(row, "delivered") > 0))
        return NAN;
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
    return r;
}

bool facts_alike(double a, double b)
{
    return fabs(a - b) <= 0.05 * fmax(fabs(a), fabs(b));
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
    char first[PATH_BYTES];
    const struct metric *m;

    snprintf(first, sizeof first, "%.*s", (int)strcspn(path, "+*/"), path);
    m = metric_find(first);
    if (m != NULL && m->format != NULL)
        return m->format;
    return strstr(first, "_us.") != NULL ? units_format_us : facts_format_setting;
}
