#include "clients/fleet/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cjson/cJSON.h>

#include "lib/base/clock.h"

enum { STATS_MAX_BYTES = 8 << 20 };

static const int64_t answer_limit_ns = 5 * NS_PER_S;
static const int64_t uptime_slack_ns = 20 * NS_PER_MS; /* uptime is in whole milliseconds */

static void ask_next(struct control *ctl);
static void proceed(struct control *ctl);
static void connect_first(struct control *ctl);

/* The ask under way has its answer, or will have none. */
static void finish(struct control *ctl)
{
    enum control_ask which = (enum control_ask)ctl->asking;

    schedule_cancel(&ctl->net.env->schedule, &ctl->timeout);
    if (which == CONTROL_START)
        ctl->round_trip_ns = clock_now_ns() - ctl->asked_ns;
    ctl->answers[which].done = true;
    ctl->asking = -1;
    ctl->on_answer(ctl->arg, which);
    ask_next(ctl);
}

static void fail(struct control *ctl, const char *why)
{
    if (ctl->failure.text[0] == '\0')
        err_set(&ctl->failure, PL_ESYS, "%s://%s/stats: %.200s",
                ctl->net.env->tls != NULL ? "https" : "http", ctl->net.env->host, why);
    connection_close(&ctl->net);
    if (ctl->asking >= 0)
        finish(ctl);
}

static void on_timeout(struct deadline *d, int64_t now_ns)
{
    (void)now_ns;
    fail((struct control *)((char *)d - offsetof(struct control, timeout)), "no answer");
}

static void send_ask(struct control *ctl)
{
    int64_t at_ns = ctl->answers[ctl->asking].at_ns;
    char query[40] = "", request[HTTP_REQUEST_MAX_BYTES];
    struct http_request_head get = client_env_request(ctl->net.env, "/stats");

    if (at_ns >= 0)
        snprintf(query, sizeof query, "?at=%lld", (long long)at_ns);
    get.query = query;
    get.heads = HEADS_MINIMAL;
    get.close = false;
    ctl->asked_ns = clock_now_ns();
    conn_send(&ctl->net.conn, request, http_request_encode(request, &get));
}

/* ---- the answer ---- */

static double number_in(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

    return cJSON_IsNumber(item) ? item->valuedouble : 0.0;
}

/* Parse the body; false when it is not a pushlab server's. */
static bool parse(struct control_answer *a)
{
    cJSON *root = cJSON_ParseWithLength((const char *)a->json.data, a->json.len);
    const cJSON *position = cJSON_GetObjectItemCaseSensitive(root, "position");
    const cJSON *seq = cJSON_GetObjectItemCaseSensitive(position, "seq");
    const cJSON *epoch = cJSON_GetObjectItemCaseSensitive(root, "epoch");
    bool ours = cJSON_GetObjectItemCaseSensitive(root, "pushlab") != NULL;

    a->has_seq = cJSON_IsNumber(seq);
    if (a->has_seq)
        a->seq = (uint64_t)seq->valuedouble; /* exact up to 2^53 */
    if (a->at_ns >= 0 && channel_positions_take(&a->channels, root) < 0)
        ours = false;
    a->time_ns = (int64_t)number_in(root, "time_ns");
    a->server_started_ns =
        (int64_t)(number_in(root, "time_ns") - number_in(root, "uptime_ms") * (double)NS_PER_MS);
    if (cJSON_IsString(epoch) && epoch_valid(epoch->valuestring, strlen(epoch->valuestring)))
        memcpy(a->epoch, epoch->valuestring, sizeof a->epoch);
    cJSON_Delete(root);
    return ours;
}

static void take_answer(struct control *ctl)
{
    struct control_answer *a = &ctl->answers[ctl->asking];
    bool ok = ctl->exchange.reader.msg.status == 200;

    a->json = ctl->exchange.body;
    ctl->exchange.body = (struct buf){0};
    if (!ctl->exchange.reader.msg.keep_alive)
        connection_close(&ctl->net);
    if (ok && parse(a)) {
        finish(ctl);
        return;
    }
    buf_free(&a->json);
    ctl->foreign = ctl->asking == CONTROL_START;
    fail(ctl, ok ? "not a pushlab server's answer" : "refused");
}

/* ---- the connection ---- */

static void on_data(struct conn *conn, uint8_t *data, size_t len, int64_t recv_ns)
{
    struct control *ctl = (struct control *)conn;
    int result = http_exchange_feed(&ctl->exchange, data, len);

    (void)recv_ns;
    if (result < 0 || ctl->asking < 0)
        fail(ctl, "the response is not HTTP/1.1");
    else if (result == HTTP_EXCHANGE_DONE)
        take_answer(ctl);
}

/* There is time to ask again: a server that restarts is back before the moment that we ask about.
 */
static bool can_wait(const struct control *ctl, int64_t now_ns)
{
    return ctl->asking >= 0 && ctl->answers[ctl->asking].at_ns > now_ns;
}

/* A server may end an idle connection just as we use it: that ask is asked again, once. */
static void on_lost(struct connection *net, enum conn_end why, int sys_errno, int64_t now_ns)
{
    struct control *ctl = (struct control *)net;

    if (ctl->asking >= 0 && (ctl->reused || can_wait(ctl, now_ns)))
        connect_first(ctl);
    else if (ctl->asking >= 0 && why != CONN_END_LOCAL)
        fail(ctl, why == CONN_END_ERROR ? conn_tls_strerror(&net->conn, sys_errno)
                                        : "connection closed");
    else
        proceed(ctl);
}

