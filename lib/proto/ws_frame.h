/* WebSocket frames (RFC 6455 §5): header bytes to struct and back, masking, and control frames
 * (§5.5) with their close codes (§7.4). No I/O. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Opcodes (§5.2); the others are reserved. */
enum ws_opcode {
    WS_CONTINUATION = 0x0,
    WS_TEXT = 0x1,
    WS_BINARY = 0x2,
    WS_CLOSE = 0x8,
    WS_PING = 0x9,
    WS_PONG = 0xA,
};

enum { WS_HEADER_MAX_BYTES = 14, WS_CONTROL_MAX_BYTES = 125 /* §5.5 */ };

struct ws_frame {
    bool fin;
    uint8_t rsv; /* the three bits, 0..7 */
    uint8_t opcode;
    bool masked;
    uint8_t masking_key[4];
    uint64_t payload_bytes;
    uint8_t header_bytes; /* length of the header as it stood on the wire */
};

/* Decode the header at the front of buf. Returns its length, 0 if more bytes are needed, or
 * PL_EPROTO for a length not in its shortest form or with the top bit set (§5.2). Meaning
 * (opcode known, control frame rules, masking by role) is ws_reader's job. */
ssize_t ws_frame_decode(struct ws_frame *out, const uint8_t *buf, size_t len);

/* Encode the header of f (header_bytes is ignored) to out[WS_HEADER_MAX_BYTES], lengths in
 * their shortest form. Returns its length. */
size_t ws_frame_encode(uint8_t *out, const struct ws_frame *f);

/* Mask or unmask data in place (§5.3); offset is data's position in the frame's payload. */
void ws_mask(uint8_t *data, size_t len, const uint8_t key[4], uint64_t offset);

static inline bool ws_is_control(uint8_t opcode)
{
    return (opcode & 0x8) != 0;
}

/* ---- control frames ---- */

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
    WS_CLOSE_SERVICE_RESTART = 1012,
    WS_CLOSE_TRY_AGAIN_LATER = 1013,
};

/* The reason by which a pushlab server says with 1012 and 1013 when to come back. */
#define WS_CLOSE_RETRY "retry in %lld ms"

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
