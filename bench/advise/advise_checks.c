/* Words for what is asked of rows, and what they measured. */
#include "bench/advise/advise_words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/base/json.h"
#include "bench/result/repeats.h"
#include "bench/result/findings.h"
#include "bench/result/percentile.h"

/* Where the row says how many updates the check rests on. */
static const char *samples_path(const struct advise_row *r, const struct advise_check *c)
{
    const char *dot = strrchr(c->path, '.');
    char histogram[CITATION_PATH_BYTES];

    if (c->percent == 0 || dot == NULL)
        return "published";
    snprintf(histogram, sizeof histogram, "%.*s", (int)(dot - c->path), c->path);
    return percentile_updates_path(r->row, histogram);
}

cJSON *advise_check_item(const struct advise_row *r, const struct advise_check *c)
{
    const struct advise_cost_kind *kind = &advise_costs[c->cost];
    const struct percentile *supported = percentile_of_updates(c->samples);
    double window_s = repeats_window_s(r->row);
    char limit[UNITS_TEXT_BYTES];

    kind->format(limit, c->limit);
    return json_object(
        "criterion:s path:s percent:n quantile:s limit:n not_measured:b too_few:b needed:n "
        "supported:s seconds:n samples_path:s cost:d name:s each:s limit_text:s low:n high:n "
        "undecided:b",
        advise_criteria[c->criterion], c->criterion == ADVISE_BUDGET ? kind->path : c->path,
        c->percent, percentile_from(c->percent)->words, c->limit, isnan(c->value),
        c->fit == ADVISE_UNKNOWN && !isnan(c->samples_needed), c->samples_needed,
        supported != NULL ? supported->words : "", ceil(window_s * c->samples_needed / c->samples),
        samples_path(r, c), (int)c->cost, kind->words, kind->per_client ? "client" : "update",
        limit, c->interval.low, c->interval.high, c->undecided);
}

void advise_checks_add(cJSON *page, const struct advise_ask *ask)
{
    static const struct advise_row nothing;
    struct advise_check checks[3 + ADVISE_COSTS] = {
        {.criterion = ADVISE_LATENCY, .limit = ask->latency_us, .percent = ask->percentile},
        {.criterion = ADVISE_ON_TIME, .limit = ask->on_time},
        {.criterion = ADVISE_AGE, .limit = ask->age_us}};
    cJSON *list = cJSON_AddArrayToObject(page, "asks");

    for (int i = 0; i < ask->norder; i++)
        checks[3 + i] = (struct advise_check){
            .criterion = ADVISE_BUDGET, .cost = ask->order[i], .limit = ask->budget[ask->order[i]]};
    for (int i = 0; i < 3 + ask->norder; i++)
        if (!isnan(checks[i].limit))
            cJSON_AddItemToArray(list, advise_check_item(&nothing, &checks[i]));
    for (int i = 1; i < ask->norder; i++)
        cJSON_AddTrueToObject(cJSON_GetArrayItem(list, cJSON_GetArraySize(list) - i), "again");
}

/* Why the row fits or does not: {kept_out}, {problem}, {broke} or a check; of a row that fits all
 * checks but completeness, of others those that make the difference. */
static void add_reasons(cJSON *o, const struct advise_row *r)
{
    cJSON *reasons = cJSON_AddArrayToObject(o, "reasons");
    cJSON *failing = cJSON_AddArrayToObject(o, "failing");

    if (r->disturbed) {
        cJSON_AddItemToArray(reasons, json_object("kept_out:b", true));
        return;
    }
    if (cJSON_GetArraySize(json_at(r->row, "problems")) > 0)
        cJSON_AddItemToArray(reasons, json_object("problem:b", true));
    if (findings_broke(r->row))
        cJSON_AddItemToArray(reasons, json_object("broke:b", true));
    for (int i = 0; i < r->nchecks; i++) {
        if (r->checks[i].fit == r->checks[r->deciding].fit &&
            (r->fit != ADVISE_FITS || i > 0 || r->nchecks == 1))
            cJSON_AddItemToArray(reasons, advise_check_item(r, &r->checks[i]));
        if (r->checks[i].fit == ADVISE_FAILS)
            cJSON_AddItemToArray(failing, advise_check_item(r, &r->checks[i]));
    }
}

/* What is wrong with the delivered updates: path and name of each count that is not 0. */
static void add_faults(cJSON *o, const cJSON *row)
{
    static const char *const faults[][2] = {{"missed", "missed"},
                                            {"late", "late"},
                                            {"duplicated", "duplicated"},
                                            {"out_of_order", "out of order"}};
    cJSON *list = cJSON_AddArrayToObject(o, "faults");

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (json_number(row, faults[i][0]) > 0)
            cJSON_AddItemToArray(list, json_object("path:s name:s", faults[i][0], faults[i][1]));
}

/* The highest percentile that the row has, of those up to 99; null where nothing was delivered. */
static void add_offer(cJSON *o, const cJSON *row)
{
    const struct percentile *p = percentile_of_updates(percentile_updates(row, "latency_us"));
    char path[48];

    if (!(json_number(row, "delivered") > 0)) {
        cJSON_AddNullToObject(o, "offer");
        return;
    }
    p = p == NULL ? percentile_from(100) : p->percent > 99 ? percentile_from(99) : p;
    snprintf(path, sizeof path, "latency_us.%s", p->name);
    cJSON_AddItemToObject(o, "offer", json_object("path:s percentile:s", path, p->words));
}

void advise_checks_add_row(cJSON *o, const struct advise_row *r)
{
    const struct advise_check *latency = advise_latency_check(r);

    cJSON_AddItemToObject(o, "deciding", advise_check_item(r, &r->checks[r->deciding]));
    cJSON_AddItemToObject(o, "latency",
                          latency != NULL ? advise_check_item(r, latency) : cJSON_CreateNull());
    add_reasons(o, r);
    add_faults(o, r->row);
    add_offer(o, r->row);
}

