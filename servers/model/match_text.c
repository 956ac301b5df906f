/* What a cricket feed says about a cue, as JSON: one of the templates of texts.txt. */
#include "servers/model/match.h"

#include <stdio.h>
#include <string.h>

/* Templates besides those of each cue. */
enum { TEXT_CHASE = MATCH_RESULT + 1, TEXT_DEFENDED, TEXT_TIED };

static const char *template_of(const struct match *m, enum match_cue_kind kind)
{
    unsigned first = m->sides[0].runs, second = m->sides[1].runs;

    if (kind == MATCH_SCORE && m->innings == 1)
        return match_templates[TEXT_CHASE];
    if (kind == MATCH_RESULT && first >= second)
        return match_templates[first > second ? TEXT_DEFENDED : TEXT_TIED];
    return match_templates[kind];
}

/* Runs for each over so far, in hundredths. */
static unsigned run_rate(const struct match_side *side)
{
    return side->balls == 0 ? 0 : side->runs * MATCH_OVER_BALLS * 100 / side->balls;
}

#define WORD(text, ...)                                                                            \
    if (strncmp(word, text, len) == 0 && text[len] == '\0')                                        \
    return snprintf(at, room, __VA_ARGS__)

/* The value of a template's word. Returns its length. */
static int put_value(struct match *m, enum match_cue_kind kind, const char *word, size_t len,
                     char *at, size_t room)
{
    const struct match_side *side = &m->sides[m->innings];
    const struct match_outcome *o = m->outcome;
    unsigned team = (m->number + m->innings) % 2; /* who bats first changes with every match */
    unsigned batter = kind == MATCH_BATTER ? side->next_in - 1 : m->batter;

    WORD("id", "%llu", (unsigned long long)m->events);
    WORD("match", "%u", m->number);
    WORD("innings", "%u", m->innings + 1);
    WORD("batting", "%s", match_teams[team]);
    WORD("bowling", "%s", match_teams[1 - team]);
    WORD("batter", "%s", match_players[team * MATCH_PLAYERS + batter]);
    WORD("bowler", "%s", match_players[(1 - team) * MATCH_PLAYERS + m->bowler]);
    WORD("scored", "%u", side->batters[batter].runs);
    WORD("faced", "%u", side->batters[batter].balls);
    WORD("total", "%u", side->runs);
    WORD("wickets", "%u", side->wickets);
    WORD("left", "%u", MATCH_WICKETS - side->wickets);
    WORD("rate", "%u.%02u", run_rate(side) / 100, run_rate(side) % 100);
    WORD("target", "%u", m->sides[0].runs + 1);
    WORD("lead", "%u", m->sides[0].runs - m->sides[1].runs);
    /* "15.2": fifteen overs and two balls are bowled */
    WORD("overs", "%u.%u", side->balls / MATCH_OVER_BALLS, side->balls % MATCH_OVER_BALLS);
    /* "15.2": the second ball of the sixteenth over, legal or not */
    WORD("over", "%u.%u", (side->balls - o->legal) / MATCH_OVER_BALLS,
         (side->balls - o->legal) % MATCH_OVER_BALLS + 1);
    WORD("outcome", "%s", o->name);
    WORD("runs", "%u", o->runs);
    WORD("extras", "%u", o->extras);
    WORD("wicket", "%s", o->wicket ? "true" : "false");
    WORD("phrase", "%s", match_phrases[2 * (o - match_outcomes) + (int)(rng_next(&m->rng) % 2)]);
    WORD("comment", "%s", match_comments[m->events % (sizeof match_comments / sizeof(char *))]);
    WORD("seconds", "%u", (unsigned)(8 + rng_next(&m->rng) % 12));
    return 0;
}

size_t match_text(struct match *m, enum match_cue_kind kind)
{
    const char *from = template_of(m, kind);
    size_t len = 0;

    while (*from != '\0') {
        char *at = m->text + len;
        size_t room = sizeof m->text - len;
        size_t word_len = strspn(from + 1, "abcdefghijklmnopqrstuvwxyz");
        size_t plain_len = strcspn(from, "$");
        int n = plain_len > 0 ? snprintf(at, room, "%.*s", (int)plain_len, from)
                              : put_value(m, kind, from + 1, word_len, at, room);

        from += plain_len > 0 ? plain_len : 1 + word_len;
        len += (size_t)n < room ? (size_t)n : room - 1; /* a test proves that all fit */
    }
    return len;
}
