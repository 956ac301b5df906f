/* A WebSocket endpoint on a peer (RFC 6455): the opening handshake's checks, control frames,
 * ping and pong with a time-out, and the closing handshake. What messages mean is the
 * caller's: transport_websocket.c publishes them, endpoint_echo.c returns them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "servers/transport/follower.h"
#include "servers/http/http_session.h"
#include "lib/proto/ws_reader.h"

/* A whole message. Returns 0, or the close code to fail the connection with. */
typedef uint16_t ws_on_message(struct peer *p, const struct ws_event *message);

struct ws_session {
    struct ws_reader reader;
    ws_on_message *on_message;
    int64_t ping_ns; /* when the unanswered ping left; 0: none is out */
    bool close_sent;
    /* the transport's */
    bool may_publish; /* this client may send updates */
    struct follower follower;
};

/* Check the handshake (§4.2.1) and answer it: 101, or the error it deserves. On true
 * p->state is a struct ws_session and the connection is detached from HTTP. */
bool ws_session_open(struct peer *p, const struct http_request *req, ws_on_message *on_message);

/* For struct transport. */
void ws_session_input(struct peer *p, uint8_t *data, size_t len, int64_t now_ns);
void ws_session_tick(struct peer *p, int64_t now_ns);
void ws_session_stop(struct peer *p); /* 1001 */
void ws_session_release(struct peer *p);

/* Close with this code because of what the client sent; reason NULL: none. */
void ws_session_fail(struct peer *p, uint16_t code, const char *reason);

/* Send one unmasked data frame of len bytes. 0 or negative. */
int ws_session_send(struct peer *p, uint8_t opcode, const void *data, size_t len);

/* data as one unmasked frame, to be shared. NULL: no memory. */
struct shared *ws_session_frame(uint8_t opcode, const void *data, size_t len);
