/* The topics: what the client does, in order. */
#include <stdio.h>
#include <string.h>

#include "bench/explain/session/explain_script.h"

#define ACCEPT_JSON  "Accept: application/json\r\n"
#define ACCEPT_LINES "Accept: application/x-ndjson\r\n"
#define ACCEPT_SSE   "Accept: text/event-stream\r\n"
#define ACCEPT_TEXT  "Accept: text/plain\r\n"
#define CLOSE        "Connection: close\r\n"

/* Long enough to be visible on every link, short enough to wait for it. */
#define HOLD_MS 300

enum { TARGET_BYTES = 128 };

static void connect_first(struct explain_script *s)
{
    script_step(s, "connect");
    script_connect(s);
}

static void finish_last(struct explain_script *s)
{
    script_step(s, "finish");
    script_finish(s);
}

/* The path, with ?since= if there is a cursor. */
static void target_since(const struct explain_script *s, char target[TARGET_BYTES],
                         const char *path, const char *more)
{
    if (s->cursor[0] != '\0')
        snprintf(target, TARGET_BYTES, "%s?since=%s%s%s", path, s->cursor, *more != '\0' ? "&" : "",
                 more);
    else
        snprintf(target, TARGET_BYTES, "%s%s%s", path, *more != '\0' ? "?" : "", more);
}

/* Poll from the cursor on. Returns the status of the response; 0: none. */
static int ask_poll(struct explain_script *s, const char *fields)
{
    char target[TARGET_BYTES];

    target_since(s, target, "/poll", "");
    script_get(s, target, fields);
    return script_answer(s);
}

/* ---- polling ---- */

static void short_poll(struct explain_script *s)
{
    bool published;

    connect_first(s);
    script_step(s, "short-poll first");
    script_expect(s, 204, ask_poll(s, ACCEPT_JSON), "no update");
    script_step(s, "short-poll news");
    published = script_publish(s);
    script_expect(s, published ? 200 : 204, ask_poll(s, ACCEPT_JSON),
                  published ? "an update" : "no update");
    script_step(s, "short-poll again");
    script_expect(s, 204, ask_poll(s, ACCEPT_JSON), "no update");
    finish_last(s);
}

static void long_poll(struct explain_script *s)
{
    char target[TARGET_BYTES];

    connect_first(s);
    script_step(s, "long-poll held");
    target_since(s, target, "/longpoll", "timeout=5000");
    script_get(s, target, ACCEPT_JSON);
    if (script_hold(s, HOLD_MS))
        script_publish(s);
    else
        script_remark(s, "the server responds before anything is published here");
    script_expect(s, 200, script_answer(s), "an update");
    script_step(s, "long-poll timeout");
    target_since(s, target, "/longpoll", "timeout=200");
    script_get(s, target, ACCEPT_JSON);
    script_expect(s, 204, script_answer(s), "no update");
    finish_last(s);
}

/* ---- streams ---- */

static void follow_stream(struct explain_script *s)
{
    script_content(s, "hello", "hello");
    script_step(s, "publish");
    script_publish(s);
    script_content(s, "\"seq\":", "update");
    if (!s->plan->own)
        return;
    script_step(s, "silence");
    script_content(s, "\n", "heartbeat");
}

/* Request a streamed response. True: it is one. */
static bool begin_stream(struct explain_script *s, const char *target, const char *fields)
{
    int status;

    script_get(s, target, fields);
    status = script_answer(s);
    script_expect(s, 200, status, "a stream");
    if (status == 200 && s->answered)
        script_remark(s, "the response has an end: it is not a stream");
    return status == 200 && !s->answered;
}

static void stream(struct explain_script *s)
{
    char target[TARGET_BYTES];

    target_since(s, target, "/stream", "");
    connect_first(s);
    script_step(s, "stream");
    if (begin_stream(s, target, ACCEPT_LINES))
        follow_stream(s);
    finish_last(s);
}

/* What an EventSource does after its connection has ended: the same URL, with the last event ID
 * (WHATWG HTML §9.2.3). */
static void come_again(struct explain_script *s, const char *target)
{
    char fields[sizeof ACCEPT_SSE + SCRIPT_ID_CHARS + 20] = ACCEPT_SSE;

    script_step(s, "resume");
    script_publish(s);
    if (s->event_id[0] != '\0')
        snprintf(fields, sizeof fields, ACCEPT_SSE "Last-Event-ID: %s\r\n", s->event_id);
    else
        script_remark(s, "no event had an ID: the client can't say which one was its last");
    script_connect(s);
    if (begin_stream(s, target, fields))
        script_content(s, "\"seq\":", "update");
    script_finish(s);
}

