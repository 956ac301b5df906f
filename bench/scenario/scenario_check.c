/* What depends on other keys, once every key is read: defaults of rows, their ids, the trace's
 * path, the name; and what does not go together, in the file or by overrides. */
#include "bench/scenario/scenario.h"

#include <stdio.h>
#include <string.h>

#include "bench/link/link_spec.h"
#include "bench/scenario/scenario_keys.h"
#include "lib/proto/transport_info.h"

/* Something that must not be, and what the message says then. */
struct rule {
    bool broken;
    const char *at, *what, *accepted;
};

enum { BACKOFF_MAX_MS = 60000 }; /* unless the row says another */

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* Refuse what the first broken rule says; its place is below that one ("rows[2]", or ""). */
static int check_rules(const struct scenario *s, const char *below, const struct rule *rules,
                       size_t n, struct err_text *e)
{
    struct scenario_place p = {.path = s->path};

    for (size_t i = 0; i < n; i++) {
        const char *dot = below[0] != '\0' && rules[i].at[0] != '\0' ? "." : "";

        if (!rules[i].broken)
            continue;
        snprintf(p.at, sizeof p.at, "%s%s%s", below, dot, rules[i].at);
        return scenario_refuse(&p, rules[i].what, rules[i].accepted, e);
    }
    return PL_OK;
}

/* ---- rows ---- */

/* How short polls are timed; the row is known to be one, or not. */
static int complete_poll(const struct scenario *s, struct scenario_row *r, bool short_poll,
                         const char *at, struct err_text *e)
{
    bool is_set = r->poll != SCENARIO_UNSET, backs_off = r->poll == POLL_BACKOFF;
    bool limited = r->interval_max_ms != SCENARIO_UNSET;
    char accepted[40];
    const struct rule rules[] = {
        {is_set && !short_poll, "poll", "only short-poll has a mode", "no poll here"},
        {limited && !backs_off, "interval_max_ms", "has no meaning without poll backoff",
         "poll backoff, or no interval_max_ms"},
        {r->backoff_factor > SCENARIO_UNSET && !backs_off, "backoff_factor",
         "has no meaning without poll backoff", "poll backoff, or no backoff_factor"},
        {backs_off && (limited ? r->interval_max_ms : BACKOFF_MAX_MS) < r->interval_ms,
         "interval_max_ms", "is shorter than interval_ms", accepted},
    };

    snprintf(accepted, sizeof accepted, "%lld to 3600000", (long long)r->interval_ms);
    if (short_poll && !is_set)
        r->poll = POLL_CLOCK;
    if (backs_off && !limited)
        r->interval_max_ms = BACKOFF_MAX_MS;
    if (backs_off && r->backoff_factor <= SCENARIO_UNSET)
        r->backoff_factor = 2;
    return check_rules(s, at, rules, COUNT_OF(rules), e);
}

/* Two keys of one row that do not go together, or one that is missing. */
static int complete_row(const struct scenario *s, struct scenario_row *r, const char *at,
                        struct err_text *e)
{
    const struct scenario_key *rows = scenario_key_find(scenario_keys, "rows");
    const struct transport_info *t = &transport_infos[r->transport < 0 ? 0 : r->transport];
    bool short_poll = t->way == TRANSPORT_WAY_SHORT_POLL;
    bool long_poll = t->way == TRANSPORT_WAY_LONG_POLL;
    bool closes = r->connection == CONNECTION_CLOSE;
    char transports[200];
    const struct rule rules[] = {
        {r->transport < 0, "transport", "missing", transports},
        {closes && !transport_info_polls(t), "connection",
         "only short-poll and long-poll can close after each response", "keep-alive"},
        {r->interval_ms != SCENARIO_UNSET && !short_poll, "interval_ms",
         "only short-poll has an interval", "no interval_ms here"},
        {r->hold_ms != SCENARIO_UNSET && !long_poll, "hold_ms", "only long-poll is held",
         "no hold_ms here"},
    };

    scenario_describe_accepted(transports, sizeof transports,
                               scenario_key_find(rows->inner, "transport"));
    if (short_poll && r->interval_ms == SCENARIO_UNSET)
        r->interval_ms = 1000;
    if (long_poll && r->hold_ms == SCENARIO_UNSET)
        r->hold_ms = 25000;
    if (check_rules(s, at, rules, COUNT_OF(rules), e) < 0)
        return PL_EINVAL;
    return complete_poll(s, r, short_poll, at, e);
}

