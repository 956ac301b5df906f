#include "explain_script.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"

#define USER_AGENT "pushlab-explain"

enum { REQUEST_MAX_BYTES = 4096, MESSAGE_MAX_BYTES = 1 << 20 };

void script_say(struct explain_script *s, const char *title, const char *why)
{
    if (s->rc == LAB_OK)
        explain_record(&s->recorder, TRANSCRIPT_SAY, "%s\n%s", title, why);
}

int64_t script_deadline_ns(const struct explain_script *s)
{
    return clock_now_ns() + s->plan->wait_ns;
}

/* ---- the connection ---- */

static void forget_dialog(struct explain_script *s)
{
    http_reader_free(&s->http);
    ws_reader_free(&s->ws);
    s->content.len = 0;
    s->websocket = false;
    s->pings = 0;
}

void script_connect(struct explain_script *s)
{
    const struct http_limits limits = {.head_bytes = 65536, .body_bytes = SIZE_MAX};

    if (s->rc < 0)
        return;
    forget_dialog(s);
    http_reader_init(&s->http, HTTP_RESPONSES, &limits);
    ws_reader_init(&s->ws, WS_CLIENT, MESSAGE_MAX_BYTES);
    s->rc = explain_peer_open(&s->peer, &s->recorder, &s->plan->url, s->tls, &s->memory,
                              s->plan->wait_ns, s->e);
}

void script_finish(struct explain_script *s)
{
    explain_peer_finish(&s->peer, script_deadline_ns(s));
}

void script_send(struct explain_script *s, const void *data, size_t len)
{
    if (s->rc == LAB_OK)
        s->rc = explain_peer_send(&s->peer, data, len, s->e);
}

void script_missing(struct explain_script *s, const char *what)
{
    if (s->rc < 0)
        return;
    if (s->peer.eof)
        explain_record(&s->recorder, TRANSCRIPT_REMARK, "the server has ended: no %s", what);
    else
        explain_record(&s->recorder, TRANSCRIPT_REMARK, "no %s within %.1f s", what,
                       (double)s->plan->wait_ns / (double)NS_PER_S);
}

/* ---- HTTP ---- */

void script_get(struct explain_script *s, const char *target, const char *fields)
{
    char request[REQUEST_MAX_BYTES];
    int len = snprintf(request, sizeof request,
                       "GET %s%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: " USER_AGENT "\r\n%s\r\n",
                       s->plan->url.path, s->plan->path != NULL ? s->plan->path : target, s->host,
                       fields);

    if (s->rc == LAB_OK && (size_t)len >= sizeof request)
        s->rc = err_set(s->e, LAB_EINVAL, "the request is too long");
    script_send(s, request, (size_t)len);
}

static void keep_cursor(struct explain_script *s)
{
    const char *cursor = http_message_field(&s->http.msg, "Pushlab-Cursor");

    if (cursor != NULL)
        snprintf(s->cursor, sizeof s->cursor, "%s", cursor);
}

/* What p->in holds, up to the next event. */
static enum http_event take_http(struct explain_script *s)
{
    struct buf *in = &s->peer.in;
    enum http_event ev = HTTP_NEED_MORE;
    ssize_t n = http_reader_feed(&s->http, in->data, in->len, &ev);

    if (n < 0) {
        s->rc = err_set(s->e, LAB_EPROTO, "the server's answer is not HTTP/1.1");
        return HTTP_NEED_MORE;
    }
    if (ev == HTTP_BODY)
        s->rc = buf_add(&s->content, s->http.body, s->http.body_len);
    buf_drain(in, (size_t)n);
    return ev;
}

bool script_receive(struct explain_script *s, int64_t until_ns)
{
    int rc = s->rc == LAB_OK ? explain_peer_receive(&s->peer, until_ns, s->e) : 0;

    if (rc < 0)
        s->rc = rc;
    return rc > 0;
}

