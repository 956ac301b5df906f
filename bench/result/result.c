#include "bench/result/result.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/result/counters.h"
#include "bench/result/percentile.h"
#include "bench/result/repeats.h"
#include "bench/result/result_balancer.h"
#include "bench/result/result_duplex.h"
#include "bench/result/result_faults.h"
#include "bench/result/result_memory.h"
#include "bench/result/result_source.h"
#include "lib/proto/transport_info.h"

/* ---- the run ---- */

cJSON *result_new(const struct scenario *s, cJSON *environment)
{
    cJSON *run = cJSON_CreateObject(), *file, *planned;

    cJSON_AddNumberToObject(run, "schema", RESULT_SCHEMA);
    cJSON_AddStringToObject(run, "pushlab", PUSHLAB_VERSION);
    cJSON_AddItemToObject(run, "started", json_time_now());
    cJSON_AddNullToObject(run, "finished");
    cJSON_AddFalseToObject(run, "complete");
    cJSON_AddFalseToObject(run, "interrupted");
    cJSON_AddItemToObject(run, "scenario", scenario_effective(s));
    file = cJSON_AddObjectToObject(run, "scenario_file");
    json_add_text(file, "path", s->path);
    cJSON_AddItemToObject(file, "supplied", cJSON_Duplicate(s->supplied, true));
    cJSON_AddStringToObject(run, "link", json_text(run, "scenario.link"));
    cJSON_AddNumberToObject(run, "seed", (double)s->seed);
    cJSON_AddItemToObject(run, "environment", environment);
    planned = cJSON_AddArrayToObject(run, "rows_planned");
    for (size_t i = 0; i < s->nrows; i++)
        json_append_text(planned, s->rows[i].id);
    cJSON_AddItemToObject(run, "order",
                          json_object("kind:s seed:n", scenario_orders[s->order], (double)s->seed));
    cJSON_AddArrayToObject(run, "rows");
    if (s->repeat > 1)
        cJSON_AddArrayToObject(run, "repeats");
    cJSON_AddArrayToObject(run, "problems");
    cJSON_AddArrayToObject(run, "notes");
    return run;
}

static int place_of(const cJSON *run, const cJSON *row)
{
    const cJSON *planned;
    int place = 0;

    cJSON_ArrayForEach(planned, json_at(run, "rows_planned"))
    {
        if (strcmp(planned->valuestring, json_text(row, "id")) == 0)
            break;
        place++;
    }
    return place;
}

/* In the order of the scenario, whatever order rows are measured in. */
static void insert_row(cJSON *run, cJSON *row)
{
    cJSON *rows = cJSON_GetObjectItemCaseSensitive(run, "rows");
    int at = 0, n = cJSON_GetArraySize(rows);

    while (at < n && place_of(run, cJSON_GetArrayItem(rows, at)) <= place_of(run, row))
        at++;
    cJSON_AddItemToArray(rows, row);
    for (int behind = n - at; behind > 0; behind--) /* cJSON 1.7.15 can't insert in the middle */
        cJSON_AddItemToArray(rows, cJSON_DetachItemFromArray(rows, at));
}

static double repeats_planned(const cJSON *run)
{
    return fmax(1, json_number(run, "scenario.repeat"));
}

void result_add_row(cJSON *run, cJSON *row, unsigned repeat, size_t position)
{
    cJSON *repeats = cJSON_GetObjectItemCaseSensitive(run, "repeats");

    cJSON_AddNumberToObject(row, "position", (double)position);
    if (repeats == NULL) {
        insert_row(run, row);
        result_balancer_compare(json_at(run, "rows"));
        return;
    }
    cJSON_AddNumberToObject(row, "repeat", repeat);
    cJSON_AddItemToArray(repeats, row);
    repeats_summarise(run, NULL);
}

void result_add_problem(cJSON *run, const char *line)
{
    json_append_text(cJSON_GetObjectItemCaseSensitive(run, "problems"), line);
}

void result_add_note(cJSON *run, const char *line)
{
    json_append_text(cJSON_GetObjectItemCaseSensitive(run, "notes"), line);
}

static void ignore_line(void *arg, const char *line)
{
    (void)arg;
    (void)line;
}

