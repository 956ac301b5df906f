#include "servers/http/http_context.h"

#include <stdlib.h>
#include <time.h>

#include "lib/base/err.h"
#include "lib/proto/http_reader.h"
#include "servers/http/peer.h"

enum { READ_BUF_BYTES = 65536 };

/* Beside the transports. */
enum { ACCOUNT_PUBLISH, ACCOUNT_OTHER, ACCOUNTS_BESIDE };

struct transport_stats *http_context_account(const struct http_context *c,
                                             const struct transport *t)
{
    return &c->accounts[t != NULL ? (size_t)t->info->id : TRANSPORT_COUNT + (size_t)ACCOUNT_OTHER];
}

struct transport_stats *http_context_publish_account(const struct http_context *c)
{
    return &c->accounts[TRANSPORT_COUNT + ACCOUNT_PUBLISH];
}

const char *http_context_account_name(size_t i)
{
    static const char *const beside[] = {
        [ACCOUNT_PUBLISH] = "publish", [ACCOUNT_OTHER] = "other", NULL};

    return i < TRANSPORT_COUNT ? transport_names[i] : beside[i - TRANSPORT_COUNT];
}

const char *http_context_date(struct http_context *c)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec != c->date_unix_s) {
        c->date_unix_s = now.tv_sec;
        http_date(c->date, now.tv_sec);
    }
    return c->date;
}

int http_context_start(struct http_context *c, struct event_base *base)
{
    c->accounts = calloc(TRANSPORT_COUNT + ACCOUNTS_BESIDE, sizeof *c->accounts);
    if (c->accounts == NULL || conn_loop_init(&c->loop, base, READ_BUF_BYTES) < 0)
        return PL_ENOMEM;
    return janitor_start(&c->janitor, base);
}

static void stop_peer(struct peer *p)
{
    if (p->conn.ended || p->conn.finishing)
        return;
    if (p->transport != NULL && p->transport->stop != NULL)
        p->transport->stop(p);
    else
        conn_close(&p->conn);
}

void http_context_stop(struct http_context *c)
{
    c->stopping = true;
    listener_stop(c);
    for (uint32_t i = 0; i < c->janitor.npeers; i++)
        stop_peer(c->janitor.peers[i]);
    if (c->connections.open == 0)
        event_base_loopbreak(c->loop.base);
}

void http_context_free(struct http_context *c)
{
    listener_stop(c);
    for (uint32_t i = 0; i < c->janitor.npeers; i++)
        conn_close(&c->janitor.peers[i]->conn);
    if (c->loop.read_buf != NULL) {
        conn_loop_free(&c->loop);
        janitor_free(&c->janitor);
    }
    buf_free(&c->scratch);
    free(c->accounts);
}
