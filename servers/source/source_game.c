/* --source game: the state of every room, tick by tick (arena.h). */
#include "servers/model/arena.h"
#include "servers/source/player.h"
#include "servers/server.h"

static struct source *game_start(struct server *s, const char *arg, struct err_text *e)
{
    const struct server_options *o = s->options;
    struct model *arena;

    (void)arg;
    if (o->rooms > o->max_channels) {
        err_set(e, PL_EINVAL, "--rooms: %lld are more channels than --max-channels allows (%lld)",
                (long long)o->rooms, (long long)o->max_channels);
        return NULL;
    }
    arena =
        arena_new((uint64_t)o->seed, (unsigned)o->rooms, (unsigned)o->room_size, o->tick_rate_hz);
    return player_start(&source_game, s, arena, 1, e);
}

const struct source_kind source_game = {.name = "game", .start = game_start, .stop = player_stop};