int result_measured(const cJSON *run)
{
    const cJSON *repeats = json_at(run, "repeats");

    return cJSON_GetArraySize(repeats != NULL ? repeats : json_at(run, "rows"));
}

int result_planned(const cJSON *run)
{
    return cJSON_GetArraySize(json_at(run, "rows_planned")) * (int)repeats_planned(run);
}

/* Of a run that ended early some rows have fewer repeats than others. */
static void note_missing(const cJSON *run)
{
    bool left_out[REPEATS_MAX];
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        size_t n = repeats_left_out(run, json_text(row, "id"), left_out);

        if (n > 0 && (double)n < repeats_planned(run))
            json_append_printf(cJSON_GetObjectItemCaseSensitive(row, "notes"),
                               "measured %zu of %.0f times", n, repeats_planned(run));
    }
}

void result_finish(cJSON *run, bool interrupted)
{
    bool complete = result_measured(run) == result_planned(run) && !interrupted &&
                    result_each_problem(run, ignore_line, NULL) == 0;

    note_missing(run);
    cJSON_ReplaceItemInObjectCaseSensitive(run, "finished", json_time_now());
    cJSON_ReplaceItemInObjectCaseSensitive(run, "complete", cJSON_CreateBool(complete));
    cJSON_ReplaceItemInObjectCaseSensitive(run, "interrupted", cJSON_CreateBool(interrupted));
}

static int visit_lines(const cJSON *lines, const char *id, void (*visit)(void *, const char *),
                       void *arg)
{
    const cJSON *line;
    char text[700];
    int n = 0;

    cJSON_ArrayForEach(line, lines)
    {
        if (!cJSON_IsString(line))
            continue;
        snprintf(text, sizeof text, "%s%s%s", id, id[0] != '\0' ? ": " : "", line->valuestring);
        visit(arg, text);
        n++;
    }
    return n;
}

int result_each_problem(const cJSON *run, void (*visit)(void *arg, const char *line), void *arg)
{
    const cJSON *row;
    int n = 0;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        n += visit_lines(json_at(row, "problems"), json_text(row, "id"), visit, arg);
    }
    return n + visit_lines(json_at(run, "problems"), "", visit, arg);
}

/* ---- a row's ratios ---- */

/* Which counters and which two snapshots of the server belong together. */
struct span {
    const char *counters, *from, *to;
};
static const struct span span_window = {"window", "server_stats.window_start",
                                        "server_stats.window_end"};
static const struct span span_whole = {"whole", "server_stats.start", "server_stats.end"};

static void add_tls(cJSON *out, const cJSON *report, const char *counters, double per)
{
    cJSON *tls;

    if (!(counters_at(report, "whole.tls_full_handshakes") +
              counters_at(report, "whole.tls_resumed_handshakes") >
          0)) {
        cJSON_AddNullToObject(out, "tls_handshakes_per_update");
        return;
    }
    tls = cJSON_AddObjectToObject(out, "tls_handshakes_per_update");
    json_add_number(tls, "full", counters_at(report, "%s.tls_full_handshakes", counters) * per);
    json_add_number(tls, "resumed",
                    counters_at(report, "%s.tls_resumed_handshakes", counters) * per);
}

/* CPU time of the server in a nanosecond of the window. Its snapshots lie about as far apart as the
 * window's borders: the server's timer may be late, and a question asked for too late. */
static double window_cpu_us_per_ns(const cJSON *report)
{
    return counters_cpu_us(report, span_window.from, span_window.to) /
           counters_growth(report, span_window.from, span_window.to, "time_ns");
}

/* CPU time of the server in the span. */
static double server_cpu_us(const cJSON *report, const struct span *span)
{
    double window_ns =
        json_number(report, "window_end_ns") - json_number(report, "window_start_ns");

    return span == &span_window ? window_cpu_us_per_ns(report) * window_ns
                                : counters_cpu_us(report, span->from, span->to);
}

/* All per update, which means per delivery of an update to a client, within the span:
 *   requests_per_update       HTTP requests sent; an Upgrade is one
 *   tcp_handshakes_per_update connections opened
 *   bytes_per_update          payload: the envelopes received; framing: all other application
 *                             bytes, framing_in (heads, chunk sizes, SSE fields, frame headers)
 *                             + framing_out (requests, and frames sent); wire: not on loopback
 *   server_cpu_us_per_update  user + system time of the server
 *   client_cpu_us_per_update  user + system time of all clients; see also add_total_cpu()
 *   tls_handshakes_per_update {full resumed}; null without TLS
 * and
 *   empty_response_ratio      responses without an update / responses; 0 when there were none
 *   packets_per_update        null on loopback
 * A ratio over no deliveries is null. */
