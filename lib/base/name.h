/* Names of channels, keys and senders: 1 to 64 letters, digits and - _ . : / so that they
 * stand in JSON, in a URL's query and in a header as they are. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { NAME_MAX_BYTES = 64 };
#define NAME_ACCEPTED "1 to 64 letters, digits and - _ . : /"

/* Borrowed bytes, not terminated. len 0: no name. */
struct name {
    const char *text;
    size_t len;
};

static inline bool name_valid(const char *text, size_t len)
{
    if (len == 0 || len > NAME_MAX_BYTES)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i], lower = (char)(c | 0x20);

        if (!((lower >= 'a' && lower <= 'z') || (c >= '-' && c <= ':') || c == '_'))
            return false;
    }
    return true;
}

static inline bool name_equal(struct name a, struct name b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.text, b.text, a.len) == 0);
}
