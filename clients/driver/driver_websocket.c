/* WebSocket (RFC 6455), the client's half: opening handshake, one text message per update,
 * pongs, closing handshake. Frames are ws_reader's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients/client/client.h"
#include "clients/driver/drivers.h"
#include "lib/base/clock.h"
#include "lib/proto/ws_handshake.h"
#include "lib/proto/ws_reader.h"

#define SUBPROTOCOL "pushlab.v1"

enum { MESSAGE_MAX_BYTES = 64 << 20 };

/* Exists only until the 101: fifty thousand clients need not keep it. */
struct opening {
    struct http_reader reader;
    char accept[WS_ACCEPT_CHARS + 1]; /* what the server has to answer */
};

struct websocket_client {
    struct client client;
    struct opening *opening;
    struct ws_reader reader;
    bool close_sent;
};

static struct websocket_client *of(struct client *c)
{
    return (struct websocket_client *)c;
}

/* ---- opening handshake (§4.1) ---- */

static struct opening *opening_new(void)
{
    struct http_limits limits = {.head_bytes = HTTP_RESPONSE_HEAD_MAX_BYTES, .body_bytes = 65536};
    struct opening *o = calloc(1, sizeof *o);

    if (o != NULL)
        http_reader_init(&o->reader, HTTP_RESPONSES, &limits);
    return o;
}

static void opening_free(struct opening *o)
{
    if (o != NULL)
        http_reader_free(&o->reader);
    free(o);
}

/* A fresh key, and the answer that proves the server has read it. */
static int make_key(struct websocket_client *w, char key[WS_KEY_CHARS + 1])
{
    struct client_env *env = w->client.net.env;
    uint64_t nonce[2] = {client_env_draw(env), client_env_draw(env)};

    ws_key_encode(key, (const uint8_t *)nonce);
    return ws_accept_from_key(w->opening->accept, key);
}

static void ask_for_upgrade(struct client *c, const char *key, int64_t now_ns)
{
    char fields[256];
    struct client_request request = {
        .kind = REQUEST_UPGRADE, .fields = fields, .with_cursor = true, .hold_ms = -1};

    snprintf(fields, sizeof fields,
             "Connection: Upgrade\r\n"
             "Upgrade: websocket\r\n"
             "Sec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: %s\r\n"
             "Sec-WebSocket-Protocol: " SUBPROTOCOL "\r\n",
             key);
    client_ask(c, &request, now_ns);
}

static void websocket_on_open(struct client *c, int64_t now_ns)
{
    struct websocket_client *w = of(c);
    char key[WS_KEY_CHARS + 1];

    w->close_sent = false;
    ws_reader_init(&w->reader, WS_CLIENT, MESSAGE_MAX_BYTES);
    w->opening = opening_new();
    if (w->opening == NULL || make_key(w, key) < 0)
        client_fail(c, pl_strerror(PL_ENOMEM), now_ns);
    else
        ask_for_upgrade(c, key, now_ns);
}

/* §4.1, "the client MUST validate the server's response as follows"; NULL: all is well. */
static const char *find_fault(const struct opening *o)
{
    const struct http_message *m = &o->reader.msg;
    const char *accept = http_message_field(m, "Sec-WebSocket-Accept");
    const char *protocol = http_message_field(m, "Sec-WebSocket-Protocol");

    if (m->minor < 1)
        return "101 in HTTP/1.0";
    if (!http_message_has_token(m, "Upgrade", "websocket"))
        return "101 without Upgrade: websocket";
    if (!http_message_has_token(m, "Connection", "Upgrade"))
        return "101 without Connection: Upgrade";
    if (accept == NULL || strcmp(accept, o->accept) != 0 ||
        http_message_count(m, "Sec-WebSocket-Accept") != 1)
        return "wrong Sec-WebSocket-Accept";
    if (http_message_count(m, "Sec-WebSocket-Extensions") != 0)
        return "an extension that was not offered";
    if (protocol != NULL && (strcmp(protocol, SUBPROTOCOL) != 0 ||
                             http_message_count(m, "Sec-WebSocket-Protocol") != 1))
        return "a subprotocol that was not offered";
    return NULL;
}

static void opening_answered(struct websocket_client *w, int64_t recv_ns)
{
    struct client *c = &w->client;
    const char *fault = find_fault(w->opening);

    client_sort_bytes(c, recv_ns);
    if (fault != NULL) {
        client_give_up(c, fault, recv_ns);
        return;
    }
    client_answered(c, &w->opening->reader.msg, recv_ns);
    opening_free(w->opening);
    w->opening = NULL;
    if (c->net.env->hooks->opened != NULL)
        c->net.env->hooks->opened(c->net.env->hooks_arg, c);
}

