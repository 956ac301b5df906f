#include "lib/base/utf8.h"

#include <string.h>

enum { TAIL_LOW = 0x80, TAIL_HIGH = 0xbf };

/* Begin a code point: RFC 3629 §4 in the order of its grammar. The range of the second byte
 * is what refuses overlong forms, surrogates and values above U+10FFFF. */
static bool lead_accept(struct utf8 *u, uint8_t byte)
{
    u->low = TAIL_LOW;
    u->high = TAIL_HIGH;
    if (byte < 0x80) {
        u->need = 0;
    } else if (byte < 0xc2) {
        return false;
    } else if (byte < 0xe0) {
        u->need = 1;
    } else if (byte < 0xf0) {
        u->need = 2;
        if (byte == 0xe0)
            u->low = 0xa0;
        if (byte == 0xed)
            u->high = 0x9f;
    } else if (byte < 0xf5) {
        u->need = 3;
        if (byte == 0xf0)
            u->low = 0x90;
        if (byte == 0xf4)
            u->high = 0x8f;
    } else {
        return false;
    }
    return true;
}

static bool tail_accept(struct utf8 *u, uint8_t byte)
{
    if (byte < u->low || byte > u->high)
        return false;
    u->low = TAIL_LOW;
    u->high = TAIL_HIGH;
    u->need--;
    return true;
}

/* Length of the leading run of whole words that are plain ASCII: most of what we carry. */
static size_t ascii_words(const uint8_t *data, size_t len)
{
    const uint64_t high_bits = UINT64_C(0x8080808080808080);
    uint64_t word;
    size_t i = 0;

    for (; len - i >= sizeof word; i += sizeof word) {
        memcpy(&word, data + i, sizeof word);
        if (word & high_bits)
            break;
    }
    return i;
}

bool utf8_feed(struct utf8 *u, const uint8_t *data, size_t len)
{
    size_t i = 0;

    while (i < len) {
        if (u->need > 0) {
            if (!tail_accept(u, data[i]))
                return false;
        } else {
            i += ascii_words(data + i, len - i);
            if (i == len)
                break;
            if (!lead_accept(u, data[i]))
                return false;
        }
        i++;
    }
    return true;
}

bool utf8_done(const struct utf8 *u)
{
    return u->need == 0;
}
