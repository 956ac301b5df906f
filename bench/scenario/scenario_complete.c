/* What depends on other keys: defaults of rows, their ids, the trace's path, the name. */
#include "bench/scenario/scenario_keys.h"

#include <stdio.h>
#include <string.h>

#include "bench/scenario/scenario.h"
#include "lib/proto/transport_info.h"

/* Two keys of one row that do not go together, or one that is missing. */
static int check_row(struct scenario_row *r, const struct scenario_place *p, struct err_text *e)
{
    const struct transport_info *t;
    struct scenario_place at = *p;

    if (r->transport < 0) {
        char accepted[200];

        at = scenario_place_below(p, "transport");
        scenario_list_choices(
            accepted, sizeof accepted,
            scenario_key_find(scenario_key_find(scenario_keys, "rows")->inner, "transport")
                ->choices);
        return scenario_refuse(&at, "missing", accepted, e);
    }
    t = &transport_infos[r->transport];
    if (r->connection == CONNECTION_CLOSE && !transport_info_polls(t)) {
        at = scenario_place_below(p, "connection");
        return scenario_refuse(&at, "only short-poll and long-poll can close after each response",
                               "keep-alive", e);
    }
    if (r->interval_ms != SCENARIO_UNSET && t->way != TRANSPORT_WAY_SHORT_POLL) {
        at = scenario_place_below(p, "interval_ms");
        return scenario_refuse(&at, "only short-poll has an interval", "no interval_ms here", e);
    }
    if (r->hold_ms != SCENARIO_UNSET && t->way != TRANSPORT_WAY_LONG_POLL) {
        at = scenario_place_below(p, "hold_ms");
        return scenario_refuse(&at, "only long-poll is held", "no hold_ms here", e);
    }
    if (t->way == TRANSPORT_WAY_SHORT_POLL && r->interval_ms == SCENARIO_UNSET)
        r->interval_ms = 1000;
    if (t->way == TRANSPORT_WAY_LONG_POLL && r->hold_ms == SCENARIO_UNSET)
        r->hold_ms = 25000;
    return PL_OK;
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
    bool own_kind = r->balancer.kind >= 0;
    int n;

    if (r->id[0] != '\0')
        return;
    n = snprintf(r->id, sizeof r->id, "%s%s%s%s%s",
                 own_kind ? scenario_balancer_kind_name(r->balancer.kind) : "", own_kind ? "." : "",
                 transport_names[r->transport], r->connection == CONNECTION_CLOSE ? "+close" : "",
                 r->tls_resume ? "" : "+no-resume");
    if (with_interval && r->interval_ms != SCENARIO_UNSET)
        snprintf(r->id + n, sizeof r->id - (size_t)n, "@%lldms", (long long)r->interval_ms);
}

static int check_ids(const struct scenario *s, struct err_text *e)
{
    for (size_t i = 0; i < s->nrows; i++) {
        for (size_t j = 0; j < i; j++) {
            struct scenario_place p = {.path = s->path};
            char what[120];

            if (strcmp(s->rows[i].id, s->rows[j].id) != 0)
                continue;
            snprintf(p.at, sizeof p.at, "rows[%zu].id", i);
            snprintf(what, sizeof what, "'%s' is already rows[%zu]", s->rows[i].id, j);
            return scenario_refuse(&p, what, "an id of its own", e);
        }
    }
    return PL_OK;
}

static int complete_rows(struct scenario *s, struct err_text *e)
{
    struct scenario_place p = {.path = s->path};
    bool several;

    if (s->nrows == 0) {
        snprintf(p.at, sizeof p.at, "rows");
        return scenario_refuse(&p, "missing", "a list of 1 to 64 objects", e);
    }
    for (size_t i = 0; i < s->nrows; i++) {
        int rc;

        snprintf(p.at, sizeof p.at, "rows[%zu]", i);
        rc = check_row(&s->rows[i], &p, e);
        if (rc < 0)
            return rc;
    }
    several = has_several_intervals(s);
    for (size_t i = 0; i < s->nrows; i++)
        name_row(&s->rows[i], several);
    return check_ids(s, e);
}

