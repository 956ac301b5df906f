/* A WebSocket endpoint's receiving half (RFC 6455 §5-§8): bytes in, messages and control
 * frames out. Enforces masking by role, fragmentation and control frame rules, size limits,
 * UTF-8 and close code validity. No I/O, no clock; both sides use it. */
#ifndef PUSHLAB_WS_READER_H
#define PUSHLAB_WS_READER_H

#include "buf.h"
#include "utf8.h"
#include "ws_frame.h"

enum ws_role { WS_SERVER, WS_CLIENT }; /* a server requires masked frames, a client refuses them (§5.1) */

enum ws_close_code { /* §7.4.1 */
    WS_CLOSE_NORMAL = 1000,
    WS_CLOSE_GOING_AWAY = 1001,
    WS_CLOSE_PROTOCOL_ERROR = 1002,
    WS_CLOSE_UNSUPPORTED_DATA = 1003,
    WS_CLOSE_NO_STATUS = 1005,      /* never on the wire: the close frame had no code */
    WS_CLOSE_ABNORMAL = 1006,       /* never on the wire */
    WS_CLOSE_INVALID_PAYLOAD = 1007,
    WS_CLOSE_POLICY_VIOLATION = 1008,
    WS_CLOSE_MESSAGE_TOO_BIG = 1009,
    WS_CLOSE_INTERNAL_ERROR = 1011,
};

enum ws_event_type {
    WS_EVENT_NONE,    /* more bytes are needed */
    WS_EVENT_MESSAGE, /* a whole text or binary message, reassembled */
    WS_EVENT_PING,
    WS_EVENT_PONG,
    WS_EVENT_CLOSE,   /* close_code is WS_CLOSE_NO_STATUS when the body was empty */
};

struct ws_event {
    enum ws_event_type type;
    uint8_t opcode;             /* of a message: WS_TEXT or WS_BINARY */
    const uint8_t *data;        /* payload, or the close reason; valid until the next feed */
    size_t len;
    uint16_t close_code;
    uint32_t framing_bytes;     /* header bytes that this event's frames took on the wire */
};

struct ws_reader {
    enum ws_role role;
    size_t max_message_bytes;
    struct ws_frame frame;      /* the frame being read */
    uint64_t frame_got_bytes;   /* of its payload */
    uint8_t head[WS_HEADER_MAX_BYTES]; /* a header cut by the end of the input */
    uint8_t head_len;
    uint8_t message_opcode;     /* 0 outside a message */
    bool in_frame;
    bool deliver_pending;       /* buffers to be released at the next feed */
    uint16_t error_close_code;  /* what to send after a negative return (§7.4.1) */
    uint32_t framing_bytes;
    struct utf8 utf8;
    struct buf message;         /* unfinished message payload; memory only while in use */
    struct buf control;         /* unfinished control payload; likewise */
};

/* Start. No memory is taken until a frame arrives in pieces. */
void ws_reader_init(struct ws_reader *r, enum ws_role role, size_t max_message_bytes);

/* Consume bytes up to and including the next event. data is unmasked in place, and a whole
 * unfragmented frame is handed out where it lies, without a copy.
 * Returns bytes consumed (all of them when ev->type is WS_EVENT_NONE), or
 * LAB_EPROTO, LAB_EUTF8, LAB_ELIMIT, LAB_ENOMEM: the connection is to be failed with
 * r->error_close_code (1002, 1007, 1009, 1011; §7.1.7). After an error the reader is dead. */
ssize_t ws_reader_feed(struct ws_reader *r, uint8_t *data, size_t len, struct ws_event *ev);

void ws_reader_free(struct ws_reader *r);

/* May this code be sent in a close frame? (§7.4: 1000-1003, 1007-1014, 3000-4999) */
bool ws_close_code_valid(uint16_t code);

/* Write a whole control frame (header, optional masking key, payload) to out, which must
 * have room for WS_HEADER_MAX_BYTES + len; len <= WS_CONTROL_MAX_BYTES. masking_key NULL: not
 * masked. Returns its length. */
size_t ws_control_encode(uint8_t *out, uint8_t opcode, const void *payload, size_t len,
                         const uint8_t *masking_key);

/* The same for a close frame: code (0: empty body) and reason, cut at 123 bytes on a
 * code point's border. out needs WS_HEADER_MAX_BYTES + WS_CONTROL_MAX_BYTES. */
size_t ws_close_encode(uint8_t *out, uint16_t code, const char *reason, const uint8_t *masking_key);

#endif
