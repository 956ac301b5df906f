#include "clients/send/uplink_http.h"

#include <errno.h>
#include <string.h>

#include "clients/client/backoff.h"
#include "lib/base/clock.h"
#include "lib/net/conn_tls.h"

#define PUBLISH_PATH "/publish"

enum {
    BATCH_MAX_BYTES = 256 * 1024, /* of posts in one request: servers bound its content */
    ANSWER_MAX_BYTES = 64 * 1024,
    BACKLOG_LIMIT_BYTES = 1 << 20,
    ATTEMPTS_MAX = 60,
};

enum state { IDLE, DIALING, SECURING, OPEN, BACKOFF, GAVE_UP, LEFT };

static struct uplink_http *of(struct conn *c)
{
    return (struct uplink_http *)c;
}

static bool closes(const struct uplink_http *h)
{
    return h->env->opt->connection == CONNECTION_CLOSE;
}

static bool ended(const struct uplink_http *h)
{
    return h->state == GAVE_UP || h->state == LEFT;
}

static void back_off(struct uplink_http *h, int64_t now_ns)
{
    const struct client_options *opt = h->env->opt;
    int64_t wait_ns = backoff_delay_ns(opt->reconnect_min_ns, opt->reconnect_max_ns, h->attempts,
                                       rng_uniform(&h->env->rng));

    if (ended(h))
        return;
    if (h->attempts < ATTEMPTS_MAX)
        h->attempts++;
    h->state = BACKOFF;
    schedule_set(&h->env->schedule, &h->timer, now_ns + wait_ns);
}

static void give_up(struct uplink_http *h)
{
    h->state = GAVE_UP;
    schedule_cancel(&h->env->schedule, &h->timer);
}

/* ---- asking ---- */

/* Append the oldest count posts, alone or as a list, and let them go. 0 or PL_ENOMEM. */
static int add_posts(struct uplink_http *h, size_t count, struct buf *out)
{
    const struct uplink_item *item;
    const char *text;
    int err = count > 1 ? buf_add(out, "[", 1) : PL_OK;

    for (size_t i = 0; i < count && err == PL_OK; i++) {
        item = uplink_next(h->uplink, &text);
        if (i > 0)
            err = buf_add(out, ",", 1);
        if (err == PL_OK)
            err = buf_add(out, text, item->len);
        upstream_account_sent(h->account, item->due_ns, item->len, 0, item->left, clock_now_ns());
        uplink_depart(h->uplink);
    }
    return err == PL_OK && count > 1 ? buf_add(out, "]", 1) : err;
}

static int encode_request(struct uplink_http *h, struct buf *out)
{
    size_t bytes, count = uplink_batch(h->uplink, BATCH_MAX_BYTES, &bytes);
    size_t list_bytes = count > 1 ? count + 1 : 0; /* brackets and commas */
    struct http_post post = {.host = h->env->host,
                             .prefix = h->env->opt->url.path,
                             .path = PUBLISH_PATH,
                             .body_len = bytes + list_bytes,
                             .close = closes(h)};
    char head[HTTP_REQUEST_MAX_BYTES];
    size_t head_len = http_post_encode(head, &post);

    if (head_len == 0)
        return PL_ELIMIT;
    UPSTREAM_COUNT(h->account, h->due_ns, framing_bytes_out, head_len + list_bytes);
    if (buf_add(out, head, head_len) < 0)
        return PL_ENOMEM;
    return add_posts(h, count, out);
}

static void ask(struct uplink_http *h)
{
    struct buf request = {0};
    int err = encode_request(h, &request);

    UPSTREAM_COUNT(h->account, h->due_ns, requests, 1);
    if (err == PL_OK) {
        conn_send(&h->conn, request.data, request.len);
    } else {
        client_env_note(h->env, PUBLISH_PATH ": request: %s", pl_strerror(err));
        conn_close(&h->conn);
        if (err == PL_ELIMIT)
            give_up(h);
    }
    buf_free(&request);
}

static void dial(struct uplink_http *h, int64_t now_ns);