void scenario_path_beside(char out[SCENARIO_PATH_BYTES], const struct scenario *s, const char *name)
{
    const char *slash = strrchr(s->path, '/');
    int folder_len = slash == NULL || name[0] == '/' ? 0 : (int)(slash - s->path) + 1;

    snprintf(out, SCENARIO_PATH_BYTES, "%.*s%s", folder_len, s->path, name);
}

static int complete_source(struct scenario *s, struct err_text *e)
{
    struct scenario_place p = {.path = s->path, .at = "source.trace_file"};
    struct scenario_source *src = &s->source;

    if (src->kind == SOURCE_TRACE && src->trace_file[0] == '\0')
        return scenario_refuse(&p, "missing", "a file of NDJSON when kind is trace", e);
    scenario_path_beside(src->trace_path, s, src->trace_file);
    return PL_OK;
}

/* The name that the file name suggests: "bench/scenarios/standard.json" says "standard". */
static void name_from_path(struct scenario *s)
{
    const char *slash = strrchr(s->path, '/');
    const char *base = slash != NULL ? slash + 1 : s->path;
    size_t len = strlen(base);

    if (len > 5 && strcmp(base + len - 5, ".json") == 0)
        len -= 5;
    if (len >= sizeof s->name)
        len = sizeof s->name - 1;
    memcpy(s->name, base, len);
    s->name[len] = '\0';
    if (!scenario_is_name(s->name))
        snprintf(s->name, sizeof s->name, "scenario");
}

/* The neighbour whose choice gives a key its meaning. */
static const struct scenario_key *chooser_of(const struct scenario_key *keys,
                                             const struct scenario_key *k)
{
    while (keys->kind != KEY_CHOICE || keys->offset != k->when)
        keys++;
    return keys;
}

/* A key that was given for another choice: whoever wrote it expects something. */
static int refuse_meaningless(const struct scenario *s, const char *section,
                              const struct scenario_key *keys, const struct scenario_key *k,
                              struct err_text *e)
{
    const struct scenario_key *chooser = chooser_of(keys, k);
    struct scenario_place p = {.path = s->path};
    char what[80], accepted[200];
    size_t len;

    snprintf(p.at, sizeof p.at, "%s.%s", section, k->name);
    snprintf(what, sizeof what, "has no meaning with %s %s", chooser->name,
             chooser->choices[*(const int *)((const char *)s + k->when)]);
    len = (size_t)snprintf(accepted, sizeof accepted, "%s ", chooser->name);
    for (int i = 0, n = 0; chooser->choices[i] != NULL; i++)
        if (k->when_choices >> i & 1)
            len += (size_t)snprintf(accepted + len, sizeof accepted - len, "%s%s",
                                    n++ > 0 ? " or " : "", chooser->choices[i]);
    snprintf(accepted + len, sizeof accepted - len, ", or no %s", k->name);
    return scenario_refuse(&p, what, accepted, e);
}

static int check_meaning(const struct scenario *s, struct err_text *e)
{
    for (const struct scenario_key *section = scenario_keys; section->name != NULL; section++) {
        const cJSON *given = cJSON_GetObjectItemCaseSensitive(s->supplied, section->name);

        if (section->kind != KEY_OBJECT || given == NULL)
            continue;
        for (const struct scenario_key *k = section->inner; k->name != NULL; k++)
            if (!scenario_key_applies(s, k) &&
                cJSON_GetObjectItemCaseSensitive(given, k->name) != NULL)
                return refuse_meaningless(s, section->name, section->inner, k, e);
    }
    return PL_OK;
}

int scenario_complete(struct scenario *s, struct err_text *e)
{
    int rc = complete_rows(s, e);

    if (rc == PL_OK)
        rc = check_meaning(s, e);
    if (rc == PL_OK)
        rc = complete_source(s, e);
    if (rc == PL_OK)
        rc = scenario_check(s, e);
    if (s->name[0] == '\0')
        name_from_path(s);
    if (s->title[0] == '\0')
        snprintf(s->title, sizeof s->title, "%s", s->name);
    return rc;
}
