#include "servers/transport/follower.h"

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

int follower_open(struct follower *f, struct peer *p, const struct follower_encodings *as,
                  struct subscription *to, const struct selection *opening, struct buf *out)
{
    size_t payload_bytes = 0;
    int err = PL_OK;

    f->newest_seq = opening->from;
    for (size_t i = 0; i < opening->n && err == 0; i++) {
        struct update *u = opening->updates[i];
        struct shared *bytes = follower_encode(f, as, u);

        err = bytes == NULL ? PL_ENOMEM : buf_add(out, bytes->data, bytes->len);
        payload_bytes += u->json->len;
    }
    if (err < 0) {
        peer_drop(p, DROP_NO_MEMORY);
        return err;
    }
    err = peer_send(p, out->data, out->len, payload_bytes, opening->n);
    if (err == 0)
        hub_subscribe(peer_context(p)->hub, &p->sub, to);
    return err;
}

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
    if (p->conn.ended || p->conn.finishing)
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

    if (f->nheld == 0)
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
