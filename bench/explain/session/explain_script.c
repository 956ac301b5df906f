#include "bench/explain/session/explain_script.h"

#include <stdarg.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/proto/transport_info.h"

#define USER_AGENT "pushlab-explain"

enum {
    REQUEST_MAX_BYTES = 4096,
    MESSAGE_MAX_BYTES = 1 << 20,
    EVENT_MAX_BYTES = 1 << 20,
    REMARK_MAX_BYTES = 400,
    NOT_HTTP = 1, /* for a status, which has three digits */
};

void script_step(struct explain_script *s, const char *name)
{
    struct explain_word word = explain_word("step %s", name);

    if (s->rc == PL_OK)
        explain_record(&s->recorder, TRANSCRIPT_SAY, "%s\n%s", word.meaning, word.ref);
}

void script_remark(struct explain_script *s, const char *fmt, ...)
{
    char text[REMARK_MAX_BYTES];
    va_list ap;

    if (s->rc < 0)
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    explain_record(&s->recorder, TRANSCRIPT_REMARK, "%s", text);
}

void script_expect(struct explain_script *s, int want, int got, const char *meant)
{
    if (got != 0 && got != want)
        script_remark(s, "expected %d (%s), got %d", want, meant, got);
}

int64_t script_deadline_ns(const struct explain_script *s)
{
    return clock_now_ns() + s->plan->wait_ns;
}

/* ---- the connection ---- */

static void forget_dialog(struct explain_script *s)
{
    http_reader_free(&s->http);
    sse_parser_free(&s->events);
    ws_reader_free(&s->ws);
    s->content.len = 0;
    s->answered = false;
    s->pings = s->asked = 0;
}

void script_connect(struct explain_script *s)
{
    const struct http_limits limits = {.head_bytes = 65536, .body_bytes = SIZE_MAX};

    int64_t begin_ns = clock_now_ns();

    if (s->rc < 0)
        return;
    forget_dialog(s);
    http_reader_init(&s->http, HTTP_RESPONSES, &limits);
    sse_parser_init(&s->events, EVENT_MAX_BYTES);
    ws_reader_init(&s->ws, WS_CLIENT, MESSAGE_MAX_BYTES);
    s->rc = explain_peer_open(&s->peer, &s->recorder, &s->plan->url, s->tls, &s->memory,
                              s->plan->wait_ns, s->e);
    s->connect_ns = clock_now_ns() - begin_ns;
}

void script_finish(struct explain_script *s)
{
    explain_peer_finish(&s->peer, script_deadline_ns(s));
}

void script_send(struct explain_script *s, const void *data, size_t len)
{
    if (s->rc == PL_OK)
        s->rc = explain_peer_send(&s->peer, data, len, s->e);
}

void script_missing(struct explain_script *s, const char *what)
{
    if (s->ws.closed)
        script_remark(s, "the server has sent its close frame: no %s", what);
    else if (s->peer.eof)
        script_remark(s, "the server has closed the connection: no %s", what);
    else if (s->answered)
        script_remark(s, "the response is complete: no %s", what);
    else
        script_remark(s, "no %s within %.1f s", what, (double)s->plan->wait_ns / (double)NS_PER_S);
}

void script_enough(struct explain_script *s, const char *what)
{
    script_remark(s, "no %s in %d messages or parts: the client stops waiting", what,
                  SCRIPT_PIECES_MAX);
}

/* ---- requests ---- */

/* Why the connection can't take another request; NULL: it can. */
static const char *why_over(struct explain_script *s)
{
    struct err_text ignored = {""};

    if (s->asked == 0)
        return NULL;
    if (s->http.done)
        return "that was the last response on its connection";
    if (!s->answered)
        return "a connection with an outstanding response can't be used for another request";
    if (explain_peer_receive(&s->peer, clock_now_ns(), &ignored) < 0 || s->peer.eof)
        return "the server has closed the connection";
    return NULL;
}

