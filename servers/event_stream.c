#include "event_stream.h"

#include <stdlib.h>

#include "chunk.h"
#include "clock.h"
#include "err.h"
#include "reply.h"
#include "server.h"

/* Stored where p->state points; small, since ten thousand may be idle. */
struct event_stream {
    const struct stream_format *format;
    bool chunked;
};

struct shared *event_stream_chunk(const void *data, size_t len)
{
    struct buf chunk = {0};
    struct shared *bytes = NULL;

    if (chunk_encode(&chunk, data, len) == 0)
        bytes = shared_new_copy(chunk.data, chunk.len);
    buf_free(&chunk);
    return bytes;
}

static const struct update_encoding *encoding_of(const struct event_stream *es)
{
    return es->chunked ? &es->format->chunked : &es->format->plain;
}

static void event_stream_deliver(struct subscriber *sub, struct update *u, enum delivery how)
{
    struct peer *p = peer_from_subscriber(sub);
    struct shared *bytes;

    (void)how;
    if (p->conn.ended || p->conn.finishing)
        return;
    bytes = update_encoded(u, encoding_of(p->state));
    if (bytes == NULL) {
        peer_drop(p, DROP_NO_MEMORY);
        return;
    }
    p->last_out_ns = u->t_ns;
    peer_send_shared(p, bytes, u->json->len, 1);
}

/* Add text made by a format as it must stand on this stream. */
static int add_piece(struct buf *out, const struct event_stream *es, const struct buf *piece)
{
    if (es->chunked)
        return chunk_encode(out, piece->data, piece->len);
    return buf_add(out, piece->data, piece->len);
}

static int add_preamble(struct buf *out, struct server *s, const struct event_stream *es,
                        uint64_t cursor, uint64_t missed)
{
    struct buf piece = {0};
    int err = es->format->hello(&piece, s, cursor);

    if (missed > 0)
        err |= es->format->missed(&piece, cursor + missed, missed);
    err |= add_piece(out, es, &piece);
    buf_free(&piece);
    return err;
}

/* Send everything up to now in as few system calls as the socket allows. */
static int send_opening(struct peer *p, const struct event_stream *es, uint64_t cursor,
                        enum reply_persistence persistence)
{
    struct server *s = p->server;
    struct hub_range range = hub_after(&s->hub, cursor);
    struct buf out = {0};
    size_t payload_bytes = 0;
    int err;

    err = reply_head(&out, 200, es->format->content_type,
                     es->chunked ? "Transfer-Encoding: chunked\r\n" : NULL, -1, persistence,
                     server_date(s));
    if (!p->http->head_only) {
        err |= add_preamble(&out, s, es, range.first - 1 - range.missed, range.missed);
        for (uint64_t seq = range.first; seq <= range.last && err == 0; seq++) {
            struct update *u = hub_get(&s->hub, seq);
            struct shared *bytes = update_encoded(u, encoding_of(es));

            err |= bytes == NULL ? LAB_ENOMEM : buf_add(&out, bytes->data, bytes->len);
            payload_bytes += u->json->len;
        }
    }
    if (err == 0)
        err = peer_send(p, out.data, out.len, payload_bytes,
                        p->http->head_only ? 0 : range.last + 1 - range.first);
    else
        peer_drop(p, DROP_NO_MEMORY);
    buf_free(&out);
    return err;
}

void event_stream_open(struct peer *p, const struct http_request *req,
                       const struct stream_format *format, uint64_t cursor)
{
    struct event_stream *es = malloc(sizeof *es);
    int err;

    if (es == NULL) {
        peer_drop(p, DROP_NO_MEMORY);
        return;
    }
    es->format = format;
    es->chunked = req->msg->minor >= 1;
    if (!es->chunked)
        p->http->persist = false;
    p->last_out_ns = req->now_ns;
    stats_response(p->account, 200);
    err = send_opening(p, es, cursor, reply_persistence(p));
    if (err < 0 || req->head) {
        free(es);
        http_session_done(p);
        return;
    }
    p->state = es;
    p->sub.deliver = event_stream_deliver;
    hub_subscribe(&p->server->hub, &p->sub, p->server->hub.everything);
    http_session_detach(p);
}

/* A comment or an empty line when nothing has been sent for a while: it keeps middleboxes
 * from closing a quiet connection, and finds out a dead one. */
void event_stream_tick(struct peer *p, int64_t now_ns)
{
    const struct event_stream *es = p->state;
    struct buf piece = {0}, out = {0};

    if (es == NULL || now_ns - p->last_out_ns < p->server->options->heartbeat_ns)
        return;
    p->last_out_ns = now_ns;
    if (es->format->heartbeat(&piece) == 0 && add_piece(&out, es, &piece) == 0)
        peer_send(p, out.data, out.len, 0, 0);
    buf_free(&piece);
    buf_free(&out);
}

void event_stream_stop(struct peer *p)
{
    const struct event_stream *es = p->state;

    if (es == NULL) {
        conn_close(&p->conn);
        return;
    }
    if (es->chunked)
        peer_send(p, CHUNK_LAST, CHUNK_LAST_LEN, 0, 0);
    peer_finish(p, true);
}

void event_stream_release(struct peer *p)
{
    free(p->state);
    p->state = NULL;
}
