/* What each chart of a run shows, in a paragraph of this run's numbers. */
#include "bench/report/report_text.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench/report/comparison_text.h"
#include "bench/result/facts.h"
#include "bench/base/json.h"
#include "bench/report/report_balancer.h"
#include "bench/report/report_duplex.h"
#include "bench/base/units.h"

enum { UPDATES_ENOUGH = 1000 }; /* for a 99th percentile to rest on */

static void put_span(struct writer *w, const cJSON *run, const char *path, facts_format *format)
{
    struct facts_range r = facts_range_of(run, path);

    if (r.n == 0) {
        writer_puts(w, "nothing to show");
        return;
    }
    facts_figure(w, format, r.low);
    if (r.n > 1 && !facts_all_alike(&r)) {
        writer_puts(w, " to ");
        facts_figure(w, format, r.high);
    }
}

/* What a panel of the overview shows of a row; the last one stacks framing on payload. */
enum { PANELS = 4 };

static double panel_value(const cJSON *row, int panel)
{
    static const char *const paths[PANELS] = {"latency_us.p50", "requests_per_update",
                                              "tcp_handshakes_per_update",
                                              "bytes_per_update.payload"};
    double value = facts_value(row, paths[panel]);

    return panel == PANELS - 1 ? value + facts_value(row, "bytes_per_update.framing") : value;
}

static void panel_range(const cJSON *run, int panel, double *low, double *high)
{
    const cJSON *row;

    *low = INFINITY;
    *high = -INFINITY;
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        double value = panel_value(row, panel);

        if (isfinite(value)) {
            *low = fmin(*low, value);
            *high = fmax(*high, value);
        }
    }
}

/* The row that is lowest, or level with the lowest, in most panels; the first of equals. */
static const cJSON *best_in_most(const cJSON *run, int *panels)
{
    const cJSON *row, *best = NULL;

    *panels = 0;
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        int n = 0;

        for (int i = 0; i < PANELS; i++) {
            double low, high, value = panel_value(row, i);

            panel_range(run, i, &low, &high);
            n += isfinite(value) && facts_alike(value, low);
        }
        if (n > *panels) {
            *panels = n;
            best = row;
        }
    }
    return best;
}

static void read_overview(struct writer *w, const cJSON *run)
{
    static const struct {
        const char *name;
        facts_format *format;
    } panels[PANELS] = {{"median latency", units_format_us},
                        {"HTTP requests per update", units_format_ratio},
                        {"TCP handshakes per update", units_format_ratio},
                        {"bytes per update, framing included", units_format_ratio}};
    char word[UNITS_TEXT_BYTES];
    int best_in;
    const cJSON *best = best_in_most(run, &best_in);

    if (best == NULL) {
        writer_puts(w, "No update was delivered: there is nothing to compare.");
        return;
    }
    writer_puts(w, "From left to right: ");
    for (int i = 0; i < PANELS; i++) {
        double low, high;

        panel_range(run, i, &low, &high);
        writer_printf(w, "%s%s, ", i > 0 ? "; " : "", panels[i].name);
        facts_figure(w, panels[i].format, low);
        if (!facts_alike(low, high)) {
            writer_puts(w, " to ");
            facts_figure(w, panels[i].format, high);
        }
    }
    writer_puts(w, ".");
    if (cJSON_GetArraySize(json_at(run, "rows")) < 2)
        return;
    writer_puts(w, " ");
    facts_name(w, best);
    writer_puts(w, " is lowest, or within 5\u00a0% of the lowest, in ");
    if (best_in == PANELS)
        writer_puts(w, "all four panels.");
    else
        writer_printf(w, "%s of the four panels; no row in more.",
                      facts_number_word(best_in, word));
}

/* A row's tail: its 99th percentile over its median. */
static double tail_of(const cJSON *row)
{
    return facts_value(row, "latency_us.p99") / facts_value(row, "latency_us.p50");
}

