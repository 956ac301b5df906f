#include "bench/chart/chart_rows.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "lib/base/err.h"
#include "bench/base/json.h"

int chart_rows_field(struct buf *out, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL)
        return buf_add(out, text, strlen(text));
    if (buf_add(out, "\"", 1) < 0)
        return PL_ENOMEM;
    for (; *text != '\0'; text++)
        if (buf_add(out, "\"\"", *text == '"' ? 2 : 0) < 0 ||
            (*text != '"' && buf_add(out, text, 1) < 0))
            return PL_ENOMEM;
    return buf_add(out, "\"", 1);
}

/* A column of rows.csv: where its number is in a row of run.json. */
struct column {
    const char *name, *path;
    bool per_update;                    /* has no value where nothing was delivered */
    double (*derive)(const cJSON *row); /* where no path leads to it */
};

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

/* Where clients reach servers nothing is behind. */
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

static const struct column columns[] = {
    {"clients", "clients", false, NULL},
    {"published", "published", false, NULL},
    {"delivered", "delivered", false, NULL},
    {"latency_p50_us", "latency_us.p50", true, NULL},
    {"latency_p90_us", "latency_us.p90", true, NULL},
    {"latency_p99_us", "latency_us.p99", true, NULL},
    {"latency_p999_us", "latency_us.p999", true, NULL},
    {"latency_max_us", "latency_us.max", true, NULL},
    {"requests_per_update", "requests_per_update", true, NULL},
    {"handshakes_per_update", "tcp_handshakes_per_update", true, NULL},
    {"payload_bytes_per_update", "bytes_per_update.payload", true, NULL},
    {"framing_bytes_per_update", "bytes_per_update.framing", true, NULL},
    {"server_cpu_us_per_update", "server_cpu_us_per_update", true, NULL},
    {"client_cpu_us_per_update", "client_cpu_us_per_update", true, NULL},
    {"connections_front", "balancer.connections_per_client.front", false, NULL},
    {"connections_behind", NULL, false, connections_behind},
    {"added_latency_p50_us", "balancer.added_latency_us.p50", true, NULL},
    {"added_bytes_per_update", NULL, true, added_bytes},
    {"balancer_cpu_us_per_update", "balancer.cpu_us_per_update", true, NULL},
    {"wire_bytes_per_update", "bytes_per_update.wire", true, NULL},
    {"wire_payload_bytes_per_update", NULL, true, wire_payload},
    {"wire_framing_bytes_per_update", NULL, true, wire_framing},
    {"wire_header_bytes_per_update", "bytes_per_update.wire_headers", true, NULL},
    {"wire_ack_bytes_per_update", "bytes_per_update.wire_acks", true, NULL},
    {"packets_up_per_update", "packets_per_update.up", true, NULL},
    {"packets_down_per_update", "packets_per_update.down", true, NULL},
    {"deadline_ms", "deadline.ms", false, NULL},
    {"on_time_percent", NULL, false, on_time_percent},
    {"upstream_p50_us", "upstream.latency_us.p50", true, NULL},
    {"upstream_p99_us", "upstream.latency_us.p99", true, NULL},
};

/* Rows of the same transport and connection are told apart by their variant: 0, 1, 2, ... */
static int variant_of(const cJSON *rows, const cJSON *row)
{
    const cJSON *other;
    int variant = 0;

    cJSON_ArrayForEach(other, rows)
    {
        if (other == row)
            break;
        if (strcmp(json_text(other, "transport"), json_text(row, "transport")) == 0 &&
            strcmp(json_text(other, "connection"), json_text(row, "connection")) == 0)
            variant++;
    }
    return variant;
}

static int add_number(struct buf *out, double v)
{
    return isfinite(v) ? buf_printf(out, ",%.9g", v) : buf_printf(out, ",NaN");
}

static int add_row(struct buf *out, const cJSON *rows, const cJSON *row)
{
    int rc = chart_rows_field(out, json_text(row, "id"));

    rc = rc < 0 ? rc : buf_printf(out, ",");
    rc = rc < 0 ? rc : chart_rows_field(out, json_text(row, "transport"));
    rc = rc < 0 ? rc : buf_printf(out, ",");
    rc = rc < 0 ? rc : chart_rows_field(out, json_text(row, "connection"));
    rc = rc < 0 ? rc : buf_printf(out, ",%d", variant_of(rows, row));
    for (size_t i = 0; rc >= 0 && i < sizeof columns / sizeof *columns; i++) {
        const struct column *c = &columns[i];
        double v = c->derive != NULL ? c->derive(row) : json_number(row, c->path);

        rc = add_number(out, c->per_update && !(json_number(row, "delivered") > 0) ? NAN : v);
    }
    return rc < 0 ? rc : buf_printf(out, "\n");
}

int chart_rows(struct buf *out, const cJSON *rows)
{
    int rc = buf_printf(out, "row,transport,connection,variant");
    const cJSON *row;

    for (size_t i = 0; rc >= 0 && i < sizeof columns / sizeof *columns; i++)
        rc = buf_printf(out, ",%s", columns[i].name);
    rc = rc < 0 ? rc : buf_printf(out, "\n");
    cJSON_ArrayForEach(row, rows)
    {
        rc = rc < 0 ? rc : add_row(out, rows, row);
    }
    return rc;
}
