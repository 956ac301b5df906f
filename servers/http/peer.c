#include "servers/http/peer.h"

#include <stdlib.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/net/conn.h"
#include "servers/http/http_session.h"

#define LINGER_MAX_NS (2 * NS_PER_S)

static struct peer *peer_from_conn(struct conn *c)
{
    return (struct peer *)c;
}

void peer_input(struct peer *p, uint8_t *data, size_t len, int64_t now_ns)
{
    p->account->in_bytes += len;
    if (p->tapped != NULL)
        peer_context(p)->tap->count_input(p, len);
    if (p->transport->input != NULL)
        p->transport->input(p, data, len, now_ns);
}

static void peer_on_data(struct conn *c, uint8_t *data, size_t len, int64_t recv_ns)
{
    struct peer *p = peer_from_conn(c);

    p->last_in_ns = recv_ns;
    if (p->http != NULL) {
        http_session_input(p, data, len, recv_ns);
        return;
    }
    if (p->tapped == NULL || !peer_context(p)->tap->hold_input(p, data, len))
        peer_input(p, data, len, recv_ns);
}

static void peer_on_flushed(struct conn *c)
{
    struct peer *p = peer_from_conn(c);

    if (p->http == NULL && p->transport != NULL && p->transport->flushed != NULL)
        p->transport->flushed(p, clock_now_ns());
}

static void peer_count_end(const struct peer *p, enum conn_end why)
{
    static const uint8_t drops[] = {[CONN_END_LOCAL] = 0,
                                    [CONN_END_EOF] = 0,
                                    [CONN_END_ERROR] = DROP_IO_ERROR + 1,
                                    [CONN_END_BACKLOG] = DROP_SLOW_READER + 1,
                                    [CONN_END_NOMEM] = DROP_NO_MEMORY + 1};
    struct account *account =
        p->account != NULL ? p->account : &peer_context(p)->accounts[ACCOUNT_OTHER];
    uint8_t drop = drops[why] != 0 ? drops[why] : p->drop;

    if (drop != 0)
        account->drops[drop - 1]++;
}

static void peer_on_end(struct conn *conn, enum conn_end why, int sys_errno)
{
    struct peer *p = peer_from_conn(conn);
    struct http_context *c = peer_context(p);

    (void)sys_errno;
    peer_count_end(p, why);
    c->connections.unused += p->home == 0;
    c->connections.tls_failed += conn_tls_handshake(conn) == CONN_TLS_PENDING;
    hub_unsubscribe(c->hub, &p->sub);
    while (p->hooks != NULL) {
        struct peer_hook *hook = p->hooks;

        peer_hook_remove(hook);
        hook->ended(p, hook);
    }
    if (p->transport != NULL && p->transport->release != NULL)
        p->transport->release(p);
    http_session_free(p);
    if (p->tapped != NULL)
        c->tap->end(p);
    if (p->home != 0)
        c->accounts[p->home - 1].open--;
    http_context_remove_peer(c, p);
    c->connections.open--;
    free(p);
    listener_room(c);
    if (c->stopping && c->connections.open == 0)
        event_base_loopbreak(c->loop.base);
}

static const struct conn_ops peer_ops = {
    .on_data = peer_on_data,
    .on_flushed = peer_on_flushed,
    .on_end = peer_on_end,
};

static int peer_attach(struct peer *p, struct http_context *c, int fd)
{
    uint32_t backlog_bytes = (uint32_t)c->settings->backlog_bytes;

    if (c->tls == NULL)
        return conn_attach(&p->conn, &c->loop, &peer_ops, fd, backlog_bytes);
    return conn_attach_tls(&p->conn, &c->loop, &peer_ops, fd, backlog_bytes, c->tls, NULL);
}

