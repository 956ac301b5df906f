#include "servers/demo/demo.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "servers/server.h"
#include "lib/proto/url.h"

struct demo *demo_new(struct event_base *base)
{
    struct demo *d = calloc(1, sizeof *d);

    if (d == NULL)
        return NULL;
    if (delay_line_init(&d->line, base) == 0)
        return d;
    free(d);
    return NULL;
}

void demo_free(struct demo *d)
{
    if (d == NULL)
        return;
    delay_line_free(&d->line);
    pages_free(&d->pages);
    free(d);
}

int demo_peer_start(struct peer *p)
{
    p->demo = calloc(1, sizeof *p->demo);
    return p->demo == NULL ? PL_ENOMEM : PL_OK;
}

void demo_peer_end(struct peer *p)
{
    delay_line_forget(&p->server->demo->line, p, &p->demo->delay);
    pages_leave(&p->demo->page, clock_now_ns());
    free(p->demo);
    p->demo = NULL;
}

/* Behind something in line there is only the line, however short the way has become. */
static struct delay_line *line_to_take(const struct peer *p)
{
    struct delay_line *l = &p->server->demo->line;

    if (p->demo->delay.nheld > 0 || p->demo->delay.finishing)
        return l;
    return p->demo->delayed && l->one_way_ns > 0 ? l : NULL;
}

/* "close" in the query is how a page asks for a connection of its own for every request: a
 * browser's scripts can't say Connection: close. */
static void heed_close(struct peer *p, const struct http_request *req)
{
    char value[4];

    if (url_query_get(req->query, "close", value, sizeof value) > 0)
        p->http->persist = false;
}

bool demo_hold_request(struct peer *p, const struct http_request *req, const struct transport *t)
{
    struct delay_line *l;

    p->demo->delayed = t != NULL;
    l = line_to_take(p);
    return l != NULL && delay_line_hold_request(l, p, &p->demo->delay, req) == 0;
}

void demo_count_request(struct peer *p, const struct http_request *req, const struct transport *t)
{
    heed_close(p, req);
    pages_count_request(&p->server->demo->pages, &p->demo->page, req, t, p->http->request_bytes);
}

bool demo_hold_input(struct peer *p, const void *data, size_t len)
{
    struct delay_line *l = line_to_take(p);

    if (l == NULL)
        return p->demo->delay.finishing;
    delay_line_hold_input(l, p, &p->demo->delay, data, len);
    return true;
}

void demo_count_input(struct peer *p, size_t len)
{
    if (p->demo->page.account != NULL)
        p->demo->page.account->in_bytes += len;
}

int demo_send_shared(struct peer *p, struct shared *s, size_t payload_bytes, uint64_t updates)
{
    struct delay_line *l = line_to_take(p);
    int err = l == NULL ? conn_send_shared(&p->conn, s)
                        : delay_line_hold_output(l, p, &p->demo->delay, s);

    if (err == 0)
        pages_count_sent(&p->demo->page, s->data, s->len, payload_bytes, updates);
    return err;
}

int demo_send(struct peer *p, const void *data, size_t len, size_t payload_bytes, uint64_t updates)
{
    struct shared *copy;
    int err;

    if (line_to_take(p) == NULL) {
        err = conn_send(&p->conn, data, len);
        if (err == 0)
            pages_count_sent(&p->demo->page, data, len, payload_bytes, updates);
        return err;
    }
    copy = shared_new_copy(data, len);
    if (copy == NULL) {
        peer_drop(p, DROP_NO_MEMORY);
        return PL_ENOMEM;
    }
    err = demo_send_shared(p, copy, payload_bytes, updates);
    shared_unref(copy);
    return err;
}

void demo_finish(struct peer *p, bool linger)
{
    struct delay_line *l = line_to_take(p);

    if (l == NULL) {
        conn_finish(&p->conn, linger);
        return;
    }
    if (p->http != NULL)
        p->http->busy = true; /* no further request is read before the end */
    delay_line_hold_finish(l, p, &p->demo->delay, linger);
}
