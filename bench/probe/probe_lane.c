#include "bench/probe/probe_lane.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/net/tls.h"
#include "lib/proto/envelope.h"

enum {
    HEAD_MAX_BYTES = 32 << 10,
    MESSAGE_MAX_BYTES = 1 << 20,
    LINE_MAX_BYTES = 1 << 20,
    BACKLOG_BYTES = 1 << 16,
    HTTP2_FRAME_HEAD_BYTES = 9,
    HTTP2_SETTINGS = 4, /* RFC 9113 §6.5 */
};

/* ---- how it ends ---- */

static void lane_fail(struct probe_lane *l, const char *why)
{
    l->seen.failed = true;
    if (l->seen.why[0] == '\0')
        snprintf(l->seen.why, sizeof l->seen.why, "%s", why);
    if (l->seen.ended_ns == 0)
        l->seen.ended_ns = clock_now_ns();
}

static void on_end(struct conn *c, enum conn_end why, int sys_errno)
{
    struct probe_lane *l = (struct probe_lane *)c;
    enum http_event ev;

    l->attached = false;
    l->over = true;
    if (why == CONN_END_ERROR)
        lane_fail(l, conn_tls_strerror(c, sys_errno));
    else if (why == CONN_END_NOMEM || why == CONN_END_BACKLOG)
        lane_fail(l, pl_strerror(PL_ENOMEM));
    if (why != CONN_END_EOF)
        return;
    l->seen.ended_ns = clock_now_ns();
    snprintf(l->seen.why, sizeof l->seen.why, "closed");
    if (l->seen.status == 0 || l->seen.upgraded || l->seen.complete)
        return;
    l->seen.complete = http_reader_eof(&l->http, &ev) == PL_OK && ev == HTTP_MESSAGE;
}

/* ---- content ---- */

static void note_arrival(struct probe_lane *l, const char *text, size_t len, int64_t now_ns)
{
    struct envelope e;
    struct probe_arrival a = {.at_ns = now_ns};

    if (envelope_scan(&e, text, len) == PL_OK)
        a.t_ns = e.t_ns;
    else if (len > 0 && (strstr(text, "\"hello\"") != NULL || strstr(text, "\"missed\"") != NULL))
        return; /* says where the stream begins */
    if (l->seen.n < PROBE_ARRIVALS_MAX)
        l->seen.arrivals[l->seen.n] = a;
    l->seen.n++;
}

static void note_content(struct probe_lane *l, const uint8_t *data, size_t len, int64_t now_ns)
{
    size_t have = strlen(l->seen.text), room = sizeof l->seen.text - 1 - have;

    if (l->seen.first_ns == 0)
        l->seen.first_ns = now_ns;
    l->seen.content_bytes += len;
    memcpy(l->seen.text + have, data, len < room ? len : room);
    l->seen.text[strcspn(l->seen.text, "\r\n")] = '\0';
}

static void take_lines(struct probe_lane *l, const uint8_t *data, size_t len, int64_t now_ns)
{
    const uint8_t *newline;
    size_t used = 0;

    if (l->line.len + len > LINE_MAX_BYTES || buf_add(&l->line, data, len) < 0) {
        lane_fail(l, "a line of more than 1 MiB");
        conn_close(&l->conn);
        return;
    }
    while ((newline = memchr(l->line.data + used, '\n', l->line.len - used)) != NULL) {
        size_t line_len = (size_t)(newline - l->line.data) - used;

        l->line.data[used + line_len] = '\0';
        if (line_len > 1) /* an empty line is a heartbeat */
            note_arrival(l, (const char *)l->line.data + used, line_len, now_ns);
        used += line_len + 1;
    }
    buf_drain(&l->line, used);
}

static void take_events(struct probe_lane *l, const uint8_t *data, size_t len, int64_t now_ns)
{
    struct sse_event ev;
    bool got = true;

    while (got) {
        ssize_t n = sse_parser_feed(&l->events, data, len, &ev, &got);

        if (n < 0) {
            lane_fail(l, "an event of more than 1 MiB");
            conn_close(&l->conn);
            return;
        }
        data += n;
        len -= (size_t)n;
        if (got && strcmp(ev.type, "message") == 0)
            note_arrival(l, ev.data, ev.data_len, now_ns);
    }
}

static void take_content(struct probe_lane *l, const uint8_t *data, size_t len, int64_t now_ns)
{
    if (len == 0)
        return;
    note_content(l, data, len, now_ns);
    if (l->ask.form == PROBE_LINES)
        take_lines(l, data, len, now_ns);
    else if (l->ask.form == PROBE_EVENTS)
        take_events(l, data, len, now_ns);
}

/* ---- HTTP ---- */

static void keep_field(char *out, size_t cap, const struct http_message *m, const char *name)
{
    const char *value = http_message_field(m, name);

    snprintf(out, cap, "%s", value != NULL ? value : "");
}

