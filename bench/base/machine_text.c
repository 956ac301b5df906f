#include "bench/base/machine_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Behind word, where the first line that begins with it has it; NULL. */
static const char *find_line(const char *text, const char *word)
{
    size_t len = strlen(word);

    while (strncmp(text, word, len) != 0) {
        text = strchr(text, '\n');
        if (text == NULL)
            return NULL;
        text++;
    }
    return text + len;
}

double machine_text_number(const char *text, const char *line, const char *key, int n)
{
    const char *at = find_line(text, line), *line_end, *found;
    double value = NAN;

    if (at == NULL)
        return NAN;
    line_end = at + strcspn(at, "\n");
    found = strstr(at, key);
    if (found == NULL || found > line_end)
        return NAN;
    for (at = found + strlen(key); n > 0; n--) {
        char *end;

        at += strspn(at, " ");
        value = strtod(at, &end);
        if (end == at || at >= line_end)
            return NAN;
        at = end;
    }
    return value;
}

double machine_text_quota(const char *cpu_max)
{
    double period_us = machine_text_number(cpu_max, "max ", "", 1);

    if (period_us > 0)
        return INFINITY;
    period_us = machine_text_number(cpu_max, "", "", 2);
    return period_us > 0 ? machine_text_number(cpu_max, "", "", 1) / period_us : NAN;
}

/* Is controller one of "cpu,cpuacct"? */
static bool is_among(const char *controller, const char *list, size_t list_len)
{
    size_t len = strlen(controller);

    for (const char *at = list; at <= list + list_len; at += strcspn(at, ",:") + 1)
        if (strncmp(at, controller, len) == 0 && strchr(",:", at[len]) != NULL)
            return true;
    return false;
}

bool machine_text_cgroup(const char *text, const char *controller, char *out, size_t cap)
{
    for (; *text != '\0'; text += strcspn(text, "\n"), text += *text == '\n') {
        const char *list = text + strcspn(text, ":\n"), *path;
        size_t len;

        if (*list++ != ':')
            continue;
        path = list + strcspn(list, ":\n");
        if (*path != ':' || !is_among(controller, list, (size_t)(path - list)))
            continue;
        len = strcspn(++path, "\n");
        if (len >= cap)
            return false;
        snprintf(out, cap, "%.*s", (int)len, path);
        return true;
    }
    return false;
}
