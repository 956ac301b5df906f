#include "lib/proto/ws_frame.h"

#include <string.h>

#include "lib/base/err.h"

enum { FIN_BIT = 0x80, RSV_SHIFT = 4, OPCODE_BITS = 0x0f, MASK_BIT = 0x80, LENGTH_BITS = 0x7f };
enum { LENGTH_16 = 126, LENGTH_64 = 127 };

static uint64_t be_read(const uint8_t *p, size_t bytes)
{
    uint64_t value = 0;

    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | p[i];
    return value;
}

static void be_write(uint8_t *p, uint64_t value, size_t bytes)
{
    while (bytes > 0) {
        p[--bytes] = (uint8_t)value;
        value >>= 8;
    }
}

/* Bytes of the extended payload length that follow a 7-bit length field. */
static size_t extended_bytes(uint8_t length_field)
{
    if (length_field == LENGTH_64)
        return 8;
    return length_field == LENGTH_16 ? 2 : 0;
}

/* §5.2: the minimal number of bytes MUST be used, and the 64-bit form's top bit MUST be 0. */
static bool length_is_canonical(uint64_t length, size_t extended)
{
    if (extended == 8)
        return length > UINT16_MAX && length <= INT64_MAX;
    return extended == 0 || length >= LENGTH_16;
}

ssize_t ws_frame_decode(struct ws_frame *out, const uint8_t *buf, size_t len)
{
    size_t extended, need;

    if (len < 2)
        return 0;
    out->fin = (buf[0] & FIN_BIT) != 0;
    out->rsv = buf[0] >> RSV_SHIFT & 7;
    out->opcode = buf[0] & OPCODE_BITS;
    out->masked = (buf[1] & MASK_BIT) != 0;
    out->payload_bytes = buf[1] & LENGTH_BITS;

    extended = extended_bytes(buf[1] & LENGTH_BITS);
    need = 2 + extended + (out->masked ? sizeof out->masking_key : 0);
    if (len < need)
        return 0;
    if (extended > 0)
        out->payload_bytes = be_read(buf + 2, extended);
    if (!length_is_canonical(out->payload_bytes, extended))
        return PL_EPROTO;
    if (out->masked)
        memcpy(out->masking_key, buf + 2 + extended, sizeof out->masking_key);
    out->header_bytes = (uint8_t)need;
    return (ssize_t)need;
}

size_t ws_frame_encode(uint8_t *out, const struct ws_frame *f)
{
    uint8_t length_field = (uint8_t)f->payload_bytes;
    size_t extended, at;

    if (f->payload_bytes >= LENGTH_16)
        length_field = f->payload_bytes > UINT16_MAX ? LENGTH_64 : LENGTH_16;
    extended = extended_bytes(length_field);
    out[0] =
        (uint8_t)((f->fin ? FIN_BIT : 0) | (f->rsv & 7) << RSV_SHIFT | (f->opcode & OPCODE_BITS));
    out[1] = (uint8_t)((f->masked ? MASK_BIT : 0) | length_field);
    be_write(out + 2, f->payload_bytes, extended);
    at = 2 + extended;
    if (!f->masked)
        return at;
    memcpy(out + at, f->masking_key, sizeof f->masking_key);
    return at + sizeof f->masking_key;
}

void ws_mask(uint8_t *data, size_t len, const uint8_t key[4], uint64_t offset)
{
    uint8_t pattern[8];
    uint64_t mask, word;
    size_t i = 0;

    for (size_t k = 0; k < sizeof pattern; k++)
        pattern[k] = key[(offset + k) % 4];
    memcpy(&mask, pattern, sizeof mask);
    /* memcpy: data may lie at any alignment, and it compiles to plain loads and stores. */
    for (; len - i >= sizeof word; i += sizeof word) {
        memcpy(&word, data + i, sizeof word);
        word ^= mask;
        memcpy(data + i, &word, sizeof word);
    }
    for (; i < len; i++)
        data[i] ^= pattern[i % sizeof pattern];
}