static void put_tails(struct writer *w, const cJSON *run)
{
    const cJSON *row, *longest = NULL, *shortest = NULL;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (!isfinite(tail_of(row)))
            continue;
        if (longest == NULL || tail_of(row) > tail_of(longest))
            longest = row;
        if (shortest == NULL || tail_of(row) < tail_of(shortest))
            shortest = row;
    }
    if (longest == NULL || longest == shortest)
        return;
    writer_puts(w, " The longest tail for its size belongs to ");
    facts_name(w, longest);
    writer_puts(w, ", whose unlucky hundredth waits ");
    facts_times(w, tail_of(longest), 1);
    writer_puts(w, " its median or more; the shortest to ");
    facts_name(w, shortest);
    writer_puts(w, " (");
    facts_times(w, tail_of(shortest), 1);
    writer_puts(w, ").");
}

static void read_percentiles(struct writer *w, const cJSON *run)
{
    struct facts_range p99 = facts_range_of(run, "latency_us.p99");
    struct facts_range count = facts_range_of(run, "delivered");
    const cJSON *row;
    double fewest = INFINITY;

    if (p99.n == 0) {
        writer_puts(w, "No update was delivered, so there are no percentiles.");
        return;
    }
    writer_puts(w, "The further right, the unluckier the update. 99 of 100 arrive within ");
    put_span(w, run, "latency_us.p99", units_format_us);
    if (p99.n > 1) {
        writer_puts(w, ", soonest over ");
        facts_name(w, p99.low_row);
        writer_puts(w, " and latest over ");
        facts_name(w, p99.high_row);
    }
    writer_puts(w, ".");
    put_tails(w, run);
    cJSON_ArrayForEach(row, count.rows)
    {
        if (json_number(row, "delivered") > 0)
            fewest = fmin(fewest, json_number(row, "delivered"));
    }
    if (fewest >= UPDATES_ENOUGH)
        return;
    writer_puts(w, " With no more than ");
    facts_figure(w, units_format_count, fewest);
    writer_puts(w, " updates in a row, a 99th percentile rests on ");
    facts_figure(w, units_format_count, ceil(fewest / 100));
    writer_puts(w, ": the right end is an anecdote, not a rate.");
}

/* "fewer than half of its updates": how much of row has arrived after us. */
static const char *share_arrived(const cJSON *row, double us)
{
    if (us >= facts_value(row, "latency_us.max"))
        return "all of its updates";
    if (us >= facts_value(row, "latency_us.p999"))
        return "at least 999 of 1,000";
    if (us >= facts_value(row, "latency_us.p99"))
        return "at least 99 of 100";
    if (us >= facts_value(row, "latency_us.p90"))
        return "at least nine in ten";
    if (us >= facts_value(row, "latency_us.p50"))
        return "at least half";
    return us < facts_value(row, "latency_us.min") ? "not one of its updates" : "fewer than half";
}

static void read_cdf(struct writer *w, const cJSON *run)
{
    struct facts_range max = facts_range_of(run, "latency_us.max");
    struct facts_range p50 = facts_range_of(run, "latency_us.p50");

    if (max.n == 0) {
        writer_puts(w, "No update was delivered, so no share of them arrived within any time.");
        return;
    }
    writer_puts(w, "The sooner a curve reaches the top, the better. ");
    facts_name(w, max.low_row);
    writer_puts(w,
                max.n > 1 ? " is through first: its slowest update took " : " is through after ");
    facts_figure(w, units_format_us, max.low);
    if (p50.n > 1 && p50.high_row != max.low_row) {
        writer_puts(w, ". By then ");
        facts_name(w, p50.high_row);
        writer_printf(w, " has delivered %s; its own slowest took ",
                      share_arrived(p50.high_row, max.low));
        facts_figure(w, units_format_us, facts_value(p50.high_row, "latency_us.max"));
    }
    writer_puts(w, ".");
}

static double swing_of(const cJSON *row)
{
    return facts_value(row, "latency_us.max") / fmax(1, facts_value(row, "latency_us.min"));
}

static const cJSON *first_of(const cJSON *run, const char *transport)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (strcmp(json_text(row, "transport"), transport) == 0 &&
            json_number(row, "delivered") > 0)
            return row;
    }
    return NULL;
}

