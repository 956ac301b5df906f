#include "bench/model/predict.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/result/repeats.h"
#include "lib/proto/transport_info.h"

/* TCP begins, and begins again after a pause, with ten segments (RFC 6928) of 1,448 bytes. */
#define FIRST_FLIGHT_SEGMENTS 10
#define FIRST_FLIGHT_BYTES    (FIRST_FLIGHT_SEGMENTS * 1448.0)
#define ENVELOPE_BYTES        40 /* about: {"seq":..,"t":..,"data":..} */
#define MOST_UPDATES          500
#define MOST_POLLS            20000
/* A poll is back later than the link alone has it, by once or twice so much (seen: 0.3 to 2 ms). */
#define AWAY_MORE    0.025
#define AWAY_MORE_US 250.0
/* A mean that may be off by more than this is not one. */
#define CHANCE 0.15

static const struct predict_answer nothing = {NAN, NAN, NAN, NAN, NAN, NAN, NULL};

static void leave_latency_out(struct predict_answer *a, const char *why)
{
    a->latency_mean_us = a->latency_max_us = a->age_mean_us = NAN;
    a->why = why;
}

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
    struct predict_answer out = {
        .latency_mean_us = transit_us + interval_us / 2,
        .latency_max_us = transit_us + interval_us,
        .age_mean_us = transit_us + source_age_us(q) + interval_us / 2,
        .requests_per_update = requests,
        .empty_response_ratio = empty_chance(q, interval_us),
        .handshakes_per_update = q->connect_rtts > 0 ? requests : 0,
    };

    /* The clients' polls are spread evenly over the interval; the fewer, the wider apart. */
    if (q->pace == PREDICT_FIXED && q->clients > 0 &&
        fmin(interval_us, 1e6 / q->rate_hz) / (2 * q->clients) > CHANCE * out.latency_mean_us)
        leave_latency_out(&out, "few polls keep step with the updates: how long an update waits is "
                                "chance");
    return out;
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
    out->latency_max_us += away_us + q->pause_us / 2;
    out->age_mean_us += a0_us + l2_us2 / (2 * l_us);
    out->requests_per_update = 1 / updates;
    out->empty_response_ratio = exp(-(away_us + q->hold_us) / gap_us);
}

/* ---- updates at known moments ---- */

/* The polls of one client, as they reach the server, over updates at gaps that are known. */
struct orbit {
    double updates, polls, empty; /* polls: each has one answer */
    double latency_us, age_us2, span_us;
};

static double moment_us(const struct gaps *g, double update)
{
    double period = floor(update / g->n);

    return period * period_us(g) + (update - period * g->n) * g->gap_us;
}

/* The random wait after an answer: evenly spread, by multiples of the golden ratio. */
static double wait_us(const struct predict_question *q, double poll)
{
    double turns = poll * 0.6180339887498949;

    return q->pause_us * (turns - floor(turns));
}

/* An answer leaves with all there is, or with the next update, or when the hold is over; the next
 * poll is there away_us and a wait later. The first leaves at phase_us, after update 0. */
static struct orbit orbit_of(const struct predict_question *q, const struct gaps *g, double away_us,
                             double phase_us, double updates)
{
    struct orbit o = {0};
    double answer_us = phase_us, newest_us = 0, next = 1;
    bool begun = false; /* from the first answer on that has updates */

    while (o.updates < updates && o.polls < MOST_POLLS) {
        double asked_us = answer_us + away_us + wait_us(q, o.polls), first = next,
               left_us = answer_us;

        answer_us = fmin(fmax(asked_us, moment_us(g, next)), asked_us + q->hold_us);
        o.age_us2 += (answer_us - left_us) * ((answer_us + left_us) / 2 - newest_us);
        for (; moment_us(g, next) <= answer_us; next++) {
            newest_us = moment_us(g, next);
            o.latency_us += answer_us - newest_us;
        }
        o.polls++;
        o.empty += next == first;
        o.updates += next - first;
        o.span_us += answer_us - left_us;
        if (!begun && next > first)
            o = (struct orbit){0};
        begun = begun || next > first;
    }
    return o;
}

/* How many updates a run's window has, as far as it matters. */
static double updates_of(const struct predict_question *q)
{
    double updates = q->rate_hz * q->window_us / 1e6;

    return updates > 0 ? fmax(20, fmin(updates, MOST_UPDATES)) : MOST_UPDATES;
}

/* Computers and links take a little time, and polls begin at any moment. Where a little more or
 * another beginning makes another result, the result is chance: the client comes back just when
 * the next update is due, or its polls keep step with the updates. */
