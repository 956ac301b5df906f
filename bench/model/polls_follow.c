/* The polls of one client, as they reach the server, over updates at gaps that are known. */
#include <math.h>

#include "bench/model/polls.h"

#define MOST_UPDATES    200
#define WARM_UP_UPDATES 10
#define MOST_POLLS      20000

struct orbit {
    const struct predict_question *q;
    struct gaps g;
    double more_us;                                          /* that each poll is back later */
    double answer_us, newest_us, next;                       /* so far; next: the update */
    int in_vain;                                             /* answers in a row without updates */
    bool held;                                               /* the last request, for long */
    double updates, polls, empty, wait_us, age_us2, span_us; /* each poll has one answer */
};

/* The random wait after an answer: evenly spread, by multiples of the golden ratio. */
static double random_wait_us(const struct orbit *o)
{
    double turns = o->polls * 0.6180339887498949;

    return o->q->pause_us * (turns - floor(turns));
}

/* How long the client says nothing after an answer. */
static double rest_us(const struct orbit *o)
{
    if (o->q->way == PREDICT_SHORT_POLL)
        return polls_backoff_us(o->q, o->in_vain);
    return random_wait_us(o);
}

static void note_answer(struct polls *p, const struct orbit *o, double count, double rest,
                        double held_us, double cycle_us)
{
    bool held = held_us > DELAYED_ACK_US;

    if (count > 0 && o->q->way == PREDICT_SHORT_POLL) /* just after the answer before */
        p->wait.max_us = fmax(p->wait.max_us, cycle_us);
    p->counts[(int)fmin(count, PROCESS_COUNTS - 1)]++;
    p->held += held || (o->held && o->q->way == PREDICT_LONG_POLL);
    p->rested += rest > DELAYED_ACK_US;
    p->fresh += cycle_us > o->q->rtt_us + RTO_MIN_US;
}

/* An answer leaves with all there is, or with the next update, or when the hold is over. p, unless
 * NULL, is told of it. */
static void orbit_step(struct orbit *o, struct polls *p)
{
    double rest = rest_us(o), left_us = o->answer_us, first = o->next;
    double asked_us = left_us + rest + polls_exchange_us(o->q) + o->more_us;
    double hold_us = o->q->way == PREDICT_LONG_POLL ? o->q->hold_us : 0;

    o->answer_us = fmin(fmax(asked_us, process_moment_us(&o->g, o->next)), asked_us + hold_us);
    o->age_us2 += (o->answer_us - left_us) * ((o->answer_us + left_us) / 2 - o->newest_us);
    for (; process_moment_us(&o->g, o->next) <= o->answer_us; o->next++) {
        o->newest_us = process_moment_us(&o->g, o->next);
        o->wait_us += o->answer_us - o->newest_us;
        if (p != NULL)
            spread_add(&p->wait, o->answer_us - o->newest_us, o->answer_us - o->newest_us, 1);
    }
    if (p != NULL)
        note_answer(p, o, o->next - first, rest, o->answer_us - asked_us, o->answer_us - left_us);
    o->held = o->answer_us - asked_us > DELAYED_ACK_US;
    o->polls++;
    o->empty += o->next == first;
    o->in_vain = o->next == first ? o->in_vain + 1 : 0;
    o->updates += o->next - first;
    o->span_us += o->answer_us - left_us;
}

/* The first answer leaves at phase_us, after update 0; what counts begins when the polls have
 * found their step. */
static struct orbit orbit_of(struct polls *p, const struct predict_question *q, double more_us,
                             double phase_us, double updates)
{
    struct orbit o = {
        .q = q, .g = process_gaps(q), .more_us = more_us, .answer_us = phase_us, .next = 1};

    for (int i = 0; i < MOST_POLLS && o.updates < WARM_UP_UPDATES; i++)
        orbit_step(&o, NULL);
    o.updates = o.polls = o.empty = o.wait_us = o.age_us2 = o.span_us = 0;
    while (o.updates < updates && o.polls < MOST_POLLS)
        orbit_step(&o, p);
    return o;
}

/* How many updates a run's window has, as far as it matters. */
static double updates_of(const struct predict_question *q)
{
    double updates = q->rate_hz * q->window_us / 1e6;

    return updates > 0 ? fmax(20, fmin(updates, MOST_UPDATES)) : MOST_UPDATES;
}

static double longest_wait_us(const struct predict_question *q)
{
    return polls_exchange_us(q) +
           (q->way == PREDICT_SHORT_POLL ? fmax(q->interval_us, q->interval_max_us) : q->pause_us);
}

static void add_answers(struct polls *p, const struct polls *more)
{
    spread_add_all(&p->wait, &more->wait);
    for (int k = 0; k < PROCESS_COUNTS; k++)
        p->counts[k] += more->counts[k];
    p->held += more->held;
    p->rested += more->rested;
    p->fresh += more->fresh;
}

/* Shares of answers, from how many there were. */
static void to_shares(struct polls *p, double answers)
{
    for (int k = 0; k < PROCESS_COUNTS; k++)
        p->counts[k] /= answers;
    p->held /= answers;
    p->rested /= answers;
    p->fresh /= answers;
}

/* What a figure was at least and at most. */
struct range {
    double low, high;
};

static void widen(struct range *r, double value)
{
    r->low = fmin(r->low, value);
    r->high = fmax(r->high, value);
}

/* Is it a mean that may be off by more than CHANCE? */
static bool is_chance(const struct polls *p, const struct predict_question *q, struct range r)
{
    double mean_us = q->rtt_us / 2 + q->delay_us + spread_mean_us(&p->wait);

    return r.high - r.low > 2 * CHANCE * mean_us;
}

/* Computers and links take a little time, and polls begin at any moment. Where a little more or
 * another beginning makes another result, the result is chance: the client comes back just when
 * the next update is due, or its polls keep step with the updates. */
void polls_follow(struct polls *p, const struct predict_question *q)
{
    enum { PHASES = 20, DELAYS = 3 };
    struct range mean = {INFINITY, 0}, parts[SPREAD_PARTS] = {mean, mean, mean};
    double away_us = polls_exchange_us(q), gap_us = process_gaps(q).gap_us, answers = 0;

    spread_init(&p->wait, longest_wait_us(q));
    for (int i = 0; i < PHASES * DELAYS; i++) {
        double more_us = i / PHASES * (away_us * AWAY_MORE + AWAY_MORE_US);
        struct polls one = {0};
        struct orbit o;

        spread_init(&one.wait, longest_wait_us(q));
        o = orbit_of(&one, q, more_us, (i % PHASES + 0.5) / PHASES * gap_us, updates_of(q));
        widen(&mean, o.wait_us / o.updates);
        for (int k = 0; k < SPREAD_PARTS; k++)
            widen(&parts[k], spread_quantile_us(&one.wait, spread_parts[k]));
        if (i >= PHASES)
            continue;
        answers += o.polls;
        add_answers(p, &one);
        p->age_us += o.age_us2 / o.span_us / PHASES;
        p->requests += o.polls / o.updates / PHASES;
        p->empty += o.empty / o.polls / PHASES;
    }
    to_shares(p, answers);
    if (q->way == PREDICT_LONG_POLL && gap_us < longest_wait_us(q))
        p->wait.max_us = longest_wait_us(q);
    for (int k = 0; k < SPREAD_PARTS; k++)
        p->vague[k] = is_chance(p, q, parts[k]);
    if (is_chance(p, q, mean))
        p->chance = "its polls and the updates keep step, or nearly: how long an update waits is "
                    "chance";
}
