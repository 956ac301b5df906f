#include "servers/demo/demo.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/proto/url.h"

static int demo_start(struct peer *p)
{
    p->tapped = calloc(1, sizeof(struct demo_peer));
    return p->tapped == NULL ? PL_ENOMEM : PL_OK;
}

static void demo_end(struct peer *p)
{
    struct demo_peer *d = p->tapped;

    delay_line_forget(&demo_of(peer_context(p))->line, p);
    pages_leave(&d->page, clock_now_ns());
    free(d);
    p->tapped = NULL;
}

/* While something of this peer is in the queue, all that follows is queued too, even when the delay
 * has become zero. */
static struct delay_line *line_to_take(const struct peer *p)
{
    const struct demo_peer *d = p->tapped;
    struct delay_line *l = &demo_of(peer_context(p))->line;

    if (d->delay.nheld > 0 || d->delay.finishing)
        return l;
    return d->delayed && l->one_way_ns > 0 ? l : NULL;
}

/* A page names the transport that it sends a message for: lane=NAME. */
static size_t sent_account(const struct http_request *req)
{
    char name[16];
    const struct transport_info *t =
        url_query_get(req->query, "lane", name, sizeof name) > 0 ? transport_info_find(name) : NULL;

    return t != NULL ? PAGE_SENT + t->id : PAGE_OTHER;
}

static bool demo_hold_request(struct peer *p, const struct http_request *req)
{
    struct demo_peer *d = p->tapped;
    struct delay_line *l;

    d->delayed = transport_info_at(req->path) != NULL || sent_account(req) != PAGE_OTHER;
    l = line_to_take(p);
    d->delay.request = *req;
    return l != NULL && delay_line_hold(l, p, HELD_REQUEST, NULL) == 0;
}

/* A page asks with "close" in the query for a new connection for each request: a browser's scripts
 * can't send Connection: close. */
static void apply_close(struct peer *p, const struct http_request *req)
{
    char value[4];

    if (url_query_get(req->query, "close", value, sizeof value) > 0)
        p->http->persist = false;
}

static void demo_count_request(struct peer *p, const struct http_request *req,
                               const struct transport *t)
{
    struct demo_peer *d = p->tapped;

    apply_close(p, req);
    pages_count_request(&demo_of(peer_context(p))->pages, &d->page, req,
                        t != NULL ? t->info->id : sent_account(req), p->http->request_bytes);
}

static bool demo_hold_input(struct peer *p, const void *data, size_t len)
{
    struct delay_line *l = line_to_take(p);
    struct shared *copy;

    if (l == NULL)
        return false;
    copy = shared_new_copy(data, len);
    if (copy == NULL)
        peer_drop(p, DROP_NO_MEMORY);
    else
        delay_line_hold(l, p, HELD_INPUT, copy);
    shared_unref(copy);
    return true;
}

static void demo_count_input(struct peer *p, const uint8_t *data, size_t len)
{
    struct demo_peer *d = p->tapped;

    if (d->page.account != NULL)
        d->page.account->in_bytes += len;
    pages_count_message(&d->page, data, len);
}

static int demo_send_shared(struct peer *p, struct shared *s, size_t payload_bytes,
                            uint64_t updates)
{
    struct demo_peer *d = p->tapped;
    struct delay_line *l = line_to_take(p);
    int err = l == NULL ? conn_send_shared(&p->conn, s) : delay_line_hold(l, p, HELD_OUTPUT, s);

    if (err == 0)
        pages_count_sent(&d->page, s->data, s->len, payload_bytes, updates);
    return err;
}

static int demo_send(struct peer *p, const void *data, size_t len, size_t payload_bytes,
                     uint64_t updates)
{
    struct shared *copy = shared_new_copy(data, len);
    int err;

    if (copy == NULL) {
        peer_drop(p, DROP_NO_MEMORY);
        return PL_ENOMEM;
    }
    err = demo_send_shared(p, copy, payload_bytes, updates);
    shared_unref(copy);
    return err;
}

static void demo_finish(struct peer *p, bool linger)
{
    struct delay_line *l = line_to_take(p);

    if (l == NULL) {
        conn_finish(&p->conn, linger);
        return;
    }
    if (p->http != NULL)
        p->http->busy = true; /* no further request is read before the end */
    delay_line_hold(l, p, linger ? HELD_FINISH_LINGER : HELD_FINISH, NULL);
}

struct demo *demo_new(const struct http_context *c)
{
    static const struct tap tap = {
        .start = demo_start,
        .end = demo_end,
        .hold_request = demo_hold_request,
        .count_request = demo_count_request,
        .hold_input = demo_hold_input,
        .count_input = demo_count_input,
        .send = demo_send,
        .send_shared = demo_send_shared,
        .finish = demo_finish,
    };
    struct demo *d = calloc(1, sizeof *d);

    if (d == NULL)
        return NULL;
    d->tap = tap;
    if (delay_line_init(&d->line, c->loop.base) == 0)
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
