#include "bench/result/summary.h"

#include <math.h>

#include "lib/base/err.h"
#include "bench/base/json.h"

struct column {
    const char *name, *path; /* in a row of run.json */
    bool is_text;            /* our own words and ids: never a comma or a quote in them */
};

static const struct column columns[] = {
    {"row", "id", true},
    {"transport", "transport", true},
    {"connection", "connection", true},
    {"interval_ms", "interval_ms", false},
    {"hold_ms", "hold_ms", false},
    {"clients", "clients", false},
    {"published", "published", false},
    {"delivered", "delivered", false},
    {"missed", "missed", false},
    {"late", "late", false},
    {"duplicated", "duplicated", false},
    {"out_of_order", "out_of_order", false},
    {"latency_min_us", "latency_us.min", false},
    {"latency_p50_us", "latency_us.p50", false},
    {"latency_p90_us", "latency_us.p90", false},
    {"latency_p99_us", "latency_us.p99", false},
    {"latency_p999_us", "latency_us.p999", false},
    {"latency_max_us", "latency_us.max", false},
    {"latency_mean_us", "latency_us.mean", false},
    {"age_mean_us", "age_us.mean", false},
    {"age_peak_us", "age_us.peak", false},
    {"requests_per_update", "requests_per_update", false},
    {"empty_response_ratio", "empty_response_ratio", false},
    {"tcp_handshakes_per_update", "tcp_handshakes_per_update", false},
    {"handshakes_client", "handshakes.client", false},
    {"handshakes_server", "handshakes.server", false},
    {"handshakes_kernel", "handshakes.kernel", false},
    {"payload_bytes_per_update", "bytes_per_update.payload", false},
    {"framing_bytes_per_update", "bytes_per_update.framing", false},
    {"server_cpu_us_per_update", "server_cpu_us_per_update", false},
    {"client_cpu_us_per_update", "client_cpu_us_per_update", false},
    {"server_rss_bytes_per_client", "server_rss_bytes_per_client", false},
    {"whole_run_requests_per_update", "whole_run.requests_per_update", false},
    {"whole_run_tcp_handshakes_per_update", "whole_run.tcp_handshakes_per_update", false},
    {"whole_run_server_cpu_us_per_update", "whole_run.server_cpu_us_per_update", false},
    /* of an emulated link; empty on loopback */
    {"handshakes_wire", "handshakes.wire", false},
    {"wire_bytes_per_update", "bytes_per_update.wire", false},
    {"wire_header_bytes_per_update", "bytes_per_update.wire_headers", false},
    {"wire_ack_bytes_per_update", "bytes_per_update.wire_acks", false},
    {"packets_up_per_update", "packets_per_update.up", false},
    {"packets_down_per_update", "packets_per_update.down", false},
    {"whole_run_wire_bytes_per_update", "whole_run.bytes_per_update.wire", false},
    {"whole_run_packets_per_update", "whole_run.packets_per_update.total", false},
    {"retransmissions_up", "wire.tcp.up.retransmissions", false},
    {"retransmissions_down", "wire.tcp.down.retransmissions", false},
    {"lost_packets_up", "wire.tcp.up.lost", false},
    {"lost_packets_down", "wire.tcp.down.lost", false},
    {"own_drops", "wire.own_drops", false},
    /* of channels, deadlines and clients that send; empty without */
    {"expected", "expected", false},
    {"superseded", "superseded", false},
    {"deadline_ms", "deadline.ms", false},
    {"on_time_share", "deadline.share", false},
    {"upstream_messages", "upstream.messages", false},
    {"upstream_latency_p50_us", "upstream.latency_us.p50", false},
    {"upstream_latency_p99_us", "upstream.latency_us.p99", false},
    {"upstream_latency_max_us", "upstream.latency_us.max", false},
    {"upstream_echo_p50_us", "upstream.echo_us.p50", false},
    {"upstream_echo_p99_us", "upstream.echo_us.p99", false},
    {"upstream_late_p99_us", "upstream.late_us.p99", false},
    {"upstream_requests_per_message", "upstream.requests_per_message", false},
    {"upstream_tcp_handshakes_per_message", "upstream.handshakes_per_message", false},
    {"upstream_payload_bytes_per_message", "upstream.bytes_per_message.payload", false},
    {"upstream_framing_bytes_per_message", "upstream.bytes_per_message.framing", false},
    {"upstream_lost", "upstream.order.lost", false},
    {"upstream_doubled", "upstream.order.doubled", false},
    {"upstream_reordered", "upstream.order.reordered", false},
    {"convergence_p50_us", "convergence_us.p50", false},
    {"convergence_p99_us", "convergence_us.p99", false},
    {"convergence_max_us", "convergence_us.max", false},
    {"documents", "documents.documents", false},
};

static int add_cell(struct buf *out, const cJSON *row, const struct column *c)
{
    double value = json_number(row, c->path);

    if (c->is_text)
        return buf_printf(out, "%s", json_text(row, c->path));
    return isnan(value) ? PL_OK : buf_printf(out, "%.9g", value);
}

int summary_csv(struct buf *out, const cJSON *run)
{
    const size_t n = sizeof columns / sizeof *columns;
    const cJSON *row;

    for (size_t i = 0; i < n; i++)
        if (buf_printf(out, "%s%s", i > 0 ? "," : "", columns[i].name) < 0)
            return PL_ENOMEM;
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        for (size_t i = 0; i < n; i++)
            if (buf_printf(out, "%s", i > 0 ? "," : "\n") < 0 ||
                add_cell(out, row, &columns[i]) < 0)
                return PL_ENOMEM;
    }
    return buf_printf(out, "\n");
}
