#include "bench/explain/annotate/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/explain/annotate/explain_inner.h"

enum { HEAD_MAX_BYTES = 65536, TARGET_MAX_BYTES = 16384 };

struct explain *explain_new(const struct explain_options *o, struct explain_notes *notes)
{
    struct explain *x = calloc(1, sizeof *x);

    if (x == NULL)
        return NULL;
    x->options = *o;
    x->notes = notes;
    return x;
}

/* ---- connections ---- */

static void init_side(struct explain_side *s, bool up)
{
    const struct http_limits limits = {TARGET_MAX_BYTES, HEAD_MAX_BYTES, SIZE_MAX};

    s->up = up;
    s->head_open = true;
    http_reader_init(&s->http, up ? HTTP_REQUESTS : HTTP_RESPONSES, &limits);
    sse_parser_init(&s->events, EXPLAIN_KEPT_BYTES);
}

static void free_side(struct explain_side *s)
{
    http_reader_free(&s->http);
    sse_parser_free(&s->events);
    buf_free(&s->head);
    buf_free(&s->framing);
    buf_free(&s->body);
    buf_free(&s->line);
    buf_free(&s->frame.payload);
    buf_free(&s->records.record);
}

static struct explain_connection *find_connection(struct explain *x, unsigned number)
{
    for (unsigned i = 0; i < x->count; i++)
        if (x->connections[i]->number == number)
            return x->connections[i];
    return NULL;
}

static void add_tally(struct explain_tally *to, const struct explain_tally *t)
{
    to->handshakes += t->handshakes;
    to->tls_handshakes += t->tls_handshakes;
    to->resumptions += t->resumptions;
    to->round_trips += t->round_trips;
    to->requests += t->requests;
    to->responses += t->responses;
    to->frames += t->frames;
    to->updates += t->updates;
    to->closed += t->closed;
    to->pure_acks += t->pure_acks;
    to->lost += t->lost;
    to->again += t->again;
    for (int up = 0; up < 2; up++) {
        to->head_bytes[up] += t->head_bytes[up];
        to->framing_bytes[up] += t->framing_bytes[up];
        to->payload_bytes[up] += t->payload_bytes[up];
        to->record_bytes[up] += t->record_bytes[up];
        to->packets[up] += t->packets[up];
        to->packet_bytes[up] += t->packet_bytes[up];
        to->header_bytes[up] += t->header_bytes[up];
        to->again_bytes[up] += t->again_bytes[up];
        to->kernel_segments[up] += t->kernel_segments[up];
    }
}

static void free_connection(struct explain_connection *c)
{
    free_side(&c->side[true]);
    free_side(&c->side[false]);
    free(c);
}

/* A new one where there is none of that number. Where there is no more room the oldest goes: a
 * watch may last long. NULL: out of memory. */
static struct explain_connection *get_connection(struct explain *x, unsigned number)
{
    struct explain_connection *c = find_connection(x, number);

    if (c != NULL)
        return c;
    c = calloc(1, sizeof *c);
    if (c == NULL) {
        x->notes->rc = PL_ENOMEM;
        return NULL;
    }
    if (x->count == EXPLAIN_CONNECTIONS_MAX) {
        add_tally(&x->gone, &x->connections[0]->tally);
        free_connection(x->connections[0]);
        memmove(x->connections, x->connections + 1, --x->count * sizeof *x->connections);
    }
    c->number = number;
    init_side(&c->side[true], true);
    init_side(&c->side[false], false);
    x->connections[x->count++] = c;
    return c;
}

void explain_free(struct explain *x)
{
    if (x == NULL)
        return;
    for (unsigned i = 0; i < x->count; i++)
        free_connection(x->connections[i]);
    free(x);
}

/* ---- for the parts ---- */

void explain_say(struct explain *x, const struct explain_connection *c,
                 const struct explain_side *s, enum explain_kind kind, unsigned depth,
                 int64_t at_ns)
{
    const struct explain_note shape = {
        .kind = kind,
        .way = s == NULL ? EXPLAIN_NO_WAY
               : s->up   ? EXPLAIN_UP
                         : EXPLAIN_DOWN,
        .depth = depth,
        .connection = c == NULL ? 0 : c->number,
        .at_ns = at_ns,
        .far_ns = EXPLAIN_NEVER,
    };

    explain_note(x->notes, &shape);
}

void explain_give_up(struct explain *x, struct explain_connection *c, struct explain_side *s,
                     int64_t at_ns, const char *why, const char *ref)
{
    s->opaque = true;
    explain_say(x, c, s, EXPLAIN_INSIDE, 0, at_ns);
    explain_set_wire(x->notes, "(not understood)");
    explain_set_meaning(x->notes, "%s; what follows in this direction is not explained", why);
    explain_set_ref(x->notes, ref);
}