/* Bytes consumed; frames may follow right behind the head. */
static size_t read_opening(struct websocket_client *w, const uint8_t *data, size_t len,
                           int64_t recv_ns)
{
    struct client *c = &w->client;
    size_t at = 0;
    enum http_event ev;

    do {
        ssize_t n = http_reader_feed(&w->opening->reader, data + at, len - at, &ev);
        int status = w->opening->reader.msg.status;

        if (n < 0) {
            client_fail(c, "the response is not HTTP/1.1", recv_ns);
            return len;
        }
        client_took(c, (size_t)n);
        at += (size_t)n;
        if (ev == HTTP_HEAD_DONE && status >= 200)
            client_refused(c, &w->opening->reader.msg,
                           http_status_is_final(status) || status / 100 == 2, recv_ns);
        if (ev == HTTP_MESSAGE && status == 101) {
            opening_answered(w, recv_ns);
            return at;
        }
    } while (ev != HTTP_NEED_MORE && !c->net.conn.ended);
    return len;
}

/* ---- frames ---- */

/* A client masks every frame, each with a fresh key (§5.3). */
static void send_control(struct websocket_client *w, uint8_t opcode, const void *payload,
                         size_t len, int64_t now_ns)
{
    uint8_t frame[WS_HEADER_MAX_BYTES + WS_CONTROL_MAX_BYTES];
    uint64_t key = client_env_draw(w->client.net.env);

    len = ws_control_encode(frame, opcode, payload, len, (const uint8_t *)&key);
    client_send(&w->client, frame, len, now_ns);
}

static void send_close(struct websocket_client *w, uint16_t code, int64_t now_ns)
{
    uint8_t frame[WS_HEADER_MAX_BYTES + WS_CONTROL_MAX_BYTES];
    uint64_t key = client_env_draw(w->client.net.env);
    size_t len = ws_close_encode(frame, code, NULL, (const uint8_t *)&key);

    if (!w->close_sent)
        client_send(&w->client, frame, len, now_ns);
    w->close_sent = true;
}

/* Echo the code, then let the server end the TCP connection first (§5.5.1, §7.1.1), but not
 * for ever. */
static void on_close_frame(struct websocket_client *w, const struct ws_event *ev, int64_t now_ns)
{
    bool later =
        ev->close_code == WS_CLOSE_SERVICE_RESTART || ev->close_code == WS_CLOSE_TRY_AGAIN_LATER;
    char reason[WS_CONTROL_MAX_BYTES + 1];
    long long wait_ms;

    snprintf(reason, sizeof reason, "%.*s", (int)ev->len, (const char *)ev->data);
    if (later && strncmp(reason, WS_CLOSE_RETRY, strcspn(WS_CLOSE_RETRY, "%")) == 0) {
        wait_ms = strtoll(reason + strcspn(WS_CLOSE_RETRY, "%"), NULL, 10);
        client_retry_once(&w->client, wait_ms > 0 ? wait_ms : 0);
    }
    if (!w->close_sent)
        client_env_note(w->client.net.env, "%s: closed by the server with %u",
                        w->client.driver->info->path, ev->close_code);
    send_close(w, ev->close_code, now_ns);
    conn_finish(&w->client.net.conn, true);
    client_wait_until(&w->client, now_ns + NS_PER_S);
}

/* Frames are read in order, so the pong of a mark confirms that all posted before it was read.
 * Other pongs are unsolicited (§5.5.3). */
static void on_pong(struct websocket_client *w, const struct ws_event *ev)
{
    const struct client_hooks *hooks = w->client.net.env->hooks;
    uint64_t mark;

    if (ev->len != sizeof mark || hooks->read_up_to == NULL)
        return;
    memcpy(&mark, ev->data, sizeof mark);
    hooks->read_up_to(w->client.net.env->hooks_arg, &w->client, mark);
}

static void on_ws_event(struct websocket_client *w, const struct ws_event *ev, int64_t recv_ns)
{
    struct client *c = &w->client;

    if (ev->type == WS_EVENT_MESSAGE) {
        client_message(c, (const char *)ev->data, ev->len, recv_ns);
        return;
    }
    if (ev->type == WS_EVENT_NONE)
        return;
    client_sort_bytes(c, recv_ns);
    if (ev->type == WS_EVENT_CLOSE)
        on_close_frame(w, ev, recv_ns);
    else if (ev->type == WS_EVENT_PONG)
        on_pong(w, ev);
    else if (!w->close_sent)
        send_control(w, WS_PONG, ev->data, ev->len, recv_ns);
}