void uplink_http_flush(struct uplink_http *h, int64_t now_ns)
{
    const char *text;
    const struct uplink_item *item = uplink_next(h->uplink, &text);

    if (item == NULL || h->uplink->under_way > 0)
        return;
    if (h->state == IDLE) {
        h->due_ns = item->due_ns;
        dial(h, now_ns);
    } else if (h->state == OPEN && !h->conn.ended) {
        h->due_ns = item->due_ns;
        ask(h);
    }
}

/* ---- hearing ---- */

static void refused(struct uplink_http *h, int status)
{
    UPSTREAM_COUNT(h->account, h->due_ns, failed_responses, 1);
    client_env_note(h->env, PUBLISH_PATH ": %d %s", status, http_status_phrase(status));
    h->refused = true;
    conn_close(&h->conn);
    if (http_status_is_final(status))
        give_up(h);
}

static void answered(struct uplink_http *h, int64_t recv_ns)
{
    const struct http_message *m = &h->exchange.reader.msg;
    bool keep_alive = m->keep_alive;

    if (m->status / 100 != 2) {
        refused(h, m->status);
        return;
    }
    UPSTREAM_COUNT(h->account, h->due_ns, responses, 1);
    h->attempts = 0;
    uplink_acknowledge(h->uplink, h->uplink->under_way);
    http_exchange_next(&h->exchange);
    if (!keep_alive || closes(h))
        conn_close(&h->conn);
    uplink_http_flush(h, recv_ns);
}

static void on_data(struct conn *conn, uint8_t *data, size_t len, int64_t recv_ns)
{
    struct uplink_http *h = of(conn);
    int result = http_exchange_feed(&h->exchange, data, len);

    UPSTREAM_COUNT(h->account, h->due_ns, bytes_in, len);
    if (result < 0 || h->uplink->under_way == 0) {
        client_env_note(h->env, PUBLISH_PATH ": the response is not HTTP/1.1");
        h->refused = true;
        conn_close(conn);
    } else if (result == HTTP_EXCHANGE_DONE) {
        answered(h, recv_ns);
    }
}

/* ---- the connection ---- */

static void handshake_failed(struct uplink_http *h, enum conn_end why, int sys_errno,
                             int64_t now_ns)
{
    schedule_cancel(&h->env->schedule, &h->dial.timeout);
    if (ended(h))
        return;
    UPSTREAM_COUNT(h->account, h->due_ns, connect_failures, 1);
    if (why != CONN_END_LOCAL)
        client_env_note(h->env, "connect %s: %s", h->env->host,
                        why == CONN_END_ERROR ? conn_tls_strerror(&h->conn, sys_errno)
                                              : "closed during the TLS handshake");
    back_off(h, now_ns);
}

/* With a request under way nobody knows whether it was read: its messages go again, and their
 * numbers tell. An idle connection that goes is nothing: the next request opens another. */
static void lost(struct uplink_http *h, enum conn_end why, int64_t now_ns)
{
    bool was_asked = h->uplink->under_way > 0;

    if (was_asked && !h->refused)
        UPSTREAM_COUNT(h->account, h->due_ns, failed_responses, 1);
    if (was_asked && why == CONN_END_EOF)
        client_env_note(h->env, PUBLISH_PATH ": connection closed before an answer");
    uplink_rewind(h->uplink);
    if (was_asked || h->refused)
        back_off(h, now_ns);
    h->refused = false;
    uplink_http_flush(h, now_ns);
}

static void on_end(struct conn *conn, enum conn_end why, int sys_errno)
{
    struct uplink_http *h = of(conn);
    int64_t now_ns = clock_now_ns();

    if (h->state == SECURING) {
        handshake_failed(h, why, sys_errno, now_ns);
        return;
    }
    if (why == CONN_END_ERROR)
        client_env_note(h->env, "connection lost: %s", conn_tls_strerror(conn, sys_errno));
    if (ended(h))
        return;
    if (why == CONN_END_EOF && h->uplink->under_way > 0 &&
        http_exchange_eof(&h->exchange) == HTTP_EXCHANGE_DONE) {
        answered(h, now_ns);
    }
    if (ended(h))
        return;
    h->state = IDLE;
    lost(h, why, now_ns);
}

static void ready(struct uplink_http *h, int64_t now_ns)
{
    h->state = OPEN;
    UPSTREAM_COUNT(h->account, h->due_ns, connects, 1);
    http_exchange_init(&h->exchange, ANSWER_MAX_BYTES);
    uplink_http_flush(h, now_ns);
}