void explain_set_usual(struct explain *x, struct explain_side *s, unsigned thing,
                       const char *meaning, const char *ref)
{
    if (s->said[thing] == EXPLAIN_FULL_TIMES)
        return;
    s->said[thing]++;
    explain_set_meaning(x->notes, "%s", meaning);
    explain_set_ref(x->notes, ref);
}

/* How often has it been said? Counts this time. */
static unsigned times_meant(struct explain *x, const char *meaning)
{
    for (size_t i = 0; i < EXPLAIN_MEANT; i++) {
        if (x->meant[i].meaning == NULL)
            x->meant[i].meaning = meaning;
        if (x->meant[i].meaning == meaning)
            return x->meant[i].times++;
    }
    return 0;
}

void explain_set_word(struct explain *x, const char *meaning, const char *ref)
{
    if (x->options.brief && times_meant(x, meaning) >= EXPLAIN_FULL_TIMES)
        return;
    explain_set_meaning(x->notes, "%s", meaning);
    explain_set_ref(x->notes, ref);
}

int explain_keep(struct explain *x, struct buf *to, const uint8_t *data, size_t len)
{
    size_t room = to->len < EXPLAIN_KEPT_BYTES ? EXPLAIN_KEPT_BYTES - to->len : 0;

    if (len > 0 && buf_add(to, data, len < room ? len : room) < 0)
        return x->notes->rc = PL_ENOMEM;
    return PL_OK;
}

/* ---- events ---- */

static void take_bytes(struct explain *x, struct explain_connection *c, struct explain_side *s,
                       const struct transcript_event *e)
{
    size_t used = 0;

    if (s->opaque)
        return;
    if (!c->websocket)
        used = explain_http(x, c, s, e->data, e->len, e->at_ns);
    if (c->websocket && !s->opaque && used < e->len)
        explain_websocket(x, c, s, e->data + used, e->len - used, e->at_ns);
}

static void say_heading(struct explain *x, const struct transcript_event *e)
{
    const uint8_t *end = memchr(e->data, '\n', e->len);
    size_t title = end == NULL ? e->len : (size_t)(end - e->data);

    explain_say(x, NULL, NULL, EXPLAIN_STEP, 0, e->at_ns);
    explain_set_wire_bytes(x->notes, e->data, title, EXPLAIN_SHOWN_BYTES);
    if (end != NULL)
        explain_set_meaning(x->notes, "%.*s", (int)(e->len - title - 1), (const char *)end + 1);
}

static void say_remark(struct explain *x, const struct transcript_event *e)
{
    explain_say(x, NULL, NULL, EXPLAIN_REMARK, 0, e->at_ns);
    explain_set_wire_bytes(x->notes, e->data, e->len, EXPLAIN_SHOWN_BYTES);
}

static void say_open(struct explain *x, struct explain_connection *c,
                     const struct transcript_event *e)
{
    const char *colon = memrchr(e->data, ':', e->len);
    int host = colon == NULL ? (int)e->len : (int)(colon - (const char *)e->data);

    c->opened_ns = e->at_ns;
    explain_say(x, c, &c->side[true], EXPLAIN_INSIDE, 0, e->at_ns);
    if (x->options.mask)
        explain_set_wire(x->notes, "connect() to %.*s:PORT", host, (const char *)e->data);
    else
        explain_set_wire(x->notes, "connect() to %.*s", (int)e->len, (const char *)e->data);
    explain_set_meaning(x->notes, "the client asks its kernel for TCP connection %u", c->number);
    explain_set_ref(x->notes, "RFC 9293 \u00a73.9.1");
}

static void say_connected(struct explain *x, struct explain_connection *c, int64_t at_ns)
{
    c->tally.handshakes++;
    c->tally.round_trips++;
    explain_say(x, c, NULL, EXPLAIN_INSIDE, 0, at_ns);
    explain_set_wire(x->notes, "connection %u is established", c->number);
    explain_set_meaning(x->notes,
                        "one round trip, and nothing said yet: both ends now hold state for it");
    explain_set_ref(x->notes, "RFC 9293 \u00a73.3.2");
}

static void say_shut(struct explain *x, struct explain_connection *c,
                     const struct transcript_event *e)
{
    if (x->options.wire) /* the packet itself is shown */
        return;
    explain_say(x, c, &c->side[true], EXPLAIN_WIRE, 0, e->at_ns);
    explain_set_wire(x->notes, "%.*s: FIN", e->len > 0 ? (int)e->len : 10,
                     e->len > 0 ? (const char *)e->data : "shutdown()");
    explain_set_meaning(x->notes, e->len > 0
                                      ? "the client is done with the connection, in both directions"
                                      : "the client will send nothing more; it can still receive");
    explain_set_ref(x->notes, "RFC 9293 \u00a73.6");
}

