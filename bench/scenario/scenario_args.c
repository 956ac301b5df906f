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

/* A key of the scenario as the option of a program; nothing when it has none or isn't in effect. */
static int add_key(struct scenario_args *a, const struct scenario *s, const struct scenario_key *k,
                   const char *option)
{
    const void *field = (const char *)s + k->offset;

    if (option == NULL || !scenario_key_applies(s, k))
        return PL_OK;
    switch (k->kind) {
    case KEY_INT:
        if (*(const int64_t *)field == SCENARIO_UNSET)
            return PL_OK;
        return scenario_args_add(a, option, "%lld", (long long)*(const int64_t *)field);
    case KEY_REAL:
        if (*(const double *)field <= SCENARIO_UNSET)
            return PL_OK;
        return scenario_args_add(a, option, "%.12g", *(const double *)field);
    case KEY_FLAG:
        return *(const bool *)field ? scenario_args_add(a, option, NULL) : PL_OK;
    case KEY_CHOICE:
        return scenario_args_add(a, option, "%s", k->choices[*(const int *)field]);
    case KEY_TEXT:
    case KEY_CHANNELS:
        return *(const char *)field == '\0'
                   ? PL_OK
                   : scenario_args_add(a, option, "%s", (const char *)field);
    case KEY_NAME:
    case KEY_LINKS:
    case KEY_OBJECT:
    case KEY_ROWS:
        return PL_EINVAL; /* no option is made of these */
    }
    return PL_EINVAL;
}

enum which { PROGRAM_SERVER, PROGRAM_CLIENT };

static int add_keys(struct scenario_args *a, const struct scenario *s,
                    const struct scenario_key *keys, enum which program)
{
    int rc = PL_OK;

    for (const struct scenario_key *k = keys; rc == PL_OK && k->name != NULL; k++)
        rc = add_key(a, s, k, program == PROGRAM_SERVER ? k->option : k->client_option);
    return rc;
}

static const struct scenario_key *section(const char *name)
{
    return scenario_key_find(scenario_keys, name)->inner;
}

/* What is more than one key: the source's name, and a game's rooms. */
static int add_source(struct scenario_args *a, const struct scenario *s)
{
    const struct scenario_key *kind = scenario_key_find(section("source"), "kind");
    const struct scenario_source *src = &s->source;
    int rc = PL_OK;

    if (src->kind == SOURCE_TRACE)
        rc = scenario_args_add(a, "--source", "trace:%s", src->trace_path);
    else if (src->kind != SOURCE_GENERATOR)
        rc = scenario_args_add(a, "--source", "%s", kind->choices[src->kind]);
    if (rc == PL_OK && src->kind == SOURCE_GAME)
        rc = scenario_args_add(a, "--rooms", "%lld", (long long)scenario_rooms(s));
    if (rc == PL_OK && src->kind == SOURCE_GAME)
        rc = scenario_args_add(a, "--room-size", "%lld", (long long)s->room_size);
    return rc;
}

int scenario_args_server(struct scenario_args *a, const struct scenario *s)
{
    int rc = add_source(a, s);

    if (rc == PL_OK)
        rc = add_keys(a, s, section("source"), PROGRAM_SERVER);
    if (rc == PL_OK)
        rc = add_keys(a, s, section("server"), PROGRAM_SERVER);
    if (rc == PL_OK)
        rc = add_keys(a, s, scenario_keys, PROGRAM_SERVER);
    return rc;
}

static int add_number(struct scenario_args *a, const char *option, int64_t value)
{
    return value == SCENARIO_UNSET ? PL_OK : scenario_args_add(a, option, "%lld", (long long)value);
}

int scenario_args_client(struct scenario_args *a, const struct scenario *s,
                         const struct scenario_row *row)
{
    if (scenario_args_add(a, "--transport", "%s", transport_names[row->transport]) < 0 ||
        scenario_args_add(a, "--connection", "%s", connection_modes[row->connection]) < 0 ||
        add_number(a, "--interval", row->interval_ms) < 0 ||
        add_number(a, "--hold", row->hold_ms) < 0 ||
        add_keys(a, s, scenario_keys, PROGRAM_CLIENT) < 0)
        return PL_ELIMIT;
    return s->send.workload == WORKLOAD_NONE ? PL_OK
                                             : add_keys(a, s, section("send"), PROGRAM_CLIENT);
}

static const char *tls_version(const struct scenario *s)
{
    return scenario_key_find(scenario_keys, "tls_version")->choices[s->tls_version];
}

int scenario_args_server_tls(struct scenario_args *a, const struct scenario *s, const char *cert)
{
    if (!s->tls)
        return PL_OK;
    if (scenario_args_add(a, "--tls", NULL) < 0 ||
        scenario_args_add(a, "--tls-version", "%s", tls_version(s)) < 0)
        return PL_ELIMIT;
    return scenario_args_add(a, "--tls-write-cert", "%s", cert);
}

int scenario_args_client_tls(struct scenario_args *a, const struct scenario *s,
                             const struct scenario_row *row, const char *cert)
{
    if (!s->tls)
        return PL_OK;
    if (scenario_args_add(a, "--tls-ca", "%s", cert) < 0 ||
        scenario_args_add(a, "--tls-version", "%s", tls_version(s)) < 0)
        return PL_ELIMIT;
    return row->tls_resume ? PL_OK : scenario_args_add(a, "--tls-resume", "no");
}
