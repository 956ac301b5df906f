#include "bench/report/report_duplex.h"

#include <math.h>
#include <string.h>

#include "bench/report/comparison_text.h"
#include "bench/result/facts.h"
#include "bench/base/json.h"

static const struct comparison_text comparison_text_up_requests = {
    "upstream.requests_per_message", "sends", "send", "requests", "fewest", units_format_ratio, ""};
static const struct comparison_text comparison_text_up_handshakes = {
    "upstream.handshakes_per_message",
    "opens",
    "open",
    "connections",
    "fewest",
    units_format_ratio,
    ""};
static const struct comparison_text comparison_text_up_framing = {
    "upstream.bytes_per_message.framing",
    "adds",
    "add",
    "framing",
    "least",
    units_format_ratio,
    " bytes"};

/* Rows whose clients sent something that somebody received. */
static bool has_upstream(const cJSON *run)
{
    return facts_range_of(run, "upstream.latency_us.count").high > 0;
}

static bool has_deadline(const cJSON *run)
{
    return facts_range_of(run, "deadline.share").n > 0;
}

/* ---- what was compared ---- */

void report_duplex_setting(struct writer *w, const cJSON *run)
{
    const cJSON *s = json_at(run, "scenario");
    const char *workload = json_text(s, "send.workload");
    double senders = json_number(s, "send.senders"), deadline_ms = json_number(s, "deadline_ms");

    if (workload[0] != '\0' && strcmp(workload, "none") != 0) {
        writer_puts(w, senders > 0 ? " Of each room " : " Each client ");
        if (senders > 0)
            facts_figure(w, facts_format_setting, senders);
        writer_puts(w, senders > 0 ? " clients send " : "sends ");
        facts_figure(w, facts_format_setting, json_number(s, "send.rate_hz"));
        writer_printf(w, " %s a second, over HTTP by requests of their own beside the transport.",
                      strcmp(workload, "edits") == 0 ? "batches of edits" : "inputs");
    }
    if (json_text(s, "latest")[0] != '\0')
        writer_puts(w, " Where only the latest value counts, one that is superseded before it "
                       "could be sent is left out.");
    if (deadline_ms > 0) {
        writer_puts(w, " An update is on time within ");
        facts_figure(w, units_format_us, deadline_ms * 1e3);
        writer_puts(w, ".");
    }
}

/* ---- the verdict ---- */

bool report_duplex_has_verdict(const cJSON *run)
{
    return has_upstream(run) || has_deadline(run);
}

void report_duplex_verdict(struct writer *w, const cJSON *run)
{
    struct facts_range share = facts_range_of(run, "deadline.share");
    struct facts_range p99 = facts_range_of(run, "upstream.latency_us.p99");
    struct facts_range converged = facts_range_of(run, "convergence_us.p99");

    if (has_deadline(run)) {
        writer_puts(w, "On time come ");
        facts_span(w, &share, units_format_percent);
        writer_puts(w, " of the updates.");
    }
    if (!has_upstream(run))
        return;
    writer_puts(w, has_deadline(run) ? " 99" : "99");
    writer_puts(w, " of 100 messages of a client have reached the others within ");
    facts_span(w, &p99, units_format_us);
    if (converged.n > 0) {
        writer_puts(w, ", and after an edit all clients of its room hold the same text within ");
        facts_span(w, &converged, units_format_us);
    }
    writer_puts(w, "; per message, ");
    comparison_text_put(w, run, &comparison_text_up_requests);
    writer_puts(w, ".");
}

/* ---- trust ---- */

static double sum_of(const cJSON *run, const char *path)
{
    const cJSON *row;
    double sum = 0;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        double value = json_number(row, path);

        sum += isfinite(value) ? value : 0;
    }
    return sum;
}