static void add_ratios(cJSON *out, const cJSON *report, const struct span *span)
{
    const char *c = span->counters;
    double updates = counters_at(report, "%s.deliveries", c), per = counters_per(updates);
    double responses = counters_at(report, "%s.responses", c);
    double empty = counters_at(report, "%s.empty_responses", c);
    double framing_in = counters_at(report, "%s.framing_bytes_in", c);
    double bytes_out = counters_at(report, "%s.bytes_out", c);
    cJSON *bytes;

    json_add_number(out, "deliveries", updates);
    json_add_number(out, "requests_per_update", counters_at(report, "%s.requests", c) * per);
    json_add_number(out, "empty_response_ratio", responses > 0 ? empty / responses : 0);
    json_add_number(out, "tcp_handshakes_per_update", counters_at(report, "%s.connects", c) * per);
    add_tls(out, report, c, per);
    bytes = cJSON_AddObjectToObject(out, "bytes_per_update");
    json_add_number(bytes, "payload", counters_at(report, "%s.payload_bytes_in", c) * per);
    json_add_number(bytes, "framing", (framing_in + bytes_out) * per);
    json_add_number(bytes, "framing_in", framing_in * per);
    json_add_number(bytes, "framing_out", bytes_out * per);
    cJSON_AddNullToObject(bytes, "wire");
    cJSON_AddNullToObject(out, "packets_per_update");
    json_add_number(out, "server_cpu_us_per_update", server_cpu_us(report, span) * per);
    json_add_number(out, "client_cpu_us_per_update", counters_at(report, "%s.cpu_us", c) * per);
}

/* ---- do the independent counts agree? ---- */

static bool numbers_began_again(const cJSON *report)
{
    return result_faults_hit(report, FAULT_ON_SERVER) &&
           counters_or_zero(report, "server_restarts") > 0 &&
           !cJSON_IsObject(json_at(report, "subscription"));
}

/* A server that starts again without its history numbers its updates from 1 again, so that only how
 * many there were can be compared. */
static void settle_restart(cJSON *row, const cJSON *report)
{
    double published =
        counters_growth(report, span_window.from, span_window.to, "source.published");
    double expected = published * json_number(report, "clients");

    if (!numbers_began_again(report))
        return;
    counters_replace(row, "published", published);
    counters_replace(row, "expected", expected);
    counters_replace(row, "missed", fmax(0, expected - json_number(report, "delivered")));
}

/* Without channels every client gets every update; with them the report says what to expect. */
static void judge_numbers(cJSON *problems, const cJSON *report)
{
    bool channels = cJSON_IsObject(json_at(report, "subscription"));
    double published = json_number(report, "published"), clients = json_number(report, "clients");
    double expected = channels ? json_number(report, "expected") : published * clients;
    double delivered = json_number(report, "delivered"), missed = json_number(report, "missed");
    double late = json_number(report, "late"), superseded = counters_or_zero(report, "superseded");

    if (json_true(report, "adds_up") && delivered + superseded + missed + late == expected) {
        if (delivered == 0 && expected > 0)
            json_append_text(problems, "no update was delivered");
    } else if (channels) {
        json_append_printf(problems,
                           "completeness does not add up: %.0f delivered + %.0f superseded + %.0f "
                           "missed + %.0f late is not %.0f expected",
                           delivered, superseded, missed, late, expected);
    } else {
        json_append_printf(problems,
                           "completeness does not add up: %.0f delivered + %.0f missed + %.0f late "
                           "is not %.0f published x %.0f clients",
                           delivered, missed, late, published, clients);
    }
}

static void judge_sum(cJSON *problems, const cJSON *report)
{
    if (!numbers_began_again(report))
        judge_numbers(problems, report);
}

static double accepted(const cJSON *report, const char *transport)
{
    char counter[64];

    snprintf(counter, sizeof counter, "transports.%s.accepted", transport);
    return counters_growth(report, span_whole.from, span_whole.to, counter);
}

