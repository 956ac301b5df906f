#include "bench/ladder/stream_labels.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proto/envelope.h"
#include "lib/base/err.h"
#include "lib/proto/http_reader.h"
#include "bench/ladder/ladder_tls.h"
#include "lib/base/line_reader.h"
#include "lib/proto/sse.h"
#include "lib/proto/ws_reader.h"

enum { MESSAGE_MAX_BYTES = 1 << 20, HEAD_MAX_BYTES = 16384, TARGET_MAX_BYTES = 4096 };

enum language { STREAM_UNKNOWN, STREAM_HTTP, STREAM_WEBSOCKET, STREAM_TLS };
enum content { CONTENT_OTHER, CONTENT_ARRAY, CONTENT_LINES, CONTENT_EVENTS };

struct stream_labels {
    enum language language;
    bool opaque[2];             /* that side can't be understood any more */
    struct http_reader http[2]; /* by direction: [true] is the client's */
    struct ws_reader ws[2];
    struct ladder_tls tls;
    bool in_request;      /* its first bytes have arrived, the end of its headers has not */
    bool streamed;        /* the response has no end: its head was the answer */
    enum content content; /* of the response being read */
    struct buf array;     /* a poll's body so far */
    struct line_reader lines;
    struct sse_parser events;
};

/* Updates that follow each other in one packet become one phrase. */
struct phrase {
    struct stream_label *out;
    const char *one, *many; /* "update", "updates" */
    bool up;
    unsigned count;
    uint64_t first, last;
};

struct stream_labels *stream_labels_new(void)
{
    const struct http_limits limits = {TARGET_MAX_BYTES, HEAD_MAX_BYTES, SIZE_MAX};
    struct stream_labels *t = calloc(1, sizeof *t);

    if (t == NULL)
        return NULL;
    http_reader_init(&t->http[true], HTTP_REQUESTS, &limits);
    http_reader_init(&t->http[false], HTTP_RESPONSES, &limits);
    ws_reader_init(&t->ws[true], WS_SERVER, MESSAGE_MAX_BYTES);
    ws_reader_init(&t->ws[false], WS_CLIENT, MESSAGE_MAX_BYTES);
    line_reader_init(&t->lines, MESSAGE_MAX_BYTES);
    sse_parser_init(&t->events, MESSAGE_MAX_BYTES);
    return t;
}

void stream_labels_lose(struct stream_labels *t, bool up)
{
    t->opaque[up] = true;
}

void stream_labels_free(struct stream_labels *t)
{
    if (t == NULL)
        return;
    for (int up = 0; up < 2; up++) {
        http_reader_free(&t->http[up]);
        ws_reader_free(&t->ws[up]);
    }
    buf_free(&t->array);
    line_reader_free(&t->lines);
    sse_parser_free(&t->events);
    ladder_tls_free(&t->tls);
    free(t);
}

/* ---- words ---- */

