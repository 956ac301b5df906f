#include "clients/client/client_env.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "lib/proto/fault_kinds.h"

enum {
    READ_BUF_BYTES = 256 * 1024,
    DEADLINES_PER_CLIENT = 1,
    DEADLINES_PER_SENDER = 2,           /* its next message's, its second connection's */
    DEADLINES_BESIDES = 8 + FAULTS_MAX, /* phases, ramp, progress, control connection, faults */
    TIMELINE_POINTS_PER_CLIENT = 100000,
    TIMELINE_POINTS_MAX = 1000000,
    /* Leave some of the 28,000 ephemeral ports of an address to connections in TIME-WAIT. */
    CLIENTS_PER_SOURCE = 20000,
};

static int set_target(struct client_env *env, struct err_text *e)
{
    const struct url *u = &env->opt->url;
    int64_t sources = env->opt->source_addresses;
    int err = dial_resolve(&env->target, u, env->opt->resolve, e);

    if (err < 0)
        return err;
    env->target.sndbuf_bytes = (int)env->opt->sndbuf_bytes;
    env->target.rcvbuf_bytes = (int)env->opt->rcvbuf_bytes;
    if (sources == 0 && env->opt->clients > CLIENTS_PER_SOURCE)
        sources = (env->opt->clients + CLIENTS_PER_SOURCE - 1) / CLIENTS_PER_SOURCE;
    if (dial_target_is_loopback4(&env->target))
        env->target.source_addresses = (uint32_t)sources;
    snprintf(env->host, sizeof env->host, u->host_is_ipv6 ? "[%s]:%u" : "%s:%u", u->host, u->port);
    snprintf(env->origin, sizeof env->origin, "%s://%s", u->tls ? "https" : "http", env->host);
    return PL_OK;
}

static int init_recorder(struct client_env *env)
{
    int64_t drawn = env->opt->timeline_path == NULL ? 0 : env->opt->timeline_clients;
    int64_t points = drawn * TIMELINE_POINTS_PER_CLIENT;
    int err;

    if (points > TIMELINE_POINTS_MAX)
        points = TIMELINE_POINTS_MAX;
    err =
        recorder_init(&env->recorder, (uint64_t)env->opt->clients, (size_t)points, (uint32_t)drawn);
    env->recorder.deadline_ns = env->opt->deadline_ns;
    return err;
}

static struct event_base *make_base(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base;

    if (config == NULL)
        return NULL;
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

int client_env_init(struct client_env *env, const struct client_options *opt,
                    const struct client_hooks *hooks, void *hooks_arg, struct err_text *e)
{
    size_t each = DEADLINES_PER_CLIENT + (opt->send != SEND_NONE ? DEADLINES_PER_SENDER : 0);
    size_t deadlines = (size_t)opt->clients * each + DEADLINES_BESIDES;
    struct channels_plan plan = {
        .every = opt->channel,
        .latest = opt->latest,
        .nclients = (uint64_t)opt->clients,
        .room_size = (uint64_t)opt->room_size,
        .pick = (uint64_t)opt->pick,
        .seed = (uint64_t)opt->seed,
    };
    struct tls_client_options tls = {
        .version = opt->tls_version, .ca_path = opt->tls_ca, .host = opt->url.host};
    int err;

    *env = (struct client_env){.opt = opt, .hooks = hooks, .hooks_arg = hooks_arg};
    rng_seed(&env->rng, (uint64_t)opt->seed);
    err = set_target(env, e);
    if (err == PL_OK && opt->url.tls)
        err = tls_new_client(&env->tls, &tls, e);
    if (err < 0)
        return err;
    env->base = make_base();
    err = env->base == NULL ? PL_ENOMEM : schedule_init(&env->schedule, deadlines);
    if (err == PL_OK)
        err = schedule_attach(&env->schedule, env->base, &env->recorder);
    if (err == PL_OK)
        err = conn_loop_init(&env->loop, env->base, READ_BUF_BYTES);
    if (err == PL_OK)
        err = init_recorder(env);
    if (err == PL_OK)
        err = recovery_init(&env->recovery, (uint64_t)opt->clients, opt->recovery_path != NULL);
    if (err == PL_OK)
        err = channels_init(&env->channels, &plan);
    if (err < 0) {
        err_set(e, err, "set up %lld clients: %s", (long long)opt->clients, pl_strerror(err));
        client_env_free(env);
    }
    return err;
}

int client_env_on_signals(struct client_env *env, event_callback_fn on_signal, void *arg,
                          struct err_text *e)
{
    if (evsignal_assign(&env->sigint, env->base, SIGINT, on_signal, arg) == 0 &&
        evsignal_assign(&env->sigterm, env->base, SIGTERM, on_signal, arg) == 0 &&
        evsignal_add(&env->sigint, NULL) == 0 && evsignal_add(&env->sigterm, NULL) == 0)
        return PL_OK;
    return err_set(e, PL_ENOMEM, "signals: %s", pl_strerror(PL_ENOMEM));
}

void client_env_silence(struct client_env *env)
{
    static const struct client_hooks none = {0};

    env->hooks = &none;
}

void client_env_free(struct client_env *env)
{
    if (event_initialized(&env->sigint))
        event_del(&env->sigint);
    if (event_initialized(&env->sigterm))
        event_del(&env->sigterm);
    if (env->loop.read_buf != NULL)
        conn_loop_free(&env->loop); /* reaps: on_end() callbacks use all the rest */
    recorder_free(&env->recorder);
    recovery_free(&env->recovery);
    channels_free(&env->channels);
    schedule_free(&env->schedule);
    if (env->base != NULL)
        event_base_free(env->base);
    tls_free(env->tls);
}

struct http_request_head client_env_request(const struct client_env *env, const char *path)
{
    return (struct http_request_head){
        .method = "GET",
        .host = env->host,
        .prefix = env->opt->url.path,
        .path = path,
        .query = "",
        .fields = "",
        .origin = env->origin,
        .heads = (enum request_heads)env->opt->heads,
        .close = env->opt->connection == CONNECTION_CLOSE,
    };
}

uint64_t client_env_draw(struct client_env *env)
{
    uint64_t drawn;

    if (env->opt->unguessable && getrandom(&drawn, sizeof drawn, 0) == (ssize_t)sizeof drawn)
        return drawn;
    return rng_next(&env->rng);
}

void client_env_note(struct client_env *env, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    err_set_v(&env->last_failure, fmt, ap);
    va_end(ap);
}
