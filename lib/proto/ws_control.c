#include "lib/proto/ws_control.h"

#include <assert.h>
#include <string.h>

#include "lib/base/err.h"
#include "lib/base/utf8.h"

enum { CLOSE_CODE_BYTES = 2, CLOSE_REASON_MAX_BYTES = WS_CONTROL_MAX_BYTES - CLOSE_CODE_BYTES };

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
