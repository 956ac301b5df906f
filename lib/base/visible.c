#include "lib/base/visible.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/utf8.h"

struct range {
    uint32_t first, last;
};

static const struct range hidden[] = {
    {0x00, 0x1f},     {0x7f, 0x9f},     {0x061c, 0x061c}, {0x200e, 0x200f},
    {0x2028, 0x202e}, {0x2066, 0x2069}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
};

static size_t sequence_bytes(uint8_t first)
{
    return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Of n bytes that are UTF-8. */
static uint32_t code_point(const uint8_t *at, size_t n)
{
    uint32_t value = n == 1 ? at[0] : at[0] & (0xffU >> (n + 1));

    for (size_t i = 1; i < n; i++)
        value = value << 6 | (at[i] & 0x3f);
    return value;
}

size_t visible_bytes(const char *text, size_t len)
{
    const uint8_t *at = (const uint8_t *)text;
    size_t n = sequence_bytes(at[0]);
    struct utf8 check = {0};
    uint32_t value;

    if (n > len || !utf8_feed(&check, at, n) || !utf8_done(&check))
        return 0;
    value = code_point(at, n);
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++) {
        if (value >= hidden[i].first && value <= hidden[i].last)
            return 0;
    }
    return n;
}

void visible_make(char *text)
{
    size_t len = strlen(text);

    while (len > 0) {
        size_t n = visible_bytes(text, len);

        if (n == 0)
            *text = '?';
        text += n > 0 ? n : 1;
        len -= n > 0 ? n : 1;
    }
}

size_t visible_cut(char *out, const char *text, size_t len, size_t columns)
{
    const char *at = text, *end = text + len;
    size_t used = 0, last_start = 0;
    char *to = out;

    while (at < end && used < columns) {
        size_t n = visible_bytes(at, (size_t)(end - at));

        last_start = (size_t)(to - out);
        if (n > 0)
            memcpy(to, at, n);
        else
            *to = '?';
        to += n > 0 ? n : 1;
        at += n > 0 ? n : 1;
        used++;
    }
    if (at < end && used > 0) {
        to = out + last_start;
        memcpy(to, "…", strlen("…"));
        to += strlen("…");
    }
    *to = '\0';
    return (size_t)(to - out);
}
