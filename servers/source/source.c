#include "servers/source/source.h"

#include <stdlib.h>
#include <string.h>

#include "servers/model/arena.h"
#include "servers/model/gauges.h"
#include "servers/model/generator.h"
#include "servers/model/inbox.h"
#include "servers/model/match.h"
#include "servers/redis/redis_source.h"
#include "servers/source/player.h"
#include "servers/source/trace.h"

/* What starting a source takes, and where the line goes that says why it can't be. */
struct start {
    struct publisher *publisher;
    const struct source_options *options;
    const char *arg; /* what follows the kind's prefix */
    struct err_text *e;
};

static struct source *play(const struct start *s, struct model *model, double speed)
{
    struct player_options o = {.model = model, .speed = speed};

    return player_start(s->publisher, &o, s->e);
}

static struct arrivals arrivals_of(const struct source_options *o)
{
    struct arrivals arrivals;

    arrivals_init(&arrivals, o->pattern, o->rate_hz, o->burst_on_ns, o->burst_off_ns);
    return arrivals;
}

static struct source *generator_start(const struct start *s)
{
    const struct source_options *o = s->options;
    struct arrivals arrivals = arrivals_of(o);
    struct source_settings settings = {o->rate_hz, o->pattern, o->burst_on_ns, o->burst_off_ns,
                                       o->payload_bytes};
    struct player_options player = {
        .model = generator_new((uint64_t)o->seed, &arrivals, (size_t)o->payload_bytes),
        .speed = 1,
        .start_ns = o->start_ns,
        .settings = &settings};

    return player_start(s->publisher, &player, s->e);
}

static struct source *trace_start(const struct start *s)
{
    struct err_text reason;
    struct model *trace = trace_load(s->arg, s->options->trace_loop, &reason);

    if (trace != NULL)
        return play(s, trace, s->options->trace_speed);
    err_set(s->e, PL_EINVAL, "--source: trace:%.280s", reason.text);
    return NULL;
}

static struct source *stdin_lines_start(const struct start *s)
{
    return stdin_start(s->publisher, s->options->max_line_bytes, s->e);
}

static void none_stop(struct source *src)
{
    free(src);
}

/* Publishing over the API is always possible; "none" leaves it at that. */
static struct source *none_start(const struct start *s)
{
    static const struct source_ops ops = {.stop = none_stop};
    struct source *src = calloc(1, sizeof *src);

    if (src != NULL)
        *src = (struct source){.ops = &ops, .publisher = s->publisher};
    return src;
}

static struct source *redis_start(const struct start *s)
{
    return redis_source_start(s->publisher, s->arg, s->options->log_history, s->e);
}

/* A match, ball by ball. */
static struct source *sports_start(const struct start *s)
{
    return play(s, match_new((uint64_t)s->options->seed), s->options->speed);
}

/* The state of every room, tick by tick. */
static struct source *game_start(const struct start *s)
{
    const struct source_options *o = s->options;
    long long channels_max = (long long)s->publisher->hub->limits.channels;

    if (o->rooms <= channels_max)
        return play(s,
                    arena_new((uint64_t)o->seed, (unsigned)o->rooms, (unsigned)o->room_size,
                              o->tick_rate_hz),
                    1);
    err_set(s->e, PL_EINVAL, "--rooms: %lld are more channels than --max-channels allows (%lld)",
            (long long)o->rooms, channels_max);
    return NULL;
}

/* Twelve gauges, each at its own rate. */
static struct source *dashboard_start(const struct start *s)
{
    return play(s, gauges_new((uint64_t)s->options->seed), s->options->speed);
}

/* To everyone, at --rate and in --pattern. */
static struct source *notifications_start(const struct start *s)
{
    struct arrivals arrivals = arrivals_of(s->options);

    return play(s, inbox_new((uint64_t)s->options->seed, &arrivals), 1);
}

/* The only list. */
static const struct source_kind {
    const char *name;   /* the word of --source */
    const char *prefix; /* when an argument follows; NULL: the word alone */
    struct source *(*start)(const struct start *s); /* NULL: s->e says why, or no memory */
} kinds[] = {
    {"generator", NULL, generator_start},
    {"trace", "trace:", trace_start},
    {"-", NULL, stdin_lines_start},
    {"none", NULL, none_start},
    {"redis", "redis://", redis_start},
    {"sports", NULL, sports_start},
    {"game", NULL, game_start},
    {"dashboard", NULL, dashboard_start},
    {"notifications", NULL, notifications_start},
};

/* What follows the prefix; NULL: spec is of another kind. */
static const char *kind_argument(const struct source_kind *k, const char *spec)
{
    size_t len = k->prefix != NULL ? strlen(k->prefix) : 0;

    if (k->prefix == NULL)
        return strcmp(spec, k->name) == 0 ? spec : NULL;
    return strncmp(spec, k->prefix, len) == 0 ? spec + len : NULL;
}

struct source *source_start(struct publisher *pub, const char *spec, const struct source_options *o,
                            struct err_text *e)
{
    struct start start = {.publisher = pub, .options = o, .e = e};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct source *src;

        start.arg = kind_argument(&kinds[i], spec);
        if (start.arg == NULL)
            continue;
        err_set(e, PL_ENOMEM, "--source: %s", pl_strerror(PL_ENOMEM)); /* if nothing else is said */
        src = kinds[i].start(&start);
        if (src != NULL)
            src->name = kinds[i].name;
        return src;
    }
    err_set(
        e, PL_EINVAL,
        "--source: '%s' is no source; accepted: generator, trace:FILE, - (stdin), none, sports, "
        "game, dashboard, notifications, redis://HOST:PORT/KEY",
        spec);
    return NULL;
}
