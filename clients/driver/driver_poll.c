/* Polling (RFC 6202 §2.1 and §4): requests, one at a time, each with its answer. Short polling asks
 * at intervals, whether or not there is anything. Long polling lets the server hold the request
 * until there is an update, and asks again at once, or after a random pause: clients that were
 * answered together do not come back together. The rest is the same.
 *
 * Open loop: by the clock a poll is due when the timer says so, whatever became of the one before.
 * If that is still unanswered the poll leaves as soon as it can, late: its lateness is recorded
 * from its due time, the request when it is sent. None is skipped. With a pause, as with long
 * polling, the next is due so long after the answer.
 */
#include "clients/client/client.h"
#include "clients/driver/drivers.h"
#include "lib/base/clock.h"
#include "lib/proto/url.h"

enum { POLL_BODY_MAX_BYTES = 64 << 20 };

struct poller {
    struct client client;
    struct http_exchange exchange;
    int64_t due_ns;   /* of the poll under way, or of the next */
    int64_t pause_ns; /* the last one that backed off */
    uint32_t answers; /* so far */
    bool fresh;       /* the last answer had updates, or was the first */
    bool in_flight;   /* sent, not answered */
    bool counted;     /* this due poll has been recorded as late as it was */
    bool asked;       /* it has been sent; again after a lost connection */
};

static struct poller *of(struct client *c)
{
    return (struct poller *)c;
}

/* ---- timing ---- */

static bool by_clock(const struct client *c)
{
    return c->driver == &driver_short_poll && c->net.env->opt->poll == POLL_CLOCK;
}

static bool is_long(const struct client *c)
{
    return c->driver == &driver_long_poll;
}

/* Short polls are spread over the interval, or all clients would ask at once; whenever they begin.
 */
static int64_t first_due_ns(const struct client *c, int64_t now_ns)
{
    struct client_env *env = c->net.env;
    int64_t interval_ns = env->opt->interval_ns, phase_ns, past_ns;

    if (is_long(c))
        return now_ns;
    phase_ns = schedule_phase_ns(interval_ns, c->index, (uint64_t)env->opt->clients,
                                 rng_uniform(&env->rng));
    past_ns = (now_ns - env->begin_ns) % interval_ns;
    return now_ns + (phase_ns - past_ns + interval_ns) % interval_ns;
}

static int64_t next_due_ns(struct poller *p, int64_t recv_ns)
{
    const struct client_options *opt = p->client.net.env->opt;

    if (is_long(&p->client))
        return recv_ns + schedule_pause_ns((uint64_t)opt->seed, p->client.index, p->answers++,
                                           opt->poll_jitter_ns);
    if (opt->poll == POLL_CLOCK)
        return p->due_ns + opt->interval_ns;
    p->pause_ns = schedule_grown_ns(p->pause_ns, p->fresh || opt->poll == POLL_PAUSE,
                                    opt->interval_ns, opt->backoff_factor, opt->interval_max_ns);
    return recv_ns + p->pause_ns;
}

/* How long the server is asked to hold the request; negative: not asked. A long poll's first answer
 * brings the cursor. In channels where updates come from clients that have joined, none may come
 * before that, so it is not held. */
static int64_t hold_ms(const struct client *c)
{
    const struct client_options *opt = c->net.env->opt;

    if (!is_long(c))
        return -1;
    if (!client_has_cursor(c) && (c->channels != NULL || opt->send != SEND_NONE))
        return 0;
    return opt->hold_ns / NS_PER_MS;
}

/* Once for each due poll: a repetition after a lost connection is not the timer's lateness. */
static void record_late(struct poller *p, int64_t at_ns)
{
    if (!p->counted)
        recorder_request_late(&p->client.net.env->recorder, p->due_ns, at_ns);
    p->counted = true;
}

/* ---- asking ---- */

/* The clock is read again, as our own work since the last answer delays the request. */
static void ask(struct poller *p)
{
    int64_t sent_ns = clock_now_ns();
    struct client_request request = {
        .kind = REQUEST_JSON,
        .fields = "",
        .with_cursor = true,
        .hold_ms = hold_ms(&p->client),
    };

    record_late(p, sent_ns);
    if (!p->asked)
        recorder_request_sent(&p->client.net.env->recorder, p->due_ns, sent_ns);
    p->asked = true;
    p->in_flight = true;
    client_ask(&p->client, &request, sent_ns);
}

/* Take the next step towards the poll that is due: wait, connect, or ask. */
static void pursue(struct poller *p, int64_t now_ns)
{
    struct client *c = &p->client;
    bool is_open = c->net.state == CONNECTION_OPEN;

    if (p->in_flight || c->leaving || (!is_open && c->net.state != CONNECTION_IDLE))
        return;
    if (now_ns < p->due_ns) {
        client_wait_until(c, p->due_ns);
    } else if (!is_open) {
        record_late(p, clock_now_ns());
        client_dial(c, now_ns);
    } else if (!c->net.conn.ended) {
        ask(p);
    }
}

/* ---- the answer ---- */

/* A field that holds one decimal number. */
static bool field_u64(const struct http_message *m, const char *name, uint64_t *out)
{
    const char *text = http_message_field(m, name);

    return text != NULL && url_parse_u64(out, text, UINT64_MAX) == PL_OK;
}