/* Does the scenario poll short at more than one interval? Then ids must say which. */
static bool has_several_intervals(const struct scenario *s)
{
    int64_t first = SCENARIO_UNSET;

    for (size_t i = 0; i < s->nrows; i++) {
        int64_t interval_ms = s->rows[i].interval_ms;

        if (first == SCENARIO_UNSET)
            first = interval_ms;
        else if (interval_ms != SCENARIO_UNSET && interval_ms != first)
            return true;
    }
    return false;
}

static void name_row(struct scenario_row *r, bool with_interval)
{
    bool own_kind = r->balancer.kind >= 0,
         own_fault = r->faults.n > 0 && r->faults.list[0].kind >= 0;
    int n;

    if (r->id[0] != '\0')
        return;
    n = snprintf(r->id, sizeof r->id, "%s%s%s%s%s%s%s%s%s",
                 own_fault ? fault_kinds[r->faults.list[0].kind].name : "", own_fault ? "." : "",
                 own_kind ? scenario_balancer_kinds[r->balancer.kind] : "", own_kind ? "." : "",
                 transport_names[r->transport], r->poll > POLL_CLOCK ? "+" : "",
                 r->poll > POLL_CLOCK ? poll_modes[r->poll] : "",
                 r->connection == CONNECTION_CLOSE ? "+close" : "",
                 r->tls_resume ? "" : "+no-resume");
    if (with_interval && r->interval_ms != SCENARIO_UNSET)
        snprintf(r->id + n, sizeof r->id - (size_t)n, "@%lldms", (long long)r->interval_ms);
}

/* The i-th id must not be that of an earlier row. */
static int check_id(const struct scenario *s, size_t i, const char *at, struct err_text *e)
{
    char what[120];
    struct rule rule = {false, "id", what, "an id of its own"};
    size_t j = 0;

    while (strcmp(s->rows[j].id, s->rows[i].id) != 0)
        j++;
    rule.broken = j < i;
    snprintf(what, sizeof what, "'%s' is already rows[%zu]", s->rows[i].id, j);
    return check_rules(s, at, &rule, 1, e);
}

static int complete_rows(struct scenario *s, struct err_text *e)
{
    const struct rule none = {s->nrows == 0, "rows", "missing", "a list of 1 to 64 objects"};
    int rc = check_rules(s, "", &none, 1, e);
    char at[40];

    for (size_t i = 0; rc == PL_OK && i < s->nrows; i++) {
        snprintf(at, sizeof at, "rows[%zu]", i);
        rc = complete_row(s, &s->rows[i], at, e);
    }
    for (size_t i = 0; rc == PL_OK && i < s->nrows; i++) {
        snprintf(at, sizeof at, "rows[%zu]", i);
        name_row(&s->rows[i], has_several_intervals(s));
        rc = check_id(s, i, at, e);
    }
    return rc;
}

/* ---- keys that only some choices give a meaning ---- */

/* The key whose choice gives another one its meaning. */
static const struct scenario_key *chooser_of(const struct scenario_key *keys,
                                             const struct scenario_key *k)
{
    while (keys->kind != KEY_CHOICE || keys->offset != k->when)
        keys++;
    return keys;
}

/* A key that was given and would have no effect. */
static int refuse_meaningless(const struct scenario *s, const struct scenario_key *section,
                              const struct scenario_key *k, struct err_text *e)
{
    const struct scenario_key *chooser = chooser_of(section->inner, k);
    int choice = *(const int *)((const char *)s + section->offset + k->when), n = 0;
    char what[80], accepted[200];
    const struct rule rule = {true, k->name, what, accepted};
    size_t len = (size_t)snprintf(accepted, sizeof accepted, "%s ", chooser->name);

    snprintf(what, sizeof what, "has no meaning with %s %s", chooser->name,
             chooser->choices[choice]);
    for (int i = 0; chooser->choices[i] != NULL; i++)
        if (k->when_choices >> i & 1)
            len += (size_t)snprintf(accepted + len, sizeof accepted - len, "%s%s",
                                    n++ > 0 ? " or " : "", chooser->choices[i]);
    snprintf(accepted + len, sizeof accepted - len, ", or no %s", k->name);
    return check_rules(s, section->name, &rule, 1, e);
}

