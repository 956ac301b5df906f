/* What a scenario says about balancers, and what goes with them. */
#include "bench/scenario/scenario.h"

#include <stdio.h>
#include <string.h>

#include "bench/link/link_spec.h"
#include "bench/scenario/scenario_keys.h"

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
    if (own->kill_s > SCENARIO_UNSET)
        out->kill_s = own->kill_s;
    take_text(out->config, own->config);
    take_text(out->link, own->link);
    if (out->kind == BALANCER_DIRECT)
        out->servers = 1;
}

static const char *choice_name(const char *key, int choice)
{
    const struct scenario_key *balancer = scenario_key_find(scenario_keys, "balancer");

    return scenario_key_find(balancer->inner, key)->choices[choice];
}

const char *scenario_balancer_kind_name(int kind)
{
    return choice_name("kind", kind);
}

const char *scenario_servers_source_name(int source)
{
    return choice_name("source", source);
}

bool scenario_has_balancers(const struct scenario *s)
{
    bool any = s->balancer.kind != BALANCER_NONE;

    for (size_t i = 0; i < s->nrows; i++)
        any |= s->rows[i].balancer.kind > BALANCER_NONE;
    return any;
}

static int refuse(const struct scenario *s, const char *at, const char *what, const char *accepted,
                  struct err_text *e)
{
    struct scenario_place p = {.path = s->path};

    snprintf(p.at, sizeof p.at, "%s", at);
    return scenario_refuse(&p, what, accepted, e);
}

static int check_row(const struct scenario *s, size_t i, struct err_text *e)
{
    struct scenario_balancer b;
    struct link_spec spec;
    struct err_text why;
    char at[40];

    scenario_balancer_of(&b, s, &s->rows[i]);
    snprintf(at, sizeof at, "rows[%zu].balancer", i);
    if (b.kind == BALANCER_NONE)
        return refuse(s, at, "kind none among rows with balancers", "direct", e);
    if (b.config[0] != '\0' && b.kind <= BALANCER_DNS)
        return refuse(s, at, "a config, and nothing that reads it", "a kind with a program", e);
    if (b.kill_s > SCENARIO_UNSET && b.servers < 2)
        return refuse(s, at, "kill_s would leave no server", "servers 2", e);
    if (strcmp(b.link, "loopback") == 0)
        return refuse(s, at, "link is no emulated link", "lan, rtt=1ms and the like", e);
    if (link_spec_parse(&spec, b.link, &why) < 0)
        return err_set(e, PL_EINVAL, "%.100s: %s.link: %.300s", s->path, at, why.text);
    return PL_OK;
}

int scenario_check_balancers(const struct scenario *s, struct err_text *e)
{
    int rc = PL_OK;

    if (!scenario_has_balancers(s))
        return PL_OK;
    for (size_t i = 0; i < s->links.n; i++)
        if (strcmp(s->links.text[i], "loopback") == 0)
            return refuse(s, "link", "balancers stand on hosts, and loopback is one",
                          "an emulated link, such as lan or rtt=20ms", e);
    if (s->tls)
        return refuse(s, "tls", "not with balancers", "false", e);
    if (s->source.kind != SOURCE_GENERATOR)
        return refuse(s, "source.kind", "not with balancers", "generator", e);
    if (s->send.workload != WORKLOAD_NONE)
        return refuse(s, "send.workload", "not with balancers", "none", e);
    for (size_t i = 0; rc == PL_OK && i < s->nrows; i++)
        rc = check_row(s, i, e);
    return rc;
}
