#include "clients/client/connection.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"

enum { BACKLOG_LIMIT_BYTES = 1 << 20, ATTEMPTS_MAX = 60 };

static void failed(struct connection *c, const char *why, bool for_good, int64_t now_ns)
{
    schedule_cancel(&c->env->schedule, &c->timer);
    c->state = CONNECTION_IDLE;
    c->ops->on_failed(c, why, for_good, now_ns);
}

/* ---- connecting ---- */

static void dial(struct connection *c, int64_t now_ns);

/* The next attempt takes the next address: at once, if the name has one that was not tried. */
static void dial_failed(struct connection *c, int sys_errno, int64_t now_ns)
{
    struct dial_target *t = &c->env->target;

    c->turn++;
    if (!t->in_turn)
        dial_move_on(t, c->address);
    if (!t->in_turn && ++c->tried < t->addresses)
        dial(c, now_ns);
    else
        failed(c, strerror(sys_errno), false, now_ns);
}

/* Stop waiting for the connect; the descriptor is the caller's. */
static int take_descriptor(struct connection *c)
{
    event_del(&c->connecting);
    return (int)event_get_fd(&c->connecting);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct connection *c = arg;
    int sys_errno = 0;
    socklen_t len = sizeof sys_errno;

    (void)what;
    take_descriptor(c);
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &sys_errno, &len) < 0)
        sys_errno = errno;
    if (sys_errno == 0) {
        connection_adopt(c, (int)fd, clock_now_ns());
        return;
    }
    close((int)fd);
    dial_failed(c, sys_errno, clock_now_ns());
}

static void dial(struct connection *c, int64_t now_ns)
{
    int fd;

    c->address = (uint8_t)dial_choose(&c->env->target, c->turn);
    fd = dial_start(&c->env->target, c->address, c->turn);
    if (fd < 0) {
        dial_failed(c, errno, now_ns);
        return;
    }
    if (event_assign(&c->connecting, c->env->base, fd, EV_WRITE, on_writable, c) < 0 ||
        event_add(&c->connecting, NULL) < 0) {
        close(fd);
        dial_failed(c, ENOMEM, now_ns);
        return;
    }
    c->state = CONNECTION_DIALING;
    schedule_set(&c->env->schedule, &c->timer, now_ns + c->env->opt->connect_timeout_ns);
}

void connection_dial(struct connection *c, int64_t now_ns)
{
    c->tried = 0;
    dial(c, now_ns);
}

/* ---- connected ---- */

static void opened(struct connection *c, int64_t now_ns)
{
    schedule_cancel(&c->env->schedule, &c->timer);
    c->state = CONNECTION_OPEN;
    c->ops->on_open(c, now_ns);
}

static int attach(struct connection *c, int fd)
{
    struct client_env *env = c->env;
    bool resumes = c->ops->resumes && env->opt->tls_resume == TLS_RESUME_YES;

    if (env->tls == NULL)
        return conn_attach(&c->conn, &env->loop, &c->ops->conn, fd, BACKLOG_LIMIT_BYTES);
    return conn_attach_tls(&c->conn, &env->loop, &c->ops->conn, fd, BACKLOG_LIMIT_BYTES, env->tls,
                           resumes ? &c->session : NULL);
}

/* With TLS, what is left of the time to connect is the handshake's. */
void connection_adopt(struct connection *c, int fd, int64_t now_ns)
{
    if (attach(c, fd) < 0) {
        close(fd);
        failed(c, pl_strerror(PL_ENOMEM), false, now_ns);
        return;
    }
    if (c->env->tls == NULL) {
        opened(c, now_ns);
        return;
    }
    if (c->state != CONNECTION_DIALING)
        schedule_set(&c->env->schedule, &c->timer, now_ns + c->env->opt->connect_timeout_ns);
    c->state = CONNECTION_SECURING;
}

void connection_on_secured(struct conn *conn)
{
    opened((struct connection *)conn, clock_now_ns());
}

void connection_on_end(struct conn *conn, enum conn_end why, int sys_errno)
{
    struct connection *c = (struct connection *)conn;
    int64_t now_ns = clock_now_ns();

    if (c->state == CONNECTION_SECURING) {
        failed(c,
               why == CONN_END_ERROR   ? conn_tls_strerror(conn, sys_errno)
               : why == CONN_END_LOCAL ? "the TLS handshake took too long"
                                       : "closed during the TLS handshake",
               why == CONN_END_ERROR && sys_errno == EPROTO, now_ns);
        return;
    }
    if (c->state != CONNECTION_ENDED)
        c->state = CONNECTION_IDLE;
    c->ops->on_lost(c, why, sys_errno, now_ns);
}

/* ---- waiting ---- */

int64_t backoff_delay_ns(int64_t min_ns, int64_t max_ns, unsigned attempt, double unit)
{
    int64_t ceiling_ns = min_ns;

    while (attempt-- > 0 && ceiling_ns < max_ns)
        ceiling_ns = ceiling_ns > max_ns / 2 ? max_ns : ceiling_ns * 2;
    if (ceiling_ns > max_ns)
        ceiling_ns = max_ns;
    return (int64_t)((double)ceiling_ns * unit);
}

void connection_back_in(struct connection *c, int64_t wait_ns, int64_t now_ns)
{
    if (c->attempts < ATTEMPTS_MAX)
        c->attempts++;
    c->state = CONNECTION_BACKOFF;
    schedule_set(&c->env->schedule, &c->timer, now_ns + wait_ns);
}

int64_t connection_back_off(struct connection *c, int64_t floor_ns, int64_t now_ns)
{
    const struct client_options *opt = c->env->opt;
    int64_t wait_ns = floor_ns + backoff_delay_ns(opt->reconnect_min_ns, opt->reconnect_max_ns,
                                                  c->attempts, rng_uniform(&c->env->rng));

    connection_back_in(c, wait_ns, now_ns);
    return wait_ns;
}

static void on_timer(struct deadline *d, int64_t now_ns)
{
    struct connection *c = (struct connection *)((char *)d - offsetof(struct connection, timer));

    if (c->state == CONNECTION_DIALING) {
        close(take_descriptor(c));
        dial_failed(c, ETIMEDOUT, now_ns);
    } else if (c->state == CONNECTION_SECURING) {
        conn_close(&c->conn);
    } else {
        c->ops->on_due(c, now_ns);
    }
}

/* ---- life ---- */

void connection_init(struct connection *c, struct client_env *env, const struct connection_ops *ops,
                     uint32_t turn)
{
    c->env = env;
    c->ops = ops;
    c->turn = turn;
    c->timer.on_due = on_timer;
}

void connection_close(struct connection *c)
{
    schedule_cancel(&c->env->schedule, &c->timer);
    if (c->state == CONNECTION_DIALING)
        close(take_descriptor(c));
    if (c->state == CONNECTION_SECURING || c->state == CONNECTION_OPEN) {
        c->state = CONNECTION_CLOSING;
        conn_close(&c->conn);
    } else if (c->state == CONNECTION_DIALING || c->state == CONNECTION_BACKOFF) {
        c->state = CONNECTION_IDLE;
    }
}
