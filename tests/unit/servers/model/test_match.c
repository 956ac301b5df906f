/* servers/model/match.c: the gaps, the outcomes and the bursts against their closed forms, and the
 * score against the events, over 25 matches of one seed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "servers/model/match.h"
#include "tests/unit/servers/model/model_fixture.h"

enum { MATCHES = 25, EVENT_BYTES_MAX = 240, SCORE_BYTES_MAX = 130 };

static struct match *match_of(struct model *m)
{
    return (struct match *)m; /* it is the first member */
}

/* A mean of samples with its standard error. */
struct mean {
    double sum, squares;
    int n;
};

static void mean_add(struct mean *m, double x)
{
    m->sum += x;
    m->squares += x * x;
    m->n++;
}

static void expect_mean(const struct mean *m, double mean, double sd)
{
    ck_assert_int_gt(m->n, 100);
    ck_assert_double_eq_tol(m->sum / m->n, mean, 5 * sd / sqrt(m->n));
    ck_assert_double_eq_tol(sqrt(m->squares / m->n - m->sum / m->n * (m->sum / m->n)), sd,
                            sd * 12 / sqrt(m->n)); /* of an exponential: 2 errors of sqrt(8/4n) */
}

static bool says(const struct post *p, const char *text)
{
    return memmem(p->data, p->data_len, text, strlen(text)) != NULL;
}

START_TEST(gaps_between_balls_have_their_means)
{
    struct model *m = match_new(1);
    const struct match *s = match_of(m);
    struct mean ordinary = {0}, over = {0}, wicket = {0};
    int64_t before_ns = -1; /* of the ball before; -1: none, a break is no gap */
    bool was_wicket = false, was_over = false;

    while (s->number <= 8 * MATCHES) {
        int64_t at_ns = m->due_ns;
        struct post p;

        m->next(m, &p);
        if (says(&p, "\"type\":\"innings\""))
            before_ns = -1;
        if (!says(&p, "\"type\":\"ball\""))
            continue;
        if (before_ns >= 0 && !(was_wicket && was_over))
            mean_add(was_wicket ? &wicket
                     : was_over ? &over
                                : &ordinary,
                     (double)(at_ns - before_ns) / 1e9);
        before_ns = at_ns;
        was_wicket = s->outcome->wicket;
        was_over = s->outcome->legal && s->sides[s->innings].balls % MATCH_OVER_BALLS == 0;
    }
    expect_mean(&ordinary, 30, 10);
    expect_mean(&over, 75, sqrt(10 * 10 + 15 * 15));
    expect_mean(&wicket, 105, sqrt(10 * 10 + 30 * 30));
    model_free(m);
}
END_TEST

START_TEST(outcomes_come_as_often_as_their_table_says)
{
    struct model *m = match_new(2);
    int n = 0, counts[32] = {0};
    unsigned all = 0;

    for (size_t i = 0; i < MATCH_OUTCOMES; i++)
        all += match_outcomes[i].per_mille;
    ck_assert_uint_eq(all, 1000);
    while (match_of(m)->number <= MATCHES) {
        struct played p = model_play(m);

        if (played_in(&p, "match/score") && match_of(m)->outcome != NULL) {
            counts[match_of(m)->outcome - match_outcomes]++;
            n++;
        }
        played_free(&p);
    }
    ck_assert_int_gt(n, MATCHES * 150);
    for (size_t i = 0; i < MATCH_OUTCOMES; i++) {
        double share = match_outcomes[i].per_mille / 1000.0;

        /* A score is told at the beginning of an innings too: two for each match. */
        ck_assert_double_eq_tol((double)counts[i] / n, share,
                                5 * sqrt(share * (1 - share) / n) + 2.0 * MATCHES / n);
    }
    model_free(m);
}
END_TEST

/* What the events of an innings add up to. */
struct tally {
    int runs, wickets, legal_balls, balls;
};

static void tally_ball(struct tally *t, const struct played *p)
{
    bool legal;

    t->runs += (int)(played_number(p, "runs") + played_number(p, "extras"));
    t->wickets += cJSON_IsTrue(cJSON_GetObjectItem(p->data, "wicket"));
    legal = strcmp(played_text(p, "outcome"), "wide") != 0 &&
            strcmp(played_text(p, "outcome"), "no-ball") != 0;
    t->legal_balls += legal;
    t->balls++;
}

static void expect_score(const struct tally *t, const struct played *p)
{
    char overs[16];

    snprintf(overs, sizeof overs, "%d.%d", t->legal_balls / 6, t->legal_balls % 6);
    ck_assert_int_eq((int)played_number(p, "runs"), t->runs);
    ck_assert_int_eq((int)played_number(p, "wickets"), t->wickets);
    ck_assert_str_eq(played_text(p, "overs"), overs);
}

START_TEST(the_events_add_up_to_the_score)
{
    struct model *m = match_new(3);
    struct tally tally = {0};
    int scores = 0;

    while (match_of(m)->number <= MATCHES) {
        struct played p = model_play(m);

        if (played_in(&p, "match/score")) {
            expect_score(&tally, &p);
            scores++;
        } else if (strcmp(played_text(&p, "type"), "innings") == 0) {
            tally = (struct tally){0};
        } else if (strcmp(played_text(&p, "type"), "ball") == 0) {
            tally_ball(&tally, &p);
        }
        played_free(&p);
    }
    ck_assert_int_gt(scores, MATCHES * 150);
    model_free(m);
}
END_TEST

static unsigned side_off_bat(const struct match_side *side)
{
    unsigned runs = 0;

    for (int i = 0; i < MATCH_PLAYERS; i++)
        runs += side->batters[i].runs;
    return runs;
}

