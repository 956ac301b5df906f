#include "bench/model/polls.h"

#include <math.h>

double polls_exchange_us(const struct predict_question *q)
{
    return q->rtt_us * (1 + q->connect_rtts + q->window_rtts) + q->line_us;
}

/* ---- short polls ---- */

static double cycle_us(const struct predict_question *q)
{
    double exchange_us = polls_exchange_us(q);

    if (q->poll == PREDICT_CLOCK) /* late polls follow one another */
        return fmax(q->interval_us, exchange_us);
    return q->interval_us + exchange_us;
}

/* How many clients poll at moments of their own. By the clock each has a part of the interval; but
 * when an exchange takes as long, each poll waits for the one before, and clients that have
 * connected at once ask at once for good. */
static double apart(const struct predict_question *q)
{
    double exchange_us = polls_exchange_us(q) * (1 + AWAY_MORE) + AWAY_MORE_US;

    return q->poll == PREDICT_CLOCK && exchange_us > q->interval_us ? 1 : q->clients;
}

/* All cycles alike: at any moment the next poll is a part of a cycle away. */
static void regular(struct polls *p, const struct predict_question *q)
{
    double cycle = cycle_us(q), rest_us = cycle - polls_exchange_us(q);

    spread_init(&p->wait, cycle);
    spread_add(&p->wait, 0, cycle, 1);
    p->age_us = process_age_us(q) + cycle / 2;
    p->requests = 1e6 / (q->rate_hz * cycle);
    p->empty = process_empty_chance(q, cycle);
    if (q->pace != PREDICT_UNKNOWN)
        process_add_counts(p->counts, q, cycle, 1);
    p->rested = rest_us > DELAYED_ACK_US;
    p->fresh = cycle > q->rtt_us + RTO_MIN_US;
    /* The clients' polls are spread evenly over the cycle; the fewer, the wider apart. */
    if (q->pace == PREDICT_FIXED && q->clients > 0 &&
        fmin(cycle, 1e6 / q->rate_hz) / (2 * apart(q)) >
            CHANCE * (q->rtt_us / 2 + q->delay_us + cycle / 2))
        p->chance = "few polls keep step with the updates: how long an update waits is chance";
}

double polls_backoff_us(const struct predict_question *q, int nth)
{
    return fmin(q->interval_us * pow(q->backoff_factor, nth), q->interval_max_us);
}

/* Every answer with updates begins anew. reached: the chance that the nth cycle after it is
 * begun. Age: as of long polls below. */
static void backoff_poisson(struct polls *p, const struct predict_question *q)
{
    double gap_us = 1e6 / q->rate_hz, reached = 1, polls = 0, span_us = 0, span2 = 0, newest_us = 0;
    double counts[PROCESS_COUNTS] = {0};

    spread_init(&p->wait, q->interval_max_us + polls_exchange_us(q));
    for (int n = 0; n < 10000 && reached > 1e-9; n++) {
        double pause_us = polls_backoff_us(q, n), cycle = pause_us + polls_exchange_us(q);
        double none = exp(-cycle / gap_us);

        spread_add(&p->wait, 0, cycle, reached * cycle);
        process_add_counts(counts, q, cycle, reached);
        polls += reached;
        p->rested += reached * (pause_us > DELAYED_ACK_US);
        p->fresh += reached * (cycle > q->rtt_us + RTO_MIN_US);
        span_us += cycle;
        span2 += reached * (1 - none) * span_us * span_us;
        newest_us += reached * (gap_us * (1 - none) - none * cycle);
        reached *= none;
    }
    for (int k = 0; k < PROCESS_COUNTS; k++)
        p->counts[k] = counts[k] / polls;
    p->rested /= polls;
    p->fresh /= polls;
    p->empty = 1 - 1 / polls;
    p->requests = polls * gap_us / p->wait.total;
    p->age_us = newest_us + span2 / (2 * p->wait.total);
}

