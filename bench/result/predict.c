#include "bench/result/predict.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "bench/base/json.h"
#include "lib/proto/transport_info.h"

static const struct predict_answer nothing = {NAN, NAN, NAN, NAN, NAN, NAN};

/* ---- the gaps between updates ---- */

/* One period of gaps, all but the last alike. Fixed: the one gap. Poisson has no period. */
struct gaps {
    double n, gap_us, last_us;
};

/* As servers/source/source_generator.c paces them: bursts begin with their period, and an update
 * that falls into the off-phase moves to the next. */
static struct gaps gaps_of(const struct predict_question *q)
{
    double gap_us = 1e6 / q->rate_hz, period_us = q->burst_on_us + q->burst_off_us, n;

    if (q->pace != PREDICT_BURSTS)
        return (struct gaps){1, gap_us, gap_us};
    gap_us *= q->burst_on_us / period_us;
    n = ceil(q->burst_on_us / gap_us - 1e-9);
    if (n <= 1) {
        double whole_us = ceil(gap_us / period_us) * period_us;

        return (struct gaps){1, whole_us, whole_us};
    }
    return (struct gaps){n, gap_us, period_us - (n - 1) * gap_us};
}

static double period_us(const struct gaps *g)
{
    return (g->n - 1) * g->gap_us + g->last_us;
}

/* The mean age of the newest update where it is published: E[gap²] / 2E[gap], the inspection
 * paradox. */
static double source_age_us(const struct predict_question *q)
{
    struct gaps g = gaps_of(q);

    if (q->pace == PREDICT_UNKNOWN)
        return NAN;
    if (q->pace == PREDICT_POISSON)
        return 1e6 / q->rate_hz;
    return ((g.n - 1) * g.gap_us * g.gap_us + g.last_us * g.last_us) / (2 * period_us(&g));
}

/* The chance that a span, begun at any moment, has no update in it. */
static double empty_chance(const struct predict_question *q, double span_us)
{
    struct gaps g = gaps_of(q);

    if (q->pace == PREDICT_UNKNOWN)
        return NAN;
    if (q->pace == PREDICT_POISSON)
        return exp(-q->rate_hz * span_us / 1e6);
    return ((g.n - 1) * fmax(0, g.gap_us - span_us) + fmax(0, g.last_us - span_us)) / period_us(&g);
}

/* ---- the transports ---- */

static struct predict_answer predict_push(const struct predict_question *q)
{
    double transit_us = q->rtt_us / 2 + q->delay_us;

    return (struct predict_answer){
        .latency_mean_us = transit_us,
        .latency_max_us = transit_us,
        .age_mean_us = transit_us + source_age_us(q),
        .empty_response_ratio = NAN, /* there are no responses */
    };
}

/* Polls leave by the clock: a handshake shifts them all alike, and so delays no update. Only
 * when an exchange takes longer than the interval do they follow one another instead. */
static struct predict_answer predict_short_poll(const struct predict_question *q)
{
    double transit_us = q->rtt_us / 2 + q->delay_us;
    double exchange_us = q->rtt_us * (1 + q->connect_rtts);
    double interval_us = exchange_us > q->interval_us ? exchange_us : q->interval_us;
    double requests = 1e6 / (q->rate_hz * interval_us);

    return (struct predict_answer){
        .latency_mean_us = transit_us + interval_us / 2,
        .latency_max_us = transit_us + interval_us,
        .age_mean_us = transit_us + source_age_us(q) + interval_us / 2,
        .requests_per_update = requests,
        .empty_response_ratio = empty_chance(q, interval_us),
        .handshakes_per_update = q->connect_rtts > 0 ? requests : 0,
    };
}

/* Memoryless: every poll begins anew. While the client is away for A, rate·A updates gather;
 * if none did, the poll is held until one comes or the hold is over. Age: an answer leaves with
 * its newest update a0 old and lasts until the next, L later: E[a0] + E[L²]/2E[L]. */