static void read_frames(struct websocket_client *w, uint8_t *data, size_t len, int64_t recv_ns)
{
    struct client *c = &w->client;

    while (len > 0 && !c->net.conn.ended) {
        struct ws_event ev;
        ssize_t n = ws_reader_feed(&w->reader, data, len, &ev);

        if (n < 0) {
            client_took(c, len);
            send_close(w, w->reader.error_close_code, recv_ns);
            client_fail(c, "broken frames", recv_ns);
            return;
        }
        client_took(c, (size_t)n);
        data += n;
        len -= (size_t)n;
        on_ws_event(w, &ev, recv_ns);
    }
}

static void websocket_on_data(struct client *c, uint8_t *data, size_t len, int64_t recv_ns)
{
    struct websocket_client *w = of(c);
    size_t at = 0;

    if (w->opening != NULL)
        at = read_opening(w, data, len, recv_ns);
    if (at < len)
        read_frames(w, data + at, len - at, recv_ns);
}

/* ---- posting ---- */

/* Between the opening handshake and the closing one. */
static bool can_post(const struct websocket_client *w)
{
    return w->client.net.state == CONNECTION_OPEN && w->opening == NULL && !w->close_sent;
}

/* In one send: a small frame of its own would be a packet of its own (TCP_NODELAY). */
static ssize_t websocket_post(struct client *c, const char *text, size_t len)
{
    struct ws_frame head = {.fin = true, .opcode = WS_TEXT, .masked = true, .payload_bytes = len};
    uint64_t key;
    uint8_t *frame;
    size_t head_len;
    int err;

    if (!can_post(of(c)))
        return 0;
    frame = malloc(WS_HEADER_MAX_BYTES + len);
    if (frame == NULL) {
        conn_close(&c->net.conn);
        return PL_ENOMEM;
    }
    key = client_env_draw(c->net.env);
    memcpy(head.masking_key, &key, sizeof head.masking_key);
    head_len = ws_frame_encode(frame, &head);
    memcpy(frame + head_len, text, len);
    ws_mask(frame + head_len, len, head.masking_key, 0);
    err = conn_send(&c->net.conn, frame, head_len + len);
    free(frame);
    return err < 0 ? err : (ssize_t)(head_len + len);
}

static ssize_t websocket_post_mark(struct client *c, uint64_t mark)
{
    uint8_t frame[WS_HEADER_MAX_BYTES + sizeof mark];
    uint64_t key = client_env_draw(c->net.env);
    size_t len;
    int err;

    if (!can_post(of(c)))
        return 0;
    len = ws_control_encode(frame, WS_PING, &mark, sizeof mark, (const uint8_t *)&key);
    err = conn_send(&c->net.conn, frame, len);
    return err < 0 ? err : (ssize_t)len;
}

/* ---- the end ---- */

static void websocket_on_lost(struct client *c, enum conn_end why, int64_t now_ns)
{
    struct websocket_client *w = of(c);

    if (w->opening != NULL)
        client_note_unanswered(c, why);
    opening_free(w->opening);
    w->opening = NULL;
    ws_reader_free(&w->reader);
    client_back_off(c, now_ns);
}

static void websocket_on_due(struct client *c, int64_t now_ns)
{
    (void)now_ns;
    conn_close(&c->net.conn);
}

/* Send a close frame; the server's ends the connection, or the time limit does. */
static void websocket_leave(struct client *c, int64_t now_ns)
{
    if (of(c)->opening == NULL)
        send_close(of(c), WS_CLOSE_NORMAL, now_ns);
    else
        conn_finish(&c->net.conn, true);
}

static void websocket_free(struct client *c)
{
    opening_free(of(c)->opening);
    ws_reader_free(&of(c)->reader);
}

const struct driver driver_websocket = {
    .info = &transport_infos[TRANSPORT_WEBSOCKET],
    .client_bytes = sizeof(struct websocket_client),
    .begin = client_dial,
    .on_open = websocket_on_open,
    .on_data = websocket_on_data,
    .on_lost = websocket_on_lost,
    .on_due = websocket_on_due,
    .leave = websocket_leave,
    .free = websocket_free,
    .post = websocket_post,
    .post_mark = websocket_post_mark,
};
