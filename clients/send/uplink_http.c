#include "clients/send/uplink_http.h"

#include <stdio.h>

#include "lib/base/clock.h"

#define PUBLISH_PATH "/publish"

enum {
    BATCH_MAX_BYTES = 256 * 1024, /* of posts in one request: servers bound its content */
    ANSWER_MAX_BYTES = 64 * 1024,
};

static struct uplink_http *of(struct connection *net)
{
    return (struct uplink_http *)net;
}

static bool ended(const struct uplink_http *h)
{
    return h->net.state == CONNECTION_ENDED;
}

static void give_up(struct uplink_http *h)
{
    h->gave_up = true;
    h->net.state = CONNECTION_ENDED;
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

static int encode_request(struct uplink_http *h, struct buf *out, int64_t now_ns)
{
    struct http_request_head request = client_env_request(h->net.env, PUBLISH_PATH);
    size_t bytes, count = uplink_batch(h->uplink, BATCH_MAX_BYTES, &bytes);
    size_t list_bytes = count > 1 ? count + 1 : 0; /* brackets and commas */
    char head[HTTP_REQUEST_MAX_BYTES], fields[96];
    size_t head_len;

    snprintf(fields, sizeof fields, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
             bytes + list_bytes);
    request.method = "POST";
    request.kind = REQUEST_POST;
    request.fields = fields;
    head_len = http_request_encode(head, &request);
    if (head_len == 0)
        return PL_ELIMIT;
    upstream_account_framing(h->account, now_ns, head_len + list_bytes);
    if (buf_add(out, head, head_len) < 0)
        return PL_ENOMEM;
    return add_posts(h, count, out);
}

static void ask(struct uplink_http *h, int64_t now_ns)
{
    struct buf request = {0};
    int err = encode_request(h, &request, now_ns);

    UPSTREAM_COUNT(h->account, now_ns, requests, 1);
    if (err == PL_OK) {
        conn_send(&h->net.conn, request.data, request.len);
    } else {
        client_env_note(h->net.env, PUBLISH_PATH ": request: %s", pl_strerror(err));
        conn_close(&h->net.conn);
        if (err == PL_ELIMIT)
            give_up(h);
    }
    buf_free(&request);
}

void uplink_http_flush(struct uplink_http *h, int64_t now_ns)
{
    if (uplink_waiting(h->uplink) == 0 || h->uplink->under_way > 0)
        return;
    if (h->net.state == CONNECTION_IDLE) {
        h->dialed_ns = now_ns;
        connection_dial(&h->net, now_ns);
    } else if (h->net.state == CONNECTION_OPEN && !h->net.conn.ended) {
        ask(h, now_ns);
    }
}

/* ---- the answer ---- */

static void refused(struct uplink_http *h, int status, int64_t recv_ns)
{
    UPSTREAM_COUNT(h->account, recv_ns, failed_responses, 1);
    client_env_note(h->net.env, PUBLISH_PATH ": %d %s", status, http_status_phrase(status));
    h->refused = true;
    conn_close(&h->net.conn);
    if (http_status_is_final(status))
        give_up(h);
}

static void answered(struct uplink_http *h, int64_t recv_ns)
{
    const struct http_message *m = &h->exchange.reader.msg;

    if (m->status / 100 != 2) {
        refused(h, m->status, recv_ns);
        return;
    }
    UPSTREAM_COUNT(h->account, recv_ns, responses, 1);
    h->net.attempts = 0;
    uplink_acknowledge(h->uplink, h->uplink->under_way);
    if (!m->keep_alive || h->net.env->opt->connection == CONNECTION_CLOSE)
        conn_close(&h->net.conn);
    uplink_http_flush(h, recv_ns);
}

static void on_data(struct conn *conn, uint8_t *data, size_t len, int64_t recv_ns)
{
    struct uplink_http *h = (struct uplink_http *)conn;
    int result = http_exchange_feed(&h->exchange, data, len);

    UPSTREAM_COUNT(h->account, recv_ns, bytes_in, len);
    if (result < 0 || h->uplink->under_way == 0) {
        client_env_note(h->net.env, PUBLISH_PATH ": the response is not HTTP/1.1");
        h->refused = true;
        conn_close(conn);
    } else if (result == HTTP_EXCHANGE_DONE) {
        answered(h, recv_ns);
    }
}

/* ---- the connection ---- */

static void on_open(struct connection *net, int64_t now_ns)
{
    struct uplink_http *h = of(net);
    enum conn_tls_handshake handshake = conn_tls_handshake(&net->conn);

    UPSTREAM_COUNT(h->account, h->dialed_ns, connects, 1);
    UPSTREAM_COUNT(h->account, h->dialed_ns, tls_full_handshakes, handshake == CONN_TLS_FULL);
    UPSTREAM_COUNT(h->account, h->dialed_ns, tls_resumed_handshakes, handshake == CONN_TLS_RESUMED);
    http_exchange_init(&h->exchange, ANSWER_MAX_BYTES);
    uplink_http_flush(h, now_ns);
}

static void on_failed(struct connection *net, const char *why, bool for_good, int64_t now_ns)
{
    (void)for_good; /* the client's own connection fails, too */
    UPSTREAM_COUNT(of(net)->account, now_ns, connect_failures, 1);
    client_env_note(net->env, "connect %s: %s", net->env->host, why);
    connection_back_off(net, 0, now_ns);
}

/* Whether a request under way was read is not known: its messages are sent again, and the server
 * drops those it has, by their numbers. After the end of an idle connection, the next request opens
 * another. */
static void lost(struct uplink_http *h, enum conn_end why, int64_t now_ns)
{
    bool was_asked = h->uplink->under_way > 0;

    if (was_asked && !h->refused)
        UPSTREAM_COUNT(h->account, now_ns, failed_responses, 1);
    if (was_asked && why == CONN_END_EOF)
        client_env_note(h->net.env, PUBLISH_PATH ": connection closed before an answer");
    uplink_rewind(h->uplink);
    if (was_asked || h->refused)
        connection_back_off(&h->net, 0, now_ns);
    h->refused = false;
    uplink_http_flush(h, now_ns);
}

static void on_lost(struct connection *net, enum conn_end why, int sys_errno, int64_t now_ns)
{
    struct uplink_http *h = of(net);

    if (why == CONN_END_ERROR)
        client_env_note(net->env, "connection lost: %s", conn_tls_strerror(&net->conn, sys_errno));
    if (ended(h))
        return;
    if (why == CONN_END_EOF && h->uplink->under_way > 0 &&
        http_exchange_eof(&h->exchange) == HTTP_EXCHANGE_DONE)
        answered(h, now_ns);
    if (!ended(h))
        lost(h, why, now_ns);
}

static void on_due(struct connection *net, int64_t now_ns)
{
    net->state = CONNECTION_IDLE;
    uplink_http_flush(of(net), now_ns);
}

static const struct connection_ops ops = {
    .conn = {CONNECTION_CONN_OPS, .on_data = on_data},
    .on_open = on_open,
    .on_failed = on_failed,
    .on_lost = on_lost,
    .on_due = on_due,
    .resumes = true,
};

/* ---- life ---- */

void uplink_http_init(struct uplink_http *h, struct client_env *env,
                      struct upstream_account *account, struct uplink *uplink, uint32_t index)
{
    connection_init(&h->net, env, &ops, index);
    h->account = account;
    h->uplink = uplink;
}

void uplink_http_leave(struct uplink_http *h)
{
    if (ended(h))
        return;
    UPSTREAM_COUNT(h->account, h->dialed_ns, connects_abandoned, connection_is_opening(&h->net));
    connection_close(&h->net);
    h->net.state = CONNECTION_ENDED;
}

void uplink_http_free(struct uplink_http *h)
{
    http_exchange_free(&h->exchange);
    tls_memory_forget(&h->net.session);
}
