#include "servers/transport/transports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "servers/http/intake.h"
#include "servers/http/origin.h"
#include "servers/transport/poll.h"
#include "servers/transport/ws_session.h"

static struct shared *websocket_encode(const struct update *u, const struct update_encoding *by)
{
    (void)by;
    return ws_session_frame(WS_TEXT, u->json->data, u->json->len);
}

static const struct update_encoding websocket_frame = {websocket_encode};
static int add_missed(struct buf *out, const struct peer *p, const struct selection *part);
static const struct follower_encodings websocket_frames = {&websocket_frame, &websocket_frame,
                                                           add_missed};

static void websocket_deliver(struct subscriber *sub, struct update *u, enum delivery how)
{
    struct peer *p = peer_from_subscriber(sub);
    struct ws_session *ws = p->state;

    follower_deliver(&ws->follower, p, &websocket_frames, u, how);
}

static void websocket_flushed(struct peer *p, int64_t now_ns)
{
    struct ws_session *ws = p->state;

    if (ws != NULL)
        follower_flushed(&ws->follower, p, &websocket_frames, now_ns);
}

static uint16_t close_code_of(int err)
{
    switch (err) {
    case PL_OK:
        return 0;
    case PL_EINVAL: /* JSON, but not a post */
        return WS_CLOSE_POLICY_VIOLATION;
    case PL_ELIMIT:
    case PL_EAWAY:
        return WS_CLOSE_TRY_AGAIN_LATER;
    case PL_ENOMEM:
        return WS_CLOSE_INTERNAL_ERROR;
    default:
        return WS_CLOSE_INVALID_PAYLOAD;
    }
}

static void websocket_published(struct peer *p, int err, const struct intake_result *r)
{
    (void)r;
    if (err < 0)
        ws_session_fail(p, close_code_of(err), NULL);
}

/* A client's text message is published, as with POST /publish. */
static uint16_t websocket_publish(struct peer *p, const struct ws_event *message)
{
    const struct ws_session *ws = p->state;
    char *text;

    if (message->opcode != WS_TEXT)
        return WS_CLOSE_UNSUPPORTED_DATA;
    if (!ws->may_publish)
        return WS_CLOSE_POLICY_VIOLATION;
    text = malloc(message->len + 1);
    if (text == NULL)
        return WS_CLOSE_INTERNAL_ERROR;
    if (message->len > 0)
        memcpy(text, message->data, message->len);
    intake_publish(p, text, message->len, NULL, websocket_published);
    free(text);
    return 0;
}

static int add_message(struct buf *out, const char *text, size_t len)
{
    struct shared *frame = ws_session_frame(WS_TEXT, text, len);
    int err = frame == NULL ? PL_ENOMEM : buf_add(out, frame->data, frame->len);

    shared_unref(frame);
    return err;
}

static int add_missed(struct buf *out, const struct peer *p, const struct selection *part)
{
    char text[48];
    int len = snprintf(text, sizeof text, "{\"missed\":%llu}", (unsigned long long)part->missed);

    (void)p;
    return add_message(out, text, (size_t)len);
}

/* Where the client begins, and how many updates before that are lost to it. */
static int add_notes(struct buf *out, const struct peer *p, const struct selection *opening,
                     bool restarted)
{
    struct cursor from = {.seq = opening->from};
    char text[HELLO_TEXT_BYTES];
    int err;

    memcpy(from.epoch, peer_context(p)->hub->epoch, sizeof from.epoch);
    err = add_message(out, text, hello_encode(text, &from, restarted));
    return err < 0 || opening->missed == 0 ? err : add_missed(out, p, opening);
}

static void websocket_begin(struct peer *p, const struct reading *reading)
{
    struct ws_session *ws = p->state;
    struct selection opening;
    struct buf out = {0};
    int err = hub_select_part(peer_context(p)->hub, reading->to, reading->cursor, 0, &opening);

    if (err == 0)
        err = add_notes(&out, p, &opening, reading->restarted);
    p->sub.deliver = websocket_deliver;
    if (err == 0)
        follower_open(&ws->follower, p, &websocket_frames, reading->to, &opening, &out);
    else
        peer_drop(p, DROP_NO_MEMORY);
    buf_free(&out);
}

static void websocket_open(struct peer *p, const struct http_request *req)
{
    bool may_publish = publisher_allowed(p, req);
    struct reading reading;

    if (!poll_parse_reading(p, req, NULL, &reading))
        return;
    if (ws_session_open(p, req, websocket_publish)) {
        ((struct ws_session *)p->state)->may_publish = may_publish;
        websocket_begin(p, &reading);
    }
    poll_release_reading(&reading);
}

const struct transport transport_websocket = {
    .info = &transport_infos[TRANSPORT_WEBSOCKET],
    .open = websocket_open,
    .input = ws_session_input,
    .flushed = websocket_flushed,
    .tick = ws_session_tick,
    .stop = ws_session_stop,
    .release = ws_session_release,
};
