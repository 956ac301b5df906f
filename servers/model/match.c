#include "servers/model/match.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"

/* Of a thousand deliveries 96% are legal; 1.35 runs from each legal one, 8.1 an over. */
const struct match_outcome match_outcomes[MATCH_OUTCOMES] = {
    {"dot", 300, 0, 0, 0, true, false},    {"single", 370, 1, 0, 1, true, false},
    {"two", 65, 2, 0, 2, true, false},     {"three", 5, 3, 0, 3, true, false},
    {"four", 110, 4, 0, 0, true, false},   {"six", 50, 6, 0, 0, true, false},
    {"leg-bye", 13, 0, 1, 1, true, false}, {"wide", 30, 0, 1, 0, false, false},
    {"no-ball", 5, 1, 1, 1, false, false}, {"caught", 32, 0, 0, 0, true, true},
    {"bowled", 11, 0, 0, 0, true, true},   {"lbw", 5, 0, 0, 0, true, true},
    {"run out", 4, 0, 0, 0, true, true},
};

enum { INNINGS_BREAK_S = 20 * 60, MATCH_BREAK_S = 30 * 60, FIRST_BALL_S = 20, STUMPS_S = 18 };

/* Time from one delivery to the next is the sum of a few of these, each with a shortest and an
 * exponential part: 30 s to the next ball, 75 s over a change of ends, 105 s and more for a new
 * batter. */
static double match_wait_s(struct match *m, double least_s, double more_s)
{
    return least_s + rng_exponential(&m->rng, more_s);
}

static double match_wait_for_ball_s(struct match *m)
{
    return match_wait_s(m, 20, 10);
}

/* Plan what comes after_s to after_s + spread_s from now: earlier ones first, and of the same
 * time those planned first. */
static void match_plan(struct match *m, enum match_cue_kind kind, double after_s, double spread_s)
{
    double in_s = after_s + (spread_s > 0 ? spread_s * rng_uniform(&m->rng) : 0);
    int64_t at_ns = m->model.due_ns + (int64_t)(in_s * (double)NS_PER_S);
    unsigned i = m->ncues++;

    for (; i > 0 && m->cues[i - 1].at_ns > at_ns; i--)
        m->cues[i] = m->cues[i - 1];
    m->cues[i] = (struct match_cue){at_ns, kind};
}

static bool match_innings_over(const struct match *m)
{
    const struct match_side *side = &m->sides[m->innings];
    bool chased = m->innings == 1 && side->runs > m->sides[0].runs;

    return chased || side->wickets == MATCH_WICKETS ||
           side->balls == MATCH_OVERS * MATCH_OVER_BALLS;
}

static void match_begin_innings(struct match *m)
{
    m->sides[m->innings] = (struct match_side){.next_in = 2};
    m->on_strike = 0;
    m->off_strike = 1;
    match_plan(m, MATCH_SCORE, 0, 0);
    match_plan(m, MATCH_BALL, FIRST_BALL_S + match_wait_for_ball_s(m), 0);
}

static const struct match_outcome *match_draw(struct match *m)
{
    unsigned at = (unsigned)(rng_uniform(&m->rng) * 1000);
    const struct match_outcome *o = match_outcomes;

    for (; at >= o->per_mille; o++)
        at -= o->per_mille;
    return o;
}

/* What follows a delivery at once: five events within half a minute after a wicket, a replay after
 * a six. */
static void match_plan_talk(struct match *m, bool over_ended, bool milestone)
{
    match_plan(m, MATCH_SCORE, 0, 0);
    if (m->outcome->wicket) {
        match_plan(m, MATCH_WICKET, 2, 2);
        match_plan(m, MATCH_COMMENT, 5, 3);
        match_plan(m, MATCH_COMMENT, 8, 6);
        match_plan(m, MATCH_REPLAY, 10, 6);
        match_plan(m, MATCH_COMMENT, 18, 8);
    }
    if (m->outcome->runs == 6)
        match_plan(m, MATCH_REPLAY, 8, 6);
    if (milestone)
        match_plan(m, MATCH_MILESTONE, 3, 2);
    if (over_ended)
        match_plan(m, MATCH_OVER, 15, 3);
}

