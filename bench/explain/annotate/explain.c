#include "bench/explain/annotate/explain.h"

#include <stdlib.h>
#include <string.h>

#include "bench/explain/annotate/explain_parts.h"

static const struct explain_word no_word;

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

static struct explain_connection *find_connection(const struct explain *x, unsigned number)
{
    for (unsigned i = 0; i < x->count; i++)
        if (x->connections[i]->number == number)
            return x->connections[i];
    return NULL;
}

static void free_connection(struct explain_connection *c)
{
    explain_side_free(&c->side[true]);
    explain_side_free(&c->side[false]);
    free(c);
}

/* Adds one if there is none of that number. If there is no room, the oldest is dropped: a watch may
 * run for long. NULL: out of memory. */
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
        explain_tally_add(&x->gone, &x->connections[0]->tally);
        free_connection(x->connections[0]);
        memmove(x->connections, x->connections + 1, --x->count * sizeof *x->connections);
    }
    c->x = x;
    c->number = number;
    explain_side_init(&c->side[true], c, true);
    explain_side_init(&c->side[false], c, false);
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

/* ---- events ---- */

static void take_bytes(struct explain_side *s, const struct transcript_event *e)
{
    size_t used = 0;

    if (s->opaque)
        return;
    if (!s->c->websocket)
        used = explain_http(s, e->data, e->len);
    if (s->c->websocket && !s->opaque && used < e->len)
        explain_websocket(s, e->data + used, e->len - used);
}

static void say_heading(struct explain *x, const struct transcript_event *e)
{
    const uint8_t *end = memchr(e->data, '\n', e->len);
    size_t title = end == NULL ? e->len : (size_t)(end - e->data);

    explain_say_beside(x, NULL, EXPLAIN_STEP, no_word, NULL);
    explain_set_wire_bytes(x->notes, e->data, title, EXPLAIN_SHOWN_BYTES);
    if (end != NULL)
        explain_set_meaning(x->notes, "%.*s", (int)(e->len - title - 1), (const char *)end + 1);
}

static void say_remark(struct explain *x, const struct explain_connection *c,
                       struct explain_word word, const struct transcript_event *e)
{
    explain_say_beside(x, c, EXPLAIN_REMARK, word, NULL);
    explain_set_wire_bytes(x->notes, e->data, e->len, EXPLAIN_SHOWN_BYTES);
}

static void say_open(struct explain_connection *c, const struct transcript_event *e)
{
    const char *data = (const char *)e->data, *colon = memrchr(data, ':', e->len);
    struct explain_word word = explain_word("connect");
    bool mask = c->x->options.mask;
    int len = mask && colon != NULL ? (int)(colon - data) : (int)e->len;

    c->opened_ns = e->at_ns;
    explain_say(&c->side[true], EXPLAIN_INSIDE, 0, (struct explain_word){.ref = word.ref},
                "connect() to %.*s%s", len, data, mask ? ":PORT" : "");
    explain_set_meaning(c->x->notes, "%s %u", word.meaning, c->number);
}

static void say_connected(struct explain_connection *c)
{
    c->tally.handshakes++;
    c->tally.round_trips++;
    explain_say_beside(c->x, c, EXPLAIN_INSIDE, explain_word("established"),
                       "connection %u is established", c->number);
}

/* e says how: "close()", or nothing for shutdown(). If packets were captured, the FIN itself is
 * shown. */
static void say_shut(struct explain_connection *c, const struct transcript_event *e)
{
    if (c->x->options.wire)
        return;
    if (e->len > 0)
        explain_say(&c->side[true], EXPLAIN_WIRE, 0, explain_word("close()"), "%.*s: FIN",
                    (int)e->len, (const char *)e->data);
    else
        explain_say(&c->side[true], EXPLAIN_WIRE, 0, explain_word("shutdown"), "shutdown(): FIN");
}

static void say_eof(struct explain_connection *c)
{
    const struct explain_options *o = &c->x->options;
    struct explain_word word = explain_word("end of stream");

    explain_http_eof(&c->side[false]);
    if (explain_tcp_fin(c) || c->fin_noted || (o->packets && o->wire))
        return;
    explain_say(&c->side[false], EXPLAIN_WIRE, 0, (struct explain_word){.ref = word.ref},
                "end of the stream: FIN");
    explain_set_meaning(c->x->notes, "%s %u", word.meaning, c->number);
}

/* As TCP counts: with TLS, the records. */
static void count_read(struct explain_connection *c, const struct transcript_event *e)
{
    bool records = c->tally.record_bytes[false] > 0;

    if (e->what == TRANSCRIPT_RECORD_RECEIVED || (e->what == TRANSCRIPT_RECEIVED && !records))
        c->read_bytes += e->len;
}

static void take_event(struct explain_connection *c, const struct transcript_event *e)
{
    struct explain_side *up = &c->side[true], *down = &c->side[false];

    count_read(c, e);
    switch (e->what) {
    case TRANSCRIPT_OPEN:
        say_open(c, e);
        break;
    case TRANSCRIPT_CONNECTED:
        say_connected(c);
        break;
    case TRANSCRIPT_SENT:
    case TRANSCRIPT_RECEIVED:
        take_bytes(e->what == TRANSCRIPT_SENT ? up : down, e);
        break;
    case TRANSCRIPT_RECORD_SENT:
    case TRANSCRIPT_RECORD_RECEIVED:
        explain_records(e->what == TRANSCRIPT_RECORD_SENT ? up : down, e->data, e->len);
        break;
    case TRANSCRIPT_TLS_SENT:
    case TRANSCRIPT_TLS_RECEIVED:
        explain_tls_message(e->what == TRANSCRIPT_TLS_SENT ? up : down, e->data, e->len);
        break;
    case TRANSCRIPT_SECURED:
        explain_secured(c, (const char *)e->data, e->len);
        break;
    case TRANSCRIPT_KERNEL:
        explain_kernel(c, (const char *)e->data, e->len);
        break;
    case TRANSCRIPT_SHUT:
        say_shut(c, e);
        break;
    case TRANSCRIPT_EOF:
        say_eof(c);
        break;
    default: /* TRANSCRIPT_RESET */
        explain_tcp_fin(c);
        say_remark(c->x, c, explain_word("broken"), e);
    }
}

void explain_event(struct explain *x, const struct transcript_event *event)
{
    struct transcript_event e = *event;
    struct explain_connection *c;

    if (x->notes->rc < 0)
        return;
    if (e.at_ns < x->shown_ns) /* the link sees a packet a moment after its kernel sent it */
        e.at_ns = x->shown_ns;
    x->now_ns = x->shown_ns = e.at_ns;
    if (e.what == TRANSCRIPT_SAY) {
        say_heading(x, &e);
    } else if (e.what == TRANSCRIPT_REMARK) {
        say_remark(x, NULL, no_word, &e);
    } else {
        c = get_connection(x, e.connection);
        if (c != NULL)
            take_event(c, &e);
    }
}

void explain_packet(struct explain *x, const struct wire_segment *p)
{
    struct explain_connection *c;

    if (x->notes->rc < 0)
        return;
    c = get_connection(x, p->connection);
    if (c != NULL)
        explain_tcp_packet(c, p);
}

struct explain_tally explain_tally(const struct explain *x, unsigned connection)
{
    struct explain_tally sum = connection == 0 ? x->gone : (struct explain_tally){0};

    for (unsigned i = 0; i < x->count; i++)
        if (connection == 0 || x->connections[i]->number == connection)
            explain_tally_add(&sum, &x->connections[i]->tally);
    return sum;
}

unsigned explain_connections(const struct explain *x)
{
    return x->count;
}
