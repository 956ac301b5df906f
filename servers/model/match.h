/* A cricket match of twenty overs a side, ball by ball, then the next one: the model behind
 * --source sports. Events go to match/events, the small state of the score to match/score under
 * the key "score" (docs/sources.md shows both). An innings takes about 85 minutes: a ball every
 * half minute, longer between overs and after wickets, and at a wicket half a dozen events
 * within seconds. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "servers/model/model.h"
#include "lib/base/rng.h"

enum {
    MATCH_OVERS = 20,
    MATCH_OVER_BALLS = 6,
    MATCH_WICKETS = 10,
    MATCH_PLAYERS = 11,
    MATCH_OUTCOMES = 13,
    MATCH_CUES_MAX = 12,
    MATCH_TEXT_BYTES = 512
};

/* What a delivery can come to. One that is not legal is bowled again. */
struct match_outcome {
    const char *name;
    unsigned per_mille; /* how likely; all together 1000 */
    uint8_t runs;       /* off the bat */
    uint8_t extras;
    uint8_t crossed; /* how often the batters changed ends */
    bool legal, wicket;
};

extern const struct match_outcome match_outcomes[MATCH_OUTCOMES];

/* The lists of texts.txt, which says what is in them. */
extern const char *const match_templates[14],
    *const match_teams[2], *const match_players[2 * MATCH_PLAYERS],
                               *const match_phrases[2 * MATCH_OUTCOMES], *const match_comments[6];

enum match_cue_kind {
    MATCH_INNINGS, /* an innings begins */
    MATCH_BALL,
    MATCH_SCORE, /* the only one that goes to match/score */
    MATCH_WICKET,
    MATCH_COMMENT,
    MATCH_REPLAY,
    MATCH_BATTER, /* a new batter is in */
    MATCH_MILESTONE,
    MATCH_OVER,   /* an over has ended */
    MATCH_STUMPS, /* an innings has ended */
    MATCH_RESULT
};

struct match_cue {
    int64_t at_ns;
    enum match_cue_kind kind;
};

struct match_side {
    unsigned runs, wickets, balls; /* balls: legal ones */
    unsigned next_in;              /* the next batter to come in */
    struct {
        unsigned runs, balls;
    } batters[MATCH_PLAYERS];
};

struct match {
    struct model model; /* first */
    struct rng rng;
    struct match_cue cues[MATCH_CUES_MAX]; /* what comes up to the next delivery, by time */
    unsigned ncues, cue;
    unsigned number;  /* of the match, from 1 */
    uint64_t events;  /* posted to match/events */
    unsigned innings; /* 0 and 1 */
    struct match_side sides[2];
    unsigned on_strike, off_strike;
    /* the latest delivery */
    const struct match_outcome *outcome;
    unsigned batter, bowler;
    char text[MATCH_TEXT_BYTES]; /* the latest post's data */
};

/* NULL: no memory. */
struct model *match_new(uint64_t seed);

/* For match.c: the JSON of one cue to m->text. Returns its length. */
size_t match_text(struct match *m, enum match_cue_kind kind);
