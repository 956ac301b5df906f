#include "clients/client/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clients/client/backoff.h"
#include "lib/base/clock.h"
#include "lib/net/conn_tls.h"
#include "clients/client/http_exchange.h"
#include "lib/proto/http_message.h"
#include "clients/record/channel_tracks.h"
#include "lib/net/tcp_word.h"

enum { BACKLOG_LIMIT_BYTES = 1 << 20, ATTEMPTS_MAX = 60, COOKIE_MAX_BYTES = 512 };

/* How long to wait for the peer's half of an orderly end. */
static const int64_t leave_limit_ns = NS_PER_S;

/* ---- the connection ---- */

static void client_ended(struct client *c)
{
    const struct client_hooks *hooks = c->env->hooks;

    c->state = CLIENT_ENDED;
    schedule_cancel(&c->env->schedule, &c->timer);
    if (hooks->ended != NULL && c->leaving)
        hooks->ended(c->env->hooks_arg, c);
}

/* For who wants to explain it. */
static void client_note(struct client *c, enum transcript_what what, const void *data, size_t len,
                        int64_t at_ns)
{
    const struct client_hooks *hooks = c->env->hooks;

    if (hooks->noted != NULL)
        hooks->noted(c->env->hooks_arg, c, what, data, len, at_ns);
}

/* What the kernel says of its connection, while it has one. */
static void client_note_kernel(struct client *c, int (*word)(char out[TCP_WORD_BYTES], int fd),
                               int64_t at_ns)
{
    char text[TCP_WORD_BYTES];

    if (c->env->hooks->noted != NULL && word(text, conn_fd(&c->conn)) == PL_OK)
        client_note(c, TRANSCRIPT_KERNEL, text, strlen(text), at_ns);
}

static void client_note_dial(struct client *c, uint32_t turn, int64_t at_ns)
{
    char text[DIAL_TEXT_BYTES];

    if (c->env->hooks->noted == NULL)
        return;
    dial_target_text(text, &c->env->target, turn);
    client_note(c, TRANSCRIPT_OPEN, text, strlen(text), at_ns);
}

static void on_conn_data(struct conn *conn, uint8_t *data, size_t len, int64_t recv_ns)
{
    struct client *c = (struct client *)conn;

    client_note(c, TRANSCRIPT_RECEIVED, data, len, recv_ns);
    client_note_kernel(c, tcp_word_counts, recv_ns);
    c->driver->on_data(c, data, len, recv_ns);
}

static void client_gone_for_good(struct client *c)
{
    const struct client_hooks *hooks = c->env->hooks;

    client_ended(c);
    if (hooks->gave_up != NULL && !c->leaving)
        hooks->gave_up(c->env->hooks_arg, c);
}

/* Like a failed dial; but who speaks no TLS that we accept, or is not trusted, never will. */
static void handshake_failed(struct client *c, enum conn_end why, int sys_errno, int64_t now_ns)
{
    schedule_cancel(&c->env->schedule, &c->dial.timeout);
    if (!c->leaving)
        CLIENT_COUNT(c, now_ns, connect_failures, 1);
    if (why != CONN_END_LOCAL)
        client_env_note(c->env, "connect %s: %s", c->env->host,
                        why == CONN_END_ERROR ? conn_tls_strerror(&c->conn, sys_errno)
                                              : "closed during the TLS handshake");
    c->state = CLIENT_IDLE;
    if (c->leaving)
        client_ended(c);
    else if (why == CONN_END_ERROR && sys_errno == EPROTO)
        client_gone_for_good(c);
    else
        client_back_off(c, now_ns);
}

static void note_end(struct client *c, enum conn_end why, int sys_errno, int64_t now_ns)
{
    static const char by[] = "close()";
    const char *reason = conn_tls_strerror(&c->conn, sys_errno);

    if (why == CONN_END_ERROR) {
        client_note(c, TRANSCRIPT_RESET, reason, strlen(reason), now_ns);
        return;
    }
    if (c->conn.peer_ended)
        client_note(c, TRANSCRIPT_EOF, NULL, 0, now_ns);
    if (!c->conn.lingering) /* else it has been noted when it was */
        client_note(c, TRANSCRIPT_SHUT, by, sizeof by - 1, now_ns);
}

static void on_conn_shut(struct conn *conn)
{
    struct client *c = (struct client *)conn;
    int64_t now_ns = clock_now_ns();

    client_note_kernel(c, tcp_word, now_ns);
    client_note(c, TRANSCRIPT_SHUT, NULL, 0, now_ns);
}

static void on_conn_end(struct conn *conn, enum conn_end why, int sys_errno)
{
    struct client *c = (struct client *)conn;
    int64_t now_ns = clock_now_ns();

    if (c->state == CLIENT_SECURING) {
        handshake_failed(c, why, sys_errno, now_ns);
        return;
    }
    client_sort_bytes(c, now_ns);
    if (why == CONN_END_ERROR)
        client_env_note(c->env, "connection lost: %s", conn_tls_strerror(conn, sys_errno));
    if (c->state == CLIENT_ENDED)
        return; /* gave up */
    c->state = CLIENT_IDLE;
    note_end(c, why, sys_errno, now_ns);
    c->driver->on_lost(c, why, now_ns);
    if (c->leaving)
        client_ended(c);
}

