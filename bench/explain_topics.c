/* The topics: what the client does, in order. */
#include <stdio.h>
#include <string.h>

#include "explain_script.h"

#define ACCEPT_JSON  "Accept: application/json\r\n"
#define ACCEPT_LINES "Accept: application/x-ndjson\r\n"
#define ACCEPT_SSE   "Accept: text/event-stream\r\n"
#define CLOSE        "Connection: close\r\n"

enum { TARGET_BYTES = 128 };

static void connect_first(struct explain_script *s)
{
    script_say(
        s, "A TCP connection",
        "Before the first byte of HTTP: SYN, SYN-ACK, ACK. One round trip, and nothing said.");
    script_connect(s);
}

static void finish_last(struct explain_script *s)
{
    script_say(s, "The end of the connection",
               "Each side says for itself that it sends nothing more: a FIN in either direction.");
    script_finish(s);
}

static void ask_since(struct explain_script *s, const char *path, const char *more)
{
    char target[TARGET_BYTES];

    snprintf(target, sizeof target, "%s?since=%s%s", path, s->cursor, more);
    script_get(s, target, ACCEPT_JSON);
}

/* ---- polling ---- */

static int short_poll(struct explain_script *s)
{
    connect_first(s);
    script_say(s, "The client asks; there is nothing",
               "A request and an answer for no news: a full exchange of heads all the same.");
    ask_since(s, "/poll", "");
    script_answer(s);
    script_say(s, "It asks again, after something was published",
               "The update has waited in the server until the client asked: on average half the "
               "interval.");
    script_publish(s);
    ask_since(s, "/poll", "");
    script_answer(s);
    script_say(s, "And again",
               "The cursor has moved on: what has been received is not sent twice.");
    ask_since(s, "/poll", "");
    script_answer(s);
    finish_last(s);
    return s->rc;
}

static int long_poll(struct explain_script *s)
{
    connect_first(s);
    script_say(s, "The client asks, and the server keeps it waiting",
               "There is nothing yet, so there is no answer yet: the request is held.");
    ask_since(s, "/longpoll", "&timeout=5000");
    script_publish(s);
    script_answer(s);
    script_say(s, "It asks for what comes next, and its time runs out",
               "An answer for no news, but a rare one: then it asks again.");
    ask_since(s, "/longpoll", "&timeout=200");
    script_answer(s);
    finish_last(s);
    return s->rc;
}

/* ---- streams ---- */

static void follow_stream(struct explain_script *s)
{
    script_content(s, "hello", "hello");
    script_say(s, "Something is published",
               "It goes out at once, as the next piece of the same answer: nobody had to ask.");
    script_publish(s);
    script_content(s, "\"seq\":", "update");
    if (!s->plan->own)
        return;
    script_say(s, "Nothing is published",
               "After a silence the server sends a sign of life, so that proxies keep it open.");
    script_content(s, "\n", "heartbeat");
}

static int stream(struct explain_script *s)
{
    connect_first(s);
    script_say(s, "One request, one answer that does not end",
               "The head is sent at once; the content comes in chunks, as there is any.");
    script_get(s, "/stream?since=0", ACCEPT_LINES);
    script_answer(s);
    follow_stream(s);
    finish_last(s);
    return s->rc;
}

static int sse(struct explain_script *s)
{
    connect_first(s);
    script_say(s, "One request, one answer that does not end",
               "The same as a stream, in a format that browsers read by themselves: EventSource.");
    script_get(s, "/events?since=0", ACCEPT_SSE);
    script_answer(s);
    follow_stream(s);
    finish_last(s);
    script_say(s, "The client comes again",
               "It says what it had last; the server goes on after it. Browsers do so by "
               "themselves.");
    script_connect(s);
    script_get(s, "/events", ACCEPT_SSE "Last-Event-ID: 0\r\n");
    script_answer(s);
    script_content(s, "\"seq\":", "update");
    script_finish(s);
    return s->rc;
}

/* ---- WebSocket ---- */

static void talk_websocket(struct explain_script *s)
{
    if (s->plan->own)
        script_await_frame(s, WS_TEXT, "hello");
    script_say(s, "A message from the client, and one from the server",
               "Full duplex: either side sends whenever it likes. What the client sends is "
               "published, so it comes back as an update.");
    script_frame(s, WS_TEXT, s->plan->message, strlen(s->plan->message));
    script_await_frame(s, WS_TEXT, "message from the server");
    script_say(s, "Are you there?",
               "Ping and pong, in both directions: control frames, which no script ever sees.");
    script_frame(s, WS_PING, "ping 1", 6);
    script_await_frame(s, WS_PONG, "pong");
    if (s->plan->own && s->pings == 0)
        script_await_frame(s, WS_PING, "ping from the server");
}

