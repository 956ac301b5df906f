#include "servers/http/peer.h"

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/net/conn.h"

void peer_input(struct peer *p, uint8_t *data, size_t len, int64_t now_ns)
{
    p->account->in_bytes += len;
    if (p->tapped != NULL)
        peer_context(p)->tap->count_input(p, data, len);
    if (p->transport->input != NULL)
        p->transport->input(p, data, len, now_ns);
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
