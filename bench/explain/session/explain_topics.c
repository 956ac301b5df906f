/* The topics: what the client does, in order. */
#include <stdio.h>
#include <string.h>

#include "bench/explain/session/explain_script.h"
#include "lib/proto/transport_info.h"

#define ACCEPT_JSON  "Accept: application/json\r\n"
#define ACCEPT_LINES "Accept: application/x-ndjson\r\n"
#define ACCEPT_SSE   "Accept: text/event-stream\r\n"
#define CLOSE        "Connection: close\r\n"

/* Long enough to be seen as a wait on every link, short enough to be waited for. */
#define HOLD_MS 300

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

/* The transport's path, from the cursor on if there is one. */
static void target_since(const struct explain_script *s, char target[TARGET_BYTES],
                         enum transport_id id, const char *more)
{
    const char *path = transport_infos[id].path;

    if (s->cursor[0] != '\0')
        snprintf(target, TARGET_BYTES, "%s?since=%s%s%s", path, s->cursor, *more != '\0' ? "&" : "",
                 more);
    else
        snprintf(target, TARGET_BYTES, "%s%s%s", path, *more != '\0' ? "?" : "", more);
}

static void ask_since(struct explain_script *s, enum transport_id id, const char *more,
                      const char *fields)
{
    char target[TARGET_BYTES];

    target_since(s, target, id, more);
    script_get(s, target, fields);
}

/* ---- polling ---- */

static int short_poll(struct explain_script *s)
{
    bool published;

    connect_first(s);
    script_say(s, "The client asks",
               "Where there is no news that is an answer as well: a full exchange of heads.");
    ask_since(s, TRANSPORT_SHORT_POLL, "", ACCEPT_JSON);
    script_expect(s, 204, script_answer(s), "no news");
    script_say(s, "It asks again, after something was published",
               "The update has waited in the server until the client asked: on average half the "
               "interval.");
    published = script_publish(s);
    ask_since(s, TRANSPORT_SHORT_POLL, "", ACCEPT_JSON);
    script_expect(s, published ? 200 : 204, script_answer(s), published ? "news" : "no news");
    script_say(s, "And again",
               "The cursor moves on with each answer: what has been received is not sent twice.");
    ask_since(s, TRANSPORT_SHORT_POLL, "", ACCEPT_JSON);
    script_expect(s, 204, script_answer(s), "no news");
    finish_last(s);
    return s->rc;
}

static int long_poll(struct explain_script *s)
{
    int status;

    connect_first(s);
    script_say(s, "The client asks, and may be kept waiting",
               "While there is nothing, there is no answer either: the request is held, up to "
               "5 s.");
    ask_since(s, TRANSPORT_LONG_POLL, "timeout=5000", ACCEPT_JSON);
    if (script_hold(s, HOLD_MS))
        script_publish(s);
    else
        script_remark(s, "something comes from the server before anything is published here");
    status = script_answer(s);
    script_expect(s, 200, status, "news");
    script_say(s, "It asks for what comes next, and to be held for 200 ms at most",
               "When the time is up: an answer for no news, but a rare one. Then it asks again.");
    ask_since(s, TRANSPORT_LONG_POLL, "timeout=200", ACCEPT_JSON);
    script_expect(s, 204, script_answer(s), "no news");
    finish_last(s);
    return s->rc;
}

/* ---- streams ---- */

static void follow_stream(struct explain_script *s)
{
    script_content(s, "hello", "hello");
    script_say(s, "Something is published",
               "It goes out at once, as the next piece of the same answer: nobody has to ask.");
    script_publish(s);
    script_content(s, "\"seq\":", "update");
    if (!s->plan->own)
        return;
    script_say(s, "Nothing is published",
               "After a silence the server sends a sign of life, so that proxies keep it open.");
    script_content(s, "\n", "heartbeat");
}

/* Ask for an answer that does not end. True: it is one. */
static bool begin_stream(struct explain_script *s, const char *target, const char *fields)
{
    int status;

    script_get(s, target, fields);
    status = script_answer(s);
    script_expect(s, 200, status, "a stream");
    if (status == 200 && s->answered)
        script_remark(s, "that answer has an end: no stream");
    return status == 200 && !s->answered;
}

static int stream(struct explain_script *s)
{
    char target[TARGET_BYTES];

    target_since(s, target, TRANSPORT_STREAM, "");
    connect_first(s);
    script_say(s, "One request, one answer that does not end",
               "The head is sent at once; the content comes in chunks, as there is any.");
    if (begin_stream(s, target, ACCEPT_LINES))
        follow_stream(s);
    finish_last(s);
    return s->rc;
}

/* What an EventSource does when its connection is gone: the same URL, and what it had last
 * (WHATWG HTML §9.2.3). */
static void come_again(struct explain_script *s, const char *target)
{
    char fields[sizeof ACCEPT_SSE + SCRIPT_ID_CHARS + 20] = ACCEPT_SSE;

    script_say(
        s, "The client comes again",
        "It asks for the same URL and says what it had last, which counts for more than since=. "
        "Browsers do so by themselves.");
    script_publish(s);
    if (s->event_id[0] != '\0')
        snprintf(fields, sizeof fields, ACCEPT_SSE "Last-Event-ID: %s\r\n", s->event_id);
    else
        script_remark(s, "no event had an id: there is nothing to say that it had last");
    script_connect(s);
    if (begin_stream(s, target, fields))
        script_content(s, "\"seq\":", "update");
    script_finish(s);
}

