#include "bench/model/question.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/link/link_spec.h"
#include "bench/result/repeats.h"
#include "lib/proto/envelope.h"
#include "lib/proto/transport_info.h"

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

static bool has_channels(const cJSON *run)
{
    return json_text(run, "scenario.channel")[0] != '\0' ||
           json_text(run, "scenario.latest")[0] != '\0';
}

/* An update's JSON. */
static double envelope_bytes(double data_bytes, double seq, double t_ns)
{
    char text[ENVELOPE_OVERHEAD_BYTES];
    struct envelope e = {
        .seq = (uint64_t)seq, .n = (uint64_t)seq, .t_ns = (int64_t)t_ns, .data = ""};

    return (double)envelope_encode(text, &e) + data_bytes;
}

/* As measured, where it isn't the generator's payload in its envelope. t has 13 digits from 17
 * minutes after the machine's start on, and 14 from 2.8 hours. */
static double update_bytes(const cJSON *run, const cJSON *row, double seq)
{
    double t_ns = json_number(row, "raw.window_start_ns");
    double data_bytes = json_number(run, "scenario.source.payload_bytes");

    if (strcmp(json_text(run, "scenario.source.kind"), "generator") != 0 || has_channels(run))
        return json_number(row, "bytes_per_update.payload");
    return envelope_bytes(data_bytes, seq, t_ns > 0 ? t_ns : 1e13);
}

/* The number of the update in the middle of the window. */
static double middle_seq(const cJSON *run, const cJSON *row)
{
    double window_s = repeats_window_s(row);
    double warmup_s = json_number(run, "scenario.warmup_s");
    double seq = json_number(run, "scenario.source.rate_hz") * (fmax(warmup_s, 0) + window_s / 2);

    return seq > 1 ? floor(seq) : 1;
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

/* As the run has it in full; a run that has not, none. */
static void fill_link(struct predict_question *q, const cJSON *run)
{
    struct link_spec spec;
    struct err_text e;

    q->link_effect = link_effect(run);
    if (q->link_effect == NULL ||
        link_spec_parse(&spec, json_text(run, "link_details.spec"), &e) < 0)
        return;
    q->up = spec.path[LINK_UP];
    q->down = spec.path[LINK_DOWN];
}

/* The row as the scenario has it: more than its result says. */
static const cJSON *row_settings(const cJSON *run, const cJSON *row)
{
    const cJSON *settings;

    cJSON_ArrayForEach(settings, json_at(run, "scenario.rows"))
    {
        if (strcmp(json_text(settings, "id"), json_text(row, "id")) == 0)
            return settings;
    }
    return row;
}

/* 0: the row has none. */
static double setting(const cJSON *run, const cJSON *row, const char *key)
{
    return fmax(json_number(row_settings(run, row), key), 0);
}

/* A connection's first handshake is full and the others resume its session, unless that is off. */
static bool is_full(const cJSON *run, const cJSON *row)
{
    return json_number(row, "tls_handshakes_per_update.full") > 0 ||
           cJSON_IsFalse(json_at(row_settings(run, row), "tls_resume"));
}

/* TCP's handshake, and TLS's on top: one round trip with 1.3; with 1.2 (RFC 5246 §7.3) two, or
 * one when it resumes a session. */
static double connect_rtts(const cJSON *run, const cJSON *row)
{
    bool old = strcmp(json_text(run, "scenario.tls_version"), "1.2") == 0;

    if (strcmp(json_text(row, "connection"), "close") != 0)
        return 0;
    if (!json_true(run, "scenario.tls"))
        return 1;
    return old && is_full(run, row) ? 3 : 2;
}

static enum predict_poll poll_of(const cJSON *run, const cJSON *row)
{
    const char *poll = json_text(row_settings(run, row), "poll");

    if (strcmp(poll, "pause") == 0)
        return PREDICT_PAUSE;
    return strcmp(poll, "backoff") == 0 ? PREDICT_BACKOFF : PREDICT_CLOCK;
}

/* The link's ends have fixed addresses (docs/link.md); ports have five digits. */
static void host_of(char *out, size_t cap, const cJSON *run, const cJSON *row)
{
    const char *url = strstr(json_text(repeats_measured(run, row), "raw.url"), "://");
    bool ip6 = json_number(run, "scenario.ip") == 6;

    if (url != NULL)
        snprintf(out, cap, "%.*s", (int)strcspn(url + 3, "/"), url + 3);
    else
        snprintf(out, cap, "%s:12345", ip6 ? "[fd77::2]" : "10.77.0.2");
}

static enum request_heads heads_of(const cJSON *run)
{
    int heads = HEADS_2009;

    while (heads > 0 && strcmp(request_heads_names[heads], json_text(run, "scenario.heads")) != 0)
        heads--;
    return (enum request_heads)heads;
}

/* What only bytes depend on. */
static void fill_bytes(struct predict_question *q, const cJSON *run, const cJSON *row)
{
    const struct transport_info *t = transport_info_find(json_text(row, "transport"));

    q->transport = t != NULL ? t->id : TRANSPORT_STREAM;
    q->heads = heads_of(run);
    q->on_wire = strcmp(json_text(run, "link"), "loopback") != 0 && q->rtt_us >= 0;
    q->ip6 = json_number(run, "scenario.ip") == 6;
    q->tls = json_true(run, "scenario.tls");
    q->tls12 = strcmp(json_text(run, "scenario.tls_version"), "1.2") == 0;
    q->tls_full = is_full(run, row);
    q->asked_hold_us = json_number(row, "hold_ms") * 1e3;
    q->seq = middle_seq(run, row);
    q->update_bytes = update_bytes(run, row, q->seq);
    host_of(q->host, sizeof q->host, run, row);
}

struct predict_question predict_question_of(const cJSON *run, const cJSON *row)
{
    const cJSON *source = json_at(run, "scenario.source");
    double delay_ms = json_number(run, "scenario.server.test_delay_ms");
    double pause_ms = json_number(run, "scenario.poll_jitter_ms");
    double max_hold_ms = json_number(run, "scenario.server.max_hold_ms");
    struct predict_question q = {
        .way = way_of(json_text(row, "transport")),
        .poll = poll_of(run, row),
        .interval_us = json_number(row, "interval_ms") * 1e3,
        .hold_us = fmin(json_number(row, "hold_ms"), max_hold_ms) * 1e3,
        .interval_max_us = setting(run, row, "interval_max_ms") * 1e3,
        .backoff_factor = setting(run, row, "backoff_factor"),
        .connect_rtts = connect_rtts(run, row),
        .pause_us = pause_ms > 0 ? pause_ms * 1e3 : 0,
        .rtt_us = rtt_us(run),
        .delay_us = delay_ms > 0 ? delay_ms * 1e3 : 0,
        .pace = pace_of(source),
        .rate_hz = json_number(source, "rate_hz"),
        .burst_on_us = json_number(source, "burst_on_ms") * 1e3,
        .burst_off_us = json_number(source, "burst_off_ms") * 1e3,
        .window_us = repeats_window_s(row) * 1e6,
        .clients = json_number(row, "clients"),
    };

    fill_link(&q, run);
    fill_bytes(&q, run, row);
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
