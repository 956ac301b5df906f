#include "bench/table/table_cells.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/result/disturbed.h"
#include "bench/result/facts.h"
#include "bench/result/metric_text.h"
#include "bench/result/percentile.h"

#define ONE(path)             path, NULL, NULL
#define TWO(path, plus)       path, plus, NULL
#define COUNT_OF(array)       (sizeof(array) / sizeof *(array))
#define APP_OVER(shown, over) shown, "bytes_per_update.payload", "bytes_per_update.framing", over

/* The questions that columns answer. */
#define LATE      "How late?"
#define COST      "At what cost?"
#define SENT_LATE "Sent: how late?"
#define SENT_COST "Sent: what cost?"
#define DOCUMENTS "Documents"
#define CLIENT    NULL /* the names' own head says it */
#define BETWEEN   "In between"

/* Tables are read as tables. */
/* clang-format off */
static const struct column columns[] = {
    {{"", "row"}, NULL, ALWAYS, ONE("id")},
    {{"updates", "delivered"}, LATE, ALWAYS, ONE("delivered")},
    {{"updates", "superseded"}, LATE, ALWAYS | VALUE_ONLY, ONE("superseded")},
    {{"updates", "on time"}, LATE, ALWAYS | VALUE_ONLY, ONE("deadline.share")},
    {{"latency", "p50"}, LATE, ALWAYS | NAMED_ONLY | SPREAD, ONE("latency_us.p50")},
    {{"latency", "mean"}, LATE, ALWAYS | NAMED_ONLY | SPREAD, ONE("latency_us.mean")},
    {{"latency", "p90"}, LATE, ALWAYS | NAMED_ONLY | SPREAD, ONE("latency_us.p90")},
    {{"latency", "p99"}, LATE, ALWAYS | NAMED_ONLY | SPREAD, ONE("latency_us.p99")},
    {{"latency", "p99.9"}, LATE, ALWAYS | NAMED_ONLY | SPREAD, ONE("latency_us.p999")},
    {{"latency", "max"}, LATE, ALWAYS, ONE("latency_us.max")},
    {{"age", "mean"}, LATE, ALWAYS, ONE("age_us.mean")},
    {{"requests", "/update"}, COST, ALWAYS, ONE("requests_per_update")},
    {{"handshakes", "/update"}, COST, ALWAYS, ONE("tcp_handshakes_per_update")},
    {{"TLS/update", "full+resumed"}, COST, ALWAYS | TLS_ONLY,
     TWO("tls_handshakes_per_update.full", "tls_handshakes_per_update.resumed")},
    {{"bytes/update", "payload+framing"}, COST, APP_OVER(LOOPBACK | WIRE, NULL)},
    {{"wire bytes", "/update"}, COST, WIRE | SPREAD, ONE("bytes_per_update.wire")},
    {{"bytes/update", "app / wire"}, COST, APP_OVER(TERMINAL, "bytes_per_update.wire")},
    {{"packets", "/update"}, COST, WIRE | TERMINAL, ONE("packets_per_update.total")},
    {{"server CPU", "/update"}, COST, ALWAYS | BREAK | SPREAD, ONE("server_cpu_us_per_update")},
    {{"total CPU", "/update"}, COST, ALWAYS | VALUE_ONLY | SPREAD, ONE("total_cpu_us_per_update")},
};

