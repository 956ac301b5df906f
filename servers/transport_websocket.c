#include "transport_websocket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "err.h"
#include "json_line.h"
#include "origin.h"
#include "poll.h"
#include "server.h"
#include "ws_session.h"

static struct shared *websocket_encode(const struct update *u)
{
    return ws_session_frame(WS_TEXT, u->json->data, u->json->len);
}

static const struct update_encoding websocket_frame = {"websocket-frame", websocket_encode};

static void websocket_deliver(struct subscriber *sub, struct update *u, enum delivery how)
{
    struct peer *p = peer_from_subscriber(sub);
    struct shared *frame;

    (void)how;
    if (p->conn.ended || p->conn.finishing)
        return;
    frame = update_encoded(u, &websocket_frame);
    if (frame == NULL) {
        peer_drop(p, DROP_NO_MEMORY);
        return;
    }
    p->last_out_ns = u->t_ns;
    peer_send_shared(p, frame, u->json->len, 1);
}

/* A client's text message is published, as with POST /publish. */
static uint16_t websocket_publish(struct peer *p, const struct ws_event *message)
{
    const struct ws_session *ws = p->state;
    ssize_t len;
    char *line;

    if (message->opcode != WS_TEXT)
        return WS_CLOSE_UNSUPPORTED_DATA;
    if (!ws->may_publish)
        return WS_CLOSE_POLICY_VIOLATION;
    line = malloc(message->len + 1);
    if (line == NULL)
        return WS_CLOSE_INTERNAL_ERROR;
    len = json_line_compact(line, (const char *)message->data, message->len);
    if (len > 0 && server_publish(p->server, line, (size_t)len) == 0)
        len = LAB_ENOMEM;
    free(line);
    if (len == LAB_ENOMEM)
        return WS_CLOSE_INTERNAL_ERROR;
    return len > 0 ? 0 : WS_CLOSE_INVALID_PAYLOAD;
}

/* {"name":n} as a text message. */
static int add_note(struct buf *out, const char *name, uint64_t n)
{
    char text[48];
    int len = snprintf(text, sizeof text, "{\"%s\":%llu}", name, (unsigned long long)n);
    struct shared *frame = ws_session_frame(WS_TEXT, text, (size_t)len);
    int err = frame == NULL ? LAB_ENOMEM : buf_add(out, frame->data, frame->len);

    shared_unref(frame);
    return err;
}

/* Everything up to now in one send, as the other streams do: the backlog limit then takes it
 * for one message, and a client that catches up for a slow reader only if it is one. */
static int websocket_send_opening(struct peer *p, uint64_t cursor)
{
    const struct hub *hub = &p->server->hub;
    struct hub_range range = hub_after(hub, cursor);
    struct buf out = {0};
    size_t payload_bytes = 0;
    int err = add_note(&out, "hello", range.first - 1 - range.missed);

    if (range.missed > 0)
        err |= add_note(&out, "missed", range.missed);
    for (uint64_t seq = range.first; seq <= range.last && err == 0; seq++) {
        struct update *u = hub_get(hub, seq);
        struct shared *frame = update_encoded(u, &websocket_frame);

        err |= frame == NULL ? LAB_ENOMEM : buf_add(&out, frame->data, frame->len);
        payload_bytes += u->json->len;
    }
    if (err == 0)
        err = peer_send(p, out.data, out.len, payload_bytes, range.last + 1 - range.first);
    else
        peer_drop(p, DROP_NO_MEMORY);
    buf_free(&out);
    return err;
}

static void websocket_open(struct peer *p, const struct http_request *req)
{
    bool may_publish = publisher_allowed(p, req);
    uint64_t cursor;

    if (!poll_parse_since(p, req, &cursor) || !ws_session_open(p, req, websocket_publish))
        return;
    ((struct ws_session *)p->state)->may_publish = may_publish;
    if (websocket_send_opening(p, cursor) < 0)
        return;
    p->sub.deliver = websocket_deliver;
    hub_subscribe(&p->server->hub, &p->sub, p->server->hub.everything);
}

const struct transport transport_websocket = {
    .name = "websocket",
    .path = "/ws",
    .about = "RFC 6455: a text message an update, full duplex",
    .open = websocket_open,
    .input = ws_session_input,
    .tick = ws_session_tick,
    .stop = ws_session_stop,
    .release = ws_session_release,
};
