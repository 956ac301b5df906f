#include "report_text.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "facts.h"
#include "json.h"
#include "predict.h"
#include "units.h"

enum { REQUESTS_ENOUGH = 1000 }; /* updates that a 99th percentile can rest on */

static bool link_is_loopback(const cJSON *run)
{
    return strcmp(json_text(run, "link"), "loopback") == 0;
}

static void capitalize(struct writer *w, size_t at)
{
    if (w->rc == 0 && at < w->out->len && w->out->data[at] >= 'a' && w->out->data[at] <= 'z')
        w->out->data[at] = (uint8_t)(w->out->data[at] - 'a' + 'A');
}

/* ---- what was compared ---- */

static int count_transports(const cJSON *rows)
{
    const cJSON *row, *earlier;
    int n = 0;

    cJSON_ArrayForEach(row, rows)
    {
        for (earlier = rows->child; earlier != row; earlier = earlier->next)
            if (strcmp(json_text(earlier, "transport"), json_text(row, "transport")) == 0)
                break;
        n += earlier == row;
    }
    return n;
}

static void put_source(struct writer *w, const cJSON *source)
{
    const char *pattern = json_text(source, "pattern");

    if (strcmp(json_text(source, "kind"), "trace") == 0) {
        writer_puts(w, "updates replayed from a recorded trace");
        return;
    }
    facts_figure(w, units_format_ratio, json_number(source, "rate_hz"));
    writer_puts(w, " updates a second of ");
    facts_figure(w, units_format_count, json_number(source, "payload_bytes"));
    writer_printf(w, " bytes, %s",
                  strcmp(pattern, "fixed") == 0     ? "evenly spaced"
                  : strcmp(pattern, "poisson") == 0 ? "at random moments (a Poisson process)"
                  : strcmp(pattern, "bursts") == 0  ? "in bursts"
                                                    : "paced as the scenario says");
}

static void put_network(struct writer *w, const cJSON *run)
{
    struct predict_question q = predict_question_of(run, NULL);

    if (link_is_loopback(run)) {
        writer_puts(w,
                    " The network is the machine's own **loopback**: a round trip takes "
                    "microseconds, so what a handshake costs over a distance does not show here.");
        return;
    }
    writer_puts(w, " The network is ");
    if (json_text(run, "link")[0] != '\0')
        writer_printf(w, "the emulated link **%.80s**", json_text(run, "link"));
    else
        writer_puts(w, "an emulated link");
    if (q.rtt_us > 0) {
        writer_puts(w, " with a round trip of ");
        facts_figure(w, units_format_us, q.rtt_us);
    }
    writer_puts(w, ".");
}

void report_text_setting(struct writer *w, const cJSON *run)
{
    const cJSON *rows = json_at(run, "rows"), *s = json_at(run, "scenario");
    int nrows = cJSON_GetArraySize(rows), ways = count_transports(rows);
    char word[UNITS_TEXT_BYTES];
    size_t at = w->out->len;

    writer_printf(w, "%s way%s", facts_number_word(ways, word), ways == 1 ? "" : "s");
    capitalize(w, at);
    writer_puts(w, " of getting updates from a server to its clients");
    if (nrows != ways)
        writer_printf(w, ", in %s rows", facts_number_word(nrows, word));
    writer_printf(w, ", measured %s: ", nrows > 1 ? "one after the other" : "once");
    facts_figure(w, units_format_count, json_number(s, "clients"));
    writer_puts(w, json_number(s, "clients") == 1 ? " client, " : " clients, ");
    put_source(w, json_at(s, "source"));
    writer_puts(w, ", for ");
    facts_figure(w, units_format_us, json_number(s, "duration_s") * 1e6);
    writer_puts(w, nrows > 1 ? " per row." : ".");
    put_network(w, run);
}

/* ---- one clause about one number, for any spread ---- */

