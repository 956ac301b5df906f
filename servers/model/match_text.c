/* What a cricket feed says about a cue, as JSON. */
#include "servers/model/match.h"

#include <stdarg.h>
#include <stdio.h>

/* Nobody's names. */
static const char *const team_names[2] = {"Harbour City", "Northern Kites"};
static const char *const player_names[2][MATCH_PLAYERS] = {
    {"Adeyemi", "Brandt", "Castellan", "Dhar", "Ellery", "Fonoti", "Grieve", "Hollis", "Iqbal",
     "Jansen", "Kerr"},
    {"Lindqvist", "Mahadev", "Naylor", "Okoro", "Prior", "Quill", "Rathore", "Sefton", "Tuala",
     "Underhill", "Vane"},
};
static const char *const comments[] = {
    "The crowd is on its feet, that changes the afternoon",
    "They look at it again on the big screen",
    "A long walk back, and the field comes in",
    "That was coming: three overs of pressure",
    "Drinks run out, helmets off, a word in the middle",
    "He knew it before the finger went up",
};

/* Who bats first changes with every match. */
static unsigned batting_team(const struct match *m)
{
    return (m->number + m->innings) % 2;
}

static const char *batter_name(const struct match *m, unsigned batter)
{
    return player_names[batting_team(m)][batter];
}

static const char *bowler_name(const struct match *m)
{
    return player_names[1 - batting_team(m)][m->bowler];
}

__attribute__((format(printf, 3, 4))) static void add(struct match *m, size_t *len, const char *fmt,
                                                      ...)
{
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(m->text + *len, sizeof m->text - *len, fmt, args);
    va_end(args);
    *len += (size_t)n;
    if (*len >= sizeof m->text) /* the test of the sizes keeps this from happening */
        *len = sizeof m->text - 1;
}

/* Of the score, "15.2": fifteen overs and two balls are bowled. */
static void add_overs(struct match *m, size_t *len)
{
    unsigned balls = m->sides[m->innings].balls;

    add(m, len, ",\"overs\":\"%u.%u\"", balls / MATCH_OVER_BALLS, balls % MATCH_OVER_BALLS);
}

/* Of the latest delivery, "15.2": the second ball of the sixteenth over, legal or not. */
static void add_over(struct match *m, size_t *len)
{
    unsigned before = m->sides[m->innings].balls - m->outcome->legal;

    add(m, len, ",\"over\":\"%u.%u\"", before / MATCH_OVER_BALLS, before % MATCH_OVER_BALLS + 1);
}

static void add_ball(struct match *m, size_t *len)
{
    const struct match_outcome *o = m->outcome;

    add(m, len, ",\"bowler\":\"%s\",\"batter\":\"%s\",\"runs\":%u,\"extras\":%u,\"wicket\":%s",
        bowler_name(m), batter_name(m, m->batter), o->runs, o->extras,
        o->wicket ? "true" : "false");
    add(m, len, ",\"outcome\":\"%s\",\"commentary\":\"%s to %s: %s\"", o->name, bowler_name(m),
        batter_name(m, m->batter), o->phrases[rng_next(&m->rng) % 2]);
}

static void add_batter(struct match *m, size_t *len, unsigned batter)
{
    const struct match_side *side = &m->sides[m->innings];

    add(m, len, ",\"batter\":\"%s\",\"batter_runs\":%u,\"batter_balls\":%u", batter_name(m, batter),
        side->batters[batter].runs, side->batters[batter].balls);
}

static void add_comment(struct match *m, size_t *len)
{
    add(m, len, ",\"commentary\":\"%s\"",
        comments[m->events % (sizeof comments / sizeof *comments)]); /* never twice in a row */
}

static void add_replay(struct match *m, size_t *len)
{
    add(m, len, ",\"title\":\"%s: %s\",\"clip\":\"/clips/t20-%u/%llu.m3u8\",\"seconds\":%u",
        batter_name(m, m->batter), m->outcome->name, m->number, (unsigned long long)m->events,
        (unsigned)(8 + rng_next(&m->rng) % 12));
}