/* " + WORDS"; what doesn't fit ends in "..." */
__attribute__((format(printf, 2, 3))) static void say(struct stream_label *out, const char *fmt,
                                                      ...)
{
    size_t used = strlen(out->text), room = sizeof out->text - used;
    char words[2 * LADDER_LABEL_CHARS];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(words, sizeof words, fmt, ap);
    va_end(ap);
    if ((size_t)snprintf(out->text + used, room, "%s%s", used > 0 ? " + " : "", words) >= room)
        memcpy(out->text + sizeof out->text - 4, "...", 4);
    for (char *c = out->text + used; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
}

static void say_kind(struct stream_label *out, enum ladder_kind kind)
{
    static const int weight[LADDER_KINDS] = {
        [LADDER_ACK] = 0,     [LADDER_CONTROL] = 1,   [LADDER_TEARDOWN] = 2, [LADDER_RESPONSE] = 3,
        [LADDER_REQUEST] = 4, [LADDER_HANDSHAKE] = 5, [LADDER_DATA] = 6,     [LADDER_MESSAGE] = 6,
    };

    if (weight[kind] > weight[out->kind])
        out->kind = kind;
}

static void phrase_end(struct phrase *p)
{
    unsigned long long first = p->first, last = p->last;

    if (p->count == 1)
        say(p->out, "%s %llu", p->one, first);
    else if (p->count == 2)
        say(p->out, "%u %s %llu, %llu", p->count, p->many, first, last);
    else if (p->count > 2)
        say(p->out, "%u %s %llu to %llu", p->count, p->many, first, last);
    p->count = 0;
}

static void phrase_add(struct phrase *p, const struct envelope *update)
{
    struct stream_label *out = p->out;

    if (p->count > 0 && update->seq != p->last + 1)
        phrase_end(p);
    if (p->count++ == 0)
        p->first = update->seq;
    p->last = update->seq;
    if (out->updates < STREAM_LABEL_UPDATES) {
        out->update[out->updates].seq = update->seq;
        out->update[out->updates].t_ns = update->t_ns;
    }
    out->updates++;
    say_kind(out, LADDER_DATA);
}

/* An update, or the words for another message. what: "chunk", "text frame". */
static void phrase_add_message(struct phrase *p, const char *what, const char *data, size_t len)
{
    static const char hello[] = "{\"hello\":", missed[] = "{\"missed\":";
    enum ladder_kind kind = LADDER_CONTROL;
    struct envelope update;

    if (envelope_scan(&update, data, len) == PL_OK) {
        phrase_add(p, &update);
        return;
    }
    phrase_end(p);
    if (len >= sizeof hello && memcmp(data, hello, sizeof hello - 1) == 0)
        say(p->out, "%s: hello", what);
    else if (len >= sizeof missed && memcmp(data, missed, sizeof missed - 1) == 0)
        say(p->out, "%s: missed", what);
    else if (len == 0 && !p->up)
        say(p->out, "%s: heartbeat", what);
    else
        kind = p->up ? LADDER_MESSAGE : LADDER_DATA;
    if (kind != LADDER_CONTROL)
        say(p->out, "%s, %zu bytes", what, len);
    say_kind(p->out, kind);
}

/* ---- contents of responses ---- */

static void read_array(struct stream_labels *t, struct stream_label *out)
{
    struct phrase p = {.out = out, .one = "update", .many = "updates"};
    const char *body = (const char *)t->array.data, *item;
    struct envelope update;
    size_t at = 0;
    ssize_t n;

    while (t->array.len > 0 && (n = envelope_array_next(body, t->array.len, &at, &item)) > 0)
        if (envelope_scan(&update, item, (size_t)n) == PL_OK)
            phrase_add(&p, &update);
    phrase_end(&p);
    t->array.len = 0;
}

static bool read_lines(struct stream_labels *t, const uint8_t *data, size_t len,
                       struct stream_label *out)
{
    struct phrase p = {.out = out, .one = "chunk: update", .many = "chunks: updates"};
    const char *line;
    size_t line_len;
    ssize_t n = 0;

    for (size_t at = 0; at < len && n >= 0; at += n > 0 ? (size_t)n : 0) {
        n = line_reader_feed(&t->lines, data + at, len - at, &line, &line_len);
        if (n >= 0 && line != NULL)
            phrase_add_message(&p, "chunk", line, line_len);
    }
    phrase_end(&p);
    return n >= 0;
}

static void say_event(struct phrase *p, const struct sse_event *event)
{
    struct envelope update;

    if (envelope_scan(&update, event->data, event->data_len) == PL_OK) {
        phrase_add(p, &update);
        return;
    }
    phrase_end(p);
    say_kind(p->out, strcmp(event->type, "message") == 0 ? LADDER_DATA : LADDER_CONTROL);
    say(p->out, "event: %.20s", event->type);
}

static bool read_events(struct stream_labels *t, const uint8_t *data, size_t len,
                        struct stream_label *out)
{
    struct phrase p = {.out = out, .one = "event id:", .many = "events id:"};
    struct sse_event event;
    bool got;
    ssize_t n = 0;

    if (t->events.line.len == 0 && len > 0 && data[0] == ':') {
        say(out, "comment: heartbeat");
        say_kind(out, LADDER_CONTROL);
    }
    for (size_t at = 0; at < len && n >= 0; at += n > 0 ? (size_t)n : 0) {
        n = sse_parser_feed(&t->events, data + at, len - at, &event, &got);
        if (n >= 0 && got)
            say_event(&p, &event);
    }
    phrase_end(&p);
    return n >= 0;
}

static bool read_content(struct stream_labels *t, const uint8_t *data, size_t len,
                         struct stream_label *out)
{
    if (t->content == CONTENT_ARRAY)
        return len <= MESSAGE_MAX_BYTES - t->array.len && buf_add(&t->array, data, len) == PL_OK;
    if (t->content == CONTENT_LINES)
        return read_lines(t, data, len, out);
    return t->content != CONTENT_EVENTS || read_events(t, data, len, out);
}

/* ---- HTTP ---- */

/* Is it one of the server's own pages, which only the runner requests? */
static bool is_housekeeping(const char *target)
{
    static const char *const pages[] = {"/stats", "/time", "/healthz", "/metrics"};
    size_t len = strcspn(target, "?");

    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        if (strlen(pages[i]) == len && memcmp(target, pages[i], len) == 0)
            return true;
    return false;
}

static void say_request(struct stream_labels *t, const struct http_message *m,
                        struct stream_label *out)
{
    const char *target = http_message_target(m);

    say(out, "%s %.48s%s", llhttp_method_name((llhttp_method_t)m->method), target,
        m->upgrade ? " (Upgrade)" : "");
    say_kind(out, LADDER_REQUEST);
    out->housekeeping |= is_housekeeping(target);
    t->in_request = false;
}

static enum content content_of(const struct http_message *m)
{
    static const struct {
        const char *type;
        enum content content;
    } rows[] = {{"application/json", CONTENT_ARRAY},
                {"application/x-ndjson", CONTENT_LINES},
                {"text/event-stream", CONTENT_EVENTS}};
    const char *type = http_message_field(m, "Content-Type");

    for (size_t i = 0; type != NULL && i < sizeof rows / sizeof *rows; i++)
        if (strncmp(type, rows[i].type, strlen(rows[i].type)) == 0)
            return rows[i].content;
    return CONTENT_OTHER;
}

static void say_response(struct stream_labels *t, const struct http_message *m,
                         struct stream_label *out)
{
    say(out, "%u %s", m->status, http_status_phrase(m->status));
    say_kind(out, LADDER_RESPONSE);
    t->array.len = 0;
    t->content = content_of(m);
    t->streamed = t->content == CONTENT_LINES || t->content == CONTENT_EVENTS;
    out->answers |= t->streamed;
}

static void end_response(struct stream_labels *t, const struct http_message *m,
                         struct stream_label *out)
{
    if (t->content == CONTENT_ARRAY)
        read_array(t, out);
    if (t->streamed)
        say(out, "end of the response");
    t->content = CONTENT_OTHER;
    t->streamed = false;
    out->answers |= m->status >= 200 || m->status == 101;
    if (m->status == 101 && m->upgrade)
        t->language = STREAM_WEBSOCKET;
}

/* Returns the bytes consumed, fewer than len when the rest is of another protocol; negative when it
 * is invalid. */
static ssize_t read_http(struct stream_labels *t, bool up, const uint8_t *data, size_t len,
                         struct stream_label *out)
{
    struct http_reader *r = &t->http[up];
    enum http_event event;
    size_t at = 0;

    do {
        ssize_t n = http_reader_feed(r, data + at, len - at, &event);

        if (n < 0)
            return n;
        at += (size_t)n;
        if (event == HTTP_HEAD_DONE && up)
            say_request(t, &r->msg, out);
        else if (event == HTTP_HEAD_DONE)
            say_response(t, &r->msg, out);
        else if (event == HTTP_BODY && !up && !read_content(t, r->body, r->body_len, out))
            return PL_EPROTO;
        else if (event == HTTP_MESSAGE && !up)
            end_response(t, &r->msg, out);
    } while (event != HTTP_NEED_MORE && t->language == STREAM_HTTP);
    return (ssize_t)at;
}

static bool feed_websocket(struct stream_labels *t, bool up, const uint8_t *data, size_t len,
                           struct stream_label *out);

static bool feed_http(struct stream_labels *t, bool up, const uint8_t *data, size_t len,
                      struct stream_label *out)
{
    ssize_t n;

    if (up && !t->in_request) {
        t->in_request = true;
        out->begins_request = true;
    }
    n = read_http(t, up, data, len, out);
    if (n < 0)
        return false;
    return (size_t)n == len || feed_websocket(t, up, data + n, len - (size_t)n, out);
}

/* ---- WebSocket ---- */

static void say_frame(struct phrase *p, const struct ws_event *ev)
{
    if (ev->type == WS_EVENT_MESSAGE) {
        phrase_add_message(p, ev->opcode == WS_TEXT ? "text frame" : "binary frame",
                           (const char *)ev->data, ev->len);
        return;
    }
    phrase_end(p);
    if (ev->type == WS_EVENT_CLOSE) {
        say(p->out, "WebSocket close %u", ev->close_code);
        say_kind(p->out, LADDER_TEARDOWN);
    } else {
        say(p->out, ev->type == WS_EVENT_PING ? "ping" : "pong");
        say_kind(p->out, LADDER_CONTROL);
    }
}

/* The reader unmasks in place, so it gets a copy. */
static bool feed_websocket(struct stream_labels *t, bool up, const uint8_t *data, size_t len,
                           struct stream_label *out)
{
    struct phrase p = {
        .out = out, .one = "text frame: update", .many = "text frames: updates", .up = up};
    uint8_t *copy = malloc(len);
    struct ws_event ev;
    ssize_t n = 0;

    if (copy == NULL)
        return false;
    memcpy(copy, data, len);
    for (size_t at = 0; at < len && n >= 0; at += n > 0 ? (size_t)n : 0) {
        n = ws_reader_feed(&t->ws[up], copy + at, len - at, &ev);
        if (n >= 0 && ev.type != WS_EVENT_NONE)
            say_frame(&p, &ev);
    }
    phrase_end(&p);
    if (n >= 0) /* the last event points into the copy */
        ws_reader_feed(&t->ws[up], copy, 0, &ev);
    free(copy);
    return n >= 0;
}

/* ---- any of them ---- */

static bool feed_tls(struct stream_labels *t, bool up, const uint8_t *data, size_t len,
                     struct stream_label *out)
{
    struct ladder_tls_words words;
    bool understood = ladder_tls_feed(&t->tls, up, data, len, &words);

    out->tls = true;
    if (words.text[0] != '\0')
        say(out, "%s", words.text);
    if (words.handshake)
        say_kind(out, LADDER_HANDSHAKE);
    else if (words.alert)
        say_kind(out, LADDER_TEARDOWN);
    else
        say_kind(out, up ? LADDER_REQUEST : LADDER_DATA);
    return understood;
}

static bool feed_language(struct stream_labels *t, bool up, const uint8_t *data, size_t len,
                          struct stream_label *out)
{
    if (t->language == STREAM_UNKNOWN)
        t->language = data[0] == TLS_HANDSHAKE ? STREAM_TLS : STREAM_HTTP;
    if (t->language == STREAM_TLS)
        return feed_tls(t, up, data, len, out);
    if (t->language == STREAM_WEBSOCKET)
        return feed_websocket(t, up, data, len, out);
    return feed_http(t, up, data, len, out);
}

void stream_labels_feed(struct stream_labels *t, bool up, const uint8_t *data, size_t len,
                        struct stream_label *out)
{
    *out = (struct stream_label){.kind = LADDER_ACK};
    if (!t->opaque[up])
        t->opaque[up] = !feed_language(t, up, data, len, out);
    if (out->text[0] == '\0')
        say(out, "part of a message");
    if (out->kind == LADDER_ACK)
        out->kind = up ? LADDER_REQUEST : LADDER_DATA;
}
