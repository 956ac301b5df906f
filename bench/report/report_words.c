#include "bench/report/report_words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/page/run_words.h"
#include "bench/result/predict.h"
#include "bench/result/result_balancer.h"
#include "bench/table/table_cells.h"

/* The run that the sentences are about. */
static const cJSON *run_of(const struct template *t)
{
    const cJSON *run;

    template_find(t, "rows", &run);
    return run;
}

/* ---- what was compared ---- */

/* How many transports: "five". */
static double put_transports(struct template *t)
{
    const cJSON *rows = template_find(t, "rows", NULL), *row, *earlier;
    char word[UNITS_TEXT_BYTES];
    int n = 0;

    cJSON_ArrayForEach(row, rows)
    {
        for (earlier = rows->child; earlier != row; earlier = earlier->next)
            if (strcmp(json_text(earlier, "transport"), json_text(row, "transport")) == 0)
                break;
        n += earlier == row;
    }
    template_puts(t, facts_number_word(n, word));
    return n;
}

static double rtt_ms(const cJSON *run)
{
    return predict_question_of(run, NULL).rtt_us / 1e3;
}

/* ---- the verdict ---- */

/* The rows within twice the fastest, if those are some and not all others. */
static double put_keeping_up(struct template *t)
{
    struct facts_range p50 = run_words_range(t, "latency_us.p50");
    struct template quiet = *t;
    int n;

    quiet.w.out = NULL;
    n = run_words_names(&quiet, &p50, p50.low, 2 * p50.low, p50.low_row);
    return n < p50.n - 1 ? run_words_names(t, &p50, p50.low, 2 * p50.low, p50.low_row) : 0;
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

/* All updates that were to be delivered. */
static double expected_of(const cJSON *run)
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

static bool all_delivered(const cJSON *run)
{
    double expected = expected_of(run);

    return expected > 0 && sum_of(run, "delivered") + sum_of(run, "superseded") == expected &&
           sum_of(run, "duplicated") + sum_of(run, "out_of_order") == 0;
}

/* An absent count contradicts nobody. */
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

bool report_words_counts_agree(const cJSON *run)
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

static bool order_kept(const cJSON *run)
{
    return sum_of(run, "upstream.order.lost") + sum_of(run, "upstream.order.doubled") +
               sum_of(run, "upstream.order.reordered") ==
           0;
}

bool report_words_trusted(const cJSON *run)
{
    return all_delivered(run) && report_words_counts_agree(run) && order_kept(run) &&
           count_documents(run, true) == count_documents(run, false);
}

static bool has_documents(const cJSON *run)
{
    return count_documents(run, false) > 0;
}

static bool documents_agree(const cJSON *run)
{
    return count_documents(run, true) == count_documents(run, false);
}

/* Too close to call one row faster. */
static bool medians_are_close(const cJSON *run)
{
    struct facts_range p50 = facts_range_of(run, "latency_us.p50");

    return p50.low <= 0 || p50.high < 1.25 * p50.low;
}

/* Is that true of the run? */
static double put_is(struct template *t)
{
    static const struct {
        const char *name;
        bool (*holds)(const cJSON *run);
    } questions[] = {
        {"delivered", all_delivered},      {"agreed", report_words_counts_agree},
        {"ordered", order_kept},           {"trusted", report_words_trusted},
        {"balanced", table_has_balancers}, /* something stands in between */
        {"with-documents", has_documents}, {"of-one-text", documents_agree},
        {"close", medians_are_close},
    };

    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++)
        if (strcmp(questions[i].name, t->arg) == 0)
            return questions[i].holds(run_of(t));
    template_fail(t);
    return 0;
}

/* ---- what the charts show ---- */

/* The panels of the overview. */
static const char *const panels[] = {"latency_us.p50", "requests_per_update",
                                     "tcp_handshakes_per_update",
                                     "bytes_per_update.payload+bytes_per_update.framing"};
enum { PANELS = sizeof panels / sizeof *panels };

