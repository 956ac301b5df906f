#include "bench/model/bytes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/proto/chunk.h"
#include "lib/proto/http_encode.h"
#include "lib/proto/http_message.h"
#include "lib/proto/sse.h"
#include "lib/proto/transport_info.h"
#include "lib/proto/ws_frame.h"

/* A TLS record's header, its type (1.3) or explicit nonce (1.2), and the tag of AES-GCM. */
enum { RECORD_BYTES_13 = 22, RECORD_BYTES_12 = 29, RECORD_MAX_BYTES = 16384 };
enum { TCP_HEADER_BYTES = 32, SYN_MORE_BYTES = 8, PACKET_BYTES = 1500, QUICK_ACKS = 16 };

/* Packets, and their bytes, of both ways and of what clients send. */
struct traffic {
    double packets, bytes, up_bytes;
};
enum way { UP, DOWN };

/* ---- what the programs write ---- */

/* All epochs are of one length (lib/proto/cursor.h). */
static const char any_epoch[] = "k3x9qa";

static double request_bytes(const struct predict_question *q)
{
    char text[HTTP_REQUEST_MAX_BYTES], query[64], origin[sizeof q->host + 8];
    int len = snprintf(query, sizeof query, "?since=%.0f-%s", q->seq, any_epoch);
    struct http_request_head head = {
        .method = "GET",
        .host = q->host,
        .prefix = "",
        .path = transport_infos[q->transport].path,
        .query = query,
        .fields = "",
        .origin = origin,
        .heads = q->heads,
        .kind = REQUEST_JSON,
        .close = q->connect_rtts > 0,
    };

    if (q->way == PREDICT_LONG_POLL)
        snprintf(query + len, sizeof query - (size_t)len, "&timeout=%.0f", q->asked_hold_us / 1e3);
    snprintf(origin, sizeof origin, "%s://%s", q->tls ? "https" : "http", q->host);
    return (double)http_request_encode(text, &head);
}

/* The content is "[UPDATE,UPDATE]". */
static double content_bytes(const struct predict_question *q, double updates)
{
    return updates > 0 ? updates * (q->update_bytes + 1) + 1 : 0;
}

static double answer_bytes(const struct predict_question *q, double updates)
{
    char date[30], cursor[48];
    double content = content_bytes(q, updates), bytes;
    struct buf out = {0};
    struct http_response_head head = {
        .status = updates > 0 ? 200 : 204,
        .date = date,
        .content_type = updates > 0 ? "application/json" : NULL,
        .content_length = updates > 0 ? (int64_t)content : -1,
        .connection = q->connect_rtts > 0 ? "Connection: close\r\n" : "",
        .fields = cursor,
    };

    http_date(date, 0);
    snprintf(cursor, sizeof cursor, "Pushlab-Cursor: %.0f-%s\r\n", q->seq, any_epoch);
    bytes = http_response_encode(&out, &head) == 0 ? (double)out.len + content : NAN;
    buf_free(&out);
    return bytes;
}

static double sse_bytes(const struct predict_question *q)
{
    struct buf out = {0};
    double bytes =
        sse_encode(&out, (uint64_t)q->seq, any_epoch, "", 0) == 0 ? (double)out.len : NAN;

    buf_free(&out);
    return bytes;
}

/* What goes around an update that is pushed. */
static double push_framing_bytes(const struct predict_question *q)
{
    double more = q->transport == TRANSPORT_SSE ? sse_bytes(q) : 1; /* or the line's end */
    struct ws_frame frame = {
        .fin = true, .opcode = WS_TEXT, .payload_bytes = (uint64_t)q->update_bytes};
    uint8_t head[WS_HEADER_MAX_BYTES];

    if (q->transport == TRANSPORT_WEBSOCKET)
        return (double)ws_frame_encode(head, &frame);
    return more + (double)chunk_overhead_bytes((size_t)(q->update_bytes + more));
}

/* ---- packets ---- */

static double header_bytes(const struct predict_question *q)
{
    return TCP_HEADER_BYTES + (q->ip6 ? 40 : 20);
}

static double segments_of(const struct predict_question *q, double bytes)
{
    return ceil(bytes / (PACKET_BYTES - header_bytes(q)));
}

static double with_records(const struct predict_question *q, double bytes)
{
    double record = q->tls12 ? RECORD_BYTES_12 : RECORD_BYTES_13;

    return q->tls ? bytes + ceil(bytes / RECORD_MAX_BYTES) * record : bytes;
}

static void add(struct traffic *t, const struct predict_question *q, enum way way, double packets,
                double bytes)
{
    double all = packets * header_bytes(q) + bytes;

    t->packets += packets;
    t->bytes += all;
    t->up_bytes += way == UP ? all : 0;
}

static double packets_bytes(const struct predict_question *q, double bytes)
{
    return with_records(q, bytes) + segments_of(q, with_records(q, bytes)) * header_bytes(q);
}

double bytes_up(const struct predict_question *q)
{
    return packets_bytes(q, request_bytes(q));
}

double bytes_down(const struct predict_question *q, double updates)
{
    return packets_bytes(q, q->way == PREDICT_PUSH
                                ? updates * (q->update_bytes + push_framing_bytes(q))
                                : answer_bytes(q, updates));
}

/* Packets that only acknowledge so many segments of one message. quick: each is acknowledged, up to
 * sixteen (TCP_MAX_QUICKACKS); of more, and else, about every fourth and the last, as the program
 * reads what has come. */
