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

/* ---- the table ---- */

/* Names as short as a table wants them: unit and format, which is better, needs, flags. */
#define COUNT      "", units_format_count
#define RATIO      "", units_format_ratio
#define US         "µs", units_format_us
#define MS         "ms", units_format_ratio
#define BYTES      "bytes", units_format_ratio
#define SHARE      "share", units_format_percent
#define WORDS      "", NULL
#define NEITHER    METRIC_NEITHER
#define LOWER      METRIC_LOWER
#define HIGHER     METRIC_HIGHER
#define BALANCER   METRIC_BALANCER
#define WIRE       METRIC_WIRE
#define CHANNELS   METRIC_CHANNELS
#define COMPARED   METRIC_COMPARED
#define CHARTED    METRIC_CHARTED
#define PER_UPDATE METRIC_PER_UPDATE

/* Tables are read as tables. */
/* clang-format off */
const struct metric metrics[] = {
    {"interval_ms", "poll interval", "interval_ms", MS, NEITHER, "phases", .flags = 0},
    {"hold_ms", "long poll's hold", "hold_ms", MS, NEITHER, "phases", .flags = 0},
    {"clients", "clients", "clients", COUNT, NEITHER, "phases", .flags = CHARTED},
    
    {"published", "published", "published", COUNT, NEITHER, "completeness", .flags = CHARTED},
    {"expected", "expected", "expected", COUNT, NEITHER, "completeness", .needs = CHANNELS},
    {"delivered", "delivered", "delivered", COUNT, HIGHER, "completeness", .flags = COMPARED | CHARTED},
    {"superseded", "superseded", "superseded", COUNT, NEITHER, "completeness", .needs = CHANNELS, .flags = COMPARED},
    {"missed", "missed", "missed", COUNT, LOWER, "completeness", .flags = COMPARED},
    {"late", "late", "late", COUNT, LOWER, "completeness", .flags = 0},
    {"duplicated", "duplicated", "duplicated", COUNT, LOWER, "completeness", .flags = 0},
    {"out_of_order", "out of order", "out_of_order", COUNT, LOWER, "completeness", .flags = 0},
    
    {"deadline.ms", "deadline", "deadline_ms", MS, NEITHER, "deadline", .needs = CHANNELS, .flags = CHARTED},
    {"deadline.expected", "with a deadline", NULL, COUNT, NEITHER, "deadline", .needs = CHANNELS},
    {"deadline.within", "on time", NULL, COUNT, HIGHER, "deadline", .needs = CHANNELS},
    {"deadline.share", "on time, share", "on_time_share", SHARE, HIGHER, "deadline", .needs = CHANNELS,
     .flags = COMPARED},
    {"deadline.percent", "on time, percent", NULL, RATIO, HIGHER, "deadline", .needs = CHANNELS, .flags = CHARTED,
     .chart = "on_time_percent", .derive = on_time_percent},
    
    {"latency_us.min", "latency min", "latency_min_us", US, LOWER, "latency", .flags = PER_UPDATE},
    {"latency_us.p50", "latency p50", "latency_p50_us", US, LOWER, "latency", .flags = COMPARED | CHARTED | PER_UPDATE},
    {"latency_us.p90", "latency p90", "latency_p90_us", US, LOWER, "latency", .flags = CHARTED | PER_UPDATE},
    {"latency_us.p99", "latency p99", "latency_p99_us", US, LOWER, "latency", .flags = COMPARED | CHARTED | PER_UPDATE},
    {"latency_us.p999", "latency p99.9", "latency_p999_us", US, LOWER, "latency", .flags = CHARTED | PER_UPDATE},
    {"latency_us.max", "latency max", "latency_max_us", US, LOWER, "latency", .flags = COMPARED | CHARTED | PER_UPDATE},
    {"latency_us.mean", "latency mean", "latency_mean_us", US, LOWER, "latency", .flags = PER_UPDATE},
    {"age_us.mean", "age mean", "age_mean_us", US, LOWER, "age-of-information", .flags = COMPARED},
    {"age_us.peak", "age peak", "age_peak_us", US, LOWER, "age-of-information", .flags = 0},
    
    {"requests_per_update", "requests/update", "requests_per_update", RATIO, LOWER, "requests-and-connections",
     .flags = COMPARED | CHARTED | PER_UPDATE},
    {"empty_response_ratio", "empty responses", "empty_response_ratio", SHARE, LOWER, "requests-and-connections",
     .flags = COMPARED},
    {"tcp_handshakes_per_update", "handshakes/update", "tcp_handshakes_per_update", RATIO, LOWER,
     "requests-and-connections", .flags = COMPARED | CHARTED | PER_UPDATE, .chart = "handshakes_per_update"},
    {"tls_handshakes_per_update.full", "full TLS handshakes/update", NULL, RATIO, LOWER, "requests-and-connections",
     .flags = 0},
    {"tls_handshakes_per_update.resumed", "resumed TLS handshakes/update", NULL, RATIO, NEITHER,
     "requests-and-connections", .flags = 0},
    {"handshakes.client", "handshakes, client's count", "handshakes_client", COUNT, LOWER, "requests-and-connections",
     .flags = 0},
    {"handshakes.server", "handshakes, server's count", "handshakes_server", COUNT, LOWER, "requests-and-connections",
     .flags = 0},
    {"handshakes.kernel", "handshakes, kernel's count", "handshakes_kernel", COUNT, LOWER, "requests-and-connections",
     .flags = 0},
    {"handshakes.wire", "handshakes on the wire", "handshakes_wire", COUNT, LOWER, "requests-and-connections",
     .needs = WIRE},
    
    {"bytes_per_update.payload", "payload bytes/update", "payload_bytes_per_update", BYTES, LOWER, "bytes",
     .flags = COMPARED | CHARTED | PER_UPDATE},
    {"bytes_per_update.framing", "framing bytes/update", "framing_bytes_per_update", BYTES, LOWER, "bytes",
     .flags = COMPARED | CHARTED | PER_UPDATE},
    {"bytes_per_update.wire", "wire bytes/update", "wire_bytes_per_update", BYTES, LOWER, "the-wire", .needs = WIRE,
     .flags = COMPARED | CHARTED | PER_UPDATE},
    {"bytes_per_update.wire_payload", "payload bytes on the wire/update", NULL, BYTES, LOWER, "the-wire",
     .needs = WIRE, .flags = CHARTED | PER_UPDATE, .chart = "wire_payload_bytes_per_update", .derive = wire_payload},
    {"bytes_per_update.wire_framing", "framing bytes on the wire/update", NULL, BYTES, LOWER, "the-wire",
     .needs = WIRE, .flags = CHARTED | PER_UPDATE, .chart = "wire_framing_bytes_per_update", .derive = wire_framing},
    {"bytes_per_update.wire_headers", "TCP/IP header bytes/update", "wire_header_bytes_per_update", BYTES, LOWER,
     "the-wire", .needs = WIRE, .flags = CHARTED | PER_UPDATE},
    {"bytes_per_update.wire_acks", "ACK bytes/update", "wire_ack_bytes_per_update", BYTES, LOWER, "the-wire",
     .needs = WIRE, .flags = CHARTED | PER_UPDATE},
    {"packets_per_update.up", "packets up/update", "packets_up_per_update", RATIO, LOWER, "the-wire", .needs = WIRE,
     .flags = CHARTED | PER_UPDATE},
    {"packets_per_update.down", "packets down/update", "packets_down_per_update", RATIO, LOWER, "the-wire",
     .needs = WIRE, .flags = CHARTED | PER_UPDATE},
    {"packets_per_update.total", "packets/update", NULL, RATIO, LOWER, "the-wire", .needs = WIRE, .flags = COMPARED},
    
    {"server_cpu_us_per_update", "server CPU/update", "server_cpu_us_per_update", US, LOWER, "cpu-and-memory",
     .flags = COMPARED | CHARTED | PER_UPDATE},
    {"client_cpu_us_per_update", "client CPU/update", "client_cpu_us_per_update", US, LOWER, "cpu-and-memory",
     .flags = COMPARED | CHARTED | PER_UPDATE},
    {"server_rss_bytes_per_client", "server memory/client", "server_rss_bytes_per_client", BYTES, LOWER,
     "cpu-and-memory", .flags = 0},
    
    {"whole_run.requests_per_update", "requests/update, whole run", "whole_run_requests_per_update", RATIO, LOWER,
     "phases", .flags = 0},
    {"whole_run.tcp_handshakes_per_update", "handshakes/update, whole run", "whole_run_tcp_handshakes_per_update",
     RATIO, LOWER, "phases", .flags = 0},
    {"whole_run.server_cpu_us_per_update", "server CPU/update, whole run", "whole_run_server_cpu_us_per_update", US,
     LOWER, "phases", .flags = 0},
    {"whole_run.bytes_per_update.wire", "wire bytes/update, whole run", "whole_run_wire_bytes_per_update", BYTES,
     LOWER, "phases", .needs = WIRE},
    {"whole_run.packets_per_update.total", "packets/update, whole run", "whole_run_packets_per_update", RATIO, LOWER,
     "phases", .needs = WIRE},
    {"wire.tcp.up.retransmissions", "retransmissions up", "retransmissions_up", COUNT, LOWER, "the-wire",
     .needs = WIRE},
    {"wire.tcp.down.retransmissions", "retransmissions down", "retransmissions_down", COUNT, LOWER, "the-wire",
     .needs = WIRE},
    {"wire.tcp.up.lost", "packets lost up", "lost_packets_up", COUNT, LOWER, "the-wire", .needs = WIRE},
    {"wire.tcp.down.lost", "packets lost down", "lost_packets_down", COUNT, LOWER, "the-wire", .needs = WIRE},
    {"wire.own_drops", "packets that the emulator lost", "own_drops", COUNT, LOWER, "the-wire", .needs = WIRE},
    
    {"upstream.messages", "messages sent", "upstream_messages", COUNT, NEITHER, "upstream", .needs = CHANNELS},
    {"upstream.latency_us.p50", "to everyone p50", "upstream_latency_p50_us", US, LOWER, "upstream", .needs = CHANNELS,
     .flags = COMPARED | CHARTED | PER_UPDATE, .chart = "upstream_p50_us"},
    {"upstream.latency_us.p99", "to everyone p99", "upstream_latency_p99_us", US, LOWER, "upstream", .needs = CHANNELS,
     .flags = COMPARED | CHARTED | PER_UPDATE, .chart = "upstream_p99_us"},
    {"upstream.latency_us.max", "to everyone max", "upstream_latency_max_us", US, LOWER, "upstream", .needs = CHANNELS},
    {"upstream.echo_us.p50", "echo p50", "upstream_echo_p50_us", US, LOWER, "upstream", .needs = CHANNELS},
    {"upstream.echo_us.p99", "echo p99", "upstream_echo_p99_us", US, LOWER, "upstream", .needs = CHANNELS,
     .flags = COMPARED},
    {"upstream.late_us.p99", "messages left late p99", "upstream_late_p99_us", US, LOWER, "upstream",
     .needs = CHANNELS},
    {"upstream.requests_per_message", "requests/message", "upstream_requests_per_message", RATIO, LOWER, "upstream",
     .needs = CHANNELS, .flags = COMPARED},
    {"upstream.handshakes_per_message", "handshakes/message", "upstream_tcp_handshakes_per_message", RATIO, LOWER,
     "upstream", .needs = CHANNELS, .flags = COMPARED},
    {"upstream.bytes_per_message.payload", "payload bytes/message", "upstream_payload_bytes_per_message", BYTES, LOWER,
     "upstream", .needs = CHANNELS},
    {"upstream.bytes_per_message.framing", "framing bytes/message", "upstream_framing_bytes_per_message", BYTES, LOWER,
     "upstream", .needs = CHANNELS, .flags = COMPARED},
    {"upstream.order.lost", "messages lost", "upstream_lost", COUNT, LOWER, "upstream", .needs = CHANNELS},
    {"upstream.order.doubled", "messages doubled", "upstream_doubled", COUNT, LOWER, "upstream", .needs = CHANNELS},
    {"upstream.order.reordered", "messages reordered", "upstream_reordered", COUNT, LOWER, "upstream",
     .needs = CHANNELS},
    
    {"convergence_us.p50", "convergence p50", "convergence_p50_us", US, LOWER, "documents", .needs = CHANNELS},
    {"convergence_us.p99", "convergence p99", "convergence_p99_us", US, LOWER, "documents", .needs = CHANNELS,
     .flags = COMPARED},
    {"convergence_us.max", "convergence max", "convergence_max_us", US, LOWER, "documents", .needs = CHANNELS},
    {"documents.documents", "documents", "documents", COUNT, NEITHER, "documents", .needs = CHANNELS},
    {"documents.identical", "documents identical", NULL, WORDS, HIGHER, "documents", .needs = CHANNELS},
    {"documents.editors", "editors", NULL, COUNT, NEITHER, "documents", .needs = CHANNELS},
    {"documents.edits", "edits", NULL, COUNT, NEITHER, "documents", .needs = CHANNELS},
    {"documents.bytes", "bytes of room 0's text", NULL, COUNT, NEITHER, "documents", .needs = CHANNELS},
    
    {"balancer.connections_per_client.front", "connections/client, front", NULL, RATIO, LOWER, "balancers",
     .needs = BALANCER, .flags = CHARTED, .chart = "connections_front"},
    {"balancer.connections_per_client.behind", "connections/client, behind", NULL, RATIO, LOWER, "balancers",
     .needs = BALANCER},
    {"balancer.connections_per_client.behind_or_none", "connections/client, behind, 0 for none", NULL, RATIO, LOWER,
     "balancers", .needs = BALANCER, .flags = CHARTED, .chart = "connections_behind", .derive = connections_behind},
    {"balancer.handshakes.front", "handshakes, front", NULL, COUNT, LOWER, "balancers", .needs = BALANCER},
    {"balancer.handshakes.behind", "handshakes, behind", NULL, COUNT, LOWER, "balancers", .needs = BALANCER},
    {"balancer.added_latency_us.p50", "added latency p50", NULL, US, LOWER, "balancers", .needs = BALANCER,
     .flags = CHARTED | PER_UPDATE, .chart = "added_latency_p50_us"},
    {"balancer.added_latency_us.p99", "added latency p99", NULL, US, LOWER, "balancers", .needs = BALANCER},
    {"balancer.payload_bytes.added_up", "bytes added up/update", NULL, BYTES, LOWER, "balancers", .needs = BALANCER},
    {"balancer.payload_bytes.added_down", "bytes added down/update", NULL, BYTES, LOWER, "balancers",
     .needs = BALANCER},
    {"balancer.payload_bytes.added", "bytes added/update", NULL, BYTES, LOWER, "balancers", .needs = BALANCER,
     .flags = CHARTED | PER_UPDATE, .chart = "added_bytes_per_update", .derive = added_bytes},
    {"balancer.cpu_us_per_update", "balancer CPU/update", NULL, US, LOWER, "balancers", .needs = BALANCER,
     .flags = CHARTED | PER_UPDATE, .chart = "balancer_cpu_us_per_update"},
    {"balancer.sequence_errors.all", "sequence errors", NULL, COUNT, LOWER, "balancers", .needs = BALANCER},
    {"balancer.served_by", "requests served by", NULL, WORDS, NEITHER, "balancers", .needs = BALANCER},
    {"balancer.outages", "outages, count and longest", NULL, WORDS, LOWER, "balancers", .needs = BALANCER},
    {NULL, NULL, NULL, WORDS, NEITHER, NULL, .flags = 0},
};
/* clang-format on */

const struct metric *metric_find(const char *path)
{
    for (const struct metric *m = metrics; m->path != NULL; m++)
        if (strcmp(m->path, path) == 0)
            return m;
    return NULL;
}

double metric_value(const struct metric *m, const cJSON *row)
{
    return m->derive != NULL ? m->derive(row) : json_number(row, m->path);
}

const struct metric *metric_next(const struct metric *m)
{
    unsigned needs = m == NULL ? METRIC_ALWAYS : m->needs;

    for (m = m == NULL ? metrics : m + 1;; m = metrics, needs++) {
        for (; m->path != NULL; m++)
            if (m->needs == needs)
                return m;
        if (needs == METRIC_CHANNELS)
            return NULL;
    }
}
