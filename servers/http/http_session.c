#include "servers/http/http_session.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/proto/url.h"

enum { PENDING_MAX_BYTES = 65536 };
#define CONTINUE_100 "HTTP/1.1 100 Continue\r\n\r\n"

/* Go on with what was pipelined after a held request. */
static void session_on_resume(evutil_socket_t fd, short what, void *arg)
{
    struct peer *p = arg;
    struct buf pending = p->http->pending;

    (void)fd;
    (void)what;
    p->http->pending = (struct buf){0};
    http_session_input(p, pending.data, pending.len, clock_now_ns());
    buf_free(&pending);
    if (p->http != NULL && p->conn.peer_ended && !p->conn.ended && !http_session_on_eof(p))
        conn_close(&p->conn);
}

int http_session_start(struct peer *p, struct http_context *c)
{
    struct http_limits limits = {.target_bytes = (size_t)c->settings->max_target_bytes,
                                 .head_bytes = (size_t)c->settings->max_head_bytes,
                                 .body_bytes = (size_t)c->settings->max_body_bytes};

    p->http = calloc(1, sizeof *p->http);
    if (p->http == NULL)
        return PL_ENOMEM;
    http_reader_init(&p->http->reader, HTTP_REQUESTS, &limits);
    event_assign(&p->http->resume, c->loop.base, -1, 0, session_on_resume, p);
    return PL_OK;
}

void http_session_free(struct peer *p)
{
    struct http_session *h = p->http;

    if (h == NULL)
        return;
    event_del(&h->resume);
    http_reader_free(&h->reader);
    buf_free(&h->body);
    buf_free(&h->pending);
    free(h);
    p->http = NULL;
}

/* A client that waits for permission to send its content gets it (RFC 9110 §10.1.1). */
static void session_head(struct peer *p)
{
    const struct http_message *m = &p->http->reader.msg;

    if (m->has_body && m->minor >= 1 && http_message_has_token(m, "Expect", "100-continue"))
        conn_send(&p->conn, CONTINUE_100, sizeof CONTINUE_100 - 1);
}

/* The request is whole. */
static void session_dispatch(struct peer *p, int64_t now_ns)
{
    struct http_context *c = peer_context(p);
    struct http_session *h = p->http;
    struct http_message *m = &h->reader.msg;
    struct http_request req = {.msg = m,
                               .now_ns = now_ns,
                               .body = h->body.data,
                               .body_len = h->body.len,
                               .head = m->method == HTTP_HEAD};
    char *query = NULL;

    h->busy = true;
    h->head_only = req.head;
    h->persist = m->keep_alive && m->method != HTTP_CONNECT && !c->stopping;
    h->say_keep_alive = m->minor == 0 && h->persist;
    h->request_since_ns = 0;
    h->cors = http_context_allows(c, m);
    req.path = url_split_target((char *)m->text.data + m->target, &query);
    req.query = query;
    if (req.path == NULL) {
        peer_charge(p, ACCOUNT_OTHER);
        h->persist = false;
        c->refuse(p, 400, NULL, "the request target is malformed");
        return;
    }
    if (p->tapped == NULL || !c->tap->hold_request(p, &req))
        c->handle(p, &req);
}

/* Where the next request begins is not known: answer and close (RFC 9112 §9.6). */
static void session_fail(struct peer *p, int status)
{
    p->drop = DROP_BAD_REQUEST + 1;
    peer_charge(p, ACCOUNT_OTHER);
    p->account->in_bytes += p->http->request_bytes;
    p->http->request_bytes = 0;
    p->http->busy = true;
    p->http->persist = false;
    p->http->head_only = false;
    peer_context(p)->refuse(p, status, NULL, "the request can't be read");
}

