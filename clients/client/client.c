#include "clients/client/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clients/client/notice.h"
#include "lib/base/clock.h"
#include "lib/base/rng.h"
#include "lib/net/conn.h"

/* Room for the channels of one client, and for a cursor and a time. */
enum { QUERY_BYTES = CHANNELS_TEXT_BYTES + 128, COOKIE_MAX_BYTES = 512 };

enum { CLIENT_ALIGN = 64 }; /* a client's hot fields start a cache line */

/* How long to wait for the peer's FIN when leaving. */
static const int64_t leave_limit_ns = NS_PER_S;

/* A request that has waited longer than this, and than it may be held, was not answered. */
static const int64_t answer_limit_ns = NS_PER_S;

static struct client *of(struct connection *net)
{
    return (struct client *)net;
}

/* ---- the transcript, if the owner wants one ---- */

static void note(struct client *c, enum transcript_what what, const void *data, size_t len,
                 int64_t at_ns)
{
    const struct client_env *env = c->net.env;

    if (env->hooks->noted != NULL)
        env->hooks->noted(env->hooks_arg, c, what, data, len, at_ns);
}

/* What TCP_INFO says of the connection. */
static void note_kernel(struct client *c, bool counts_only, int64_t at_ns)
{
    char text[CONN_TCP_TEXT_BYTES];

    if (c->net.env->hooks->noted != NULL &&
        conn_tcp_text(text, conn_fd(&c->net.conn), counts_only) == PL_OK)
        note(c, TRANSCRIPT_KERNEL, text, strlen(text), at_ns);
}

static void note_dial(struct client *c, int64_t at_ns)
{
    char text[DIAL_TEXT_BYTES];

    if (c->net.env->hooks->noted == NULL)
        return;
    dial_target_text(text, &c->net.env->target, dial_choose(&c->net.env->target, c->net.turn));
    note(c, TRANSCRIPT_OPEN, text, strlen(text), at_ns);
}

static void note_end(struct client *c, enum conn_end why, int sys_errno, int64_t now_ns)
{
    static const char by[] = "close()";
    const char *reason = conn_tls_strerror(&c->net.conn, sys_errno);

    if (why == CONN_END_ERROR) {
        note(c, TRANSCRIPT_RESET, reason, strlen(reason), now_ns);
        return;
    }
    if (c->net.conn.peer_ended)
        note(c, TRANSCRIPT_EOF, NULL, 0, now_ns);
    if (!c->net.conn.lingering) /* else on_shut() has noted it */
        note(c, TRANSCRIPT_SHUT, by, sizeof by - 1, now_ns);
}

/* ---- the end ---- */

static void client_ended(struct client *c)
{
    const struct client_env *env = c->net.env;

    c->net.state = CONNECTION_ENDED;
    schedule_cancel(&c->net.env->schedule, &c->net.timer);
    if (env->hooks->ended != NULL && c->leaving)
        env->hooks->ended(env->hooks_arg, c);
}

static void client_gone_for_good(struct client *c)
{
    const struct client_env *env = c->net.env;

    client_ended(c);
    if (env->hooks->gave_up != NULL && !c->leaving)
        env->hooks->gave_up(env->hooks_arg, c);
}

void client_fail(struct client *c, const char *why, int64_t now_ns)
{
    CLIENT_COUNT(c, now_ns, failed_responses, 1);
    client_env_note(c->net.env, "%s: %s", c->driver->info->path, why);
    conn_close(&c->net.conn);
}

void client_give_up(struct client *c, const char *why, int64_t now_ns)
{
    client_fail(c, why, now_ns);
    client_gone_for_good(c);
}

/* n times unit_ns, and no more than a server may ask for. */
static int64_t bounded_wait_ns(int64_t n, int64_t unit_ns)
{
    const int64_t max_ns = CLIENT_RETRY_MAX_S * NS_PER_S;

    return n < max_ns / unit_ns ? n * unit_ns : max_ns;
}

