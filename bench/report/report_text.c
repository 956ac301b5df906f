#include "bench/report/report_text.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench/report/comparison_text.h"
#include "bench/result/facts.h"
#include "bench/base/json.h"
#include "bench/result/predict.h"
#include "bench/report/report_balancer.h"
#include "bench/report/report_duplex.h"
#include "bench/result/result_balancer.h"
#include "bench/base/units.h"

static bool link_is_loopback(const cJSON *run)
{
    return strcmp(json_text(run, "link"), "loopback") == 0;
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

/* False when the source is none of these, but a generator. */
static bool put_application(struct writer *w, const cJSON *source)
{
    static const struct {
        const char *kind, *words, *path, *unit;
    } kinds[] = {
        {"trace", "updates replayed from a recorded trace", NULL, NULL},
        {"none", "updates that come from the clients alone", NULL, NULL},
        {"sports", "a match's score and commentary", "speed", " times as fast as it is played"},
        {"dashboard", "the values of a dashboard", "speed", " times as fast as they change"},
        {"game", "the states of a game", "tick_hz", " times a second in each room"},
        {"notifications", "notifications to everyone", "rate_hz", " a second"},
    };
    size_t i = 0;

    while (i < sizeof kinds / sizeof *kinds && strcmp(json_text(source, "kind"), kinds[i].kind))
        i++;
    if (i == sizeof kinds / sizeof *kinds)
        return false;
    writer_puts(w, kinds[i].words);
    if (kinds[i].path == NULL || json_number(source, kinds[i].path) == 1)
        return true;
    writer_puts(w, ", ");
    facts_figure(w, facts_format_setting, json_number(source, kinds[i].path));
    writer_puts(w, kinds[i].unit);
    return true;
}

static void put_source(struct writer *w, const cJSON *source)
{
    const char *pattern = json_text(source, "pattern");

    if (put_application(w, source))
        return;
    facts_figure(w, facts_format_setting, json_number(source, "rate_hz"));
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
        facts_figure(w, facts_format_setting, q.rtt_us / 1e3);
        writer_puts(w, " ms");
    }
    writer_puts(w, ".");
}

void report_text_setting(struct writer *w, const cJSON *run)
{
    const cJSON *rows = json_at(run, "rows"), *s = json_at(run, "scenario");
    int nrows = cJSON_GetArraySize(rows), ways = count_transports(rows);
    char word[UNITS_TEXT_BYTES];
    size_t at = w->out->len;

    if (nrows == 0) {
        writer_puts(w, "No row was measured.");
        return;
    }
    writer_printf(w, "%s way%s", facts_number_word(ways, word), ways == 1 ? "" : "s");
    comparison_text_capitalize(w, at);
    writer_puts(w, " of getting updates from a server to its clients");
    if (nrows != ways)
        writer_printf(w, ", in %s rows", facts_number_word(nrows, word));
    writer_printf(w, ", measured %s: ", nrows > 1 ? "one after the other" : "once");
    facts_figure(w, units_format_count, json_number(s, "clients"));
    writer_puts(w, json_number(s, "clients") == 1 ? " client, " : " clients, ");
    put_source(w, json_at(s, "source"));
    writer_puts(w, ", for ");
    facts_figure(w, facts_format_setting, json_number(s, "duration_s"));
    writer_puts(w, nrows > 1 ? " s per row." : " s.");
    report_duplex_setting(w, run);
    put_network(w, run);
    report_balancer_setting(w, run);
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
    writer_puts(w, "For each update, ");
    comparison_text_put(w, run, &comparison_text_requests);
    writer_puts(w, "; ");
    comparison_text_put(w, run, &comparison_text_handshakes);
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
    writer_puts(w, " bytes of payload, ");
    comparison_text_put(w, run, &comparison_text_framing);
    writer_puts(w, "; ");
    comparison_text_put(w, run, &comparison_text_server_cpu);
    writer_puts(w, ".");
}

void report_text_verdict(struct writer *w, const cJSON *run, int which)
{
    static void (*const verdicts[REPORT_VERDICTS])(struct writer *, const cJSON *) = {
        verdict_latency, verdict_round_trips, verdict_bytes};

    verdicts[which](w, run);
}

/* ---- trust ---- */

/* An absent witness has nothing to say. */
static bool is_within(double seen, double least, double most)
{
    return !isfinite(seen) || (seen >= least && seen <= most);
}

/* The kernel counts attempts; the wire may have seen through what a client gave up at the end;
 * servers need not see what was opened to a balancer. */
static bool row_agrees(const cJSON *row, bool own_kernel)
{
    double client = json_number(row, "handshakes.client");
    double given_up = json_number(row, "handshakes.given_up");
    double attempts = client + (isfinite(given_up) ? given_up : 0);

    bool rejoins = result_balancer_rejoins(json_at(row, "raw"));

    return (rejoins || is_within(json_number(row, "handshakes.server"), client, client)) &&
           is_within(json_number(row, "handshakes.wire"), client, attempts) &&
           (!own_kernel || is_within(json_number(row, "handshakes.kernel"), attempts, attempts));
}