static void connect_again(struct explain_script *s, const char *why)
{
    script_remark(s, "%s: the client opens another, with another handshake", why);
    script_finish(s);
    script_connect(s);
}

static void ask(struct explain_script *s)
{
    s->asked++;
    s->answered = false;
    script_send(s, s->request.data, s->request.len);
}

/* The server may close an idle connection while the next request is under way: then the client
 * sends the GET again on a new one (RFC 9112 §9.3.1). False: that is not the case. */
static bool ask_once_more(struct explain_script *s)
{
    bool gone = s->rc == PL_ESYS || (s->rc == PL_OK && s->peer.eof);

    if (!gone || s->asked < 2 || s->http.in_head)
        return false;
    s->rc = PL_OK;
    *s->e = (struct err_text){""};
    connect_again(s, "the server was already closing the connection");
    ask(s);
    return s->rc == PL_OK;
}

void script_get(struct explain_script *s, const char *target, const char *fields)
{
    const char *over;

    if (s->rc < 0)
        return;
    over = why_over(s);
    if (over != NULL)
        connect_again(s, over);
    s->request.len = 0;
    if (s->rc == PL_OK &&
        buf_printf(&s->request,
                   "GET %s%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: " USER_AGENT "\r\n%s\r\n",
                   s->prefix, s->plan->path != NULL ? s->plan->path : target, s->host, fields) < 0)
        s->rc = err_set(s->e, PL_ENOMEM, "%s", pl_strerror(PL_ENOMEM));
    if (s->rc < 0)
        return;
    ask(s);
    if (s->rc < 0)
        ask_once_more(s);
}

/* ---- answers ---- */

static void keep_cursor(struct explain_script *s)
{
    const char *cursor = http_message_field(&s->http.msg, "Pushlab-Cursor");

    if (cursor != NULL)
        snprintf(s->cursor, sizeof s->cursor, "%s", cursor);
}

static bool has_type(const struct http_message *m, const char *type)
{
    const char *value = http_message_field(m, "Content-Type");

    return value != NULL && strncmp(value, type, strlen(type)) == 0;
}

static bool is_endless(const struct http_message *m)
{
    return m->status == 200 &&
           (has_type(m, "text/event-stream") || has_type(m, "application/x-ndjson"));
}

/* Keep what an EventSource would send as Last-Event-ID when it reconnects. */
static void keep_event_id(struct explain_script *s)
{
    size_t at = 0;

    while (at < s->http.body_len) {
        struct sse_event ev;
        bool got = false;
        ssize_t n =
            sse_parser_feed(&s->events, s->http.body + at, s->http.body_len - at, &ev, &got);

        if (n < 0)
            return;
        if (got)
            snprintf(s->event_id, sizeof s->event_id, "%s", ev.last_event_id);
        at += (size_t)n;
    }
}

/* Consume what was received, up to the next event. */
static enum http_event take_http(struct explain_script *s)
{
    struct buf *in = &s->peer.in;
    enum http_event ev = HTTP_NEED_MORE;
    ssize_t n = http_reader_feed(&s->http, in->data, in->len, &ev);

    if (n < 0) {
        s->rc = err_set(s->e, PL_EPROTO, "the server's response is not HTTP/1.1");
        return HTTP_NEED_MORE;
    }
    if (ev == HTTP_BODY)
        s->rc = buf_add(&s->content, s->http.body, s->http.body_len);
    if (ev == HTTP_BODY && has_type(&s->http.msg, "text/event-stream"))
        keep_event_id(s);
    s->answered |= ev == HTTP_MESSAGE && s->http.msg.status >= 200;
    buf_drain(in, (size_t)n);
    return ev;
}

bool script_receive(struct explain_script *s, int64_t until_ns)
{
    int rc = s->rc == PL_OK ? explain_peer_receive(&s->peer, until_ns, s->e) : 0;

    if (rc < 0)
        s->rc = rc;
    return rc > 0;
}

/* Wait for the next event; HTTP_NEED_MORE: none arrived. */
static enum http_event await_http(struct explain_script *s, int64_t until_ns)
{
    enum http_event ev;

