#include "bench/result/metric.h"

#include <math.h>
#include <string.h>

#include "bench/base/json.h"

/* ---- metrics that are computed from others, for charts ---- */

/* What the IP packets carried beyond their headers. */
static double wire_carried(const cJSON *row)
{
    return json_number(row, "bytes_per_update.wire") -
           json_number(row, "bytes_per_update.wire_headers") -
           json_number(row, "bytes_per_update.wire_acks");
}

/* An update published at the window's end may cross the wire after it: never more than was
 * carried, so that the parts of a stack are its whole. */
static double wire_payload(const cJSON *row)
{
    double carried = wire_carried(row), payload = json_number(row, "bytes_per_update.payload");

    return payload <= carried ? payload : carried;
}

static double wire_framing(const cJSON *row)
{
    return wire_carried(row) - wire_payload(row);
}

static double on_time_percent(const cJSON *row)
{
    return 100 * json_number(row, "deadline.share");
}

/* Where clients reach servers directly there are none behind. */
static double connections_behind(const cJSON *row)
{
    double front = json_number(row, "balancer.connections_per_client.front");
    double behind = json_number(row, "balancer.connections_per_client.behind");

    return isfinite(front) && !isfinite(behind) ? 0 : behind;
}

static double added_bytes(const cJSON *row)
{
    return json_number(row, "balancer.payload_bytes.added_up") +
           json_number(row, "balancer.payload_bytes.added_down");
}

/* Of a row with faults: what did not come at all, or not in time. */
static double not_received(const cJSON *row)
{
    return json_at(row, "recovery") == NULL ? NAN
                                            : json_number(row, "missed") + json_number(row, "late");
}

static double disturbed_reasons(const cJSON *row)
{
    return cJSON_GetArraySize(json_at(row, "disturbed"));
}

/* ---- what runs differ by ---- */

#define TIME_MARGIN    0.02  /* of a time */
#define TIME_MARGIN_US 100.0 /* and at least so much */
#define COUNT_MARGIN   0.01  /* of what is counted, and at least one update */

/* ---- the table ---- */

/* Names as short as a table wants them. Units with their format, and how repeats are merged: */
#define COUNT   "", units_format_count, METRIC_SUM
#define NUMBER  "", units_format_count, METRIC_MEAN
#define RATIO   "", units_format_ratio, METRIC_MEAN
#define US      "µs", units_format_us, METRIC_MEAN
#define MOST_US "µs", units_format_us, METRIC_MAX
#define MS      "ms", units_format_ratio, METRIC_MEAN
#define BYTES   "bytes", units_format_ratio, METRIC_MEAN
#define MEMORY  "bytes", units_format_kb, METRIC_MEAN
#define SHARE   "share", units_format_share, METRIC_MEAN
#define PERCENT "share", units_format_percent, METRIC_MEAN
#define WORDS   "", NULL, METRIC_SAME
#define SET     "", units_format_count, METRIC_SAME
#define SET_MS  "ms", units_format_ratio, METRIC_SAME
#define NEITHER METRIC_NEITHER
#define LOWER   METRIC_LOWER
#define HIGHER  METRIC_HIGHER

/* Sections of docs/metrics.md, with what a run must have. */
#define PHASES(unit, better)            unit, better, "phases", .needs = METRIC_ALWAYS
#define PHASES_WIRE(unit, better)       unit, better, "phases", .needs = METRIC_WIRE
#define COMPLETE(unit, better)          unit, better, "completeness", .needs = METRIC_ALWAYS
#define COMPLETE_CHANNELS(unit, better) unit, better, "completeness", .needs = METRIC_CHANNELS
#define DEADLINE(unit, better)          unit, better, "deadline", .needs = METRIC_CHANNELS
#define LATENCY(unit, better)           unit, better, "latency", .needs = METRIC_ALWAYS
#define AGE(unit, better)               unit, better, "age-of-information", .needs = METRIC_ALWAYS
#define REQUESTS(unit, better)          unit, better, "requests-and-connections", .needs = METRIC_ALWAYS
#define REQUESTS_WIRE(unit, better)     unit, better, "requests-and-connections", .needs = METRIC_WIRE
#define PAYLOAD(unit, better)           unit, better, "bytes", .needs = METRIC_ALWAYS
#define PACKETS(unit, better)           unit, better, "the-wire", .needs = METRIC_WIRE
#define COST(unit, better)              unit, better, "cpu-and-memory", .noise = 0.25, .needs = METRIC_ALWAYS
#define COST_WIRE(unit, better)         unit, better, "cpu-and-memory", .noise = 0.25, .needs = METRIC_WIRE
#define MACHINE(unit, better)           unit, better, "disturbed-rows", .needs = METRIC_ALWAYS
#define UPSTREAM(unit, better)          unit, better, "upstream", .needs = METRIC_CHANNELS
#define DOCUMENTS(unit, better)         unit, better, "documents", .needs = METRIC_CHANNELS
#define FAULTS(unit, better)            unit, better, "faults", .needs = METRIC_FAULTS
#define BALANCER(unit, better)          unit, better, "balancers", .needs = METRIC_BALANCER