/* The row that is lowest, or level with the lowest, in most panels; the first of equals. */
static const cJSON *best_in_most(const cJSON *run, int *most)
{
    const cJSON *row, *best = NULL;

    *most = 0;
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        int n = 0;

        for (int i = 0; i < PANELS; i++) {
            double value = facts_value(row, panels[i]);

            n += isfinite(value) && facts_alike(value, facts_range_of(run, panels[i]).low);
        }
        if (n > *most) {
            *most = n;
            best = row;
        }
    }
    return best;
}

static const cJSON *find_best(struct template *t)
{
    int most;

    return best_in_most(run_of(t), &most);
}

/* In how many of the overview's panels {best} is so: "three". */
static double put_best_panels(struct template *t)
{
    char word[UNITS_TEXT_BYTES];
    int most;

    best_in_most(run_of(t), &most);
    template_puts(t, facts_number_word(most, word));
    return most;
}

/* Updates of the row that delivered the fewest, of those that delivered any. */
static double fewest(const cJSON *run)
{
    const cJSON *row;
    double n = INFINITY;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (json_number(row, "delivered") > 0)
            n = fmin(n, json_number(row, "delivered"));
    }
    return n;
}

/* How many of them lie beyond the 99th percentile. */
static double fewest_in_tail(const cJSON *run)
{
    return ceil(fewest(run) / 100);
}

/* The row with the highest median, if it is not the one that is complete first. */
static const cJSON *find_laggard(struct template *t)
{
    struct facts_range p50 = run_words_range(t, "latency_us.p50");

    return p50.n > 1 && p50.high_row != run_words_range(t, "latency_us.max").low_row ? p50.high_row
                                                                                     : NULL;
}

/* How much of the row has arrived when the first row is complete: "fewer than half". */
static double put_arrived(struct template *t)
{
    static const struct {
        const char *path, *words;
    } shares[] = {
        {"latency_us.max", "all of its updates"}, {"latency_us.p999", "at least 999 of 1,000"},
        {"latency_us.p99", "at least 99 of 100"}, {"latency_us.p90", "at least nine in ten"},
        {"latency_us.p50", "at least half"},      {"latency_us.min", "fewer than half"}};
    double us = run_words_range(t, "latency_us.max").low;

    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        if (us >= facts_value(run_words_row(t), shares[i].path)) {
            template_puts(t, shares[i].words);
            return 1;
        }
    template_puts(t, "not one of its updates");
    return 0;
}

/* The first row of short polling that delivered anything. */
static const cJSON *find_poll(struct template *t)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, template_find(t, "rows", NULL))
    {
        if (strcmp(json_text(row, "transport"), "short-poll") == 0 &&
            json_number(row, "delivered") > 0)
            return row;
    }
    return NULL;
}

/* What the row with the most per update amounts to in a second, over all clients. */
static double put_per_second(struct template *t)
{
    struct facts_range r = run_words_range(t, t->arg);

    return template_number(t,
                           r.high * json_number(r.high_row, "deliveries") /
                               json_number(r.high_row, "phases.window_ms") * 1e3,
                           units_format_ratio);
}

static double put_updates_per_request(struct template *t)
{
    return template_number(t, 1 / json_number(run_words_row(t), "requests_per_update"),
                           units_format_ratio);
}

/* The rows on time as often as the use case needs. */
static double put_meeting(struct template *t)
{
    struct facts_range share = run_words_range(t, "deadline.share");

    return run_words_names(t, &share, json_number(run_of(t), "scenario.require.on_time"), INFINITY,
                           NULL);
}

/* "latency-cdf" as "latency cdf". */
static double put_chart_name(struct template *t)
{
    char name[64];

    snprintf(name, sizeof name, "%s", json_text(template_find(t, ".", NULL), "chart"));
    for (char *c = name; *c != '\0'; c++)
        *c = *c == '-' ? ' ' : *c;
    template_text(t, name);
    return 1;
}

/* "heading of latency-cdf", or of another chart where that one has no text. */
static const char *chart_text(char name[96], const struct template *t, const char *what)
{
    snprintf(name, 96, "%s of %.60s", what, json_text(template_find(t, ".", NULL), "chart"));
    if (!template_has(name))
        snprintf(name, 96, "%s of another chart", what);
    return name;
}