static int websocket(struct explain_script *s)
{
    connect_first(s);
    script_say(s, "The opening handshake: HTTP that asks to become something else",
               "It looks like HTTP so that both can share a port and pass proxies. The client "
               "offers, the server decides.");
    script_upgrade(s, "/ws?since=0", "13");
    if (script_answer(s) == 101) {
        talk_websocket(s);
        script_say(s, "The end",
                   "A close frame in each direction, then the server closes TCP: nothing is cut "
                   "off unseen.");
        script_close_websocket(s);
    } else {
        finish_last(s);
    }
    return s->rc;
}

static int upgrade(struct explain_script *s)
{
    script_say(s, "An offer that is taken",
               "The client asks by HTTP to go on with another protocol; the server agrees: 101.");
    script_connect(s);
    script_upgrade(s, "/ws?since=0", "13");
    if (script_answer(s) == 101) {
        if (s->plan->own)
            script_await_frame(s, WS_TEXT, "hello");
        script_close_websocket(s);
    } else {
        script_finish(s);
    }
    script_say(s, "No offer where one is needed",
               "This resource speaks WebSocket only. The server says so: 426, and which protocol.");
    script_connect(s);
    script_get(s, "/ws?since=0", "");
    script_answer(s);
    script_say(s, "An offer of a version that is not known",
               "Refused, with the version that would do. HTTP goes on: it is the same connection.");
    script_upgrade(s, "/ws?since=0", "12");
    script_answer(s);
    script_say(
        s, "An offer that is not taken up",
        "A server may ignore an offer: this resource is plain HTTP, and that is its answer.");
    script_upgrade(s, "/poll?since=0", "13");
    if (script_answer(s) == 101)
        script_close_websocket(s);
    else
        script_finish(s);
    return s->rc;
}

/* ---- below ---- */

static int tcp(struct explain_script *s)
{
    script_say(s, "The connection is made",
               "Three packets. From now on each end remembers the other's address, port and byte "
               "numbers: that is the state of TCP.");
    script_connect(s);
    script_say(s, "Bytes in both directions",
               "Every byte has a number; acknowledgments say up to which all have come. HTTP on "
               "top of it remembers nothing: stateless.");
    script_get(s, "/healthz", "Accept: text/plain\r\n");
    script_answer(s);
    finish_last(s);
    return s->rc;
}

static int keep_alive(struct explain_script *s)
{
    script_say(s, "Two requests on one connection",
               "What HTTP/1.1 does unless told otherwise: the second request needs no handshake.");
    script_connect(s);
    script_get(s, "/poll?since=0", ACCEPT_JSON);
    script_answer(s);
    script_get(s, "/poll?since=0", ACCEPT_JSON);
    script_answer(s);
    script_finish(s);
    script_say(s, "The same two requests, a connection for each",
               "As HTTP/1.0 did it: SYN, SYN-ACK, ACK and two FINs for every one.");
    script_connect(s);
    script_get(s, "/poll?since=0", ACCEPT_JSON CLOSE);
    script_answer(s);
    script_finish(s);
    script_connect(s);
    script_get(s, "/poll?since=0", ACCEPT_JSON CLOSE);
    script_answer(s);
    script_finish(s);
    return s->rc;
}

static int tls(struct explain_script *s)
{
    script_say(s, "TCP first, then the handshake of TLS",
               "Hello, hello, certificate, proof, and both have a key that nobody else has.");
    script_connect(s);
    script_say(s, "HTTP, inside",
               "The same bytes as ever, each piece in a record: type, version, length, and what "
               "looks like noise.");
    script_get(s, "/healthz", "Accept: text/plain\r\n");
    script_answer(s);
    script_finish(s);
    script_say(s, "The client comes again, with a ticket",
               "Resumption: both still know a secret from last time, so no certificate is needed.");
    script_connect(s);
    script_get(s, "/healthz", "Accept: text/plain\r\n");
    script_answer(s);
    script_finish(s);
    return s->rc;
}

const struct explain_topic explain_topics[] = {
    {"short-poll", "ask at intervals: what each question costs", NULL, false, false, short_poll},
    {"long-poll", "ask, and be kept waiting until there is an answer", NULL, false, false,
     long_poll},
    {"stream", "one answer that does not end, in chunks", NULL, false, false, stream},
    {"sse", "the same as events that browsers read, and how they resume", NULL, false, false, sse},
    {"websocket", "the opening handshake, frames bit by bit, ping, close", NULL, false, false,
     websocket},
    {"tcp", "every packet of one connection", "One TCP connection, packet by packet", false, true,
     tcp},
    {"keep-alive", "two requests on one connection, and on two", "Keep-alive", false, false,
     keep_alive},
    {"upgrade", "who decides on it, and what a refusal looks like", "Upgrade", false, false,
     upgrade},
    {"tls", "records, the handshake's messages, resumption", "TLS", true, false, tls},
    {NULL, NULL, NULL, false, false, NULL},
};

const struct explain_topic *explain_topic_find(const char *name)
{
    for (const struct explain_topic *t = explain_topics; t->name != NULL; t++)
        if (strcmp(t->name, name) == 0)
            return t;
    return NULL;
}