static void on_failed(struct connection *net, const char *why, bool for_good, int64_t now_ns)
{
    struct control *ctl = (struct control *)net;

    if (!for_good && can_wait(ctl, now_ns))
        connection_back_off(net, 0, now_ns);
    else
        fail(ctl, why);
}

static void on_due(struct connection *net, int64_t now_ns)
{
    connection_dial(net, now_ns);
}

static void on_open(struct connection *net, int64_t now_ns)
{
    struct control *ctl = (struct control *)net;

    (void)now_ns;
    ctl->connects += net->env->opt->control_fd < 0;
    http_exchange_init(&ctl->exchange, STATS_MAX_BYTES);
    send_ask(ctl);
}

static const struct connection_ops ops = {
    .conn = {CONNECTION_CONN_OPS, .on_data = on_data},
    .on_open = on_open,
    .on_failed = on_failed,
    .on_lost = on_lost,
    .on_due = on_due,
};

/* The given connection can be used once. */
static void take_given(struct control *ctl)
{
    int fd = (int)ctl->net.env->opt->control_fd;

    if (ctl->given_taken) {
        fail(ctl, "the connection of --control-fd has ended");
        return;
    }
    ctl->given_taken = true;
    if (evutil_make_socket_nonblocking(fd) < 0 || evutil_make_socket_closeonexec(fd) < 0)
        fail(ctl, "--control-fd: no such descriptor");
    else
        connection_adopt(&ctl->net, fd, clock_now_ns());
}

static void connect_first(struct control *ctl)
{
    ctl->reused = false;
    if (ctl->net.env->opt->control_fd >= 0)
        take_given(ctl);
    else
        connection_dial(&ctl->net, clock_now_ns());
}

/* Ask. A connection that is closing must be reaped first: on_lost() comes back here. */
static void proceed(struct control *ctl)
{
    if (ctl->asking < 0)
        return;
    if (ctl->net.state == CONNECTION_IDLE) {
        connect_first(ctl);
    } else if (ctl->net.state == CONNECTION_OPEN) {
        ctl->reused = true;
        send_ask(ctl);
    }
}

/* Take up the next ask that waits, unless one is under way. */
static void ask_next(struct control *ctl)
{
    int64_t now_ns = clock_now_ns(), at_ns;
    int which = 0;

    while (which < CONTROL_ASKS && (!ctl->answers[which].wanted || ctl->answers[which].done))
        which++;
    if (ctl->asking >= 0 || which == CONTROL_ASKS)
        return;
    ctl->asking = which;
    at_ns = ctl->answers[which].at_ns;
    schedule_set(&ctl->net.env->schedule, &ctl->timeout,
                 (at_ns > now_ns ? at_ns : now_ns) + answer_limit_ns);
    proceed(ctl);
}

/* ---- life ---- */

void control_init(struct control *ctl, struct client_env *env,
                  void (*on_answer)(void *, enum control_ask), void *arg)
{
    *ctl = (struct control){.asking = -1, .on_answer = on_answer, .arg = arg};
    connection_init(&ctl->net, env, &ops, 0);
    ctl->timeout.on_due = on_timeout;
}

static void free_answer(struct control_answer *a)
{
    buf_free(&a->json);
    channel_positions_free(&a->channels);
}

void control_request(struct control *ctl, enum control_ask which, int64_t at_ns)
{
    free_answer(&ctl->answers[which]);
    ctl->answers[which] = (struct control_answer){.wanted = true, .at_ns = at_ns};
    ask_next(ctl);
}

/* The server holds the question, so its connection goes. */
void control_forget(struct control *ctl, enum control_ask which)
{
    ctl->answers[which].wanted = false;
    if (ctl->asking != (int)which)
        return;
    ctl->asking = -1;
    schedule_cancel(&ctl->net.env->schedule, &ctl->timeout);
    connection_close(&ctl->net);
}

/* Of two servers with epochs these decide: one that has kept its history goes on with its numbers.
 */
static bool numbers_anew(const struct control_answer *first, const struct control_answer *a)
{
    if (first->epoch[0] != '\0' && a->epoch[0] != '\0')
        return epochs_differ(first->epoch, a->epoch);
    return a->server_started_ns != 0 &&
           llabs(a->server_started_ns - first->server_started_ns) > uptime_slack_ns;
}

bool control_server_restarted(const struct control *ctl)
{
    for (int i = CONTROL_START + 1; i < CONTROL_ASKS; i++) {
        if (numbers_anew(&ctl->answers[CONTROL_START], &ctl->answers[i]))
            return true;
    }
    return false;
}

void control_close(struct control *ctl)
{
    ctl->asking = -1;
    schedule_cancel(&ctl->net.env->schedule, &ctl->timeout);
    connection_close(&ctl->net);
}

void control_free(struct control *ctl)
{
    http_exchange_free(&ctl->exchange);
    for (int i = 0; i < CONTROL_ASKS; i++)
        free_answer(&ctl->answers[i]);
}
