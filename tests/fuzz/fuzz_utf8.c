/* utf8 against a validator that shares nothing with it: decode by the bit table of RFC 3629 §3,
 * then refuse by value. The first byte of the input says where to cut the rest. */
#include <stdlib.h>

#include "lib/base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Length of the form that a lead byte announces; 0 for a byte that leads nothing. */
static size_t form_bytes(uint8_t lead)
{
    if ((lead & 0x80) == 0)
        return 1;
    if ((lead & 0xe0) == 0xc0)
        return 2;
    if ((lead & 0xf0) == 0xe0)
        return 3;
    return (lead & 0xf8) == 0xf0 ? 4 : 0;
}

/* Bytes of the code point at the front of text, or 0 if there is none. */
static size_t code_point_bytes(const uint8_t *text, size_t len)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t bytes = form_bytes(text[0]);
    uint32_t c = bytes == 1 ? text[0] : text[0] & (0xffu >> (bytes + 1));

    if (bytes == 0 || bytes > len)
        return 0;
    for (size_t i = 1; i < bytes; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (text[i] & 0x3f);
    }
    return c < smallest[bytes] || c > 0x10ffff || c >> 11 == 0x1b ? 0 : bytes;
}

static bool whole_text_valid(const uint8_t *text, size_t len)
{
    size_t at = 0;

    while (at < len) {
        size_t bytes = code_point_bytes(text + at, len - at);

        if (bytes == 0)
            return false;
        at += bytes;
    }
    return true;
}

/* How much of the text is accepted, fed in pieces. */
static size_t accepted_bytes(struct utf8 *u, const uint8_t *text, size_t len, size_t piece)
{
    for (size_t at = 0; at < len; at += piece) {
        size_t n = len - at < piece ? len - at : piece;

        if (!utf8_feed(u, text + at, n))
            return at + n;
    }
    return SIZE_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct utf8 whole = {0}, bytewise = {0}, pieces = {0};
    bool expected, valid;
    size_t piece;

    if (size == 0)
        return 0;
    piece = 1 + data[0] % 17;
    data++;
    size--;
    expected = whole_text_valid(data, size);

    valid = utf8_feed(&whole, data, size) && utf8_done(&whole);
    if (valid != expected)
        abort();
    valid = accepted_bytes(&bytewise, data, size, 1) == SIZE_MAX && utf8_done(&bytewise);
    if (valid != expected)
        abort();
    valid = accepted_bytes(&pieces, data, size, piece) == SIZE_MAX && utf8_done(&pieces);
    if (valid != expected)
        abort();
    return 0;
}