    while ((ev = take_http(s)) == HTTP_NEED_MORE && script_receive(s, until_ns))
        ;
    if (ev != HTTP_NEED_MORE || s->rc < 0 || !s->peer.eof)
        return ev;
    /* An answer may end with its connection (RFC 9112 §6.3). */
    if (http_reader_eof(&s->http, &ev) < 0 || ev != HTTP_MESSAGE)
        return HTTP_NEED_MORE;
    s->answered = true;
    return HTTP_MESSAGE;
}

/* The 101 in s->http: is it the answer to s->key (RFC 6455 §4.1)? Otherwise the script ends. */
static bool is_agreed(struct explain_script *s)
{
    const struct http_message *m = &s->http.msg;
    const char *accept = http_message_field(m, "Sec-WebSocket-Accept"), *what = NULL;
    char expected[WS_ACCEPT_CHARS + 1] = "";

    if (s->key[0] == '\0' || ws_accept_from_key(expected, s->key) < 0 || accept == NULL ||
        strcmp(accept, expected) != 0)
        what = "its Sec-WebSocket-Accept doesn't match the client's key";
    else if (!http_message_has_token(m, "Upgrade", "websocket"))
        what = "it lacks Upgrade: websocket";
    else if (!http_message_has_token(m, "Connection", "upgrade"))
        what = "it lacks Connection: Upgrade";
    if (what != NULL)
        s->rc = err_set(s->e, PL_EPROTO,
                        "the server's 101 is invalid: %s; the client fails the connection "
                        "(RFC 6455 §4.1)",
                        what);
    return what == NULL;
}

int script_answer(struct explain_script *s)
{
    int64_t until_ns = script_deadline_ns(s);
    int status = 0;

    s->content.len = 0;
    while (s->rc == PL_OK) {
        enum http_event ev = await_http(s, until_ns);

        if (ev == HTTP_NEED_MORE && (status != 0 || !ask_once_more(s)))
            break;
        if (ev == HTTP_HEAD_DONE) {
            keep_cursor(s);
            status = s->http.msg.status;
        }
        if (ev == HTTP_HEAD_DONE && is_endless(&s->http.msg))
            return status;
        if (ev == HTTP_MESSAGE && status == 101)
            return is_agreed(s) ? status : 0;
        if (ev == HTTP_MESSAGE && status >= 200)
            return status;
    }
    script_missing(s, "complete response");
    return status;
}

bool script_hold(struct explain_script *s, int64_t hold_ms)
{
    int64_t until_ns = clock_now_ns() + s->connect_ns + hold_ms * NS_PER_MS;

    if (s->rc < 0 || s->peer.in.len > 0 || script_receive(s, until_ns) || s->peer.eof)
        return false;
    script_remark(s, "no response for %lld ms: the server holds the request", (long long)hold_ms);
    return s->rc == PL_OK;
}

static bool content_has(const struct explain_script *s, const char *text)
{
    if (s->plan->path != NULL) /* another server: any content will do */
        return s->content.len > 0;
    return s->content.len > 0 &&
           memmem(s->content.data, s->content.len, text, strlen(text)) != NULL;
}

bool script_content(struct explain_script *s, const char *text, const char *what)
{
    int64_t until_ns = script_deadline_ns(s);
    unsigned pieces = 0;

    while (s->rc == PL_OK && !content_has(s, text)) {
        if (pieces++ == SCRIPT_PIECES_MAX) {
            script_enough(s, what);
            return false;
        }
        if (s->answered || await_http(s, until_ns) != HTTP_BODY) {
            script_missing(s, what);
            return false;
        }
    }
    s->content.len = 0;
    return s->rc == PL_OK;
}

/* ---- publishing ---- */