void client_keep_retry(struct client *c, int64_t ms)
{
    c->retry_floor_ns = bounded_wait_ns(ms, NS_PER_MS);
}

void client_retry_once(struct client *c, int64_t ms)
{
    c->retry_once_ns = bounded_wait_ns(ms, NS_PER_MS);
}

/* Redirects are told, and not followed: a load generator measures what it was pointed at. */
void client_refused(struct client *c, const struct http_message *m, bool for_good, int64_t now_ns)
{
    const char *location = m->status / 100 == 3 ? http_message_field(m, "Location") : NULL;
    int64_t wait_s = http_retry_after_s(m, time(NULL));
    char why[240];

    refusals_add(&c->net.env->recorder.refusals, m->status);
    if (wait_s > 0)
        c->retry_once_ns = bounded_wait_ns(wait_s, NS_PER_S);
    snprintf(why, sizeof why, "%d %s%s%s%s", m->status, http_status_phrase(m->status),
             location != NULL ? ": redirected to " : "", location != NULL ? location : "",
             location != NULL ? ", which is not followed" : "");
    if (for_good)
        client_give_up(c, why, now_ns);
    else
        client_fail(c, why, now_ns);
}

void client_note_unanswered(struct client *c, enum conn_end why)
{
    if (why == CONN_END_EOF && !c->leaving)
        client_env_note(c->net.env, "%s: connection closed before an answer",
                        c->driver->info->path);
}

/* ---- the connection ---- */

static void on_data(struct conn *conn, uint8_t *data, size_t len, int64_t recv_ns)
{
    struct client *c = (struct client *)conn;

    note(c, TRANSCRIPT_RECEIVED, data, len, recv_ns);
    note_kernel(c, true, recv_ns);
    c->driver->on_data(c, data, len, recv_ns);
}

static void on_shut(struct conn *conn)
{
    struct client *c = (struct client *)conn;
    int64_t now_ns = clock_now_ns();

    note_kernel(c, false, now_ns);
    note(c, TRANSCRIPT_SHUT, NULL, 0, now_ns);
}

static void on_open(struct connection *net, int64_t now_ns)
{
    struct client *c = of(net);
    enum conn_tls_handshake handshake = conn_tls_handshake(&net->conn);

    recovery_note(&net->env->recovery, c->index, RECOVERY_CONNECTED, now_ns);
    CLIENT_COUNT(c, c->dialed_ns, connects, 1);
    CLIENT_COUNT(c, c->dialed_ns, reconnects, c->broken);
    CLIENT_COUNT(c, c->dialed_ns, tls_full_handshakes, handshake == CONN_TLS_FULL);
    CLIENT_COUNT(c, c->dialed_ns, tls_resumed_handshakes, handshake == CONN_TLS_RESUMED);
    c->broken = false;
    note_kernel(c, false, now_ns);
    note(c, TRANSCRIPT_CONNECTED, NULL, 0, now_ns);
    if (c->held)
        conn_hold(&net->conn, true);
    c->driver->on_open(c, now_ns);
}

static void on_failed(struct connection *net, const char *why, bool for_good, int64_t now_ns)
{
    struct client *c = of(net);

    CLIENT_COUNT(c, now_ns, connect_failures, 1);
    recovery_note(&net->env->recovery, c->index, RECOVERY_REFUSED, now_ns);
    client_env_note(net->env, "connect %s: %s", net->env->host, why);
    if (for_good)
        client_gone_for_good(c);
    else
        client_back_off(c, now_ns);
}