static void say_eof(struct explain *x, struct explain_connection *c, int64_t at_ns)
{
    explain_http_eof(x, c, &c->side[false], at_ns);
    c->tally.closed++;
    if (explain_tcp_fin(x, c) || c->fin_noted || (x->options.packets && x->options.wire))
        return;
    explain_say(x, c, &c->side[false], EXPLAIN_WIRE, 0, at_ns);
    explain_set_wire(x->notes, "end of the stream: FIN");
    explain_set_meaning(x->notes, "the server has sent its last byte on connection %u", c->number);
    explain_set_ref(x->notes, "RFC 9293 \u00a73.6");
}

static void say_reset(struct explain *x, struct explain_connection *c,
                      const struct transcript_event *e)
{
    explain_tcp_fin(x, c);
    explain_say(x, c, NULL, EXPLAIN_REMARK, 0, e->at_ns);
    explain_set_wire_bytes(x->notes, e->data, e->len, EXPLAIN_SHOWN_BYTES);
    explain_set_meaning(x->notes, "the connection broke");
}

/* As TCP counts: of TLS, the records. */
static void count_heard(struct explain_connection *c, const struct transcript_event *e)
{
    bool records = c->tally.record_bytes[false] > 0;

    if (e->what == TRANSCRIPT_RECORD_RECEIVED || (e->what == TRANSCRIPT_RECEIVED && !records))
        c->heard_bytes += e->len;
}

static void take_event(struct explain *x, struct explain_connection *c,
                       const struct transcript_event *e)
{
    struct explain_side *up = &c->side[true], *down = &c->side[false];

    count_heard(c, e);
    switch (e->what) {
    case TRANSCRIPT_OPEN:
        say_open(x, c, e);
        break;
    case TRANSCRIPT_CONNECTED:
        say_connected(x, c, e->at_ns);
        break;
    case TRANSCRIPT_SENT:
    case TRANSCRIPT_RECEIVED:
        take_bytes(x, c, e->what == TRANSCRIPT_SENT ? up : down, e);
        break;
    case TRANSCRIPT_RECORD_SENT:
    case TRANSCRIPT_RECORD_RECEIVED:
        explain_records(x, c, e->what == TRANSCRIPT_RECORD_SENT ? up : down, e->data, e->len,
                        e->at_ns);
        break;
    case TRANSCRIPT_TLS_SENT:
    case TRANSCRIPT_TLS_RECEIVED:
        explain_tls_message(x, c, e->what == TRANSCRIPT_TLS_SENT ? up : down, e->data, e->len,
                            e->at_ns);
        break;
    case TRANSCRIPT_SECURED:
        explain_secured(x, c, (const char *)e->data, e->len, e->at_ns);
        break;
    case TRANSCRIPT_KERNEL:
        explain_kernel(x, c, (const char *)e->data, e->len, e->at_ns);
        break;
    case TRANSCRIPT_SHUT:
        say_shut(x, c, e);
        break;
    case TRANSCRIPT_EOF:
        say_eof(x, c, e->at_ns);
        break;
    default:
        say_reset(x, c, e);
    }
}

void explain_event(struct explain *x, const struct transcript_event *event)
{
    struct transcript_event e = *event;
    struct explain_connection *c;

    if (x->notes->rc < 0)
        return;
    if (e.at_ns < x->shown_ns) /* the wire has seen a packet a moment after its kernel sent it */
        e.at_ns = x->shown_ns;
    x->shown_ns = e.at_ns;
    if (e.what == TRANSCRIPT_SAY) {
        say_heading(x, &e);
    } else if (e.what == TRANSCRIPT_REMARK) {
        say_remark(x, &e);
    } else {
        c = get_connection(x, e.connection);
        if (c != NULL)
            take_event(x, c, &e);
    }
}

void explain_packet(struct explain *x, const struct wire_segment *p)
{
    struct explain_connection *c;

    if (x->notes->rc < 0)
        return;
    c = get_connection(x, p->connection);
    if (c != NULL)
        explain_tcp_packet(x, c, p);
}

/* ---- the account ---- */

struct explain_tally explain_tally(const struct explain *x, unsigned connection)
{
    struct explain_tally sum = connection == 0 ? x->gone : (struct explain_tally){0};

    for (unsigned i = 0; i < x->count; i++)
        if (connection == 0 || x->connections[i]->number == connection)
            add_tally(&sum, &x->connections[i]->tally);
    return sum;
}

unsigned explain_connections(const struct explain *x)
{
    return x->count;
}