#define COMPARED METRIC_COMPARED
#define CHARTED  METRIC_CHARTED
#define DRAWN    (METRIC_CHARTED | METRIC_PER_UPDATE)
#define BOTH     (METRIC_COMPARED | DRAWN)

/* Tables are read as tables. */
/* clang-format off */
const struct metric metrics[] = {
    {"interval_ms", "poll interval", "interval_ms", PHASES(SET_MS, NEITHER)},
    {"hold_ms", "long poll's hold", "hold_ms", PHASES(SET_MS, NEITHER)},
    {"clients", "clients", "clients", PHASES(SET, NEITHER), .flags = CHARTED},
    {"disturbed", "reasons not to compare it", "disturbed", COMPLETE(COUNT, LOWER), .flags = CHARTED,
     .derive = disturbed_reasons},

    {"published", "published", "published", COMPLETE(COUNT, NEITHER), .flags = CHARTED},
    {"intended", "due", "intended", COMPLETE(COUNT, NEITHER)},
    {"achieved_rate_hz", "published/s", "achieved_rate_hz", COMPLETE(RATIO, NEITHER)},
    {"expected", "expected", "expected", COMPLETE_CHANNELS(COUNT, NEITHER)},
    {"delivered", "delivered", "delivered", COMPLETE(COUNT, HIGHER), .flags = COMPARED | CHARTED},
    {"superseded", "superseded", "superseded", COMPLETE_CHANNELS(COUNT, NEITHER), .flags = COMPARED},
    {"missed", "missed", "missed", COMPLETE(COUNT, LOWER), .flags = COMPARED},
    {"late", "late", "late", COMPLETE(COUNT, LOWER)},
    {"duplicated", "duplicated", "duplicated", COMPLETE(COUNT, LOWER)},
    {"out_of_order", "out of order", "out_of_order", COMPLETE(COUNT, LOWER)},

    {"deadline.ms", "deadline", "deadline_ms", DEADLINE(SET_MS, NEITHER), .flags = CHARTED},
    {"deadline.expected", "with a deadline", NULL, DEADLINE(COUNT, NEITHER)},
    {"deadline.within", "on time", NULL, DEADLINE(COUNT, HIGHER)},
    {"deadline.share", "on time, share", "on_time_share", DEADLINE(SHARE, HIGHER), .flags = COMPARED},
    {"deadline.percent", "on time, percent", NULL, DEADLINE(RATIO, HIGHER), .flags = CHARTED,
     .chart = "on_time_percent", .derive = on_time_percent},

    {"latency_us.min", "latency min", "latency_min_us", LATENCY(US, LOWER), .flags = METRIC_PER_UPDATE},
    {"latency_us.p50", "latency p50", "latency_p50_us", LATENCY(US, LOWER), .flags = BOTH},
    {"latency_us.p90", "latency p90", "latency_p90_us", LATENCY(US, LOWER), .flags = BOTH},
    {"latency_us.p99", "latency p99", "latency_p99_us", LATENCY(US, LOWER), .flags = BOTH},
    {"latency_us.p999", "latency p99.9", "latency_p999_us", LATENCY(US, LOWER), .flags = BOTH},
    {"latency_us.max", "latency max", "latency_max_us", LATENCY(US, LOWER), .flags = BOTH},
    {"latency_us.mean", "latency mean", "latency_mean_us", LATENCY(US, LOWER), .flags = DRAWN},
    {"publish_late_us.p50", "published late p50", "publish_late_p50_us", LATENCY(US, LOWER)},
    {"publish_late_us.p99", "published late p99", "publish_late_p99_us", LATENCY(US, LOWER)},
    {"publish_late_us.max", "published late max", "publish_late_max_us", LATENCY(US, LOWER)},
    {"age_us.mean", "age mean", "age_mean_us", AGE(US, LOWER), .flags = COMPARED | METRIC_PER_UPDATE},
    {"age_us.peak", "age peak", "age_peak_us", AGE(US, LOWER), .flags = METRIC_PER_UPDATE},

    {"requests_per_update", "requests/update", "requests_per_update", REQUESTS(RATIO, LOWER), .flags = BOTH},
    {"unsent_requests", "requests not sent", "unsent_requests", REQUESTS(COUNT, LOWER)},
    {"requests_per_client_s", "requests/client/s", "requests_per_client_s", REQUESTS(RATIO, LOWER),
     .flags = COMPARED},
    {"empty_response_ratio", "empty responses", "empty_response_ratio", REQUESTS(SHARE, LOWER),
     .flags = COMPARED},
    {"tcp_handshakes_per_update", "handshakes/update", "tcp_handshakes_per_update", REQUESTS(RATIO, LOWER),
     .flags = BOTH, .chart = "handshakes_per_update"},
    {"tls_handshakes_per_update.full", "full TLS handshakes/update", NULL, REQUESTS(RATIO, LOWER)},
    {"tls_handshakes_per_update.resumed", "resumed TLS handshakes/update", NULL, REQUESTS(RATIO, NEITHER)},
    {"handshakes.client", "handshakes, client's count", "handshakes_client", REQUESTS(COUNT, LOWER)},
    {"handshakes.server", "handshakes, server's count", "handshakes_server", REQUESTS(COUNT, LOWER)},
    {"handshakes.kernel", "handshakes, kernel's count", "handshakes_kernel", REQUESTS(COUNT, LOWER)},
    {"handshakes.wire", "handshakes on the wire", "handshakes_wire", REQUESTS_WIRE(COUNT, LOWER)},

    {"bytes_per_update.payload", "payload bytes/update", "payload_bytes_per_update", PAYLOAD(BYTES, LOWER),
     .flags = BOTH},
    {"bytes_per_update.framing", "framing bytes/update", "framing_bytes_per_update", PAYLOAD(BYTES, LOWER),
     .flags = BOTH},
    {"bytes_per_update.wire", "wire bytes/update", "wire_bytes_per_update", PACKETS(BYTES, LOWER),
     .flags = BOTH},
    {"wire_bytes_per_client_s", "wire bytes/client/s", "wire_bytes_per_client_s", PACKETS(BYTES, LOWER),
     .flags = COMPARED},
    {"bytes_per_update.wire_payload", "payload bytes on the wire/update", NULL, PACKETS(BYTES, LOWER),
     .flags = DRAWN, .chart = "wire_payload_bytes_per_update", .derive = wire_payload},
    {"bytes_per_update.wire_framing", "framing bytes on the wire/update", NULL, PACKETS(BYTES, LOWER),
     .flags = DRAWN, .chart = "wire_framing_bytes_per_update", .derive = wire_framing},
    {"bytes_per_update.wire_headers", "TCP/IP header bytes/update", "wire_header_bytes_per_update",
     PACKETS(BYTES, LOWER), .flags = DRAWN},
    {"bytes_per_update.wire_acks", "ACK bytes/update", "wire_ack_bytes_per_update", PACKETS(BYTES, LOWER),
     .flags = DRAWN},
    {"packets_per_update.up", "packets up/update", "packets_up_per_update", PACKETS(RATIO, LOWER),
     .flags = DRAWN},
    {"packets_per_update.down", "packets down/update", "packets_down_per_update", PACKETS(RATIO, LOWER),
     .flags = DRAWN},
    {"packets_per_update.total", "packets/update", NULL, PACKETS(RATIO, LOWER), .flags = BOTH,
     .chart = "packets_per_update"},

    {"server_cpu_us_per_update", "server CPU/update", "server_cpu_us_per_update", COST(US, LOWER),
     .flags = BOTH},
    {"client_cpu_us_per_update", "client CPU/update", "client_cpu_us_per_update", COST(US, LOWER),
     .flags = BOTH},
    {"server_cpu_us_per_client_s", "server CPU/client/s", "server_cpu_us_per_client_s", COST(US, LOWER),
     .flags = COMPARED},
    {"total_cpu_us_per_update", "total CPU/update", "total_cpu_us_per_update", COST(US, LOWER),
     .flags = METRIC_COMPARED | METRIC_PER_UPDATE},
    {"forwarder_cpu_us_per_update", "forwarder CPU/update", "forwarder_cpu_us_per_update",
     COST_WIRE(US, LOWER), .flags = METRIC_PER_UPDATE},
    {"server_heap_bytes_per_client", "server memory/client", "server_heap_bytes_per_client", COST(MEMORY, LOWER)},
    {"server_rss_bytes_per_client", "server pages/client", "server_rss_bytes_per_client", COST(MEMORY, LOWER)},
    {"kernel_bytes_per_connection", "kernel memory/connection", "kernel_bytes_per_connection",
     COST(MEMORY, LOWER)},

    {"machine.processes.server.run_delay_ms", "server waited for a core", "server_run_delay_ms",
     MACHINE(MS, LOWER)},
    {"machine.processes.driver.run_delay_ms", "driver waited for a core", "driver_run_delay_ms",
     MACHINE(MS, LOWER)},
    {"raw.timer_late_us.max", "driver's timer late, max", "timer_late_max_us", MACHINE(MOST_US, LOWER)},

    {"whole_run.requests_per_update", "requests/update, whole run", "whole_run_requests_per_update",
     PHASES(RATIO, LOWER)},
    {"whole_run.tcp_handshakes_per_update", "handshakes/update, whole run",
     "whole_run_tcp_handshakes_per_update", PHASES(RATIO, LOWER)},
    {"whole_run.server_cpu_us_per_update", "server CPU/update, whole run",
     "whole_run_server_cpu_us_per_update", PHASES(US, LOWER)},
    {"whole_run.bytes_per_update.wire", "wire bytes/update, whole run", "whole_run_wire_bytes_per_update",
     PHASES_WIRE(BYTES, LOWER)},
    {"whole_run.packets_per_update.total", "packets/update, whole run", "whole_run_packets_per_update",
     PHASES_WIRE(RATIO, LOWER)},
    {"wire.tcp.up.retransmissions", "retransmissions up", "retransmissions_up", PACKETS(COUNT, LOWER)},
    {"wire.tcp.down.retransmissions", "retransmissions down", "retransmissions_down", PACKETS(COUNT, LOWER)},
    {"wire.tcp.up.lost", "packets lost up", "lost_packets_up", PACKETS(COUNT, LOWER)},
    {"wire.tcp.down.lost", "packets lost down", "lost_packets_down", PACKETS(COUNT, LOWER)},
    {"wire.late_us.p99", "packets forwarded late p99", "forwarded_late_p99_us", PACKETS(MOST_US, LOWER)},
    {"wire.late_us.max", "packets forwarded late max", "forwarded_late_max_us", PACKETS(MOST_US, LOWER)},
    {"wire.own_drops", "packets that the emulator lost", "own_drops", PACKETS(COUNT, LOWER)},

    {"upstream.messages", "messages sent", "upstream_messages", UPSTREAM(COUNT, NEITHER)},
    {"upstream.latency_us.p50", "to everyone p50", "upstream_latency_p50_us", UPSTREAM(US, LOWER),
     .flags = BOTH, .chart = "upstream_p50_us"},
    {"upstream.latency_us.p90", "to everyone p90", "upstream_latency_p90_us", UPSTREAM(US, LOWER),
     .flags = BOTH, .chart = "upstream_p90_us"},
    {"upstream.latency_us.p99", "to everyone p99", "upstream_latency_p99_us", UPSTREAM(US, LOWER),
     .flags = BOTH, .chart = "upstream_p99_us"},
    {"upstream.latency_us.p999", "to everyone p99.9", "upstream_latency_p999_us", UPSTREAM(US, LOWER),
     .flags = BOTH, .chart = "upstream_p999_us"},
    {"upstream.latency_us.max", "to everyone max", "upstream_latency_max_us", UPSTREAM(US, LOWER),
     .flags = DRAWN, .chart = "upstream_max_us"},
    {"upstream.latency_us.mean", "to everyone mean", NULL, UPSTREAM(US, LOWER), .flags = DRAWN,
     .chart = "upstream_mean_us"},
    {"upstream.echo_us.p50", "echo p50", "upstream_echo_p50_us", UPSTREAM(US, LOWER)},
    {"upstream.echo_us.p90", "echo p90", "upstream_echo_p90_us", UPSTREAM(US, LOWER), .flags = COMPARED},
    {"upstream.echo_us.p99", "echo p99", "upstream_echo_p99_us", UPSTREAM(US, LOWER), .flags = COMPARED},
    {"upstream.echo_us.p999", "echo p99.9", "upstream_echo_p999_us", UPSTREAM(US, LOWER), .flags = COMPARED},
    {"upstream.late_us.p99", "messages left late p99", "upstream_late_p99_us", UPSTREAM(US, LOWER)},
    {"upstream.requests_per_message", "requests/message", "upstream_requests_per_message", UPSTREAM(RATIO,
     LOWER), .flags = COMPARED},
    {"upstream.handshakes_per_message", "handshakes/message", "upstream_tcp_handshakes_per_message",
     UPSTREAM(RATIO, LOWER), .flags = COMPARED},
    {"upstream.bytes_per_message.payload", "payload bytes/message", "upstream_payload_bytes_per_message",
     UPSTREAM(BYTES, LOWER)},
    {"upstream.bytes_per_message.framing", "framing bytes/message", "upstream_framing_bytes_per_message",
     UPSTREAM(BYTES, LOWER), .flags = COMPARED},
    {"upstream.order.lost", "messages lost", "upstream_lost", UPSTREAM(COUNT, LOWER)},
    {"upstream.order.doubled", "messages doubled", "upstream_doubled", UPSTREAM(COUNT, LOWER)},
    {"upstream.order.reordered", "messages reordered", "upstream_reordered", UPSTREAM(COUNT, LOWER)},

    {"convergence_us.p50", "convergence p50", "convergence_p50_us", DOCUMENTS(US, LOWER)},
    {"convergence_us.p90", "convergence p90", "convergence_p90_us", DOCUMENTS(US, LOWER), .flags = COMPARED},
    {"convergence_us.p99", "convergence p99", "convergence_p99_us", DOCUMENTS(US, LOWER), .flags = COMPARED},
    {"convergence_us.p999", "convergence p99.9", "convergence_p999_us", DOCUMENTS(US, LOWER),
     .flags = COMPARED},
    {"convergence_us.max", "convergence max", "convergence_max_us", DOCUMENTS(US, LOWER)},
    {"documents.documents", "documents", "documents", DOCUMENTS(SET, NEITHER)},
    {"documents.identical", "documents identical", NULL, DOCUMENTS(WORDS, HIGHER)},
    {"documents.editors", "editors", NULL, DOCUMENTS(SET, NEITHER)},
    {"documents.edits", "edits", NULL, DOCUMENTS(COUNT, NEITHER)},
    {"documents.bytes", "bytes of room 0's text", NULL, DOCUMENTS(NUMBER, NEITHER)},

    {"balancer.connections_per_client.front", "connections/client, front", NULL, BALANCER(RATIO, LOWER),
     .flags = CHARTED, .chart = "connections_front"},
    {"balancer.connections_per_client.behind", "connections/client, behind", NULL, BALANCER(RATIO, LOWER)},
    {"balancer.connections_per_client.behind_or_none", "connections/client, behind, 0 for none", NULL,
     BALANCER(RATIO, LOWER), .flags = CHARTED, .chart = "connections_behind", .derive = connections_behind},
    {"balancer.handshakes.front", "handshakes, front", NULL, BALANCER(COUNT, LOWER)},
    {"balancer.handshakes.behind", "handshakes, behind", NULL, BALANCER(COUNT, LOWER)},
    {"balancer.added_latency_us.p50", "added latency p50", NULL, BALANCER(US, LOWER), .flags = DRAWN,
     .chart = "added_latency_p50_us"},
    {"balancer.added_latency_us.p99", "added latency p99", NULL, BALANCER(US, LOWER)},
    {"balancer.added_latency_us.chance", "chance in added latency p50", NULL, BALANCER(US, LOWER)},
    {"balancer.payload_bytes.added_up", "bytes added up/update", NULL, BALANCER(BYTES, LOWER)},
    {"balancer.payload_bytes.added_down", "bytes added down/update", NULL, BALANCER(BYTES, LOWER)},
    {"balancer.payload_bytes.added", "bytes added/update", NULL, BALANCER(BYTES, LOWER), .flags = DRAWN,
     .chart = "added_bytes_per_update", .derive = added_bytes},
    {"balancer.cpu_us_per_update", "balancer CPU/update", NULL, BALANCER(US, LOWER), .flags = DRAWN,
     .chart = "balancer_cpu_us_per_update", .noise = 0.25},
    {"balancer.sequence_errors.all", "sequence errors", NULL, BALANCER(COUNT, LOWER)},
    {"balancer.served_by", "requests served by", NULL, BALANCER(WORDS, NEITHER)},
    {"balancer.outages", "outages, count and longest", NULL, BALANCER(WORDS, LOWER)},

    {"recovery.next_update_us.p50", "next update after a fault p50", "next_update_p50_us", FAULTS(US, LOWER),
     .flags = COMPARED | CHARTED},
    {"recovery.next_update_us.p99", "next update after a fault p99", "next_update_p99_us", FAULTS(US, LOWER),
     .flags = COMPARED},
    {"recovery.next_update_us.max", "next update after a fault max", "next_update_max_us", FAULTS(MOST_US, LOWER),
     .flags = CHARTED},
    {"recovery.not_received", "updates not received", NULL, FAULTS(COUNT, LOWER), .flags = CHARTED,
     .chart = "not_received", .derive = not_received},
    {"recovery.lost_connections", "connections lost", "lost_connections", FAULTS(COUNT, LOWER)},
    {"recovery.reconnect_us.p50", "connected again p50", "reconnect_p50_us", FAULTS(US, LOWER)},
    {"recovery.reconnect_us.max", "connected again max", "reconnect_max_us", FAULTS(MOST_US, LOWER)},
    {"recovery.reconnect_spread_us", "connected again, p95 - p5", "reconnect_spread_us", FAULTS(US, NEITHER)},
    {"recovery.connects_peak_per_s", "connects/s at the peak", "connects_peak_per_s", FAULTS(RATIO, LOWER),
     .flags = CHARTED, .noise = 0.25},
    {"recovery.attempts_per_client", "connects per lost connection", "connects_per_lost_connection",
     FAULTS(RATIO, LOWER)},
    {"recovery.server_cpu_peak", "server CPU at the peak", "server_cpu_peak_share", FAULTS(PERCENT, LOWER),
     .flags = CHARTED, .chart = "server_cpu_peak", .noise = 0.25},
    {"recovery.none", "clients without a next update", "no_next_update", FAULTS(COUNT, LOWER)},
    {NULL, NULL, NULL, PHASES(WORDS, NEITHER)},
};
/* clang-format on */