static bool accepts(const struct probe_lane *l)
{
    const struct http_message *m = &l->http.msg;
    const char *given = http_message_field(m, "Sec-WebSocket-Accept");
    char wanted[WS_ACCEPT_CHARS + 1];

    return m->status == 101 && given != NULL && ws_accept_from_key(wanted, l->key) == PL_OK &&
           strcmp(given, wanted) == 0;
}

static void take_head(struct probe_lane *l, int64_t now_ns)
{
    const struct http_message *m = &l->http.msg;
    const char *cursor = http_message_field(m, "Pushlab-Cursor");

    if (m->status >= 100 && m->status < 200 && m->status != 101)
        return; /* another head follows (RFC 9110 §15.2) */
    l->seen.head_ns = now_ns;
    l->seen.status = m->status;
    l->seen.minor = m->minor;
    l->seen.upgraded = accepts(l);
    l->seen.has_cursor = cursor != NULL;
    l->seen.cursor = cursor != NULL ? strtoull(cursor, NULL, 10) : 0;
    keep_field(l->seen.server, sizeof l->seen.server, m, "Server");
    keep_field(l->seen.via, sizeof l->seen.via, m, "Via");
    keep_field(l->seen.encoding, sizeof l->seen.encoding, m, "Content-Encoding");
    keep_field(l->seen.type, sizeof l->seen.type, m, "Content-Type");
}

/* Returns how many bytes are left for a WebSocket. */
static size_t take_http(struct probe_lane *l, uint8_t *data, size_t len, int64_t now_ns)
{
    enum http_event ev = HTTP_HEAD_DONE;

    while (ev != HTTP_NEED_MORE && !l->seen.upgraded) {
        ssize_t n = http_reader_feed(&l->http, data, len, &ev);

        if (n < 0) {
            lane_fail(l, "the response is not HTTP/1.x");
            conn_close(&l->conn);
            return 0;
        }
        if (ev == HTTP_HEAD_DONE)
            take_head(l, now_ns);
        else if (ev == HTTP_BODY)
            take_content(l, l->http.body, l->http.body_len, now_ns);
        else if (ev == HTTP_MESSAGE)
            l->seen.complete = l->seen.status != 0;
        data += n;
        len -= (size_t)n;
    }
    return l->seen.upgraded ? len : 0;
}

/* ---- WebSocket ---- */

static void answer(struct probe_lane *l, const struct ws_event *ev)
{
    uint8_t frame[WS_HEADER_MAX_BYTES + WS_CONTROL_MAX_BYTES], key[4];
    size_t len;

    if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key)
        return;
    if (ev->type == WS_EVENT_PING)
        len = ws_control_encode(frame, WS_PONG, ev->data, ev->len, key);
    else
        len = ws_close_encode(frame, ev->close_code, NULL, key);
    (void)conn_send(&l->conn, frame, len);
}

static void take_frames(struct probe_lane *l, uint8_t *data, size_t len, int64_t now_ns)
{
    struct ws_event ev = {.type = WS_EVENT_PING};

    while (ev.type != WS_EVENT_NONE) {
        ssize_t n = ws_reader_feed(&l->ws, data, len, &ev);

        if (n < 0) {
            lane_fail(l, "what follows the upgrade is not WebSocket");
            conn_close(&l->conn);
            return;
        }
        data += n;
        len -= (size_t)n;
        if (ev.type == WS_EVENT_MESSAGE) {
            note_content(l, ev.data, ev.len, now_ns);
            note_arrival(l, (const char *)ev.data, ev.len, now_ns);
        } else if (ev.type == WS_EVENT_PING || ev.type == WS_EVENT_CLOSE) {
            l->seen.close_code = ev.type == WS_EVENT_CLOSE ? ev.close_code : 0;
            answer(l, &ev);
        }
    }
}

/* ---- HTTP/2: the first frame of a server is SETTINGS (RFC 9113 §3.4) ---- */

static void take_http2(struct probe_lane *l, const uint8_t *data, size_t len)
{
    if (buf_add(&l->line, data, len) < 0 || l->line.len < HTTP2_FRAME_HEAD_BYTES)
        return;
    l->seen.is_http2 = l->line.data[3] == HTTP2_SETTINGS && be_get(l->line.data + 5, 4) == 0 &&
                       be_get(l->line.data, 3) % 6 == 0;
    conn_close(&l->conn);
}

static void on_data(struct conn *c, uint8_t *data, size_t len, int64_t recv_ns)
{
    struct probe_lane *l = (struct probe_lane *)c;
    uint64_t content_bytes = l->seen.content_bytes;

    l->seen.last_ns = recv_ns;
    if (l->ask.form == PROBE_HTTP2) {
        take_http2(l, data, len);
        return;
    }
    if (!l->seen.upgraded) {
        size_t left = take_http(l, data, len, recv_ns);

        data += len - left;
        len = left;
    }
    if (l->seen.upgraded && !l->conn.ended)
        take_frames(l, data, len, recv_ns);
    l->seen.reads += l->seen.content_bytes > content_bytes;
}

/* ---- asking ---- */