static void read_timeline(struct writer *w, const cJSON *run)
{
    const cJSON *row, *widest = NULL, *poll = first_of(run, "short-poll");

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (isfinite(swing_of(row)) && (widest == NULL || swing_of(row) > swing_of(widest)))
            widest = row;
    }
    if (widest == NULL) {
        writer_puts(w, "No update was delivered, so nothing happened that could be drawn.");
        return;
    }
    writer_puts(w, "One client of each row, update by update. Over all clients ");
    facts_name(w, widest);
    writer_puts(w, " swings the most, from ");
    facts_figure(w, units_format_us, facts_value(widest, "latency_us.min"));
    writer_puts(w, " to ");
    facts_figure(w, units_format_us, facts_value(widest, "latency_us.max"));
    writer_puts(w, ".");
    if (poll == NULL)
        return;
    writer_puts(w,
                " A saw-tooth is short polling's signature: what is published right after a poll "
                "of ");
    facts_name(w, poll);
    writer_puts(w, " waits nearly the whole ");
    facts_figure(w, units_format_us, json_number(poll, "interval_ms") * 1e3);
    writer_puts(w, " until the next, what comes right before one hardly at all.");
}

static double per_second(const cJSON *row, const char *path)
{
    return json_number(row, path) * json_number(row, "deliveries") /
           json_number(row, "phases.window_ms") * 1e3;
}

/* What the dearest row amounts to, while the window lasted. */
static void put_rate(struct writer *w, const struct facts_range *r, const char *thing)
{
    double rate = r->n > 0 && r->high > 0 ? per_second(r->high_row, r->path) : NAN;

    if (!isfinite(rate))
        return;
    writer_puts(w, " For this scenario's clients together ");
    facts_name(w, r->high_row);
    writer_puts(w, " came to ");
    facts_figure(w, units_format_ratio, rate);
    writer_printf(w, " %s a second.", thing);
}

static void put_batching(struct writer *w, const cJSON *run)
{
    const cJSON *poll = first_of(run, "short-poll");
    double requests = poll != NULL ? json_number(poll, "requests_per_update") : NAN;

    if (!(requests > 0 && requests < 0.95))
        return;
    writer_puts(w, " That ");
    facts_name(w, poll);
    writer_puts(w, " needs only ");
    facts_figure(w, units_format_ratio, requests);
    writer_puts(w, " is not thrift: on average ");
    facts_figure(w, units_format_ratio, 1 / requests);
    writer_puts(w, " updates waited together for each poll.");
}

static void read_requests(struct writer *w, const cJSON *run)
{
    struct facts_range r = facts_range_of(run, "requests_per_update");
    struct facts_range empty = facts_range_of(run, "empty_response_ratio");

    comparison_text_put_first(w, run, &comparison_text_requests);
    writer_puts(w, " per update.");
    put_rate(w, &r, "requests");
    put_batching(w, run);
    if (empty.n > 0 && empty.high > 0) {
        writer_puts(w, " Most often in vain asks ");
        facts_name(w, empty.high_row);
        writer_puts(w, ": ");
        facts_figure(w, units_format_ratio, empty.high * 100);
        writer_puts(w, "\u00a0% of its responses brought nothing.");
    }
    if (r.n > 0 && r.low == 0)
        writer_puts(w, " A figure of 0 means: asked once, before the window began.");
}

static void read_handshakes(struct writer *w, const cJSON *run)
{
    struct facts_range r = facts_range_of(run, "tcp_handshakes_per_update");

    comparison_text_put_first(w, run, &comparison_text_handshakes);
    writer_puts(w, " per update.");
    put_rate(w, &r, "handshakes");
    if (strcmp(json_text(run, "link"), "loopback") == 0)
        writer_puts(w, " On loopback that is nearly free; a real network charges a round trip for "
                       "each.");
    writer_puts(w, report_text_witnesses_agree(run) ? " Client, server and kernel counted the same."
                                                    : " The witnesses do **not** agree.");
}