/* The status of the response on p; 0: none in time; NOT_HTTP. */
static int read_status(struct explain_peer *p, int64_t until_ns)
{
    static const char begin[] = "HTTP/1.x 200";
    struct err_text ignored;
    char text[sizeof begin];
    int minor, status;

    while (p->in.len < sizeof begin - 1)
        if (explain_peer_receive(p, until_ns, &ignored) <= 0)
            return 0;
    snprintf(text, sizeof text, "%.*s", (int)sizeof begin - 1, (const char *)p->in.data);
    return sscanf(text, "HTTP/1.%1d %3d", &minor, &status) == 2 ? status : NOT_HTTP;
}

/* The status; 0: no response; NOT_HTTP; or PL_ESYS with the line in e: the request failed. */
static int post(struct explain_script *s, const char *request, size_t len, struct err_text *e)
{
    struct explain_peer p;
    int status = PL_ESYS;

    if (explain_peer_open(&p, NULL, &s->plan->url, s->tls, NULL, s->plan->wait_ns, e) < 0)
        return PL_ESYS;
    if (explain_peer_send(&p, request, len, e) == PL_OK)
        status = read_status(&p, script_deadline_ns(s));
    explain_peer_close(&p);
    return status;
}

bool script_publish(struct explain_script *s)
{
    static const char instead[] = "continuing with what the server sends by itself";
    struct err_text why = {""};
    char request[REQUEST_MAX_BYTES];
    int status;

    script_remark(s, "meanwhile %.200s is published, with POST /publish on another connection",
                  s->plan->message);
    if (s->rc < 0)
        return false;
    snprintf(request, sizeof request,
             "POST %s/publish HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"
             "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
             s->prefix, s->host, strlen(s->plan->message), s->plan->message);
    status = post(s, request, strlen(request), &why);
    if (status == NOT_HTTP)
        script_remark(s, "the response to that is not HTTP/1.x: %s", instead);
    else if (status < 0)
        script_remark(s, "that request failed (%.160s): %s", why.text, instead);
    else if (status == 0)
        script_remark(s, "no response to that: %s", instead);
    else if (status / 100 != 2)
        script_remark(s, "that was refused (%d): %s", status, instead);
    return status / 100 == 2;
}

/* ---- all of it ---- */

/* A URL may end in the path of a transport, such as ws://HOST/ws: targets contain that path, so it
 * is not part of the prefix. */
static void set_prefix(struct explain_script *s)
{
    size_t len = strlen(s->plan->url.path);

    for (size_t i = 0; s->plan->path == NULL && i < TRANSPORT_COUNT; i++) {
        const char *own = transport_infos[i].path;
        size_t cut = strlen(own);

        if (len >= cut && strcmp(s->plan->url.path + len - cut, own) == 0) {
            len -= cut;
            break;
        }
    }
    snprintf(s->prefix, sizeof s->prefix, "%.*s", (int)len, s->plan->url.path);
}

static void name_host(struct explain_script *s)
{
    const struct url *u = &s->plan->url;
    bool usual = u->port == (u->tls ? 443 : 80);
    int len = snprintf(s->host, sizeof s->host, u->host_is_ipv6 ? "[%s]" : "%s", u->host);

    if (!usual)
        snprintf(s->host + len, sizeof s->host - (size_t)len, ":%u", u->port);
}

int explain_perform(const struct explain_topic *topic, const struct explain_plan *plan, FILE *out,
                    struct err_text *e)
{
    struct explain_script s = {.plan = plan, .recorder = {.out = out}, .e = e};
    const struct tls_client_options tls = {.ca_path = plan->ca_path, .host = plan->url.host};

    s.peer.fd = -1;
    name_host(&s);
    set_prefix(&s);
    if (plan->own)
        snprintf(s.cursor, sizeof s.cursor, "0"); /* another server: updates from now on */
    if (plan->url.tls)
        s.rc = tls_new_client(&s.tls, &tls, e);
    if (s.rc == PL_OK)
        topic->perform(&s);
    explain_peer_close(&s.peer);
    forget_dialog(&s);
    buf_free(&s.content);
    buf_free(&s.request);
    tls_memory_forget(&s.memory);
    tls_free(s.tls);
    return s.rc;
}
