#include "servers/redis/redis_link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <hiredis/async.h>
#include <hiredis/adapters/libevent.h>
#include <hiredis/hiredis.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"

#define PAUSE_MIN_NS   (20 * NS_PER_MS)
#define PAUSE_MAX_NS   NS_PER_S
#define SILENCE_MAX_NS (5 * NS_PER_S) /* for an answer, or for a connection */
#define WATCH_NS       (500 * NS_PER_MS)

static void link_arm(struct redis_link *l, int64_t in_ns)
{
    struct timeval in = {.tv_sec = in_ns / NS_PER_S, .tv_usec = in_ns % NS_PER_S / NS_PER_US};

    event_add(&l->timer, &in);
}

/* The context is gone or about to go. */
static void link_down(struct redis_link *l, const char *why)
{
    l->context = NULL;
    l->up = l->waiting = false;
    l->log->state.errors++;
    snprintf(l->why, sizeof l->why, "%s", why);
    link_arm(l, l->pause_ns);
    l->pause_ns = 2 * l->pause_ns < PAUSE_MAX_NS ? 2 * l->pause_ns : PAUSE_MAX_NS;
    l->ops->down(l->arg);
}

static void link_on_connect(const struct redisAsyncContext *context, int status)
{
    struct redis_link *l = context->data;

    if (l == NULL)
        return;
    if (status != REDIS_OK) {
        link_down(l, context->errstr); /* hiredis frees the context */
        return;
    }
    l->up = true;
    l->ops->up(l->arg);
}

static void link_on_disconnect(const struct redisAsyncContext *context, int status)
{
    (void)status;
    if (context->data != NULL)
        link_down(context->data, context->errstr[0] != '\0' ? context->errstr : "closed");
}

static void link_refused(struct redis_link *l, const char *why)
{
    if (l->ops->refused != NULL)
        l->ops->refused(l->arg, why);
    redis_link_drop(l, why);
}

/* reply is NULL when the connection ended first; link_on_disconnect() follows then. */
static void link_on_reply(struct redisAsyncContext *context, void *reply, void *arg)
{
    struct redis_link *l = context->data;
    const struct redisReply *r = reply;

    (void)arg;
    if (l == NULL || r == NULL)
        return;
    l->waiting = false;
    l->pause_ns = PAUSE_MIN_NS; /* an answer proves more than a connection */
    if (r->type != REDIS_REPLY_ERROR)
        l->ops->reply(l->arg, r);
    else if (strncmp(r->str, "LOST ", 5) == 0)
        redis_log_lose(l->log, l->log->life[0] != '\0' ? redis_log_another : redis_log_foreign);
    else
        link_refused(l, r->str);
}

/* Out of memory, or no such host: as if the connection had been refused. */
static void link_connect(struct redis_link *l)
{
    struct redisAsyncContext *context = redisAsyncConnect(l->log->host, l->log->port);

    l->since_ns = clock_now_ns();
    if (context == NULL || context->err != 0) {
        char why[128];

        snprintf(why, sizeof why, "%s", context != NULL ? context->errstr : strerror(ENOMEM));
        if (context != NULL)
            redisAsyncFree(context);
        link_down(l, why);
        return;
    }
    l->context = context;
    context->data = l;
    redisLibeventAttach(context, l->log->publisher->base);
    redisAsyncSetConnectCallback(context, link_on_connect);
    redisAsyncSetDisconnectCallback(context, link_on_disconnect);
    link_arm(l, WATCH_NS);
}

static void link_on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct redis_link *l = arg;

    (void)fd;
    (void)what;
    if (l->context == NULL)
        link_connect(l);
    else if ((l->waiting || !l->up) && clock_now_ns() - l->since_ns > SILENCE_MAX_NS)
        redis_link_drop(l, "no answer");
    else
        link_arm(l, WATCH_NS);
}

int redis_link_start(struct redis_link *l, struct redis_log *log, const struct redis_link_ops *ops,
                     void *arg)
{
    *l = (struct redis_link){.log = log, .ops = ops, .arg = arg, .pause_ns = PAUSE_MIN_NS};
    if (evtimer_assign(&l->timer, log->publisher->base, link_on_timer, l) < 0)
        return PL_ENOMEM;
    link_arm(l, 0);
    return PL_OK;
}

/* Without a link in its data the context makes no callbacks while it is freed. */
static void link_forget(struct redis_link *l)
{
    struct redisAsyncContext *context = l->context;

    if (context == NULL)
        return;
    l->context = NULL;
    context->data = NULL;
    redisAsyncFree(context);
}

void redis_link_stop(struct redis_link *l)
{
    if (l->log == NULL)
        return;
    event_del(&l->timer);
    link_forget(l);
    l->log = NULL;
}

void redis_link_drop(struct redis_link *l, const char *why)
{
    char reason[sizeof l->why];

    if (l->context == NULL)
        return;
    snprintf(reason, sizeof reason, "%s", why); /* why may be part of the context */
    link_forget(l);
    link_down(l, reason);
}

void redis_link_send(struct redis_link *l, struct redis_command *c)
{
    if (redisAsyncCommandArgv(l->context, link_on_reply, NULL, c->argc, c->argv, c->bytes) !=
        REDIS_OK) {
        redis_link_drop(l, pl_strerror(PL_ENOMEM));
        return;
    }
    l->waiting = true;
    l->since_ns = clock_now_ns();
}