static bool is_endless(const struct http_message *m)
{
    const char *type = http_message_field(m, "Content-Type");

    return m->status == 101 || (type != NULL && (strncmp(type, "text/event-stream", 17) == 0 ||
                                                 strncmp(type, "application/x-ndjson", 20) == 0));
}

int script_answer(struct explain_script *s)
{
    int64_t until_ns = script_deadline_ns(s);
    int status = 0;

    s->content.len = 0;
    while (s->rc == LAB_OK) {
        enum http_event ev = take_http(s);

        if (ev == HTTP_HEAD_DONE) {
            keep_cursor(s);
            status = s->http.msg.status;
            if (is_endless(&s->http.msg) && status != 101)
                return status;
        }
        if (ev == HTTP_MESSAGE && status == 101)
            s->websocket = true;
        if (ev == HTTP_MESSAGE && (status >= 200 || status == 101))
            return status;
        if (ev == HTTP_NEED_MORE && !script_receive(s, until_ns))
            break;
    }
    script_missing(s, "complete answer");
    return status;
}

static bool content_has(const struct explain_script *s, const char *text)
{
    if (s->plan->path != NULL) /* not pushlab's: whatever it sends */
        return s->content.len > 0;
    return s->content.len > 0 &&
           memmem(s->content.data, s->content.len, text, strlen(text)) != NULL;
}

bool script_content(struct explain_script *s, const char *text, const char *what)
{
    int64_t until_ns = script_deadline_ns(s);

    while (s->rc == LAB_OK && !content_has(s, text)) {
        bool more = s->websocket ? script_take_message(s) : take_http(s) != HTTP_NEED_MORE;

        if (!more && !script_receive(s, until_ns)) {
            script_missing(s, what);
            return false;
        }
    }
    s->content.len = 0;
    return s->rc == LAB_OK;
}

/* ---- publishing ---- */

/* The status of the answer to what p has asked; 0: none in time. */
static int read_status(struct explain_peer *p, int64_t until_ns)
{
    static const char begin[] = "HTTP/1.1 ";
    struct err_text ignored;

    while (p->in.len < sizeof begin + 3)
        if (explain_peer_receive(p, until_ns, &ignored) <= 0)
            return 0;
    return memcmp(p->in.data, begin, sizeof begin - 1) == 0
               ? atoi((const char *)p->in.data + sizeof begin - 1)
               : 0;
}

void script_publish(struct explain_script *s)
{
    struct explain_peer p;
    struct err_text why = {""};
    char request[REQUEST_MAX_BYTES];
    int len, status = 0;

    if (s->rc < 0)
        return;
    explain_record(&s->recorder, TRANSCRIPT_REMARK,
                   "meanwhile somebody publishes %.200s, with POST /publish on another connection",
                   s->plan->message);
    len = snprintf(request, sizeof request,
                   "POST %s/publish HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"
                   "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
                   s->plan->url.path, s->host, strlen(s->plan->message), s->plan->message);
    if ((size_t)len < sizeof request &&
        explain_peer_open(&p, NULL, &s->plan->url, s->tls, NULL, s->plan->wait_ns, &why) == 0) {
        if (explain_peer_send(&p, request, (size_t)len, &why) == LAB_OK)
            status = read_status(&p, script_deadline_ns(s));
        explain_peer_close(&p);
    }
    if (status != 200)
        explain_record(&s->recorder, TRANSCRIPT_REMARK,
                       "that was refused (%d): whatever this server sends by itself has to do",
                       status);
}

/* ---- all of it ---- */

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
    struct explain_script s = {.plan = plan, .recorder = {.out = out}, .e = e, .cursor = "0"};
    const struct tls_client_options tls = {.ca_path = plan->ca_path, .host = plan->url.host};

    s.peer.fd = -1;
    name_host(&s);
    if (plan->url.tls)
        s.rc = tls_new_client(&s.tls, &tls, e);
    if (s.rc == LAB_OK)
        topic->perform(&s);
    explain_peer_close(&s.peer);
    forget_dialog(&s);
    buf_free(&s.content);
    tls_memory_forget(&s.memory);
    tls_free(s.tls);
    return s.rc;
}