static void on_lost(struct connection *net, enum conn_end why, int sys_errno, int64_t now_ns)
{
    struct client *c = of(net);

    client_sort_bytes(c, now_ns);
    c->overdue_ns = 0; /* the loss is counted */
    if (!c->leaving && net->env->opt->connection != CONNECTION_CLOSE)
        recovery_note(&net->env->recovery, c->index, RECOVERY_LOST, now_ns);
    if (why == CONN_END_ERROR)
        client_env_note(net->env, "connection lost: %s", conn_tls_strerror(&net->conn, sys_errno));
    if (client_has_ended(c) && !c->crashed)
        return; /* gave up */
    note_end(c, why, sys_errno, now_ns);
    c->driver->on_lost(c, why, now_ns);
    c->reaping = false;
    if (c->leaving && !c->crashed)
        client_ended(c);
}

static void on_due(struct connection *net, int64_t now_ns)
{
    struct client *c = of(net);

    if (c->leaving)
        conn_close(&net->conn); /* the peer did not end it in time */
    else if (net->state == CONNECTION_BACKOFF)
        client_dial(c, now_ns);
    else if (c->driver->on_due != NULL)
        c->driver->on_due(c, now_ns);
}

static const struct connection_ops ops = {
    .conn = {CONNECTION_CONN_OPS, .on_data = on_data, .on_shut = on_shut},
    .on_open = on_open,
    .on_failed = on_failed,
    .on_lost = on_lost,
    .on_due = on_due,
    .resumes = true,
};

void client_dial(struct client *c, int64_t now_ns)
{
    note_dial(c, now_ns);
    c->dialed_ns = now_ns;
    recovery_note(&c->net.env->recovery, c->index, RECOVERY_CONNECT, now_ns);
    connection_dial(&c->net, now_ns);
}

/* Only a connection that worked makes its loss the first: in set-up there was none yet. */
static int64_t wait_to_reconnect(struct client *c, int64_t told_ns, int64_t now_ns)
{
    const struct client_options *opt = c->net.env->opt;
    int64_t wait_ns;

    if (opt->reconnect_window_ns < 0 || c->net.attempts > 0 || !c->track.joined)
        return connection_back_off(&c->net, told_ns, now_ns);
    wait_ns = schedule_reconnect_ns((uint64_t)opt->seed, c->index, c->losses++,
                                    opt->reconnect_window_ns, told_ns);
    connection_back_in(&c->net, wait_ns, now_ns);
    return wait_ns;
}

void client_back_off(struct client *c, int64_t now_ns)
{
    const struct client_env *env = c->net.env;
    int64_t floor_ns = c->retry_once_ns > c->retry_floor_ns ? c->retry_once_ns : c->retry_floor_ns;
    int64_t wait_ns;

    if (c->leaving || client_has_ended(c))
        return;
    /* A connection that lasted was in order, even if nothing was published meanwhile. */
    if (c->answered_ns != 0 && now_ns - c->answered_ns >= env->opt->reconnect_max_ns)
        client_served(c);
    wait_ns = wait_to_reconnect(c, floor_ns, now_ns);
    c->retry_once_ns = 0;
    c->answered_ns = 0;
    if (c->cut_off_ns == 0 && c->track.joined)
        c->cut_off_ns = now_ns;
    if (!c->broken && env->opt->connection == CONNECTION_CLOSE)
        recovery_note(&c->net.env->recovery, c->index, RECOVERY_LOST, now_ns);
    c->broken = true;
    if (env->hooks->lost != NULL)
        env->hooks->lost(env->hooks_arg, c, wait_ns);
}

void client_wait_until(struct client *c, int64_t due_ns)
{
    schedule_set(&c->net.env->schedule, &c->net.timer, due_ns);
}

/* ---- requests ---- */

static void write_query(const struct client *c, const struct client_request *r,
                        char out[QUERY_BYTES])
{
    char cursor[CURSOR_TEXT_BYTES];
    size_t len = 0;

    out[0] = '\0';
    cursor_encode(cursor, c->track.cursor, c->epoch);
    if (r->with_cursor && client_has_cursor(c))
        len = (size_t)snprintf(out, QUERY_BYTES, "?since=%s", cursor);
    if (c->channels != NULL)
        len = channel_tracks_add_query(c->channels, out, len, QUERY_BYTES);
    if (r->hold_ms >= 0)
        snprintf(out + len, QUERY_BYTES - len, "%ctimeout=%lld", len > 0 ? '&' : '?',
                 (long long)r->hold_ms);
}