static void long_poll_timed(struct predict_answer *out, const struct predict_question *q,
                            double away_us)
{
    enum { PHASES = 8, DELAYS = 3 };
    struct gaps g = gaps_of(q);
    struct orbit sum = {0}, o;
    double low_us = INFINITY, high_us = 0;

    for (int i = 0; i < PHASES * DELAYS; i++) {
        double more = i / PHASES * (away_us * AWAY_MORE + AWAY_MORE_US);

        o = orbit_of(q, &g, away_us + more, (i % PHASES + 0.5) / PHASES * g.gap_us, updates_of(q));
        low_us = fmin(low_us, o.latency_us / o.updates);
        high_us = fmax(high_us, o.latency_us / o.updates);
        if (i >= PHASES)
            continue;
        sum.latency_us += o.latency_us / o.updates / PHASES;
        sum.age_us2 += o.age_us2 / o.span_us / PHASES;
        sum.polls += o.polls / o.updates / PHASES;
        sum.empty += o.empty / o.polls / PHASES;
    }
    out->latency_mean_us += sum.latency_us;
    if (g.gap_us < away_us + q->pause_us || sum.empty > 0)
        out->latency_max_us += away_us + q->pause_us;
    out->age_mean_us += sum.age_us2;
    out->requests_per_update = sum.polls;
    out->empty_response_ratio = sum.empty;
    if (high_us - low_us > 2 * CHANCE * out->latency_mean_us)
        leave_latency_out(out, "its polls and the updates keep step, or nearly: how long an update "
                               "waits is chance");
}

static struct predict_answer predict_long_poll(const struct predict_question *q)
{
    double transit_us = q->rtt_us / 2 + q->delay_us, away_us = q->rtt_us * (1 + q->connect_rtts);
    struct predict_answer out = {transit_us, transit_us, transit_us, NAN, NAN, NAN, NULL};

    if (isnan(away_us) || q->pace == PREDICT_UNKNOWN)
        return nothing;
    if (q->pace == PREDICT_POISSON)
        long_poll_poisson(&out, q, away_us + q->pause_us / 2);
    else
        long_poll_timed(&out, q, away_us);
    out.handshakes_per_update = q->connect_rtts > 0 ? out.requests_per_update : 0;
    return out;
}

/* ---- what it can't know ---- */

/* The most bytes that travel at once: an update, or what an answer has gathered. */
static double bytes_at_once(const struct predict_question *q)
{
    double span_us = q->way == PREDICT_SHORT_POLL  ? q->interval_us
                     : q->way == PREDICT_LONG_POLL ? q->rtt_us * (1 + q->connect_rtts)
                                                   : 0;
    double gap_us = q->pace == PREDICT_BURSTS ? gaps_of(q).gap_us : 1e6 / q->rate_hz;
    double updates = span_us > 0 ? span_us / gap_us : 0;

    if (q->pace == PREDICT_POISSON)
        updates += 3 * sqrt(updates);
    return fmax(updates, 1) * q->update_bytes;
}

static const char *why_not(const struct predict_question *q)
{
    if (isnan(q->rtt_us))
        return "the link's round trip is not known";
    if (q->link_effect != NULL)
        return q->link_effect;
    if (q->rtt_us > 0 && bytes_at_once(q) > FIRST_FLIGHT_BYTES)
        return "what is sent at once is more than TCP's first flight (ten segments, 14.5 kB), and "
               "how many round trips the rest takes depends on what was sent before";
    if (q->way == PREDICT_PUSH && q->pace == PREDICT_BURSTS &&
        q->rtt_us > FIRST_FLIGHT_SEGMENTS * gaps_of(q).gap_us)
        return "a burst has more updates in a round trip than TCP's first flight has segments";
    return NULL;
}

bool predict_knows_network(const struct predict_question *q)
{
    return why_not(q) == NULL;
}

static struct predict_answer predict_way(const struct predict_question *q)
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

struct predict_answer predict(const struct predict_question *q)
{
    struct predict_answer out = predict_way(q);
    const char *why = q->way == PREDICT_NONE ? NULL : why_not(q);

    if (why != NULL)
        leave_latency_out(&out, why);
    else if (q->way != PREDICT_NONE && out.why == NULL && isnan(out.latency_mean_us))
        out.why = "the moments of the updates are not known";
    if (why != NULL && q->way == PREDICT_LONG_POLL) /* when it is back is not known */
        out.requests_per_update = out.empty_response_ratio = out.handshakes_per_update = NAN;
    return out;
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

/* What the link does beyond delaying, which the model has no part for; NULL: nothing. */
static const char *link_effect(const cJSON *run)
{
    static const char *const effects[][2] = {{"jitter=", "the link jitters"},
                                             {"loss=", "the link loses packets"},
                                             {"gilbert=", "the link loses packets in bursts"},
                                             {"rate=", "the link limits the rate"}};

    for (size_t i = 0; i < sizeof effects / sizeof *effects; i++)
        if (strstr(json_text(run, "link_details.spec"), effects[i][0]) != NULL)
            return effects[i][1];
    return NULL;
}

/* As measured; of the generator, before anything is, its payload in its envelope. */
static double update_bytes(const cJSON *source, const cJSON *row)
{
    double bytes = json_number(row, "bytes_per_update.payload");

    return isnan(bytes) ? json_number(source, "payload_bytes") + ENVELOPE_BYTES : bytes;
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
        .link_effect = link_effect(run),
        .update_bytes = update_bytes(source, row),
        .window_us = repeats_window_s(row) * 1e6,
        .clients = json_number(row, "clients"),
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