static void client_ready(struct client *c, int64_t now_ns)
{
    c->state = CLIENT_OPEN;
    CLIENT_COUNT(c, c->dial_due_ns, connects, 1);
    if (c->broken)
        CLIENT_COUNT(c, c->dial_due_ns, reconnects, 1);
    c->broken = false;
    client_note_kernel(c, tcp_word, now_ns);
    client_note(c, TRANSCRIPT_CONNECTED, NULL, 0, now_ns);
    c->driver->on_open(c, now_ns);
}

static void on_conn_secured(struct conn *conn)
{
    struct client *c = (struct client *)conn;

    schedule_cancel(&c->env->schedule, &c->dial.timeout);
    if (conn_tls_handshake(conn) == CONN_TLS_RESUMED)
        CLIENT_COUNT(c, c->dial_due_ns, tls_resumed_handshakes, 1);
    else
        CLIENT_COUNT(c, c->dial_due_ns, tls_full_handshakes, 1);
    client_ready(c, clock_now_ns());
}

static const struct conn_ops client_conn_ops = {
    .on_data = on_conn_data,
    .on_flushed = NULL,
    .on_end = on_conn_end,
    .on_secured = on_conn_secured,
    .on_shut = on_conn_shut,
};

static void on_handshake_timeout(struct deadline *d, int64_t now_ns)
{
    struct client *c = (struct client *)((char *)d - offsetof(struct client, dial.timeout));

    (void)now_ns;
    client_env_note(c->env, "connect %s: the TLS handshake took too long", c->env->host);
    conn_close(&c->conn);
}

/* What is left of the time to connect is the handshake's. */
static void client_secure(struct client *c)
{
    c->state = CLIENT_SECURING;
    c->dial.timeout.on_due = on_handshake_timeout;
    schedule_set(&c->env->schedule, &c->dial.timeout, c->dial.timeout.due_ns);
}

static void client_opened(struct client *c, int fd, int64_t now_ns)
{
    struct tls_memory *memory = c->env->opt->tls_resume == TLS_RESUME_YES ? &c->session : NULL;

    if (client_env_attach(c->env, &c->conn, &client_conn_ops, fd, BACKLOG_LIMIT_BYTES, memory) <
        0) {
        evutil_closesocket(fd);
        client_back_off(c, now_ns);
        return;
    }
    if (c->env->tls != NULL)
        client_secure(c);
    else
        client_ready(c, now_ns);
}

static void dial_failed(struct client *c, int sys_errno, int64_t now_ns)
{
    CLIENT_COUNT(c, now_ns, connect_failures, 1);
    c->address_shift++;
    client_env_note(c->env, "connect %s: %s", c->env->host, strerror(sys_errno));
    client_back_off(c, now_ns);
}

static void on_dialed(void *arg, int fd, int sys_errno)
{
    struct client *c = arg;
    int64_t now_ns = clock_now_ns();

    c->state = CLIENT_IDLE;
    if (fd < 0)
        dial_failed(c, sys_errno, now_ns);
    else
        client_opened(c, fd, now_ns);
}

void client_dial(struct client *c, int64_t now_ns)
{
    client_dial_for(c, now_ns, now_ns);
}

void client_dial_for(struct client *c, int64_t due_ns, int64_t now_ns)
{
    struct client_env *env = c->env;
    uint32_t turn = c->index + c->address_shift;
    int err;

    client_note_dial(c, turn, now_ns);
    err = dial_start(&c->dial, env->base, &env->schedule, &env->target, turn,
                     now_ns + env->opt->connect_timeout_ns);
    c->dial_due_ns = due_ns;
    if (err < 0) {
        dial_failed(c, err == PL_ENOMEM ? ENOMEM : errno, now_ns);
        return;
    }
    c->state = CLIENT_DIALING;
}

void client_back_off(struct client *c, int64_t now_ns)
{
    const struct client_options *opt = c->env->opt;
    const struct client_hooks *hooks = c->env->hooks;
    int64_t wait_ns;

    if (c->leaving || c->state == CLIENT_ENDED)
        return;
    wait_ns = c->retry_floor_ns + backoff_delay_ns(opt->reconnect_min_ns, opt->reconnect_max_ns,
                                                   c->attempts, rng_uniform(&c->env->rng));
    if (c->attempts < ATTEMPTS_MAX)
        c->attempts++;
    if (c->cut_off_ns == 0 && c->track.joined)
        c->cut_off_ns = now_ns;
    c->broken = true;
    c->state = CLIENT_BACKOFF;
    schedule_set(&c->env->schedule, &c->timer, now_ns + wait_ns);
    if (hooks->lost != NULL)
        hooks->lost(c->env->hooks_arg, c, wait_ns);
}

