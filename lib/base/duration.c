#include "lib/base/duration.h"

#include <ctype.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    double ns;
} units[] = {
    {"ns", 1},  {"us", 1e3}, {"µs", 1e3},   {"ms", 1e6},
    {"s", 1e9}, {"m", 60e9}, {"min", 60e9}, {"h", 3600e9},
};

enum { UNITS = sizeof units / sizeof *units };

const char *duration_take_number(double *out, const char *text)
{
    size_t sign = *text == '-';
    size_t n = sign + strspn(text + sign, "0123456789.");
    double value;
    char *end;

    if (n == sign || strspn(text + sign, ".") == n - sign)
        return NULL;
    if (text[sign] == '0' && tolower((unsigned char)text[sign + 1]) == 'x')
        return NULL;
    value = strtod(text, &end);
    if (!isfinite(value))
        return NULL;
    *out = value;
    return end;
}

bool duration_read(double *ns, const char *text, double plain_ns)
{
    double value = 0, each_ns = 0;
    const char *unit = duration_take_number(&value, text);

    if (unit == NULL)
        return false;
    if (*unit == '\0')
        each_ns = value == 0 ? 1 : plain_ns;
    for (size_t i = 0; i < UNITS; i++)
        if (strcmp(units[i].name, unit) == 0)
            each_ns = units[i].ns;
    if (each_ns == 0)
        return false;
    *ns = value * each_ns;
    return true;
}

double duration_unit_of(const char *name)
{
    const char *unit = strrchr(name, '_');

    if (unit == NULL || (unit - name >= 4 && strncmp(unit - 4, "_per", 4) == 0))
        return 0;
    for (size_t i = 0; i < UNITS; i++)
        if (strcmp(units[i].name, unit + 1) == 0)
            return units[i].ns;
    return 0;
}