static void on_secured(struct conn *conn)
{
    struct uplink_http *h = of(conn);

    schedule_cancel(&h->env->schedule, &h->dial.timeout);
    if (conn_tls_handshake(conn) == CONN_TLS_RESUMED)
        UPSTREAM_COUNT(h->account, h->due_ns, tls_resumed_handshakes, 1);
    else
        UPSTREAM_COUNT(h->account, h->due_ns, tls_full_handshakes, 1);
    ready(h, clock_now_ns());
}

static const struct conn_ops uplink_conn_ops = {
    .on_data = on_data,
    .on_end = on_end,
    .on_secured = on_secured,
};

static void on_handshake_timeout(struct deadline *d, int64_t now_ns)
{
    struct uplink_http *h =
        (struct uplink_http *)((char *)d - offsetof(struct uplink_http, dial.timeout));

    (void)now_ns;
    client_env_note(h->env, "connect %s: the TLS handshake took too long", h->env->host);
    conn_close(&h->conn);
}

static void connected(struct uplink_http *h, int fd, int64_t now_ns)
{
    struct client_env *env = h->env;
    struct tls_memory *memory = env->opt->tls_resume == TLS_RESUME_YES ? &h->session : NULL;

    if (client_env_attach(env, &h->conn, &uplink_conn_ops, fd, BACKLOG_LIMIT_BYTES, memory) < 0) {
        evutil_closesocket(fd);
        back_off(h, now_ns);
        return;
    }
    if (env->tls == NULL) {
        ready(h, now_ns);
        return;
    }
    h->state = SECURING; /* what is left of the time to connect is the handshake's */
    h->dial.timeout.on_due = on_handshake_timeout;
    schedule_set(&env->schedule, &h->dial.timeout, h->dial.timeout.due_ns);
}

static void dial_failed(struct uplink_http *h, int sys_errno, int64_t now_ns)
{
    UPSTREAM_COUNT(h->account, h->due_ns, connect_failures, 1);
    client_env_note(h->env, "connect %s: %s", h->env->host, strerror(sys_errno));
    back_off(h, now_ns);
}

static void on_dialed(void *arg, int fd, int sys_errno)
{
    struct uplink_http *h = arg;
    int64_t now_ns = clock_now_ns();

    if (fd < 0)
        dial_failed(h, sys_errno, now_ns);
    else
        connected(h, fd, now_ns);
}

static void dial(struct uplink_http *h, int64_t now_ns)
{
    struct client_env *env = h->env;
    int err = dial_start(&h->dial, env->base, &env->schedule, &env->target, h->index,
                         now_ns + env->opt->connect_timeout_ns);

    if (err < 0)
        dial_failed(h, err == PL_ENOMEM ? ENOMEM : errno, now_ns);
    else
        h->state = DIALING;
}

static void on_timer(struct deadline *d, int64_t now_ns)
{
    struct uplink_http *h = (struct uplink_http *)((char *)d - offsetof(struct uplink_http, timer));

    h->state = IDLE;
    uplink_http_flush(h, now_ns);
}

/* ---- life ---- */

void uplink_http_init(struct uplink_http *h, struct client_env *env,
                      struct upstream_account *account, struct uplink *uplink, uint32_t index)
{
    h->env = env;
    h->account = account;
    h->uplink = uplink;
    h->index = index;
    h->timer.on_due = on_timer;
    h->dial.on_done = on_dialed;
    h->dial.arg = h;
}

bool uplink_http_gave_up(const struct uplink_http *h)
{
    return h->state == GAVE_UP;
}

void uplink_http_leave(struct uplink_http *h)
{
    enum state was = h->state;

    if (ended(h))
        return;
    h->state = LEFT;
    schedule_cancel(&h->env->schedule, &h->timer);
    schedule_cancel(&h->env->schedule, &h->dial.timeout);
    if (was == DIALING || was == SECURING)
        UPSTREAM_COUNT(h->account, h->due_ns, connects_abandoned, 1);
    dial_cancel(&h->dial);
    if (was == OPEN || was == SECURING)
        conn_close(&h->conn);
}

void uplink_http_free(struct uplink_http *h)
{
    http_exchange_free(&h->exchange);
    tls_memory_forget(&h->session);
}
