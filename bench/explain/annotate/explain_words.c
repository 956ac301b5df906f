#include "bench/explain/annotate/explain_words.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { KEY_CHARS = 80 };

struct explain_word explain_word(const char *key, ...)
{
    char text[KEY_CHARS];
    size_t len;
    va_list ap;

    va_start(ap, key);
    vsnprintf(text, sizeof text, key, ap);
    va_end(ap);
    len = strlen(text);
    for (const struct explain_word_row *r = explain_word_rows; r->key != NULL; r++)
        if (strncmp(r->key, text, len) == 0 && (r->key[len] == '\0' || r->key[len] == ' '))
            return (struct explain_word){r->key + len + (r->key[len] == ' '), r->meaning, r->ref};
    return (struct explain_word){NULL, NULL, NULL};
}

struct explain_word explain_word_or(struct explain_word word, const char *key)
{
    return word.meaning != NULL ? word : explain_word("%s", key);
}

/* The field's name in a key "field Host", "request Connection: close", or NULL. */
static const char *field_of(const char *key, bool request)
{
    const char *kind = request ? "request " : "response ";

    if (strncmp(key, "field ", 6) == 0)
        return key + 6;
    return strncmp(key, kind, strlen(kind)) == 0 ? key + strlen(kind) : NULL;
}

static bool contains(const char *text, const char *part)
{
    size_t len = strlen(part);

    for (; *text != '\0'; text++)
        if (strncasecmp(text, part, len) == 0)
            return true;
    return false;
}

struct explain_word explain_word_field(bool request, const char *name, const char *value)
{
    size_t len = strlen(name);

    for (const struct explain_word_row *r = explain_word_rows; r->key != NULL; r++) {
        const char *field = field_of(r->key, request);

        if (field != NULL && strncasecmp(field, name, len) == 0 &&
            (field[len] == '\0' || (field[len] == ':' && contains(value, field + len + 2))))
            return (struct explain_word){"", r->meaning, r->ref};
    }
    return explain_word("field other");
}