struct clause {
    const char *one, *many; /* "sends", "send" */
    const char *thing;      /* "requests" */
    facts_format *format;
    const char *unit; /* " bytes" after the figure, or "" */
};

static void put_value(struct writer *w, const struct clause *c, double value)
{
    facts_figure(w, c->format, value);
    writer_puts(w, c->unit);
}

/* "`a` and `b` send the most requests (**1.01**), `c` the fewest (**0**)", or that all are alike.
 */
static void put_clause(struct writer *w, const struct clause *c, const struct facts_range *r)
{
    double near_high = r->high * 0.95, near_low = r->low / 0.95;
    int n;

    if (r->n == 0) {
        writer_printf(w, "no row has a figure for %s", c->thing);
        return;
    }
    if (facts_all_alike(r)) {
        n = facts_name_rows(w, r, -INFINITY, INFINITY, NULL);
        writer_printf(w, " %s%s%s (", n == 1 ? c->one : c->many, r->high == 0 ? " no " : " ",
                      c->thing);
        put_value(w, c, r->high);
        writer_puts(w, n > 1 ? ", within 5 %)" : ")");
        return;
    }
    n = facts_name_rows(w, r, near_high, r->high, NULL);
    writer_printf(w, " %s the most %s (", n == 1 ? c->one : c->many, c->thing);
    put_value(w, c, r->high);
    writer_puts(w, "), ");
    facts_name_rows(w, r, r->low, near_low, NULL);
    writer_puts(w, " the least (");
    put_value(w, c, r->low);
    writer_puts(w, ")");
}

static const struct clause clause_requests = {"sends", "send", "requests", units_format_ratio, ""};
static const struct clause clause_handshakes = {"opens", "open", "connections", units_format_ratio,
                                                ""};
static const struct clause clause_framing = {"adds", "add", "framing", units_format_ratio,
                                             " bytes"};
static const struct clause clause_wire = {"puts", "put", "bytes on the wire", units_format_ratio,
                                          ""};
static const struct clause clause_server_cpu = {"takes", "take", "server CPU", units_format_us, ""};
static const struct clause clause_client_cpu = {"takes", "take", "client CPU", units_format_us, ""};

/* The clause as a sentence's start. */
static void put_sentence_about(struct writer *w, const cJSON *run, const char *start,
                               const struct clause *c, const char *path)
{
    struct facts_range r = facts_range_of(run, path);

    writer_puts(w, start);
    put_clause(w, c, &r);
}

/* ---- the verdict ---- */

static void verdict_latency(struct writer *w, const cJSON *run)
{
    struct facts_range p50 = facts_range_of(run, "latency_us.p50");

    if (p50.n == 0) {
        writer_puts(w, "No update was delivered, so there is no latency to compare.");
    } else if (p50.n == 1) {
        facts_name(w, p50.low_row);
        writer_puts(w, " delivered half of its updates within ");
        facts_figure(w, units_format_us, p50.low);
        writer_puts(w, " of their publication, and 99 of 100 within ");
        facts_figure(w, units_format_us, facts_value(p50.low_row, "latency_us.p99"));
        writer_puts(w, ".");
    } else if (p50.low <= 0 || p50.high < 1.25 * p50.low) {
        writer_puts(w, "In latency the rows cannot be told apart: the medians lie between ");
        facts_figure(w, units_format_us, p50.low);
        writer_puts(w, " (");
        facts_name(w, p50.low_row);
        writer_puts(w, ") and ");
        facts_figure(w, units_format_us, p50.high);
        writer_puts(w, " (");
        facts_name(w, p50.high_row);
        writer_puts(w, ").");
    } else {
        int others = facts_count_rows(&p50, p50.low, 2 * p50.low, p50.low_row);

        writer_puts(w, "Updates come soonest over ");
        facts_name(w, p50.low_row);
        writer_puts(w, ", half of them within ");
        facts_figure(w, units_format_us, p50.low);
        writer_puts(w, ", and latest over ");
        facts_name(w, p50.high_row);
        writer_puts(w, ", with a median of ");
        facts_figure(w, units_format_us, p50.high);
        writer_puts(w, " or ");
        facts_times(w, p50.high, p50.low);
        writer_puts(w, " as long");
        if (others > 0 && others < p50.n - 1) {
            writer_puts(w, "; ");
            facts_name_rows(w, &p50, p50.low, 2 * p50.low, p50.low_row);
            writer_printf(w, " stay%s within twice the fastest", others == 1 ? "s" : "");
        }
        writer_puts(w, ".");
    }
}