static double acks_of(double segments, bool quick)
{
    double each = quick ? fmin(segments, QUICK_ACKS) : 0;

    return each + ceil((segments - each) / 4);
}

static struct traffic push_traffic(const struct predict_question *q, double bytes)
{
    double segments = segments_of(q, with_records(q, bytes));
    double quick = process_long_gaps(q, q->rtt_us + RTO_MIN_US);
    struct traffic t = {0};

    add(&t, q, DOWN, segments, with_records(q, bytes));
    add(&t, q, UP, quick * acks_of(segments, true) + (1 - quick) * acks_of(segments, false), 0);
    return t;
}

static void add_exchange(struct traffic *t, const struct predict_question *q, const struct polls *p,
                         double answer)
{
    double segments = segments_of(q, with_records(q, answer)), quick = fmin(p->fresh, p->rested);

    add(t, q, DOWN, segments, with_records(q, answer));
    add(t, q, UP, quick * acks_of(segments, true), 0);
    add(t, q, UP, (p->rested - quick) * acks_of(segments, false), 0);
    add(t, q, UP, (1 - p->rested) * floor((segments + 1) / 4),
        0); /* the last goes with a request */
}

/* What TLS adds to a connection: the bytes of its handshake, tickets and closing alerts as OpenSSL
 * 3 sends them with the certificate that the lab makes, in packets of their own. Measured: the
 * standards leave the sizes open. With alerts the client ends by a reset: no FIN and no ACK of it,
 * but two resets, the answer to an unread alert without options. */
static const struct handshake {
    double packets, bytes;
} handshakes[2][2] = {
    /* [1.2?][full?] */
    {{7, 553 + 256 + 80 + 271 + 2 * 24}, {8, 266 + 865 + 80 + 2 * 271 + 2 * 24}},
    {{7, 385 + 156 + 51 + 2 * 31}, {7, 161 + 709 + 93 + 258 + 2 * 31}},
};
enum { BARE_RESET_LESS_BYTES = 12 };

static void add_connection(struct traffic *t, const struct predict_question *q, double answer)
{
    double segments = segments_of(q, with_records(q, answer));
    const struct handshake *tls = &handshakes[q->tls12][q->tls_full];

    add(t, q, UP, 3, SYN_MORE_BYTES);   /* SYN, ACK, FIN */
    add(t, q, DOWN, 4, SYN_MORE_BYTES); /* SYN, FIN, and the ACK of the request and of the FIN */
    if (q->tls)
        add(t, q, DOWN, tls->packets, tls->bytes - BARE_RESET_LESS_BYTES); /* or up: not known */
    add(t, q, DOWN, segments, with_records(q, answer));
    add(t, q, UP, acks_of(segments, true), 0);
}

/* ---- polls ---- */

/* How many updates an answer of this count has: the last count has all that are more. */
static double updates_in(const struct polls *p, int count)
{
    double left = 1 / p->requests;

    if (count < PROCESS_COUNTS - 1)
        return count;
    for (int k = 1; k < count; k++)
        left -= k * p->counts[k];
    return fmax(left / p->counts[count], count);
}

/* Per exchange. */
static void predict_polls(struct predict_answer *a, const struct predict_question *q,
                          const struct polls *p)
{
    double request = request_bytes(q), framing = request;
    struct traffic t = {0};

    add(&t, q, UP, 1, with_records(q, request));
    if (q->connect_rtts == 0)
        add(&t, q, DOWN, p->held, 0);
    for (int k = 0; k < PROCESS_COUNTS; k++) {
        double updates = updates_in(p, k), answer = answer_bytes(q, updates);
        struct traffic one = {0};

        if (!(p->counts[k] > 0))
            continue;
        if (q->connect_rtts > 0)
            add_connection(&one, q, answer);
        else
            add_exchange(&one, q, p, answer);
        framing += p->counts[k] * (answer - updates * q->update_bytes);
        t.packets += p->counts[k] * one.packets;
        t.bytes += p->counts[k] * one.bytes;
        t.up_bytes += p->counts[k] * one.up_bytes;
    }
    a->framing_bytes_per_update = p->requests * framing;
    a->packets_per_update = p->requests * t.packets;
    a->wire_bytes_per_update = p->requests * t.bytes;
    a->wire_up_bytes_per_update = p->requests * t.up_bytes;
}

/* Then packets are sent again. A link that is not known in full may. */
static bool loses(const struct predict_question *q)
{
    return q->link_effect != NULL &&
           (q->down.delay.delay_ns <= 0 || loss_model_ratio(&q->down.loss) > 0);
}

void bytes_predict(struct predict_answer *a, const struct predict_question *q,
                   const struct polls *p)
{
    struct traffic t;

    if (isnan(q->update_bytes))
        return;
    a->payload_bytes_per_update = q->update_bytes;
    if (p != NULL) {
        predict_polls(a, q, p);
    } else {
        a->framing_bytes_per_update = push_framing_bytes(q);
        t = push_traffic(q, q->update_bytes + a->framing_bytes_per_update);
        a->packets_per_update = t.packets;
        a->wire_bytes_per_update = t.bytes;
        a->wire_up_bytes_per_update = t.up_bytes;
    }
    if (!q->on_wire || isnan(q->rtt_us) || loses(q))
        a->packets_per_update = a->wire_bytes_per_update = NAN;
    if (isnan(a->wire_bytes_per_update) || (q->tls && q->connect_rtts > 0))
        a->wire_up_bytes_per_update = NAN;
}