static void long_poll_poisson(struct predict_answer *out, const struct predict_question *q,
                              double away_us)
{
    double gap_us = 1e6 / q->rate_hz, gathered = away_us / gap_us, none = exp(-gathered);
    double updates = gathered + none * -expm1(-q->hold_us / gap_us); /* per poll */
    double a0_us = gap_us * (1 - none) - none * away_us;
    double l_us = away_us + none * gap_us;
    double l2_us2 = away_us * away_us + none * (2 * away_us * gap_us + 2 * gap_us * gap_us);

    out->latency_mean_us += gathered * away_us / 2 / updates;
    out->latency_max_us += away_us;
    out->age_mean_us += a0_us + l2_us2 / (2 * l_us);
    out->requests_per_update = 1 / updates;
    out->empty_response_ratio = exp(-(away_us + q->hold_us) / gap_us);
}

/* Updates come while the client is away: every answer takes all of them, and away is the
 * interval. Averaged over all phases that the two periods can have. */
static void long_poll_crowded(struct predict_answer *out, const struct predict_question *q,
                              double away_us)
{
    out->latency_mean_us += away_us / 2;
    out->latency_max_us += away_us;
    out->age_mean_us += source_age_us(q) + away_us / 2;
    out->requests_per_update = 1e6 / (q->rate_hz * away_us);
    out->empty_response_ratio = 0;
}

/* The client is back before each update: none waits, except for those few that a poll which
 * ran out of its hold has left alone. */
static void long_poll_ready(struct predict_answer *out, const struct predict_question *q,
                            double away_us)
{
    struct gaps g = gaps_of(q);
    double cycle_us = away_us + q->hold_us;
    double polls = ((g.n - 1) * ceil(g.gap_us / cycle_us) + ceil(g.last_us / cycle_us)) / g.n;

    if (polls > 1) {
        double late_share = (polls - 1) / polls * away_us / cycle_us;

        out->latency_mean_us += late_share * away_us / 2;
        out->latency_max_us += away_us;
    }
    out->age_mean_us += source_age_us(q);
    out->requests_per_update = polls;
    out->empty_response_ratio = 1 - 1 / polls;
}

static struct predict_answer predict_long_poll(const struct predict_question *q)
{
    double transit_us = q->rtt_us / 2 + q->delay_us;
    double away_us = q->rtt_us * (1 + q->connect_rtts) + q->pause_us / 2;
    struct predict_answer out = {transit_us, transit_us, transit_us, NAN, NAN, NAN};
    struct gaps g = gaps_of(q);

    if (isnan(away_us))
        return nothing;
    if (q->pace == PREDICT_POISSON)
        long_poll_poisson(&out, q, away_us);
    else if (q->pace == PREDICT_FIXED && g.gap_us < away_us)
        long_poll_crowded(&out, q, away_us);
    else if (q->pace != PREDICT_UNKNOWN && g.gap_us >= away_us)
        long_poll_ready(&out, q, away_us);
    else
        return nothing;
    if (out.latency_max_us > transit_us)
        out.latency_max_us += q->pause_us / 2;
    out.handshakes_per_update = q->connect_rtts > 0 ? out.requests_per_update : 0;
    return out;
}

struct predict_answer predict(const struct predict_question *q)
{
    switch (q->way) {
    case PREDICT_SHORT_POLL:
        return predict_short_poll(q);
    case PREDICT_LONG_POLL:
        return predict_long_poll(q);
    case PREDICT_PUSH:
        return predict_push(q);
    case PREDICT_NONE:
        break;
    }
    return nothing;
}

/* ---- what a run asks ---- */

static enum predict_way way_of(const char *transport)
{
    static const enum predict_way ways[] = {
        [TRANSPORT_WAY_SHORT_POLL] = PREDICT_SHORT_POLL,
        [TRANSPORT_WAY_LONG_POLL] = PREDICT_LONG_POLL,
        [TRANSPORT_WAY_PUSH] = PREDICT_PUSH,
    };
    const struct transport_info *t = transport_info_find(transport);