const struct metric *metric_find(const char *path)
{
    for (const struct metric *m = metrics; m->path != NULL; m++)
        if (strcmp(m->path, path) == 0)
            return m;
    return NULL;
}

double metric_noise(const struct metric *m)
{
    return m != NULL && m->noise > 0 ? m->noise : 0.05;
}

double metric_value(const struct metric *m, const cJSON *row)
{
    if ((m->flags & METRIC_PER_UPDATE) && !(json_number(row, "delivered") > 0))
        return NAN;
    return m->derive != NULL ? m->derive(row) : json_number(row, m->path);
}

double metric_margin(const struct metric *m, double a, double b, double updates)
{
    double least = fmin(fabs(a), fabs(b));

    if (m->noise > 0)
        return m->noise;
    if (strcmp(m->unit, "µs") == 0)
        return fmax(TIME_MARGIN, TIME_MARGIN_US / least);
    if (strcmp(m->unit, "ms") == 0)
        return fmax(TIME_MARGIN, TIME_MARGIN_US / 1e3 / least);
    return fmax(COUNT_MARGIN, 1 / updates); /* fmax() ignores NAN */
}

const struct metric *metric_next(const struct metric *m)
{
    unsigned needs = m == NULL ? METRIC_ALWAYS : m->needs;

    for (m = m == NULL ? metrics : m + 1;; m = metrics, needs++) {
        for (; m->path != NULL; m++)
            if (m->needs == needs)
                return m;
        if (needs == METRIC_FAULTS)
            return NULL;
    }
}
