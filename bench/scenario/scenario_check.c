/* What must go together once every key has its value, whoever gave it. */
#include "bench/scenario/scenario.h"

#include <stdio.h>
#include <string.h>

#include "bench/scenario/scenario_keys.h"

int64_t scenario_rooms(const struct scenario *s)
{
    if (s->source.rooms != SCENARIO_UNSET || s->room_size == SCENARIO_UNSET)
        return s->source.rooms;
    return (s->clients + s->room_size - 1) / s->room_size;
}

static int refuse(const struct scenario *s, const char *at, const char *what, const char *accepted,
                  struct err_text *e)
{
    struct scenario_place p = {.path = s->path};

    snprintf(p.at, sizeof p.at, "%s", at);
    return scenario_refuse(&p, what, accepted, e);
}

static size_t count_names(const char *list)
{
    size_t n = list[0] != '\0';

    for (; *list != '\0'; list++)
        n += *list == ',';
    return n;
}

/* A client in a room that the game's server doesn't have would wait in vain. */
static int check_rooms(const struct scenario *s, struct err_text *e)
{
    char what[120], accepted[60];
    int64_t needed;

    if (s->source.kind != SOURCE_GAME)
        return PL_OK;
    if (s->room_size == SCENARIO_UNSET)
        return refuse(s, "room_size", "missing", "the players of a room when source.kind is game",
                      e);
    needed = (s->clients + s->room_size - 1) / s->room_size;
    if (scenario_rooms(s) >= needed)
        return PL_OK;
    snprintf(what, sizeof what, "%lld of %lld players are too few for %lld clients",
             (long long)s->source.rooms, (long long)s->room_size, (long long)s->clients);
    snprintf(accepted, sizeof accepted, "%lld or more, or none for as many as needed",
             (long long)needed);
    return refuse(s, "source.rooms", what, accepted, e);
}

static int check_send(const struct scenario *s, struct err_text *e)
{
    if (s->source.kind == SOURCE_NONE && s->send.workload == WORKLOAD_NONE)
        return refuse(s, "source.kind", "with none, nobody publishes",
                      "another, or clients that do: send.workload", e);
    if (s->send.workload == WORKLOAD_EDITS && s->send.channel[0] == '\0')
        return refuse(s, "send.channel", "missing", "a name, such as doc, when workload is edits",
                      e);
    if (count_names(s->send.channel) > 1)
        return refuse(s, "send.channel", "is a list", "one name", e);
    return PL_OK;
}

int scenario_check(struct scenario *s, struct err_text *e)
{
    static const double rates_hz[] = {SCENARIO_UNSET, 20, 4}; /* by workload */
    char accepted[60];
    int rc = check_rooms(s, e);

    if (rc == PL_OK)
        rc = check_send(s, e);
    if (rc < 0)
        return rc;
    rc = scenario_check_balancers(s, e);
    if (rc < 0)
        return rc;
    if (s->send.rate_hz <= SCENARIO_UNSET)
        s->send.rate_hz = rates_hz[s->send.workload];
    snprintf(accepted, sizeof accepted, "1 to %zu, the names in latest", count_names(s->latest));
    if (s->pick > (int64_t)count_names(s->latest))
        return refuse(s, "pick", "is more than there are", accepted, e);
    if (s->require.on_time > SCENARIO_UNSET && s->deadline_ms <= SCENARIO_UNSET)
        return refuse(s, "require.on_time", "on time by when?", "together with deadline_ms", e);
    return PL_OK;
}
