#include "bench/result/result.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bench/base/json.h"
#include "bench/result/result_balancer.h"
#include "bench/result/result_duplex.h"
#include "bench/result/result_wire.h"
#include "lib/proto/transport_info.h"

/* ---- the run ---- */

static void add_time_now(cJSON *run, const char *name)
{
    char text[32];
    time_t now = time(NULL);
    struct tm utc;

    gmtime_r(&now, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    cJSON_AddStringToObject(run, name, text);
}

cJSON *result_new(const struct scenario *s, cJSON *environment)
{
    cJSON *run = cJSON_CreateObject(), *file, *planned;

    cJSON_AddNumberToObject(run, "schema", RESULT_SCHEMA);
    cJSON_AddStringToObject(run, "pushlab", PUSHLAB_VERSION);
    add_time_now(run, "started");
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
    cJSON_AddArrayToObject(run, "rows");
    cJSON_AddArrayToObject(run, "problems");
    cJSON_AddArrayToObject(run, "notes");
    return run;
}

void result_add_row(cJSON *run, cJSON *row)
{
    cJSON_AddItemToArray(cJSON_GetObjectItemCaseSensitive(run, "rows"), row);
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

void result_finish(cJSON *run, bool interrupted)
{
    bool all = cJSON_GetArraySize(json_at(run, "rows")) ==
               cJSON_GetArraySize(json_at(run, "rows_planned"));
    bool complete = all && !interrupted && result_each_problem(run, ignore_line, NULL) == 0;
    cJSON *fresh = cJSON_CreateObject();

    add_time_now(fresh, "finished");
    cJSON_ReplaceItemInObjectCaseSensitive(run, "finished",
                                           cJSON_DetachItemFromObject(fresh, "finished"));
    cJSON_ReplaceItemInObjectCaseSensitive(run, "complete", cJSON_CreateBool(complete));
    cJSON_ReplaceItemInObjectCaseSensitive(run, "interrupted", cJSON_CreateBool(interrupted));
    cJSON_Delete(fresh);
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

/* A number of the report by a path made with printf; NAN when absent. */
static double number(const cJSON *report, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static double number(const cJSON *report, const char *fmt, ...)
{
    char path[128];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(path, sizeof path, fmt, ap);
    va_end(ap);
    return json_number(report, path);
}

static double server_cpu_us(const cJSON *report, const char *moment)
{
    return number(report, "server_stats.%s.process.cpu_user_us", moment) +
           number(report, "server_stats.%s.process.cpu_system_us", moment);
}

/* Which counters and which two looks at the server belong together. */
struct span {
    const char *counters, *from, *to;
};
static const struct span span_window = {"window", "window_start", "window_end"};
static const struct span span_whole = {"whole", "start", "end"};

static void add_tls(cJSON *out, const cJSON *report, const char *counters, double per)
{
    cJSON *tls;

    if (number(report, "whole.tls_full_handshakes") +
            number(report, "whole.tls_resumed_handshakes") >
        0) {
        tls = cJSON_AddObjectToObject(out, "tls_handshakes_per_update");
        json_add_number(tls, "full", number(report, "%s.tls_full_handshakes", counters) * per);
        json_add_number(tls, "resumed",
                        number(report, "%s.tls_resumed_handshakes", counters) * per);
    } else {
        cJSON_AddNullToObject(out, "tls_handshakes_per_update");
    }
}

/* All per update, which means per delivery of an update to a client, within the span:
 *   requests_per_update       HTTP requests sent; an Upgrade is one
 *   tcp_handshakes_per_update connections opened
 *   bytes_per_update          payload: the envelopes received; framing: all other application
 *                             bytes, framing_in (heads, chunk sizes, SSE fields, frame headers)
 *                             + framing_out (requests, and frames sent); wire: not on loopback
 *   server_cpu_us_per_update  user + system time of the server between its two looks
 *   client_cpu_us_per_update  user + system time of all clients
 *   tls_handshakes_per_update {full resumed}; null without TLS
 * and
 *   empty_response_ratio      responses without an update / responses; 0 when there were none
 *   packets_per_update        null on loopback
 * A ratio over no deliveries is null. */
static void add_ratios(cJSON *out, const cJSON *report, const struct span *span)
{
    const char *c = span->counters;
    double updates = number(report, "%s.deliveries", c);
    double per = updates > 0 ? 1 / updates : NAN;
    double responses = number(report, "%s.responses", c);
    double empty = number(report, "%s.empty_responses", c);
    double framing_in = number(report, "%s.framing_bytes_in", c);
    double bytes_out = number(report, "%s.bytes_out", c);
    double cpu_us = server_cpu_us(report, span->to) - server_cpu_us(report, span->from);
    cJSON *bytes;

    json_add_number(out, "deliveries", updates);
    json_add_number(out, "requests_per_update", number(report, "%s.requests", c) * per);
    json_add_number(out, "empty_response_ratio", responses > 0 ? empty / responses : 0);
    json_add_number(out, "tcp_handshakes_per_update", number(report, "%s.connects", c) * per);
    add_tls(out, report, c, per);
    bytes = cJSON_AddObjectToObject(out, "bytes_per_update");
    json_add_number(bytes, "payload", number(report, "%s.payload_bytes_in", c) * per);
    json_add_number(bytes, "framing", (framing_in + bytes_out) * per);
    json_add_number(bytes, "framing_in", framing_in * per);
    json_add_number(bytes, "framing_out", bytes_out * per);
    cJSON_AddNullToObject(bytes, "wire");
    cJSON_AddNullToObject(out, "packets_per_update");
    json_add_number(out, "server_cpu_us_per_update", cpu_us * per);
    json_add_number(out, "client_cpu_us_per_update", number(report, "%s.cpu_us", c) * per);
}

/* ---- a row's witnesses ---- */

static double count_or_zero(const cJSON *report, const char *path)
{
    double n = json_number(report, path);

    return isnan(n) ? 0 : n;
}

/* Without channels everybody gets everything; with them the report says what was to be expected. */
static void judge_sum(cJSON *problems, const cJSON *report)
{
    bool channels = cJSON_IsObject(json_at(report, "subscription"));
    double published = json_number(report, "published"), clients = json_number(report, "clients");
    double expected = channels ? json_number(report, "expected") : published * clients;
    double delivered = json_number(report, "delivered"), missed = json_number(report, "missed");
    double late = json_number(report, "late"), superseded = count_or_zero(report, "superseded");

    if (json_true(report, "adds_up") && delivered + superseded + missed + late == expected) {
        if (delivered == 0)
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

static double accepted(const cJSON *report, const char *transport)
{
    double start = number(report, "server_stats.start.transports.%s.accepted", transport);
    double end = number(report, "server_stats.end.transports.%s.accepted", transport);

    return end - start;
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
    double attempts = client + count_or_zero(report, "whole.connect_failures") +
                      count_or_zero(report, "whole.connects_abandoned") +
                      result_duplex_given_up(report);

    json_add_number(seen, "client", client);
    json_add_number(seen, "server", server);
    json_add_number(seen, "kernel", kernel);
    cJSON_AddNullToObject(seen, "wire");
    json_add_number(seen, "given_up", attempts - client);
    if (cJSON_IsObject(json_at(report, "upstream")))
        json_add_number(seen, "upstream", up);
    if ((client == server || result_balancer_rejoins(report)) &&
        (attempts == kernel || !kernel_is_ours))
        return;
    json_append_printf(problems,
                       "TCP handshakes disagree: client %.0f (%.0f attempts), server %.0f, "
                       "kernel %.0f%s",
                       client, attempts, server, kernel,
                       kernel_is_ours ? "" : " (the whole host's)");
}

/* What the clients say themselves, where no number said it. */
static void judge_failure(cJSON *problems, const cJSON *report)
{
    const char *failure = json_text(report, "failure");

    if (failure[0] != '\0' && cJSON_GetArraySize(problems) == 0)
        json_append_text(problems, failure);
}

static void add_notes(cJSON *row, const cJSON *report)
{
    cJSON *notes = cJSON_AddArrayToObject(row, "notes");

    json_append_count(notes, report, "missed", "update was missed", "updates were missed");
    json_append_count(notes, report, "late", "update was not there when the drain ended",
                      "updates were not there when the drain ended");
    json_append_count(notes, report, "whole.reconnects", "reconnection", "reconnections");
    json_append_count(notes, report, "whole.connect_failures", "connection attempt failed",
                      "connection attempts failed");
    json_append_count(notes, report, "whole.failed_responses", "response failed",
                      "responses failed");
}

/* ---- a row ---- */

static int check_report(const cJSON *report, const char *transport, struct err_text *e)
{
    static const char *const needed[] = {
        "clients",
        "published",
        "delivered",
        "missed",
        "late",
        "duplicated",
        "out_of_order",
        "latency_us.count",
        "window.deliveries",
        "window.requests",
        "window.responses",
        "window.empty_responses",
        "window.connects",
        "window.payload_bytes_in",
        "window.framing_bytes_in",
        "window.bytes_out",
        "window.cpu_us",
        "whole.deliveries",
        "whole.requests",
        "whole.connects",
        "kernel.tcp_active_opens",
        "server_stats.start.process.rss_bytes",
        "server_stats.window_start.process.rss_bytes",
        "server_stats.window_start.process.cpu_user_us",
        "server_stats.window_end.process.cpu_user_us",
        "server_stats.end.process.cpu_user_us",
    };

    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (isnan(json_number(report, needed[i])))
            return err_set(e, PL_EPROTO, "pushlab-client's report has no number %s", needed[i]);
    if (isnan(number(report, "server_stats.end.transports.%s.accepted", transport)))
        return err_set(e, PL_EPROTO, "the server's /stats has no transports.%s.accepted",
                       transport);
    return result_duplex_check(report, e);
}

static void copy_items(cJSON *to, const cJSON *from, const char *const *names)
{
    for (; *names != NULL; names++) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(from, *names);

        cJSON_AddItemToObject(to, *names,
                              item != NULL ? cJSON_Duplicate(item, true) : cJSON_CreateNull());
    }
}

static void add_milliseconds(cJSON *row, const char *name, int64_t ms)
{
    json_add_number(row, name, ms == SCENARIO_UNSET ? NAN : (double)ms);
}

static cJSON *name_row(const struct scenario_row *row)
{
    cJSON *r = cJSON_CreateObject();

    cJSON_AddStringToObject(r, "id", row->id);
    cJSON_AddStringToObject(r, "transport", transport_names[row->transport]);
    cJSON_AddStringToObject(r, "connection", connection_modes[row->connection]);
    add_milliseconds(r, "interval_ms", row->interval_ms);
    add_milliseconds(r, "hold_ms", row->hold_ms);
    return r;
}

int result_row(cJSON **out, const struct scenario_row *row, cJSON *report, cJSON *wire,
               bool kernel_is_ours, struct err_text *e)
{
    static const char *const counts[] = {
        "clients",    "published",       "delivered", "missed",   "late",
        "duplicated", "out_of_order",    "adds_up",   "expected", "superseded",
        "latency_us", "request_late_us", "age_us",    "phases",   NULL};
    const char *transport = transport_names[row->transport];
    int rc = check_report(report, transport, e);
    cJSON *r, *problems;
    double growth_bytes;

    *out = NULL;
    if (rc < 0)
        return rc;
    r = name_row(row);
    copy_items(r, report, counts);
    add_ratios(r, report, &span_window);
    add_ratios(cJSON_AddObjectToObject(r, "whole_run"), report, &span_whole);
    growth_bytes = json_number(report, "server_stats.window_start.process.rss_bytes") -
                   json_number(report, "server_stats.start.process.rss_bytes");
    json_add_number(r, "server_rss_bytes_per_client",
                    growth_bytes / json_number(report, "clients"));
    problems = cJSON_CreateArray();
    judge_handshakes(r, problems, report, transport, kernel_is_ours);
    judge_sum(problems, report);
    cJSON_AddItemToObject(r, "problems", problems);
    add_notes(r, report);
    result_duplex(r, report);
    judge_failure(problems, report);
    cJSON_AddItemToObject(r, "wire", wire);
    cJSON_AddItemToObject(r, "raw", report);
    result_wire(r);
    result_balancer(r);
    *out = r;
    return PL_OK;
}

void result_row_unmeasured(cJSON **out, const struct scenario_row *row, cJSON *report, cJSON *wire)
{
    static const char *const counts[] = {"clients", "phases", NULL};
    cJSON *r = name_row(row), *problems;

    copy_items(r, report, counts);
    problems = cJSON_AddArrayToObject(r, "problems");
    add_notes(r, report);
    judge_failure(problems, report);
    cJSON_AddItemToObject(r, "wire", wire);
    cJSON_AddItemToObject(r, "raw", report);
    result_balancer(r);
    *out = r;
}
