#include "bench/scenario/scenario_args.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/scenario/scenario_keys.h"
#include "lib/proto/transport_info.h"

static int add_text(struct scenario_args *a, const char *text)
{
    size_t len = strlen(text) + 1;

    if (a->argc + 1 >= sizeof a->argv / sizeof a->argv[0] || len > sizeof a->store - a->used)
        a->rc = PL_ELIMIT;
    if (a->rc < 0)
        return a->rc;
    a->argv[a->argc++] = memcpy(a->store + a->used, text, len);
    a->argv[a->argc] = NULL;
    a->used += len;
    return PL_OK;
}

int scenario_args_add(struct scenario_args *a, const char *option, const char *fmt, ...)
{
    char value[2 * SCENARIO_PATH_BYTES];
    va_list ap;
    int n;

    if (add_text(a, option) < 0)
        return PL_ELIMIT;
    if (fmt == NULL)
        return PL_OK;
    va_start(ap, fmt);
    n = vsnprintf(value, sizeof value, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n >= sizeof value)
        a->rc = PL_ELIMIT;
    return a->rc < 0 ? a->rc : add_text(a, value);
}

int scenario_args_begin(struct scenario_args *a, const struct program *p)
{
    char path[PATH_MAX];

    program_find(p, path);
    return scenario_args_add(a, path, NULL);
}

/* The keys of the object at base that are options of a program and in effect. 0 or PL_ELIMIT. */
static int add_keys(struct scenario_args *a, const void *base, const struct scenario_key *keys,
                    bool server)
{
    for (const struct scenario_key *k = keys; k->name != NULL; k++) {
        const char *option = server ? k->option : k->client_option;
        const void *field = (const char *)base + k->offset;

        if (option == NULL || !scenario_key_in_effect(base, k))
            continue;
        if (k->kind == KEY_INT)
            scenario_args_add(a, option, "%lld", (long long)*(const int64_t *)field);
        else if (k->kind == KEY_REAL)
            scenario_args_add(a, option, "%.12g", *(const double *)field);
        else if (k->kind == KEY_CHOICE)
            scenario_args_add(a, option, "%s", k->choices[*(const int *)field]);
        else if (k->kind != KEY_FLAG) /* a text */
            scenario_args_add(a, option, "%s", (const char *)field);
        else if (*(const bool *)field)
            scenario_args_add(a, option, NULL);
    }
    return a->rc;
}

static const struct scenario_key *section(const char *name)
{
    return scenario_key_find(scenario_keys, name)->inner;
}

/* What is more than one key: the source's name, and a game's rooms. */
static void add_source(struct scenario_args *a, const struct scenario *s)
{
    const struct scenario_source *src = &s->source;

    if (src->kind == SOURCE_TRACE)
        scenario_args_add(a, "--source", "trace:%s", src->trace_path);
    else if (src->kind != SOURCE_GENERATOR)
        scenario_args_add(a, "--source", "%s", scenario_source_kinds[src->kind]);
    if (src->kind != SOURCE_GAME)
        return;
    scenario_args_add(a, "--rooms", "%lld", (long long)scenario_rooms(s));
    scenario_args_add(a, "--room-size", "%lld", (long long)s->room_size);
}

int scenario_args_server(struct scenario_args *a, const struct scenario *s)
{
    add_source(a, s);
    add_keys(a, &s->source, section("source"), true);
    add_keys(a, &s->server, section("server"), true);
    if (!s->server.poll_cache)
        scenario_args_add(a, "--poll-cache", "no");
    return add_keys(a, s, scenario_keys, true);
}

int scenario_args_client(struct scenario_args *a, const struct scenario *s,
                         const struct scenario_row *row)
{
    int64_t window_ms = scenario_reconnect_window_ms(s, row);

    scenario_args_add(a, "--transport", "%s", transport_names[row->transport]);
    scenario_args_add(a, "--connection", "%s", connection_modes[row->connection]);
    scenario_args_add(a, "--warmup", "%.12g", scenario_warmup_s(s, row));
    if (row->interval_ms != SCENARIO_UNSET)
        scenario_args_add(a, "--interval", "%lld", (long long)row->interval_ms);
    if (row->poll > POLL_CLOCK)
        scenario_args_add(a, "--poll", "%s", poll_modes[row->poll]);
    if (row->poll == POLL_BACKOFF) {
        scenario_args_add(a, "--interval-max", "%lld", (long long)row->interval_max_ms);
        scenario_args_add(a, "--backoff-factor", "%.12g", row->backoff_factor);
    }
    if (row->hold_ms != SCENARIO_UNSET) {
        scenario_args_add(a, "--hold", "%lld", (long long)row->hold_ms);
        scenario_args_add(a, "--poll-jitter", "%.12g", scenario_poll_jitter_ms(s));
    }
    if (window_ms != SCENARIO_UNSET)
        scenario_args_add(a, "--reconnect-window", "%lld", (long long)window_ms);
    add_keys(a, s, scenario_keys, false);
    return s->send.workload == WORKLOAD_NONE ? a->rc
                                             : add_keys(a, &s->send, section("send"), false);
}

int scenario_args_server_tls(struct scenario_args *a, const struct scenario *s, const char *cert)
{
    if (!s->tls)
        return a->rc;
    scenario_args_add(a, "--tls", NULL);
    scenario_args_add(a, "--tls-version", "%s", scenario_tls_versions[s->tls_version]);
    return scenario_args_add(a, "--tls-write-cert", "%s", cert);
}

int scenario_args_client_tls(struct scenario_args *a, const struct scenario *s,
                             const struct scenario_row *row, const char *cert)
{
    if (!s->tls)
        return a->rc;
    scenario_args_add(a, "--tls-ca", "%s", cert);
    scenario_args_add(a, "--tls-version", "%s", scenario_tls_versions[s->tls_version]);
    return row->tls_resume ? a->rc : scenario_args_add(a, "--tls-resume", "no");
}
