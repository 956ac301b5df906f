#include "bench/result/capacity_model.h"

#include <math.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/result/counters.h"
#include "lib/proto/transport_info.h"

/* Linux' shortest retransmission timeout; RFC 6298 §2.4 asks for a second. */
#define RTO_FLOOR_US 200e3

/* ---- what was measured ---- */

static bool link_loses(const cJSON *run)
{
    const char *spec = json_text(run, "link_details.spec");

    return strstr(spec, "loss=") != NULL || strstr(spec, "gilbert=") != NULL;
}

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
        .packets = json_number(row, "packets_per_update.total"),
        .requests = json_number(row, "requests_per_update"),
        .handshakes = json_number(row, "tcp_handshakes_per_update"),
        .memory_bytes = json_number(row, "server_heap_bytes_per_client"),
        .memory_start_bytes = counters_or_zero(row, "server_memory.start_rss_bytes"),
        .kernel_bytes = json_number(row, "kernel_bytes_per_connection"),
        .rtt_us = q.rtt_us,
        .lossy = link_loses(run),
        .way = q.way,
        .connect_rtts = q.connect_rtts,
        .interval_us = q.interval_us,
        .sockets_per_client = posts ? 2 : 1,
        .posts = posts,
        .crowd = is_crowd(run, row),
        .rooms = json_number(run, "scenario.room_size") > 0,
    };
}

/* ---- more clients ---- */

struct capacity_model_at capacity_model_at(const struct capacity_model_load *l, double clients)
{
    double times = clients / l->clients;
    double deliveries_hz = l->deliveries_hz * (l->crowd ? times * times : times);
    bool short_polls = l->way == PREDICT_SHORT_POLL && l->interval_us > 0;
    double polls_hz = short_polls ? clients / (l->interval_us / 1e6) : NAN;
    double requests_hz = short_polls ? polls_hz : l->requests * deliveries_hz;

    return (struct capacity_model_at){
        .clients = clients,
        .deliveries_hz = deliveries_hz,
        .cores = l->cpu_us / 1e6 * deliveries_hz,
        .bandwidth_bps = 8 * (isnan(l->wire_bytes) ? l->bytes : l->wire_bytes) * deliveries_hz,
        .packets_hz = l->packets * deliveries_hz,
        .requests_hz = requests_hz,
        .handshakes_hz =
            short_polls && l->connect_rtts > 0 ? polls_hz : l->handshakes * deliveries_hz,
        .memory_bytes = l->memory_start_bytes + l->memory_bytes * clients,
        .kernel_bytes = l->kernel_bytes * l->sockets_per_client * clients,
        .sockets = l->sockets_per_client * clients,
    };
}

double capacity_model_clients_of_cores(const struct capacity_model_load *l, double cores)
{
    double times = cores / capacity_model_at(l, l->clients).cores;

    return l->clients * (l->crowd ? sqrt(times) : times);
}

/* Short polls are spread over their interval: no client waits for all the others. */
static bool fans_out(const struct capacity_model_load *l)
{
    return !l->rooms && (l->way == PREDICT_PUSH || l->way == PREDICT_LONG_POLL);
}

double capacity_model_clients_of_latency(const struct capacity_model_load *l, double measured_us,
                                         double share, double limit_us)
{
    return fans_out(l) ? l->clients + (limit_us - measured_us) / (share * l->cpu_us) : INFINITY;
}

/* ---- another network ---- */

/* How many round trips a latency is made of, at worst. */
static double rtts_of(const struct capacity_model_load *l, bool upstream)
{
    double down = l->way == PREDICT_LONG_POLL ? 1.5 + l->connect_rtts : 0.5;
    double up = l->posts ? 1.5 + l->connect_rtts : 0.5;

    return upstream ? down + up : down;
}

double capacity_model_rtt_of_latency(const struct capacity_model_load *l, double measured_us,
                                     double limit_us, bool upstream)
{
    if (l->way == PREDICT_NONE)
        return NAN;
    return l->rtt_us + (limit_us - measured_us) / rtts_of(l, upstream);
}

/* Exchanges of one client in a second that a lost packet can hold up. */
static double exchanges_hz(const struct capacity_model_load *l)
{
    struct capacity_model_at now = capacity_model_at(l, l->clients);

    return (l->way == PREDICT_PUSH ? now.deliveries_hz : now.requests_hz) / l->clients;
}

double capacity_model_loss_of_latency(const struct capacity_model_load *l, double measured_us,
                                      double limit_us, double share)
{
    double again_us = l->rtt_us + RTO_FLOOR_US;
    double exposed = l->way == PREDICT_PUSH ? 1 : l->connect_rtts > 0 ? 4 : 2;

    if (l->way == PREDICT_NONE || l->lossy || !(measured_us + again_us > limit_us))
        return NAN;
    return (1 - share) / (exposed * (1 + exchanges_hz(l) * again_us / 1e6));
}