static int sse(struct explain_script *s)
{
    char target[TARGET_BYTES];
    bool streams;

    target_since(s, target, TRANSPORT_SSE, "");
    connect_first(s);
    script_say(s, "One request, one answer that does not end",
               "The same as a stream, in a format that browsers read by themselves: EventSource.");
    streams = begin_stream(s, target, ACCEPT_SSE);
    if (streams)
        follow_stream(s);
    finish_last(s);
    if (streams)
        come_again(s, target);
    return s->rc;
}

/* ---- WebSocket ---- */

static void talk_websocket(struct explain_script *s)
{
    static const char longer[] =
        "\"More than 125 bytes: their number does not fit the 7 bits of the header any more. So "
        "these say 126, and 16 bits with the number follow.\"";

    if (s->plan->own)
        script_await_frame(s, WS_TEXT, "hello");
    script_say(s, "A message from the client, and one from the server",
               "Full duplex: either side sends whenever it likes. pushlab-server publishes what a "
               "client sends, so that it comes back as an update.");
    script_frame(s, WS_TEXT, s->plan->message, strlen(s->plan->message));
    script_await_frame(s, WS_TEXT, "message from the server");
    if (!script_talks(s))
        return;
    script_say(s, "A longer one",
               "The header grows with the message: 2, 4 or 10 bytes, and 4 for "
               "the masking key.");
    script_frame(s, WS_TEXT, longer, sizeof longer - 1);
    script_await_frame(s, WS_TEXT, "message from the server");
    if (!script_talks(s))
        return;
    script_say(s, "Are you there?",
               "Ping and pong, in both directions: control frames, which no script ever sees.");
    script_frame(s, WS_PING, "ping 1", 6);
    script_await_frame(s, WS_PONG, "pong");
    if (s->plan->own && s->pings == 0)
        script_await_frame(s, WS_PING, "ping from the server");
}

/* Ask, and say so when it is not agreed. */
static bool agree(struct explain_script *s)
{
    int status = script_answer(s);

    script_expect(s, 101, status, "agreement");
    return status == 101;
}

static int websocket(struct explain_script *s)
{
    char target[TARGET_BYTES];

    target_since(s, target, TRANSPORT_WEBSOCKET, "");
    connect_first(s);
    script_say(s, "The opening handshake: HTTP that asks to become something else",
               "It looks like HTTP so that both can share a port and pass proxies. The client "
               "offers, the server decides.");
    script_upgrade(s, target, "13");
    if (!agree(s)) {
        finish_last(s);
        return s->rc;
    }
    talk_websocket(s);
    script_say(s, "The end",
               "A close frame in each direction, then the server closes TCP: nothing is cut off "
               "unseen.");
    script_close_websocket(s);
    return s->rc;
}

static void offer(struct explain_script *s, const char *target)
{
    script_say(s, "An offer that should be taken",
               "The client asks by HTTP to go on with another protocol; a server that agrees "
               "answers 101.");
    script_connect(s);
    script_upgrade(s, target, "13");
    if (!agree(s)) {
        script_finish(s);
        return;
    }
    if (s->plan->own)
        script_await_frame(s, WS_TEXT, "hello");
    script_close_websocket(s);
}

static int upgrade(struct explain_script *s)
{
    char target[TARGET_BYTES];
    int status;

    target_since(s, target, TRANSPORT_WEBSOCKET, "");
    offer(s, target);
    script_say(s, "No offer where one is needed",
               "A resource that speaks WebSocket only says so: 426, and which protocol.");
    script_connect(s);
    script_get(s, target, "");
    script_expect(s, 426, script_answer(s), "upgrade needed");
    script_say(s, "An offer of a version that is not known",
               "Such an offer is refused with the version that would do; where the connection "
               "persists, HTTP goes on.");
    script_upgrade(s, target, "12");
    script_expect(s, 426, script_answer(s), "upgrade needed, and to which version");
    script_say(s, "An offer that should not be taken up",
               "A server may ignore an offer: then the answer is the usual one.");
    target_since(s, target, TRANSPORT_SHORT_POLL, "");
    script_upgrade(s, target, "13");
    status = script_answer(s);
    if (status == 101)
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
               "HTTP/1.1 keeps it open unless told otherwise: the second request needs no "
               "handshake then.");
    script_connect(s);
    ask_since(s, TRANSPORT_SHORT_POLL, "", ACCEPT_JSON);
    script_answer(s);
    ask_since(s, TRANSPORT_SHORT_POLL, "", ACCEPT_JSON);
    script_answer(s);
    script_finish(s);
    script_say(s, "The same two requests, a connection for each",
               "As HTTP/1.0 did it: SYN, SYN-ACK, ACK and two FINs for every one.");
    script_connect(s);
    ask_since(s, TRANSPORT_SHORT_POLL, "", ACCEPT_JSON CLOSE);
    script_answer(s);
    script_finish(s);
    script_connect(s);
    ask_since(s, TRANSPORT_SHORT_POLL, "", ACCEPT_JSON CLOSE);
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
    script_say(s, "The client comes again, with a ticket if it was given one",
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
