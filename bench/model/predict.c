#include "bench/model/predict.h"

#include <math.h>
#include <stddef.h>

#include "bench/model/bytes.h"
#include "bench/model/lossy.h"
#include "bench/model/polls.h"
#include "bench/model/slow_start.h"

static const struct predict_answer nothing = {
    .latency_mean_us = NAN,
    .latency_max_us = NAN,
    .latency_p50_us = NAN,
    .latency_p90_us = NAN,
    .latency_p99_us = NAN,
    .age_mean_us = NAN,
    .requests_per_update = NAN,
    .empty_response_ratio = NAN,
    .handshakes_per_update = NAN,
    .payload_bytes_per_update = NAN,
    .framing_bytes_per_update = NAN,
    .wire_bytes_per_update = NAN,
    .wire_up_bytes_per_update = NAN,
    .packets_per_update = NAN,
};

static void leave_latency_out(struct predict_answer *a, const char *why)
{
    a->latency_mean_us = a->latency_max_us = a->age_mean_us = NAN;
    a->latency_p50_us = a->latency_p90_us = a->latency_p99_us = NAN;
    a->why = why;
}

/* ---- TCP's window ---- */

/* The most bytes that travel at once: an update, or what an answer has gathered. */
static double bytes_at_once(const struct predict_question *q)
{
    double span_us = q->way == PREDICT_SHORT_POLL  ? fmax(q->interval_us, q->interval_max_us)
                     : q->way == PREDICT_LONG_POLL ? polls_exchange_us(q) + q->pause_us
                                                   : 0;
    double gap_us = q->pace == PREDICT_BURSTS ? process_gaps(q).gap_us : 1e6 / q->rate_hz;
    double updates = span_us > 0 ? span_us / gap_us : 0;

    if (q->pace == PREDICT_POISSON)
        updates += 3 * sqrt(updates);
    return fmax(updates, 1) * q->update_bytes;
}

/* How long a connection is silent before the next bytes, at least; 0: not known. */
static double silence_us(const struct predict_question *q)
{
    if (q->way == PREDICT_SHORT_POLL)
        return q->interval_us - polls_exchange_us(q);
    return q->pace == PREDICT_FIXED ? 1e6 / q->rate_hz - polls_exchange_us(q) : 0;
}

/* Round trips more for the least and the most that is sent at once; NAN: it is not known, or they
 * differ. */
static double window_rtts(const struct predict_question *q)
{
    double most = bytes_at_once(q), rtts = slow_start_rtts(q->update_bytes);
    bool is_begun = q->connect_rtts > 0 || slow_start_begins_again(most, silence_us(q), q->rtt_us);

    if (!(q->rtt_us > 0) || !(most > TCP_FIRST_BYTES))
        return 0;
    return is_begun && slow_start_rtts(most) == rtts ? rtts : NAN;
}

static const char *why_not(const struct predict_question *q)
{
    if (isnan(q->rtt_us))
        return "the link's round trip is not known";
    if (q->link_effect != NULL)
        return q->link_effect;
    if (isnan(window_rtts(q)))
        return "what is sent at once is more than TCP's first flight (ten segments, 14.5 kB), and "
               "how many round trips the rest takes depends on what was sent before";
    if (q->way == PREDICT_PUSH && q->pace == PREDICT_BURSTS &&
        q->rtt_us > TCP_FIRST_SEGMENTS * process_gaps(q).gap_us)
        return "a burst has more updates in a round trip than TCP's first flight has segments";
    return NULL;
}

bool predict_knows_network(const struct predict_question *q)
{
    return why_not(q) == NULL;
}

/* ---- the ways ---- */

static struct predict_answer predict_push(const struct predict_question *q, double transit_us)
{
    struct predict_answer a = nothing;

    a.latency_mean_us = a.latency_max_us = transit_us;
    a.latency_p50_us = a.latency_p90_us = a.latency_p99_us = transit_us;
    a.age_mean_us = transit_us + process_age_us(q);
    a.requests_per_update = a.handshakes_per_update = 0; /* there are no responses */
    bytes_predict(&a, q, NULL);
    return a;
}

/* True: what the link does beside delaying has been simulated. */
static bool simulate(struct predict_answer *a, const struct predict_question *q)
{
    struct lossy l;

    if (q->way != PREDICT_PUSH || !(q->down.delay.delay_ns > 0) ||
        !lossy_push(&l, q, bytes_down(q, 1)))
        return false;
    a->latency_mean_us = l.mean_us + q->delay_us;
    a->latency_p50_us = l.p50_us + q->delay_us;
    a->latency_p90_us = l.p90_us + q->delay_us;
    a->latency_p99_us = l.p99_us + q->delay_us;
    a->age_mean_us = l.age_us + q->delay_us;
    return true;
}

enum { POINTS = 33 }; /* of a distribution that is added to another */

/* The jitter of answers is added to the wait; returns what that begins with, below 0. */
static double add_jitter(struct polls *p, const struct delay_model *d)
{
    double jitter_us = (double)d->jitter_ns / 1e3, offsets_us[POINTS], shares[POINTS], sum = 0;
    double span_us = d->shape == JITTER_NORMAL ? 4 * jitter_us : jitter_us;

    if (!(jitter_us > 0))
        return 0;
    for (int i = 0; i < POINTS; i++) {
        double stray_us = (2 * (i + 0.5) / POINTS - 1) * span_us, z = stray_us / jitter_us;

        offsets_us[i] = span_us + stray_us;
        shares[i] = d->shape == JITTER_NORMAL ? exp(-z * z / 2) : 1;
        sum += shares[i];
    }
    for (int i = 0; i < POINTS; i++)
        shares[i] /= sum;
    spread_shift(&p->wait, offsets_us, shares, POINTS);
    return -span_us;
}