static void verdict_round_trips(struct writer *w, const cJSON *run)
{
    if (facts_range_of(run, "requests_per_update").n == 0) {
        writer_puts(w, "Nor can requests or handshakes per update be given.");
        return;
    }
    put_sentence_about(w, run, "For each update, ", &clause_requests, "requests_per_update");
    put_sentence_about(w, run, "; ", &clause_handshakes, "tcp_handshakes_per_update");
    writer_puts(w, ".");
}

static void verdict_bytes(struct writer *w, const cJSON *run)
{
    struct facts_range payload = facts_range_of(run, "bytes_per_update.payload");

    if (payload.n == 0) {
        writer_puts(w, "Bytes and CPU were spent all the same; per update they cannot be counted.");
        return;
    }
    writer_puts(w, "To ");
    facts_figure(w, units_format_count, round(payload.high));
    put_sentence_about(w, run, " bytes of payload, ", &clause_framing, "bytes_per_update.framing");
    put_sentence_about(w, run, "; ", &clause_server_cpu, "server_cpu_us_per_update");
    writer_puts(w, ".");
}

void report_text_verdict(struct writer *w, const cJSON *run, int which)
{
    static void (*const verdicts[REPORT_VERDICTS])(struct writer *, const cJSON *) = {
        verdict_latency, verdict_round_trips, verdict_bytes};

    verdicts[which](w, run);
}

/* ---- trust ---- */

static bool witnesses_agree(const cJSON *run)
{
    static const char *const others[] = {"handshakes.server", "handshakes.kernel",
                                         "handshakes.wire"};
    const cJSON *row;
    bool own = strcmp(json_text(run, "environment.network_namespace"), "own") == 0;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        for (int i = 0; i < 3; i++) {
            double seen = json_number(row, others[i]);

            if ((i != 1 || own) && isfinite(seen) && seen != json_number(row, "handshakes.client"))
                return false;
        }
    }
    return true;
}

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

static double sum_expected(const cJSON *run)
{
    const cJSON *row;
    double sum = 0;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        double value = json_number(row, "published") * json_number(row, "clients");

        sum += isfinite(value) ? value : 0;
    }
    return sum;
}

static void put_shortfall(struct writer *w, const cJSON *run, double expected)
{
    static const struct {
        const char *path, *word;
    } parts[] = {{"delivered", " were delivered"},
                 {"missed", " missed"},
                 {"late", " late"},
                 {"duplicated", " came twice"},
                 {"out_of_order", " came out of order"}};

    writer_puts(w, "Of ");
    facts_figure(w, units_format_count, expected);
    writer_puts(w, " updates expected (published × clients)");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        double n = sum_of(run, parts[i].path);

        if (i > 0 && n == 0)
            continue;
        writer_puts(w, i == 0 ? " " : ", ");
        facts_figure(w, units_format_count, n);
        writer_puts(w, parts[i].word);
    }
    writer_puts(w, ".");
}

void report_text_trust(struct writer *w, const cJSON *run)
{
    double expected = sum_expected(run), delivered = sum_of(run, "delivered");
    double amiss = sum_of(run, "duplicated") + sum_of(run, "out_of_order");

    if (expected > 0 && delivered == expected && amiss == 0) {
        writer_puts(w, "All ");
        facts_figure(w, units_format_count, expected);
        writer_puts(w,
                    " expected updates (published × clients) were delivered, once and in order.");
    } else {
        put_shortfall(w, run, expected);
    }
    writer_puts(w, witnesses_agree(run)
                       ? " Every witness counted the same TCP handshakes."
                       : " The witnesses of the TCP handshakes do **not** agree: see below.");
}

