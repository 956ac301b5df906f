#include "bench/result/result_source.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/base/units.h"
#include "bench/result/counters.h"
#include "bench/result/disturbed.h"
#include "bench/result/result_faults.h"
#include "lib/hdr/hdr.h"

static const double tolerance = 0.01, edge_updates = 1; /* due just before a border of the window */
static const double late_note_us = 1e3, late_note_share = 0.05;

static double growth(const cJSON *stats, const char *counter)
{
    return counters_growth(stats, "window_start", "window_end", counter);
}

static bool are_apart(double due, double published, double windows)
{
    return fabs(due - published) > fmax(tolerance * due, edge_updates * windows);
}

/* ---- how late updates were published ---- */

static double value_of(const cJSON *pair)
{
    return cJSON_GetNumberValue(cJSON_GetArrayItem(pair, 0));
}

static int64_t count_of(const cJSON *pair)
{
    double count = cJSON_GetNumberValue(cJSON_GetArrayItem(pair, 1));

    return count > 0 ? (int64_t)count : 0;
}

/* The window's values: those up to its end without those up to its start. The caller frees h, also
 * when this fails: there are none. */
static bool take_late(struct hdr *h, const cJSON *stats)
{
    const cJSON *before = json_at(stats, "window_start.source.publish_late_counts");
    const cJSON *all = json_at(stats, "window_end.source.publish_late_counts"), *pair;

    *h = (struct hdr){0};
    if (!cJSON_IsArray(before) || !cJSON_IsArray(all) ||
        hdr_init(h, HDR_LATENCY_LOWEST_US, HDR_LATENCY_HIGHEST_US, HDR_LATENCY_FIGURES) < 0)
        return false;
    before = before->child;
    cJSON_ArrayForEach(pair, all)
    {
        int64_t count = count_of(pair);

        while (before != NULL && value_of(before) < value_of(pair))
            before = before->next;
        if (before != NULL && value_of(before) == value_of(pair))
            count -= count_of(before);
        hdr_record(h, (int64_t)value_of(pair), count > 0 ? count : 0);
    }
    return true;
}

static void add_encoded(cJSON *o, const struct hdr *h)
{
    struct buf text = {0};

    if (hdr_encode_base64(h, &text) == PL_OK && buf_add(&text, "", 1) == PL_OK)
        cJSON_AddStringToObject(o, "hdr", (const char *)text.data);
    buf_free(&text);
}

static void add_late(cJSON *row, const struct hdr *h)
{
    cJSON *o = cJSON_AddObjectToObject(row, "publish_late_us");

    json_add_number(o, "count", (double)h->total_count);
    json_add_number(o, "min", (double)hdr_min(h));
    json_add_number(o, "p50", (double)hdr_value_at_percentile(h, 50));
    json_add_number(o, "p90", (double)hdr_value_at_percentile(h, 90));
    json_add_number(o, "p99", (double)hdr_value_at_percentile(h, 99));
    json_add_number(o, "max", (double)hdr_max(h));
    json_add_number(o, "mean", hdr_mean(h));
    add_encoded(o, h);
}

/* ---- what did not keep up ---- */

/* How many were later than limit_us. */
static int64_t count_above(const struct hdr *h, double limit_us)
{
    struct hdr_iter it = {0};
    int64_t count = 0;

    while (hdr_iter_next(h, &it))
        count += (double)it.value > limit_us ? it.count : 0;
    return count;
}

static void judge_late(cJSON *row, const char *who, const struct hdr *h)
{
    double p50_us = counters_or_zero(row, "latency_us.p50"), max_us = (double)hdr_max(h);
    double limit_us = fmax(late_note_us, late_note_share * p50_us);
    int64_t late = count_above(h, limit_us);

    char limit[UNITS_TEXT_BYTES], most[UNITS_TEXT_BYTES];

    units_format_us(limit, limit_us);
    units_format_us(most, max_us);
    if ((double)late > tolerance * (double)h->total_count)
        json_append_printf(cJSON_GetObjectItemCaseSensitive(row, "notes"),
                           "%s published %lld of %lld updates more than %s after they were "
                           "due, at most %s; latency includes it",
                           who, (long long)late, (long long)h->total_count, limit, most);
}

/* Of one server. */
static void judge(cJSON *row, const cJSON *stats, const char *who)
{
    double stalled_ms = growth(stats, "source.stalled_ms");
    double due = growth(stats, "source.due"), published = growth(stats, "source.published");
    char stalled[UNITS_TEXT_BYTES];
    struct hdr late;

    units_format_ms(stalled, stalled_ms);
    if (stalled_ms > 0)
        disturbed_add(row, "%s was stopped or could not keep up: its schedule moved by %s", who,
                      stalled);
    if (published < due && are_apart(due, published, 1))
        disturbed_add(row, "%s published only %.0f of the %.0f updates that were due in the window",
                      who, published, due);
    if (take_late(&late, stats) && !(stalled_ms > 0))
        judge_late(row, who, &late);
    hdr_free(&late);
}

static void judge_all(cJSON *row)
{
    const cJSON *servers = json_at(row, "raw.balancer.servers"), *server;
    int i = 0;

    if (servers == NULL)
        judge(row, json_at(row, "raw.server_stats"), "the server");
    cJSON_ArrayForEach(server, servers)
    {
        char who[24];

        snprintf(who, sizeof who, "server %d", ++i);
        judge(row, json_at(server, "stats"), who);
    }
}

/* ---- a row ---- */

void result_source(cJSON *row)
{
    const cJSON *stats = json_at(row, "raw.server_stats");
    double window_s = json_number(row, "phases.window_ms") / 1e3;
    struct hdr late;

    json_add_number(row, "intended", growth(stats, "source.due"));
    json_add_number(row, "achieved_rate_hz", growth(stats, "source.published") / window_s);
    if (take_late(&late, stats))
        add_late(row, &late);
    else
        cJSON_AddNullToObject(row, "publish_late_us");
    hdr_free(&late);
    counters_copy(cJSON_GetObjectItemCaseSensitive(row, "whole_run"), "publish_late_us",
                  json_at(stats, "end.source.publish_late_us"));
    if (!result_faults_hit(row, FAULT_ON_SERVER) && !result_faults_hit(row, FAULT_ON_STORE))
        judge_all(row);
}

/* ---- a run ---- */

/* Did the row publish another number than was due? */
static bool is_off(const cJSON *row)
{
    double window_s = json_number(row, "phases.window_ms") / 1e3;

    return are_apart(json_number(row, "intended"), json_number(row, "achieved_rate_hz") * window_s,
                     fmax(1, json_number(row, "repeats")));
}

void result_source_achieved(char text[RESULT_SOURCE_RATES_BYTES], const cJSON *run)
{
    double least = NAN, most = NAN;
    char low[UNITS_TEXT_BYTES], high[UNITS_TEXT_BYTES];
    bool off = false;
    const cJSON *row;

    cJSON_ArrayForEach(row, json_at(run, "rows"))
    {
        off = off || is_off(row);
        least = fmin(least, json_number(row, "achieved_rate_hz"));
        most = fmax(most, json_number(row, "achieved_rate_hz"));
    }
    units_format_ratio(low, least);
    units_format_ratio(high, most);
    if (!off)
        text[0] = '\0';
    else if (strcmp(low, high) != 0)
        snprintf(text, RESULT_SOURCE_RATES_BYTES, "%.20s–%.20s", low, high);
    else
        snprintf(text, RESULT_SOURCE_RATES_BYTES, "%.20s", high);
}
