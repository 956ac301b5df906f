#include "servers/transport/follower.h"

#include <stdlib.h>
#include <event2/event.h>
#include <event2/event_struct.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "servers/http/peer.h"

/* In the encoding for u's place on this connection. NULL: no memory. */
static struct shared *follower_encode(struct follower *f, const struct follower_encodings *as,
                                      struct update *u)
{
    if (u->seq <= f->newest_seq)
        return update_encoded(u, as->older);
    f->newest_seq = u->seq;
    return update_encoded(u, as->newer);
}

/* ---- catching up ---- */

/* A follower whose opening is not sent as a whole. */
struct catch_up {
    struct catch_up *next, **link; /* in the context's list, while its next part may go out */
    struct follower *f;
    struct peer *p;
    const struct follower_encodings *as;
    uint64_t from, after; /* where the opening began; the number up to which it is sent */
};

/* Those of a context. Each turn of the loop sends one part of each. */
struct catch_ups {
    struct event turn;
    struct catch_up *ready;
};

static void catch_up_rest(struct catch_up *u)
{
    if (u->link == NULL)
        return;
    *u->link = u->next;
    if (u->next != NULL)
        u->next->link = u->link;
    u->link = NULL;
}

static void catch_up_ready(struct catch_up *u)
{
    static const struct timeval at_once = {0, 0};
    struct catch_ups *all = peer_context(u->p)->catch_ups;

    if (u->link != NULL)
        return;
    /* A time-out, as an active event would be served again before any socket. */
    if (!event_pending(&all->turn, EV_TIMEOUT, NULL) && event_add(&all->turn, &at_once) < 0) {
        peer_drop(u->p, DROP_NO_MEMORY);
        return;
    }
    u->next = all->ready;
    u->link = &all->ready;
    if (u->next != NULL)
        u->next->link = &u->next;
    all->ready = u;
}

static void catch_up_end(struct follower *f)
{
    struct catch_up *u = f->behind;

    catch_up_rest(u);
    free(u);
    f->catching_up = 0;
    f->held_after = 0;
}

static int send_part(struct follower *f, struct peer *p, const struct follower_encodings *as,
                     const struct selection *part, struct buf *out)
{
    size_t payload_bytes = 0;
    int err = PL_OK;

    for (size_t i = 0; i < part->n && err == 0; i++) {
        struct update *u = part->updates[i];
        struct shared *bytes = follower_encode(f, as, u);

        err = bytes == NULL ? PL_ENOMEM : buf_add(out, bytes->data, bytes->len);
        payload_bytes += u->json->len;
    }
    if (err < 0) {
        peer_drop(p, DROP_NO_MEMORY);
        return err;
    }
    return out->len == 0 ? PL_OK : peer_send(p, out->data, out->len, payload_bytes, part->n);
}

static int next_part(struct catch_up *u, struct selection *part)
{
    struct peer *p = u->p;
    struct buf out = {0};
    int err = hub_select_part(peer_context(p)->hub, p->sub.to, u->from, u->after, part);

    if (err == 0 && part->missed > 0)
        err = u->as->missed(&out, p, part);
    if (err == 0)
        err = send_part(u->f, p, u->as, part, &out);
    else
        peer_drop(p, DROP_NO_MEMORY);
    buf_free(&out);
    return err;
}

static void catch_up_step(struct catch_up *u, int64_t now_ns)
{
    struct peer *p = u->p;
    struct selection part;

    if (p->conn.ended || p->conn.finishing || conn_queued_bytes(&p->conn) > 0)
        return; /* follower_flushed() may follow */
    if (next_part(u, &part) < 0)
        return;
    p->last_out_ns = now_ns;
    u->after = part.cursor;
    if (!part.more)
        catch_up_end(u->f);
    else if (conn_queued_bytes(&p->conn) == 0)
        catch_up_ready(u);
}