static int check_meaning(const struct scenario *s, struct err_text *e)
{
    for (const struct scenario_key *section = scenario_keys; section->name != NULL; section++) {
        const cJSON *given = cJSON_GetObjectItemCaseSensitive(s->supplied, section->name);

        if (section->kind != KEY_OBJECT || given == NULL)
            continue;
        for (const struct scenario_key *k = section->inner; k->name != NULL; k++)
            if (!scenario_key_applies((const char *)s + section->offset, k) &&
                cJSON_GetObjectItemCaseSensitive(given, k->name) != NULL)
                return refuse_meaningless(s, section, k, e);
    }
    return PL_OK;
}

/* ---- what must go together ---- */

static size_t count_names(const char *list)
{
    size_t n = list[0] != '\0';

    for (; *list != '\0'; list++)
        n += *list == ',';
    return n;
}

/* A client in a room that the game's server doesn't have would never get an update. */
static int check_rooms(const struct scenario *s, struct err_text *e)
{
    bool sized = s->room_size != SCENARIO_UNSET;
    int64_t needed = sized ? (s->clients + s->room_size - 1) / s->room_size : 0;
    char what[120], accepted[60];
    const struct rule rules[] = {
        {!sized, "room_size", "missing", "the players of a room when source.kind is game"},
        {scenario_rooms(s) < needed, "source.rooms", what, accepted},
    };

    snprintf(what, sizeof what, "%lld of %lld players are too few for %lld clients",
             (long long)s->source.rooms, (long long)s->room_size, (long long)s->clients);
    snprintf(accepted, sizeof accepted, "%lld or more, or none for as many as needed",
             (long long)needed);
    return s->source.kind != SOURCE_GAME ? PL_OK : check_rules(s, "", rules, COUNT_OF(rules), e);
}

static int check_send(const struct scenario *s, struct err_text *e)
{
    const struct rule rules[] = {
        {s->source.kind == SOURCE_NONE && s->send.workload == WORKLOAD_NONE, "source.kind",
         "with none, nobody publishes", "another, or clients that do: send.workload"},
        {s->send.workload == WORKLOAD_EDITS && s->send.channel[0] == '\0', "send.channel",
         "missing", "a name, such as doc, when workload is edits"},
        {count_names(s->send.channel) > 1, "send.channel", "is a list", "one name"},
    };

    return check_rules(s, "", rules, COUNT_OF(rules), e);
}

static int check_row_balancer(const struct scenario *s, size_t i, struct err_text *e)
{
    struct scenario_balancer b;
    struct link_spec spec;
    struct err_text why;
    char at[40];
    int rc;

    scenario_balancer_of(&b, s, &s->rows[i]);
    snprintf(at, sizeof at, "rows[%zu].balancer", i);
    const struct rule rules[] = {
        {b.kind == BALANCER_NONE, "", "kind none among rows with balancers", "direct"},
        {b.config[0] != '\0' && b.kind <= BALANCER_DNS, "", "a config, and nothing that reads it",
         "a kind with a program"},
        {strcmp(b.link, "loopback") == 0, "", "link is no emulated link",
         "lan, rtt=1ms and the like"},
    };
    rc = check_rules(s, at, rules, COUNT_OF(rules), e);
    if (rc == PL_OK && link_spec_parse(&spec, b.link, &why) < 0)
        rc = err_set(e, PL_EINVAL, "%.100s: %s.link: %.300s", s->path, at, why.text);
    return rc;
}

static int check_balancers(const struct scenario *s, struct err_text *e)
{
    bool loopback = false;
    int rc;

    for (size_t i = 0; i < s->links.n; i++)
        loopback |= strcmp(s->links.text[i], "loopback") == 0;
    const struct rule rules[] = {
        {loopback, "link", "balancers stand on hosts, and loopback is one",
         "an emulated link, such as lan or rtt=20ms"},
        {s->tls, "tls", "not with balancers", "false"},
        {s->ip == 6, "ip", "not with balancers", "4"},
        {s->source.kind != SOURCE_GENERATOR, "source.kind", "not with balancers", "generator"},
        {s->send.workload != WORKLOAD_NONE, "send.workload", "not with balancers", "none"},
    };
    if (!scenario_has_balancers(s))
        return PL_OK;
    rc = check_rules(s, "", rules, COUNT_OF(rules), e);
    for (size_t i = 0; rc == PL_OK && i < s->nrows; i++)
        rc = check_row_balancer(s, i, e);
    return rc;
}