static void judge_handshakes(cJSON *row, cJSON *problems, const cJSON *report,
                             const char *transport, bool kernel_is_ours)
{
    cJSON *seen = cJSON_AddObjectToObject(row, "handshakes");
    double up = result_duplex_connects(report), posts = accepted(report, "publish");
    double client = json_number(report, "whole.connects") + up;
    double server = accepted(report, transport) + (isnan(posts) ? 0 : posts);
    double kernel = json_number(report, "kernel.tcp_active_opens");
    /* The kernel counts attempts; the others count what became a connection. */
    double attempts = client + counters_or_zero(report, "whole.connect_failures") +
                      counters_or_zero(report, "whole.connects_abandoned") +
                      result_duplex_given_up(report);

    json_add_number(seen, "client", client);
    json_add_number(seen, "server", server);
    json_add_number(seen, "kernel", kernel);
    cJSON_AddNullToObject(seen, "wire");
    json_add_number(seen, "given_up", attempts - client);
    if (cJSON_IsObject(json_at(report, "upstream")))
        json_add_number(seen, "upstream", up);
    if (result_faults_hit(report,
                          FAULT_ON_SERVER)) { /* one that is ended has accepted what it could */
        client = server;
        attempts = fmax(attempts, kernel); /* the control connection was opened again */
    }
    if ((client == server || result_balancer_rejoins(report)) &&
        (attempts == kernel || !kernel_is_ours))
        return;
    json_append_printf(problems,
                       "TCP handshakes disagree: client %.0f (%.0f attempts), server %.0f, "
                       "kernel %.0f%s",
                       client, attempts, server, kernel,
                       kernel_is_ours ? "" : " (the whole host's)");
}

/* The clients' own reason, where no number shows a problem. */
static void judge_failure(cJSON *problems, const cJSON *report)
{
    const char *failure = json_text(report, "failure");

    if (failure[0] != '\0' && cJSON_GetArraySize(problems) == 0)
        json_append_text(problems, failure);
}

static void add_notes(cJSON *row, const cJSON *report)
{
    cJSON *notes = cJSON_AddArrayToObject(row, "notes");

    if (json_number(report, "published") == 0)
        json_append_text(notes, "no update was published in the window");
    json_append_count(notes, report, "missed", "update was missed", "updates were missed");
    json_append_count(notes, report, "late", "update was not there when the drain ended",
                      "updates were not there when the drain ended");
    /* At the window's end each client may be just about to send one. */
    if (counters_or_zero(report, "unsent_requests") > json_number(report, "clients"))
        json_append_count(notes, report, "unsent_requests", "",
                          "requests were due in the window and not sent in it");
    json_append_count(notes, report, "whole.reconnects", "reconnection", "reconnections");
    json_append_count(notes, report, "whole.connect_failures", "connection attempt failed",
                      "connection attempts failed");
    json_append_count(notes, report, "whole.failed_responses", "response failed",
                      "responses failed");
}

/* ---- what the packets say ---- */

/* scope: of the whole run, or of the window (counters_both_ways()). */
static void add_wire_ratios(cJSON *ratios, const cJSON *wire, const char *scope)
{
    double per = counters_per(json_number(ratios, "deliveries"));
    double headers = counters_both_ways(wire, scope, "ip_header_bytes") +
                     counters_both_ways(wire, scope, "tcp_header_bytes");
    double acks = counters_both_ways(wire, scope, "pure_ack_bytes");
    cJSON *bytes = cJSON_GetObjectItemCaseSensitive(ratios, "bytes_per_update"), *packets;

    counters_replace(bytes, "wire", counters_both_ways(wire, scope, "bytes") * per);
    json_add_number(bytes, "wire_headers", (headers - acks) * per);
    json_add_number(bytes, "wire_acks", acks * per);
    cJSON_DeleteItemFromObjectCaseSensitive(ratios, "packets_per_update");
    packets = cJSON_AddObjectToObject(ratios, "packets_per_update");
    json_add_number(packets, "up", counters_at(wire, "%s.up.packets", scope) * per);
    json_add_number(packets, "down", counters_at(wire, "%s.down.packets", scope) * per);
    json_add_number(packets, "total", counters_both_ways(wire, scope, "packets") * per);
}