    return t == NULL ? PREDICT_NONE : ways[t->way];
}

static enum predict_pace pace_of(const cJSON *source)
{
    const char *pattern = json_text(source, "pattern");

    if (strcmp(json_text(source, "kind"), "generator") != 0)
        return PREDICT_UNKNOWN;
    if (strcmp(pattern, "fixed") == 0)
        return PREDICT_FIXED;
    if (strcmp(pattern, "poisson") == 0)
        return PREDICT_POISSON;
    return strcmp(pattern, "bursts") == 0 ? PREDICT_BURSTS : PREDICT_UNKNOWN;
}

static double rtt_us(const cJSON *run)
{
    static const char *const places[] = {"link.rtt_ms", "link_details.rtt_ms", "rtt_ms"};

    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (json_number(run, places[i]) >= 0)
            return json_number(run, places[i]) * 1e3;
    return strcmp(json_text(run, "link"), "loopback") == 0 ? 0 : NAN;
}

/* TCP's handshake, and TLS's on top: one round trip with 1.3; with 1.2 (RFC 5246 §7.3) two, or
 * one when it resumes a session. */
static double connect_rtts(const cJSON *run, const cJSON *row)
{
    bool old = strcmp(json_text(run, "scenario.tls_version"), "1.2") == 0;
    double full = json_number(row, "tls_handshakes_per_update.full");

    if (strcmp(json_text(row, "connection"), "close") != 0)
        return 0;
    if (!json_true(run, "scenario.tls"))
        return 1;
    return old && full > 0 ? 3 : 2;
}

static bool has_channels(const cJSON *run)
{
    return json_text(run, "scenario.channel")[0] != '\0' ||
           json_text(run, "scenario.latest")[0] != '\0';
}

/* Each client has its own part of the updates, at a pace that isn't known; and of latest values a
 * poll gets the young ones only. What stays known is the way of what is pushed, and of polls for
 * every update. */
static void leave_channels_out(struct predict_question *q, const cJSON *run)
{
    q->pace = PREDICT_UNKNOWN;
    q->rate_hz = NAN;
    if (json_text(run, "scenario.latest")[0] != '\0' && q->way == PREDICT_SHORT_POLL)
        q->delay_us = NAN;
}

struct predict_question predict_question_of(const cJSON *run, const cJSON *row)
{
    const cJSON *source = json_at(run, "scenario.source");
    double delay_ms = json_number(run, "scenario.server.test_delay_ms");
    double pause_ms = json_number(run, "scenario.poll_jitter_ms");
    double max_hold_ms = json_number(run, "scenario.server.max_hold_ms");
    struct predict_question q = {
        .way = way_of(json_text(row, "transport")),
        .interval_us = json_number(row, "interval_ms") * 1e3,
        .hold_us = fmin(json_number(row, "hold_ms"), max_hold_ms) * 1e3,
        .connect_rtts = connect_rtts(run, row),
        .pause_us = pause_ms > 0 ? pause_ms * 1e3 : 0,
        .rtt_us = rtt_us(run),
        .delay_us = delay_ms > 0 ? delay_ms * 1e3 : 0,
        .pace = pace_of(source),
        .rate_hz = json_number(source, "rate_hz"),
        .burst_on_us = json_number(source, "burst_on_ms") * 1e3,
        .burst_off_us = json_number(source, "burst_off_ms") * 1e3,
    };

    if (has_channels(run)) {
        leave_channels_out(&q, run);
        return q;
    }
    if (q.pace == PREDICT_UNKNOWN)
        q.rate_hz = json_number(row, "published") / json_number(row, "phases.window_ms") * 1e3;
    if (!(q.rate_hz > 0))
        q.way = PREDICT_NONE;
    return q;
}
