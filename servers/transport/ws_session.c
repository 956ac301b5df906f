#include "servers/transport/ws_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/err.h"
#include "servers/http/origin.h"
#include "servers/http/reply.h"
#include "lib/proto/ws_handshake.h"

#define WS_SUBPROTOCOL "pushlab.v1"

/* The status to refuse the request with; 0 when the handshake is valid. */
static int handshake_refuse(struct peer *p, const struct http_request *req, const char **why,
                            const char **fields)
{
    const struct http_message *m = req->msg;
    const char *version = http_message_field(m, "Sec-WebSocket-Version");
    const char *key = http_message_field(m, "Sec-WebSocket-Key");

    *fields = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
    *why = "this is a WebSocket endpoint; send a WebSocket handshake (RFC 6455 section 4.1)";
    if (m->method != HTTP_GET || m->minor < 1 ||
        !http_message_has_token(m, "Connection", "Upgrade") ||
        !http_message_has_token(m, "Upgrade", "websocket"))
        return 426;
    *fields = "Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    *why = "the only WebSocket version spoken here is 13";
    if (version == NULL || strcmp(version, "13") != 0)
        return 426;
    *fields = NULL;
    *why = "Sec-WebSocket-Key must be the base64 form of 16 bytes, once";
    if (key == NULL || http_message_count(m, "Sec-WebSocket-Key") != 1 || !ws_key_valid(key))
        return 400;
    *why = "this Origin may not connect; --allow-origin adds one";
    return origin_allowed(peer_context(p), m) ? 0 : 403;
}

static int handshake_accept(struct peer *p, const struct http_request *req)
{
    char accept[WS_ACCEPT_CHARS + 1], head[256];
    bool subprotocol = http_message_has_token(req->msg, "Sec-WebSocket-Protocol", WS_SUBPROTOCOL);
    int len, err;

    err = ws_accept_from_key(accept, http_message_field(req->msg, "Sec-WebSocket-Key"));
    if (err < 0)
        return err;
    len = snprintf(head, sizeof head,
                   "HTTP/1.1 101 %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Accept: %s\r\n%s\r\n",
                   http_status_phrase(101), accept,
                   subprotocol ? "Sec-WebSocket-Protocol: " WS_SUBPROTOCOL "\r\n" : "");
    account_response(p->account, 101);
    return peer_send(p, head, (size_t)len, 0, 0);
}

bool ws_session_open(struct peer *p, const struct http_request *req, ws_on_message *on_message)
{
    const char *why, *fields;
    int status = handshake_refuse(p, req, &why, &fields);
    struct ws_session *ws;

    if (status != 0) {
        reply_error(p, status, fields, why);
        return false;
    }
    ws = calloc(1, sizeof *ws);
    if (ws == NULL || handshake_accept(p, req) < 0) {
        free(ws);
        peer_drop(p, DROP_NO_MEMORY);
        return false;
    }
    ws_reader_init(&ws->reader, WS_SERVER, (size_t)peer_context(p)->settings->ws_max_message_bytes);
    ws->on_message = on_message;
    p->state = ws;
    p->last_out_ns = req->now_ns;
    http_session_detach(p);
    return true;
}

static void session_close(struct peer *p, uint16_t code, const char *reason)
{
    uint8_t frame[WS_HEADER_MAX_BYTES + WS_CONTROL_MAX_BYTES];
    struct ws_session *ws = p->state;

    if (ws->close_sent)
        return;
    ws->close_sent = true;
    peer_send(p, frame, ws_close_encode(frame, code, reason, NULL), 0, 0);
    peer_finish(p, true);
}

void ws_session_fail(struct peer *p, uint16_t code, const char *reason)
{
    int64_t wait_ms = http_context_return_ms(peer_context(p));
    char later[40];

    snprintf(later, sizeof later, WS_CLOSE_RETRY, (long long)wait_ms);
    p->drop = DROP_PROTOCOL + 1;
    session_close(p, code, code == WS_CLOSE_TRY_AGAIN_LATER && wait_ms >= 0 ? later : reason);
}

/* Echo the peer's code (§5.5.1) and close: the server is to close the TCP connection first
 * (§7.1.1). */
static void session_answer_close(struct peer *p, const struct ws_event *ev)
{
    uint16_t code = ev->close_code == WS_CLOSE_NO_STATUS ? 0 : ev->close_code;

    session_close(p, code, NULL);
}

