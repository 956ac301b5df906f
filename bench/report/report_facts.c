#include "bench/report/report_words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/chart/chart_data.h"
#include "bench/page/run_words.h"
#include "bench/result/metric_text.h"
#include "bench/result/percentile.h"
#include "bench/model/predict.h"
#include "bench/model/predicted.h"
#include "bench/result/repeats.h"
#include "bench/result/result_balancer.h"
#include "bench/result/result_source.h"
#include "bench/table/table_cells.h"

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

/* A count that is absent agrees. */
static bool is_within(double seen, double least, double most)
{
    return !isfinite(seen) || (seen >= least && seen <= most);
}

/* The kernel counts attempts; the wire may have seen through what a client gave up at the end;
 * servers need not see what was opened to a balancer. */
static bool row_agrees(const cJSON *run, const cJSON *row, bool own_kernel)
{
    double client = json_number(row, "handshakes.client");
    double given_up = json_number(row, "handshakes.given_up");
    double attempts = client + (isfinite(given_up) ? given_up : 0);
    bool rejoins = result_balancer_rejoins(json_at(repeats_measured(run, row), "raw"));

    return (rejoins || is_within(json_number(row, "handshakes.server"), client, client)) &&
           is_within(json_number(row, "handshakes.wire"), client, attempts) &&
           (!own_kernel || is_within(json_number(row, "handshakes.kernel"), attempts, attempts));
}

static bool counts_agree(const cJSON *run)
{
    bool own = strcmp(json_text(run, "environment.network_namespace"), "own") == 0;
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (!row_agrees(run, row, own))
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

/* ---- what the charts show ---- */

/* The path of what a row's latency is told by: its median, or the mean of few updates. */
static const char *middle_path(const cJSON *run)
{
    bool mean = strcmp(percentile_middle(json_at(run, "rows"), "latency_us"), "mean") == 0;

    return mean ? "latency_us.mean" : "latency_us.p50";
}

enum { PANELS = 4 };

/* For each panel of the overview the rows that can't be told from the lowest. */
static void find_lowest(uint64_t lowest[PANELS], const cJSON *run)
{
    const char *const panels[PANELS] = {
        middle_path(run), "requests_per_update", "tcp_handshakes_per_update",
        chart_data_has_wire(run) ? "bytes_per_update.wire"
                                 : "bytes_per_update.payload+bytes_per_update.framing"};

    for (size_t i = 0; i < PANELS; i++) {
        struct facts_range r = facts_range_of(run, panels[i]);
        struct facts_order o = facts_order_of(&r, FACTS_LEVEL / PANELS);

        lowest[i] = o.low | o.either;
    }
}

/* Adds best, the rows that are lowest in the most panels, and panels, how many those are. */
static void add_best(cJSON *facts, const cJSON *run)
{
    cJSON *best = cJSON_AddArrayToObject(facts, "best");
    uint64_t lowest[PANELS];
    const cJSON *row;
    size_t i = 0;
    int most = 1;

    find_lowest(lowest, run);
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        int n = 0;

        for (size_t p = 0; p < PANELS; p++)
            n += facts_order_has(lowest[p], i);
        while (n > most && cJSON_GetArraySize(best) > 0)
            cJSON_DeleteItemFromArray(best, 0);
        most = n > most ? n : most;
        if (n == most)
            cJSON_AddItemReferenceToArray(best, (cJSON *)row);
        i++;
    }
    cJSON_AddNumberToObject(facts, "panels", most);
}

/* The highest percentile that the rows have; null where the updates are too few for any. */
static void add_tail(cJSON *facts, const char *name, const cJSON *run, const char *histogram)
{
    const struct percentile *p = percentile_of_rows(json_at(run, "rows"), histogram);
    char path[64], over[96];

    snprintf(path, sizeof path, "%s.%s", histogram, p->name);
    snprintf(over, sizeof over, "%s/%s.p50", path, histogram);
    if (p->percent < 100)
        cJSON_AddItemToObject(facts, name,
                              json_object("path:s over:s words:s share:s nth:s", path, over,
                                          p->words, p->share, p->nth));
    else
        cJSON_AddNullToObject(facts, name);
}

static const cJSON *first_poll(const cJSON *run)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        if (strcmp(json_text(row, "transport"), "short-poll") == 0 &&
            json_number(row, "delivered") > 0)
            return row;
    }
    return NULL;
}

/* ---- the model ---- */

static int count_figures(const cJSON *run, bool counts(const cJSON *row, const char *path))
{
    const cJSON *row;
    int n = 0;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        for (const struct predicted_figure *f = predicted_figures; f->path != NULL; f++)
            n += counts(row, f->path);
    }
    return n;
}

