#include "clients/driver/poller.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/proto/envelope.h"
#include "lib/proto/url.h"

enum { POLL_BODY_MAX_BYTES = 64 << 20 };

static struct poller *of(struct client *c)
{
    return (struct poller *)c;
}

static bool closes(const struct client *c)
{
    return c->env->opt->connection == CONNECTION_CLOSE;
}

/* ---- timing ---- */

int64_t poller_phase_ns(int64_t interval_ns, uint64_t index, uint64_t nclients, double unit)
{
    return (int64_t)(((double)index + unit) / (double)nclients * (double)interval_ns);
}

uint64_t poller_count_due(int64_t first_due_ns, int64_t interval_ns, int64_t end_ns)
{
    if (first_due_ns >= end_ns)
        return 0;
    return (uint64_t)((end_ns - 1 - first_due_ns) / interval_ns) + 1;
}

/* Of each due poll once, when it sets out: a repetition after a lost connection is the
 * network's doing, not the timer's. The clock is read anew: our own work since the last
 * answer is part of the lateness. */
static void record_late(struct poller *p)
{
    if (!p->counted)
        recorder_request_late(&p->client.env->recorder, p->due_ns, clock_now_ns());
    p->counted = true;
}

/* ---- asking ---- */

static size_t encode_request(const struct poller *p, char out[HTTP_REQUEST_MAX_BYTES])
{
    const struct client *c = &p->client;
    char query[CLIENT_QUERY_BYTES];
    struct http_get get = {
        .host = c->env->host,
        .prefix = c->env->opt->url.path,
        .path = c->driver->info->path,
        .query = query,
        .accept = "application/json",
        .fields = "",
        .cookie = c->cookie,
        .close = closes(c),
    };

    client_query(c, query, true, p->kind->hold_ms(p));
    return http_get_encode(out, &get);
}

static void ask(struct poller *p, int64_t now_ns)
{
    struct client *c = &p->client;
    char request[HTTP_REQUEST_MAX_BYTES];
    size_t len = encode_request(p, request);

    record_late(p);
    p->in_flight = true;
    client_count_request(c, p->due_ns);
    if (len == 0)
        client_give_up(c, p->due_ns, "the request is too long");
    else
        client_send(c, request, len, now_ns);
}

/* Take the next step towards the poll that is due: wait, connect, or ask. */
static void pursue(struct poller *p, int64_t now_ns)
{
    struct client *c = &p->client;

    if (p->in_flight || c->leaving || c->state == CLIENT_BACKOFF || c->state == CLIENT_ENDED)
        return;
    if (now_ns < p->due_ns) {
        client_wait_until(c, p->due_ns);
        return;
    }
    if (c->state == CLIENT_OPEN && !c->conn.ended) {
        ask(p, now_ns);
    } else if (c->state == CLIENT_IDLE) {
        record_late(p);
        client_dial_for(c, p->due_ns, now_ns);
    }
}

/* ---- hearing ---- */

/* A field that holds one decimal number. */
static bool field_u64(const struct http_message *m, const char *name, uint64_t *out)
{
    const char *text = http_message_field(m, name);

    return text != NULL && url_parse_u64(out, text, UINT64_MAX) == PL_OK;
}

/* How many updates the body holds, or PL_EPROTO when it is not an array of them. */
static int take_updates(struct poller *p, int64_t recv_ns)
{
    struct client *c = &p->client;
    const char *body = (const char *)p->exchange.body.data, *item;
    size_t len = p->exchange.body.len, at = 0, items_bytes = 0;
    int count = 0;
    ssize_t n;

    while (len > 0 && (n = envelope_array_next(body, len, &at, &item)) != 0) {
        struct envelope e;

        if (n < 0 || envelope_scan(&e, item, (size_t)n) < 0) {
            count = PL_EPROTO;
            break;
        }
        client_took(c, (size_t)n);
        items_bytes += (size_t)n;
        client_update(c, &e, (size_t)n, recv_ns);
        count++;
    }
    client_took(c, len - items_bytes);
    return count;
}

/* The cursor stands before the updates when they are counted against it: a server that began
 * anew tells a smaller one, and everything it sends then is new. */
static void take_notices(struct poller *p, int64_t recv_ns)
{
    struct client *c = &p->client;
    const struct http_message *m = &p->exchange.reader.msg;
    uint64_t cursor, missed;

    if (c->track.joined && field_u64(m, "Pushlab-Cursor", &cursor) && cursor < c->track.cursor)
        client_joined(c, 0, recv_ns);
    if (field_u64(m, "Pushlab-Missed", &missed))
        client_missed(c, missed);
}

static void take_cursor(struct poller *p, int64_t recv_ns)
{
    uint64_t cursor;

    if (field_u64(&p->exchange.reader.msg, "Pushlab-Cursor", &cursor))
        client_joined(&p->client, cursor, recv_ns);
}