bool report_text_witnesses_agree(const cJSON *run)
{
    bool own = strcmp(json_text(run, "environment.network_namespace"), "own") == 0;
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (!row_agrees(row, own))
            return false;
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
        double value = json_number(row, "expected");

        if (!isfinite(value)) /* an older run's clients all got everything */
            value = json_number(row, "published") * json_number(row, "clients");
        sum += isfinite(value) ? value : 0;
    }
    return sum;
}

static bool has_channels(const cJSON *run)
{
    return json_text(run, "scenario.channel")[0] != '\0' ||
           json_text(run, "scenario.latest")[0] != '\0';
}

static const char *expected_words(const cJSON *run)
{
    return has_channels(run) ? "each channel's × its subscribers" : "published × clients";
}

static void put_shortfall(struct writer *w, const cJSON *run, double expected)
{
    static const struct {
        const char *path, *word;
    } parts[] = {{"delivered", " were delivered"},
                 {"superseded", " superseded"},
                 {"missed", " missed"},
                 {"late", " late"},
                 {"duplicated", " came twice"},
                 {"out_of_order", " came out of order"}};

    writer_puts(w, "Of ");
    facts_figure(w, units_format_count, expected);
    writer_printf(w, " updates expected (%s)", expected_words(run));
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

static bool all_delivered(const cJSON *run)
{
    double expected = sum_expected(run);

    return expected > 0 && sum_of(run, "delivered") + sum_of(run, "superseded") == expected &&
           sum_of(run, "duplicated") + sum_of(run, "out_of_order") == 0;
}

bool report_text_trusted(const cJSON *run)
{
    return all_delivered(run) && report_text_witnesses_agree(run) && report_duplex_trusted(run);
}

/* The end of the sentence that says that nothing is missing. */
static void put_superseded(struct writer *w, const cJSON *run)
{
    double superseded = sum_of(run, "superseded");

    if (superseded > 0) {
        writer_puts(w, ", but for ");
        facts_figure(w, units_format_count, superseded);
        writer_puts(w, " that a newer value had superseded");
    }
    writer_puts(w, ".");
}

void report_text_trust(struct writer *w, const cJSON *run)
{
    double expected = sum_expected(run);

    if (expected == 0) {
        writer_puts(w, "No update was published in any window: there is nothing to vouch for.");
        return;
    }
    if (all_delivered(run)) {
        writer_puts(w, "All ");
        facts_figure(w, units_format_count, expected);
        writer_printf(w, " expected updates (%s) were delivered, once and in order",
                      expected_words(run));
        put_superseded(w, run);
    } else {
        put_shortfall(w, run, expected);
    }
    writer_puts(w, report_text_witnesses_agree(run)
                       ? " Every witness counted the same TCP handshakes."
                       : " The witnesses of the TCP handshakes do **not** agree: see below.");
    report_duplex_trust(w, run);
    report_balancer_left_out(w, run);
}

/* ---- the model ---- */

/* What the link does beyond delaying, the model leaves out. */
static void put_left_out(struct writer *w, const cJSON *run)
{
    static const struct {
        const char *key, *does;
    } effects[] = {{"jitter=", "jitters"},
                   {"loss=", "loses packets"},
                   {"gilbert=", "loses packets in bursts"},
                   {"rate=", "limits the rate"}};
    const char *spec = json_text(run, "link_details.spec");
    int n = 0;

    if (report_balancer_has(run))
        writer_puts(w, " It knows nothing of what stands in between.");

    for (size_t i = 0; i < sizeof effects / sizeof *effects; i++)
        if (strstr(spec, effects[i].key) != NULL)
            writer_printf(w, "%s%s", n++ == 0 ? " It leaves out that this link " : ", ",
                          effects[i].does);
    writer_puts(w, n > 0 ? "." : "");
}

/* A Poisson count of n strays by its root. */
static void put_chance(struct writer *w, const cJSON *run)
{
    double published = facts_range_of(run, "published").low;

    if (strcmp(json_text(run, "scenario.source.pattern"), "poisson") != 0 || !(published > 0))
        return;
    writer_puts(w, " The source is random: among only ");
    facts_figure(w, units_format_count, published);
    writer_puts(w, " updates a row's rate strays by some ");
    facts_figure(w, units_format_count, round(100 / sqrt(published)));
    writer_puts(w, "\u00a0% by chance.");
}

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
        writer_puts(w, "\u00a0% (");
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
    put_left_out(w, run);
    put_chance(w, run);
    if (farthest == NULL && machine_high < 0)
        writer_puts(w, " For this run it names no latency: the link's round trip is not known, or "
                       "nothing was delivered.");
}
