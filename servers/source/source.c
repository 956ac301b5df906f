#include "servers/source/source.h"

#include <stdio.h>
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

/* What a kind of source is started with. */
struct start {
    struct publisher *publisher;
    const struct source_options *options;
    const char *arg; /* what follows the kind's prefix */
    struct err_text *e;
    struct player_options player; /* what is not as for other models */
};

static struct model *generator(struct start *s)
{
    const struct source_options *o = s->options;
    struct arrivals arrivals = player_arrivals(&o->settings);

    s->player.start_ns = o->start_ns;
    s->player.resume_after_ns = o->resume_after_ns;
    s->player.settings = &o->settings;
    return generator_new((uint64_t)o->seed, &arrivals, (size_t)o->settings.payload_bytes);
}

static struct model *trace(struct start *s)
{
    struct err_text reason;
    struct model *model = trace_load(s->arg, s->options->trace_loop, &reason);

    s->player.speed = s->options->trace_speed;
    if (model == NULL)
        err_set(s->e, PL_EINVAL, "--source: trace:%.280s", reason.text);
    return model;
}

/* A match, ball by ball. */
static struct model *sports(struct start *s)
{
    s->player.speed = s->options->speed;
    return match_new((uint64_t)s->options->seed);
}

/* The state of every room, tick by tick. */
static struct model *game(struct start *s)
{
    const struct source_options *o = s->options;
    int64_t channels_max = (int64_t)s->publisher->hub->limits.channels;

    if (o->rooms <= channels_max)
        return arena_new((uint64_t)o->seed, (unsigned)o->rooms, (unsigned)o->room_size,
                         o->tick_rate_hz);
    err_set(s->e, PL_EINVAL, "--rooms: %lld are more channels than --max-channels allows (%lld)",
            (long long)o->rooms, (long long)channels_max);
    return NULL;
}

/* Twelve gauges, each at its own rate. */
static struct model *dashboard(struct start *s)
{
    s->player.speed = s->options->speed;
    return gauges_new((uint64_t)s->options->seed);
}

/* Notifications for all, at --rate and in --pattern. */
static struct model *notifications(struct start *s)
{
    struct arrivals arrivals = player_arrivals(&s->options->settings);

    return inbox_new((uint64_t)s->options->seed, &arrivals);
}

static void none_stop(struct source *src)
{
    free(src);
}

/* Only clients publish. */
static struct source *none_start(struct start *s)
{
    static const struct source_ops ops = {.stop = none_stop};
    struct source *src = calloc(1, sizeof *src);

    if (src != NULL)
        *src = (struct source){.ops = &ops, .publisher = s->publisher};
    return src;
}

static struct source *lines_start(struct start *s)
{
    return stdin_start(s->publisher, s->options->max_line_bytes, s->e);
}

static struct source *redis_start(struct start *s)
{
    return redis_source_start(s->publisher, s->arg, s->options->log_history, s->e);
}

/* The only list. A kind either has a model, which is played, or starts by itself. On failure s->e
 * says why, or there was no memory. */
static const struct source_kind {
    const char *name;   /* the word of --source */
    const char *prefix; /* when an argument follows; NULL: the word alone */
    struct model *(*model)(struct start *s);
    struct source *(*start)(struct start *s);
} kinds[] = {
    {"generator", NULL, generator, NULL},
    {"trace", "trace:", trace, NULL},
    {"-", NULL, NULL, lines_start},
    {"none", NULL, NULL, none_start},
    {"redis", "redis://", NULL, redis_start},
    {"sports", NULL, sports, NULL},
    {"game", NULL, game, NULL},
    {"dashboard", NULL, dashboard, NULL},
    {"notifications", NULL, notifications, NULL},
};

/* What follows the prefix; NULL: spec is of another kind. */
static const char *kind_argument(const struct source_kind *k, const char *spec)
{
    size_t len = k->prefix != NULL ? strlen(k->prefix) : 0;

    if (k->prefix == NULL)
        return strcmp(spec, k->name) == 0 ? spec : NULL;
    return strncmp(spec, k->prefix, len) == 0 ? spec + len : NULL;
}

static struct source *kind_start(const struct source_kind *k, struct start *s)
{
    struct source *src = NULL;

    err_set(s->e, PL_ENOMEM, "--source: %s", pl_strerror(PL_ENOMEM)); /* unless it is replaced */
    if (k->model != NULL)
        s->player.model = k->model(s);
    if (s->player.model != NULL)
        src = player_start(s->publisher, &s->player, s->e);
    else if (k->start != NULL)
        src = k->start(s);
    if (src != NULL)
        src->name = k->name;
    return src;
}

struct source *source_start(struct publisher *pub, const char *spec, const struct source_options *o,
                            struct err_text *e)
{
    struct start start = {
        .publisher = pub, .options = o, .e = e, .player = {.speed = 1, .stamp = o->stamp}};

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        start.arg = kind_argument(&kinds[i], spec);
        if (start.arg != NULL)
            return kind_start(&kinds[i], &start);
    }
    err_set(
        e, PL_EINVAL,
        "--source: '%s' is not a source; accepted: generator, trace:FILE, - (stdin), none, sports, "
        "game, dashboard, notifications, redis://HOST:PORT/KEY",
        spec);
    return NULL;
}

bool source_epoch(char epoch[EPOCH_CHARS + 1], const char *spec, const struct source_options *o,
                  int64_t now_ns)
{
    const struct source_settings *s = &o->settings;
    char text[256];
    int len;

    if (strcmp(spec, "generator") != 0 || o->start_ns == 0 ||
        now_ns - o->start_ns > PACER_STALL_MAX_NS)
        return false;
    len = snprintf(text, sizeof text, "%lld %lld %.17g %d %lld %lld %lld", (long long)o->seed,
                   (long long)o->start_ns, s->rate_hz, s->pattern, (long long)s->burst_on_ns,
                   (long long)s->burst_off_ns, (long long)s->payload_bytes);
    epoch_of_text(epoch, text, (size_t)len);
    return true;
}