/* False when it was no answer. */
static bool read_answer(struct poller *p, int64_t recv_ns)
{
    struct client *c = &p->client;
    int status = p->exchange.reader.msg.status;
    int updates;

    if (status != 200 && status != 204)
        return false;
    take_notices(p, recv_ns);
    updates = take_updates(p, recv_ns);
    if (updates < 0)
        return false;
    take_cursor(p, recv_ns);
    client_keep_cookie(c, &p->exchange.reader.msg);
    CLIENT_COUNT(c, p->due_ns, responses, 1);
    if (updates == 0)
        CLIENT_COUNT(c, p->due_ns, empty_responses, 1);
    client_settled(c, recv_ns);
    return true;
}

static void refused(struct poller *p)
{
    int status = p->exchange.reader.msg.status;

    if (status == 200)
        client_give_up(&p->client, p->due_ns, "the content is not an array of updates");
    else /* back off, unless for good: the server is in trouble */
        client_refused(&p->client, p->due_ns, status, http_status_is_final(status));
}

static void answered(struct poller *p, int64_t recv_ns)
{
    struct client *c = &p->client;
    const struct client_hooks *hooks = c->env->hooks;
    bool understood = read_answer(p, recv_ns);

    client_sort_bytes(c, recv_ns);
    if (!understood) {
        refused(p);
        return;
    }
    p->in_flight = false;
    p->counted = false;
    p->due_ns = p->kind->next_due_ns(p, recv_ns);
    if (hooks->answered != NULL)
        hooks->answered(c->env->hooks_arg, c);
    if (!p->exchange.reader.msg.keep_alive || c->leaving)
        conn_close(&c->conn);
    http_exchange_next(&p->exchange);
    pursue(p, recv_ns);
}

/* ---- the drivers' verbs ---- */

void poller_init(struct client *c, const struct poller_kind *kind)
{
    of(c)->kind = kind;
}

void poller_begin(struct client *c, int64_t now_ns)
{
    struct poller *p = of(c);

    p->due_ns = p->kind->first_due_ns(p, now_ns);
    if (!closes(c))
        client_dial(c, now_ns); /* so that the first poll finds the connection standing */
    pursue(p, now_ns);
}

void poller_on_open(struct client *c, int64_t now_ns)
{
    http_exchange_init(&of(c)->exchange, POLL_BODY_MAX_BYTES);
    pursue(of(c), now_ns);
}

void poller_on_data(struct client *c, uint8_t *data, size_t len, int64_t recv_ns)
{
    struct poller *p = of(c);
    int result = http_exchange_feed(&p->exchange, data, len);

    client_took(c, p->exchange.framing_bytes);
    if (result < 0 || !p->in_flight)
        client_fail(c, p->due_ns, "the response is not HTTP/1.1");
    else if (result == HTTP_EXCHANGE_DONE)
        answered(p, recv_ns);
}

/* The connection went with a request under way. GET is idempotent: it is asked again (RFC
 * 9110 §9.2.2). */
static void lost_in_flight(struct poller *p, enum conn_end why, int64_t now_ns)
{
    struct client *c = &p->client;

    p->in_flight = false;
    if (c->leaving)
        return;
    if (why != CONN_END_LOCAL)
        CLIENT_COUNT(c, p->due_ns, failed_responses, 1);
    if (why == CONN_END_EOF)
        client_env_note(c->env, "%s: connection closed before an answer", c->driver->info->path);
    client_back_off(c, now_ns);
}

void poller_on_lost(struct client *c, enum conn_end why, int64_t now_ns)
{
    struct poller *p = of(c);

    if (p->in_flight && why == CONN_END_EOF &&
        http_exchange_eof(&p->exchange) == HTTP_EXCHANGE_DONE) {
        answered(p, now_ns);
        why = CONN_END_LOCAL;
    }
    if (p->in_flight) {
        lost_in_flight(p, why, now_ns);
        return;
    }
    c->broken = why != CONN_END_LOCAL; /* an idle connection went: the next poll opens one */
    pursue(p, now_ns);
}

void poller_on_due(struct client *c, int64_t now_ns)
{
    pursue(of(c), now_ns);
}

uint64_t poller_count_unsent(const struct client *c, int64_t end_ns)
{
    const struct poller *p = (const struct poller *)c;
    int64_t interval_ns = c->env->opt->interval_ns;

    return poller_count_due(p->due_ns + (p->in_flight ? interval_ns : 0), interval_ns, end_ns);
}

/* A short poll is answered in no time; a held one would keep us waiting. */
void poller_leave(struct client *c, int64_t now_ns)
{
    struct poller *p = of(c);

    (void)now_ns;
    if (!p->in_flight || p->kind->hold_ms(p) > 0)
        conn_finish(&c->conn, true);
}

void poller_free(struct client *c)
{
    http_exchange_free(&of(c)->exchange);
}