/* ---- faults ---- */

/* What a list of faults belongs to. */
struct faulty {
    const struct scenario *s;
    struct scenario_balancer balancer;
    const char *at; /* "faults", "rows[2].faults" */
};

/* Its own keys. */
static int check_fault_keys(const struct faulty *w, const struct scenario_fault *f, const char *at,
                            struct err_text *e)
{
    const struct fault_kind_info *k = f->kind < 0 ? NULL : &fault_kinds[f->kind];
    bool lasts = f->for_s > SCENARIO_UNSET, has_percent = f->percent > SCENARIO_UNSET;
    char kinds[200], within[60];
    const struct rule rules[] = {
        {k == NULL, "kind", "missing", kinds},
        {f->at_s <= SCENARIO_UNSET, "at_s", "missing", within},
        {f->at_s >= w->s->duration_s, "at_s", "is not in the window", within},
        {k != NULL && lasts && k->lasts == FAULT_MOMENT, "for_s",
         "this kind of fault ends as it begins", "no for_s here"},
        {k != NULL && !lasts && k->lasts == FAULT_LASTS, "for_s", "missing",
         "how long it lasts, such as 0.5"},
        {lasts && f->at_s + f->for_s > w->s->duration_s, "for_s", "the fault outlasts the window",
         "an end in the window, which is as long as duration_s"},
        {k != NULL && has_percent && !k->has_percent, "percent",
         "this kind of fault does not happen to clients", "no percent here"},
    };

    scenario_describe_accepted(
        kinds, sizeof kinds,
        scenario_key_find(scenario_key_find(scenario_keys, "faults")->inner, "kind"));
    snprintf(within, sizeof within, "0 to less than duration_s, which is %.10g", w->s->duration_s);
    return check_rules(w->s, at, rules, COUNT_OF(rules), e);
}

/* What it happens to must be there. */
static int check_fault_place(const struct faulty *w, const struct scenario_fault *f, const char *at,
                             struct err_text *e)
{
    enum fault_actor actor = fault_kinds[f->kind].actor;
    bool loopback = false, dies = f->kind == FAULT_SERVER_KILL || f->kind == FAULT_SERVER_RESTART;
    bool returns = dies && f->for_s > SCENARIO_UNSET;
    bool several = w->balancer.kind != BALANCER_NONE && w->balancer.servers > 1;

    for (size_t i = 0; i < w->s->links.n; i++)
        loopback |= strcmp(w->s->links.text[i], "loopback") == 0;
    const struct rule rules[] = {
        {actor == FAULT_ON_LINK && loopback, "kind", "needs an emulated link, and loopback is none",
         "link such as rtt=20ms"},
        {actor == FAULT_ON_BALANCER && w->balancer.kind <= BALANCER_DNS, "kind",
         "there is no balancer that could reload",
         "balancer.kind haproxy-tcp, nginx-stream, haproxy-http or nginx-http"},
        {actor == FAULT_ON_STORE &&
             (w->balancer.kind == BALANCER_NONE || w->balancer.source != SERVERS_REDIS),
         "kind", "the servers have no store", "balancer.source redis"},
        {dies && !returns && !several, "for_s", "the fault would leave no server",
         "how long it lasts, or balancer.servers 2"},
        {returns && w->s->tls, "kind", "a server that starts again has another certificate",
         "no tls, or another kind"},
        {f->kind == FAULT_CLIENT_CRASH && w->s->send.workload != WORKLOAD_NONE, "kind",
         "clients that send do not crash", "send.workload none"},
    };
    return check_rules(w->s, at, rules, COUNT_OF(rules), e);
}

static bool overlap(const struct scenario *s, const struct scenario_fault *a,
                    const struct scenario_fault *b)
{
    return fault_kinds[a->kind].actor == fault_kinds[b->kind].actor &&
           a->at_s <= b->at_s + scenario_fault_lasts_s(s, b) &&
           b->at_s <= a->at_s + scenario_fault_lasts_s(s, a);
}

static int check_fault(const struct faulty *w, struct scenario_faults *list, size_t i,
                       struct err_text *e)
{
    struct scenario_fault *f = &list->list[i];
    struct rule rule = {false, "at_s", "", "faults of the same thing one after the other"};
    char at[80], what[80];
    size_t j = 0;
    int rc;

