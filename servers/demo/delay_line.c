#include "servers/demo/delay_line.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"

struct held {
    struct held *next;
    struct peer *peer;
    int64_t due_ns;
    struct shared *bytes; /* output and input */
    enum held_kind kind;
};

static struct delay_peer *delay_of(const struct peer *p)
{
    return p->tapped;
}

static void held_free(struct held *h)
{
    shared_unref(h->bytes);
    free(h);
}

static void held_act(struct held *h, int64_t now_ns)
{
    struct peer *p = h->peer;

    if (p->conn.ended)
        return;
    switch (h->kind) {
    case HELD_OUTPUT:
        conn_send_shared(&p->conn, h->bytes);
        return;
    case HELD_INPUT:
        peer_input(p, h->bytes->data, h->bytes->len, now_ns);
        return;
    case HELD_REQUEST:
        delay_of(p)->request.now_ns = now_ns;
        http_session_arrive(p, &delay_of(p)->request);
        return;
    case HELD_FINISH:
    case HELD_FINISH_LINGER:
        p->last_out_ns = now_ns;
        conn_finish(&p->conn, h->kind == HELD_FINISH_LINGER);
        return;
    }
}

static void delay_line_on_due(void *arg, int64_t now_ns)
{
    struct delay_line *l = arg;

    while (l->head != NULL && l->head->due_ns <= now_ns) {
        struct held *h = l->head;
        struct delay_peer *dp = delay_of(h->peer);

        l->head = h->next;
        if (l->head == NULL)
            l->tail = &l->head;
        dp->nheld--;
        dp->held_bytes -= h->bytes != NULL ? h->bytes->len : 0;
        held_act(h, now_ns);
        held_free(h);
    }
    ticker_arm(&l->ticker, l->head != NULL ? l->head->due_ns : INT64_MAX);
}

int delay_line_init(struct delay_line *l, struct event_base *base)
{
    *l = (struct delay_line){0};
    l->tail = &l->head;
    return ticker_init(&l->ticker, base, delay_line_on_due, l);
}

void delay_line_free(struct delay_line *l)
{
    while (l->head != NULL) {
        struct held *h = l->head;

        l->head = h->next;
        held_free(h);
    }
    ticker_free(&l->ticker);
}

/* As the backlog limit of conn.h: one message always fits. */
static bool line_full(const struct peer *p, size_t len)
{
    size_t held_bytes = delay_of(p)->held_bytes;

    return held_bytes > 0 && held_bytes + len > (size_t)peer_context(p)->settings->backlog_bytes;
}

static int line_append(struct delay_line *l, struct peer *p, enum held_kind kind,
                       struct shared *bytes)
{
    struct held *h = malloc(sizeof *h);
    int64_t due_ns = clock_now_ns() + l->one_way_ns;

    if (h == NULL) {
        peer_drop(p, DROP_NO_MEMORY);
        return PL_ENOMEM;
    }
    if (due_ns > l->last_due_ns)
        l->last_due_ns = due_ns;
    *h = (struct held){.peer = p, .due_ns = l->last_due_ns, .bytes = bytes, .kind = kind};
    if (bytes != NULL)
        shared_ref(bytes);
    if (l->head == NULL)
        ticker_arm(&l->ticker, h->due_ns);
    *l->tail = h;
    l->tail = &h->next;
    delay_of(p)->nheld++;
    delay_of(p)->held_bytes += bytes != NULL ? bytes->len : 0;
    return PL_OK;
}

int delay_line_hold(struct delay_line *l, struct peer *p, enum held_kind kind, struct shared *bytes)
{
    bool incoming = kind == HELD_INPUT || kind == HELD_REQUEST;

    if (!incoming && (p->conn.ended || p->conn.finishing || delay_of(p)->finishing))
        return PL_EOF;
    if (bytes != NULL && line_full(p, bytes->len)) {
        peer_drop(p, DROP_SLOW_READER);
        return PL_ELIMIT;
    }
    delay_of(p)->finishing |= kind == HELD_FINISH || kind == HELD_FINISH_LINGER;
    return line_append(l, p, kind, bytes);
}

void delay_line_forget(struct delay_line *l, struct peer *p)
{
    struct delay_peer *dp = delay_of(p);
    struct held **link = &l->head;

    while (dp->nheld > 0 && *link != NULL) {
        struct held *h = *link;

        if (h->peer != p) {
            link = &h->next;
            continue;
        }
        *link = h->next;
        if (l->tail == &h->next)
            l->tail = link;
        dp->nheld--;
        held_free(h);
    }
}