static void judge_wire_handshakes(cJSON *row, cJSON *problems, const cJSON *wire)
{
    double seen = json_number(wire, "tcp.handshakes");
    double client = json_number(row, "handshakes.client");
    double given_up = json_number(row, "handshakes.given_up");

    counters_replace(cJSON_GetObjectItemCaseSensitive(row, "handshakes"), "wire", seen);
    /* A client that leaves while it connects may not learn that its handshake just ended. */
    if (result_faults_hit(row, FAULT_ON_SERVER)) /* the control connection was opened again */
        given_up = fmax(given_up, seen - client);
    if (seen < client || seen > client + given_up)
        json_append_printf(problems, "TCP handshakes disagree: client %.0f, wire %.0f", client,
                           seen);
}

/* Packets that the emulator itself lost make the row wrong; those of its model are a note. */
static void judge_instrument(cJSON *problems, cJSON *notes, const cJSON *wire)
{
    double own = json_number(wire, "own_drops");
    double again = counters_both_ways(wire, "tcp", "retransmissions");
    double lost = counters_both_ways(wire, "tcp", "lost");

    if (own > 0)
        json_append_printf(problems,
                           "the emulated link itself dropped %.0f packets: too much for "
                           "this machine",
                           own);
    if (lost > 0 || again > 0)
        json_append_printf(notes, "%.0f segments lost on the link, %.0f sent again", lost, again);
}

/* What the emulated link's wire_counter saw; on loopback ("wire" is null) all of it stays null. */
static void add_wire(cJSON *row)
{
    const cJSON *wire = cJSON_GetObjectItemCaseSensitive(row, "wire");
    cJSON *problems = cJSON_GetObjectItemCaseSensitive(row, "problems");

    if (!cJSON_IsObject(wire))
        return;
    add_wire_ratios(row, wire, "tcp.window");
    add_wire_ratios(cJSON_GetObjectItemCaseSensitive(row, "whole_run"), wire, "tcp");
    judge_wire_handshakes(row, problems, wire);
    judge_instrument(problems, cJSON_GetObjectItemCaseSensitive(row, "notes"), wire);
}

/* ---- what a client costs, whether updates come or not ---- */

void result_settle_row(cJSON *row)
{
    const cJSON *raw = json_at(row, "raw"), *wire = json_at(row, "wire");
    double clients = json_number(row, "clients");
    double per = counters_per(clients * json_number(row, "phases.window_ms") / 1e3);

    percentile_prune(row);
    if (json_at(row, "deliveries") == NULL || json_at(row, "requests_per_client_s") != NULL)
        return;
    json_add_number(row, "requests_per_client_s", json_number(raw, "window.requests") * per);
    json_add_number(row, "wire_bytes_per_client_s",
                    counters_both_ways(wire, "tcp.window", "bytes") * per);
    json_add_number(row, "server_cpu_us_per_client_s",
                    window_cpu_us_per_ns(raw) * 1e9 * counters_per(clients));
}

/* ---- all processes ---- */

/* Of the forwarders of these links, or of this one; 0 where there are none. */
static double forwarder_cpu_us(const cJSON *links)
{
    return links == NULL ? 0 : counters_at(links, "forwarder.window.cpu_us");
}

/* Over a link what the kernel does for a packet that arrives, at either end, is done by the link's
 * forwarder; on loopback by whoever sent it. Only the sum is all of it on both. */
static void add_total_cpu(cJSON *row)
{
    const cJSON *wire = json_at(row, "wire");
    double per = counters_per(json_number(row, "deliveries"));
    double forwarder = (forwarder_cpu_us(wire) + forwarder_cpu_us(json_at(wire, "behind")) +
                        forwarder_cpu_us(json_at(wire, "beside"))) *
                       per;

    json_add_number(row, "forwarder_cpu_us_per_update", cJSON_IsObject(wire) ? forwarder : NAN);
    json_add_number(row, "total_cpu_us_per_update",
                    json_number(row, "server_cpu_us_per_update") +
                        json_number(row, "client_cpu_us_per_update") +
                        (cJSON_IsObject(wire) ? forwarder : 0) +
                        counters_or_zero(row, "balancer.cpu_us_per_update") +
                        counters_or_zero(row, "balancer.store.cpu_us_per_update"));
}