    snprintf(at, sizeof at, "%.40s[%zu]", w->at, i);
    rc = check_fault_keys(w, f, at, e);
    rc = rc < 0 ? rc : check_fault_place(w, f, at, e);
    if (rc < 0)
        return rc;
    if (fault_kinds[f->kind].has_percent && f->percent <= SCENARIO_UNSET)
        f->percent = 100;
    while (j < i && !overlap(w->s, f, &list->list[j]))
        j++;
    snprintf(what, sizeof what, "overlaps with faults[%zu]", j);
    rule.broken = j < i;
    rule.what = what;
    return check_rules(w->s, at, &rule, 1, e);
}

/* A row's own, or the scenario's in this row. */
static int check_faults(struct scenario *s, struct err_text *e)
{
    int rc = PL_OK;
    char at[40];

    for (size_t i = 0; rc == PL_OK && i < s->nrows; i++) {
        struct scenario_row *row = &s->rows[i];
        struct scenario_faults *list = row->faults.given ? &row->faults : &s->faults;
        struct faulty w = {.s = s, .at = list == &s->faults ? "faults" : at};

        snprintf(at, sizeof at, "rows[%zu].faults", i);
        scenario_balancer_of(&w.balancer, s, row);
        for (size_t k = 0; rc == PL_OK && k < list->n; k++)
            rc = check_fault(&w, list, k, e);
    }
    return rc;
}

static int check_rest(const struct scenario *s, struct err_text *e)
{
    size_t latest = count_names(s->latest);
    char picks[60];
    const struct rule rules[] = {
        {s->pick > (int64_t)latest, "pick", "is more than there are", picks},
        {s->ip == 5, "ip", "there is no version 5", "4 or 6"},
        {s->ip == 6 && s->source_addresses > 0, "source_addresses", "are IPv4 addresses",
         "no source_addresses when ip is 6"},
        {s->require.on_time > SCENARIO_UNSET && s->deadline_ms <= SCENARIO_UNSET, "require.on_time",
         "needs a deadline", "together with deadline_ms"},
    };

    snprintf(picks, sizeof picks, "1 to %zu, the names in latest", latest);
    return check_rules(s, "", rules, COUNT_OF(rules), e);
}

int scenario_check(struct scenario *s, struct err_text *e)
{
    static const double rates_hz[] = {SCENARIO_UNSET, 20, 4}; /* by workload */
    int rc = check_rooms(s, e);

    rc = rc < 0 ? rc : check_send(s, e);
    rc = rc < 0 ? rc : check_balancers(s, e);
    rc = rc < 0 ? rc : check_faults(s, e);
    rc = rc < 0 ? rc : check_rest(s, e);
    if (rc == PL_OK && s->send.rate_hz <= SCENARIO_UNSET)
        s->send.rate_hz = rates_hz[s->send.workload];
    return rc;
}

/* ---- all of it ---- */

static int complete_source(struct scenario *s, struct err_text *e)
{
    struct scenario_source *src = &s->source;
    const struct rule rule = {src->kind == SOURCE_TRACE && src->trace_file[0] == '\0',
                              "source.trace_file", "missing",
                              "a file of NDJSON when kind is trace"};

    scenario_path_beside(src->trace_path, s, src->trace_file);
    return check_rules(s, "", &rule, 1, e);
}

/* The name that the file name suggests: "bench/scenarios/standard.json" says "standard". */
static void name_from_path(struct scenario *s)
{
    const char *slash = strrchr(s->path, '/');
    const char *base = slash != NULL ? slash + 1 : s->path;
    size_t len = strlen(base);

    if (len > 5 && strcmp(base + len - 5, ".json") == 0)
        len -= 5;
    snprintf(s->name, sizeof s->name, "%.*s", (int)len, base);
    if (!scenario_is_name(s->name))
        snprintf(s->name, sizeof s->name, "scenario");
}

int scenario_complete(struct scenario *s, struct err_text *e)
{
    int rc = complete_rows(s, e);

    rc = rc < 0 ? rc : check_meaning(s, e);
    rc = rc < 0 ? rc : complete_source(s, e);
    rc = rc < 0 ? rc : scenario_check(s, e);
    if (s->name[0] == '\0')
        name_from_path(s);
    if (s->title[0] == '\0')
        snprintf(s->title, sizeof s->title, "%s", s->name);
    return rc;
}
