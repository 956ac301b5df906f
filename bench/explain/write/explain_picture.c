#include "bench/explain/write/explain_picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "bench/explain/write/explain_write.h"
#include "bench/ladder/ladder_page.h"
#include "bench/ladder/ladder_read.h"
#include "bench/ladder/ladder_svg.h"
#include "bench/ladder/stream_labels.h"
#include "bench/base/units.h"

enum { SUM_CHARS = 192, STEPS_SHOWN = 60, CONNECTIONS_MAX = 64, HANDSHAKE_STEPS = 3 };

struct sketch {
    struct ladder *out;
    size_t cap;
    struct stream_labels *talks[CONNECTIONS_MAX];
    int64_t open_ns[CONNECTIONS_MAX], one_way_ns[CONNECTIONS_MAX];
    bool tls[CONNECTIONS_MAX]; /* records are drawn, not what is in them */
};

/* ---- steps ---- */

static struct ladder_step *add_step(struct sketch *k, unsigned connection, bool up, int64_t near_ns)
{
    int64_t one_way_ns = k->one_way_ns[connection];
    struct ladder_step *s;

    if (k->out->count == k->cap)
        return NULL;
    s = &k->out->steps[k->out->count++];
    *s = (struct ladder_step){.up = up,
                              .connection = connection,
                              .sent_ns = up ? near_ns : near_ns - one_way_ns,
                              .arrived_ns = up ? near_ns + one_way_ns : near_ns,
                              .oldest_age_ns = -1};
    s->delivered_ns = s->arrived_ns;
    return s;
}

static void add_named(struct sketch *k, unsigned connection, bool up, int64_t near_ns,
                      enum ladder_kind kind, const char *name)
{
    struct ladder_step *s = add_step(k, connection, up, near_ns);

    if (s == NULL)
        return;
    s->kind = kind;
    snprintf(s->label, sizeof s->label, "%s", name);
}

static void add_handshake(struct sketch *k, unsigned connection)
{
    int64_t open_ns = k->open_ns[connection];
    int64_t back_ns = open_ns + 2 * k->one_way_ns[connection];

    add_named(k, connection, true, open_ns, LADDER_HANDSHAKE, "SYN");
    add_named(k, connection, false, back_ns, LADDER_HANDSHAKE, "SYN-ACK");
    add_named(k, connection, true, back_ns, LADDER_HANDSHAKE, "ACK");
}

static void add_bytes(struct sketch *k, const struct transcript_event *e, bool up)
{
    struct stream_labels **talk = &k->talks[e->connection];
    struct ladder_step *s;
    struct ladder_said said = {.kind = LADDER_CONTROL};

    if (*talk == NULL)
        *talk = stream_labels_new();
    if (*talk == NULL || e->len == 0)
        return;
    stream_labels_feed(*talk, up, e->data, e->len, &said);
    s = add_step(k, e->connection, up, e->at_ns);
    if (s == NULL)
        return;
    s->kind = said.kind == LADDER_ACK ? LADDER_CONTROL : said.kind;
    s->bytes = (uint32_t)e->len;
    s->answers = said.answers;
    s->empty = said.empty;
    s->updates = said.updates;
    k->out->encrypted |= said.tls;
    snprintf(s->label, sizeof s->label, "%s", said.text[0] != '\0' ? said.text : "bytes");
}

/* ---- events ---- */

static long number_in(const struct transcript_event *e, const char *key)
{
    const char *at = memmem(e->data, e->len, key, strlen(key));
    const char *end = (const char *)e->data + e->len;
    long value = 0;

    if (at == NULL)
        return 0;
    for (at += strlen(key); at < end && *at >= '0' && *at <= '9' && value < 100000000; at++)
        value = value * 10 + (*at - '0');
    return value;
}

