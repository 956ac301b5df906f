#include "bench/base/quantity.h"

#include <ctype.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct unit {
    const char *name;
    double factor;
};

/* A plain decimal: strtod() alone would also take "inf", "0x10" and leading space. */
static bool read_decimal(const char *text, double *value, const char **rest)
{
    size_t len = strspn(text, "0123456789.");
    char *end;

    if (len == 0 || !isdigit((unsigned char)text[len - 1]))
        return false;
    *value = strtod(text, &end);
    *rest = text + len;
    return end == *rest && isfinite(*value);
}

static bool read_with_unit(const char *text, const struct unit *units, double *out)
{
    const char *rest;
    double value;

    if (text == NULL || !read_decimal(text, &value, &rest))
        return false;
    for (; units->name != NULL; units++) {
        if (strcasecmp(rest, units->name) != 0)
            continue;
        *out = value * units->factor;
        return true;
    }
    return false;
}

bool quantity_read_us(const char *text, double *out)
{
    static const struct unit units[] = {{"us", 1},  {"µs", 1},    {"ms", 1e3},
                                        {"s", 1e6}, {"min", 6e7}, {NULL, 0}};

    return read_with_unit(text, units, out);
}

bool quantity_read_share(const char *text, double *out)
{
    static const struct unit units[] = {{"", 1}, {"%", 0.01}, {NULL, 0}};
    double share;

    if (!read_with_unit(text, units, &share) || share > 1)
        return false;
    *out = share;
    return true;
}

bool quantity_read_bytes(const char *text, double *out)
{
    static const struct unit units[] = {{"", 1},     {"B", 1},         {"KB", 1e3}, {"KiB", 1024},
                                        {"MB", 1e6}, {"MiB", 1 << 20}, {NULL, 0}};

    return read_with_unit(text, units, out);
}

bool quantity_read_number(const char *text, double *out)
{
    static const struct unit units[] = {{"", 1}, {NULL, 0}};

    return read_with_unit(text, units, out);
}
