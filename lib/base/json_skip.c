#include "lib/base/json_skip.h"

#include <stddef.h>
#include <string.h>

const char *json_skip_string(const char *at, const char *end)
{
    const char *start = at;

    while ((at = memchr(at, '"', (size_t)(end - at))) != NULL) {
        const char *backslashes = at;

        while (backslashes > start && backslashes[-1] == '\\')
            backslashes--;
        at++;
        if ((at - 1 - backslashes) % 2 == 0)
            return at;
        start = at; /* an escaped quote: no need to count across it again */
    }
    return NULL;
}

const char *json_skip_nested(const char *at, const char *end)
{
    char close = at < end && *at == '{' ? '}' : ']';
    size_t depth = 0;

    while (at != NULL && at < end) {
        char c = *at++;

        if (c == '"') {
            at = json_skip_string(at, end);
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            if (--depth == 0)
                return c == close ? at : NULL;
        }
    }
    return NULL;
}

/* A number, true, false or null. */
static const char *skip_word(const char *at, const char *end)
{
    const char *start = at;

    while (at < end && strchr(",}] \t\r\n", *at) == NULL)
        at++;
    return at > start ? at : NULL;
}

const char *json_skip_value(const char *at, const char *end)
{
    if (at >= end)
        return NULL;
    if (*at == '"')
        return json_skip_string(at + 1, end);
    if (*at == '{' || *at == '[')
        return json_skip_nested(at, end);
    return skip_word(at, end);
}