static int put_request(const struct probe_lane *l, struct buf *out)
{
    const struct probe_ask *a = &l->ask;

    if (a->form == PROBE_HTTP2) {
        static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0";

        return buf_add(out, preface, sizeof preface); /* and the NUL: 9 bytes of empty SETTINGS */
    }
    return buf_printf(
        out, "GET %s HTTP/1.%d\r\nHost: %s\r\nUser-Agent: pushlab-probe\r\n%s%s%s%s\r\n", a->target,
        a->http10 ? 0 : 1, l->goal->host, a->fields,
        a->form == PROBE_WEBSOCKET ? "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                                     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                                   : "",
        a->form == PROBE_WEBSOCKET ? l->key : "", a->form == PROBE_WEBSOCKET ? "\r\n" : "");
}

static void ask(struct probe_lane *l)
{
    struct buf request = {0};

    if (put_request(l, &request) < 0) {
        lane_fail(l, pl_strerror(PL_ENOMEM));
        conn_close(&l->conn);
    } else {
        l->seen.asked_ns = clock_now_ns();
        (void)conn_send(&l->conn, request.data, request.len);
    }
    buf_free(&request);
}

static void on_secured(struct conn *c)
{
    ask((struct probe_lane *)c);
}

static const struct conn_ops lane_ops = {
    .on_data = on_data, .on_end = on_end, .on_secured = on_secured};

static void give_up(struct probe_lane *l, int fd, const char *why)
{
    close(fd);
    lane_fail(l, why);
    l->over = true;
}

static void attach(struct probe_lane *l, int fd)
{
    struct tls *tls = l->ask.form == PROBE_HTTP2 ? l->goal->tls_http2 : l->goal->tls;
    int rc = tls == NULL
                 ? conn_attach(&l->conn, l->loop, &lane_ops, fd, BACKLOG_BYTES)
                 : conn_attach_tls(&l->conn, l->loop, &lane_ops, fd, BACKLOG_BYTES, tls, NULL);

    if (rc < 0) {
        give_up(l, fd, pl_strerror(rc));
        return;
    }
    l->attached = true;
    if (tls == NULL)
        ask(l);
}

static void on_connected(evutil_socket_t fd, short what, void *arg)
{
    struct probe_lane *l = arg;
    int sys_errno = 0;
    socklen_t len = sizeof sys_errno;

    (void)what;
    event_free(l->connecting);
    l->connecting = NULL;
    if (getsockopt((int)fd, SOL_SOCKET, SO_ERROR, &sys_errno, &len) < 0)
        sys_errno = errno;
    if (sys_errno != 0)
        give_up(l, (int)fd, strerror(sys_errno));
    else
        attach(l, (int)fd);
}

static bool init_readers(struct probe_lane *l)
{
    static const struct http_limits limits = {
        .target_bytes = 0, .head_bytes = HEAD_MAX_BYTES, .body_bytes = SIZE_MAX};
    uint8_t nonce[16];

    http_reader_init(&l->http, HTTP_RESPONSES, &limits);
    sse_parser_init(&l->events, MESSAGE_MAX_BYTES);
    ws_reader_init(&l->ws, WS_CLIENT, MESSAGE_MAX_BYTES);
    if (getrandom(nonce, sizeof nonce, 0) != (ssize_t)sizeof nonce)
        return false;
    ws_key_encode(l->key, nonce);
    return true;
}

int probe_lane_start(struct probe_lane *l, const struct probe_goal *goal, struct conn_loop *loop,
                     const struct probe_ask *ask_)
{
    const struct sockaddr *to = (const struct sockaddr *)&goal->addr;
    int fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    *l = (struct probe_lane){.goal = goal, .loop = loop, .ask = *ask_};
    l->seen.begun_ns = clock_now_ns();
    if (fd < 0 || !init_readers(l)) {
        give_up(l, fd, strerror(errno));
        return PL_ESYS;
    }
    if (connect(fd, to, goal->addr_len) < 0 && errno != EINPROGRESS) {
        give_up(l, fd, strerror(errno));
        return PL_ESYS;
    }
    l->connecting = event_new(loop->base, fd, EV_WRITE, on_connected, l);
    if (l->connecting != NULL && event_add(l->connecting, NULL) == 0)
        return PL_OK;
    if (l->connecting != NULL)
        event_free(l->connecting);
    l->connecting = NULL;
    give_up(l, fd, pl_strerror(PL_ENOMEM));
    return PL_ENOMEM;
}

void probe_lane_stop(struct probe_lane *l)
{
    if (l->over)
        return;
    if (l->attached) {
        conn_close(&l->conn);
        return;
    }
    if (l->connecting != NULL) {
        close(event_get_fd(l->connecting));
        event_free(l->connecting);
        l->connecting = NULL;
    }
    l->over = true;
}

void probe_lane_free(struct probe_lane *l)
{
    http_reader_free(&l->http);
    sse_parser_free(&l->events);
    ws_reader_free(&l->ws);
    buf_free(&l->line);
}