/* Long polls of all clients are answered together, and the answers queue. */
static void add_queue(struct polls *p, double queue_us)
{
    double offsets_us[POINTS], shares[POINTS];

    for (int i = 0; i < POINTS; i++) {
        offsets_us[i] = (i + 0.5) / POINTS * queue_us;
        shares[i] = 1.0 / POINTS;
    }
    if (queue_us > 0)
        spread_shift(&p->wait, offsets_us, shares, POINTS);
}

static double quantile_us(const struct polls *p, int part)
{
    return p->vague[part] ? NAN : spread_quantile_us(&p->wait, spread_parts[part]);
}

static struct predict_answer predict_polls(const struct predict_question *q, double transit_us)
{
    struct predict_answer a = nothing;
    struct polls p = {0};

    if (q->way == PREDICT_SHORT_POLL)
        polls_short(&p, q);
    else if (!polls_long(&p, q))
        return nothing;
    a.age_mean_us = transit_us + p.age_us + q->queue_us / 2;
    add_queue(&p, q->queue_us);
    transit_us += add_jitter(&p, &q->down.delay);
    a.latency_mean_us = transit_us + spread_mean_us(&p.wait);
    a.latency_max_us = transit_us + p.wait.max_us;
    a.latency_p50_us = transit_us + quantile_us(&p, 0);
    a.latency_p90_us = transit_us + quantile_us(&p, 1);
    a.latency_p99_us = transit_us + quantile_us(&p, 2);
    a.requests_per_update = p.requests;
    a.empty_response_ratio = p.empty;
    a.handshakes_per_update = q->connect_rtts > 0 ? p.requests : 0;
    bytes_predict(&a, q, &p);
    if (p.chance != NULL)
        leave_latency_out(&a, p.chance);
    return a;
}

/* Jitter keeps packets in order, so it delays those of other clients, too, where they share a line;
 * and of several packets the last counts. */
static bool knows_jitter(const struct predict_question *q, double answer_bytes)
{
    bool own = q->down.lines > 1 || q->clients == 1;

    return q->down.delay.jitter_ns == 0 || (own && answer_bytes <= 1500);
}

/* Polls over a link that loses nothing and is not busy: each request and answer takes its time to
 * be sent, and jitter is added. True: that is known, and q has it. */
static bool use_link(struct predict_question *q, double *answer_us)
{
    enum { BUSY_PERCENT = 30 };
    bool loses = loss_model_ratio(&q->up.loss) + loss_model_ratio(&q->down.loss) > 0;
    double clients = fmax(q->clients, 1), request_us, polls_hz, bytes;
    struct predict_answer a;

    if (q->link_effect == NULL || q->way == PREDICT_PUSH || q->connect_rtts > 0 || loses ||
        isnan(window_rtts(q)) || window_rtts(q) > 0 || !(q->down.delay.delay_ns > 0))
        return false;
    a = predict_polls(q, 0);
    bytes = bytes_down(q, 1 / (a.requests_per_update * (1 - a.empty_response_ratio)));
    polls_hz = clients * a.requests_per_update * q->rate_hz;
    request_us = lossy_air_us(&q->up, bytes_up(q));
    *answer_us = lossy_air_us(&q->down, bytes);
    if (q->way == PREDICT_LONG_POLL)
        q->queue_us = (clients - 1) * *answer_us;
    q->line_us = request_us + *answer_us + q->queue_us / 2;
    return fmax(request_us, *answer_us) * polls_hz < BUSY_PERCENT * 1e4 && knows_jitter(q, bytes);
}

struct predict_answer predict(const struct predict_question *question)
{
    struct predict_question q = *question;
    const char *why = why_not(&q);
    struct predict_answer a;
    double transit_us, answer_us = 0;

    if (q.way == PREDICT_NONE)
        return nothing;
    if (use_link(&q, &answer_us))
        why = NULL;
    q.window_rtts = window_rtts(&q);
    if (isnan(q.window_rtts))
        q.window_rtts = 0;
    transit_us = q.rtt_us * (0.5 + q.window_rtts) + q.delay_us + answer_us;
    a = q.way == PREDICT_PUSH ? predict_push(&q, transit_us) : predict_polls(&q, transit_us);
    if (why != NULL) {
        leave_latency_out(&a, why);
        if (q.link_effect != NULL && simulate(&a, &q))
            a.why = NULL;
    } else if (a.why == NULL && isnan(a.latency_mean_us)) {
        a.why = "the moments of the updates are not known";
    }
    if (why != NULL && q.way == PREDICT_LONG_POLL) { /* when it is back is not known */
        a.requests_per_update = a.empty_response_ratio = a.handshakes_per_update = NAN;
        a.framing_bytes_per_update = a.packets_per_update = a.wire_bytes_per_update =
            a.wire_up_bytes_per_update = NAN;
    }
    return a;
}
