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

static int websocket_send_update(struct peer *p, struct update *u)
{
    struct shared *frame = update_encoded(u, &websocket_frame);

    if (frame == NULL) {
        peer_drop(p, DROP_NO_MEMORY);
        return LAB_ENOMEM;
    }
    return peer_send_shared(p, frame, u->json->len, 1);
}

static void websocket_deliver(struct subscriber *sub, struct update *u)
{
    struct peer *p = peer_from_subscriber(sub);

    if (p->conn.ended || p->conn.finishing)
        return;
    p->last_out_ns = u->t_ns;
    websocket_send_update(p, u);
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

static int websocket_send_note(struct peer *p, const char *name, uint64_t n)
{
    char text[48];
    int len = snprintf(text, sizeof text, "{\"%s\":%llu}", name, (unsigned long long)n);

    return ws_session_send(p, WS_TEXT, text, (size_t)len);
}

static void websocket_open(struct peer *p, const struct http_request *req)
{
    struct hub *hub = &p->server->hub;
    struct hub_range range;
    uint64_t cursor;
    bool may_publish = publisher_allowed(p, req);

    if (!poll_parse_since(p, req, &cursor) || !ws_session_open(p, req, websocket_publish))
        return;
    ((struct ws_session *)p->state)->may_publish = may_publish;
    range = hub_after(hub, cursor);
    websocket_send_note(p, "hello", range.first - 1 - range.missed);
    if (range.missed > 0)
        websocket_send_note(p, "missed", range.missed);
    for (uint64_t seq = range.first; seq <= range.last; seq++) {
        if (websocket_send_update(p, hub_get(hub, seq)) < 0)
            return;
    }
    p->sub.deliver = websocket_deliver;
    hub_subscribe(hub, &p->sub);
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