/* Read on until the input is used up or a request must wait. Returns bytes consumed. */
static size_t session_read(struct peer *p, const uint8_t *data, size_t len, int64_t now_ns)
{
    struct http_session *h = p->http;
    size_t done = 0;

    while (!h->busy && !h->detached && !p->conn.ended && !p->conn.finishing) {
        enum http_event ev;
        ssize_t n = http_reader_feed(&h->reader, data + done, len - done, &ev);

        if (n < 0) {
            session_fail(p, h->reader.error_status);
            return len;
        }
        done += (size_t)n;
        h->request_bytes += (size_t)n;
        if (ev == HTTP_NEED_MORE) {
            if (h->request_bytes > 0 && h->request_since_ns == 0)
                h->request_since_ns = now_ns;
            return len;
        }
        if (ev == HTTP_HEAD_DONE)
            session_head(p);
        if (ev == HTTP_BODY && buf_add(&h->body, h->reader.body, h->reader.body_len) < 0)
            peer_drop(p, DROP_NO_MEMORY);
        if (ev == HTTP_MESSAGE)
            session_dispatch(p, now_ns);
    }
    return done;
}

/* A transport has taken over: the rest of the input is for it. */
static void session_hand_over(struct peer *p, uint8_t *rest, size_t len, int64_t now_ns)
{
    http_session_free(p);
    if (len > 0 && !p->conn.ended)
        peer_input(p, rest, len, now_ns);
}

static void session_park(struct peer *p, const uint8_t *rest, size_t len)
{
    struct http_session *h = p->http;

    if (h->pending.len + len > PENDING_MAX_BYTES)
        peer_drop(p, DROP_BAD_REQUEST); /* sends on without reading answers */
    else if (buf_add(&h->pending, rest, len) < 0)
        peer_drop(p, DROP_NO_MEMORY);
}

void http_session_input(struct peer *p, const uint8_t *data, size_t len, int64_t now_ns)
{
    struct http_session *h = p->http;
    size_t used;

    if (h->busy || h->pending.len > 0) {
        session_park(p, data, len);
        return;
    }
    h->in_loop = true;
    used = session_read(p, data, len, now_ns);
    h->in_loop = false;
    if (h->detached) /* conn.h: data may be changed in place */
        session_hand_over(p, (uint8_t *)(uintptr_t)data + used, len - used, now_ns);
    else if (used < len && !p->conn.ended && !p->conn.finishing)
        session_park(p, data + used, len - used);
}

bool http_session_on_eof(struct peer *p)
{
    const struct http_session *h = p->http;

    if (h->busy || h->pending.len > 0)
        return true; /* http_session_done() follows */
    if (conn_queued_bytes(&p->conn) == 0)
        return false;
    peer_finish(p, false);
    return true;
}

void http_session_done(struct peer *p)
{
    struct http_session *h = p->http;

    h->busy = false;
    h->body.len = 0;
    h->request_bytes = 0;
    if (p->conn.ended)
        return;
    if (!h->persist || (p->conn.peer_ended && h->pending.len == 0)) {
        peer_finish(p, p->drop != 0);
        return;
    }
    /* Not here: a delivery may be under way, and a pipelined POST would publish inside it. */
    if (!h->in_loop && h->pending.len > 0)
        event_active(&h->resume, EV_TIMEOUT, 0);
}

void http_session_detach(struct peer *p)
{
    p->http->detached = true;
}

void http_session_arrive(struct peer *p, const struct http_request *req)
{
    int64_t now_ns = req->now_ns;
    struct buf pending;

    peer_context(p)->handle(p, req);
    if (!p->http->detached)
        return;
    pending = p->http->pending;
    p->http->pending = (struct buf){0};
    session_hand_over(p, pending.data, pending.len, now_ns);
    buf_free(&pending);
}

void http_session_tick(struct peer *p, int64_t now_ns)
{
    const struct http_settings *limits = peer_context(p)->settings;
    struct http_session *h = p->http;

    if (h->busy)
        return;
    if (h->request_since_ns != 0) {
        if (now_ns - h->request_since_ns < limits->request_timeout_ns)
            return;
        h->busy = true;
        h->persist = false;
        p->drop = DROP_SLOW_REQUEST + 1;
        peer_charge(p, ACCOUNT_OTHER);
        peer_context(p)->refuse(p, 408, NULL, "the request took too long");
        return;
    }
    if (now_ns - p->last_in_ns >= limits->idle_timeout_ns &&
        now_ns - p->last_out_ns >= limits->idle_timeout_ns)
        peer_drop(p, DROP_IDLE);
}
