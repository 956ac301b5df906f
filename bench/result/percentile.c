#include "bench/result/percentile.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/result/disturbed.h"
#include "bench/result/findings.h"
#include "lib/hdr/hdr.h"

enum { PATH_BYTES = 64 };

static const struct percentile percentiles[] = {
    {50, "p50", "p50", "half", "median"},
    {90, "p90", "p90", "9 of 10", "90th percentile"},
    {99, "p99", "p99", "99 of 100", "99th percentile"},
    {99.9, "p999", "p99.9", "999 of 1,000", "99.9th percentile"},
    {100, "max", "max", "all", "slowest"},
};
enum { MEDIAN, LAST = sizeof percentiles / sizeof *percentiles - 1 };

/* What is independent in each histogram: a number of the row, if not how often it was recorded; and
 * where a measured row has it with all its figures and encoded. */
static const struct {
    const char *path, *count, *events, *encoded;
} histograms[] = {
    {"latency_us", "latency_us.count", "published", "raw.latency_us"},
    {"upstream.latency_us", "upstream.latency_us.count", "upstream.messages",
     "raw.upstream.latency_us"},
    {"upstream.echo_us", "upstream.echo_us.count", "upstream.messages", "raw.upstream.echo_us"},
    {"upstream.late_us", "upstream.late_us.count", "upstream.messages", "raw.upstream.late_us"},
    {"convergence_us", "convergence_us.count", NULL, "raw.documents.convergence_us"},
    {"request_late_us", "request_late_us.count", NULL, "raw.request_late_us"},
    {"publish_late_us", "publish_late_us.count", NULL, "publish_late_us"},
    {"recovery.next_update_us", "recovery.next_update_us.count", NULL,
     "raw.recovery.next_update_us"},
    {"recovery.reconnect_us", "recovery.reconnect_us.count", NULL, "raw.recovery.reconnect_us"},
    {"balancer.outage_us", "balancer.outage_us.count", NULL, "raw.outage_us"},
    {"balancer.added_latency_us", "published", NULL, NULL},
};
enum { HISTOGRAMS = sizeof histograms / sizeof *histograms };

const struct percentile *percentile_from(double percent)
{
    const struct percentile *p = percentiles;

    while (p->percent < percent - 1e-9 && p < &percentiles[LAST])
        p++;
    return p;
}

const struct percentile *percentile_of_updates(double n)
{
    for (int i = LAST - 1; i >= MEDIAN; i--)
        if (n >= hdr_percentile_needs(percentiles[i].percent))
            return &percentiles[i];
    return NULL;
}

const struct percentile *percentile_named(const char *name)
{
    for (int i = MEDIAN; i <= LAST; i++)
        if (strcmp(percentiles[i].name, name) == 0)
            return &percentiles[i];
    return NULL;
}

const char *percentile_encoded(const char *histogram)
{
    for (size_t i = 0; i < HISTOGRAMS; i++)
        if (strcmp(histograms[i].path, histogram) == 0)
            return histograms[i].encoded;
    return NULL;
}

static double number_at(const cJSON *row, const char *histogram, const char *name)
{
    char path[PATH_BYTES];

    snprintf(path, sizeof path, "%s.%s", histogram, name);
    return json_number(row, path);
}

/* Of latest values clients receive fewer than were published. */
const char *percentile_updates_path(const cJSON *row, const char *histogram)
{
    size_t i = 0;

    while (i + 1 < HISTOGRAMS && strcmp(histograms[i].path, histogram) != 0)
        i++;
    if (histograms[i].events != NULL &&
        !(json_number(row, histograms[i].events) > json_number(row, histograms[i].count)))
        return histograms[i].events;
    return histograms[i].count;
}

double percentile_updates(const cJSON *row, const char *histogram)
{
    return json_number(row, percentile_updates_path(row, histogram));
}

void percentile_prune(cJSON *row)
{
    for (size_t i = 0; i < HISTOGRAMS; i++) {
        cJSON *histogram = (cJSON *)json_at(row, histograms[i].path);
        double n = percentile_updates(row, histograms[i].path);

        for (int p = MEDIAN + 1; p < LAST; p++)
            if (!(n >= hdr_percentile_needs(percentiles[p].percent)) &&
                cJSON_HasObjectItem(histogram, percentiles[p].name))
                cJSON_ReplaceItemInObjectCaseSensitive(histogram, percentiles[p].name,
                                                       cJSON_CreateNull());
    }
}

static bool can_be_compared(const cJSON *row, const char *histogram)
{
    return json_number(row, "delivered") != 0 && number_at(row, histogram, "count") != 0 &&
           !isnan(number_at(row, histogram, "p50")) && !findings_broke(row);
}

/* Of the rows that were disturbed, or of the others. 1: all have it; 0: not all; -1: no such row.
 */
static int all_have(const cJSON *rows, const char *histogram, const struct percentile *p,
                    bool disturbed)
{
    const cJSON *row;
    int all = -1;

    cJSON_ArrayForEach(row, rows)
    {
        if (disturbed_is(row) == disturbed && can_be_compared(row, histogram))
            all = all != 0 && !isnan(number_at(row, histogram, p->name));
    }
    return all;
}

/* Disturbed rows decide only when there are no others. */
static bool rows_have(const cJSON *rows, const char *histogram, const struct percentile *p)
{
    int all = all_have(rows, histogram, p, false);

    return (all >= 0 ? all : all_have(rows, histogram, p, true)) > 0;
}

const struct percentile *percentile_of_rows(const cJSON *rows, const char *histogram)
{
    int i = LAST - 1;

    while (i > MEDIAN && !rows_have(rows, histogram, &percentiles[i]))
        i--;
    return i > MEDIAN ? &percentiles[i] : &percentiles[LAST];
}

const char *percentile_middle(const cJSON *rows, const char *histogram)
{
    const cJSON *row;

    cJSON_ArrayForEach(row, rows)
    {
        if (can_be_compared(row, histogram) &&
            percentile_updates(row, histogram) < hdr_percentile_needs(50))
            return "mean";
    }
    return percentiles[MEDIAN].name;
}