static int count_documents(const cJSON *run, bool identical)
{
    const cJSON *row;
    int n = 0;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        const cJSON *verdict = json_at(row, "documents.identical");

        n += cJSON_IsBool(verdict) && (!identical || cJSON_IsTrue(verdict));
    }
    return n;
}

static bool order_is_kept(const cJSON *run)
{
    return sum_of(run, "upstream.order.lost") + sum_of(run, "upstream.order.doubled") +
               sum_of(run, "upstream.order.reordered") ==
           0;
}

bool report_duplex_trusted(const cJSON *run)
{
    return order_is_kept(run) && count_documents(run, true) == count_documents(run, false);
}

void report_duplex_trust(struct writer *w, const cJSON *run)
{
    bool every = json_text(run, "scenario.channel")[0] != '\0';

    if (has_upstream(run) && !order_is_kept(run))
        writer_puts(w, " Messages of clients were lost, doubled or reordered: see above.");
    else if (has_upstream(run) && every)
        writer_puts(w, " Every message of a client came to everyone once, in its sender's order.");
    else if (has_upstream(run))
        writer_puts(w, " No message of a client came twice, or after a later one of its sender.");
    if (count_documents(run, false) == 0)
        return;
    writer_puts(w, count_documents(run, true) == count_documents(run, false)
                       ? " At the end all clients of a room held the same text."
                       : " At the end clients of a room held **different** texts.");
}

/* ---- charts ---- */

void report_duplex_read_on_time(struct writer *w, const cJSON *run)
{
    struct facts_range share = facts_range_of(run, "deadline.share");
    struct facts_range superseded = facts_range_of(run, "superseded");
    double need = json_number(run, "scenario.require.on_time");
    int n;

    if (share.n == 0) {
        writer_puts(w, "No update was due within a deadline.");
        return;
    }
    writer_puts(w, "On time come ");
    facts_span(w, &share, units_format_percent);
    writer_puts(w, " of the updates.");
    if (need >= 0) {
        writer_puts(w, " The use case needs ");
        facts_figure(w, units_format_percent, need);
        n = facts_count_rows(&share, need, INFINITY, NULL);
        writer_puts(w, n > 0 ? ": " : ", which no row meets.");
        facts_name_rows(w, &share, need, INFINITY, NULL);
        writer_puts(w, n == 0 ? "" : n == 1 ? " meets that." : " meet that.");
    }
    if (superseded.n > 0 && superseded.high > 0) {
        writer_puts(w, " Values that gave way to a newer one count as not on time: at ");
        facts_name(w, superseded.high_row);
        writer_puts(w, " those are ");
        facts_figure(w, units_format_percent,
                     superseded.high / json_number(superseded.high_row, "expected"));
        writer_puts(w, " of all.");
    }
}

void report_duplex_read_upstream(struct writer *w, const cJSON *run)
{
    struct facts_range p50 = facts_range_of(run, "upstream.latency_us.p50");
    struct facts_range p99 = facts_range_of(run, "upstream.latency_us.p99");
    struct facts_range echo = facts_range_of(run, "upstream.echo_us.p99");

    if (!has_upstream(run)) {
        writer_puts(w, "No message of a client came to another.");
        return;
    }
    writer_puts(w, "Half of what clients send has reached the others within ");
    facts_span(w, &p50, units_format_us);
    writer_puts(w, ", 99 of 100 within ");
    facts_span(w, &p99, units_format_us);
    writer_puts(w, ".");
    if (echo.n > 0 && echo.high > 0) {
        writer_puts(w, " The sender itself has 99 of 100 back within ");
        facts_span(w, &echo, units_format_us);
        writer_puts(w, ".");
    }
    writer_puts(w, " Per message, ");
    comparison_text_put(w, run, &comparison_text_up_requests);
    writer_puts(w, "; ");
    comparison_text_put(w, run, &comparison_text_up_handshakes);
    writer_puts(w, "; ");
    comparison_text_put(w, run, &comparison_text_up_framing);
    writer_puts(w, ".");
}