static void expect_innings_rightly_over(const struct match *s, unsigned extras)
{
    const struct match_side *side = &s->sides[s->innings];
    bool chased = s->innings == 1 && side->runs > s->sides[0].runs;

    ck_assert(side->wickets == 10 || side->balls == 120 || chased);
    ck_assert_uint_le(side->wickets, 10);
    ck_assert_uint_le(side->balls, 120);
    ck_assert_uint_eq(side->runs, side_off_bat(side) + extras);
    if (s->innings == 1)
        ck_assert_uint_le(side->runs, s->sides[0].runs + 6);
}

START_TEST(innings_end_by_wickets_overs_or_the_chase_within_their_time)
{
    struct model *m = match_new(4);
    struct match *s = match_of(m);
    struct mean first_innings_min = {0};
    int64_t began_ns = 0;
    unsigned extras = 0;

    while (s->number <= MATCHES) {
        struct played p = model_play(m);
        const char *type = played_in(&p, "match/events") ? played_text(&p, "type") : "score";

        if (strcmp(type, "innings") == 0) {
            began_ns = p.at_ns;
            extras = 0;
        } else if (strcmp(type, "ball") == 0) {
            extras += s->outcome->extras;
        } else if (strcmp(type, "end of innings") == 0) {
            expect_innings_rightly_over(s, extras);
            if (s->innings == 0 && s->sides[0].balls == 120)
                mean_add(&first_innings_min, (double)(p.at_ns - began_ns) / 60e9);
        }
        played_free(&p);
    }
    /* ICC T20 playing conditions: 20 overs in 85 minutes. */
    ck_assert_double_eq_tol(first_innings_min.sum / first_innings_min.n, 85, 5);
    model_free(m);
}
END_TEST

static int events_within(struct model *m, const char *type, int64_t from_ns, int64_t window_ns)
{
    int n = 0;

    while (m->due_ns <= from_ns + window_ns) {
        struct played p = model_play(m);

        n += played_in(&p, "match/events");
        ck_assert_msg(!played_in(&p, "match/events") ||
                          strcmp(played_text(&p, "type"), "ball") != 0,
                      "a ball within the talk about a %s", type);
        played_free(&p);
    }
    return n;
}

START_TEST(a_wicket_is_a_burst_of_six_events_in_half_a_minute)
{
    struct model *m = match_new(5);
    int wickets = 0;

    while (wickets < 200) {
        struct played p = model_play(m);
        bool ball = played_in(&p, "match/events") && strcmp(played_text(&p, "type"), "ball") == 0;

        if (ball && match_of(m)->outcome->wicket) {
            ck_assert_int_ge(1 + events_within(m, "wicket", p.at_ns, 30 * NS_PER_S), 6);
            wickets++;
        }
        played_free(&p);
    }
    model_free(m);
}
END_TEST

START_TEST(events_are_numbered_and_sizes_are_as_documented)
{
    struct model *m = match_new(6);
    struct mean events = {0}, scores = {0};

    for (int i = 0; i < 8000; i++) {
        struct played p = model_play(m);

        if (played_in(&p, "match/score")) {
            mean_add(&scores, (double)p.post.data_len);
            ck_assert_uint_le(p.post.data_len, SCORE_BYTES_MAX);
            ck_assert(name_equal(p.post.key, MODEL_NAME("score")));
        } else {
            mean_add(&events, (double)p.post.data_len);
            ck_assert_uint_le(p.post.data_len, EVENT_BYTES_MAX);
            ck_assert_uint_eq(p.post.key.len, 0);
            ck_assert_double_eq(played_number(&p, "id"), events.n);
        }
        played_free(&p);
    }
    /* docs/sources.md */
    ck_assert_double_eq_tol(events.sum / events.n, 182, 10);
    ck_assert_double_eq_tol(scores.sum / scores.n, 115, 5);
    model_free(m);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_match)
{
    ck_assert(models_agree(match_new(7), match_new(7), 5000));
    ck_assert(!models_agree(match_new(7), match_new(8), 50));
}
END_TEST

START_TEST(the_result_names_the_side_with_more_runs)
{
    struct model *m = match_new(9);
    int results = 0, by_runs = 0, by_wickets = 0;

    while (results < MATCHES) {
        struct played p = model_play(m);
        const struct match *s = match_of(m);

        if (played_in(&p, "match/events") && strcmp(played_text(&p, "type"), "result") == 0) {
            bool chased = strstr(played_text(&p, "result"), "wickets") != NULL;
            bool held = strstr(played_text(&p, "result"), "runs") != NULL;

            results++;
            ck_assert_int_eq(chased, s->sides[1].runs > s->sides[0].runs);
            ck_assert_int_eq(held, s->sides[0].runs > s->sides[1].runs);
            by_runs += held;
            by_wickets += chased;
        }
        played_free(&p);
    }
    ck_assert_int_ge(by_runs, MATCHES / 5);
    ck_assert_int_ge(by_wickets, MATCHES / 5);
    model_free(m);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("match");
    TCase *tc = tcase_create("match");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, gaps_between_balls_have_their_means);
    tcase_add_test(tc, outcomes_come_as_often_as_their_table_says);
    tcase_add_test(tc, the_events_add_up_to_the_score);
    tcase_add_test(tc, innings_end_by_wickets_overs_or_the_chase_within_their_time);
    tcase_add_test(tc, a_wicket_is_a_burst_of_six_events_in_half_a_minute);
    tcase_add_test(tc, events_are_numbered_and_sizes_are_as_documented);
    tcase_add_test(tc, the_same_seed_gives_the_same_match);
    tcase_add_test(tc, the_result_names_the_side_with_more_runs);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