static const struct column sent_columns[] = {
    {{"", "row"}, NULL, ALWAYS, ONE("id")},
    {{"messages", "sent"}, SENT_LATE, ALWAYS, ONE("upstream.messages")},
    {{"everyone", "p50"}, SENT_LATE, ALWAYS | NAMED_ONLY | SPREAD, ONE("upstream.latency_us.p50")},
    {{"everyone", "mean"}, SENT_LATE, ALWAYS | NAMED_ONLY | SPREAD, ONE("upstream.latency_us.mean")},
    {{"everyone", "p90"}, SENT_LATE, ALWAYS | NAMED_ONLY | SPREAD, ONE("upstream.latency_us.p90")},
    {{"everyone", "p99"}, SENT_LATE, ALWAYS | NAMED_ONLY | SPREAD, ONE("upstream.latency_us.p99")},
    {{"everyone", "p99.9"}, SENT_LATE, ALWAYS | NAMED_ONLY | SPREAD, ONE("upstream.latency_us.p999")},
    {{"echo", "p90"}, SENT_LATE, ALWAYS | NAMED_ONLY, ONE("upstream.echo_us.p90")},
    {{"echo", "p99"}, SENT_LATE, ALWAYS | NAMED_ONLY, ONE("upstream.echo_us.p99")},
    {{"echo", "p99.9"}, SENT_LATE, ALWAYS | NAMED_ONLY, ONE("upstream.echo_us.p999")},
    {{"requests", "/message"}, SENT_COST, ALWAYS, ONE("upstream.requests_per_message")},
    {{"handshakes", "/message"}, SENT_COST, ALWAYS, ONE("upstream.handshakes_per_message")},
    {{"bytes/message", "payload+framing"}, SENT_COST, ALWAYS,
     TWO("upstream.bytes_per_message.payload", "upstream.bytes_per_message.framing")},
    {{"converged", "p90"}, DOCUMENTS, ALWAYS | NAMED_ONLY | SPREAD, ONE("convergence_us.p90")},
    {{"converged", "p99"}, DOCUMENTS, ALWAYS | NAMED_ONLY | SPREAD, ONE("convergence_us.p99")},
    {{"converged", "p99.9"}, DOCUMENTS, ALWAYS | NAMED_ONLY | SPREAD, ONE("convergence_us.p999")},
    {{"documents", "identical"}, DOCUMENTS, ALWAYS | VALUE_ONLY, ONE("documents.identical")},
};

static const struct column client_columns[] = {
    {{"each client,", "each second"}, NULL, ALWAYS, ONE("id")},
    {{"", "requests"}, CLIENT, ALWAYS | SPREAD, ONE("requests_per_client_s")},
    {{"responses", "without update"}, CLIENT, ALWAYS | SPREAD, ONE("empty_response_ratio")},
    {{"wire", "bytes"}, CLIENT, WIRE | TERMINAL | SPREAD, ONE("wire_bytes_per_client_s")},
    {{"server", "CPU"}, CLIENT, ALWAYS | SPREAD, ONE("server_cpu_us_per_client_s")},
};

static const struct column fault_columns[] = {
    {{"after the", "fault"}, NULL, ALWAYS, ONE("id")},
    {{"next update", "p50"}, CLIENT, ALWAYS | SPREAD, ONE("recovery.next_update_us.p50")},
    {{"next update", "max"}, CLIENT, ALWAYS, ONE("recovery.next_update_us.max")},
    {{"clients", "without"}, CLIENT, ALWAYS | VALUE_ONLY, ONE("recovery.none")},
    {{"updates", "lost"}, CLIENT, ALWAYS, ONE("recovery.not_received")},
    {{"", "doubled"}, CLIENT, ALWAYS | VALUE_ONLY, ONE("duplicated")},
    {{"connections", "lost"}, CLIENT, ALWAYS, ONE("recovery.lost_connections")},
    {{"connects/s", "peak"}, CLIENT, ALWAYS, ONE("recovery.connects_peak_per_s")},
    {{"again after", "p95 - p5"}, CLIENT, ALWAYS | VALUE_ONLY, ONE("recovery.reconnect_spread_us")},
    {{"server CPU", "peak"}, CLIENT, ALWAYS, ONE("recovery.server_cpu_peak")},
};

static const struct column balancer_columns[] = {
    {{"", "row"}, NULL, ALWAYS, ONE("id")},
    {{"connections/client", "front+behind"}, BETWEEN, ALWAYS,
     TWO("balancer.connections_per_client.front", "balancer.connections_per_client.behind")},
    {{"handshakes", "front+behind"}, BETWEEN, ALWAYS,
     TWO("balancer.handshakes.front", "balancer.handshakes.behind")},
    {{"added", "latency p50"}, BETWEEN, ALWAYS | VALUE_ONLY | SPREAD, ONE("balancer.added_latency_us.p50")},
    {{"of that", "±chance"}, BETWEEN, ALWAYS | VALUE_ONLY, ONE("balancer.added_latency_us.chance")},
    {{"bytes added", "up+down/update"}, BETWEEN, ALWAYS,
     TWO("balancer.payload_bytes.added_up", "balancer.payload_bytes.added_down")},
    {{"balancer", "CPU/update"}, BETWEEN, ALWAYS | VALUE_ONLY | SPREAD, ONE("balancer.cpu_us_per_update")},
    {{"requests", "served by"}, BETWEEN, ALWAYS, ONE("balancer.served_by")},
    {{"sequence", "errors"}, BETWEEN, ALWAYS | VALUE_ONLY, ONE("balancer.sequence_errors.all")},
    {{"outages", "count, longest"}, BETWEEN, ALWAYS | VALUE_ONLY, ONE("balancer.outages")},
};
/* clang-format on */

