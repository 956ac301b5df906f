#include "bench/result/counters.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"

double counters_at(const cJSON *o, const char *fmt, ...)
{
    const cJSON *one;
    double sum = 0;
    char path[128];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(path, sizeof path, fmt, ap);
    va_end(ap);
    if (!cJSON_IsArray(o))
        return json_number(o, path);
    cJSON_ArrayForEach(one, o)
    {
        sum += json_number(one, path);
    }
    return sum;
}

double counters_or_zero(const cJSON *o, const char *path)
{
    double n = json_number(o, path);

    return isnan(n) ? 0 : n;
}

double counters_growth(const cJSON *o, const char *from, const char *to, const char *counter)
{
    return counters_at(o, "%s.%s", to, counter) - counters_at(o, "%s.%s", from, counter);
}

double counters_cpu_us(const cJSON *o, const char *from, const char *to)
{
    return counters_growth(o, from, to, "process.cpu_user_us") +
           counters_growth(o, from, to, "process.cpu_system_us");
}

double counters_both_ways(const cJSON *wire, const char *scope, const char *counter)
{
    return counters_at(wire, "%s.up.%s", scope, counter) +
           counters_at(wire, "%s.down.%s", scope, counter);
}

/* The first of some words into word; returns where the next begins, NULL when there is none left.
 */
static const char *next_word(char word[64], const char *words)
{
    size_t len = strcspn(words, " ");

    snprintf(word, 64, "%.*s", (int)len, words);
    return len == 0 ? NULL : words + len + (words[len] == ' ');
}

int counters_need(const cJSON *report, const char *paths, struct err_text *e)
{
    char path[64];

    while ((paths = next_word(path, paths)) != NULL)
        if (isnan(json_number(report, path)))
            return err_set(e, PL_EPROTO, "pushlab-client's report has no number %s", path);
    return PL_OK;
}

double counters_per(double n)
{
    return n > 0 ? 1 / n : NAN;
}

void counters_copy(cJSON *to, const char *name, const cJSON *item)
{
    cJSON_AddItemToObject(to, name,
                          item != NULL ? cJSON_Duplicate(item, true) : cJSON_CreateNull());
}

void counters_copy_histogram(cJSON *to, const char *name, const cJSON *histogram)
{
    counters_copy(to, name, histogram);
    cJSON_DeleteItemFromObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(to, name), "hdr");
}

void counters_copy_all(cJSON *to, const char *names, const cJSON *from)
{
    char name[64];

    while ((names = next_word(name, names)) != NULL)
        counters_copy(to, name, json_at(from, name));
}

void counters_replace(cJSON *o, const char *name, double number)
{
    cJSON_DeleteItemFromObjectCaseSensitive(o, name);
    json_add_number(o, name, number);
}
