#include "lib/proto/ws_frame.h"

#include <assert.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/utf8.h"

enum { FIN_BIT = 0x80, RSV_SHIFT = 4, OPCODE_BITS = 0x0f, MASK_BIT = 0x80, LENGTH_BITS = 0x7f };
enum { LENGTH_16 = 126, LENGTH_64 = 127 };
enum { CLOSE_CODE_BYTES = 2, CLOSE_REASON_MAX_BYTES = WS_CONTROL_MAX_BYTES - CLOSE_CODE_BYTES };

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
        out->payload_bytes = be_get(buf + 2, extended);
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
    be_put(out + 2, f->payload_bytes, extended);
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

/* ---- control frames ---- */

bool ws_close_code_valid(uint16_t code)
{
    /* 1004 is reserved; 1005, 1006 and 1015 only ever name what did not happen on the wire;
     * 1012-1014 were registered later (IANA); 3000-4999 belong to libraries and applications. */
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

int ws_close_decode(uint16_t *code, const uint8_t *body, size_t len)
{
    struct utf8 utf8 = {0};

    *code = WS_CLOSE_NO_STATUS;
    if (len == 0)
        return PL_OK;
    if (len < CLOSE_CODE_BYTES)
        return PL_EPROTO;
    *code = (uint16_t)(body[0] << 8 | body[1]);
    if (!ws_close_code_valid(*code))
        return PL_EPROTO;
    if (!utf8_feed(&utf8, body + CLOSE_CODE_BYTES, len - CLOSE_CODE_BYTES) || !utf8_done(&utf8))
        return PL_EUTF8;
    return PL_OK;
}

size_t ws_control_encode(uint8_t *out, uint8_t opcode, const void *payload, size_t len,
                         const uint8_t *masking_key)
{
    struct ws_frame f = {.fin = true, .opcode = opcode, .payload_bytes = len};
    size_t head;

    assert(ws_is_control(opcode) && len <= WS_CONTROL_MAX_BYTES);
    if (masking_key != NULL) {
        f.masked = true;
        memcpy(f.masking_key, masking_key, sizeof f.masking_key);
    }
    head = ws_frame_encode(out, &f);
    if (len > 0)
        memcpy(out + head, payload, len);
    if (f.masked)
        ws_mask(out + head, len, f.masking_key, 0);
    return head + len;
}

/* Bytes of reason that fit into a close frame without splitting a code point. */
static size_t reason_fit(const char *reason)
{
    size_t len = strnlen(reason, CLOSE_REASON_MAX_BYTES + 1);

    if (len <= CLOSE_REASON_MAX_BYTES)
        return len;
    len = CLOSE_REASON_MAX_BYTES;
    while (len > 0 && ((uint8_t)reason[len] & 0xc0) == 0x80)
        len--;
    return len;
}

size_t ws_close_encode(uint8_t *out, uint16_t code, const char *reason, const uint8_t *masking_key)
{
    uint8_t body[WS_CONTROL_MAX_BYTES] = {(uint8_t)(code >> 8), (uint8_t)code};
    size_t reason_bytes = reason != NULL ? reason_fit(reason) : 0;

    if (code == 0 || code == WS_CLOSE_NO_STATUS)
        return ws_control_encode(out, WS_CLOSE, NULL, 0, masking_key);
    if (reason_bytes > 0)
        memcpy(body + CLOSE_CODE_BYTES, reason, reason_bytes);
    return ws_control_encode(out, WS_CLOSE, body, CLOSE_CODE_BYTES + reason_bytes, masking_key);
}