static void take(struct sketch *k, const struct transcript_event *e)
{
    unsigned c = e->connection;
    bool up = e->what == TRANSCRIPT_SENT || e->what == TRANSCRIPT_RECORD_SENT;

    switch (e->what) {
    case TRANSCRIPT_OPEN:
        k->open_ns[c] = e->at_ns;
        break;
    case TRANSCRIPT_KERNEL:
        if (k->one_way_ns[c] == 0)
            k->one_way_ns[c] = number_in(e, "rtt_us=") * NS_PER_US / 2;
        break;
    case TRANSCRIPT_CONNECTED:
        add_handshake(k, c);
        break;
    case TRANSCRIPT_RECORD_SENT:
    case TRANSCRIPT_RECORD_RECEIVED:
        add_bytes(k, e, up);
        break;
    case TRANSCRIPT_SENT:
    case TRANSCRIPT_RECEIVED:
        if (!k->tls[c])
            add_bytes(k, e, up);
        break;
    case TRANSCRIPT_SHUT:
        add_named(k, c, true, e->at_ns, LADDER_TEARDOWN, "FIN");
        break;
    case TRANSCRIPT_EOF:
        add_named(k, c, false, e->at_ns, LADDER_TEARDOWN, "FIN");
        break;
    default:
        break;
    }
}

/* ---- the whole ---- */

static int compare_steps(const void *a, const void *b)
{
    const struct ladder_step *x = a, *y = b;

    if (x->sent_ns != y->sent_ns)
        return x->sent_ns < y->sent_ns ? -1 : 1;
    return (x->arrived_ns > y->arrived_ns) - (x->arrived_ns < y->arrived_ns);
}

static void set_in_order(struct ladder *l)
{
    int64_t begin_ns;

    qsort(l->steps, l->count, sizeof *l->steps, compare_steps);
    begin_ns = l->steps[0].sent_ns;
    for (size_t i = 0; i < l->count; i++) {
        l->steps[i].sent_ns -= begin_ns;
        l->steps[i].arrived_ns -= begin_ns;
        l->steps[i].delivered_ns -= begin_ns;
        if (l->steps[i].connection > l->connections)
            l->connections = l->steps[i].connection;
    }
}

static void add_span(struct ladder *l, enum ladder_span_kind kind, size_t from, size_t to)
{
    const struct ladder_step *a = &l->steps[from], *b = &l->steps[to];
    int64_t held_ns = b->sent_ns - a->arrived_ns;

    l->spans[l->span_count++] = (struct ladder_span){.kind = kind,
                                                     .from = from,
                                                     .to = to,
                                                     .begin_ns = a->sent_ns,
                                                     .end_ns = b->arrived_ns,
                                                     .held_ns = held_ns > 0 ? held_ns : 0,
                                                     .round_trips = 1};
}

/* From each question to its answer. A step ends one span at most. */
static void find_spans(struct ladder *l)
{
    size_t asked[CONNECTIONS_MAX];

    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        asked[i] = SIZE_MAX;
    for (size_t i = 0; i < l->count; i++) {
        const struct ladder_step *s = &l->steps[i];
        size_t *from = &asked[s->connection];

        if (s->up && (s->kind == LADDER_REQUEST || strcmp(s->label, "SYN") == 0)) {
            *from = i;
        } else if (!s->up && *from != SIZE_MAX && (s->answers || s->kind == LADDER_HANDSHAKE)) {
            add_span(l, s->answers ? LADDER_SPAN_EXCHANGE : LADDER_SPAN_TCP, *from, i);
            *from = SIZE_MAX;
        }
    }
}

static void take_all(struct sketch *k, const struct transcript_event *events, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (events[i].what == TRANSCRIPT_RECORD_SENT && events[i].connection < CONNECTIONS_MAX)
            k->tls[events[i].connection] = true;
    for (size_t i = 0; i < count; i++)
        if (events[i].connection > 0 && events[i].connection < CONNECTIONS_MAX)
            take(k, &events[i]);
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        stream_labels_free(k->talks[i]);
}

int explain_picture_ladder(struct ladder *out, const struct transcript_event *events, size_t count)
{
    struct sketch *k = calloc(1, sizeof *k);

    *out = (struct ladder){.steps = NULL};
    if (k != NULL) {
        k->out = out;
        k->cap = HANDSHAKE_STEPS * count;
        out->steps = calloc(k->cap + 1, sizeof *out->steps);
        out->spans = calloc(k->cap + 1, sizeof *out->spans);
        out->updates = calloc(1, sizeof *out->updates);
    }
    if (k == NULL || out->steps == NULL || out->spans == NULL || out->updates == NULL) {
        ladder_free(out);
        free(k);
        return PL_ENOMEM;
    }
    take_all(k, events, count);
    out->one_way_ns = k->one_way_ns[1];
    free(k);
    if (out->count == 0) {
        ladder_free(out);
        return PL_EINVAL;
    }
    out->sketched = true;
    set_in_order(out);
    find_spans(out);
    return PL_OK;
}