static void read_bytes(struct writer *w, const cJSON *run)
{
    struct facts_range r = facts_range_of(run, "bytes_per_update.framing");
    struct facts_range wire = facts_range_of(run, "bytes_per_update.wire");

    comparison_text_put_first(w, run, &comparison_text_framing);
    writer_puts(w, " per update, requests included.");
    if (r.n > 0) {
        double payload = facts_value(r.high_row, "bytes_per_update.payload");

        writer_puts(w, " At ");
        facts_name(w, r.high_row);
        writer_puts(w, " that is ");
        facts_figure(w, units_format_ratio, 100 * r.high / payload);
        writer_puts(w, "\u00a0% of the payload");
        if (r.high_row != r.low_row) {
            writer_puts(w, ", at ");
            facts_name(w, r.low_row);
            writer_puts(w, " ");
            facts_figure(w, units_format_ratio,
                         100 * r.low / facts_value(r.low_row, "bytes_per_update.payload"));
            writer_puts(w, "\u00a0%");
        }
        writer_puts(w, ".");
    }
    if (wire.n > 0) {
        writer_puts(w, " Counted at the wire, with TCP/IP headers and acknowledgements, ");
        comparison_text_put(w, run, &comparison_text_wire);
        writer_puts(w, ".");
    }
}

static void read_cpu(struct writer *w, const cJSON *run)
{
    writer_puts(w, "Per update, ");
    comparison_text_put(w, run, &comparison_text_server_cpu);
    writer_puts(w, "; ");
    comparison_text_put(w, run, &comparison_text_client_cpu);
    writer_puts(w, ". Both hold what the kernel did on the process's behalf, and all clients are "
                   "one process.");
}

static void read_wire(struct writer *w, const cJSON *run)
{
    struct facts_range headers = facts_range_of(run, "bytes_per_update.wire_headers");
    struct facts_range acks = facts_range_of(run, "bytes_per_update.wire_acks");

    writer_puts(w, "Counted on the emulated link, packet by packet: ");
    comparison_text_put(w, run, &comparison_text_wire);
    writer_puts(w, " per update.");
    if (headers.n > 0 && acks.n > 0) {
        writer_puts(w, " TCP and IP headers are ");
        put_span(w, run, headers.path, units_format_ratio);
        writer_puts(w, " bytes of that, packets that only acknowledge ");
        put_span(w, run, acks.path, units_format_ratio);
        writer_puts(w, ".");
    }
}

static void read_packets(struct writer *w, const cJSON *run)
{
    comparison_text_put_first(w, run, &comparison_text_packets);
    writer_puts(w, " per update, both ways together, as the emulated link saw them.");
}

static const struct chart_text {
    const char *name, *heading;
    void (*read)(struct writer *w, const cJSON *run);
} chart_texts[] = {
    {"overview", "Which transport, in one look?", read_overview},
    {"in-between", "What does it cost to have something in between?", report_balancer_read},
    {"latency-percentiles", "How late are the unlucky ones?", read_percentiles},
    {"latency-cdf", "What share arrives within a time?", read_cdf},
    {"latency-timeline", "What does one client live through?", read_timeline},
    {"on-time", "What share is on time?", report_duplex_read_on_time},
    {"upstream-latency", "How late does everyone hear a client?", report_duplex_read_upstream},
    {"requests-per-update", "How often must a client ask?", read_requests},
    {"handshakes-per-update", "How often is a connection opened?", read_handshakes},
    {"bytes-per-update", "How many bytes travel around an update?", read_bytes},
    {"wire-bytes-per-update", "How many bytes does the network carry?", read_wire},
    {"packets-per-update", "How many packets?", read_packets},
    {"cpu-per-update", "How much CPU time does an update cost?", read_cpu},
};

static const struct chart_text *chart_text_of(const char *chart)
{
    for (size_t i = 0; i < sizeof chart_texts / sizeof *chart_texts; i++)
        if (strcmp(chart, chart_texts[i].name) == 0)
            return &chart_texts[i];
    return NULL;
}

void report_text_chart_heading(struct writer *w, const char *chart)
{
    const struct chart_text *t = chart_text_of(chart);
    size_t at = w->out->len;

    if (t != NULL) {
        writer_puts(w, t->heading);
        return;
    }
    for (; *chart != '\0'; chart++)
        writer_add(w, *chart == '-' ? " " : chart, 1);
    comparison_text_capitalize(w, at);
}

void report_text_chart(struct writer *w, const cJSON *run, const char *chart)
{
    const struct chart_text *t = chart_text_of(chart);

    if (t != NULL)
        t->read(w, run);
    else
        writer_puts(w, "One line per row of the table, in its order.");
}