int peer_accept(struct http_context *c, int fd, int64_t now_ns)
{
    struct peer *p = calloc(1, sizeof *p);

    if (p == NULL)
        goto fail;
    p->last_in_ns = p->last_out_ns = now_ns;
    if (http_session_start(p, c) < 0 || http_context_add_peer(c, p) < 0)
        goto fail;
    if (peer_attach(p, c, fd) < 0) {
        http_context_remove_peer(c, p);
        goto fail;
    }
    c->connections.open++;
    c->connections.accepted++;
    if (c->tap != NULL && c->tap->start(p) < 0)
        peer_drop(p, DROP_NO_MEMORY);
    return PL_OK;
fail:
    if (p != NULL)
        http_session_free(p);
    free(p);
    close(fd);
    return PL_ENOMEM;
}

void peer_drop(struct peer *p, enum drop_reason why)
{
    p->drop = (uint8_t)(why + 1);
    conn_close(&p->conn);
}

void peer_finish(struct peer *p, bool linger)
{
    p->last_out_ns = clock_now_ns();
    if (p->tapped != NULL)
        peer_context(p)->tap->finish(p, linger);
    else
        conn_finish(&p->conn, linger);
}

/* A TLS handshake has as much time as a request; until it is complete nothing counts as received.
 */
static bool peer_handshakes_too_long(const struct peer *p, int64_t now_ns)
{
    return conn_tls_handshake(&p->conn) == CONN_TLS_PENDING &&
           now_ns - p->last_in_ns >= peer_context(p)->settings->request_timeout_ns;
}

void peer_tick(struct peer *p, int64_t now_ns)
{
    if (p->conn.ended)
        return;
    if (peer_handshakes_too_long(p, now_ns)) {
        peer_drop(p, DROP_SLOW_REQUEST);
        return;
    }
    if (p->conn.finishing) {
        if (now_ns - p->last_out_ns > LINGER_MAX_NS)
            conn_close(&p->conn);
        return;
    }
    if (p->http != NULL)
        http_session_tick(p, now_ns);
    if (p->transport != NULL && p->transport->tick != NULL && !p->conn.ended)
        p->transport->tick(p, now_ns);
}

static int peer_account_out(struct peer *p, int sent, size_t len, size_t payload_bytes,
                            uint64_t updates)
{
    struct account *account = p->account;

    if (sent < 0)
        return sent;
    account->out_bytes += len;
    account->out_payload_bytes += payload_bytes;
    account->updates_sent += updates;
    return PL_OK;
}

int peer_send(struct peer *p, const void *data, size_t len, size_t payload_bytes, uint64_t updates)
{
    int err = p->tapped == NULL ? conn_send(&p->conn, data, len)
                                : peer_context(p)->tap->send(p, data, len, payload_bytes, updates);

    return peer_account_out(p, err, len, payload_bytes, updates);
}

int peer_send_shared(struct peer *p, struct shared *s, size_t payload_bytes, uint64_t updates)
{
    int err = p->tapped == NULL ? conn_send_shared(&p->conn, s)
                                : peer_context(p)->tap->send_shared(p, s, payload_bytes, updates);

    return peer_account_out(p, err, s->len, payload_bytes, updates);
}

void peer_charge(struct peer *p, size_t whose)
{
    struct account *account = &peer_context(p)->accounts[whose];

    p->account = account;
    if (p->home != 0)
        return;
    p->home = (uint8_t)(whose + 1);
    account->open++;
    account->accepted++;
    account->tls_full_handshakes += conn_tls_handshake(&p->conn) == CONN_TLS_FULL;
    account->tls_resumed_handshakes += conn_tls_handshake(&p->conn) == CONN_TLS_RESUMED;
}

void peer_hook_add(struct peer *p, struct peer_hook *hook)
{
    hook->next = p->hooks;
    hook->link = &p->hooks;
    if (hook->next != NULL)
        hook->next->link = &hook->next;
    p->hooks = hook;
}

void peer_hook_remove(struct peer_hook *hook)
{
    *hook->link = hook->next;
    if (hook->next != NULL)
        hook->next->link = hook->link;
}
