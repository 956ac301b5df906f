#include "servers/demo/delay_line.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"

enum held_kind { HELD_OUTPUT, HELD_INPUT, HELD_REQUEST, HELD_FINISH, HELD_FINISH_LINGER };

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

/* Takes the reference to bytes over, also on failure. */
static int line_append(struct delay_line *l, struct peer *p, enum held_kind kind,
                       struct shared *bytes)
{
    struct delay_peer *dp = delay_of(p);
    struct held *h = malloc(sizeof *h);
    int64_t due_ns = clock_now_ns() + l->one_way_ns;

    if (h == NULL) {
        shared_unref(bytes);
        peer_drop(p, DROP_NO_MEMORY);
        return PL_ENOMEM;
    }
    if (due_ns > l->last_due_ns)
        l->last_due_ns = due_ns;
    *h = (struct held){.peer = p, .due_ns = l->last_due_ns, .bytes = bytes, .kind = kind};
    if (l->head == NULL)
        ticker_arm(&l->ticker, h->due_ns);
    *l->tail = h;
    l->tail = &h->next;
    dp->nheld++;
    dp->held_bytes += bytes != NULL ? bytes->len : 0;
    return PL_OK;
}

/* As the backlog limit of conn.h: one message always fits. */
static bool line_full(struct peer *p, size_t len)
{
    size_t held_bytes = delay_of(p)->held_bytes;

    if (held_bytes == 0 || held_bytes + len <= (size_t)peer_context(p)->settings->backlog_bytes)
        return false;
    peer_drop(p, DROP_SLOW_READER);
    return true;
}

int delay_line_hold_output(struct delay_line *l, struct peer *p, struct shared *bytes)
{
    if (p->conn.ended || p->conn.finishing || delay_of(p)->finishing)
        return PL_EOF;
    if (line_full(p, bytes->len))
        return PL_ELIMIT;
    return line_append(l, p, HELD_OUTPUT, shared_ref(bytes));
}

int delay_line_hold_input(struct delay_line *l, struct peer *p, const void *data, size_t len)
{
    struct shared *copy;

    if (line_full(p, len))
        return PL_ELIMIT;
    copy = shared_new_copy(data, len);
    if (copy != NULL)
        return line_append(l, p, HELD_INPUT, copy);
    peer_drop(p, DROP_NO_MEMORY);
    return PL_ENOMEM;
}

int delay_line_hold_request(struct delay_line *l, struct peer *p, const struct http_request *req)
{
    delay_of(p)->request = *req;
    return line_append(l, p, HELD_REQUEST, NULL);
}

int delay_line_hold_finish(struct delay_line *l, struct peer *p, bool linger)
{
    if (p->conn.ended || delay_of(p)->finishing)
        return PL_EOF;
    delay_of(p)->finishing = true;
    return line_append(l, p, linger ? HELD_FINISH_LINGER : HELD_FINISH, NULL);
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
