/* --source sports: a match, ball by ball (match.h). */
#include "servers/model/match.h"
#include "servers/source/player.h"
#include "servers/server.h"

static struct source *sports_start(struct server *s, const char *arg, struct err_text *e)
{
    const struct server_options *o = s->options;

    (void)arg;
    return player_start(&source_sports, s, match_new((uint64_t)o->seed), o->source_speed, e);
}

const struct source_kind source_sports = {
    .name = "sports", .start = sports_start, .stop = player_stop};