/* What a check allows: typed, or the scenario's. */
static double put_limit(struct template_fill *t)
{
    static const struct limit {
        const char *criterion, *option, *path;
        unsigned typed;
        facts_format *format;
    } limits[] = {
        {"on-time", "--on-time", "scenario.require.on_time", ADVISE_TYPED_ON_TIME,
         units_format_share},
        {"age", "--age", "scenario.require.age_ms", ADVISE_TYPED_AGE, units_format_limit_us},
        {"", "--latency", "scenario.require.latency_ms", ADVISE_TYPED_LATENCY,
         units_format_limit_us},
    };
    const struct limit *l = limits;
    const cJSON *check, *limit = template_find(t, "limit", &check);
    const char *criterion = json_text(check, "criterion");
    char text[UNITS_TEXT_BYTES], budget[UNITS_TEXT_BYTES + 16];

    while (l->criterion[0] != '\0' && strcmp(l->criterion, criterion) != 0)
        l++;
    if (strcmp(criterion, "budget") == 0) {
        const struct advise_cost_kind *kind = &advise_costs[(int)json_number(check, "cost")];

        kind->format(text, limit->valuedouble);
        snprintf(budget, sizeof budget, "%s=%s", kind->name, text);
        advise_words_cited(t, text, CITATION_OPTION, "--budget", budget);
        return 1;
    }
    l->format(text, limit->valuedouble);
    if (advise_words_run(t)->ask.typed & l->typed) {
        advise_words_cited(t, text, CITATION_OPTION, l->option, text);
    } else {
        template_strong(t, text);
        advise_words_cite(t, advise_words_figure(t, l->path, NULL));
    }
    return 1;
}

/* ---- what repeats leave ---- */

static facts_format *format_of(const cJSON *check)
{
    const char *criterion = json_text(check, "criterion");

    if (strcmp(criterion, "budget") == 0)
        return advise_costs[(int)json_number(check, "cost")].format;
    return strcmp(criterion, "on-time") == 0 ? units_format_share : units_format_us;
}

/* An end of the interval, or where other is not NULL both. */
static double put_ends(struct template_fill *t, const char *end, const char *other)
{
    const cJSON *check;
    char one[UNITS_TEXT_BYTES], two[UNITS_TEXT_BYTES] = "", text[2 * UNITS_TEXT_BYTES + 8];

    template_find(t, "limit", &check);
    format_of(check)(one, json_number(check, end));
    if (other != NULL)
        format_of(check)(two, json_number(check, other));
    snprintf(text, sizeof text, "%s%s%s", one, other != NULL ? " to " : "", two);
    advise_words_modelled(t, text, "95 % interval over its repeats, for all rows together",
                          json_text(check, "path"), json_number(check, end));
    return json_number(check, end);
}

/* Nothing where it is not known. */
static double put_interval(struct template_fill *t)
{
    const cJSON *check;
    double low;

    template_find(t, "limit", &check);
    low = json_number(check, "low");
    if (!isfinite(low))
        return 0;
    if (low > 0)
        return put_ends(t, "low", "high");
    template_puts(t, "anything up to ");
    return put_ends(t, "high", NULL);
}

/* The limit that the row is sure to meet, or to miss. */
static double put_sure(struct template_fill *t, bool meets)
{
    const cJSON *check;
    bool on_time;

    template_find(t, "limit", &check);
    on_time = strcmp(json_text(check, "criterion"), "on-time") == 0;
    if (json_number(check, "low") < json_number(check, "high"))
        return meets != on_time ? put_ends(t, "high", NULL) : put_ends(t, "low", NULL);
    template_put(t, "value");
    return 1;
}

static double put_meets_at(struct template_fill *t)
{
    return put_sure(t, true);
}

static double put_misses_at(struct template_fill *t)
{
    return put_sure(t, false);
}

/* ---- shares and samples ---- */

/* "99 of 100", "half" */
static double put_share(struct template_fill *t)
{
    const cJSON *percent = template_find(t, "percent", NULL);

    template_puts(t, percentile_from(percent->valuedouble)->share);
    return percent->valuedouble <= 50 ? 1 : 2;
}

/* The same, citing who chose the percentile. */
static double put_asked_share(struct template_fill *t)
{
    const struct advise_ask *ask = &advise_words_run(t)->ask;
    double number = put_share(t);
    char text[UNITS_TEXT_BYTES];

    facts_format_setting(text, ask->percentile);
    if (ask->typed & ADVISE_TYPED_PERCENTILE)
        advise_words_cited(t, "", CITATION_OPTION, "--percentile", text);
    else if (!ask->lowered && cJSON_IsNumber(template_find(t, "scenario.require.percentile", NULL)))
        advise_words_cite(t, advise_words_figure(t, "scenario.require.percentile", NULL));
    return number;
}

/* How many updates a percentile needs. */
static double put_needed_samples(struct template_fill *t)
{
    char text[UNITS_TEXT_BYTES];

    units_format_count(text, template_find(t, "needed", NULL)->valuedouble);
    advise_words_cited(t, text, CITATION_RULE, "Enough samples",
                       "ten are to lie beyond the percentile");
    return 1;
}

const struct template_word advise_check_words[] = {
    {"limit", put_limit, NULL},
    {"interval", put_interval, NULL},
    {"meets-at", put_meets_at, NULL},
    {"misses-at", put_misses_at, NULL},
    {"share", put_share, NULL},
    {"asked-share", put_asked_share, NULL},
    {"needed-samples", put_needed_samples, NULL},
    {NULL, NULL, NULL},
};
