/* Rooms of a top-down shooter: players run from place to place and hit each other; every room
 * posts its whole state at every tick. The model behind --source game. State of room K goes to
 * channel room-K under the key "state" (docs/sources.md shows one); players send what they
 * do to room-K/inputs, which this model ignores. Rooms tick in turn, spread over a tick
 * time, and each room's ticks depend on the seed and K alone. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "servers/model/model.h"
#include "lib/base/rng.h"

enum {
    ARENA_WIDTH_CM = 6000,
    ARENA_HEIGHT_CM = 4000,
    ARENA_SPEED_CM_S = 500,
    ARENA_HP = 100,
    ARENA_DAMAGE_MIN = 10, /* of a hit, uniform up to max */
    ARENA_DAMAGE_MAX = 40,
    ARENA_ROOMS_MAX = 1024
};
#define ARENA_HITS_HZ 0.5 /* landed by each player who is not alone, a Poisson process */

struct arena_player {
    double x_cm, y_cm;
    double step_x_cm, step_y_cm;
    double steps_left; /* to where it runs */
    unsigned direction_deg, hp, kills;
};

struct arena_room {
    struct rng rng;
    char channel[16];
    uint64_t tick; /* from 1 */
    struct arena_player *players;
};

struct arena {
    struct model model; /* first */
    unsigned nrooms, nplayers;
    double tick_hz;
    double hit_chance; /* of one player in one tick */
    uint64_t posted;   /* by all rooms */
    struct arena_room *rooms;
    struct arena_player *players; /* of all rooms */
    char *text;                   /* the latest post's data */
};

/* 1 to ARENA_ROOMS_MAX rooms, at least one player, tick_hz > 0; seed < 2^53. NULL: no memory. */
struct model *arena_new(uint64_t seed, unsigned rooms, unsigned players, double tick_hz);