static void sse(struct explain_script *s)
{
    char target[TARGET_BYTES];
    bool streams;

    target_since(s, target, "/events", "");
    connect_first(s);
    script_step(s, "sse");
    streams = begin_stream(s, target, ACCEPT_SSE);
    if (streams)
        follow_stream(s);
    finish_last(s);
    if (streams)
        come_again(s, target);
}

/* ---- WebSocket ---- */

static void talk_websocket(struct explain_script *s)
{
    static const char longer[] =
        "\"More than 125 bytes: their number does not fit the 7 bits of the header any more. So "
        "these say 126, and 16 bits with the number follow.\"";

    if (s->plan->own)
        script_await_frame(s, WS_TEXT, "hello");
    script_step(s, "websocket messages");
    script_frame(s, WS_TEXT, s->plan->message, strlen(s->plan->message));
    script_await_frame(s, WS_TEXT, "message from the server");
    if (!script_can_send(s))
        return;
    script_step(s, "websocket longer");
    script_frame(s, WS_TEXT, longer, sizeof longer - 1);
    script_await_frame(s, WS_TEXT, "message from the server");
    if (!script_can_send(s))
        return;
    script_step(s, "websocket ping");
    script_frame(s, WS_PING, "ping 1", 6);
    script_await_frame(s, WS_PONG, "pong");
    if (s->plan->own && s->pings == 0)
        script_await_frame(s, WS_PING, "ping from the server");
}

/* Offer WebSocket, and note if it is refused. */
static bool offer(struct explain_script *s, const char *target)
{
    int status;

    script_upgrade(s, target, "13");
    status = script_answer(s);
    script_expect(s, 101, status, "switching protocols");
    return status == 101;
}

static void websocket(struct explain_script *s)
{
    char target[TARGET_BYTES];

    target_since(s, target, "/ws", "");
    connect_first(s);
    script_step(s, "websocket handshake");
    if (!offer(s, target)) {
        finish_last(s);
        return;
    }
    talk_websocket(s);
    script_step(s, "websocket close");
    script_close_websocket(s);
}

static void upgrade(struct explain_script *s)
{
    char target[TARGET_BYTES];

    target_since(s, target, "/ws", "");
    script_step(s, "upgrade taken");
    script_connect(s);
    if (!offer(s, target)) {
        script_finish(s);
    } else {
        if (s->plan->own)
            script_await_frame(s, WS_TEXT, "hello");
        script_close_websocket(s);
    }
    script_step(s, "upgrade missing");
    script_connect(s);
    script_get(s, target, "");
    script_expect(s, 426, script_answer(s), "upgrade required");
    script_step(s, "upgrade version");
    script_upgrade(s, target, "12");
    script_expect(s, 426, script_answer(s), "upgrade required, with the supported version");
    script_step(s, "upgrade ignored");
    target_since(s, target, "/poll", "");
    script_upgrade(s, target, "13");
    if (script_answer(s) == 101)
        script_close_websocket(s);
    else
        script_finish(s);
}

/* ---- below ---- */

static void tcp(struct explain_script *s)
{
    script_step(s, "tcp connect");
    script_connect(s);
    script_step(s, "tcp bytes");
    script_get(s, "/healthz", ACCEPT_TEXT);
    script_answer(s);
    finish_last(s);
}

static void keep_alive(struct explain_script *s)
{
    script_step(s, "keep-alive");
    script_connect(s);
    ask_poll(s, ACCEPT_JSON);
    ask_poll(s, ACCEPT_JSON);
    script_finish(s);
    script_step(s, "keep-alive close");
    for (int i = 0; i < 2; i++) {
        script_connect(s);
        ask_poll(s, ACCEPT_JSON CLOSE);
        script_finish(s);
    }
}

static void tls(struct explain_script *s)
{
    script_step(s, "tls handshake");
    script_connect(s);
    script_step(s, "tls inside");
    for (int i = 0; i < 2; i++) {
        if (i > 0) {
            script_step(s, "tls resume");
            script_connect(s);
        }
        script_get(s, "/healthz", ACCEPT_TEXT);
        script_answer(s);
        script_finish(s);
    }
}

const struct explain_topic explain_topics[] = {
    {"short-poll", false, false, short_poll},
    {"long-poll", false, false, long_poll},
    {"stream", false, false, stream},
    {"sse", false, false, sse},
    {"websocket", false, false, websocket},
    {"tcp", false, true, tcp},
    {"keep-alive", false, false, keep_alive},
    {"upgrade", false, false, upgrade},
    {"tls", true, false, tls},
    {NULL, false, false, NULL},
};

const struct explain_topic *explain_topic_find(const char *name)
{
    for (const struct explain_topic *t = explain_topics; t->name != NULL; t++)
        if (strcmp(t->name, name) == 0)
            return t;
    return NULL;
}