/* ---- the charts ---- */

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

/* The row that is lowest, or level with the lowest, in most of the overview's panels. */
static const cJSON *best_in_most(const cJSON *run, int *panels)
{
    static const char *const paths[] = {"latency_us.p50", "requests_per_update",
                                        "tcp_handshakes_per_update", "bytes_per_update.framing"};
    const cJSON *row, *best = NULL;

    *panels = 0;
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        int n = 0;

        for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
            struct facts_range r = facts_range_of(run, paths[i]);
            double value = facts_value(row, paths[i]);

            n += isfinite(value) && (value == r.low || facts_alike(value, r.low));
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
    int panels;
    const cJSON *best = best_in_most(run, &panels);
    char word[UNITS_TEXT_BYTES];

    writer_puts(w, "From left to right: median latency, ");
    put_span(w, run, "latency_us.p50", units_format_us);
    writer_puts(w, "; HTTP requests per update, ");
    put_span(w, run, "requests_per_update", units_format_ratio);
    writer_puts(w, "; TCP handshakes per update, ");
    put_span(w, run, "tcp_handshakes_per_update", units_format_ratio);
    writer_puts(w, "; framing per update, ");
    put_span(w, run, "bytes_per_update.framing", units_format_ratio);
    writer_puts(w, " bytes.");
    if (best == NULL || cJSON_GetArraySize(json_at(run, "rows")) < 2)
        return;
    writer_puts(w, " ");
    facts_name(w, best);
    writer_printf(w, " is lowest, or level with the lowest, in %s of the four panels%s.",
                  facts_number_word(panels, word), panels == 4 ? "" : "; no row is in more");
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
    if (fewest >= REQUESTS_ENOUGH)
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
    size_t at = w->out->len;

    put_clause(w, &clause_requests, &r);
    capitalize(w, at);
    writer_puts(w, " per update.");
    put_rate(w, &r, "requests");
    put_batching(w, run);
    if (empty.n > 0 && empty.high > 0) {
        writer_puts(w, " Most often in vain asks ");
        facts_name(w, empty.high_row);
        writer_puts(w, ": ");
        facts_figure(w, units_format_ratio, empty.high * 100);
        writer_puts(w, " % of its responses brought nothing.");
    }
    if (r.n > 0 && r.low == 0)
        writer_puts(w, " A figure of 0 means: asked once, before the window began.");
}

static void read_handshakes(struct writer *w, const cJSON *run)
{
    struct facts_range r = facts_range_of(run, "tcp_handshakes_per_update");
    size_t at = w->out->len;

    put_clause(w, &clause_handshakes, &r);
    capitalize(w, at);
    writer_puts(w, " per update.");
    put_rate(w, &r, "handshakes");
    if (link_is_loopback(run))
        writer_puts(w, " On loopback that is nearly free; a real network charges a round trip for "
                       "each.");
    writer_puts(w, witnesses_agree(run) ? " Client, server and kernel counted the same."
                                        : " The witnesses do **not** agree.");
}