/* ---- a row ---- */

static int check_report(const cJSON *report, const char *transport, struct err_text *e)
{
    static const char needed[] =
        "clients published delivered missed late duplicated out_of_order latency_us.count "
        "window.deliveries window.requests window.responses window.empty_responses "
        "window.connects window.payload_bytes_in window.framing_bytes_in window.bytes_out "
        "window.cpu_us whole.deliveries whole.requests whole.connects kernel.tcp_active_opens "
        "window_start_ns window_end_ns server_stats.window_start.time_ns "
        "server_stats.window_end.time_ns server_stats.window_start.process.cpu_user_us "
        "server_stats.window_end.process.cpu_user_us server_stats.end.process.cpu_user_us";
    int rc = counters_need(report, needed, e);

    if (rc < 0)
        return rc;
    if (isnan(accepted(report, transport)))
        return err_set(e, PL_EPROTO, "the server's /stats has no transports.%s.accepted",
                       transport);
    return result_duplex_check(report, e);
}

static void add_milliseconds(cJSON *row, const char *name, int64_t ms)
{
    json_add_number(row, name, ms == SCENARIO_UNSET ? NAN : (double)ms);
}

cJSON *result_row_new(const struct scenario_row *row, const cJSON *wire)
{
    cJSON *r = cJSON_CreateObject();

    cJSON_AddStringToObject(r, "id", row->id);
    cJSON_AddStringToObject(r, "transport", transport_names[row->transport]);
    cJSON_AddStringToObject(r, "connection", connection_modes[row->connection]);
    add_milliseconds(r, "interval_ms", row->interval_ms);
    if (row->poll != SCENARIO_UNSET)
        cJSON_AddStringToObject(r, "poll", poll_modes[row->poll]);
    if (row->poll == POLL_BACKOFF) {
        add_milliseconds(r, "interval_max_ms", row->interval_max_ms);
        json_add_number(r, "backoff_factor", row->backoff_factor);
    }
    add_milliseconds(r, "hold_ms", row->hold_ms);
    json_add_number(r, "seed", json_number(wire, "seed"));
    return r;
}

int result_row(cJSON **out, const struct scenario_row *row, cJSON *report, cJSON *wire,
               bool kernel_is_ours, struct err_text *e)
{
    const char *transport = transport_names[row->transport];
    int rc = check_report(report, transport, e);
    cJSON *r, *problems;

    *out = NULL;
    if (rc < 0)
        return rc;
    r = result_row_new(row, wire);
    counters_copy_all(r,
                      "clients published delivered missed late duplicated out_of_order adds_up "
                      "expected superseded unsent_requests age_us phases",
                      report);
    settle_restart(r, report);
    counters_copy_histogram(r, "latency_us", json_at(report, "latency_us"));
    counters_copy_histogram(r, "request_late_us", json_at(report, "request_late_us"));
    add_ratios(r, report, &span_window);
    add_ratios(cJSON_AddObjectToObject(r, "whole_run"), report, &span_whole);
    result_memory(r, report);
    problems = cJSON_CreateArray();
    judge_handshakes(r, problems, report, transport, kernel_is_ours);
    judge_sum(problems, report);
    cJSON_AddItemToObject(r, "problems", problems);
    cJSON_AddArrayToObject(r, "disturbed");
    add_notes(r, report);
    result_duplex(r, report);
    result_faults(r, report);
    judge_failure(problems, report);
    cJSON_AddItemToObject(r, "wire", wire);
    cJSON_AddItemToObject(r, "raw", report);
    result_source(r);
    add_wire(r);
    result_balancer(r);
    add_total_cpu(r);
    result_settle_row(r);
    *out = r;
    return PL_OK;
}

void result_row_unmeasured(cJSON **out, const struct scenario_row *row, cJSON *report, cJSON *wire)
{
    cJSON *r = result_row_new(row, wire), *problems;

    counters_copy_all(r, "clients phases", report);
    problems = cJSON_AddArrayToObject(r, "problems");
    add_notes(r, report);
    judge_failure(problems, report);
    cJSON_AddItemToObject(r, "wire", wire);
    cJSON_AddItemToObject(r, "raw", report);
    result_balancer(r);
    *out = r;
}