/* The shortest of these gaps is longer than all that match_plan_talk() plans. */
static void match_plan_next(struct match *m, bool over_ended)
{
    double gap_s = match_wait_for_ball_s(m);

    if (match_innings_over(m)) {
        match_plan(m, MATCH_STUMPS, STUMPS_S + gap_s, 0);
        return;
    }
    if (over_ended)
        gap_s += match_wait_s(m, 30, 15);
    if (m->outcome->wicket) {
        gap_s += match_wait_s(m, 45, 30);
        match_plan(m, MATCH_BATTER, 40, 20);
    }
    match_plan(m, MATCH_BALL, gap_s, 0);
}

static void match_bowl(struct match *m)
{
    struct match_side *side = &m->sides[m->innings];
    unsigned before;
    bool over_ended;

    m->bowler = MATCH_PLAYERS - 1 - side->balls / MATCH_OVER_BALLS % 5;
    m->batter = m->on_strike;
    m->outcome = match_draw(m);
    before = side->batters[m->batter].runs;
    side->runs += m->outcome->runs + m->outcome->extras;
    side->balls += m->outcome->legal;
    side->batters[m->batter].runs += m->outcome->runs;
    side->batters[m->batter].balls += m->outcome->legal;
    if (m->outcome->wicket && ++side->wickets < MATCH_WICKETS)
        m->on_strike = side->next_in++;
    over_ended = m->outcome->legal && side->balls % MATCH_OVER_BALLS == 0;
    if (m->outcome->crossed % 2 != over_ended) { /* both at once cancel out */
        unsigned other = m->off_strike;

        m->off_strike = m->on_strike;
        m->on_strike = other;
    }
    match_plan_talk(m, over_ended, before / 50 != side->batters[m->batter].runs / 50);
    match_plan_next(m, over_ended);
}

/* What a cue changes, and what it leads to. */
static void match_step(struct match *m, enum match_cue_kind kind)
{
    if (m->cue == m->ncues)
        m->cue = m->ncues = 0; /* the last of a plan makes the next plan */
    if (kind == MATCH_BALL)
        match_bowl(m);
    else if (kind == MATCH_STUMPS && m->innings == 0)
        match_plan(m, MATCH_INNINGS, INNINGS_BREAK_S, 0);
    else if (kind == MATCH_STUMPS)
        match_plan(m, MATCH_RESULT, 10, 10);
    else if (kind == MATCH_RESULT)
        match_plan(m, MATCH_INNINGS, MATCH_BREAK_S, 0);
    else if (kind == MATCH_INNINGS)
        match_begin_innings(m);
}

static void match_next(struct model *model, struct post *out)
{
    struct match *m = (struct match *)model;
    enum match_cue_kind kind = m->cues[m->cue++].kind;

    if (kind == MATCH_INNINGS) {
        m->number += m->innings == 1;
        m->innings = !m->innings;
    }
    m->events += kind != MATCH_SCORE;
    match_step(m, kind);
    *out = (struct post){.channel = MODEL_NAME("match/events"), .data = m->text};
    if (kind == MATCH_SCORE) {
        out->channel = MODEL_NAME("match/score");
        out->key = MODEL_NAME("score");
    }
    out->data_len = match_text(m, kind);
    model->due_ns = m->cues[m->cue].at_ns;
}

struct model *match_new(uint64_t seed)
{
    struct match *m = calloc(1, sizeof *m);

    if (m == NULL)
        return NULL;
    m->model.next = match_next;
    rng_seed(&m->rng, seed);
    m->innings = 1; /* of a match that is just over: the first cue begins the next */
    match_plan(m, MATCH_INNINGS, 0, 0);
    return &m->model;
}
