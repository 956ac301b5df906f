#include "servers/transport/event_stream.h"

#include <stdlib.h>

#include "lib/proto/chunk.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "servers/http/reply.h"

/* Stored where p->state points; small, since ten thousand may be idle. */
struct event_stream {
    const struct stream_format *format;
    struct follower follower;
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

static void event_stream_deliver(struct subscriber *sub, struct update *u, enum delivery how)
{
    struct peer *p = peer_from_subscriber(sub);
    struct event_stream *es = p->state;

    follower_deliver(&es->follower, p, u, how);
}

void event_stream_flushed(struct peer *p, int64_t now_ns)
{
    struct event_stream *es = p->state;

    if (es != NULL)
        follower_flushed(&es->follower, p, now_ns);
}

/* Add text made by a format as it must stand on this stream. */
static int add_piece(struct buf *out, const struct event_stream *es, const struct buf *piece)
{
    if (es->chunked)
        return chunk_encode(out, piece->data, piece->len);
    return buf_add(out, piece->data, piece->len);
}

static int add_head(struct buf *out, struct peer *p, const struct event_stream *es)
{
    const char *chunked = es->chunked ? "Transfer-Encoding: chunked\r\n" : NULL;

    return reply_head(out, 200, es->format->content_type, chunked, -1, reply_persistence(p),
                      http_context_date(peer_context(p)));
}

/* The cursor to come back with when what is lost is known: just before the first that is not. */
static uint64_t cursor_past_lost(const struct selection *opening)
{
    size_t i = 0;

    while (i < opening->n && opening->updates[i]->seq <= opening->from)
        i++;
    return i < opening->n ? opening->updates[i]->seq - 1 : opening->cursor;
}

static int add_preamble(struct buf *out, const struct http_settings *settings,
                        const struct event_stream *es, const struct selection *opening)
{
    struct buf piece = {0};
    int err = es->format->hello(&piece, settings, opening->from);

    if (opening->missed > 0)
        err |= es->format->missed(&piece, cursor_past_lost(opening), opening->missed);
    err |= add_piece(out, es, &piece);
    buf_free(&piece);
    return err;
}

/* Send everything up to now in as few system calls as the socket allows, and subscribe. */
static int send_opening(struct peer *p, struct event_stream *es, const struct reading *reading)
{
    const struct stream_format *format = es->format;
    struct http_context *c = peer_context(p);
    struct selection opening;
    struct buf out = {0};
    int err = hub_select_opening(c->hub, reading->to, reading->cursor, &opening);

    if (err == 0)
        err = add_head(&out, p, es) | add_preamble(&out, c->settings, es, &opening);
    if (err == 0)
        err = follower_open(&es->follower, p, es->chunked ? &format->chunked : &format->plain,
                            reading->to, &opening, &out);
    else
        peer_drop(p, DROP_NO_MEMORY);
    buf_free(&out);
    return err;
}

/* HEAD: as if it were about to begin. */
static void send_head(struct peer *p, const struct event_stream *es)
{
    struct buf out = {0};

    if (add_head(&out, p, es) == 0)
        peer_send(p, out.data, out.len, 0, 0);
    else
        peer_drop(p, DROP_NO_MEMORY);
    buf_free(&out);
    http_session_done(p);
}

void event_stream_open(struct peer *p, const struct http_request *req,
                       const struct stream_format *format, const struct reading *reading)
{
    struct event_stream *es = calloc(1, sizeof *es);

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
    if (req->head) {
        send_head(p, es);
        free(es);
        return;
    }
    p->state = es;
    p->sub.deliver = event_stream_deliver;
    if (send_opening(p, es, reading) == 0)
        http_session_detach(p);
}

/* A comment or an empty line when nothing has been sent for a while: it keeps middleboxes
 * from closing a quiet connection, and finds out a dead one. Bytes that still wait do as well. */
void event_stream_tick(struct peer *p, int64_t now_ns)
{
    const struct event_stream *es = p->state;
    struct buf piece = {0}, out = {0};

    if (es == NULL || conn_queued_bytes(&p->conn) > 0 ||
        now_ns - p->last_out_ns < peer_context(p)->settings->heartbeat_ns)
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
