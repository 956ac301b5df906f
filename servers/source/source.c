#include "servers/source/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "servers/server.h"

/* Publishing over the API is always possible; "none" leaves it at that. */
static struct source *none_start(struct server *s, const char *arg, struct err_text *e)
{
    struct source *src = calloc(1, sizeof *src);

    (void)arg;
    if (src == NULL) {
        err_set(e, PL_ENOMEM, "--source: %s", pl_strerror(PL_ENOMEM));
        return NULL;
    }
    src->kind = &source_none;
    src->server = s;
    return src;
}

static void none_stop(struct source *src)
{
    free(src);
}

const struct source_kind source_none = {.name = "none", .start = none_start, .stop = none_stop};

const struct source_kind *const source_kinds[] = {
    &source_generator, &source_trace, &source_stdin,     &source_none,          &source_redis,
    &source_sports,    &source_game,  &source_dashboard, &source_notifications, NULL};

static bool matches(const struct source_kind *k, const char *spec)
{
    if (k->prefix != NULL)
        return strncmp(spec, k->prefix, strlen(k->prefix)) == 0;
    return strcmp(spec, k->name) == 0;
}

struct source *source_start(struct server *s, const char *spec, struct err_text *e)
{
    for (const struct source_kind *const *k = source_kinds; *k != NULL; k++) {
        if (matches(*k, spec))
            return (*k)->start(s, (*k)->prefix != NULL ? spec + strlen((*k)->prefix) : spec, e);
    }
    err_set(
        e, PL_EINVAL,
        "--source: '%s' is no source; accepted: generator, trace:FILE, - (stdin), none, sports, "
        "game, dashboard, notifications, redis://HOST:PORT/KEY",
        spec);
    return NULL;
}

void source_stop(struct source *src)
{
    if (src != NULL)
        src->kind->stop(src);
}