static void session_control(struct peer *p, const struct ws_event *ev)
{
    uint8_t frame[WS_HEADER_MAX_BYTES + WS_CONTROL_MAX_BYTES];
    struct ws_session *ws = p->state;

    if (ev->type == WS_EVENT_PING)
        peer_send(p, frame, ws_control_encode(frame, WS_PONG, ev->data, ev->len, NULL), 0, 0);
    else if (ev->type == WS_EVENT_PONG)
        ws->ping_ns = 0;
    else
        session_answer_close(p, ev);
}

static void session_message(struct peer *p, const struct ws_event *ev)
{
    struct ws_session *ws = p->state;
    uint16_t code;

    p->account->in_payload_bytes += ev->len;
    code = ws->on_message(p, ev);
    if (code != 0)
        ws_session_fail(p, code, NULL);
}

void ws_session_input(struct peer *p, uint8_t *data, size_t len, int64_t now_ns)
{
    struct ws_session *ws = p->state;

    (void)now_ns;
    while (len > 0 && !p->conn.ended && !p->conn.finishing) {
        struct ws_event ev;
        ssize_t n = ws_reader_feed(&ws->reader, data, len, &ev);

        if (n < 0) {
            ws_session_fail(p, ws->reader.error_close_code, pl_strerror((int)n));
            return;
        }
        data += n;
        len -= (size_t)n;
        if (ev.type == WS_EVENT_MESSAGE)
            session_message(p, &ev);
        else if (ev.type != WS_EVENT_NONE)
            session_control(p, &ev);
    }
}

/* A ping goes out at every interval; the one before it must have been answered, or anything
 * else received since, within the time-out. */
void ws_session_tick(struct peer *p, int64_t now_ns)
{
    static const uint8_t ping[] = {0x80 | WS_PING, 0};
    const struct http_settings *o = peer_context(p)->settings;
    int64_t ping_after_ns = peer_beat_ns(p, o->ws_ping_ns > 0 ? o->ws_ping_ns : INT64_MAX);
    struct ws_session *ws = p->state;

    if (ws == NULL || ping_after_ns == INT64_MAX)
        return;
    if (ws->ping_ns != 0 && p->last_in_ns >= ws->ping_ns)
        ws->ping_ns = 0;
    if (ws->ping_ns != 0) {
        if (now_ns - ws->ping_ns >= o->ws_ping_timeout_ns)
            peer_drop(p, DROP_PING_TIMEOUT);
        return;
    }
    if (now_ns - p->last_in_ns < ping_after_ns || conn_queued_bytes(&p->conn) > 0)
        return; /* queued bytes detect a broken connection too */
    ws->ping_ns = now_ns;
    peer_send(p, ping, sizeof ping, 0, 0);
}

void ws_session_stop(struct peer *p)
{
    int64_t wait_ms = http_context_return_ms(peer_context(p));
    char reason[40];

    snprintf(reason, sizeof reason, WS_CLOSE_RETRY, (long long)wait_ms);
    if (p->state == NULL)
        conn_close(&p->conn);
    else if (wait_ms < 0)
        session_close(p, WS_CLOSE_GOING_AWAY, "the server is stopping");
    else
        session_close(p, WS_CLOSE_SERVICE_RESTART, reason);
}

void ws_session_release(struct peer *p)
{
    struct ws_session *ws = p->state;

    if (ws == NULL)
        return;
    follower_release(&ws->follower);
    ws_reader_free(&ws->reader);
    free(ws);
    p->state = NULL;
}

struct shared *ws_session_frame(uint8_t opcode, const void *data, size_t len)
{
    struct ws_frame f = {.fin = true, .opcode = opcode, .payload_bytes = len};
    uint8_t head[WS_HEADER_MAX_BYTES];
    size_t head_len = ws_frame_encode(head, &f);
    struct shared *frame = shared_new(head_len + len);

    if (frame == NULL)
        return NULL;
    memcpy(frame->data, head, head_len);
    if (len > 0)
        memcpy(frame->data + head_len, data, len);
    return frame;
}

int ws_session_send(struct peer *p, uint8_t opcode, const void *data, size_t len)
{
    struct shared *frame = ws_session_frame(opcode, data, len);
    int err;

    if (frame == NULL) {
        peer_drop(p, DROP_NO_MEMORY);
        return PL_ENOMEM;
    }
    err = peer_send_shared(p, frame, len, 0);
    shared_unref(frame);
    return err;
}
