#include "servers/model/arena.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/fields.h"

enum { TEXT_HEAD_BYTES = 64, TEXT_PLAYER_BYTES = 160 /* one player and its hit, at most */ };

/* Begin to run to another place, uniformly chosen. */
static void player_set_out(const struct arena *a, struct rng *r, struct arena_player *p)
{
    double dx = rng_uniform(r) * ARENA_WIDTH_CM - p->x_cm;
    double dy = rng_uniform(r) * ARENA_HEIGHT_CM - p->y_cm;
    double direction_rad = atan2(dy, dx);
    double step_cm = ARENA_SPEED_CM_S / a->tick_hz;

    p->step_x_cm = step_cm * cos(direction_rad);
    p->step_y_cm = step_cm * sin(direction_rad);
    p->steps_left = floor(hypot(dx, dy) / step_cm);
    p->direction_deg = (unsigned)lround(direction_rad * 180 / M_PI + 360) % 360;
}

static void player_spawn(const struct arena *a, struct rng *r, struct arena_player *p)
{
    p->x_cm = rng_uniform(r) * ARENA_WIDTH_CM;
    p->y_cm = rng_uniform(r) * ARENA_HEIGHT_CM;
    p->hp = ARENA_HP;
    player_set_out(a, r, p);
}

static void player_move(const struct arena *a, struct rng *r, struct arena_player *p)
{
    if (p->steps_left < 1) {
        player_set_out(a, r, p);
        return; /* a turn takes a tick */
    }
    p->steps_left--;
    p->x_cm += p->step_x_cm;
    p->y_cm += p->step_y_cm;
}

#define PUT(at, text) field_put((at), FIELD_KEY(text))

static char *put_member(char *at, const char *key, size_t key_len, uint64_t value)
{
    return field_put_u64(field_put(at, key, key_len), value);
}

static char *put_player(char *at, unsigned id, const struct arena_player *p)
{
    at = put_member(at, FIELD_KEY("{\"id\":"), id);
    at = put_member(at, FIELD_KEY(",\"x\":"), (uint64_t)p->x_cm);
    at = put_member(at, FIELD_KEY(",\"y\":"), (uint64_t)p->y_cm);
    at = put_member(at, FIELD_KEY(",\"dir\":"), p->direction_deg);
    at = put_member(at, FIELD_KEY(",\"hp\":"), p->hp);
    at = put_member(at, FIELD_KEY(",\"kills\":"), p->kills);
    return PUT(at, "}");
}

/* Player by hits another one; write that down. */
static char *room_hit(const struct arena *a, struct arena_room *room, unsigned by, char *at)
{
    unsigned other = (unsigned)(rng_uniform(&room->rng) * (a->nplayers - 1));
    unsigned on = other + (other >= by);
    unsigned damage = ARENA_DAMAGE_MIN + (unsigned)(rng_uniform(&room->rng) *
                                                    (ARENA_DAMAGE_MAX - ARENA_DAMAGE_MIN + 1));
    struct arena_player *victim = &room->players[on];

    at = put_member(at, FIELD_KEY("{\"by\":"), by);
    at = put_member(at, FIELD_KEY(",\"on\":"), on);
    at = put_member(at, FIELD_KEY(",\"damage\":"), damage);
    if (victim->hp > damage) {
        victim->hp -= damage;
        return PUT(at, "},");
    }
    room->players[by].kills++;
    player_spawn(a, &room->rng, victim);
    return PUT(at, ",\"killed\":true},");
}

static char *room_hits(const struct arena *a, struct arena_room *room, char *at)
{
    char *start = at;

    for (unsigned i = 0; i < a->nplayers && a->nplayers > 1; i++) {
        if (rng_uniform(&room->rng) < a->hit_chance)
            at = room_hit(a, room, i, at);
    }
    return at == start ? at : at - 1; /* without the last comma */
}

static size_t room_tick(const struct arena *a, struct arena_room *room, char *text)
{
    char *at = put_member(text, FIELD_KEY("{\"tick\":"), ++room->tick);

    for (unsigned i = 0; i < a->nplayers; i++)
        player_move(a, &room->rng, &room->players[i]);
    at = PUT(at, ",\"hits\":[");
    at = room_hits(a, room, at);
    at = PUT(at, "],\"players\":[");
    for (unsigned i = 0; i < a->nplayers; i++) {
        at = put_player(at, i, &room->players[i]);
        *at++ = ',';
    }
    at = PUT(at - 1, "]}");
    return (size_t)(at - text);
}

static void arena_next(struct model *model, struct post *out)
{
    struct arena *a = (struct arena *)model;
    struct arena_room *room = &a->rooms[a->posted++ % a->nrooms];

    *out = (struct post){
        .channel = {room->channel, strlen(room->channel)},
        .key = MODEL_NAME("state"),
        .data = a->text,
        .data_len = room_tick(a, room, a->text),
    };
    model->due_ns = (int64_t)((double)a->posted * 1e9 / (a->tick_hz * a->nrooms));
}

static void arena_release(struct model *model)
{
    struct arena *a = (struct arena *)model;

    free(a->rooms);
    free(a->players);
    free(a->text);
}

/* Seeds are below 2^53: the bits above that are the room's number. */
static void room_init(const struct arena *a, unsigned k, uint64_t seed)
{
    struct arena_room *room = &a->rooms[k];

    rng_seed(&room->rng, seed | (uint64_t)k << 53);
    snprintf(room->channel, sizeof room->channel, "room-%u", k);
    room->players = a->players + (size_t)k * a->nplayers;
    for (unsigned i = 0; i < a->nplayers; i++)
        player_spawn(a, &room->rng, &room->players[i]);
}

struct model *arena_new(uint64_t seed, unsigned rooms, unsigned players, double tick_hz)
{
    struct arena *a = calloc(1, sizeof *a);

    if (a == NULL)
        return NULL;
    a->model = (struct model){.next = arena_next, .release = arena_release};
    a->nrooms = rooms;
    a->nplayers = players;
    a->tick_hz = tick_hz;
    a->hit_chance = -expm1(-ARENA_HITS_HZ / tick_hz);
    a->rooms = calloc(rooms, sizeof *a->rooms);
    a->players = calloc((size_t)rooms * players, sizeof *a->players);
    a->text = malloc(TEXT_HEAD_BYTES + (size_t)players * TEXT_PLAYER_BYTES);
    if (a->rooms == NULL || a->players == NULL || a->text == NULL) {
        model_free(&a->model);
        return NULL;
    }
    for (unsigned k = 0; k < rooms; k++)
        room_init(a, k, seed);
    return &a->model;
}
