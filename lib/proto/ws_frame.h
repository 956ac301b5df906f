/* WebSocket frames (RFC 6455 §5): header bytes to struct and back, and masking. No I/O. */
#ifndef PUSHLAB_WS_FRAME_H
#define PUSHLAB_WS_FRAME_H

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

#endif