void client_ask(struct client *c, const struct client_request *r, int64_t now_ns)
{
    struct http_request_head request = client_env_request(c->net.env, c->driver->info->path);
    char query[QUERY_BYTES], text[HTTP_REQUEST_MAX_BYTES];
    size_t len;

    write_query(c, r, query);
    request.query = query;
    request.kind = r->kind;
    request.fields = r->fields;
    request.cookie = c->cookie;
    len = http_request_encode(text, &request);
    CLIENT_COUNT(c, now_ns, requests, 1);
    recovery_note(&c->net.env->recovery, c->index, RECOVERY_ASKED, now_ns);
    c->overdue_ns = now_ns + (r->hold_ms > 0 ? r->hold_ms * NS_PER_MS : 0) + answer_limit_ns;
    if (len == 0)
        client_give_up(c, "the request is too long", now_ns);
    else
        client_send(c, text, len, now_ns);
}

static void keep_cookie(struct client *c, const struct http_message *m)
{
    const char *field = http_message_field(m, "Set-Cookie");
    char pair[COOKIE_MAX_BYTES];

    if (field == NULL || !http_cookie_pair(pair, sizeof pair, field))
        return;
    free(c->cookie);
    c->cookie = strdup(pair);
}

void client_answered(struct client *c, const struct http_message *m, int64_t recv_ns)
{
    keep_cookie(c, m);
    CLIENT_COUNT(c, recv_ns, responses, 1);
    recovery_note(&c->net.env->recovery, c->index, RECOVERY_ANSWERED, recv_ns);
    c->overdue_ns = 0;
    c->answered_ns = recv_ns;
    if (c->cut_off_ns != 0)
        recorder_outage(&c->net.env->recorder, recv_ns - c->cut_off_ns);
    c->cut_off_ns = 0;
}

int client_send(struct client *c, const void *data, size_t len, int64_t now_ns)
{
    int err;

    note(c, TRANSCRIPT_SENT, data, len, now_ns);
    err = conn_send(&c->net.conn, data, len);
    if (err == PL_OK)
        CLIENT_COUNT(c, now_ns, bytes_out, len);
    return err;
}

/* ---- the account ---- */

void client_sort_bytes(struct client *c, int64_t recv_ns)
{
    if (c->unsorted_bytes == 0)
        return;
    CLIENT_COUNT(c, recv_ns, framing_bytes_in, c->unsorted_bytes);
    c->unsorted_bytes = 0;
}

static void tell_joined(struct client *c)
{
    const struct client_env *env = c->net.env;

    if (env->hooks->joined != NULL)
        env->hooks->joined(env->hooks_arg, c);
}

/* With channels, their tracks have the account; the cursor only says where to resume. */
static void move_cursor(struct client *c, uint64_t cursor)
{
    c->track.joined = true;
    c->track.cursor = cursor;
}

static bool is_another_server(const struct client *c, const struct cursor *at, bool restarted)
{
    return c->track.joined &&
           (restarted || epochs_differ(at->epoch, c->epoch) || at->seq < c->track.cursor);
}

static void begin_anew(struct client *c, const struct cursor *at)
{
    const struct client_env *env = c->net.env;

    recorder_restart(&c->net.env->recorder, &c->track);
    recovery_note(&c->net.env->recovery, c->index, RECOVERY_RESTARTED, clock_now_ns());
    if (c->channels != NULL)
        channel_tracks_restart(c->channels);
    if (env->hooks->restarted != NULL)
        env->hooks->restarted(env->hooks_arg, c, at->epoch);
}