static double put_chart_heading(struct template *t)
{
    char name[96];

    template_put(t, chart_text(name, t, "heading"));
    return 1;
}

static double put_chart_reading(struct template *t)
{
    char name[96];

    template_put_prose(t, chart_text(name, t, "reading"));
    return 1;
}

/* ---- the model ---- */

/* Of the rows for which the model names a latency, how far the mean was off, and which was the
 * farthest; of those for which it says 0, what the machine took: {off, farthest, machine,
 * machine_high}, the last only where it is not alike. */
static const cJSON *find_model_fit(struct template *t)
{
    const cJSON *run = run_of(t), *row, *farthest = NULL;
    double worst = -1, low = INFINITY, high = -INFINITY;
    cJSON *fit;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        struct predict_question q = predict_question_of(run, row);
        double model = predict(&q).latency_mean_us, seen = facts_value(row, "latency_us.mean");

        if (model > 0 && fabs(seen / model - 1) > worst) {
            worst = fabs(seen / model - 1);
            farthest = row;
        }
        if (model == 0 && isfinite(seen)) {
            low = fmin(low, seen);
            high = fmax(high, seen);
        }
    }
    if (farthest == NULL && high < 0)
        return NULL;
    fit = cJSON_CreateObject();
    json_add_number(fit, "off", worst);
    if (farthest != NULL)
        cJSON_AddItemReferenceToObject(fit, "farthest", (cJSON *)farthest);
    if (high >= 0)
        cJSON_AddNumberToObject(fit, "machine", low);
    if (high >= 0 && !facts_alike(low, high))
        cJSON_AddNumberToObject(fit, "machine_high", high);
    return template_own(t, fit);
}

/* What the link does beyond delaying, which the model leaves out. */
static const cJSON *find_link_effects(struct template *t)
{
    static const struct {
        const char *key, *does;
    } effects[] = {{"jitter=", "jitters"},
                   {"loss=", "loses packets"},
                   {"gilbert=", "loses packets in bursts"},
                   {"rate=", "limits the rate"}};
    const char *spec = json_text(run_of(t), "link_details.spec");
    cJSON *list = cJSON_CreateArray();

    for (size_t i = 0; i < sizeof effects / sizeof *effects; i++)
        if (strstr(spec, effects[i].key) != NULL)
            json_append_text(list, effects[i].does);
    return template_own(t, list);
}

/* Percent by which a Poisson count of so many updates varies. */
static double chance(const cJSON *run)
{
    return round(100 / sqrt(facts_range_of(run, "published").low));
}

/* A number about the run. */
static double put_figure(struct template *t)
{
    static const struct {
        const char *name;
        double (*of)(const cJSON *run);
        facts_format *format;
    } figures[] = {
        {"expected", expected_of, units_format_count},
        {"rtt_ms", rtt_ms, facts_format_setting},
        {"fewest", fewest, units_format_count},
        {"fewest-in-tail", fewest_in_tail, units_format_count},
        {"chance", chance, units_format_count},
    };

    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        if (strcmp(figures[i].name, t->arg) == 0)
            return template_number(t, figures[i].of(run_of(t)), figures[i].format);
    template_fail(t);
    return NAN;
}

const struct template_word report_words[] = {
    {"is", put_is, NULL},
    {"figure", put_figure, NULL},
    {"transports", put_transports, NULL},
    {"keeping-up", put_keeping_up, NULL},
    {"best", NULL, find_best},
    {"best-panels", put_best_panels, NULL},
    {"laggard", NULL, find_laggard},
    {"arrived", put_arrived, NULL},
    {"poll", NULL, find_poll},
    {"per-second", put_per_second, NULL},
    {"updates-per-request", put_updates_per_request, NULL},
    {"meeting", put_meeting, NULL},
    {"chart-name", put_chart_name, NULL},
    {"chart-heading", put_chart_heading, NULL},
    {"chart-reading", put_chart_reading, NULL},
    {"model-fit", NULL, find_model_fit},
    {"link-effects", NULL, find_link_effects},
    {NULL, NULL, NULL},
};