static void read_bytes(struct writer *w, const cJSON *run)
{
    struct facts_range r = facts_range_of(run, "bytes_per_update.framing");
    struct facts_range wire = facts_range_of(run, "bytes_per_update.wire");
    size_t at = w->out->len;

    put_clause(w, &clause_framing, &r);
    capitalize(w, at);
    writer_puts(w, " per update, requests included.");
    if (r.n > 0) {
        double payload = facts_value(r.high_row, "bytes_per_update.payload");

        writer_puts(w, " At ");
        facts_name(w, r.high_row);
        writer_puts(w, " that is ");
        facts_figure(w, units_format_ratio, 100 * r.high / payload);
        writer_puts(w, " % of the payload");
        if (r.high_row != r.low_row) {
            writer_puts(w, ", at ");
            facts_name(w, r.low_row);
            writer_puts(w, " ");
            facts_figure(w, units_format_ratio,
                         100 * r.low / facts_value(r.low_row, "bytes_per_update.payload"));
            writer_puts(w, " %");
        }
        writer_puts(w, ".");
    }
    if (wire.n > 0) {
        writer_puts(w, " Counted at the wire, with TCP/IP headers and acknowledgements, ");
        put_clause(w, &clause_wire, &wire);
        writer_puts(w, ".");
    }
}

static void read_cpu(struct writer *w, const cJSON *run)
{
    writer_puts(w, "Per update, ");
    put_sentence_about(w, run, "", &clause_server_cpu, "server_cpu_us_per_update");
    put_sentence_about(w, run, "; ", &clause_client_cpu, "client_cpu_us_per_update");
    writer_puts(w, ". Both hold what the kernel did on the process's behalf, and all clients are "
                   "one process.");
}

static const struct chart_text {
    const char *name, *heading;
    void (*read)(struct writer *w, const cJSON *run);
} chart_texts[] = {
    {"overview", "Which transport, in one look?", read_overview},
    {"latency-percentiles", "How late are the unlucky ones?", read_percentiles},
    {"latency-cdf", "What share arrives within a time?", read_cdf},
    {"latency-timeline", "What does one client live through?", read_timeline},
    {"requests-per-update", "How often must a client ask?", read_requests},
    {"handshakes-per-update", "How often is a connection opened?", read_handshakes},
    {"bytes-per-update", "How many bytes travel around an update?", read_bytes},
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
    capitalize(w, at);
}

void report_text_chart(struct writer *w, const cJSON *run, const char *chart)
{
    const struct chart_text *t = chart_text_of(chart);

    if (t != NULL)
        t->read(w, run);
    else
        writer_puts(w, "One line per row of the table, in its order.");
}

/* ---- the model ---- */

/* Of the rows for which the model names a latency, how far the mean was off; those for which it
 * says 0 take all they take from the machine itself. */
void report_text_model(struct writer *w, const cJSON *run)
{
    const cJSON *row, *farthest = NULL;
    double worst = -1, machine_low = INFINITY, machine_high = -INFINITY;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        struct predict_question q = predict_question_of(run, row);
        double model = predict(&q).latency_mean_us, seen = facts_value(row, "latency_us.mean");

        if (!isfinite(model) || !isfinite(seen))
            continue;
        if (model > 0 && fabs(seen / model - 1) > worst) {
            worst = fabs(seen / model - 1);
            farthest = row;
        }
        if (model == 0) {
            machine_low = fmin(machine_low, seen);
            machine_high = fmax(machine_high, seen);
        }
    }
    writer_puts(w, "Written down before measuring: closed forms from the scenario and the link's "
                   "round trip, for computers that take no time.");
    if (farthest != NULL) {
        writer_puts(w, " Where the model names a latency, the mean was off by at most ");
        facts_figure(w, units_format_ratio, worst * 100);
        writer_puts(w, " % (");
        facts_name(w, farthest);
        writer_puts(w, ").");
    }
    if (machine_high >= 0) {
        writer_puts(w, " Where it says 0, what was measured (");
        facts_figure(w, units_format_us, machine_low);
        if (!facts_alike(machine_low, machine_high)) {
            writer_puts(w, " to ");
            facts_figure(w, units_format_us, machine_high);
        }
        writer_puts(w, " on average) is this machine at work: scheduling, and sending to one "
                       "client after another.");
    }
    if (farthest == NULL && machine_high < 0)
        writer_puts(w, " For this run it names no latency: the link's round trip is not known, or "
                       "nothing was delivered.");
}
