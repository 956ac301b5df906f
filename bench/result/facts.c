#include "bench/result/facts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"

double facts_value(const cJSON *row, const char *path)
{
    if (strncmp(path, "latency_us.", 11) == 0 && !(json_number(row, "delivered") > 0))
        return NAN;
    return json_number(row, path);
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

double facts_level_below(double value)
{
    return value * 0.95;
}

double facts_level_above(double value)
{
    return value / 0.95;
}

bool facts_all_alike(const struct facts_range *r)
{
    return r->n > 0 && facts_alike(r->low, r->high);
}

static bool is_meant(const struct facts_range *r, const cJSON *row, double from, double to,
                     const cJSON *except)
{
    double value = facts_value(row, r->path);

    return row != except && isfinite(value) && value >= from && value <= to;
}

int facts_count_rows(const struct facts_range *r, double from, double to, const cJSON *except)
{
    const cJSON *row;
    int n = 0;

    cJSON_ArrayForEach(row, r->rows)
    {
        n += is_meant(r, row, from, to, except);
    }
    return n;
}

int facts_name_rows(struct writer *w, const struct facts_range *r, double from, double to,
                    const cJSON *except)
{
    enum { NAMES_MAX = 6 };
    int n = facts_count_rows(r, from, to, except), total = cJSON_GetArraySize(r->rows), i = 0;
    char word[UNITS_TEXT_BYTES];
    const cJSON *row;

    if (n == total && n > 2)
        writer_printf(w, "all %s rows", facts_number_word(n, word));
    else if (n > NAMES_MAX)
        writer_printf(w, "%d of the %d rows", n, total);
    if ((n == total && n > 2) || n > NAMES_MAX)
        return n;
    cJSON_ArrayForEach(row, r->rows)
    {
        if (!is_meant(r, row, from, to, except))
            continue;
        writer_puts(w, i == 0 ? "" : i + 1 == n ? " and " : ", ");
        facts_name(w, row);
        i++;
    }
    return n;
}

void facts_name(struct writer *w, const cJSON *row)
{
    writer_puts(w, "`");
    for (const char *id = json_text(row, "id"); *id != '\0'; id++)
        writer_add(w, *id == '`' || (unsigned char)*id < ' ' ? "?" : id, 1);
    writer_puts(w, "`");
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

void facts_figure(struct writer *w, facts_format *format, double value)
{
    char text[UNITS_TEXT_BYTES];

    format(text, value);
    writer_printf(w, "**%s**", text);
}

void facts_span(struct writer *w, const struct facts_range *r, facts_format *format)
{
    facts_figure(w, format, r->low);
    if (facts_all_alike(r))
        return;
    writer_puts(w, " (");
    facts_name(w, r->low_row);
    writer_puts(w, ") to ");
    facts_figure(w, format, r->high);
    writer_puts(w, " (");
    facts_name(w, r->high_row);
    writer_puts(w, ")");
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

void facts_times(struct writer *w, double a, double b)
{
    char text[UNITS_TEXT_BYTES];
    double times = a / b;

    if (times < 9.95)
        snprintf(text, sizeof text, "%.1f", times);
    else if (times < 99.5)
        snprintf(text, sizeof text, "%.0f", times);
    else { /* two digits say enough */
        double unit = pow(10, floor(log10(times)) - 1);

        units_format_count(text, round(times / unit) * unit);
    }
    writer_printf(w, "**%s times**", text);
}
