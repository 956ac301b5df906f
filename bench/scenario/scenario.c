#include "bench/scenario/scenario.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/link/link_spec.h"

void scenario_free(struct scenario *s)
{
    cJSON_Delete(s->supplied);
    s->supplied = NULL;
}

const char *scenario_link(char *out, size_t cap, const struct scenario *s)
{
    const char *link = s->links.text[s->link];

    if (s->line_per_client && strcmp(link, "loopback") != 0)
        snprintf(out, cap, "%s,lines=%lld", link, (long long)s->clients);
    else
        snprintf(out, cap, "%s", link);
    return out;
}

double scenario_rtt_s(const struct scenario *s)
{
    const char *link = s->links.text[s->link];
    struct link_spec spec;
    struct err_text e;

    if (strcmp(link, "loopback") == 0 || link_spec_parse(&spec, link, &e) < 0)
        return 0;
    return (double)link_spec_rtt_ns(&spec) / 1e9;
}

double scenario_poll_jitter_ms(const struct scenario *s)
{
    return s->poll_jitter_ms > SCENARIO_UNSET ? s->poll_jitter_ms : scenario_rtt_s(s) * 1e3 / 10;
}

double scenario_warmup_s(const struct scenario *s, const struct scenario_row *row)
{
    double poll_s = row->interval_ms != SCENARIO_UNSET ? (double)row->interval_ms / 1e3 : 0;
    double update_s = s->source.kind == SOURCE_GENERATOR ? 1 / s->source.rate_hz : 1;

    return s->warmup_s > SCENARIO_UNSET ? s->warmup_s : 2 * scenario_rtt_s(s) + poll_s + update_s;
}

double scenario_row_expected_s(const struct scenario *s, const struct scenario_row *row)
{
    double last_poll_s = fmax(0, (double)row->interval_ms / 1e3);

    return (double)s->clients / (double)s->ramp_per_s + scenario_warmup_s(s, row) + s->duration_s +
           fmin(last_poll_s, s->drain_s) + SCENARIO_ROW_REST_S;
}

double scenario_expected_s(const struct scenario *s)
{
    double rows_s = 0;

    for (size_t i = 0; i < s->nrows; i++)
        rows_s += scenario_row_expected_s(s, &s->rows[i]);
    return rows_s * (double)s->repeat;
}

int64_t scenario_rooms(const struct scenario *s)
{
    if (s->source.rooms != SCENARIO_UNSET || s->room_size == SCENARIO_UNSET)
        return s->source.rooms;
    return (s->clients + s->room_size - 1) / s->room_size;
}

void scenario_path_beside(char out[SCENARIO_PATH_BYTES], const struct scenario *s, const char *name)
{
    const char *slash = strrchr(s->path, '/');
    int folder_len = slash == NULL || name[0] == '/' ? 0 : (int)(slash - s->path) + 1;

    snprintf(out, SCENARIO_PATH_BYTES, "%.*s%s", folder_len, s->path, name);
}

/* ---- balancers ---- */

static void take_text(char to[SCENARIO_TEXT_BYTES], const char *text)
{
    if (text[0] != '\0')
        snprintf(to, SCENARIO_TEXT_BYTES, "%s", text);
}

void scenario_balancer_of(struct scenario_balancer *out, const struct scenario *s,
                          const struct scenario_row *row)
{
    const struct scenario_balancer *own = &row->balancer;

    *out = s->balancer;
    if (own->kind != SCENARIO_UNSET && own->kind != out->kind) {
        out->kind = own->kind;
        out->config[0] = '\0'; /* it was another program's */
    }
    if (own->source != SCENARIO_UNSET)
        out->source = own->source;
    if (own->servers != SCENARIO_UNSET)
        out->servers = own->servers;
    take_text(out->config, own->config);
    take_text(out->link, own->link);
    if (out->kind == BALANCER_DIRECT)
        out->servers = 1;
}

bool scenario_has_balancers(const struct scenario *s)
{
    bool any = s->balancer.kind != BALANCER_NONE;

    for (size_t i = 0; i < s->nrows; i++)
        any |= s->rows[i].balancer.kind > BALANCER_NONE;
    return any;
}

/* ---- faults ---- */

int64_t scenario_reconnect_window_ms(const struct scenario *s, const struct scenario_row *row)
{
    int64_t own_ms = row->reconnect.window_ms;

    return own_ms != SCENARIO_UNSET ? own_ms : s->reconnect.window_ms;
}

const struct scenario_faults *scenario_faults_of(const struct scenario *s,
                                                 const struct scenario_row *row)
{
    return row->faults.given ? &row->faults : &s->faults;
}

double scenario_fault_lasts_s(const struct scenario *s, const struct scenario_fault *f)
{
    if (fault_kinds[f->kind].lasts == FAULT_MOMENT)
        return 0;
    return f->for_s > SCENARIO_UNSET ? f->for_s : s->duration_s - f->at_s;
}
