/* A WebSocket endpoint's receiving half (RFC 6455 §5-§8): bytes in, messages and control
 * frames out. Enforces masking by role, fragmentation and control frame rules, size limits,
 * UTF-8 and close code validity. No I/O, no clock; both sides use it. */
#pragma once

#include "lib/proto/ws_frame.h"

/* A server requires masked frames, a client refuses them (§5.1). */
enum ws_role { WS_SERVER, WS_CLIENT };

enum ws_event_type {
    WS_EVENT_NONE,    /* more bytes are needed */
    WS_EVENT_MESSAGE, /* a whole text or binary message, reassembled */
    WS_EVENT_PING,
    WS_EVENT_PONG,
    WS_EVENT_CLOSE, /* close_code is WS_CLOSE_NO_STATUS when the body was empty */
};

struct ws_event {
    enum ws_event_type type;
    uint8_t opcode;         /* WS_TEXT, WS_BINARY, WS_PING, WS_PONG or WS_CLOSE */
    const uint8_t *data;    /* payload, or the close reason; not NULL in an event */
    size_t len;             /* of data, which is valid until the next feed */
    uint16_t close_code;    /* of WS_EVENT_CLOSE, else 0 */
    uint32_t framing_bytes; /* header bytes that this event's frames took on the wire */
};

struct ws_assembly; /* what came in pieces; exists only while something is unfinished */

/* 24 bytes while idle: ten thousand quiet subscribers have one each. */
struct ws_reader {
    size_t max_message_bytes;
    struct ws_assembly *assembly;
    uint16_t error_close_code; /* what to send after a negative return (§7.4.1) */
    uint8_t role;              /* enum ws_role */
    int8_t error;              /* the negative return, once there was one */
    bool closed;               /* a close frame has come */
};

/* Start. No memory is taken until a header, frame or message arrives in pieces. */
void ws_reader_init(struct ws_reader *r, enum ws_role role, size_t max_message_bytes);

/* Consume bytes up to and including the next event. data is unmasked in place, and a whole
 * unfragmented frame is handed out where it lies, without a copy. After WS_EVENT_CLOSE
 * everything is consumed and discarded (§1.4). A feed of no bytes gives the last event's
 * memory back early.
 * Returns bytes consumed (all of them when ev->type is WS_EVENT_NONE), or
 * PL_EPROTO, PL_EUTF8, PL_ELIMIT, PL_ENOMEM: the connection is to be failed with
 * r->error_close_code (1002, 1007, 1009, 1011; §7.1.7). A frame is refused once its header is
 * whole, without waiting for payload; text at its first wrong byte. After an error
 * every further call returns the same. */
ssize_t ws_reader_feed(struct ws_reader *r, uint8_t *data, size_t len, struct ws_event *ev);

/* Give all memory back; the last event's data goes with it. */
void ws_reader_free(struct ws_reader *r);