void polls_short(struct polls *p, const struct predict_question *q)
{
    if (q->poll != PREDICT_BACKOFF)
        regular(p, q);
    else if (q->pace == PREDICT_POISSON)
        backoff_poisson(p, q);
    else if (q->pace != PREDICT_UNKNOWN)
        polls_follow(p, q);
    else
        p->requests = p->empty = p->age_us = NAN;
}

/* ---- long polls ---- */

/* One length of being away. Memoryless: every poll begins anew. While the client is away for A,
 * rate·A updates gather; if none did, the poll is held until one comes or the hold is over. */
struct turn {
    double updates, empty, span_us, span2_us2, newest_us; /* per poll */
};

static struct turn turn_of(double gap_us, double away_us, double hold_us)
{
    double none = exp(-away_us / gap_us), in_vain = exp(-hold_us / gap_us);
    double held_us = gap_us * (1 - in_vain);
    double held2 = 2 * gap_us * (held_us - (in_vain > 0 ? hold_us * in_vain : 0));

    return (struct turn){
        .updates = (away_us + none * held_us) / gap_us,
        .empty = none * in_vain,
        .span_us = away_us + none * held_us,
        .span2_us2 = away_us * away_us + none * (2 * away_us * held_us + held2),
        .newest_us = gap_us * (1 - none) - none * away_us,
    };
}

/* Age: an answer leaves with its newest update a0 old, and lasts until the next that has some, L
 * later: E[a0] + E[L²]/2E[L]. L goes on for as long as polls come back empty. The random wait
 * after an answer is taken at the middle of PARTS equal parts. */
static void long_poisson(struct polls *p, const struct predict_question *q)
{
    enum { PARTS = 16 };
    double gap_us = 1e6 / q->rate_hz, exchange_us = polls_exchange_us(q), l_us, l2_us2;
    double in_vain_us = 0; /* per poll: how long those took that came back empty */
    struct turn sum = {0};
    int parts = q->pause_us > 0 ? PARTS : 1;

    spread_init(&p->wait, exchange_us + q->pause_us);
    for (int i = 0; i < parts; i++) {
        double pause_us = (i + 0.5) / parts * q->pause_us, away_us = exchange_us + pause_us;
        struct turn t = turn_of(gap_us, away_us, q->hold_us);
        double none = exp(-away_us / gap_us), at_once = t.updates - away_us / gap_us;

        spread_add(&p->wait, 0, away_us, away_us / gap_us / parts);
        spread_add(&p->wait, 0, 0, at_once / parts);
        process_add_counts(p->counts, q, away_us, 1.0 / parts);
        p->counts[0] -= at_once / parts; /* the held one has an update after all */
        p->counts[1] += at_once / parts;
        p->held += none * exp(-DELAYED_ACK_US / gap_us) / parts * (q->hold_us > DELAYED_ACK_US);
        p->rested += (double)(pause_us > DELAYED_ACK_US) / parts;
        in_vain_us += t.empty * (away_us + q->hold_us) / parts;
        sum.updates += t.updates / parts;
        sum.empty += t.empty / parts;
        sum.span_us += t.span_us / parts;
        sum.span2_us2 += t.span2_us2 / parts;
        sum.newest_us += t.newest_us / parts;
    }
    p->held = 1 - (1 - p->held) * (1 - p->held); /* or the one before was */
    p->wait.max_us = exchange_us + q->pause_us;
    l_us = sum.span_us / (1 - sum.empty);
    l2_us2 = (sum.span2_us2 + 2 * in_vain_us * l_us) / (1 - sum.empty);
    p->age_us = sum.newest_us / (1 - sum.empty) + l2_us2 / (2 * l_us);
    p->requests = 1 / sum.updates;
    p->empty = sum.empty;
}

bool polls_long(struct polls *p, const struct predict_question *q)
{
    if (isnan(polls_exchange_us(q)) || q->pace == PREDICT_UNKNOWN)
        return false;
    if (q->pace == PREDICT_POISSON)
        long_poisson(p, q);
    else
        polls_follow(p, q);
    return true;
}
