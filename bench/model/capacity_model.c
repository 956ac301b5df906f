#include "bench/model/capacity_model.h"

#include <math.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/result/counters.h"
#include "lib/proto/transport_info.h"

/* ---- what was measured ---- */

/* Every client sends to every client: all of them send, and there are no rooms. */
static bool is_crowd(const cJSON *run, const cJSON *row)
{
    return cJSON_IsObject(json_at(row, "upstream")) &&
           !(json_number(run, "scenario.room_size") > 0) &&
           !(json_number(run, "scenario.send.senders") > 0);
}

struct capacity_model_load capacity_model_load_of(const cJSON *run, const cJSON *row)
{
    struct predict_question q = predict_question_of(run, row);
    struct predict_answer a = predict(&q);
    double window_s = json_number(row, "phases.window_ms") / 1e3;
    const struct transport_info *t = transport_info_find(json_text(row, "transport"));
    bool posts = cJSON_IsObject(json_at(row, "upstream")) && (t == NULL || !t->two_way);

    return (struct capacity_model_load){
        .clients = json_number(row, "clients"),
        .deliveries_hz = json_number(row, "deliveries") / window_s,
        .cpu_us = json_number(row, "server_cpu_us_per_update"),
        .bytes = json_number(row, "bytes_per_update.payload") +
                 json_number(row, "bytes_per_update.framing"),
        .wire_bytes = json_number(row, "bytes_per_update.wire"),
        .up_share = a.wire_up_bytes_per_update / a.wire_bytes_per_update,
        .packets = json_number(row, "packets_per_update.total"),
        .requests = json_number(row, "requests_per_update"),
        .handshakes = json_number(row, "tcp_handshakes_per_update"),
        .memory_bytes = json_number(row, "server_heap_bytes_per_client"),
        .memory_start_bytes = counters_or_zero(row, "server_memory.start_rss_bytes"),
        .kernel_bytes = json_number(row, "kernel_bytes_per_connection"),
        .question = q,
        .sockets_per_client = posts ? 2 : 1,
        .posts = posts,
        .crowd = is_crowd(run, row),
    };
}

/* ---- more clients ---- */

struct capacity_model_at capacity_model_at(const struct capacity_model_load *l, double clients)
{
    double times = clients / l->clients;
    double deliveries_hz = l->deliveries_hz * (l->crowd ? times * times : times);
    bool short_polls = l->question.way == PREDICT_SHORT_POLL && l->question.poll == PREDICT_CLOCK &&
                       l->question.interval_us > 0;
    double polls_hz = short_polls ? clients / (l->question.interval_us / 1e6) : NAN;
    double bandwidth_bps = 8 * (isnan(l->wire_bytes) ? l->bytes : l->wire_bytes) * deliveries_hz;
    double requests_hz = short_polls ? polls_hz : l->requests * deliveries_hz;

    return (struct capacity_model_at){
        .clients = clients,
        .deliveries_hz = deliveries_hz,
        .cores = l->cpu_us / 1e6 * deliveries_hz,
        .bandwidth_bps = bandwidth_bps,
        .up_bps = bandwidth_bps * l->up_share,
        .down_bps = bandwidth_bps * (1 - l->up_share),
        .packets_hz = l->packets * deliveries_hz,
        .requests_hz = requests_hz,
        .handshakes_hz =
            short_polls && l->question.connect_rtts > 0 ? polls_hz : l->handshakes * deliveries_hz,
        .memory_bytes = l->memory_start_bytes + l->memory_bytes * clients,
        .kernel_bytes = l->kernel_bytes * l->sockets_per_client * clients,
        .sockets = l->sockets_per_client * clients,
    };
}

cJSON *capacity_model_describe(const struct capacity_model_at *at)
{
    return json_object("clients:n deliveries_per_s:n cores:n bandwidth_bps:n up_bps:n down_bps:n "
                       "packets_per_s:n requests_per_s:n handshakes_per_s:n memory_bytes:n "
                       "kernel_bytes:n sockets:n",
                       at->clients, at->deliveries_hz, at->cores, at->bandwidth_bps, at->up_bps,
                       at->down_bps, at->packets_hz, at->requests_hz, at->handshakes_hz,
                       at->memory_bytes, at->kernel_bytes, at->sockets);
}

/* ---- another network ---- */

/* Do its requests leave some time after the answer before, and so later on a longer network? */
static bool asks_after_answers(const struct predict_question *q)
{
    return q->way == PREDICT_LONG_POLL ||
           (q->way == PREDICT_SHORT_POLL && q->poll != PREDICT_CLOCK);
}

static bool is_upper_bound(const struct capacity_model_load *l, bool upstream)
{
    return asks_after_answers(&l->question) || (upstream && l->posts);
}

/* How many round trips a latency is made of, at worst. */
static double rtts_of(const struct capacity_model_load *l, bool upstream)
{
    double connect = l->question.connect_rtts;
    double down = asks_after_answers(&l->question) ? 1.5 + connect : 0.5;
    double up = l->posts ? 1.5 + connect : 0.5;

    return upstream ? down + up : down;
}

/* Does what rtts_of() says hold there? */
static bool holds_at(const struct capacity_model_load *l, double rtt_us)
{
    struct predict_question q = l->question;
    double exchange_us = rtt_us * (1 + q.connect_rtts);

    q.rtt_us = rtt_us;
    return rtt_us > 0 && predict_knows_network(&q) &&
           (q.way != PREDICT_SHORT_POLL || q.poll != PREDICT_CLOCK || exchange_us <= q.interval_us);
}

struct capacity_model_rtt capacity_model_rtt_of_latency(const struct capacity_model_load *l,
                                                        double measured_us, double limit_us,
                                                        bool upstream)
{
    struct capacity_model_rtt out = {NAN, is_upper_bound(l, upstream)};
    double rtt_us = l->question.rtt_us, rtts = rtts_of(l, upstream);
    double besides_us = measured_us - rtts * rtt_us;

    if (l->question.way == PREDICT_NONE || !holds_at(l, fmax(rtt_us, 1)))
        return out;
    out.us = (limit_us - (out.at_least ? fmax(besides_us, 0) : besides_us)) / rtts;
    if (!holds_at(l, out.us))
        out.us = NAN;
    return out;
}
