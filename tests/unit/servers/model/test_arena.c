/* servers/model/arena.c: players stay inside and at their speed, hits come at their rate and add up
 * to what is left of everyone. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "servers/model/arena.h"
#include "tests/unit/servers/model/model_fixture.h"

enum { PLAYERS = 8, ROOMS = 3 };

static double number_of(const cJSON *o, const char *name)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(o, name);

    ck_assert_msg(cJSON_IsNumber(value), "no number %s", name);
    return value->valuedouble;
}

static const cJSON *list_of(const struct played *p, const char *name)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(p->data, name);

    ck_assert(cJSON_IsArray(list));
    return list;
}

START_TEST(rooms_tick_in_turn_spread_over_a_tick_time)
{
    struct model *m = arena_new(1, ROOMS, PLAYERS, 20);

    for (int i = 0; i < 3000; i++) {
        struct played p = model_play(m);
        char channel[16];

        snprintf(channel, sizeof channel, "room-%d", i % ROOMS);
        ck_assert(played_in(&p, channel));
        ck_assert(name_equal(p.post.key, MODEL_NAME("state")));
        ck_assert_double_eq(played_number(&p, "tick"), i / ROOMS + 1);
        /* Exactly, however long it runs: to the nanosecond below. */
        ck_assert_int_eq(p.at_ns, (int64_t)i * 1000000000 / (20 * ROOMS));
        played_free(&p);
    }
    model_free(m);
}
END_TEST

struct person {
    double x, y, hp, kills;
};

/* Those who were spawned again stand elsewhere: how often that was is the caller's to count. */
static void expect_step(const struct person *before, const struct person *now, double step_cm,
                        int *jumps)
{
    double moved_cm = hypot(now->x - before->x, now->y - before->y);

    ck_assert(now->x >= 0 && now->x <= ARENA_WIDTH_CM);
    ck_assert(now->y >= 0 && now->y <= ARENA_HEIGHT_CM);
    *jumps += moved_cm > step_cm + 1.5; /* told in whole centimetres */
}

static struct person person_of(const cJSON *o)
{
    return (struct person){number_of(o, "x"), number_of(o, "y"), number_of(o, "hp"),
                           number_of(o, "kills")};
}

START_TEST(players_run_at_their_speed_and_stay_inside)
{
    struct model *m = arena_new(2, 1, PLAYERS, 30);
    struct person before[PLAYERS];
    int jumps = 0, killed = 0;
    double kills = 0;

    for (int tick = 0; tick < 2500; tick++) {
        struct played p = model_play(m);
        const cJSON *hit, *o;
        int i = 0;

        cJSON_ArrayForEach(hit, list_of(&p, "hits")) killed += cJSON_HasObjectItem(hit, "killed");
        kills = 0;
        cJSON_ArrayForEach(o, list_of(&p, "players"))
        {
            struct person now = person_of(o);

            ck_assert_double_eq(number_of(o, "id"), i);
            if (tick > 0)
                expect_step(&before[i], &now, ARENA_SPEED_CM_S / 30.0, &jumps);
            kills += now.kills;
            before[i++] = now;
        }
        ck_assert_int_eq(i, PLAYERS);
        played_free(&p);
    }
    ck_assert_int_gt(killed, 40);
    ck_assert_double_eq(kills, killed);
    ck_assert_int_le(jumps, killed);          /* nobody flies */
    ck_assert_int_ge(jumps, killed * 9 / 10); /* few wake up where they fell */
    model_free(m);
}
END_TEST

static void take_hits(const struct played *p, double hp[PLAYERS])
{
    const cJSON *hit, *o;

    cJSON_ArrayForEach(hit, list_of(p, "hits"))
    {
        int on = (int)number_of(hit, "on");
        double damage = number_of(hit, "damage");

        ck_assert_double_ne(number_of(hit, "by"), on);
        ck_assert(damage >= ARENA_DAMAGE_MIN && damage <= ARENA_DAMAGE_MAX);
        ck_assert_int_eq(hp[on] <= damage, cJSON_HasObjectItem(hit, "killed"));
        hp[on] = hp[on] > damage ? hp[on] - damage : ARENA_HP;
    }
    cJSON_ArrayForEach(o, list_of(p, "players"))
        ck_assert_double_eq(number_of(o, "hp"), hp[(int)number_of(o, "id")]);
}