/* Adds farthest, off, machine, machine_high, compared, differing and repeated. */
static void add_model(cJSON *facts, const cJSON *run)
{
    const cJSON *row, *farthest = NULL;
    double worst = -1, low = INFINITY, high = -INFINITY;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        double model = predicted_value(row, "latency_us.mean");
        double seen = facts_value(row, "latency_us.mean");

        if (model > 0 && fabs(seen / model - 1) > worst) {
            worst = fabs(seen / model - 1);
            farthest = row;
        }
        if (model == 0 && isfinite(seen)) {
            low = fmin(low, seen);
            high = fmax(high, seen);
        }
    }
    if (farthest == NULL || !cJSON_AddItemReferenceToObject(facts, "farthest", (cJSON *)farthest))
        cJSON_AddNullToObject(facts, "farthest");
    json_add_number(facts, "off", worst);
    json_add_number(facts, "machine", low);
    json_add_number(facts, "machine_high", high);
    cJSON_AddNumberToObject(facts, "compared", count_figures(run, predicted_is_judged));
    cJSON_AddNumberToObject(facts, "differing", count_figures(run, predicted_is_off));
    cJSON_AddBoolToObject(facts, "repeated", metric_has_intervals(json_at(run, "rows")));
}

cJSON *report_facts_of(const cJSON *run)
{
    const char *middle = middle_path(run);
    struct facts_range p50 = facts_range_of(run, middle);
    int documents = count_documents(run, false);
    bool same = count_documents(run, true) == documents;
    char achieved[RESULT_SOURCE_RATES_BYTES];
    cJSON *facts = json_object(
        "transports:d balanced:b rtt_ms:n close:b expected:n delivered:b agreed:b ordered:b "
        "documents:d same_documents:b trusted:b on_the_wire:b middle:s mean:b poll:r chance:n",
        count_transports(json_at(run, "rows")), table_has_balancers(run),
        predict_question_of(run, NULL).rtt_us / 1e3, p50.low <= 0 || p50.high < 1.25 * p50.low,
        expected_of(run), all_delivered(run), counts_agree(run), order_kept(run), documents, same,
        all_delivered(run) && counts_agree(run) && order_kept(run) && same,
        chart_data_has_wire(run), middle, strcmp(middle, "latency_us.mean") == 0, first_poll(run),
        round(100 / sqrt(facts_range_of(run, "published").low)));

    result_source_achieved(achieved, run);
    json_add_text(facts, "achieved", achieved);
    add_tail(facts, "tail", run, "latency_us");
    add_tail(facts, "upstream", run, "upstream.latency_us");
    add_tail(facts, "echo", run, "upstream.echo_us");
    add_tail(facts, "converged", run, "convergence_us");
    add_best(facts, run);
    add_model(facts, run);
    return facts;
}

/* ---- words ---- */

/* Of the rows' shares on time, those on one side of what the use case needs. */
static double put_side(struct template_fill *t, enum facts_side side)
{
    double least = template_find(t, "scenario.require.on_time", NULL)->valuedouble;
    const cJSON *run, *row;
    uint64_t rows = 0, bit = 1;

    template_find(t, "rows", &run);
    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        struct interval share = facts_interval_of(run, row, "deadline.share");

        rows |= facts_side_of(share, least, true) == side ? bit : 0;
        bit <<= 1;
    }
    return run_words_names(t, rows);
}

static double put_meeting(struct template_fill *t)
{
    return put_side(t, FACTS_WITHIN);
}

static double put_perhaps_meeting(struct template_fill *t)
{
    return put_side(t, FACTS_ASTRIDE);
}

/* "latency-cdf" as "latency cdf". */
static double put_chart_name(struct template_fill *t)
{
    char name[64];

    snprintf(name, sizeof name, "%s", json_text(template_find(t, ".", NULL), "chart"));
    for (char *c = name; *c != '\0'; c++)
        *c = *c == '-' ? ' ' : *c;
    template_text(t, name);
    return 1;
}

/* "heading of latency-cdf", or of another chart where that one has no text. */
static const char *chart_text(char name[96], const struct template_fill *t, const char *what)
{
    snprintf(name, 96, "%s of %.60s", what, json_text(template_find(t, ".", NULL), "chart"));
    if (!template_has(name))
        snprintf(name, 96, "%s of another chart", what);
    return name;
}

static double put_chart_heading(struct template_fill *t)
{
    char name[96];

    template_put(t, chart_text(name, t, "heading"));
    return 1;
}

static double put_chart_reading(struct template_fill *t)
{
    char name[96];

    template_put_prose(t, chart_text(name, t, "reading"));
    return 1;
}

const struct template_word report_words[] = {
    {"meeting", put_meeting, NULL},
    {"perhaps-meeting", put_perhaps_meeting, NULL},
    {"chart-name", put_chart_name, NULL},
    {"chart-heading", put_chart_heading, NULL},
    {"chart-reading", put_chart_reading, NULL},
    {NULL, NULL, NULL},
};