_Static_assert(COUNT_OF(columns) <= TABLE_COLUMNS_MAX, "more columns than a table has room for");

const struct table_source table_main = {columns, COUNT_OF(columns)};
const struct table_source table_client = {client_columns, COUNT_OF(client_columns)};
const struct table_source table_fault = {fault_columns, COUNT_OF(fault_columns)};
const struct table_source table_sent = {sent_columns, COUNT_OF(sent_columns)};
const struct table_source table_balancer = {balancer_columns, COUNT_OF(balancer_columns)};

bool table_has_value(const cJSON *rows, const char *path)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, rows)
    {
        if (fabs(json_number(row, path)) > 0 || cJSON_IsBool(json_at(row, path)) ||
            json_text(row, path)[0] != '\0')
            return true;
    }
    return false;
}

bool table_has_balancers(const cJSON *run)
{
    return table_has_value(json_at(run, "rows"), "balancer.connections_per_client.front");
}

bool table_is_named(const cJSON *rows, const char *path)
{
    const char *name = strrchr(path, '.') + 1;
    char histogram[64];

    snprintf(histogram, sizeof histogram, "%.*s", (int)(name - path - 1), path);
    if (strcmp(name, "p50") == 0 || strcmp(name, "mean") == 0)
        return strcmp(percentile_middle(rows, histogram), name) == 0;
    return strcmp(percentile_of_rows(rows, histogram)->name, name) == 0;
}

static bool is_needed(const struct column *c, const cJSON *run)
{
    const cJSON *rows = json_at(run, "rows");

    return (!(c->shown & TLS_ONLY) || json_true(run, "scenario.tls")) &&
           (!(c->shown & VALUE_ONLY) || table_has_value(rows, c->path)) &&
           (!(c->shown & NAMED_ONLY) || table_is_named(rows, c->path));
}

struct table_choice table_choose(const struct table_source *from, const cJSON *run,
                                 enum selection selection)
{
    struct table_choice c = {.n = 0};

    for (size_t i = 0; i < from->n; i++) {
        const struct column *column = &from->columns[i];

        if ((column->shown & selection) && is_needed(column, run))
            c.column[c.n++] = column;
    }
    return c;
}

/* The row's name is what is marked. */
static void format_words(char out[TABLE_CELL_BYTES], const char *path, const cJSON *row)
{
    const cJSON *item = json_at(row, path);
    bool name = strcmp(path, "id") == 0;
    bool problems = name && cJSON_GetArraySize(json_at(row, "problems")) > 0;

    if (cJSON_IsString(item) && item->valuestring[0] != '\0')
        snprintf(out, TABLE_CELL_BYTES, "%s%s%.47s", problems ? "! " : "",
                 name && disturbed_is(row) ? DISTURBED_MARK " " : "", item->valuestring);
    else
        snprintf(out, TABLE_CELL_BYTES, "%s",
                 cJSON_IsTrue(item)    ? "yes"
                 : cJSON_IsFalse(item) ? "NO"
                                       : UNITS_NONE);
}

void table_format_cell(char out[TABLE_CELL_BYTES], const struct column *c, const cJSON *row)
{
    const struct metric *m = metric_find(c->path);
    char first[UNITS_TEXT_BYTES], second[UNITS_TEXT_BYTES] = UNITS_NONE;
    double value = facts_value(row, c->path);

    if (m == NULL || m->format == NULL) {
        format_words(out, c->path, row);
        return;
    }
    if (c->shown & SPREAD) {
        metric_text(first, m, row);
        snprintf(out, TABLE_CELL_BYTES, "%s", first);
        return;
    }
    m->format(first, c->over_path != NULL ? value + facts_value(row, c->plus_path) : value);
    if (c->plus_path != NULL)
        m->format(second, facts_value(row, c->over_path != NULL ? c->over_path : c->plus_path));
    if (c->plus_path == NULL || (strcmp(first, UNITS_NONE) == 0 && strcmp(second, UNITS_NONE) == 0))
        snprintf(out, TABLE_CELL_BYTES, "%s", first);
    else
        snprintf(out, TABLE_CELL_BYTES, "%s %c %s", first, c->over_path != NULL ? '/' : '+',
                 second);
}