START_TEST(hits_add_up_to_everyones_health)
{
    struct model *m = arena_new(3, 1, PLAYERS, 25);
    double hp[PLAYERS];

    for (int i = 0; i < PLAYERS; i++)
        hp[i] = ARENA_HP;
    for (int tick = 0; tick < 2000; tick++) {
        struct played p = model_play(m);

        take_hits(&p, hp);
        played_free(&p);
    }
    model_free(m);
}
END_TEST

static int count_in(const struct post *p, const char *text)
{
    const char *at = p->data, *end = p->data + p->data_len;
    int n = 0;

    for (; (at = memmem(at, (size_t)(end - at), text, strlen(text))) != NULL; at++)
        n++;
    return n;
}

/* In every tick each player lands a hit with the chance that a Poisson process has of not
 * being silent in it; five standard errors. */
START_TEST(hits_come_at_their_rate)
{
    enum { TICKS = 100000 };
    double chance = 1 - exp(-ARENA_HITS_HZ / 25), mean = TICKS * PLAYERS * chance;
    struct model *m = arena_new(3, 1, PLAYERS, 25);
    int hits = 0;

    for (int tick = 0; tick < TICKS; tick++) {
        struct post p;

        m->next(m, &p);
        hits += count_in(&p, "\"by\":");
    }
    ck_assert_double_eq_tol(hits, mean, 5 * sqrt(mean * (1 - chance)));
    model_free(m);
}
END_TEST

START_TEST(a_player_alone_is_never_hit)
{
    struct model *m = arena_new(4, 1, 1, 1);

    for (int i = 0; i < 1000; i++) {
        struct played p = model_play(m);

        ck_assert_int_eq(cJSON_GetArraySize(list_of(&p, "hits")), 0);
        played_free(&p);
    }
    model_free(m);
}
END_TEST

START_TEST(a_room_does_the_same_however_many_there_are)
{
    struct model *one = arena_new(5, 1, PLAYERS, 30), *many = arena_new(5, ROOMS, PLAYERS, 30);

    for (int i = 0; i < 500; i++) {
        struct played p = model_play(one), q = model_play(many);

        ck_assert_uint_eq(p.post.data_len, q.post.data_len);
        ck_assert_mem_eq(p.post.data, q.post.data, p.post.data_len);
        played_free(&p);
        played_free(&q);
        for (int other = 1; other < ROOMS; other++) {
            q = model_play(many);
            played_free(&q);
        }
    }
    model_free(one);
    model_free(many);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_ticks)
{
    ck_assert(models_agree(arena_new(7, 4, 8, 30), arena_new(7, 4, 8, 30), 2000));
    ck_assert(!models_agree(arena_new(7, 4, 8, 30), arena_new(8, 4, 8, 30), 1));
}
END_TEST

/* docs/sources.md: about 25 bytes, and 58 for each player. */
START_TEST(a_tick_has_its_documented_size)
{
    for (unsigned players = 1; players <= 256; players *= 4) {
        struct model *m = arena_new(8, 1, players, 30);
        double bytes = 0;

        for (int i = 0; i < 200; i++) {
            struct played p = model_play(m);

            bytes += (double)p.post.data_len / 200;
            played_free(&p);
        }
        ck_assert_double_eq_tol(bytes, 25 + 58.0 * players, 25 + 3.0 * players);
        model_free(m);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("arena");
    TCase *tc = tcase_create("arena");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, rooms_tick_in_turn_spread_over_a_tick_time);
    tcase_add_test(tc, players_run_at_their_speed_and_stay_inside);
    tcase_add_test(tc, hits_add_up_to_everyones_health);
    tcase_add_test(tc, hits_come_at_their_rate);
    tcase_add_test(tc, a_player_alone_is_never_hit);
    tcase_add_test(tc, a_room_does_the_same_however_many_there_are);
    tcase_add_test(tc, the_same_seed_gives_the_same_ticks);
    tcase_add_test(tc, a_tick_has_its_documented_size);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
