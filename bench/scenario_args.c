#include "scenario_args.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "scenario_keys.h"

static int add_text(struct scenario_args *a, const char *text)
{
    size_t len = strlen(text) + 1;

    if (a->argc + 1 >= sizeof a->argv / sizeof a->argv[0] || len > sizeof a->store - a->used)
        return LAB_ELIMIT;
    a->argv[a->argc++] = memcpy(a->store + a->used, text, len);
    a->argv[a->argc] = NULL;
    a->used += len;
    return LAB_OK;
}

int scenario_args_add(struct scenario_args *a, const char *option, const char *fmt, ...)
{
    char value[2 * SCENARIO_PATH_BYTES];
    va_list ap;
    int n;

    if (add_text(a, option) < 0)
        return LAB_ELIMIT;
    if (fmt == NULL)
        return LAB_OK;
    va_start(ap, fmt);
    n = vsnprintf(value, sizeof value, fmt, ap);
    va_end(ap);
    return n < 0 || (size_t)n >= sizeof value ? LAB_ELIMIT : add_text(a, value);
}

static int add_key(struct scenario_args *a, const struct scenario *s, const struct scenario_key *k)
{
    const void *field = (const char *)s + k->offset;

    if (k->option == NULL)
        return LAB_OK;
    switch (k->kind) {
    case KEY_INT:
        if (*(const int64_t *)field == SCENARIO_UNSET)
            return LAB_OK;
        return scenario_args_add(a, k->option, "%lld", (long long)*(const int64_t *)field);
    case KEY_REAL:
        return scenario_args_add(a, k->option, "%.12g", *(const double *)field);
    case KEY_CHOICE:
        return scenario_args_add(a, k->option, "%s", k->choices[*(const int *)field]);
    case KEY_TEXT:
        return scenario_args_add(a, k->option, "%s", (const char *)field);
    case KEY_FLAG:
    case KEY_NAME:
    case KEY_LINKS:
    case KEY_OBJECT:
    case KEY_ROWS:
        return LAB_EINVAL; /* no server option is made of these */
    }
    return LAB_EINVAL;
}

static int add_section(struct scenario_args *a, const struct scenario *s, const char *section)
{
    const struct scenario_key *k = scenario_key_find(scenario_keys, section)->inner;
    int rc = LAB_OK;

    for (; rc == LAB_OK && k->name != NULL; k++)
        rc = add_key(a, s, k);
    return rc;
}

static int add_trace(struct scenario_args *a, const struct scenario_source *src)
{
    int rc = scenario_args_add(a, "--source", "trace:%s", src->trace_path);

    if (rc == LAB_OK)
        rc = scenario_args_add(a, "--trace-speed", "%.12g", src->trace_speed);
    if (rc == LAB_OK && src->trace_loop)
        rc = scenario_args_add(a, "--trace-loop", NULL);
    return rc;
}

int scenario_args_server(struct scenario_args *a, const struct scenario *s)
{
    int rc =
        s->source.kind == SOURCE_TRACE ? add_trace(a, &s->source) : add_section(a, s, "source");

    if (rc == LAB_OK)
        rc = add_section(a, s, "server");
    if (rc == LAB_OK)
        rc = scenario_args_add(a, "--seed", "%lld", (long long)s->seed);
    return rc;
}

static int add_number(struct scenario_args *a, const char *option, int64_t value)
{
    return value == SCENARIO_UNSET ? LAB_OK
                                   : scenario_args_add(a, option, "%lld", (long long)value);
}

static int add_seconds(struct scenario_args *a, const char *option, double value)
{
    return scenario_args_add(a, option, "%.9g", value);
}

int scenario_args_client(struct scenario_args *a, const struct scenario *s,
                         const struct scenario_row *row)
{
    bool close = row->connection == CONNECTION_CLOSE;

    if (scenario_args_add(a, "--transport", "%s", scenario_transports[row->transport].name) < 0 ||
        scenario_args_add(a, "--connection", "%s", close ? "close" : "keep-alive") < 0 ||
        add_number(a, "--clients", s->clients) < 0 ||
        add_number(a, "--interval", row->interval_ms) < 0 ||
        add_number(a, "--hold", row->hold_ms) < 0 || add_seconds(a, "--warmup", s->warmup_s) < 0 ||
        add_seconds(a, "--duration", s->duration_s) < 0 ||
        add_seconds(a, "--drain", s->drain_s) < 0 || add_number(a, "--ramp", s->ramp_per_s) < 0 ||
        add_number(a, "--source-addresses", s->source_addresses) < 0)
        return LAB_ELIMIT;
    return add_number(a, "--seed", s->seed);
}

static const char *tls_version(const struct scenario *s)
{
    return scenario_key_find(scenario_keys, "tls_version")->choices[s->tls_version];
}

int scenario_args_server_tls(struct scenario_args *a, const struct scenario *s, const char *cert)
{
    if (!s->tls)
        return LAB_OK;
    if (scenario_args_add(a, "--tls", NULL) < 0 ||
        scenario_args_add(a, "--tls-version", "%s", tls_version(s)) < 0)
        return LAB_ELIMIT;
    return scenario_args_add(a, "--tls-write-cert", "%s", cert);
}

int scenario_args_client_tls(struct scenario_args *a, const struct scenario *s,
                             const struct scenario_row *row, const char *cert)
{
    if (!s->tls)
        return LAB_OK;
    if (scenario_args_add(a, "--tls-ca", "%s", cert) < 0 ||
        scenario_args_add(a, "--tls-version", "%s", tls_version(s)) < 0)
        return LAB_ELIMIT;
    return row->tls_resume ? LAB_OK : scenario_args_add(a, "--tls-resume", "no");
}