void client_joined(struct client *c, const struct cursor *at, bool restarted, int64_t now_ns)
{
    bool first = !c->track.joined;

    c->anew = false;
    if (is_another_server(c, at, restarted))
        begin_anew(c, at);
    memcpy(c->epoch, at->epoch, sizeof c->epoch);
    if (c->channels != NULL)
        move_cursor(c, at->seq);
    else
        recorder_join(&c->net.env->recorder, &c->track, at->seq, now_ns);
    if (first)
        tell_joined(c);
}

void client_missed(struct client *c, uint64_t count)
{
    const struct client_env *env = c->net.env;

    if (c->channels == NULL) /* a channel's track sees it in its own numbers */
        recorder_missed(&c->net.env->recorder, &c->track, count);
    if (env->hooks->missed != NULL)
        env->hooks->missed(env->hooks_arg, c, count);
}

static void take_in_channel(struct client *c, const struct envelope *e, int64_t recv_ns)
{
    struct channel_track *track = channel_tracks_find(c->channels, e->channel);

    if (track != NULL)
        channel_track_update(track, &c->net.env->recorder, c->index, e, recv_ns);
    else
        c->net.env->recorder.strays++;
    /* A latest value that was held back may be older than the cursor. */
    if (e->seq > c->track.cursor || !c->track.joined)
        move_cursor(c, e->seq);
}

void client_update(struct client *c, const struct envelope *e, size_t text_len, int64_t recv_ns)
{
    struct client_env *env = c->net.env;
    bool first = !c->track.joined;

    if (c->channels != NULL)
        take_in_channel(c, e, recv_ns);
    else
        recorder_update(&env->recorder, &c->track, c->index, e, recv_ns);
    c->anew = false;
    client_served(c);
    recovery_update(&env->recovery, c->index, e->t_ns, recv_ns);
    recorder_note_seen(&env->recorder, e);
    c->unsorted_bytes -= text_len;
    /* Payload counts in the window of its update, so that payload ÷ updates is exact. */
    CLIENT_COUNT(c, e->t_ns, payload_bytes_in, text_len);
    client_sort_bytes(c, recv_ns);
    if (first)
        tell_joined(c);
    if (env->hooks->update != NULL)
        env->hooks->update(env->hooks_arg, c, e, text_len, recv_ns);
}

static void other_message(struct client *c, const char *text, size_t len, int64_t recv_ns)
{
    struct notice notice = notice_scan(text, len);

    client_sort_bytes(c, recv_ns);
    switch (notice.kind) {
    case NOTICE_HELLO:
        if (c->channels != NULL)
            channel_tracks_opened(c->channels);
        client_joined(c, &notice.cursor, notice.restarted, recv_ns);
        break;
    case NOTICE_MISSED:
        client_missed(c, notice.missed);
        break;
    case NOTICE_RETRY:
        client_retry_once(c, (int64_t)notice.retry_ms);
        break;
    case NOTICE_NONE:
        client_env_note(c->net.env, "%s: not an update: %.*s", c->driver->info->path,
                        (int)(len < 80 ? len : 80), text);
        break;
    }
}

void client_message(struct client *c, const char *text, size_t len, int64_t recv_ns)
{
    struct envelope e;

    if (envelope_scan(&e, text, len) == PL_OK)
        client_update(c, &e, len, recv_ns);
    else
        other_message(c, text, len, recv_ns);
}

/* ---- what can happen to it ---- */

void client_reset(struct client *c)
{
    if (!c->leaving && c->net.state == CONNECTION_OPEN)
        conn_cut(&c->net.conn, CONN_CUT_RESET);
}

void client_crash(struct client *c, int64_t now_ns)
{
    if (c->leaving || client_has_ended(c))
        return;
    c->reaping = c->net.state == CONNECTION_OPEN || c->net.state == CONNECTION_SECURING;
    if (c->reaping)
        conn_cut(&c->net.conn, CONN_CUT_DIED);
    connection_close(&c->net); /* its timer, and a connect under way */
    c->net.state = CONNECTION_ENDED;
    c->crashed = true;
    if (c->cut_off_ns == 0 && c->track.joined)
        c->cut_off_ns = now_ns;
}