/* Those that become ready meanwhile wait for the next turn. */
static void on_turn(evutil_socket_t fd, short what, void *arg)
{
    struct catch_ups *all = arg;
    struct catch_up *now = all->ready;
    int64_t now_ns = clock_now_ns();

    (void)fd;
    (void)what;
    all->ready = NULL;
    if (now != NULL)
        now->link = &now;
    while (now != NULL) {
        struct catch_up *u = now;

        catch_up_rest(u);
        catch_up_step(u, now_ns);
    }
}

static struct catch_ups *catch_ups_of(struct http_context *c)
{
    struct catch_ups *all = c->catch_ups;

    if (all != NULL)
        return all;
    all = calloc(1, sizeof *all);
    if (all == NULL || event_assign(&all->turn, c->loop.base, -1, 0, on_turn, all) < 0) {
        free(all);
        return NULL;
    }
    c->catch_ups = all;
    return all;
}

static int catch_up_begin(struct follower *f, struct peer *p, const struct follower_encodings *as,
                          const struct selection *opening)
{
    struct catch_up *u = catch_ups_of(peer_context(p)) != NULL ? malloc(sizeof *u) : NULL;

    if (u == NULL) {
        peer_drop(p, DROP_NO_MEMORY);
        return PL_ENOMEM;
    }
    *u = (struct catch_up){
        .f = f, .p = p, .as = as, .from = opening->from, .after = opening->cursor};
    f->behind = u;
    f->catching_up = 1;
    if (conn_queued_bytes(&p->conn) == 0)
        catch_up_ready(u);
    return PL_OK;
}

int follower_open(struct follower *f, struct peer *p, const struct follower_encodings *as,
                  struct subscription *to, const struct selection *opening, struct buf *out)
{
    int err;

    f->newest_seq = opening->from;
    err = send_part(f, p, as, opening, out);
    if (err == 0)
        hub_subscribe(peer_context(p)->hub, &p->sub, to);
    return err == 0 && opening->more ? catch_up_begin(f, p, as, opening) : err;
}

void follower_release(struct follower *f)
{
    if (f->catching_up)
        catch_up_end(f);
}

void follower_end(struct http_context *c)
{
    if (c->catch_ups != NULL)
        event_del(&c->catch_ups->turn);
    free(c->catch_ups);
    c->catch_ups = NULL;
}

/* ---- each update at once ---- */

static int follower_send(struct follower *f, struct peer *p, const struct follower_encodings *as,
                         struct update *u)
{
    struct shared *bytes = follower_encode(f, as, u);

    if (bytes != NULL)
        return peer_send_shared(p, bytes, u->json->len, 1);
    peer_drop(p, DROP_NO_MEMORY);
    return PL_ENOMEM;
}

/* Once something is held back, all that follows is, until it has been sent: in this order no
 * value can overtake another of its key. */
void follower_deliver(struct follower *f, struct peer *p, const struct follower_encodings *as,
                      struct update *u, enum delivery how)
{
    if (p->conn.ended || p->conn.finishing || f->catching_up)
        return;
    if (how == DELIVERY_LATEST && (f->nheld > 0 || conn_queued_bytes(&p->conn) > 0)) {
        if (f->nheld++ == 0)
            f->held_after = u->seq - 1;
        return;
    }
    p->last_out_ns = u->t_ns;
    follower_send(f, p, as, u);
}

/* One by one, because those that the socket does not take may be superseded meanwhile. */
void follower_flushed(struct follower *f, struct peer *p, const struct follower_encodings *as,
                      int64_t now_ns)
{
    struct hub *h = peer_context(p)->hub;
    struct selection held;
    size_t i = 0;

    if (f->catching_up)
        catch_up_ready(f->behind);
    if (f->catching_up || f->nheld == 0)
        return;
    if (hub_select_latest(h, p->sub.to, f->held_after, &held) < 0) {
        peer_drop(p, DROP_NO_MEMORY);
        return;
    }
    p->last_out_ns = now_ns;
    while (i < held.n && conn_queued_bytes(&p->conn) == 0) {
        struct update *u = held.updates[i++];

        if (follower_send(f, p, as, u) < 0)
            return;
        f->held_after = u->seq;
        f->nheld--;
    }
    if (i < held.n)
        return;
    h->counts.superseded += f->nheld;
    f->nheld = 0;
}
