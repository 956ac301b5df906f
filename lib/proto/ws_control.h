/* WebSocket control frames (RFC 6455 §5.5): written whole, and the close frame's body with its
 * codes (§7.4). No I/O. */
#ifndef PUSHLAB_WS_CONTROL_H
#define PUSHLAB_WS_CONTROL_H

#include "lib/proto/ws_frame.h"

/* Close codes (§7.4.1, and IANA's registry of them). */
enum ws_close_code {
    WS_CLOSE_NORMAL = 1000,
    WS_CLOSE_GOING_AWAY = 1001,
    WS_CLOSE_PROTOCOL_ERROR = 1002,
    WS_CLOSE_UNSUPPORTED_DATA = 1003,
    WS_CLOSE_NO_STATUS = 1005, /* never on the wire: the close frame had no code */
    WS_CLOSE_ABNORMAL = 1006,  /* never on the wire */
    WS_CLOSE_INVALID_PAYLOAD = 1007,
    WS_CLOSE_POLICY_VIOLATION = 1008,
    WS_CLOSE_MESSAGE_TOO_BIG = 1009,
    WS_CLOSE_INTERNAL_ERROR = 1011,
    WS_CLOSE_TRY_AGAIN_LATER = 1013,
};

/* May this code be sent in a close frame? (§7.4: 1000-1003, 1007-1014, 3000-4999) */
bool ws_close_code_valid(uint16_t code);

/* Read a close frame's unmasked body (§5.5.1): *code is WS_CLOSE_NO_STATUS when it is empty,
 * else the first two bytes; what follows them is the reason.
 * 0, PL_EPROTO (one byte, or a code that must not be sent) or PL_EUTF8 (the reason). */
int ws_close_decode(uint16_t *code, const uint8_t *body, size_t len);

/* Write a whole control frame (header, optional masking key, payload) to out, which must
 * have room for WS_HEADER_MAX_BYTES + len; len <= WS_CONTROL_MAX_BYTES. masking_key NULL: not
 * masked. Returns its length. */
size_t ws_control_encode(uint8_t *out, uint8_t opcode, const void *payload, size_t len,
                         const uint8_t *masking_key);

/* The same for a close frame: code and reason (UTF-8, may be NULL), cut at 123 bytes on a code
 * point's border. Code 0 or WS_CLOSE_NO_STATUS: empty body, so that a received close code can
 * be echoed as it is (§5.5.1). out needs WS_HEADER_MAX_BYTES + WS_CONTROL_MAX_BYTES. */
size_t ws_close_encode(uint8_t *out, uint16_t code, const char *reason, const uint8_t *masking_key);

#endif