bool client_return(struct client *c, int64_t now_ns)
{
    if (c->reaping)
        return false;
    if (c->leaving || !c->crashed)
        return true;
    c->driver->free(c);
    memset((char *)c + sizeof *c, 0, c->driver->client_bytes - sizeof *c); /* the driver's own */
    tls_memory_forget(&c->net.session);
    free(c->cookie);
    c->cookie = NULL;
    c->retry_floor_ns = c->retry_once_ns = c->answered_ns = 0;
    if (c->channels != NULL)
        channel_tracks_opened(c->channels);
    c->crashed = false;
    c->anew = c->broken = true;
    c->net.attempts = 0;
    c->net.state = CONNECTION_IDLE;
    client_begin(c, now_ns);
    return true;
}

void client_hold(struct client *c, bool hold)
{
    if (c->held == hold || c->leaving)
        return;
    c->held = hold;
    if (c->net.state == CONNECTION_OPEN)
        conn_hold(&c->net.conn, hold);
}

/* ---- life ---- */

void client_begin(struct client *c, int64_t now_ns)
{
    c->driver->begin(c, now_ns);
}

void client_leave(struct client *c, int64_t now_ns)
{
    if (c->leaving)
        return;
    client_hold(c, false);
    c->leaving = true;
    CLIENT_COUNT(c, now_ns, unanswered_requests, c->overdue_ns != 0 && c->overdue_ns < now_ns);
    if (c->net.state == CONNECTION_OPEN) {
        schedule_set(&c->net.env->schedule, &c->net.timer, now_ns + leave_limit_ns);
        c->driver->leave(c, now_ns);
        return;
    }
    CLIENT_COUNT(c, now_ns, connects_abandoned, connection_is_opening(&c->net));
    connection_close(&c->net);
    if (c->net.state != CONNECTION_CLOSING)
        client_ended(c);
}

static int client_init(struct client *c, struct client_env *env, uint32_t index)
{
    connection_init(&c->net, env, &ops, index);
    c->driver = env->opt->driver;
    c->index = index;
    return env->channels.nitems > 0 ? channel_tracks_new(&c->channels, &env->channels, index)
                                    : PL_OK;
}

int client_array_init(struct client_array *a, struct client_env *env, struct err_text *e)
{
    size_t bytes = env->opt->driver->client_bytes;
    uint64_t n = (uint64_t)env->opt->clients;
    int err = PL_OK;

    a->stride_bytes = (bytes + CLIENT_ALIGN - 1) / CLIENT_ALIGN * CLIENT_ALIGN;
    a->first = calloc(n, a->stride_bytes);
    if (a->first == NULL)
        return err_set(e, PL_ENOMEM, "%llu clients: %s", (unsigned long long)n,
                       pl_strerror(PL_ENOMEM));
    while (a->n < n && err == PL_OK) {
        err = client_init(client_at(a, a->n), env, (uint32_t)a->n);
        a->n++;
    }
    if (err < 0)
        err_set(e, err, "client %llu: %s", (unsigned long long)a->n - 1,
                err == PL_EINVAL ? "two of its channels have the same name" : pl_strerror(err));
    return err;
}

void client_array_abort(struct client_array *a)
{
    for (uint64_t i = 0; i < a->n; i++) {
        client_at(a, i)->leaving = true;
        connection_close(&client_at(a, i)->net);
    }
}

void client_array_free(struct client_array *a)
{
    for (uint64_t i = 0; i < a->n; i++) {
        struct client *c = client_at(a, i);

        c->driver->free(c);
        tls_memory_forget(&c->net.session);
        free(c->cookie);
        track_free(&c->track);
        channel_tracks_free(c->channels);
    }
    free(a->first);
}
