#include "servers/transport/event_stream.h"

#include <stdlib.h>
#include <string.h>

#include "lib/proto/chunk.h"
#include "servers/transport/poll.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "servers/http/reply.h"

struct shared *event_stream_encode(const struct update *u, const struct update_encoding *encoding)
{
    const struct stream_encoding *e = (const struct stream_encoding *)encoding;
    struct buf text = {0}, chunk = {0}, *out = e->chunked ? &chunk : &text;
    int err = e->write(&text, u);
    struct shared *bytes;

    if (err == 0 && e->chunked)
        err = chunk_encode(&chunk, text.data, text.len);
    bytes = err == 0 ? shared_new_copy(out->data, out->len) : NULL;
    buf_free(&text);
    buf_free(&chunk);
    return bytes;
}

/* p->state is the follower: a stream needs no other state. */
static const struct follower_encodings *encodings_of(const struct peer *p, const struct follower *f)
{
    const struct stream_format *format = p->transport->format;

    return f->chunked ? &format->chunked : &format->plain;
}

static void event_stream_deliver(struct subscriber *sub, struct update *u, enum delivery how)
{
    struct peer *p = peer_from_subscriber(sub);
    struct follower *f = p->state;

    follower_deliver(f, p, encodings_of(p, f), u, how);
}

void event_stream_flushed(struct peer *p, int64_t now_ns)
{
    struct follower *f = p->state;

    if (f != NULL)
        follower_flushed(f, p, encodings_of(p, f), now_ns);
}

/* Add text made by a format, with this stream's framing. */
static int add_piece(struct buf *out, const struct follower *f, const struct buf *piece)
{
    if (f->chunked)
        return chunk_encode(out, piece->data, piece->len);
    return buf_add(out, piece->data, piece->len);
}

static int add_head(struct buf *out, struct peer *p, const struct follower *f)
{
    const char *chunked = f->chunked ? "Transfer-Encoding: chunked\r\n" : NULL;

    return reply_head(out, peer_context(p), 200, p->transport->format->content_type, chunked, -1,
                      reply_form(p));
}

static struct cursor cursor_of(const struct peer *p, uint64_t seq)
{
    struct cursor at = {.seq = seq};

    memcpy(at.epoch, peer_context(p)->hub->epoch, sizeof at.epoch);
    return at;
}

/* The number for a reconnect after the lost updates: just before the first that is not lost. */
static uint64_t seq_past_lost(const struct selection *opening)
{
    size_t i = 0;

    while (i < opening->n && opening->updates[i]->seq <= opening->from)
        i++;
    return i < opening->n ? opening->updates[i]->seq - 1 : opening->cursor;
}

int event_stream_add_missed(struct buf *out, const struct peer *p, const struct selection *part)
{
    struct cursor past = cursor_of(p, seq_past_lost(part));
    struct buf piece = {0};
    int err = p->transport->format->missed(&piece, &past, part->missed);

    err |= add_piece(out, p->state, &piece);
    buf_free(&piece);
    return err;
}

static int add_preamble(struct buf *out, struct peer *p, const struct follower *f,
                        const struct selection *opening, bool restarted)
{
    const struct stream_format *format = p->transport->format;
    struct cursor from = cursor_of(p, opening->from);
    struct buf piece = {0};
    int err = format->hello(&piece, peer_context(p)->settings, &from, restarted);

    err |= add_piece(out, f, &piece);
    buf_free(&piece);
    return opening->missed > 0 ? err | event_stream_add_missed(out, p, opening) : err;
}

/* Send the header and the first part of what there is, and subscribe. */
static int send_opening(struct peer *p, struct follower *f, const struct reading *reading)
{
    struct selection opening;
    struct buf out = {0};
    int err = hub_select_part(peer_context(p)->hub, reading->to, reading->cursor, 0, &opening);

    if (err == 0)
        err = add_head(&out, p, f) | add_preamble(&out, p, f, &opening, reading->restarted);
    if (err == 0)
        err = follower_open(f, p, encodings_of(p, f), reading->to, &opening, &out);
    else
        peer_drop(p, DROP_NO_MEMORY);
    buf_free(&out);
    return err;
}

/* HEAD: the same header as for GET. */
static void send_head(struct peer *p, const struct follower *f)
{
    struct buf out = {0};

    if (add_head(&out, p, f) == 0)
        peer_send(p, out.data, out.len, 0, 0);
    else
        peer_drop(p, DROP_NO_MEMORY);
    buf_free(&out);
    http_session_done(p);
}

static void start_stream(struct peer *p, const struct http_request *req,
                         const struct reading *reading)
{
    struct follower *f = calloc(1, sizeof *f);

    if (f == NULL) {
        peer_drop(p, DROP_NO_MEMORY);
        return;
    }
    f->chunked = req->msg->minor >= 1;
    if (!f->chunked)
        p->http->persist = false;
    p->last_out_ns = req->now_ns;
    account_response(p->account, 200);
    if (req->head) {
        send_head(p, f);
        free(f);
        return;
    }
    p->state = f;
    p->sub.deliver = event_stream_deliver;
    if (send_opening(p, f, reading) == 0)
        http_session_detach(p);
}

/* Last-Event-ID is what an EventSource sends when it reconnects; it replaces the since= that
 * is still in its URL. An id that is not one of ours is ignored. */
void event_stream_open(struct peer *p, const struct http_request *req)
{
    const char *last_id = http_message_field(req->msg, "Last-Event-ID");
    struct reading reading;

    if (!poll_parse_reading(p, req, p->transport->format->last_event_id ? last_id : NULL, &reading))
        return;
    start_stream(p, req, &reading);
    poll_release_reading(&reading);
}

/* A comment or an empty line when nothing has been sent for a while: it keeps middleboxes
 * from closing an idle connection, and detects a broken one. Queued bytes do the same. */
void event_stream_tick(struct peer *p, int64_t now_ns)
{
    const struct follower *f = p->state;
    struct buf piece = {0}, out = {0};

    if (f == NULL || conn_queued_bytes(&p->conn) > 0 ||
        now_ns - p->last_out_ns < peer_beat_ns(p, peer_context(p)->settings->heartbeat_ns))
        return;
    p->last_out_ns = now_ns;
    if (p->transport->format->heartbeat(&piece) == 0 && add_piece(&out, f, &piece) == 0)
        peer_send(p, out.data, out.len, 0, 0);
    buf_free(&piece);
    buf_free(&out);
}

static void send_retry(struct peer *p, const struct follower *f)
{
    int64_t wait_ms = http_context_return_ms(peer_context(p));
    struct buf piece = {0}, out = {0};

    if (wait_ms >= 0 && p->transport->format->retry(&piece, wait_ms) == 0 &&
        add_piece(&out, f, &piece) == 0)
        peer_send(p, out.data, out.len, 0, 0);
    buf_free(&piece);
    buf_free(&out);
}

void event_stream_stop(struct peer *p)
{
    const struct follower *f = p->state;

    if (f == NULL) {
        conn_close(&p->conn);
        return;
    }
    send_retry(p, f);
    if (f->chunked)
        peer_send(p, CHUNK_LAST, CHUNK_LAST_LEN, 0, 0);
    peer_finish(p, true);
}

void event_stream_release(struct peer *p)
{
    if (p->state != NULL)
        follower_release(p->state);
    free(p->state);
    p->state = NULL;
}
