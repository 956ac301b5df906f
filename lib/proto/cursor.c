#include "lib/proto/cursor.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/fields.h"
#include "lib/base/name_table.h"
#include "lib/proto/url.h"

static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";

void epoch_of_bits(char epoch[EPOCH_CHARS + 1], uint64_t bits)
{
    for (int i = 0; i < EPOCH_CHARS; i++, bits /= sizeof digits - 1)
        epoch[i] = digits[bits % (sizeof digits - 1)];
    epoch[EPOCH_CHARS] = '\0';
}

void epoch_of_text(char epoch[EPOCH_CHARS + 1], const char *text, size_t len)
{
    uint64_t hash = name_hash((struct name){text, len});

    epoch_of_bits(epoch, hash ^ hash >> 32);
}

bool epoch_valid(const char *text, size_t len)
{
    if (len != EPOCH_CHARS)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\0' || strchr(digits, text[i]) == NULL)
            return false;
    }
    return true;
}

bool epochs_differ(const char *a, const char *b)
{
    return a[0] != '\0' && b[0] != '\0' && strcmp(a, b) != 0;
}

size_t cursor_encode(char text[CURSOR_TEXT_BYTES], uint64_t seq, const char *epoch)
{
    return (size_t)snprintf(text, CURSOR_TEXT_BYTES, "%" PRIu64 "%s%.*s", seq,
                            epoch[0] != '\0' ? "-" : "", EPOCH_CHARS, epoch);
}

int cursor_read(struct cursor *out, const char *text, uint64_t max)
{
    const char *dash = strchr(text, '-');
    size_t len = dash != NULL ? (size_t)(dash - text) : strlen(text);
    struct cursor at = {0};
    char number[24];

    if (len >= sizeof number || (dash != NULL && !epoch_valid(dash + 1, strlen(dash + 1))))
        return PL_EINVAL;
    memcpy(number, text, len);
    number[len] = '\0';
    if (url_parse_u64(&at.seq, number, max) < 0)
        return PL_EINVAL;
    if (dash != NULL)
        memcpy(at.epoch, dash + 1, EPOCH_CHARS);
    *out = at;
    return PL_OK;
}

size_t hello_encode(char text[HELLO_TEXT_BYTES], const struct cursor *at, bool restarted)
{
    bool told = at->epoch[0] != '\0';

    return (size_t)snprintf(text, HELLO_TEXT_BYTES, "{\"hello\":%" PRIu64 "%s%s%s%s}", at->seq,
                            told ? ",\"epoch\":\"" : "", at->epoch, told ? "\"" : "",
                            restarted ? ",\"restarted\":true" : "");
}

bool hello_read(struct cursor *at, bool *restarted, const char *text, size_t len)
{
    const char *end = text + len, *next, *quote;

    *at = (struct cursor){0};
    text = field_u64(field_skip(text, end, FIELD_KEY("{\"hello\":")), end, &at->seq, UINT64_MAX);
    next = field_skip(text, end, FIELD_KEY(",\"epoch\":\""));
    if (next != NULL) {
        quote = memchr(next, '"', (size_t)(end - next));
        if (quote == NULL || !epoch_valid(next, (size_t)(quote - next)))
            return false;
        memcpy(at->epoch, next, EPOCH_CHARS);
        text = quote + 1;
    }
    next = field_skip(text, end, FIELD_KEY(",\"restarted\":true"));
    *restarted = next != NULL;
    return field_skip(next != NULL ? next : text, end, FIELD_KEY("}")) == end;
}