void client_keep_cookie(struct client *c, const struct http_message *m)
{
    const char *field = http_message_field(m, "Set-Cookie");
    char pair[COOKIE_MAX_BYTES];

    if (field == NULL || !http_cookie_pair(pair, sizeof pair, field))
        return;
    free(c->cookie);
    c->cookie = strdup(pair);
}

void client_settled(struct client *c, int64_t now_ns)
{
    c->attempts = 0;
    if (c->cut_off_ns != 0)
        recorder_outage(&c->env->recorder, now_ns - c->cut_off_ns);
    c->cut_off_ns = 0;
}

void client_wait_until(struct client *c, int64_t due_ns)
{
    schedule_set(&c->env->schedule, &c->timer, due_ns);
}

static void on_timer(struct deadline *d, int64_t now_ns)
{
    struct client *c = (struct client *)((char *)d - offsetof(struct client, timer));

    if (c->leaving)
        conn_close(&c->conn); /* the peer took too long to say goodbye */
    else if (c->state == CLIENT_BACKOFF)
        client_dial(c, now_ns);
    else if (c->driver->on_due != NULL)
        c->driver->on_due(c, now_ns);
}

void client_fail(struct client *c, int64_t due_ns, const char *why)
{
    CLIENT_COUNT(c, due_ns, failed_responses, 1);
    client_env_note(c->env, "%s: %s", c->driver->info->path, why);
    conn_close(&c->conn);
}

void client_give_up(struct client *c, int64_t due_ns, const char *why)
{
    client_fail(c, due_ns, why);
    client_gone_for_good(c);
}

void client_refused(struct client *c, int64_t due_ns, int status, bool for_good)
{
    char why[80];

    refusals_add(&c->env->refusals, status);
    snprintf(why, sizeof why, "%d %s", status, http_status_phrase(status));
    if (for_good)
        client_give_up(c, due_ns, why);
    else
        client_fail(c, due_ns, why);
}

void client_query(const struct client *c, char out[CLIENT_QUERY_BYTES], bool with_cursor,
                  int64_t hold_ms)
{
    size_t len = 0;

    out[0] = '\0';
    if (with_cursor && c->track.joined)
        len = (size_t)snprintf(out, CLIENT_QUERY_BYTES, "?since=%llu",
                               (unsigned long long)c->track.cursor);
    if (c->lanes != NULL)
        len = channel_tracks_add_query(c->lanes, out, len, CLIENT_QUERY_BYTES);
    if (hold_ms >= 0)
        snprintf(out + len, CLIENT_QUERY_BYTES - len, "%ctimeout=%lld", len > 0 ? '&' : '?',
                 (long long)hold_ms);
}

int client_send(struct client *c, const void *data, size_t len, int64_t now_ns)
{
    int err;

    client_note(c, TRANSCRIPT_SENT, data, len, now_ns);
    err = conn_send(&c->conn, data, len);
    if (err == PL_OK)
        CLIENT_COUNT(c, now_ns, bytes_out, len);
    return err;
}

/* ---- life ---- */

int client_init(struct client *c, struct client_env *env, const struct driver *driver,
                uint32_t index)
{
    int err = PL_OK;

    c->env = env;
    c->driver = driver;
    c->index = index;
    c->timer.on_due = on_timer;
    c->dial.on_done = on_dialed;
    c->dial.arg = c;
    driver->init(c);
    if (env->channels.nitems > 0)
        err = channel_tracks_new(&c->lanes, &env->channels, index);
    return err;
}

void client_begin(struct client *c, int64_t now_ns)
{
    c->driver->begin(c, now_ns);
}

void client_leave(struct client *c, int64_t now_ns)
{
    if (c->leaving)
        return;
    c->leaving = true;
    schedule_cancel(&c->env->schedule, &c->timer);
    if (c->state == CLIENT_DIALING || c->state == CLIENT_SECURING)
        CLIENT_COUNT(c, now_ns, connects_abandoned, 1);
    dial_cancel(&c->dial);
    if (c->state == CLIENT_SECURING) {
        conn_close(&c->conn);
        return;
    }
    if (c->state != CLIENT_OPEN) {
        client_ended(c);
        return;
    }
    schedule_set(&c->env->schedule, &c->timer, now_ns + leave_limit_ns);
    c->driver->leave(c, now_ns);
}

void client_abort(struct client *c)
{
    c->leaving = true;
    schedule_cancel(&c->env->schedule, &c->timer);
    dial_cancel(&c->dial);
    if (c->state == CLIENT_OPEN || c->state == CLIENT_SECURING)
        conn_close(&c->conn);
}

void client_free(struct client *c)
{
    c->driver->free(c);
    tls_memory_forget(&c->session);
    free(c->cookie);
    track_free(&c->track);
    channel_tracks_free(c->lanes);
}
