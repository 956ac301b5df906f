/* The members that envelope.h and post.h read and write: keys in a fixed order, names and
 * whole numbers as values, no white space. Steps can be chained: NULL goes in and comes out.
 * Inline with constant keys, a comparison is one or two words: this runs once per update. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/name.h"

/* A string constant and its length. */
#define FIELD_KEY(text) (text), (sizeof(text) - 1)

/* What follows the key at the front of at, or NULL. */
static inline const char *field_skip(const char *at, const char *end, const char *key,
                                     size_t key_len)
{
    if (at == NULL || (size_t)(end - at) < key_len || memcmp(at, key, key_len) != 0)
        return NULL;
    return at + key_len;
}

/* The same for a JSON number that is a whole one, 0..max: no sign, no leading zero. */
static inline const char *field_u64(const char *at, const char *end, uint64_t *out, uint64_t max)
{
    const char *start = at;
    uint64_t value = 0;

    if (at == NULL)
        return NULL;
    for (; at < end; at++) {
        unsigned digit = (unsigned)*at - '0';

        if (digit > 9)
            break;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return NULL;
    }
    if (at == start || value > max || (*start == '0' && at > start + 1))
        return NULL;
    *out = value;
    return at;
}

/* The same for a name and its closing quote. */
static inline const char *field_name(const char *at, const char *end, struct name *out)
{
    const char *close = at == NULL ? NULL : memchr(at, '"', (size_t)(end - at));

    if (close == NULL || !name_valid(at, (size_t)(close - at)))
        return NULL;
    *out = (struct name){at, (size_t)(close - at)};
    return close + 1;
}

static inline char *field_put(char *at, const void *data, size_t len)
{
    memcpy(at, data, len);
    return at + len;
}

enum { FIELD_U64_DIGITS = 20 };

static inline char *field_put_u64(char *at, uint64_t value)
{
    char digits[FIELD_U64_DIGITS];
    size_t n = sizeof digits;

    do {
        digits[--n] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return field_put(at, digits + n, sizeof digits - n);
}