static size_t list_ports(uint16_t ports[CONNECTIONS_MAX], const struct explain_take *t)
{
    size_t n = 0;

    for (size_t i = 0; i < t->packet_count && n < CONNECTIONS_MAX; i++)
        if (t->packets[i].connection == n + 1)
            ports[n++] = t->packets[i].client_port;
    return n;
}

static const char *title_of(const struct explain_topic *topic, bool wire)
{
    if (topic->packets && !wire)
        return "One TCP connection, as its client saw it";
    return topic->row != NULL ? topic->row : topic->name;
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static void put_packets(char out[SUM_CHARS], const struct explain_tally *n)
{
    char bytes[UNITS_TEXT_BYTES], fates[64] = "";
    unsigned packets = n->packets[true] + n->packets[false];

    units_format_count(bytes, (double)(n->packet_bytes[true] + n->packet_bytes[false]));
    if (n->lost + n->again > 0)
        snprintf(fates, sizeof fates, ", %u lost, %u sent again", n->lost, n->again);
    snprintf(
        out, SUM_CHARS,
        "The whole exchange: %u packets (%u only acknowledge%s%s), %s bytes with TCP/IP headers,",
        packets, n->pure_acks, n->pure_acks == 1 ? "s" : "", fates, bytes);
}

static void put_waits(char out[SUM_CHARS], const struct explain_tally *n)
{
    char tls[32] = "", updates[48] = "";

    if (n->tls_handshakes > 0)
        snprintf(tls, sizeof tls, " and %u of TLS", n->tls_handshakes);
    if (n->updates > 0)
        snprintf(updates, sizeof updates, "; %u update%s received", n->updates, plural(n->updates));
    snprintf(out, SUM_CHARS, "%u TCP handshake%s%s, %u round trip%s waited for: %s%s.",
             n->handshakes, plural(n->handshakes), tls, n->round_trips, plural(n->round_trips),
             explain_round_trips_are(n), updates);
}

int explain_picture(struct buf *svg, const struct explain_take *t,
                    const struct explain_topic *topic, const struct explain_tally *tally,
                    struct err_text *e)
{
    bool wire = t->pcapng.len > 0;
    char sum[2][SUM_CHARS] = {
        "The whole exchange, as the client noted it down; it saw no packets, SYN-ACK is computed:"};
    uint16_t ports[CONNECTIONS_MAX];
    struct ladder_about about = {.exchange = title_of(topic, wire),
                                 .how = topic->packets && !wire ? NULL : topic->about,
                                 .sum = {sum[0], sum[1]},
                                 .link = t->link,
                                 .clients = 1,
                                 .max_steps = STEPS_SHOWN};
    struct ladder ladder;
    struct ladder_page page;
    struct err_text why = {""};
    int rc;

    put_waits(sum[1], tally);
    if (wire)
        put_packets(sum[0], tally);
    if (wire) {
        about.client_port_count = list_ports(ports, t);
        about.client_ports = ports;
        rc = ladder_read(&ladder, t->pcapng.data, t->pcapng.len, &about, &why);
    } else {
        rc = explain_picture_ladder(&ladder, t->events, t->event_count);
    }
    if (rc < 0)
        return err_set(e, rc, "draw the exchange: %.200s",
                       why.text[0] != '\0' ? why.text : pl_strerror(rc));
    rc = ladder_page_make(&page, &ladder, about.max_steps);
    if (rc == PL_OK) {
        rc = ladder_svg_write(svg, &page, &about);
        ladder_page_free(&page);
    }
    ladder_free(&ladder);
    return rc < 0 ? err_set(e, rc, "draw the exchange: %s", pl_strerror(rc)) : PL_OK;
}