static bool field_cursor(const struct http_message *m, struct cursor *out)
{
    const char *text = http_message_field(m, "Pushlab-Cursor");

    return text != NULL && cursor_read(out, text, UINT64_MAX) == PL_OK;
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

/* It is another server than before, which client_joined() must know before its updates are counted.
 * A small number alone tells it of a server that has no epochs. */
static void meet(struct client *c, const struct cursor *told, int64_t recv_ns)
{
    const struct http_message *m = &((struct poller *)c)->exchange.reader.msg;
    bool restarted = http_message_field(m, "Pushlab-Restarted") != NULL;
    struct cursor first = *told;

    if (!c->track.joined ||
        !(restarted || epochs_differ(told->epoch, c->epoch) || told->seq < c->track.cursor))
        return;
    first.seq = 0;
    client_joined(c, &first, true, recv_ns);
}

/* False when it was no answer. */
static bool read_answer(struct poller *p, int64_t recv_ns)
{
    struct client *c = &p->client;
    const struct http_message *m = &p->exchange.reader.msg;
    struct cursor cursor;
    uint64_t missed;
    bool is_told = field_cursor(m, &cursor);
    int updates;

    if (m->status != 200 && m->status != 204)
        return false;
    if (is_told)
        meet(c, &cursor, recv_ns);
    if (field_u64(m, "Pushlab-Missed", &missed))
        client_missed(c, missed);
    updates = take_updates(p, recv_ns);
    if (updates < 0)
        return false;
    if (is_told)
        client_joined(c, &cursor, false, recv_ns);
    CLIENT_COUNT(c, recv_ns, empty_responses, updates == 0);
    p->fresh = updates > 0 || p->pause_ns == 0;
    client_answered(c, m, recv_ns);
    client_served(c);
    return true;
}

static void refused(struct poller *p, int64_t recv_ns)
{
    int status = p->exchange.reader.msg.status;

    if (status == 200)
        client_give_up(&p->client, "the content is not an array of updates", recv_ns);
    else /* back off, unless it is final */
        client_refused(&p->client, &p->exchange.reader.msg, http_status_is_final(status), recv_ns);
}

static void answered(struct poller *p, int64_t recv_ns)
{
    struct client *c = &p->client;
    const struct client_env *env = c->net.env;
    bool understood = read_answer(p, recv_ns);

    client_sort_bytes(c, recv_ns);
    if (!understood) {
        refused(p, recv_ns);
        return;
    }
    p->in_flight = false;
    p->counted = false;
    p->asked = false;
    p->due_ns = next_due_ns(p, recv_ns);
    if (env->hooks->answered != NULL)
        env->hooks->answered(env->hooks_arg, c);
    if (!p->exchange.reader.msg.keep_alive || c->leaving)
        conn_close(&c->net.conn);
    pursue(p, recv_ns);
}

/* ---- the drivers' verbs ---- */

static void poll_begin(struct client *c, int64_t now_ns)
{
    of(c)->due_ns = first_due_ns(c, now_ns);
    if (c->net.env->opt->connection != CONNECTION_CLOSE)
        client_dial(c, now_ns); /* so that the connection is open when the first poll is due */
    pursue(of(c), now_ns);
}

static void poll_on_open(struct client *c, int64_t now_ns)
{
    http_exchange_init(&of(c)->exchange, POLL_BODY_MAX_BYTES);
    pursue(of(c), now_ns);
}

static void poll_on_data(struct client *c, uint8_t *data, size_t len, int64_t recv_ns)
{
    struct poller *p = of(c);
    int result = http_exchange_feed(&p->exchange, data, len);

    client_took(c, p->exchange.framing_bytes);
    if (result < 0 || !p->in_flight)
        client_fail(c, "the response is not HTTP/1.1", recv_ns);
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
        CLIENT_COUNT(c, now_ns, failed_responses, 1);
    client_note_unanswered(c, why);
    client_back_off(c, now_ns);
}

static void poll_on_lost(struct client *c, enum conn_end why, int64_t now_ns)
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

static void poll_on_due(struct client *c, int64_t now_ns)
{
    pursue(of(c), now_ns);
}

/* What is not polled by the clock is due once the one before is answered, so no more than one is.
 */
static uint64_t poll_count_unsent(const struct client *c)
{
    const struct recorder *r = &c->net.env->recorder;
    const struct poller *p = (const struct poller *)c;
    int64_t interval_ns = c->net.env->opt->interval_ns;
    int64_t next_ns = p->due_ns + (p->asked ? interval_ns : 0);

    if (!by_clock(c))
        return !p->asked && recorder_in_window(r, p->due_ns);
    return schedule_count_due(next_ns, interval_ns, r->window_end_ns) -
           schedule_count_due(next_ns, interval_ns, r->window_start_ns);
}

/* Wait for the answer to a short poll, but not for a request that is held. */
static void poll_leave(struct client *c, int64_t now_ns)
{
    (void)now_ns;
    if (!of(c)->in_flight || hold_ms(c) > 0)
        conn_finish(&c->net.conn, true);
}

static void poll_free(struct client *c)
{
    http_exchange_free(&of(c)->exchange);
}

#define POLL_VERBS                                                                                 \
    .client_bytes = sizeof(struct poller), .begin = poll_begin, .on_open = poll_on_open,           \
    .on_data = poll_on_data, .on_lost = poll_on_lost, .on_due = poll_on_due, .leave = poll_leave,  \
    .count_unsent = poll_count_unsent, .free = poll_free

const struct driver driver_short_poll = {.info = &transport_infos[TRANSPORT_SHORT_POLL],
                                         POLL_VERBS};
const struct driver driver_long_poll = {.info = &transport_infos[TRANSPORT_LONG_POLL], POLL_VERBS};