static void add_result(struct match *m, size_t *len)
{
    unsigned first = m->sides[0].runs, second = m->sides[1].runs;
    unsigned second_team = batting_team(m);

    if (first == second)
        add(m, len, ",\"winner\":null,\"result\":\"match tied\"");
    else if (second > first)
        add(m, len, ",\"winner\":\"%s\",\"result\":\"won by %u wickets\"", team_names[second_team],
            MATCH_WICKETS - m->sides[1].wickets);
    else
        add(m, len, ",\"winner\":\"%s\",\"result\":\"won by %u runs\"", team_names[1 - second_team],
            first - second);
}

static void add_total(struct match *m, size_t *len)
{
    add(m, len, ",\"batting\":\"%s\",\"runs\":%u,\"wickets\":%u", team_names[batting_team(m)],
        m->sides[m->innings].runs, m->sides[m->innings].wickets);
}

static const char *const kind_words[] = {
    [MATCH_INNINGS] = "innings",     [MATCH_BALL] = "ball",     [MATCH_WICKET] = "wicket",
    [MATCH_COMMENT] = "comment",     [MATCH_REPLAY] = "replay", [MATCH_BATTER] = "batter",
    [MATCH_MILESTONE] = "milestone", [MATCH_OVER] = "over",     [MATCH_STUMPS] = "end of innings",
    [MATCH_RESULT] = "result",
};

static void add_details(struct match *m, size_t *len, enum match_cue_kind kind)
{
    switch (kind) {
    case MATCH_BALL:
        add_ball(m, len);
        return;
    case MATCH_COMMENT:
        add_comment(m, len);
        return;
    case MATCH_REPLAY:
        add_replay(m, len);
        return;
    case MATCH_WICKET:
        add_batter(m, len, m->batter);
        add(m, len, ",\"how\":\"%s\",\"bowler\":\"%s\"", m->outcome->name, bowler_name(m));
        return;
    case MATCH_MILESTONE:
        add_batter(m, len, m->batter);
        return;
    case MATCH_BATTER:
        add_batter(m, len, m->sides[m->innings].next_in - 1);
        return;
    case MATCH_RESULT:
        add_result(m, len);
        return;
    default: /* an over or an innings */
        add_total(m, len);
        add_overs(m, len);
    }
}

static size_t event_text(struct match *m, enum match_cue_kind kind)
{
    bool of_delivery = kind == MATCH_BALL || kind == MATCH_WICKET || kind == MATCH_COMMENT ||
                       kind == MATCH_REPLAY || kind == MATCH_MILESTONE;
    size_t len = 0;

    add(m, &len, "{\"id\":%llu,\"match\":\"t20-%u\",\"type\":\"%s\",\"innings\":%u",
        (unsigned long long)m->events, m->number, kind_words[kind], m->innings + 1);
    if (of_delivery)
        add_over(m, &len);
    add_details(m, &len, kind);
    add(m, &len, "}");
    return len;
}

/* Runs for each over so far, in hundredths. */
static unsigned run_rate(const struct match_side *side)
{
    return side->balls == 0 ? 0 : side->runs * MATCH_OVER_BALLS * 100 / side->balls;
}

static size_t score_text(struct match *m)
{
    const struct match_side *side = &m->sides[m->innings];
    unsigned rate = run_rate(side);
    size_t len = 0;

    add(m, &len, "{\"match\":\"t20-%u\",\"innings\":%u", m->number, m->innings + 1);
    add_total(m, &len);
    add_overs(m, &len);
    add(m, &len, ",\"run_rate\":%u.%02u", rate / 100, rate % 100);
    if (m->innings == 1)
        add(m, &len, ",\"target\":%u", m->sides[0].runs + 1);
    add(m, &len, "}");
    return len;
}

size_t match_text(struct match *m, enum match_cue_kind kind)
{
    return kind == MATCH_SCORE ? score_text(m) : event_text(m, kind);
}
